"""Store connections in the administration: nothing is saved unchecked, and a secret goes in and never comes
out."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.messages import get_messages
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from time_machine import travel

from fakeshop import faults
from integrations.connections.connect import SETTINGS
from integrations.models import (
    FirstImport,
    ImportJob,
    State,
    StoreConnection,
    WebhookDelivery,
)
from integrations.platforms.tokens import UNREADABLE
from integrations.shopify import errors
from integrations.sync.polling import poll
from orders.models import Order, OrderType, Store
from roapp.operations.logs import JsonLines
from tests.support.html import text_of
from tests.support.shop import DOMAIN, connect, sell
from tests.support.users import read_in

pytestmark = pytest.mark.django_db
LIST = "/admin/integrations/storeconnection/"
ADD = f"{LIST}add/"
TOGETHER = "This is needed too: the credentials belong together."
SECRETS = ["demo-token", "other-token", "secret-1", "hook-secret", "wrong-token"]


@pytest.fixture
def admin(django_user_model) -> Client:
    """Someone of the group Admin, who is no superuser; every page they are shown is searched for secrets."""
    user = django_user_model.objects.create_user(
        "ada", is_staff=True, first_name="Ada", last_name="Admin"
    )
    user.groups.add(Group.objects.get(name="Admin"))
    return watched(user)


def watched(user) -> Client:
    """A browser that fails the test when a page or message shows a secret."""

    class Watched(Client):
        def request(self, **values):
            answer = super().request(**values)
            said = " ".join(
                str(message) for message in get_messages(answer.wsgi_request)
            )
            for secret in SECRETS:
                assert secret not in answer.content.decode(), secret
                assert secret not in said, secret
            assert not any(
                secret in entry.change_message
                for entry in LogEntry.objects.all()
                for secret in SECRETS
            )
            return answer

    client = Watched(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def values(**changed: object) -> dict[str, object]:
    """What a filled-in form sends."""
    filled = {
        "name": "Gadget Garage",
        "domain": DOMAIN,
        "enabled": "on",
        "access_token": "demo-token",
        "client_id": "",
        "client_secret": "",
        "order_type": OrderType.objects.get(name="Online order").pk,
        "identify_by": "sku",
        "poll_seconds": "60",
        "first_import": "open",
        "import_since": "",
        "excluded_tags": "",
        "webhook_secret": "",
    }
    return {
        name: value for name, value in (filled | changed).items() if value is not None
    }


def said(answer) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def complaints(answer) -> list[str]:
    """The errors that the form shows."""
    assert answer.status_code == 200
    form = answer.context["adminform"].form
    return [text for texts in form.errors.values() for text in texts]


def saved() -> StoreConnection:
    return StoreConnection.objects.select_related("store").get()


def change(connection) -> str:
    return f"{LIST}{connection.pk}/change/"


def nothing_saved() -> bool:
    return (StoreConnection.objects.count(), Store.objects.count()) == (0, 0)


# Connecting


def test_saving_checks_the_store_and_says_what_it_is(shop, admin):
    sell(shop, 0)
    answer = admin.post(ADD, values(excluded_tags="wholesale, b2b", poll_seconds="120"))
    assert answer.url == LIST
    row = saved()
    assert (row.store.name, row.domain, row.access_token, row.enabled) == (
        "Gadget Garage",
        DOMAIN,
        "demo-token",
        True,
    )
    assert (row.poll_seconds, row.tags_excluded) == (120, {"wholesale", "b2b"})
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
    assert shop.asked()[:2] == ["Shop", "NewestOrder"]
    assert said(answer)[:6] == [
        "Shop: Gadget Garage (gadget-garage.myshopify.com)",
        "Currency: EUR, the same as RO App's",
        "Plan: Grow",
        "Scopes: all granted",
        "Customer data: readable",
        "Readable orders: orders of the last 60 days only, without the scope read_all_orders",
    ]
    assert said(answer)[6].startswith("Newest order: #1001, 20 ")
    assert said(answer)[7].startswith("API version: 2026-10, supported until ")


def test_client_id_and_secret_connect_too(shop, admin):
    shop.client_id, shop.client_secret = "id-1", "secret-1"
    admin.post(ADD, values(access_token="", client_id="id-1", client_secret="secret-1"))
    row = saved()
    assert (row.access_token, row.client_id, row.client_secret) == (
        "",
        "id-1",
        "secret-1",
    )
    assert row.granted_token in shop.tokens


@pytest.mark.parametrize(
    "pasted",
    [
        " Gadget-Garage.myshopify.com ",
        "https://gadget-garage.myshopify.com",
        "https://gadget-garage.myshopify.com/admin/orders?status=open",
        "https://admin.shopify.com/store/gadget-garage/settings/apps",
        "admin.shopify.com/store/gadget-garage",
        "gadget-garage",
        "gadget-garage.myshopify.com:443",
    ],
)
def test_address_is_understood_however_it_is_pasted(shop, admin, pasted):
    answer = admin.post(ADD, values(domain=pasted))
    assert answer.status_code == 302
    assert saved().domain == DOMAIN


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        *[
            (
                {"domain": domain},
                "Enter the store's own address, like my-shop.myshopify.com.",
            )
            for domain in [
                *[
                    "evil.com",
                    "myshopify.com",
                    "a.myshopify.com.evil.com",
                    "evil.com/.myshopify.com",
                    "a@b.myshopify.com",
                    "javascript:alert(1)",
                    "mailto:gadget-garage",
                    "ftp://gadget-garage.myshopify.com",
                ],
                *[
                    "https://evil.com/a.myshopify.com",
                    "https://admin.shopify.com.evil.com/store/a",
                    "-a.myshopify.com",
                    "a_b.myshopify.com",
                    "a.b.myshopify.com",
                ],
                *[
                    "ａ.myshopify.com",
                    "а.myshopify.com",
                    "a.myshopify.com\nX: 1",
                    "a\u2028.myshopify.com",
                    "127.0.0.1",
                ],
            ]
        ],
        ({"domain": ""}, "This field is required."),
        ({"name": ""}, "This field is required."),
        ({"order_type": ""}, "This field is required."),
        (
            {"order_type": "999"},
            "Select a valid choice. That choice is not one of the available choices.",
        ),
        (
            {"access_token": ""},
            "Enter an access token, or a client ID and its secret, not both.",
        ),
        (
            {"client_id": "id-1", "client_secret": "secret-1"},
            "Enter an access token, or a client ID and its secret, not both.",
        ),
        ({"access_token": "", "client_id": "id-1"}, TOGETHER),
        ({"access_token": "", "client_secret": "secret-1"}, TOGETHER),
        (
            {"access_token": "demo token"},
            "This is not a valid token or secret: it contains spaces or unusual characters. Copy it again.",
        ),
        (
            {"access_token": "tökén"},
            "This is not a valid token or secret: it contains spaces or unusual characters. Copy it again.",
        ),
        (
            {"access_token": "a\nHost: evil.com"},
            "This is not a valid token or secret: it contains spaces or unusual characters. Copy it again.",
        ),
        ({"first_import": "all"}, "Enter a start date."),
        (
            {"first_import": "all", "import_since": "2999-01-01"},
            "Enter a date that is not in the future.",
        ),
        ({"first_import": "all", "import_since": "yesterday"}, "Enter a valid date."),
        ({"poll_seconds": "1"}, "Ensure this value is greater than or equal to 10."),
    ],
)
def test_unusable_input_is_refused_before_any_shop_is_asked(
    shop, admin, changed, sentence
):
    answer = admin.post(ADD, values(**changed))
    assert sentence in complaints(answer)
    assert nothing_saved()
    assert shop.requests == []


def kept_of(answer) -> str:
    found = re.search(r'name="kept" value="([^"]*)"', answer.content.decode())
    return found[1] if found else ""


def test_secret_is_not_lost_when_the_form_has_an_error_elsewhere(shop, admin):
    answer = admin.post(ADD, values(poll_seconds="x"))
    assert "entered – leave empty to keep" in answer.content.decode()
    stored = str(dict(admin.session.items()))
    assert "demo-token" not in stored
    handle = kept_of(answer)
    assert handle in stored
    # A stranger's handle is worth nothing, and one is good for one use.
    other = admin.post(ADD, values(access_token="", kept="x" * 22))
    assert nothing_saved()
    assert kept_of(other) == ""
    again = admin.post(ADD, values(access_token="", kept=handle, name=""))
    assert nothing_saved()
    assert kept_of(again) not in {"", handle}
    admin.post(ADD, values(access_token="", kept=kept_of(again)))
    assert saved().access_token == "demo-token"
    assert admin.session["kept-secrets"] == {}


def test_kept_secret_gives_way_to_one_that_is_typed_and_does_not_stay(shop, admin):
    shop.client_id, shop.client_secret = "id-1", "secret-1"
    handle = kept_of(admin.post(ADD, values(access_token="wrong-token", name="")))
    both = {"client_id": "id-1", "client_secret": "secret-1"}
    admin.post(ADD, values(access_token="", kept=handle, **both))
    assert (saved().access_token, saved().client_secret) == ("", "secret-1")
    StoreConnection.objects.all().delete()
    Store.objects.all().delete()
    with travel(datetime(2026, 11, 20, 9, 30, tzinfo=UTC), tick=False):
        handle = kept_of(admin.post(ADD, values(name="")))
    with travel(datetime(2026, 11, 20, 9, 46, tzinfo=UTC), tick=False):
        answer = admin.post(ADD, values(access_token="", kept=handle, name="Other"))
    assert answer.status_code == 200
    assert StoreConnection.objects.count() == 0


def test_spaces_around_an_address_are_forgiven(shop, admin):
    admin.post(ADD, values(domain=f" {DOMAIN}\n"))
    assert saved().domain == DOMAIN


REFUSALS = [
    (lambda shop: shop.tokens.clear(), errors.TOKEN_REFUSED),
    (
        lambda shop: shop.fail_next(faults.status(402, {"errors": "Unavailable Shop"})),
        errors.SHOP_CLOSED,
    ),
    (lambda shop: shop.fail_next(faults.html(404)), errors.SHOP_UNKNOWN),
    (
        lambda shop: shop.fail_next(faults.redirect("https://elsewhere.example.com/")),
        errors.REDIRECTED,
    ),
    (lambda shop: shop.fail_next(faults.status(503), times=4), errors.DOWN),
    (lambda shop: setattr(shop, "approved", False), errors.APP_NOT_APPROVED),
    (
        lambda shop: setattr(shop, "currency", "USD"),
        "The store sells in USD, but RO App works in EUR; a store with another currency cannot be connected.",
    ),
    (
        lambda shop: shop.scopes.discard("read_products"),
        "The app in Shopify lacks the scopes read_products; add them, install the app again and check once "
        "more.",
    ),
]


@pytest.mark.parametrize(("trouble", "sentence"), REFUSALS)
def test_refusal_saves_nothing_keeps_what_was_typed_and_says_what_to_do(
    shop, admin, trouble, sentence
):
    trouble(shop)
    answer = admin.post(ADD, values(excluded_tags="wholesale", identify_by="name"))
    assert complaints(answer) == [f"The store was not saved. {sentence}"]
    assert nothing_saved()
    html = answer.content.decode()
    assert f'value="{DOMAIN}"' in html
    assert 'value="wholesale"' in html
    assert '<option value="name" selected>' in html
    assert (
        re.search(r'<input type="password" name="access_token"[^>]*>', html)[0].count(
            "value="
        )
        == 0
    )
    shop.faults.clear()


@pytest.mark.parametrize(("trouble", "sentence"), REFUSALS)
def test_refusal_leaves_a_connected_store_as_it_was(
    shop, connection, admin, trouble, sentence
):
    before = StoreConnection.objects.values().get()
    trouble(shop)
    answer = admin.post(
        change(connection),
        values(
            name="Other", domain=None, access_token="other-token", poll_seconds="30"
        ),
    )
    assert answer.context["adminform"].form.errors
    assert (StoreConnection.objects.values().get(), Store.objects.get().name) == (
        before,
        "Gadget Garage",
    )
    shop.faults.clear()


def test_wrong_client_secret_is_refused_without_echoing_shopifys_page(shop, admin):
    shop.client_id, shop.client_secret = "id-1", "secret-1"
    answer = admin.post(
        ADD, values(access_token="", client_id="id-1", client_secret="wrong-token")
    )
    assert complaints(answer) == [f"The store was not saved. {errors.TOKEN_REFUSED}"]
    assert "Oauth" not in answer.content.decode()
    assert nothing_saved()


def test_same_store_and_same_name_are_refused(shop, connection, admin):
    answer = admin.post(ADD, values())
    assert complaints(answer) == [
        "Another store has this name.",
        "This store is connected already.",
    ]
    answer = admin.post(ADD, values(name="Other", domain="old-name.myshopify.com"))
    assert complaints(answer) == [
        "The store was not saved. This shop is connected already, as Gadget Garage under "
        "gadget-garage.myshopify.com."
    ]
    assert StoreConnection.objects.count() == 1


def test_since_is_a_day_and_keeps_its_time_until_another_is_named(shop, admin):
    admin.post(ADD, values(first_import="all", import_since="2026-11-02"))
    # midnight in Berlin
    assert saved().import_since == datetime(2026, 11, 1, 23, tzinfo=UTC)
    moment = datetime(2026, 11, 2, 14, 30, tzinfo=UTC)
    StoreConnection.objects.update(import_since=moment)
    page = change(saved())
    assert 'value="2026-11-02"' in admin.get(page).content.decode()
    admin.post(
        page,
        values(
            domain=None, access_token="", first_import="all", import_since="2026-11-02"
        ),
    )
    assert saved().import_since == moment
    admin.post(
        page,
        values(
            domain=None, access_token="", first_import="all", import_since="2026-11-03"
        ),
    )
    assert saved().import_since == datetime(2026, 11, 2, 23, tzinfo=UTC)


# Secrets


def test_empty_keeps_what_is_stored(shop, connection, admin):
    html = admin.get(change(connection)).content.decode()
    assert "stored – leave empty to keep" in html
    admin.post(change(connection), values(domain=None, access_token="", name="Renamed"))
    assert (saved().access_token, saved().store.name) == ("demo-token", "Renamed")


def test_new_credentials_replace_the_other_kind(shop, connection, admin):
    shop.client_id, shop.client_secret = "id-1", "secret-1"
    admin.post(
        change(connection),
        values(
            domain=None, access_token="", client_id="id-1", client_secret="secret-1"
        ),
    )
    assert (saved().access_token, saved().client_id, saved().client_secret) == (
        "",
        "id-1",
        "secret-1",
    )
    granted = saved().granted_token
    assert granted
    html = admin.get(change(connection)).content.decode()
    assert 'value="id-1"' in html
    assert granted not in html
    shop.tokens.add("other-token")
    admin.post(
        change(connection),
        values(domain=None, access_token="other-token", client_id="id-1"),
    )
    assert (saved().access_token, saved().client_id, saved().client_secret) == (
        "other-token",
        "",
        "",
    )


def test_client_id_alone_changes_nothing(shop, connection, admin):
    answer = admin.post(
        change(connection), values(domain=None, access_token="", client_id="id-2")
    )
    assert complaints(answer) == [TOGETHER]
    assert (saved().access_token, saved().client_id) == ("demo-token", "")


def test_domain_of_a_connected_store_cannot_be_changed(shop, connection, admin):
    admin.post(
        change(connection), values(domain="other.myshopify.com", access_token="")
    )
    assert saved().domain == DOMAIN


def test_who_may_only_look_sees_no_secret(shop, connection, django_user_model):
    StoreConnection.objects.update(
        client_id="id-1", client_secret="secret-1", webhook_secret="hook-secret"
    )
    user = django_user_model.objects.create_user("vera", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_storeconnection"))
    html = watched(user).get(change(connection)).content.decode()
    assert DOMAIN in html
    assert "Access token" not in html
    assert "Check connection" not in html


def test_history_names_fields_and_no_values(shop, connection, admin):
    shop.tokens.add("other-token")
    admin.post(change(connection), values(domain=None, access_token="other-token"))
    assert (
        "Access token" in admin.get(f"{LIST}{connection.pk}/history/").content.decode()
    )


def test_error_in_the_middle_of_saving_is_mailed_to_nobody_and_logs_no_secret(
    shop, admin, settings, monkeypatch, caplog
):
    settings.ADMINS = [("Admin", "admin@example.com")]

    def broken(*_args, **_values):
        raise RuntimeError("It broke")

    monkeypatch.setattr("django.contrib.admin.options.ModelAdmin.log_addition", broken)
    admin.raise_request_exception = False
    assert admin.post(ADD, values(client_id="")).status_code == 500
    [record] = [each for each in caplog.records if each.exc_info]
    assert not any(secret in JsonLines().format(record) for secret in SECRETS)
    assert mail.outbox == []


def test_lost_encryption_key_can_be_mended_here(shop, connection, admin, settings):
    from cryptography.fernet import Fernet

    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert admin.get(LIST).status_code == 200
    answer = admin.post(change(connection), values(domain=None, access_token=""))
    assert complaints(answer) == [f"The store was not saved. {UNREADABLE}"]
    admin.post(change(connection), values(domain=None, access_token="", enabled=None))
    assert not saved().enabled
    admin.post(change(connection), values(domain=None, access_token="demo-token"))
    assert (saved().enabled, saved().access_token) == (True, "demo-token")


# Working with a connected store


def test_check_connection_says_everything_and_lets_the_store_go_on(
    shop, connection, admin
):
    sell(shop, 0)
    now = timezone.now()
    StoreConnection.objects.update(
        state=State.NEEDS_ATTENTION,
        reason=errors.TOKEN_REFUSED,
        plan="Basic",
        due_at=now + timedelta(hours=1),
    )
    with travel(now, tick=False):
        answer = admin.post(f"{LIST}{connection.pk}/check/")
    assert answer.url == change(connection)
    assert [text.partition(":")[0] for text in said(answer)] == [
        *[
            "Shop",
            "Currency",
            "Plan",
            "Scopes",
            "Customer data",
            "Readable orders",
            "Newest order",
            "API version",
        ]
    ]
    assert (saved().state, saved().reason, saved().plan) == (State.WORKING, "", "Grow")
    assert saved().due_at == now


@pytest.mark.parametrize(
    ("trouble", "words", "code"),
    [
        (lambda shop: shop.tokens.clear(), errors.TOKEN_REFUSED, "token_refused"),
        (
            lambda shop: setattr(shop, "currency", "USD"),
            "Currency: USD, but RO App works in EUR",
            "currency",
        ),
        (
            lambda shop: shop.scopes.discard("read_customers"),
            "Scopes: missing: read_customers",
            "scope_missing",
        ),
    ],
)
def test_bad_check_says_so_and_the_state_follows(
    shop, connection, admin, trouble, words, code
):
    trouble(shop)
    answer = admin.post(f"{LIST}{connection.pk}/check/")
    assert words in said(answer)
    assert (saved().state, saved().reason_code) == (State.NEEDS_ATTENTION, code)


def test_check_names_hidden_customers_and_a_version_that_is_no_longer_served(
    shop, connection, admin
):
    sell(shop, 0)
    shop.customer_data, shop.version_served = "customer_refused", "2027-01"
    texts = said(admin.post(f"{LIST}{connection.pk}/check/"))
    assert "Customer data: not readable: customers of new orders are Unknown" in texts
    assert (
        "API version: 2026-10 is no longer served, Shopify answers with 2027-01: RO App needs an update"
        in texts
    )


def test_empty_customer_data_is_told_wherever_customers_are_unknown(
    shop, connection, admin
):
    sell(shop, 0)
    shop.customer_data = "nulls"
    admin.post(f"{LIST}{connection.pk}/check/")
    poll(connection.pk, now=shop.clock)
    assert Order.objects.get().customer is None
    assert saved().customer_data_refused_at is None
    html = text_of(admin.get(change(connection)).content.decode())
    assert "Customer data: not readable: customers are Unknown" in html
    cards = admin.get("/stores/cards/").content.decode()
    assert "Shopify gives RO App no customer data of this store" in cards
    shop.customer_data = "open"
    admin.post(f"{LIST}{connection.pk}/check/")
    html = text_of(admin.get(change(connection)).content.decode())
    assert "Customer data: readable" in html
    assert "no customer data" not in admin.get("/stores/cards/").content.decode()


def test_check_with_a_lost_scope_does_not_say_that_there_are_no_orders(
    shop, connection, admin
):
    sell(shop, 0)
    shop.scopes = ("read_products", "read_customers")
    texts = said(admin.post(f"{LIST}{connection.pk}/check/"))
    assert "Newest order: not readable while scopes are missing" in texts
    assert not any("none yet" in text for text in texts)


def test_disconnected_store_has_no_next_poll(shop, connection, admin):
    admin.post(f"{LIST}{connection.pk}/disconnect/")
    assert not saved().store.is_connected
    html = text_of(admin.get(change(connection)).content.decode())
    assert "Next poll: –" in html


def test_customer_without_a_first_name_is_no_sign_of_hidden_data(
    shop, connection, admin
):
    shop.place_order([], shop.add_customer("", "Lovelace"))
    admin.post(f"{LIST}{connection.pk}/check/")
    assert saved().customer_data_readable


@pytest.mark.parametrize("first_import", ["all", "none"])
@pytest.mark.parametrize(
    ("day", "english", "german"),
    [
        (
            "0001-01-01",
            "Enter a date from the year 2000 on.",
            "Geben Sie ein Datum ab dem Jahr 2000 ein.",
        ),
        (
            "1999-12-31",
            "Enter a date from the year 2000 on.",
            "Geben Sie ein Datum ab dem Jahr 2000 ein.",
        ),
        (
            "2999-01-01",
            "Enter a date that is not in the future.",
            "Geben Sie ein Datum ein, das nicht in der Zukunft liegt.",
        ),
    ],
)
def test_day_that_no_shop_can_mean_is_refused_with_one_sentence(
    shop, admin, first_import, day, english, german
):
    typed = values(first_import=first_import, import_since=day)
    assert complaints(admin.post(ADD, typed)) == [english]
    read_in(admin, "de")
    answer = admin.post(ADD, typed)
    assert complaints(answer) == [german]
    assert f'value="{day}"' in answer.content.decode()
    assert nothing_saved()
    assert shop.requests == []


def test_check_is_no_link(shop, connection, admin):
    assert admin.get(f"{LIST}{connection.pk}/check/").status_code == 405


def test_pausing_works_while_the_store_does_not_answer(shop, connection, admin):
    shop.fail_next(faults.status(503), times=8)
    shop.requests.clear()
    answer = admin.post(
        change(connection), values(domain=None, access_token="", enabled=None)
    )
    assert (answer.status_code, saved().enabled, shop.requests) == (302, False, [])
    assert "paused" in admin.get(LIST).content.decode()
    answer = admin.post(change(connection), values(domain=None, access_token=""))
    assert complaints(answer) == [f"The store was not saved. {errors.DOWN}"]
    assert not saved().enabled


def test_store_with_orders_cannot_be_deleted_and_one_without_can(
    shop, connection, admin
):
    delete = f"{LIST}{connection.pk}/delete/"
    sell(shop, 0)
    poll(connection.pk)
    refusal = unescape(admin.post(delete, {"post": "yes"}).content.decode())
    assert "It cannot be deleted while it is in use." in refusal
    assert "1 order</a>" in refusal
    assert "Disconnect it: its orders stay." in refusal
    assert "permission" not in refusal
    assert (StoreConnection.objects.count(), Order.objects.count()) == (1, 1)
    Order.objects.update(store=None)
    # What belongs to the store goes with it; nobody lacks a permission for that.
    WebhookDelivery.objects.create(
        connection=connection, webhook_id="1", topic="t", received_at=timezone.now()
    )
    assert "permission" not in admin.get(delete).content.decode()
    admin.post(delete, {"post": "yes"})
    assert nothing_saved()
    assert Order.objects.count() == 1


def test_health_is_told_in_words(shop, connection, admin):
    StoreConnection.objects.update(
        state=State.NEEDS_ATTENTION,
        reason=errors.SHOP_CLOSED,
        last_poll_at=datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
    )
    text = unescape(
        re.sub(r"<[^>]+>", " ", admin.get(change(connection)).content.decode())
    )
    words = " ".join(text.split())
    assert (
        "State: needs attention Reason: The shop is closed, frozen or unpaid at Shopify."
        in words
    )
    assert "Last poll: 20 Nov 2026, 10:30 Next poll: –" in words
    assert "Shop: Grow · EUR · DE Customer data: readable" in words


def test_list_shows_states_in_a_handful_of_queries(
    shop, connection, admin, django_assert_max_num_queries
):
    for number in range(5):
        store = Store.objects.create(
            name=f"Store {number}", platform="shopify", order_link=""
        )
        StoreConnection.objects.create(
            store=store,
            domain=f"store-{number}.myshopify.com",
            order_type=OrderType.objects.first(),
            state=State.WAITING,
        )
    with django_assert_max_num_queries(12):
        html = admin.get(LIST).content.decode()
    assert html.count('<span class="pill amber">waiting</span>') == 5
    assert html.count('<span class="pill green">working</span>') == 1


# Who may


def test_manager_may_only_look_and_sees_no_credentials(
    shop, connection, django_user_model
):
    before = StoreConnection.objects.values().get()
    user = django_user_model.objects.create_user("mia", is_staff=True)
    user.groups.add(Group.objects.get(name="Manager"))
    client = watched(user)
    assert [client.get(url).status_code for url in [LIST, change(connection), ADD]] == [
        200,
        200,
        403,
    ]
    html = client.get(change(connection)).content.decode()
    assert not any(
        name in html
        for name in [
            "access_token",
            "client_id",
            "client_secret",
            "webhook_secret",
            "demo-token",
        ]
    )
    for answer in [
        *[
            client.post(ADD, values(name="Other")),
            client.post(change(connection), values(domain=None)),
        ],
        *[
            client.post(f"{LIST}{connection.pk}/check/"),
            client.post(f"{LIST}{connection.pk}/delete/", {"post": "yes"}),
        ],
    ]:
        assert answer.status_code == 403
    assert StoreConnection.objects.values().get() == before


def test_specialist_and_outsider_may_not(shop, connection, django_user_model):
    before = StoreConnection.objects.values().get()
    for group in ["Specialist", None]:
        for is_staff in [False, True]:
            user = django_user_model.objects.create_user(
                f"{group}-{is_staff}", is_staff=is_staff
            )
            user.groups.set(Group.objects.filter(name=group))
            client = watched(user)
            for answer in [
                *[client.get(LIST), client.get(ADD), client.get(change(connection))],
                *[
                    client.post(ADD, values(name="Other")),
                    client.post(change(connection), values(domain=None)),
                ],
                client.post(f"{LIST}{connection.pk}/check/"),
                client.post(f"{LIST}{connection.pk}/delete/", {"post": "yes"}),
            ]:
                assert answer.status_code == (403 if is_staff else 302)
                if not is_staff:
                    assert answer.url.startswith(reverse("admin:login"))
    assert StoreConnection.objects.values().get() == before


def test_full_access_may(shop, django_user_model):
    user = django_user_model.objects.create_user("fay", is_staff=True)
    user.groups.add(Group.objects.get(name="Full access"))
    assert watched(user).post(ADD, values()).status_code == 302
    assert saved().store.name == "Gadget Garage"


def test_connecting_by_command_and_here_is_the_same(shop, admin):
    def kept() -> dict[str, object]:
        row = saved()
        assert row.import_since == row.connected_at
        return {
            name: getattr(row, name)
            for name in [*SETTINGS, "currency", "plan", "state"]
            if name != "import_since"
        }

    admin.post(ADD, values(first_import="none"))
    here = kept()
    StoreConnection.objects.all().delete()
    Store.objects.all().delete()
    connect(since=None, no_first_import=True)
    assert kept() == here


# The history


def history() -> list[str]:
    return [each.get_change_message() for each in LogEntry.objects.order_by("pk")]


def test_history_says_what_was_changed_in_the_installations_language(
    shop, admin, settings
):
    settings.LANGUAGE_CODE = "de"
    row = connect()
    admin.post(change(row), values(enabled=None, access_token=""))
    changed = values(access_token="", excluded_tags="b2b", poll_seconds="120")
    admin.post(change(row), changed)
    told = [
        json.loads(each.change_message)[0]["changed"]["fields"]
        for each in LogEntry.objects.order_by("pk")
    ]
    assert "Aktiv: ja → nein" in told[0]
    assert {
        "Aktiv: nein → ja",
        "Ausgeschlossene Tags: – → b2b",
        "Abfrageintervall in Sekunden: 60 → 120",
    } <= {*told[1]}
    assert "demo-token" not in str(told)


def test_history_names_a_secret_and_does_not_tell_it(shop, admin, settings):
    settings.LANGUAGE_CODE = "en"
    row = connect()
    admin.post(change(row), values(excluded_tags="b2b"))
    [entry] = LogEntry.objects.all()
    told = json.loads(entry.change_message)[0]["changed"]["fields"]
    assert "Access token" in told
    assert "Excluded tags: – → b2b" in told


def test_history_tells_of_imports_and_of_disconnecting(shop, admin, settings):
    settings.LANGUAGE_CODE = "de"
    sell(shop, 0)
    admin.post(ADD, values())
    row = saved()
    LogEntry.objects.all().delete()
    admin.post(f"{LIST}{row.pk}/begin/")
    job = ImportJob.objects.get()
    admin.post(f"/stores/runs/{job.pk}/", {"act": "cancel"})
    admin.post(f"/stores/runs/{job.pk}/", {"act": "cancel"})
    admin.post(f"{LIST}{row.pk}/disconnect/")
    assert history() == [
        "Der Erstimport hat begonnen.",
        "Der Import ist abgebrochen. Importierte Aufträge bleiben.",
        "Das Geschäft wurde getrennt.",
    ]
