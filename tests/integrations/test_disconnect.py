"""Disconnecting a store (S7): secrets and subscriptions go, orders stay, it can be connected again."""

from datetime import timedelta
from html import unescape

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from common.formats import day
from fakeshop import faults
from integrations.alerts.mails import send_due_mails
from integrations.connections.connect import SETTINGS
from integrations.connections.disconnect import disconnect
from integrations.imports import lifecycle
from integrations.imports.lifecycle import DISCONNECTED, begin_first_import
from integrations.models import ImportJob, State, StoreConnection, StoreEvent
from integrations.platforms.registry import gateway_for
from integrations.sync.polling import first_due, poll
from integrations.webhooks import subscriptions
from orders.models import Order, Refresh, Store
from tests.support.html import found, text_of
from tests.support.shop import DOMAIN, connect, counts_of_poll, sell
from tests.support.users import create_user, signed_in

STORES = reverse("stores:list")
SECRETS = [
    "access_token",
    "client_id",
    "client_secret",
    "granted_token",
    "webhook_secret",
    "former_secret",
]


@pytest.fixture
def admin(db):
    return signed_in(create_user("ada", group="Admin", is_staff=True))


@pytest.fixture
def listening(shop, connection, settings) -> StoreConnection:
    settings.PUBLIC_URL = "https://orders.example.com"
    connection.use_webhooks, connection.webhook_secret = True, shop.post.secret
    connection.former_secret = "before"
    connection.save()
    subscriptions.settle(connection, now=timezone.now())
    assert shop.post.subscriptions
    return connection


def page_of(connection, act: str) -> str:
    return reverse(f"admin:integrations_storeconnection_{act}", args=[connection.pk])


def said(client, answer) -> str:
    return text_of(unescape(client.get(answer.url).content.decode()))


def test_secrets_subscriptions_and_imports_go_and_orders_stay(shop, listening, admin):
    sell(shop, 0)
    assert counts_of_poll(listening) == {"imported": 1}
    job = lifecycle.begin_import(
        listening, all_since=None, by_id=None, now=timezone.now()
    )
    url = page_of(listening, "disconnect")
    assert url in admin.get(page_of(listening, "change")).content.decode()
    assert url in admin.get(STORES).content.decode()
    question = text_of(unescape(admin.get(url).content.decode()))
    assert "Disconnect Gadget Garage?" in question
    assert "Its 1 order stays, with its link to the store" in question
    assert "Its webhooks are removed at the store, if it answers." in question
    assert "Manual import is cancelled." in question
    assert Store.objects.get().is_connected

    answer = admin.post(url)
    assert "Gadget Garage is disconnected. Its orders stay." in said(admin, answer)
    row = StoreConnection.objects.select_related("store").get()
    assert [getattr(row, name) for name in SECRETS] == [""] * len(SECRETS)
    assert (row.enabled, row.use_webhooks, row.webhook_address) == (False, False, "")
    assert shop.post.subscriptions == {}
    job.refresh_from_db()
    assert (job.state, job.reason) == ("cancelled", DISCONNECTED)
    event = StoreEvent.objects.first()
    assert (event.kind, event.by.username) == ("disconnected", "ada")
    order = Order.objects.get()
    assert order.external_id in order.store.order_url(order.external_id)
    # A second press changes nothing.
    assert "is disconnected already" in said(admin, admin.post(url))
    assert StoreEvent.objects.filter(kind="disconnected").count() == 1


def test_nothing_goes_there_and_nothing_is_accepted_from_there(shop, listening, admin):
    sell(shop, 0)
    poll(listening.pk)
    disconnect(listening, by_id=None, now=timezone.now())
    shop.requests.clear()
    assert (poll(listening.pk), first_due(timezone.now())) == (None, [])
    assert (
        admin.post(f"/stores/webhooks/{DOMAIN}/", b"{}", "text/json").status_code == 404
    )
    with pytest.raises(CommandError, match="is disconnected; connect it again first"):
        call_command("sync_store", DOMAIN)
    check = admin.post(page_of(listening, "check"))
    assert "The store was disconnected." in said(admin, check)
    client = signed_in(create_user("kim", group="Manager"))
    answer = client.post("/stores/refresh/", {"id": [Order.objects.get().pk]})
    assert "1 order was left as it is: its store is disconnected." in said(
        client, answer
    )
    assert Refresh.objects.count() == 0
    why = text_of(
        unescape(admin.post("/stores/find/", {"number": "#2000"}).content.decode())
    )
    assert "The store is disconnected, so it was not asked." in why
    assert shop.requests == []


def test_disconnected_store_stands_last_and_says_who_and_when(
    shop, listening, admin, settings
):
    settings.ADMINS = [("Ada", "ada@example.com")]
    Store.objects.create(name="Zebra", platform="shopify")
    listening.state, listening.reason = State.NEEDS_ATTENTION, "No."
    listening.failing_since = timezone.now() - timedelta(days=1)
    listening.save()
    assert 'class="banner bad"' in admin.get("/orders/").content.decode()
    ada = StoreEvent.objects.model._meta.get_field("by").related_model.objects.get()
    disconnect(listening, by_id=ada.pk, now=timezone.now())
    page = unescape(admin.get("/orders/").content.decode())
    assert "banner" not in found(r"<main[^>]*>(.*)", page)
    assert page.index("Zebra") < page.index("Gadget Garage (disconnected)")
    send_due_mails(timezone.now())
    assert mail.outbox == []
    card = text_of(unescape(admin.get(STORES).content.decode()))
    assert f"Disconnected on {day(timezone.now())}" in card
    assert "by Ada. Nothing is read from it or accepted from it." in card
    assert "Connect again" in card
    runs = reverse("stores:runs", args=[listening.store_id])
    assert "by Ada." in text_of(unescape(admin.get(runs).content.decode()))


def test_store_that_cannot_be_reached_is_disconnected_all_the_same(
    shop, listening, admin
):
    shop.fail_next(faults.status(503), times=9)
    answer = admin.post(page_of(listening, "disconnect"))
    messages = said(admin, answer)
    assert "Gadget Garage is disconnected." in messages
    assert "Its webhooks could not be removed there:" in messages
    row = StoreConnection.objects.get()
    assert (row.access_token, row.webhook_secret, row.webhooks_due_at) == ("", "", None)
    assert subscriptions.due_subscriptions(timezone.now() + timedelta(days=9)) == []


def test_connected_again_it_goes_on_and_imports_nothing_twice(shop, connection, admin):
    sell(shop, 0)
    poll(connection.pk)
    disconnect(connection, by_id=None, now=timezone.now())
    shop.clock.forward(days=3)
    sell(shop, 1)
    form = {
        "name": "Gadget Garage",
        "order_type": connection.order_type_id,
        "identify_by": "sku",
        "poll_seconds": "60",
        "first_import": "none",
        "import_since": "2026-11-01",
    }
    change = page_of(connection, "change")
    assert 'name="enabled"' not in admin.get(change).content.decode()
    assert admin.post(change, form).status_code == 200  # Without credentials.
    assert not Store.objects.get().is_connected
    new = admin.post(
        reverse("admin:integrations_storeconnection_add"),
        form | {"domain": DOMAIN, "access_token": "demo-token", "enabled": "on"},
    )
    assert "This store was disconnected." in unescape(new.content.decode())
    assert admin.post(change, form | {"access_token": "demo-token"}).status_code == 302
    connection.refresh_from_db()
    assert (Store.objects.get().is_connected, connection.enabled) == (True, True)
    kinds = StoreEvent.objects.values_list("kind", "by__username")
    assert list(kinds) == [
        ("connected", "ada"),
        ("disconnected", None),
        ("connected", None),
    ]
    assert counts_of_poll(connection) == {"unchanged": 1, "imported": 1}
    assert (Order.objects.count(), ImportJob.objects.count()) == (2, 0)


def test_by_command_it_needs_credentials_and_an_import_that_was_cut_off_begins_again(
    shop, connection
):
    connection.first_import = "all"
    connection.import_since = connection.covered_from - timedelta(days=30)
    connection.save(update_fields=SETTINGS)
    assert begin_first_import(connection, by_id=None, now=timezone.now())
    disconnect(connection, by_id=None, now=timezone.now())
    with pytest.raises(CommandError, match="Give --token or --client-id"):
        connect(token="", since=connection.import_since, no_first_import=False)
    assert not Store.objects.get().is_connected
    connect(since=connection.import_since, no_first_import=False)
    assert Store.objects.get().is_connected
    states = ImportJob.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["cancelled", "waiting"]


def test_token_granted_meanwhile_is_not_kept(shop, connection):
    shop.client_id, shop.client_secret = "id-1", "secret-1"
    connection.access_token, connection.client_id = "", "id-1"
    connection.client_secret = "secret-1"
    connection.save()
    before = StoreConnection.objects.select_related("store").get()
    disconnect(connection, by_id=None, now=timezone.now())
    gateway_for(before).check()
    assert before.granted_token
    assert StoreConnection.objects.get().granted_token == ""


def test_who_may_not_change_stores_disconnects_none(shop, connection, kim, kim_client):
    kim.is_staff = True
    kim.save()
    url = page_of(connection, "disconnect")
    assert (kim_client.get(url).status_code, kim_client.post(url).status_code) == (
        403,
        403,
    )
    assert Store.objects.get().is_connected
    assert StoreConnection.objects.get().access_token == "demo-token"
    assert url not in kim_client.get(STORES).content.decode()


def test_another_shop_is_not_taken_for_the_disconnected_one(shop, connection):
    disconnect(connection, by_id=None, now=timezone.now())
    shop.id = 42
    with pytest.raises(CommandError, match="Another shop answers under this address"):
        connect()
    assert not Store.objects.get().is_connected
