"""A second platform, connected through the front door: nothing above integrations knows which one it is."""

from collections.abc import Iterator
from decimal import Decimal
from io import StringIO

import pytest
from django.contrib.messages import get_messages
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from integrations.connections.forms import ConnectionForm
from integrations.models import ImportJob, State, StoreConnection
from integrations.platforms.errors import StoreRefused
from integrations.platforms.registry import platform, platform_of
from integrations.refresh.worker import refresh_store
from integrations.sync import polling
from orders.models import Order, OrderType, Refresh, RefreshOutcome, Store
from tests.integrations.second_platform import Kiosk, KioskShop

pytestmark = pytest.mark.django_db
DOMAIN = "corner.kiosk.example"
ADD = "/admin/integrations/storeconnection/add/"
NO_CHOICE = "Select a valid choice. other is not one of the available choices."
KIOSK = "tests.integrations.second_platform.Kiosk"


@pytest.fixture
def kiosk(settings, monkeypatch) -> Iterator[KioskShop]:
    """A shop at Kiosk, which is installed beside Shopify."""
    monkeypatch.setattr("integrations.dispatch.enqueue", lambda *_args: None)
    settings.PLATFORMS = [*settings.PLATFORMS, KIOSK]
    shop = KioskShop()
    with shop.serving() as url:
        monkeypatch.setattr(Kiosk, "base_url", url)
        yield shop


@pytest.fixture
def connection(kiosk) -> StoreConnection:
    options = {
        "name": "Corner",
        "platform": "kiosk",
        "token": "kiosk-key",
        "order_type": "Online order",
    }
    call_command(
        "connect_store", DOMAIN, no_first_import=True, stdout=StringIO(), **options
    )
    return StoreConnection.objects.select_related("store").get()


def values(**changed: object) -> dict[str, object]:
    """What the filled-in form of the administration sends."""
    filled = {
        "name": "Corner",
        "platform": "kiosk",
        "domain": DOMAIN,
        "enabled": "on",
        "access_token": "kiosk-key",
        "client_id": "",
        "client_secret": "",
        "order_type": OrderType.objects.get(name="Online order").pk,
        "identify_by": "sku",
        "poll_seconds": "60",
        "first_import": "none",
        "import_since": "",
        "excluded_tags": "",
        "webhook_secret": "",
    }
    return filled | changed


def test_form_offers_the_platforms_and_connects_the_chosen_one(kiosk, admin_client):
    form = ConnectionForm()
    assert form.fields["platform"].choices == [
        ("shopify", "Shopify"),
        ("kiosk", "Kiosk"),
    ]
    assert form.fields["access_token"].label == "Access token / API key"
    answer = admin_client.post(ADD, values())
    assert [str(message) for message in get_messages(answer.wsgi_request)][:2] == [
        "Shop: Corner Kiosk (corner.kiosk.example)",
        "Currency: EUR, the same as RO App's",
    ]
    connection = StoreConnection.objects.select_related("store").get()
    assert (connection.store.platform, connection.access_token) == (
        "kiosk",
        "kiosk-key",
    )
    assert connection.store.order_link == "https://corner.kiosk.example/orders/{id}/"
    assert connection.key == f"kiosk:{connection.store_id}"


def test_form_of_a_connected_store_speaks_its_platforms_words(connection, admin_client):
    answer = admin_client.get(
        f"/admin/integrations/storeconnection/{connection.pk}/change/"
    )
    form = answer.context["adminform"].form
    assert {"platform", "client_id", "client_secret", "webhook_secret"} & set(
        form.fields
    ) == set()
    assert (
        form.fields["access_token"].label,
        form.fields["access_token"].help_text,
    ) == (
        "API key",
        "Found in the shop's settings.",
    )
    page = f"/admin/integrations/storeconnection/{connection.pk}/change/"
    assert (
        admin_client.post(page, values(name="Renamed", access_token="")).status_code
        == 302
    )
    connection.refresh_from_db()
    assert (Store.objects.get().name, connection.access_token) == (
        "Renamed",
        "kiosk-key",
    )


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        (
            {"domain": "corner.myshopify.com"},
            "domain",
            "Enter an address like my-shop.kiosk.example.",
        ),
        ({"access_token": ""}, "__all__", "Enter the API key."),
        (
            {"platform": "other"},
            "platform",
            NO_CHOICE,
        ),
        (
            {"access_token": "wrong"},
            "__all__",
            "The store was not saved. Kiosk refuses the API key.",
        ),
    ],
)
def test_form_refuses_in_the_platforms_words(
    kiosk, admin_client, changed, field, sentence
):
    answer = admin_client.post(ADD, values(**changed))
    assert answer.context["adminform"].form.errors[field] == [sentence]
    assert not Store.objects.exists()


def test_with_one_platform_installed_nobody_is_asked(db):
    assert "platform" not in ConnectionForm().fields


def test_command_wants_to_know_the_platform_of_a_new_store(kiosk):
    options = {"name": "Corner", "token": "kiosk-key", "order_type": "Online order"}
    with pytest.raises(
        CommandError, match="Name the platform with --platform: shopify or kiosk"
    ):
        call_command("connect_store", DOMAIN, **options)
    with pytest.raises(
        CommandError, match="Enter the store's own address, like my-shop"
    ):
        call_command("connect_store", DOMAIN, platform="shopify", **options)
    assert not Store.objects.exists()


def test_credentials_come_from_variables_that_bear_the_platforms_name(
    kiosk, monkeypatch
):
    monkeypatch.setenv("KIOSK_TOKEN", "kiosk-key")
    monkeypatch.setenv("SHOPIFY_TOKEN", "another")
    out = StringIO()
    options = {"name": "Corner", "platform": "kiosk", "order_type": "Online order"}
    call_command("connect_store", DOMAIN, stdout=out, **options)
    assert StoreConnection.objects.get().access_token == "kiosk-key"
    assert "API version" not in out.getvalue()
    assert "Readable orders: all orders" in out.getvalue()


def test_poll_imports_orders_page_by_page_and_they_lead_to_the_platform(
    kiosk, connection, kim_client
):
    for number in ["K-1", "K-2", "K-3"]:
        kiosk.place(number=number)
    assert str(polling.poll(connection.pk)).startswith("imported 3, ")
    order = Order.objects.get(external_number="K-2")
    assert (order.external_url, order.total) == (
        f"https://{DOMAIN}/orders/502/",
        Decimal("39.00"),
    )
    assert order.customer.last_name == "Hopper"
    html = kim_client.get(f"/orders/{order.pk}/").content.decode()
    assert f"https://{DOMAIN}/orders/502/" in html
    assert (
        f"https://{DOMAIN}/orders/503/" in kim_client.get("/orders/").content.decode()
    )
    kiosk.change(kiosk.orders[0], price="45.00")
    assert str(polling.poll(connection.pk)).startswith("imported 0, updated 1, ")


def test_first_import_brings_in_what_was_there(kiosk):
    kiosk.place()
    options = {
        "name": "Corner",
        "platform": "kiosk",
        "token": "kiosk-key",
        "order_type": "Online order",
    }
    call_command("connect_store", DOMAIN, stdout=StringIO(), **options)
    out = StringIO()
    call_command("import_orders", DOMAIN, bulk=True, stdout=out)
    assert out.getvalue().startswith("imported 1, ")
    assert {run.method for run in ImportJob.objects.filter(kind="manual")} == {"pages"}


def test_update_order_reads_the_order_again(kiosk, connection, kim_client):
    placed = kiosk.place(price="39.00")
    polling.poll(connection.pk)
    order = Order.objects.get()
    kiosk.change(placed, price="41.50")
    Order.objects.update(synced_at="2026-01-01T00:00Z")
    kim_client.post("/stores/refresh/", {"id": [order.pk]})
    assert refresh_store(connection.store_id) == 1
    order.refresh_from_db()
    assert (Refresh.objects.get().outcome, order.total) == (
        RefreshOutcome.UPDATED,
        Decimal("41.50"),
    )


def test_store_page_and_why_it_is_not_here(kiosk, connection, admin_client):
    kiosk.place(number="K-7")
    html = admin_client.get("/stores/").content.decode()
    assert DOMAIN in html
    answer = admin_client.post("/stores/find/", {"number": "K-7"}).content.decode()
    assert (
        f"It was missing and has just been imported as order {Order.objects.get().pk}."
        in answer
    )
    answer = admin_client.post("/stores/find/", {"number": "K-8"}).content.decode()
    assert "The store shows no order with this number." in answer
    assert "are hidden from RO App" not in answer


def test_key_that_is_revoked_needs_attention_and_says_so_in_the_platforms_words(
    kiosk, connection, kim_client
):
    kiosk.api_key = "new-key"
    with pytest.raises(StoreRefused, match="Kiosk refuses the API key"):
        polling.poll(connection.pk)
    connection.refresh_from_db()
    assert (connection.state, connection.reason_code) == (
        State.NEEDS_ATTENTION,
        "token_refused",
    )
    assert "Kiosk refuses the API key." in kim_client.get("/orders/").content.decode()


def test_messages_that_nobody_signs_are_refused(kiosk, connection, client):
    answer = client.post(
        f"/stores/webhooks/{DOMAIN}/", b"{}", content_type="application/json"
    )
    assert (answer.status_code, answer.content) == (401, b"Invalid signature.")


def test_platform_that_is_not_installed_is_named(db):
    with pytest.raises(ImproperlyConfigured, match="No platform 'kiosk' is installed"):
        platform("kiosk")


def test_hidden_orders_are_the_platforms_rule(connection):
    assert (
        platform_of(connection).hidden_before(connection, connection.connected_at)
        is None
    )
