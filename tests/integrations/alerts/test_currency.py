"""CURRENCY is chosen once: changed afterwards it would give every amount another currency."""

import pytest
from django.core.checks import run_checks
from django.utils import timezone

from integrations import tasks
from integrations.models import Heartbeat, StoreConnection
from tests.integrations.alerts.test_banners import banners
from tests.support.users import create_user, read_in, signed_in

WARNED = (
    "The amounts here are EUR, and CURRENCY is USD: all of them are shown in the wrong currency. "
    "Set CURRENCY=EUR again and restart RO App."
)


@pytest.fixture
def admin_client(db):
    permissions = ["change_storeconnection", "view_storeconnection"]
    named = [f"integrations.{each}" for each in permissions]
    return signed_in(create_user("ida", *named, "orders.view_order"))


def said() -> list[str]:
    return [
        each.msg
        for each in run_checks(databases=["default"])
        if each.id == "roapp.W002"
    ]


def test_other_currency_after_the_first_order_is_told_to_admins(
    admin_client, kim_client, made_here, settings
):
    made_here()
    tasks.tick()
    assert (banners(admin_client), said()) == ([], [])
    settings.CURRENCY = "USD"
    tasks.tick()
    assert banners(admin_client) == [WARNED]
    assert said() == ["The amounts in this database are EUR, and CURRENCY is USD."]
    assert banners(kim_client) == []
    read_in(admin_client, "de")
    assert banners(admin_client)[0].startswith("Die Beträge hier sind EUR")
    settings.CURRENCY = "EUR"
    assert (banners(admin_client), said()) == ([], [])


def test_other_currency_after_the_first_store_is_told_too(
    admin_client, connection, settings
):
    tasks.tick()
    settings.CURRENCY = "USD"
    assert banners(admin_client) == [WARNED]
    StoreConnection.objects.update(enabled=False)
    assert banners(admin_client) == [WARNED]


def test_currency_may_be_chosen_anew_while_there_is_nothing(
    admin_client, made_here, settings
):
    Heartbeat.objects.create(name="currency EUR", at=timezone.now())
    settings.CURRENCY = "USD"
    assert (banners(admin_client), said()) == ([], [])
    tasks.tick()
    made_here()
    tasks.tick()
    assert (banners(admin_client), said()) == ([], [])
    settings.CURRENCY = "EUR"
    assert said() == ["The amounts in this database are USD, and CURRENCY is EUR."]
