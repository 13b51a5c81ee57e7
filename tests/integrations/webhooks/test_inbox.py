"""The address that stores send their messages to, and the inbox: one row each, few reads, nothing
personal."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.db import connection as database
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from time_machine import travel

from customers import editing
from customers.models import Customer, CustomerKey
from fakeshop import faults
from fakeshop.webhooks import signature
from integrations.imports import lifecycle
from integrations.models import (
    ImportJob,
    PrivacyRequest,
    State,
    StoreConnection,
    WebhookDelivery,
)
from integrations.sync.polling import poll
from integrations.tasks import send_mails, sweep
from integrations.webhooks import inbox, views
from orders.models import Order
from tests.support.html import text_of
from tests.support.shop import DOMAIN, connect, sell
from tests.support.users import read_in

SECRET = "shpss_test_secret"
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
PATH = f"/stores/webhooks/{DOMAIN}/"


@pytest.fixture
def listening(connection) -> StoreConnection:
    """The store's messages are signed with SECRET."""
    connection.webhook_secret = SECRET
    connection.save()
    return connection


class Sender:
    """Sends messages as Shopify does, to Django's test client without cookies."""

    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.number = 0

    def __call__(
        self,
        topic: str,
        content: object,
        *,
        path: str = PATH,
        secret: str = SECRET,
        **values: str,
    ) -> int:
        self.number += 1
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        given = {
            "X-Shopify-Topic": topic,
            "X-Shopify-Hmac-Sha256": signature(secret, body),
            "X-Shopify-Shop-Domain": DOMAIN,
            "X-Shopify-Webhook-Id": f"message-{self.number}",
        } | {
            f"X-Shopify-{name.title().replace('_', '-')}": value
            for name, value in values.items()
        }
        self.answer = self.client.post(
            path, body, content_type="application/json", headers=given
        )
        return self.answer.status_code


@pytest.fixture
def send(listening) -> Sender:
    return Sender()


def waiting() -> int:
    return WebhookDelivery.objects.filter(drained_at__isnull=True).count()


# Receiving


def test_good_message_is_one_row_of_ids(send):
    body = {
        "id": 5,
        "email": "ada@example.com",
        "customer": {"id": 6, "first_name": "Ada"},
        "note": "at the back door",
    }
    assert send("orders/create", body) == 200
    row = WebhookDelivery.objects.values().get()
    assert (row["webhook_id"], row["topic"], row["event"]) == (
        "message-1",
        "orders/create",
        "order",
    )
    assert (row["order_ids"], row["customer_id"], row["drained_at"]) == (
        ["5"],
        "",
        None,
    )
    assert not {"ada", "door"} & set(str(row).lower().split())
    assert Order.objects.count() == 0


def test_answer_costs_three_queries_and_asks_the_store_nothing(send, shop):
    shop.requests.clear()
    send("orders/create", {"id": 1})
    with CaptureQueriesContext(database) as queries:
        send("orders/create", {"id": 5})
    kinds = [
        query["sql"].split()[0]
        for query in queries
        if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))
    ]
    assert kinds == [
        "SELECT",  # whose address this is
        "INSERT",  # the row
        "SELECT",  # does a worker know already
    ]
    assert shop.requests == []


def test_same_message_again_is_taken_and_changes_nothing(send):
    assert [send("orders/create", {"id": 5}, webhook_id="once") for _ in range(3)] == [
        200,
        200,
        200,
    ]
    assert WebhookDelivery.objects.count() == 1


def test_message_that_changes_nothing_here_is_taken_and_not_kept(send):
    assert [
        send(topic, {"id": 5}) for topic in ["products/update", "carts/create"]
    ] == [200, 200]
    assert WebhookDelivery.objects.count() == 0


@pytest.mark.parametrize(
    ("words", "content", "values"),
    [
        ("401 Invalid signature.", {"id": 5}, {"secret": "other"}),
        ("401 Invalid signature.", {"id": 5}, {"hmac_sha256": ""}),
        ("401 Invalid signature.", {"id": 5}, {"shop_domain": "other.myshopify.com"}),
        (
            "404 There is no such store here.",
            {"id": 5},
            {"path": "/stores/webhooks/unknown.myshopify.com/"},
        ),
        (
            "404 There is no such store here.",
            {"id": 5},
            {"path": "/stores/webhooks/%00/"},
        ),
        ("413 The message is too large.", b"x" * (views.MAX_BYTES + 1), {}),
        ("400 Malformed payload.", b"no JSON", {}),
        ("400 Malformed payload.", {"id": 5}, {"webhook_id": ""}),
    ],
)
def test_anything_else_is_refused_in_a_word(send, words, content, values):
    status = send("orders/create", content, **values)
    assert f"{status} {send.answer.content.decode()}" == words
    assert WebhookDelivery.objects.count() == 0


def test_address_works_without_its_last_slash(send):
    assert send("orders/create", {"id": 5}, path=PATH.rstrip("/")) == 200
    assert WebhookDelivery.objects.get().order_ids == ["5"]


def chunked(body: bytes) -> tuple[int, str]:
    """A message without its length, as gunicorn hands over what came in chunks."""
    headers = {
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Hmac-Sha256": signature(SECRET, body),
        "X-Shopify-Webhook-Id": "chunked",
    }
    given = {"wsgi.input": BytesIO(body), "wsgi.input_terminated": True}
    given |= {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
    answer = Client().post(
        PATH, b"", content_type="application/json", headers=headers, **given
    )
    return answer.status_code, answer.content.decode()


def test_message_without_a_length_is_read_to_its_end(listening):
    too_much = b"x" * (views.MAX_BYTES + 1)
    assert chunked(too_much) == (413, "The message is too large.")
    assert chunked(b'{"id": 5}') == (200, "")
    assert WebhookDelivery.objects.get().order_ids == ["5"]


def test_only_post_is_allowed(listening, client):
    for method in [client.get, client.put, client.delete, client.head]:
        assert method(PATH).status_code == 405


def test_store_without_a_secret_believes_nobody(send, listening):
    StoreConnection.objects.update(webhook_secret="")
    assert send("orders/create", {"id": 5}, secret="") == 401


def test_changed_secret_leaves_the_former_one_good_for_a_week(
    shop, db, settings, client, admin_user
):
    connection = connect()
    StoreConnection.objects.filter(pk=connection.pk).update(webhook_secret="")
    connection.webhook_secret = "first"
    connection.save()
    client.force_login(admin_user)
    changed_at = timezone.now()
    with travel(changed_at, tick=False):
        change(client, connection, webhook_secret="second")
    connection.refresh_from_db()
    now = connection.former_secret_until
    assert now == changed_at + timedelta(days=7)
    assert connection.signing_secrets(now - timedelta(seconds=1)) == ["second", "first"]
    assert connection.signing_secrets(now) == ["second"]
    sender = Sender()
    assert [
        sender("orders/create", {"id": 1}, secret=each)
        for each in ["first", "second", "third"]
    ] == [
        200,
        200,
        401,
    ]


# The inbox


def notify(send, *ids: int, topic: str = "orders/updated") -> None:
    for each in ids:
        assert send(topic, {"id": each}) == 200


def test_message_brings_the_order_in(send, shop, connection):
    order = sell(shop, 0)
    notify(send, order.id, topic="orders/create")
    assert inbox.drain(connection.pk) == 1
    assert Order.objects.get().external_id == str(order.id)
    assert waiting() == 0
    assert inbox.drain(connection.pk) == 0


@pytest.mark.slow
def test_a_thousand_messages_about_a_hundred_orders_are_one_read(
    send, shop, connection
):
    orders = [sell(shop, 0) for _ in range(100)]
    poll(connection.pk)
    shop.clock.forward(minutes=1)
    for order in orders:
        shop.change(order, note="changed")
    notify(send, *(order.id for order in orders * 10))
    shop.requests.clear()
    assert inbox.drain(connection.pk) == 1_000
    assert shop.asked() == ["FoundOrders"]
    assert shop.requests[0].variables["first"] == 100
    assert Order.objects.filter(store_note="changed").count() == 100


def test_order_that_the_settings_exclude_stays_out_whoever_tells_of_it(
    send, shop, connection
):
    old = sell(shop, 0, created_at=datetime(2026, 10, 1, tzinfo=UTC))
    test = sell(shop, 0, test=True)
    notify(send, old.id, test.id)
    inbox.drain(connection.pk)
    assert Order.objects.count() == 0
    assert sorted(
        connection.store.unimported_orders.values_list("code", flat=True)
    ) == [
        "test_order",
        "too_old",
    ]


def test_messages_in_any_order_leave_the_newest_state(send, shop, connection):
    order = sell(shop, 0)
    shop.clock.forward(minutes=1)
    shop.fulfil(order)
    notify(send, order.id, topic="orders/updated")
    notify(send, order.id, topic="orders/create")
    inbox.drain(connection.pk)
    assert Order.objects.get().fulfilment == "fulfilled"


def test_deleted_order_is_gone_at_the_store_and_stays_here(send, shop, connection):
    order = sell(shop, 0)
    poll(connection.pk)
    shop.delete(order)
    notify(send, order.id, topic="orders/delete")
    inbox.drain(connection.pk)
    gone = Order.objects.get()
    assert gone.gone_at is not None
    assert gone.events.first().kind == "gone"
    notify(send, order.id, topic="orders/delete")
    inbox.drain(connection.pk)
    assert gone.events.filter(kind="gone").count() == 1


def test_message_about_an_order_that_nobody_knows_changes_nothing(
    send, shop, connection
):
    notify(send, 404, topic="orders/delete")
    assert inbox.drain(connection.pk) == 1
    assert (Order.objects.count(), waiting()) == (0, 0)


def test_changed_customer_fills_what_is_empty_and_overwrites_nothing(
    send, shop, connection
):
    ada = next(iter(shop.customers.values()))
    ada.email = ada.phone = ""
    ada.address.phone = ""
    shop.place_order([shop.line(next(iter(shop.products.values())))], ada)
    poll(connection.pk)
    customer = Order.objects.get().customer
    assert (customer.name, customer.email) == ("Ada Lovelace", "")
    shop.change_customer(ada, first_name="Augusta", email="ada@example.com")
    assert send("customers/update", {"id": ada.id, "email": "ada@example.com"}) == 200
    inbox.drain(connection.pk)
    customer.refresh_from_db()
    assert (customer.name, customer.email) == ("Ada Lovelace", "ada@example.com")


def test_unknown_customer_is_not_made_known(send, shop, connection):
    shop.requests.clear()
    send("customers/update", {"id": 4711})
    assert inbox.drain(connection.pk) == 1
    assert shop.requests == []


def test_busy_store_keeps_the_messages_until_it_answers(send, shop, connection):
    order = sell(shop, 0)
    notify(send, order.id)
    shop.fail_next(faults.status(503), times=4)
    assert inbox.drain(connection.pk) == 0
    connection.refresh_from_db()
    assert (connection.state, waiting(), Order.objects.count()) == (State.WAITING, 1, 0)
    now = datetime.now(UTC)
    assert inbox.connections_with_messages(now) == []
    later = now + timedelta(seconds=21)
    assert inbox.connections_with_messages(later) == [connection.pk]
    assert inbox.drain(connection.pk, now=lambda: later) == 1
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    "values", [{"enabled": False}, {"state": State.NEEDS_ATTENTION}]
)
def test_resting_store_is_not_read_and_its_messages_wait(
    send, shop, connection, values
):
    order = sell(shop, 0)
    notify(send, order.id)
    StoreConnection.objects.update(**values)
    shop.requests.clear()
    now = datetime.now(UTC)
    assert (inbox.connections_with_messages(now), inbox.drain(connection.pk)) == ([], 0)
    assert (shop.requests, waiting()) == ([], 1)
    StoreConnection.objects.update(enabled=True, state=State.WORKING)
    assert inbox.connections_with_messages(now) == [connection.pk]
    assert inbox.drain(connection.pk) == 1


def test_message_that_a_dead_worker_had_in_hand_is_anybodys_after_a_while(
    send, shop, connection
):
    notify(send, sell(shop, 0).id)
    now = datetime.now(UTC)
    WebhookDelivery.objects.update(leased_until=now + inbox.LEASE)
    assert (
        inbox.connections_with_messages(now),
        inbox.drain(connection.pk, now=lambda: now),
    ) == ([], 0)
    later = now + inbox.LEASE + timedelta(seconds=1)
    assert inbox.drain(connection.pk, now=lambda: later) == 1


def test_removed_app_needs_attention_and_admins_are_told_once(
    send, shop, connection, settings
):
    settings.ADMINS = [("Admin", "admin@example.com")]
    shop.uninstall()
    send("app/uninstalled", {"id": 1})
    send("app/uninstalled", {"id": 1})
    inbox.drain(connection.pk)
    connection.refresh_from_db()
    assert (connection.state, connection.reason_code) == (
        State.NEEDS_ATTENTION,
        "uninstalled",
    )
    assert (
        connection.reason
        == "The app was removed from the store. Install it there again, then press Check connection."
    )
    for _ in range(2):
        send_mails()
    assert [message.subject for message in mail.outbox] == [
        "[RO App] Store Gadget Garage needs attention"
    ]


def test_removal_is_believed_only_if_the_store_says_so_too(send, shop, connection):
    send("app/uninstalled", {"id": 1})
    inbox.drain(connection.pk)
    connection.refresh_from_db()
    assert connection.state == State.WORKING


def test_lost_scope_and_changed_currency_need_attention_and_their_return_mends_it(
    send, shop, connection
):
    def state() -> tuple[str, str]:
        inbox.drain(connection.pk)
        connection.refresh_from_db()
        return connection.state, connection.reason_code

    shop.scopes.discard("read_customers")
    send("app/scopes_update", {"id": 1})
    assert state() == (State.NEEDS_ATTENTION, "scope_missing")
    shop.scopes.add("read_customers")
    send("app/scopes_update", {"id": 1})
    assert state() == (State.WORKING, "")
    shop.currency = "USD"
    send("shop/update", {"id": 1})
    assert state() == (State.NEEDS_ATTENTION, "currency")


def test_ended_export_makes_the_run_due_that_waits_for_it(send, connection):
    now, later = datetime.now(UTC), datetime.now(UTC) + timedelta(hours=1)
    values = {
        "store": connection.store,
        "since": now,
        "made_at": now,
        "due_at": later,
        "state": "waiting",
    }
    waiting = ImportJob.objects.create(
        **values,
        kind="manual",
        method="bulk",
        export_id="gid://shopify/BulkOperation/1",
    )
    by_pages = ImportJob.objects.create(**values, kind="reconcile")
    send(
        "bulk_operations/finish",
        {"admin_graphql_api_id": "gid://shopify/BulkOperation/1"},
    )
    inbox.drain(connection.pk)
    assert lifecycle.due_runs(datetime.now(UTC)) == [waiting.pk]
    by_pages.refresh_from_db()
    assert by_pages.due_at == later


def test_old_messages_are_swept_away(send):
    notify(send, 1, 2)
    WebhookDelivery.objects.filter(webhook_id="message-1").update(
        received_at=datetime.now(UTC) - timedelta(days=31)
    )
    sweep()
    assert list(WebhookDelivery.objects.values_list("webhook_id", flat=True)) == [
        "message-2"
    ]


# What people ask for


def ask(send, topic: str, **content: Any) -> PrivacyRequest:
    assert send(topic, {"shop_domain": DOMAIN, **content}) == 200
    inbox.drain(StoreConnection.objects.get().pk)
    return PrivacyRequest.objects.get()


def test_request_is_recorded_with_its_date_and_without_the_person(send):
    person = {"id": 6, "email": "ada@example.com", "phone": "+4915123456789"}
    request = ask(
        send, "customers/data_request", customer=person, orders_requested=[3, 4]
    )
    assert (request.kind, request.domain, request.customer_id, request.order_ids) == (
        "export",
        DOMAIN,
        "6",
        ["3", "4"],
    )
    assert (request.due_at - request.received_at, request.done_at) == (
        timedelta(days=30),
        None,
    )
    assert "ada" not in str(PrivacyRequest.objects.values().get()).lower()


def test_customer_who_asks_to_be_forgotten_is_erased_and_stays_so(
    send, shop, connection
):
    order = sell(shop, 0, note="Ring twice")
    poll(connection.pk)
    ada = next(iter(shop.customers.values()))
    request = ask(
        send,
        "customers/redact",
        customer={"id": ada.id, "email": ada.email},
        orders_to_redact=[order.id],
    )
    assert (request.kind, request.done_at is not None, request.done_by) == (
        "erase",
        True,
        None,
    )
    kept = Order.objects.select_related("customer").get()
    assert (
        kept.customer_name,
        kept.delivery_address,
        kept.store_note,
        str(kept.total),
    ) == (
        "",
        "",
        "",
        "89.900",
    )
    assert (kept.customer.email, kept.customer.erased_at is not None) == ("", True)
    shop.clock.forward(minutes=1)
    shop.fulfil(order)
    poll(connection.pk)
    assert (Order.objects.get().customer_name, Order.objects.get().fulfilment) == (
        "",
        "fulfilled",
    )


def test_person_nobody_knows_here_is_forgotten_in_advance(send, shop, connection):
    ada = next(iter(shop.customers.values()))
    assert (
        ask(
            send, "customers/redact", customer={"id": ada.id}, orders_to_redact=[]
        ).done_at
        is not None
    )
    sell(shop, 0, created_at=shop.clock.now - timedelta(days=10))
    poll(connection.pk)
    assert Order.objects.get().customer_name == ""


def test_what_a_person_must_decide_stays_to_be_done(
    send, shop, connection, client, admin_user
):
    """An order of the request that staff have given to somebody else."""
    order = sell(shop, 0)
    poll(connection.pk)
    other = Customer.objects.create(first_name="Grace", created_at=NOW)
    Order.objects.update(customer=other, customer_name="Grace")
    request = ask(
        send, "customers/redact", customer={"id": 4711}, orders_to_redact=[order.id]
    )
    assert (request.done_at, Order.objects.get().customer_name) == (None, "Grace")
    client.force_login(admin_user)
    html = client.get(
        f"/admin/integrations/privacyrequest/{request.pk}/change/"
    ).content.decode()
    assert "RO App could not erase everything automatically." in html
    assert "To do" in html


def test_request_without_a_customer_stays_to_be_done(send):
    assert ask(send, "customers/redact", orders_to_redact=[3]).done_at is None


def page_of(client, request: PrivacyRequest) -> str:
    url = f"/admin/integrations/privacyrequest/{request.pk}/change/"
    return text_of(unescape(client.get(url).content.decode()))


def test_erasure_of_nobody_is_done_and_says_so(send, client, admin_user):
    grace = Customer.objects.create(
        first_name="Grace", email="grace@example.com", created_at=NOW
    )
    ada = {"id": 4711, "email": "ada@example.com", "phone": "+4915123456789"}
    request = ask(send, "customers/redact", customer=ada, orders_to_redact=[])
    assert (request.done_at is not None, request.is_known) == (True, False)
    client.force_login(admin_user)
    assert "nobody with this ID was here" in page_of(client, request)
    read_in(client, "de")
    assert "unter dieser ID war niemand hier" in page_of(client, request)
    grace.refresh_from_db()
    assert (grace.first_name, grace.erased_at) == ("Grace", None)


@pytest.mark.parametrize(
    "named", [{"email": "Ada@Example.com"}, {"phone": "0151 23456789"}]
)
def test_erasure_of_a_namesake_stays_open_for_a_person(
    send, connection, client, admin_user, named
):
    """The message's id is nobody's here, but its contact data is: nobody is erased by a guess."""
    values = {"first_name": "Ada", "email": "ada@example.com"}
    ada = editing.create_customer(values, by_id=None, now=NOW)
    CustomerKey.objects.create(key="phone:+4915123456789", customer=ada)
    request = ask(
        send, "customers/redact", customer={"id": 4711} | named, orders_to_redact=[]
    )
    assert (request.done_at, request.match_ids) == (None, [ada.pk])
    stored = f"{WebhookDelivery.objects.values()}{PrivacyRequest.objects.values()}"
    assert not re.search("example.com|23456789", stored.lower())
    ada.refresh_from_db()
    assert (ada.first_name, ada.email) == ("Ada", "ada@example.com")
    number = Customer.objects.count()
    inbox.privacy_requests.erase_who_leaves(connection, now=NOW)
    assert Customer.objects.count() == number
    client.force_login(admin_user)
    shown = page_of(client, request)
    assert "Check whether they are the same person, and erase them if so." in shown
    assert f"With the same e-mail address or phone number: {ada.pk}" in shown
    answer = client.post(f"/admin/integrations/privacyrequest/{request.pk}/done/")
    assert answer.url == f"/admin/integrations/privacyrequest/{request.pk}/change/"
    request.refresh_from_db()
    assert (request.done_by, request.match_ids) == (admin_user, None)
    assert "nobody with this ID" not in page_of(client, request)


def test_data_request_of_nobody_says_so_and_is_completed_on_its_page(
    send, client, admin_user
):
    ada = {"id": 6, "email": "ada@example.com"}
    request = ask(send, "customers/data_request", customer=ada, orders_requested=[3])
    client.force_login(admin_user)
    assert "Answer that nothing is stored, then mark" in page_of(client, request)
    assert "Mark as completed" in page_of(client, request)
    read_in(client, "de")
    assert "Antworten Sie, dass nichts gespeichert ist" in page_of(client, request)
    client.post(f"/admin/integrations/privacyrequest/{request.pk}/done/")
    request.refresh_from_db()
    assert (request.done_by, request.done_at is not None) == (admin_user, True)
    assert "Als erledigt markieren" not in page_of(client, request)


def test_data_request_of_a_namesake_leads_to_them(send, client, admin_user):
    values = {"email": "ada@example.com"}
    ada = editing.create_customer(values, by_id=None, now=NOW)
    named = {"id": 6, "email": "ada@example.com", "phone": None}
    request = ask(send, "customers/data_request", customer=named, orders_requested=[3])
    client.force_login(admin_user)
    shown = page_of(client, request)
    assert "If so, export their data on their page" in shown
    assert f"phone number: {ada.pk}" in shown


def test_data_request_and_the_end_of_a_shop_are_recorded(send):
    assert (
        ask(
            send, "customers/data_request", customer={"id": 6}, orders_requested=[3]
        ).kind
        == "export"
    )
    PrivacyRequest.objects.all().delete()
    assert ask(send, "shop/redact").kind == "erase_shop"


def test_requests_are_recorded_of_a_resting_store_too_and_only_once(send, connection):
    StoreConnection.objects.update(enabled=False)
    ask(send, "customers/redact", customer={"id": 6}, orders_to_redact=[])
    assert (
        send(
            "customers/redact",
            {
                "shop_domain": DOMAIN,
                "customer": {"id": 6},
                "orders_to_redact": [],
            },
            webhook_id="message-1",
        )
        == 200
    )
    WebhookDelivery.objects.update(drained_at=None)
    inbox.drain(connection.pk)
    assert PrivacyRequest.objects.count() == 1


def test_admin_marks_a_request_as_carried_out(send, client, django_user_model):
    request = ask(send, "shop/redact")
    officer = django_user_model.objects.create_user("officer", is_staff=True)
    permissions = ["view_privacyrequest", "change_privacyrequest"]
    officer.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(officer)
    url = "/admin/integrations/privacyrequest/"
    assert "Shop gone: erase its customers" in client.get(url).content.decode()
    assert (
        "RO App has not erased anything"
        in client.get(f"{url}{request.pk}/change/").content.decode()
    )
    client.post(url, {"action": "mark_done", "_selected_action": [request.pk]})
    request.refresh_from_db()
    assert (request.done_by, request.done_at is not None) == (officer, True)


def test_admin_finds_what_is_to_be_done_and_reads_which_orders(
    send, client, admin_user
):
    ada = {"id": 6, "email": "ada@example.com"}
    ask(send, "customers/data_request", customer=ada, orders_requested=[3, 5])
    client.force_login(admin_user)
    url = "/admin/integrations/privacyrequest/"

    def listed(state: str) -> bool:
        return "/change/" in client.get(url, {"state": state}).content.decode()

    assert (listed("open"), listed("done")) == (True, False)
    request = PrivacyRequest.objects.get()
    assert "3, 5" in page_of(client, request)
    client.post(f"{url}{request.pk}/done/")
    assert (listed("open"), listed("done")) == (False, True)
    PrivacyRequest.objects.update(kind="newer")
    assert "Changed by a newer version" in client.get(url).content.decode()


def test_who_may_only_look_cannot_mark_it(send, client, django_user_model):
    request = ask(send, "shop/redact")
    reader = django_user_model.objects.create_user("reader", is_staff=True)
    reader.user_permissions.set(
        Permission.objects.filter(codename="view_privacyrequest")
    )
    client.force_login(reader)
    client.post(
        "/admin/integrations/privacyrequest/",
        {"action": "mark_done", "_selected_action": [request.pk]},
    )
    page = f"/admin/integrations/privacyrequest/{request.pk}"
    assert client.post(f"{page}/done/").status_code == 403
    assert "Mark as completed" not in client.get(f"{page}/change/").content.decode()
    request.refresh_from_db()
    assert request.done_at is None


# The settings


def change(client, connection: StoreConnection, **values: Any) -> HttpResponse:
    """Save the store's settings in the admin, changed by these values."""
    connection.refresh_from_db()
    kept = {
        "name": connection.store.name,
        "enabled": "on",
        "client_id": connection.client_id,
        "order_type": connection.order_type_id,
        "identify_by": connection.identify_by,
        "poll_seconds": connection.poll_seconds,
        "first_import": connection.first_import,
        "import_since_0": f"{connection.import_since:%Y-%m-%d}",
        "import_since_1": f"{connection.import_since:%H:%M:%S}",
    }
    return client.post(
        f"/admin/integrations/storeconnection/{connection.pk}/change/", kept | values
    )


def test_admin_turns_webhooks_on_and_off(
    shop, connection, client, admin_user, settings
):
    settings.PUBLIC_URL = "https://ro.example.com"
    client.force_login(admin_user)
    now = timezone.now()
    with travel(now, tick=False):
        answer = change(client, connection, use_webhooks="on", webhook_secret=SECRET)
    assert answer.status_code == 302
    connection.refresh_from_db()
    assert (connection.use_webhooks, connection.webhook_secret) == (True, SECRET)
    assert connection.webhooks_due_at == now
    html = client.get(
        f"/admin/integrations/storeconnection/{connection.pk}/change/"
    ).content.decode()
    assert SECRET not in html
    assert "Being set up or taken down in the background." in html
    change(client, connection)
    connection.refresh_from_db()
    assert (connection.use_webhooks, connection.webhook_secret) == (False, SECRET)


def test_webhooks_need_a_public_address_and_a_secret(
    shop, connection, client, admin_user, settings
):
    client.force_login(admin_user)
    html = change(client, connection, use_webhooks="on").content.decode()
    assert "This installation has no public address: set PUBLIC_URL first." in html
    assert (
        "Without it nobody can tell whether a message is the store&#39;s own." in html
    )
    connection.refresh_from_db()
    assert connection.use_webhooks is False


def test_public_address_that_is_lost_is_said(connection, client, admin_user):
    StoreConnection.objects.update(use_webhooks=True, webhook_secret=SECRET)
    client.force_login(admin_user)
    html = client.get(
        f"/admin/integrations/storeconnection/{connection.pk}/change/"
    ).content.decode()
    assert "Off: this installation has no public address (PUBLIC_URL)." in html
