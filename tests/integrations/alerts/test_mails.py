"""Mails to the admins: each incident once, what waits once a day, and nothing lost while mail is down."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail

from fakeshop import faults
from integrations.alerts.mails import send_due_mails
from integrations.models import Heartbeat, StoreConnection
from integrations.platforms.errors import StoreRefused, StoreUnavailable
from integrations.shopify import errors
from integrations.sync import polling
from tests.support.html import page
from tests.support.shop import connect, sell
from tests.support.users import read_in

MORNING = datetime(2026, 11, 9, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _admins(settings):
    settings.ADMINS = [("Admin", "admin@example.com")]
    settings.PUBLIC_URL = "https://ro.example.com"


def subjects():
    return [message.subject for message in mail.outbox]


def refuse(shop, connection):
    shop.revoke_tokens()
    with pytest.raises(StoreRefused):
        polling.poll(connection.pk)


def fail(shop, connection, now):
    shop.fail_next(faults.status(503), times=4)
    with pytest.raises(StoreUnavailable):
        polling.poll(connection.pk, now=lambda: now)


def test_store_that_needs_attention_is_told_once_and_again_for_the_next_incident(
    shop, connection
):
    for _ in range(3):
        refuse(shop, connection)
        send_due_mails(MORNING)
    [message] = mail.outbox
    assert message.subject == "[RO App] Store Gadget Garage needs attention"
    assert message.body == (
        f"{errors.TOKEN_REFUSED}\n\nOrders of Gadget Garage are not updated until this is mended."
    )
    shop.tokens.add("demo-token")
    connect()
    send_due_mails(MORNING)
    refuse(shop, connection)
    send_due_mails(MORNING)
    assert len(mail.outbox) == 2


def test_mail_that_the_server_did_not_take_is_sent_by_the_next_turn(
    shop, connection, settings, caplog
):
    caplog.set_level(logging.WARNING, "roapp.alerts")
    refuse(shop, connection)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    send_due_mails(MORNING)
    assert caplog.record_tuples[-1] == (
        "roapp.alerts",
        logging.WARNING,
        "mail to the admins was not sent: ConnectionRefusedError",
    )
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    send_due_mails(MORNING)
    assert subjects() == ["[RO App] Store Gadget Garage needs attention"]


def test_held_orders_are_told_once_a_day_while_there_are_any(shop, connection):
    order = sell(shop, 0, currency="USD")
    polling.poll(connection.pk)
    send_due_mails(MORNING)
    send_due_mails(MORNING + timedelta(hours=23, minutes=59))
    [message] = mail.outbox
    assert message.subject == "[RO App] Stores: something waits for you"
    assert message.body == (
        "1 order of Gadget Garage was not imported: 1 held, 0 failed.\n"
        f"https://ro.example.com/stores/{connection.store_id}/orders/"
    )
    send_due_mails(MORNING + timedelta(days=1))
    assert len(mail.outbox) == 2
    shop.change(order, currency="EUR")
    polling.poll(connection.pk)
    send_due_mails(MORNING + timedelta(days=2))
    assert len(mail.outbox) == 2


def test_store_is_told_silent_after_an_hour_and_not_a_second_before(shop, connection):
    fail(shop, connection, MORNING)
    fail(shop, connection, MORNING + timedelta(minutes=30))
    send_due_mails(MORNING + timedelta(minutes=59, seconds=59))
    assert mail.outbox == []
    send_due_mails(MORNING + timedelta(hours=1))
    [message] = mail.outbox
    assert message.body == (
        "Gadget Garage has not answered since 9 Nov 2026, 09:00. RO App keeps trying."
    )
    polling.poll(connection.pk)
    assert StoreConnection.objects.get().failing_since is None
    send_due_mails(MORNING + timedelta(days=3))
    assert len(mail.outbox) == 1


def test_mails_are_written_in_the_language_of_the_installation(
    shop, connection, settings
):
    settings.LANGUAGE_CODE = "de"
    refuse(shop, connection)
    send_due_mails(MORNING)
    assert subjects() == ["[RO App] Das Geschäft Gadget Garage braucht Aufmerksamkeit"]


def test_without_admins_nobody_is_mailed_and_nothing_is_noted(
    shop, connection, settings
):
    settings.ADMINS = []
    refuse(shop, connection)
    send_due_mails(MORNING)
    assert (mail.outbox, StoreConnection.objects.get().mailed_at) == ([], None)


@pytest.mark.parametrize("backend", ["console", "dummy"])
def test_nobody_is_said_to_be_told_where_no_mail_leaves_the_machine(
    shop, connection, settings, client, backend, capsys
):
    settings.EMAIL_BACKEND = f"django.core.mail.backends.{backend}.EmailBackend"
    refuse(shop, connection)
    sell(shop, 0, currency="USD")
    send_due_mails(MORNING)
    assert StoreConnection.objects.get().mailed_at is None
    assert (Heartbeat.objects.count(), capsys.readouterr().out) == (0, "")
    told = "The admins are not told by mail: mail is not set up."
    assert told in page(client, "/orders/")
    read_in(client, "de")
    assert (
        "Die Admins werden nicht per E-Mail benachrichtigt: Der E-Mail-Versand ist nicht eingerichtet."
        in page(client, "/orders/")
    )
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    send_due_mails(MORNING)
    assert subjects() == ["[RO App] Store Gadget Garage needs attention"]
    read_in(client, "en")
    assert "The admins were told " in page(client, "/orders/")
