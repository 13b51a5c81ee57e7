"""A shop is its id at the platform, not its address: it is recognised under another one, and nothing comes in
twice."""

from html import unescape

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from integrations.connections import connect as connecting
from integrations.connections.disconnect import disconnect
from integrations.models import State, StoreConnection
from integrations.platforms.errors import StoreRefused
from integrations.webhooks import subscriptions
from orders.models import Order, Store
from tests.support.shop import DOMAIN, connect, counts_of_poll, sell
from tests.support.users import create_user, read_in, signed_in

NEW = "garage-berlin.myshopify.com"
ADD = reverse("admin:integrations_storeconnection_add")


@pytest.fixture
def admin(db):
    return signed_in(create_user("root", is_staff=True, is_superuser=True))


def connect_again(**options):
    defaults = {"name": "Gadget Garage", "token": "demo-token", "order_type": "Repair"}
    call_command("connect_store", NEW, verbosity=0, **defaults | options)


def facts():
    return list(StoreConnection.objects.values_list("domain", "store__name", "shop_id"))


def test_shop_is_known_by_its_id_under_another_address(shop, connection, capsys):
    assert facts() == [(DOMAIN, "Gadget Garage", "shopify:700000001")]
    sell(shop, 0)
    assert counts_of_poll(connection) == {"imported": 1}
    shop.domain = NEW
    before = StoreConnection.objects.values().get()
    with pytest.raises(
        CommandError, match=f"as Gadget Garage under {DOMAIN}; with --go-on"
    ):
        connect_again(name="Another")
    assert (StoreConnection.objects.values().get(), Store.objects.count()) == (
        before,
        1,
    )
    shop.tokens = {"new-token"}
    connect_again(token="new-token", go_on=True)
    assert facts() == [(NEW, "Gadget Garage", "shopify:700000001")]
    connection = StoreConnection.objects.select_related("store", "order_type").get()
    assert connection.order_type.name == "Online order"
    assert connection.store.order_link.endswith("/admin/orders/{id}")
    sell(shop, 1)
    assert counts_of_poll(connection) == {"unchanged": 1, "imported": 1}
    assert Order.objects.count() == 2


def test_disconnected_shop_under_another_address_is_not_called_connected(
    shop, connection, admin
):
    disconnect(connection, by_id=None, now=shop.clock.now)
    shop.domain = NEW
    before = StoreConnection.objects.values().get()
    typed = {
        "name": "Other",
        "domain": NEW,
        "access_token": "demo-token",
        "order_type": connection.order_type_id,
        "identify_by": "sku",
        "poll_seconds": "60",
        "first_import": "none",
    }
    answer = admin.post(ADD, typed)
    assert answer.context["adminform"].form.errors["go_on"] == [
        f"The store was not saved. This shop was connected before, as Gadget Garage under {DOMAIN}, and is "
        "disconnected."
    ]
    read_in(admin, "de")
    answer = admin.post(ADD, typed)
    assert answer.context["adminform"].form.errors["go_on"] == [
        "Das Geschäft wurde nicht gespeichert. Dieser Shop war schon verbunden, als Gadget Garage unter "
        f"{DOMAIN}, und ist getrennt."
    ]
    with pytest.raises(CommandError, match="This shop was connected before, as Gadget"):
        connect_again(name="Another")
    assert StoreConnection.objects.values().get() == before


def test_administration_offers_to_go_on_under_the_new_address(shop, connection, admin):
    shop.domain = NEW
    shop.tokens = {"new-token"}
    typed = {
        "name": "Gadget Garage",
        "domain": NEW,
        "access_token": "new-token",
        "enabled": "on",
        "order_type": connection.order_type_id,
        "identify_by": "sku",
        "poll_seconds": "60",
        "first_import": "none",
    }
    page = admin.get(ADD).content.decode()
    assert 'type="hidden" name="go_on"' in page
    answer = admin.post(ADD, typed | {"name": "Other"})
    assert [str(each) for each in answer.context["adminform"].form.errors["go_on"]] == [
        f"The store was not saved. This shop is connected already, as Gadget Garage under {DOMAIN}."
    ]
    assert 'type="checkbox" name="go_on"' in answer.content.decode()
    assert facts() == [(DOMAIN, "Gadget Garage", "shopify:700000001")]
    answer = admin.post(ADD, typed | {"go_on": "on"})
    assert answer.status_code == 302
    assert facts() == [(NEW, "Gadget Garage", "shopify:700000001")]
    assert StoreConnection.objects.get().access_token == "new-token"
    assert Store.objects.count() == 1


def test_daily_check_learns_the_id_and_notices_another_address(shop, connection, admin):
    StoreConnection.objects.update(shop_id="", shop_domain="", checked_at=None)
    assert connecting.due_checks(timezone.now()) == [connection.pk]
    shop.domain = NEW
    connection.refresh_from_db()
    connecting.recheck(connection, now=timezone.now())
    connection.refresh_from_db()
    assert (connection.shop_id, connection.new_address) == ("shopify:700000001", NEW)
    assert (connection.domain, connection.state) == (DOMAIN, State.WORKING)
    page = unescape(admin.get(reverse("stores:list")).content.decode())
    assert f"The shop's own address is now {NEW}." in page
    change = reverse("admin:integrations_storeconnection_change", args=[connection.pk])
    assert f"Go on under {NEW}" in admin.get(change).content.decode()
    move = reverse("admin:integrations_storeconnection_move", args=[connection.pk])
    assert admin.get(move).status_code == 405
    assert admin.post(move).status_code == 302
    assert facts() == [(NEW, "Gadget Garage", "shopify:700000001")]
    assert f"Go on under {NEW}" not in admin.get(change).content.decode()
    # A second press changes nothing.
    assert admin.post(move).status_code == 302
    assert facts() == [(NEW, "Gadget Garage", "shopify:700000001")]


def test_one_who_may_not_change_stores_moves_none(shop, connection, bob_client):
    StoreConnection.objects.update(shop_domain=NEW)
    move = reverse("admin:integrations_storeconnection_move", args=[connection.pk])
    assert bob_client.post(move).status_code in {302, 403}
    assert facts() == [(DOMAIN, "Gadget Garage", "shopify:700000001")]


def test_another_shop_under_the_address_is_not_taken_for_this_one(shop, connection):
    sell(shop, 0)
    shop.id = 700_000_002
    with pytest.raises(StoreRefused) as caught:
        connecting.recheck(connection, now=timezone.now())
    assert caught.value.code == "other_shop"
    connection.refresh_from_db()
    assert (connection.state, connection.reason_code, connection.shop_id) == (
        State.NEEDS_ATTENTION,
        "other_shop",
        "shopify:700000001",
    )
    with pytest.raises(CommandError, match="Another shop answers under this address"):
        connect()


def test_second_connection_to_one_shop_stops_at_its_check(shop, connection):
    store = Store.objects.create(name="Twin", platform="shopify")
    twin = StoreConnection.objects.create(
        store=store,
        domain=NEW,
        access_token="demo-token",
        order_type=connection.order_type,
    )
    with pytest.raises(connecting.SameShopError):
        connecting.recheck(twin, now=timezone.now())
    twin.refresh_from_db()
    assert (twin.state, twin.reason_code, twin.shop_id) == (
        State.NEEDS_ATTENTION,
        "same_shop",
        "",
    )


def test_messages_go_to_the_new_address_and_no_longer_to_the_former(shop, settings, db):
    settings.PUBLIC_URL = "https://orders.example.com"
    connection = connect(webhooks=True, webhook_secret="demo-secret")
    subscriptions.settle(connection, now=timezone.now())
    shop.domain = NEW
    connection.refresh_from_db()
    connecting.recheck(connection, now=timezone.now())
    assert connecting.move(connection, now=timezone.now())
    connection = StoreConnection.objects.select_related("store").get()
    subscriptions.settle(connection, now=timezone.now())
    uris = {each.uri for each in shop.post.subscriptions.values()}
    assert uris == {f"https://orders.example.com/stores/webhooks/{NEW}/"}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"plan": {"publicDisplayName": "G" * 5_000}}, ("EUR", "DE", "G" * 63 + "…")),
        ({"plan": {"publicDisplayName": "Gr\x00ow"}}, ("EUR", "DE", "Grow")),
        (
            {"shopAddress": {"countryCodeV2": "DEUTSCHLAND"}},
            ("EUR", "", "Grow"),
        ),
        ({"shopAddress": {"countryCodeV2": "D\x00"}}, ("EUR", "", "Grow")),
    ],
)
def test_texts_of_the_shop_fit_their_columns(shop, connection, said, kept):
    shop.spoilt[shop.id] = said
    shop.version_served = "2026-10" + "0" * 500
    connecting.recheck(connection, now=timezone.now())
    connection.refresh_from_db()
    assert (connection.currency, connection.country, connection.plan) == kept
    assert connection.served_api_version == "2026-10000000000"[:16]
    assert connection.state == State.WORKING


def test_currency_that_is_none_is_refused_in_a_sentence(shop, db):
    shop.spoilt[shop.id] = {"currencyCode": "EURO\x00" * 200}
    with pytest.raises(
        CommandError, match=r"The store sells in \?\?\?, but RO App works in EUR"
    ):
        connect()
    assert StoreConnection.objects.count() == 0
