"""Commands for operators: what they print, what they save, and that neither ever says a secret."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from fakeshop import faults
from fakeshop.shop import FakeShop
from integrations.models import FirstImport, State, StoreConnection
from integrations.shopify import errors
from orders.models import Order, OrderType, Store
from tests.support.concurrency import in_another_process
from tests.support.shop import DOMAIN, sell

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = [
    "--name",
    "Gadget Garage",
    "--order-type",
    "Online order",
    "--identify-by",
    "sku",
]
SECRETS = ["demo-token", "secret-1", "a-wrong-token", "shpat_ümlaut"]


@pytest.fixture(autouse=True)
def no_credentials_around(monkeypatch):
    for name in ["SHOPIFY_TOKEN", "SHOPIFY_CLIENT_ID", "SHOPIFY_CLIENT_SECRET"]:
        monkeypatch.delenv(name, raising=False)


def run(*args: str) -> str:
    """What the command printed. Neither its output nor its refusal ever holds a secret."""
    out, err = StringIO(), StringIO()
    try:
        call_command(*args, stdout=out, stderr=err, no_color=True)
    finally:
        assert not any(secret in out.getvalue() + err.getvalue() for secret in SECRETS)
    return out.getvalue()


def connect(*args: str) -> str:
    return run("connect_store", DOMAIN, *SETTINGS, *args)


def refused(*args: str) -> str:
    """Why it was refused; nothing was saved."""
    before = list(StoreConnection.objects.values()), list(Store.objects.values())
    with pytest.raises(CommandError) as caught:
        run(*args)
    assert (
        list(StoreConnection.objects.values()),
        list(Store.objects.values()),
    ) == before
    assert not any(secret in str(caught.value) for secret in SECRETS)
    assert caught.value.returncode == 1
    return str(caught.value)


def saved() -> StoreConnection:
    return StoreConnection.objects.select_related("store", "order_type").get()


def test_connecting_says_what_the_shop_is_and_saves_it(shop, db):
    sell(shop, 0)
    said = connect("--token", "demo-token").splitlines()
    assert said[:3] == [
        "Shop: Gadget Garage (gadget-garage.myshopify.com)",
        "Currency: EUR, the same as RO App's",
        "Plan: Grow",
    ]
    assert said[3:6] == [
        "Scopes: all granted",
        "Customer data: readable",
        "Readable orders: orders of the last 60 days only, without the scope read_all_orders",
    ]
    assert said[6].startswith("Newest order: #1001, ")
    assert said[7] == "API version: 2026-10, supported until 1 Oct 2027"
    assert said[8] == "Orders that come in: 1."
    assert said[9].startswith(
        "Initial import: 1 order to look through, last changed between "
    )
    assert said[10:] == ["gadget-garage.myshopify.com is connected as Gadget Garage."]
    row = saved()
    assert (row.store.name, row.store.platform, row.domain) == (
        "Gadget Garage",
        "shopify",
        DOMAIN,
    )
    assert (row.access_token, row.client_id, row.client_secret) == (
        "demo-token",
        "",
        "",
    )
    assert (row.order_type.name, row.identify_by, row.enabled) == (
        "Online order",
        "sku",
        True,
    )
    assert (row.currency, row.country, row.plan, row.state) == (
        "EUR",
        "DE",
        "Grow",
        State.WORKING,
    )
    assert (row.first_import, row.import_since) == (
        FirstImport.OPEN,
        row.connected_at - timedelta(days=60),
    )


def test_client_id_and_secret_come_from_the_command_line_or_the_environment(
    shop, db, monkeypatch
):
    shop.client_id, shop.client_secret = "id-1", "secret-1"
    connect("--client-id", "id-1", "--client-secret", "secret-1")
    assert (saved().client_id, saved().client_secret, saved().access_token) == (
        "id-1",
        "secret-1",
        "",
    )
    StoreConnection.objects.all().delete()
    Store.objects.all().delete()
    monkeypatch.setenv("SHOPIFY_CLIENT_SECRET", "secret-1")
    connect("--client-id", "id-1")
    assert (saved().client_id, saved().client_secret) == ("id-1", "secret-1")


def test_token_comes_from_the_environment_and_what_is_typed_outweighs_it(
    shop, db, monkeypatch
):
    shop.client_id, shop.client_secret = "id-1", "secret-1"
    monkeypatch.setenv("SHOPIFY_TOKEN", "demo-token")
    connect()
    assert saved().access_token == "demo-token"
    connect("--client-id", "id-1", "--client-secret", "secret-1")
    assert (saved().access_token, saved().client_secret) == ("", "secret-1")
    monkeypatch.delenv("SHOPIFY_TOKEN")
    monkeypatch.setenv("SHOPIFY_CLIENT_ID", "id-1")
    monkeypatch.setenv("SHOPIFY_CLIENT_SECRET", "secret-1")
    connect("--token", "demo-token")
    assert (saved().access_token, saved().client_id, saved().client_secret) == (
        "demo-token",
        "",
        "",
    )


def test_secrets_are_encrypted_in_the_database(shop, db):
    from django.db import connection as database

    connect("--token", "demo-token")
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT access_token, client_secret FROM integrations_storeconnection"
        )
        [(token, secret)] = cursor.fetchall()
    assert (token.startswith("gAAAA"), "demo-token" in token, secret) == (
        True,
        False,
        "",
    )


def test_commands_understand_an_address_however_it_is_pasted(shop, db):
    connect("--token", "demo-token")
    pasted = f"https://{DOMAIN}/admin/orders"
    run("sync_store", pasted)
    run("connect_store", "admin.shopify.com/store/gadget-garage", *SETTINGS)
    assert StoreConnection.objects.get().domain == DOMAIN


def test_connecting_again_updates_and_keeps_what_is_not_named(shop, db):
    connect("--token", "demo-token", "--since", "2026-11-02")
    StoreConnection.objects.update(
        enabled=False, synced_until=datetime(2026, 11, 20, tzinfo=UTC)
    )
    said = run(
        "connect_store",
        DOMAIN,
        "--name",
        "Garage",
        "--order-type",
        "Sale",
        "--identify-by",
        "product_id",
    )
    assert said.splitlines()[-1] == "gadget-garage.myshopify.com is updated as Garage."
    row = saved()
    assert (row.store.name, row.order_type.name, row.identify_by, row.access_token) == (
        "Garage",
        "Sale",
        "product_id",
        "demo-token",
    )
    assert (row.enabled, row.first_import, row.synced_until) == (
        False,
        FirstImport.ALL,
        datetime(2026, 11, 20, tzinfo=UTC),
    )
    assert (Store.objects.count(), StoreConnection.objects.count()) == (1, 1)


def test_webhooks_are_turned_on_and_off_and_need_an_address_and_a_secret(
    shop, db, settings
):
    with pytest.raises(CommandError, match="PUBLIC_URL is not set"):
        connect("--token", "demo-token", "--webhooks")
    settings.PUBLIC_URL = "https://ro.example.com"
    with pytest.raises(CommandError, match="has no secret to check signatures with"):
        connect("--token", "demo-token", "--webhooks")
    assert StoreConnection.objects.count() == 0
    connect("--token", "demo-token", "--webhooks", "--webhook-secret", "shpss-1")
    stored = StoreConnection.objects.get()
    assert (
        stored.use_webhooks,
        stored.webhook_secret,
        stored.webhooks_due_at is not None,
    ) == (
        True,
        "shpss-1",
        True,
    )
    connect("--token", "demo-token")
    assert StoreConnection.objects.get().use_webhooks is True
    connect("--token", "demo-token", "--no-webhooks")
    assert StoreConnection.objects.get().use_webhooks is False


def test_without_a_first_import_only_orders_created_from_now_on_come_in(shop, db):
    connect("--token", "demo-token", "--no-first-import")
    row = saved()
    assert (row.first_import, row.import_since) == (FirstImport.NONE, row.connected_at)
    sell(shop, 0)  # The shop's clock stands some days before today.
    shop.clock.now = datetime.now(UTC) + timedelta(minutes=1)
    shop.change(next(iter(shop.orders.values())))
    sell(shop, 1)
    assert (
        run("sync_store", DOMAIN)
        == "imported 1, updated 0, unchanged 0, held 0, skipped 1, failed 0\n"
    )
    connect("--no-first-import")
    assert saved().import_since == row.import_since


def test_since_moves_the_date_and_brings_in_what_an_earlier_walk_has_passed_by(
    shop, db
):
    sell(shop, 0)
    shop.clock.forward(days=1)
    sell(shop, 1)
    connect("--token", "demo-token", "--no-first-import", "--since", "2026-11-21")
    assert (
        run("sync_store", DOMAIN)
        == "imported 1, updated 0, unchanged 0, held 0, skipped 0, failed 0\n"
    )
    connect("--since", "2026-11-20")
    # midnight in Berlin
    assert saved().import_since == datetime(2026, 11, 19, 23, tzinfo=UTC)
    assert (
        run("sync_store", DOMAIN)
        == "imported 1, updated 0, unchanged 1, held 0, skipped 0, failed 0\n"
    )


def test_unknown_order_type_lists_those_there_are(shop, db):
    said = refused(
        "connect_store",
        DOMAIN,
        "--name",
        "X",
        "--order-type",
        "Nope",
        "--token",
        "demo-token",
    )
    assert (
        said
        == "There is no order type called Nope. Order types are: Online order, Repair, Sale."
    )
    OrderType.objects.all().delete()
    said = refused(
        "connect_store",
        DOMAIN,
        "--name",
        "X",
        "--order-type",
        "Nope",
        "--token",
        "demo-token",
    )
    assert said == "There is no order type called Nope. Order types are: none."
    assert shop.requests == []


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ([], "Give --token or --client-id and --client-secret."),
        (["--client-id", "id-1"], "Give --token or --client-id and --client-secret."),
        (
            ["--client-secret", "secret-1"],
            "Give --token or --client-id and --client-secret.",
        ),
        (
            [
                "--token",
                "demo-token",
                "--client-id",
                "i",
                "--client-secret",
                "secret-1",
            ],
            "Give --token or --client-id and --client-secret.",
        ),
        (
            ["--token", "shpat_ümlaut"],
            "This is not a valid token or secret: it contains spaces or unusual characters. Copy it again.",
        ),
        (
            ["--token", "demo-token\nX-Other: 1"],
            "This is not a valid token or secret: it contains spaces or unusual characters. Copy it again.",
        ),
        (
            ["--token", "demo-token", "--since", "2999-01-01"],
            "--since lies in the future.",
        ),
        (
            ["--token", "demo-token", "--since", "0001-01-01"],
            "--since lies before the year 2000.",
        ),
        (
            ["--token", "demo-token", "--since", "yesterday"],
            "yesterday is no day; write it like 2026-01-31.",
        ),
        (
            ["--token", "demo-token", "--name", " "],
            "Give the store a name of 1 to 120 characters with --name.",
        ),
        (
            ["--token", "demo-token", "--name", "x" * 121],
            "Give the store a name of 1 to 120 characters with --name.",
        ),
        (
            ["--token", "demo-token", "--identify-by", "colour"],
            "invalid choice: 'colour'",
        ),
    ],
)
def test_unusable_options_are_refused_before_the_shop_is_asked(
    shop, db, args, sentence
):
    assert sentence in refused("connect_store", DOMAIN, *SETTINGS, *args)
    assert shop.requests == []


def test_name_of_another_store_is_refused(shop, db):
    Store.objects.create(name="Gadget Garage", platform="shopify", order_link="")
    said = refused("connect_store", DOMAIN, *SETTINGS, "--token", "demo-token")
    assert (
        said == "Another store is already called Gadget Garage; choose another --name."
    )


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (faults.status(401, faults.UNRECOGNISED), errors.TOKEN_REFUSED),
        (faults.status(402, {"errors": "Unavailable Shop"}), errors.SHOP_CLOSED),
        (faults.html(404), errors.SHOP_UNKNOWN),
        (faults.status(423), errors.SHOP_LOCKED),
        (faults.status(430), errors.SUSPICIOUS),
        (faults.status(503), errors.DOWN),
    ],
)
def test_refusal_of_the_shop_is_said_and_changes_nothing(shop, db, fault, sentence):
    shop.fail_next(fault, times=4)
    said = refused("connect_store", DOMAIN, *SETTINGS, "--token", "demo-token")
    assert said == f"gadget-garage.myshopify.com was not connected. {sentence}"
    shop.faults.clear()
    connect("--token", "demo-token")
    shop.fail_next(fault, times=4)
    assert sentence in refused(
        "connect_store",
        DOMAIN,
        "--name",
        "New",
        "--order-type",
        "Sale",
        "--token",
        "a-wrong-token",
    )


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        (["read_orders"], "lacks the scopes read_orders;"),
        (["read_customers"], "lacks the scopes read_customers;"),
        (
            ["read_products", "read_customers"],
            "lacks the scopes read_products, read_customers;",
        ),
    ],
)
def test_missing_scopes_are_all_named(shop, db, missing, sentence):
    shop.scopes -= set(missing)
    assert sentence in refused(
        "connect_store", DOMAIN, *SETTINGS, "--token", "demo-token"
    )


def test_write_scope_implies_reading(shop, db):
    shop.scopes = {
        "write_orders",
        "write_products",
        "write_customers",
        "read_all_orders",
    }
    assert "Scopes: all granted\n" in connect("--token", "demo-token")
    assert saved().reads_all_orders


def test_basic_plan_and_fallen_version_are_marked(shop, db):
    shop.plan, shop.customer_data, shop.version_served = "Basic", "nulls", "2027-01"
    sell(shop, 0)
    said = connect("--token", "demo-token")
    assert (
        "Customer data: not readable: customers of new orders are Unknown (!)\n" in said
    )
    assert (
        "API version: 2026-10 is no longer served, Shopify answers with 2027-01: RO App needs an update (!)\n"
        in said
    )
    assert saved().served_api_version == "2027-01"


def test_sync_prints_how_many_orders_ended_how(shop, db):
    for number in range(3):
        sell(shop, number)
    sell(shop, 0, currency="USD")
    sell(shop, 0, test=True)
    bad = sell(shop, 0)
    bad.lines[0].price = bad.lines[0].price.__class__("1e20")
    connect("--token", "demo-token", "--since", "2026-11-01")
    assert (
        run("sync_store", DOMAIN)
        == "imported 3, updated 0, unchanged 0, held 1, skipped 1, failed 1\n"
    )
    shop.clock.forward(minutes=1)
    shop.set_quantity(next(iter(shop.orders.values())), 0, 5)
    assert run("sync_store", DOMAIN.upper()).startswith(
        "imported 0, updated 1, unchanged 2, "
    )
    assert Order.objects.count() == 3


def test_sync_goes_on_to_the_end_of_a_long_walk(shop, db, monkeypatch):
    for _ in range(9):
        shop.clock.forward(seconds=1)
        sell(shop, 0)
    connect("--token", "demo-token", "--since", "2026-11-01")
    StoreConnection.objects.update(page_size=2)
    monkeypatch.setattr("integrations.sync.polling.POLL_SECONDS", -1.0)
    assert (
        run("sync_store", DOMAIN)
        == "imported 9, updated 0, unchanged 0, held 0, skipped 0, failed 0\n"
    )


def test_sync_refuses_with_a_sentence(shop, db):
    assert (
        refused("sync_store", DOMAIN)
        == f"No store {DOMAIN} is connected. Connected stores are: none."
    )
    connect("--token", "demo-token")
    assert refused("sync_store", "other.myshopify.com").endswith(
        f"Connected stores are: {DOMAIN}."
    )
    StoreConnection.objects.update(enabled=False)
    assert (
        refused("sync_store", DOMAIN)
        == f"{DOMAIN} is paused; enable it in the administration first."
    )
    StoreConnection.objects.update(
        enabled=True, leased_until=timezone.now() + timedelta(minutes=4)
    )
    assert refused("sync_store", DOMAIN).endswith(
        "is being synchronised by another worker at this moment; try again."
    )
    StoreConnection.objects.update(leased_until=None)
    shop.revoke_tokens()
    with pytest.raises(CommandError, match="could not be read") as caught:
        run("sync_store", DOMAIN)
    assert str(caught.value) == f"{DOMAIN} could not be read. {errors.TOKEN_REFUSED}"
    assert Order.objects.count() == 0


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_exit_codes(shop: FakeShop):
    def manage(*args: str) -> tuple[int, str, str]:
        environment = in_another_process() | {
            "SHOPIFY_TOKEN": "demo-token",
            "LOG_LEVEL": "DEBUG",
        }
        done = subprocess.run(
            [sys.executable, "manage.py", *args],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "demo-token" not in done.stdout + done.stderr
        return done.returncode, done.stdout, done.stderr

    assert manage("sync_store", DOMAIN)[0] == 1
    sell(shop, 0)
    code, out, err = manage("connect_store", DOMAIN, *SETTINGS, "--since", "2026-11-01")
    assert (code, out.splitlines()[-1:]) == (
        0,
        [f"{DOMAIN} is connected as Gadget Garage."],
    ), err
    code, out, _err = manage("sync_store", DOMAIN)
    assert (code, out) == (
        0,
        "imported 1, updated 0, unchanged 0, held 0, skipped 0, failed 0\n",
    )
    shop.revoke_tokens()
    code, out, err = manage("connect_store", DOMAIN, *SETTINGS)
    assert (code, out) == (1, "")
    assert f"CommandError: {DOMAIN} was not connected. {errors.TOKEN_REFUSED}" in err
    code, _out, err = manage("sync_store", DOMAIN)
    assert code == 1
    assert f"CommandError: {DOMAIN} could not be read. {errors.TOKEN_REFUSED}" in err
