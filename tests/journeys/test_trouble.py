"""What may go wrong at a store, and what then holds: nothing lost, nothing doubled, and a sentence that says
what to do."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from fakeshop import faults
from fakeshop.cost import Bucket
from fakeshop.faults import UNRECOGNISED
from integrations import tasks
from integrations.models import State, StoreConnection, UnimportedOrder
from integrations.platforms.errors import StoreRefused, StoreUnavailable
from integrations.platforms.registry import gateway_for
from integrations.shopify import errors, transport
from integrations.sync import polling
from integrations.sync.polling import first_due
from orders.models import Order, Store
from tests.support.shop import DOMAIN, connect, counts_of_poll, sell

REFUSED, UNAVAILABLE = StoreRefused, StoreUnavailable
CATALOGUE = [
    # what comes back, the error, its code
    (faults.status(401, UNRECOGNISED), REFUSED, "token_refused"),
    (
        faults.raw(b'{"errors":"[API] Invalid API key or access token"}'),
        REFUSED,
        "token_refused",
    ),
    (faults.status(402, {"errors": "Unavailable Shop"}), REFUSED, "shop_closed"),
    (faults.errors("SHOP_INACTIVE"), REFUSED, "shop_closed"),
    (faults.status(403), REFUSED, "forbidden"),
    (faults.html(404), REFUSED, "shop_unknown"),
    (faults.status(423), REFUSED, "shop_locked"),
    (faults.redirect("https://elsewhere.example.com/"), REFUSED, "redirected"),
    (
        faults.errors("undefinedField", "Field 'x' doesn't exist on type 'Order'"),
        REFUSED,
        "bad_query",
    ),
    (
        faults.errors(
            "ACCESS_DENIED",
            "Access denied for orders field. Required access: `read_orders` access scope.",
        ),
        REFUSED,
        "scope_missing",
    ),
    (
        faults.errors(
            "ACCESS_DENIED",
            "This app is not approved to access the Order object. See …",
        ),
        REFUSED,
        "app_not_approved",
    ),
    (faults.status(429, Retry_After="2"), UNAVAILABLE, "throttled"),
    (faults.status(430), UNAVAILABLE, "security_rejection"),
    (faults.errors("THROTTLED", "Throttled"), UNAVAILABLE, "throttled"),
    (faults.errors("INTERNAL_SERVER_ERROR"), UNAVAILABLE, "server_error"),
    (faults.raw(b'{"errors": [{"message": "Throttled"}]}'), UNAVAILABLE, "throttled"),
    (
        faults.raw(
            b'{"errors": [{"message": "Internal error. Looks like", "extensions": null}]}'
        ),
        UNAVAILABLE,
        "server_error",
    ),
    (faults.raw(b'{"errors": [{"message": "Something else"}]}'), REFUSED, "bad_query"),
    (faults.status(500), UNAVAILABLE, "server_error"),
    (faults.html(502), UNAVAILABLE, "server_error"),
    (faults.status(503), UNAVAILABLE, "server_error"),
    (faults.html(200), UNAVAILABLE, "bad_answer"),
    (faults.raw(b""), UNAVAILABLE, "bad_answer"),
    (faults.raw(b'{"data": null}'), UNAVAILABLE, "bad_answer"),
    (faults.raw(b'{"data": {"orders": NaN}}'), UNAVAILABLE, "bad_answer"),
    (faults.raw(b'{"data": ' + b"[" * 200_000), UNAVAILABLE, "bad_answer"),
    (faults.cut_off, UNAVAILABLE, "no_answer"),
    (faults.reset, UNAVAILABLE, "no_answer"),
]


@pytest.mark.parametrize(("fault", "kind", "code"), CATALOGUE)
def test_every_failure_is_classified_and_loses_nothing(
    shop, connection, fault, kind, code
):
    sell(shop, 0)
    # A question that fails by itself is asked four times, and then in another way.
    shop.fail_next(fault, times=8)
    with pytest.raises(kind) as caught:
        polling.poll(connection.pk)
    assert (
        caught.value.code,
        Order.objects.count(),
        UnimportedOrder.objects.count(),
    ) == (code, 0, 0)
    connection.refresh_from_db()
    state = State.NEEDS_ATTENTION if kind is REFUSED else State.WAITING
    assert (connection.state, connection.reason_code, connection.reason) == (
        state,
        code,
        str(caught.value),
    )
    assert (connection.lease, connection.synced_until) == (None, None)
    assert "demo-token" not in connection.reason
    shop.faults.clear()
    assert counts_of_poll(connection) == {"imported": 1}


@pytest.mark.parametrize(
    "fault",
    [
        faults.status(500),
        faults.errors("THROTTLED"),
        faults.cut_off,
        faults.html(200),
        faults.reset,
    ],
)
def test_passing_failure_is_tried_again_within_the_poll(shop, connection, fault):
    sell(shop, 0)
    shop.fail_next(fault, times=2)
    assert counts_of_poll(connection) == {"imported": 1}
    connection.refresh_from_db()
    assert connection.state == State.WORKING


@pytest.mark.parametrize(
    "fault",
    [faults.oversized(40), faults.oversized(60, compressed=True), faults.drip(3)],
)
def test_oversized_and_slow_answers_do_no_harm(shop, connection, fault, monkeypatch):
    monkeypatch.setattr(
        transport.Transport.__init__, "__kwdefaults__", {"deadline": 1.0}
    )
    monkeypatch.setattr("integrations.shopify.client.TRIES", 1)
    sell(shop, 0)
    shop.fail_next(fault)
    with pytest.raises(StoreUnavailable) as caught:
        polling.poll(connection.pk)
    assert caught.value.code == "bad_answer"
    assert counts_of_poll(connection) == {"imported": 1}


def test_redirect_does_not_carry_the_token_elsewhere(shop, connection):
    from fakeshop.server import serving
    from fakeshop.shop import FakeShop

    thief = FakeShop()
    with serving(thief) as url:
        shop.fail_next(faults.redirect(f"{url}/admin/api/2026-10/graphql.json"))
        with pytest.raises(StoreRefused):
            polling.poll(connection.pk)
    assert thief.requests == []


def test_admins_are_told_once_and_polling_stops_until_the_check_is_good(
    shop, connection, settings
):
    settings.ADMINS = [("Admin", "admin@example.com")]
    shop.revoke_tokens()
    for _ in range(2):
        with pytest.raises(StoreRefused):
            polling.poll(connection.pk)
        tasks.send_mails()
    assert [message.subject for message in mail.outbox] == [
        "[RO App] Store Gadget Garage needs attention"
    ]
    assert "demo-token" not in mail.outbox[0].body
    connection.refresh_from_db()
    assert first_due(connection.due_at + timedelta(hours=1)) == []
    shop.tokens.add("demo-token")
    connect()
    connection.refresh_from_db()
    assert (connection.state, connection.reason) == (State.WORKING, "")
    assert first_due(connection.due_at) == [connection.pk]


def test_busy_store_is_left_in_peace_for_longer_each_time(shop, connection):
    shop.fail_next(faults.status(503), times=100)
    waits = []
    for _ in range(5):
        with pytest.raises(StoreUnavailable):
            polling.poll(connection.pk, now=shop.clock)
        connection.refresh_from_db()
        waits.append((connection.due_at - shop.clock.now).total_seconds())
    assert waits == [60, 120, 240, 480, 600]


def test_token_revoked_in_the_middle_of_a_poll(shop, connection):
    orders = [sell(shop, 0) for _ in range(9) if shop.clock.forward(seconds=1)]
    StoreConnection.objects.update(page_size=3)

    def revoke(request):
        if request.variables.get("after"):
            shop.revoke_tokens()

    shop.before_answer = revoke
    with pytest.raises(StoreRefused):
        polling.poll(connection.pk)
    assert Order.objects.count() == 3
    connection.refresh_from_db()
    assert (connection.state, connection.synced_until) == (State.NEEDS_ATTENTION, None)
    assert connection.cursor
    shop.before_answer = None
    shop.tokens.add("demo-token")
    shop.requests.clear()
    assert counts_of_poll(connection) == {"imported": 6}
    assert shop.requests[0].variables["after"]
    assert {order.external_id for order in Order.objects.all()} == {
        str(order.id) for order in orders
    }


def test_granted_token_is_fetched_kept_and_renewed_once_when_it_is_refused(shop, db):
    shop.client_id, shop.client_secret = "id-1", "secret-1"
    connection = connect(token=None, client_id="id-1", client_secret="secret-1")
    sell(shop, 0)
    shop.requests.clear()
    assert counts_of_poll(connection) == {"imported": 1}
    assert "access_token" not in shop.asked()
    shop.revoke_tokens()
    shop.requests.clear()
    assert counts_of_poll(connection) == {"unchanged": 1}
    assert shop.asked() == ["ChangedOrders", "access_token", "ChangedOrders"]


@pytest.mark.parametrize(
    ("credentials", "sentence"),
    [
        ({"token": "wrong"}, errors.TOKEN_REFUSED),
        (
            {"token": None, "client_id": "id-1", "client_secret": "wrong"},
            errors.TOKEN_REFUSED,
        ),
        (
            {"token": None, "client_id": "other", "client_secret": "secret-1"},
            errors.TOKEN_REFUSED,
        ),
    ],
)
def test_wrong_credentials_are_refused_and_nothing_is_saved(
    shop, db, credentials, sentence
):
    shop.client_id, shop.client_secret = "id-1", "secret-1"
    with pytest.raises(CommandError, match="was not connected") as caught:
        connect(**credentials)
    assert sentence in str(caught.value)
    assert (StoreConnection.objects.count(), Store.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("app_not_installed", errors.APP_NOT_INSTALLED),
        ("shop_not_permitted", errors.OTHER_ORGANISATION),
    ],
)
def test_oauth_pages_become_sentences(shop, db, word, sentence):
    shop.fail_next(
        faults.html(
            400, f"<title>400 - Oauth error {word}</title><script>alert(1)</script>"
        )
    )
    with pytest.raises(CommandError) as caught:
        connect(token=None, client_id="id-1", client_secret="s")
    assert sentence in str(caught.value)
    assert "<" not in str(caught.value)


def test_store_in_another_currency_is_refused_at_connecting(shop, db):
    shop.currency = "USD"
    with pytest.raises(
        CommandError, match="The store sells in USD, but RO App works in EUR"
    ):
        connect()
    assert (StoreConnection.objects.count(), Store.objects.count()) == (0, 0)


def test_missing_scope_is_named_at_connecting(shop, db):
    shop.scopes.discard("read_customers")
    with pytest.raises(CommandError, match="lacks the scopes read_customers"):
        connect()
    assert StoreConnection.objects.count() == 0


@pytest.mark.parametrize(
    "domain",
    [
        *[
            "shop.example.com",
            "myshopify.com",
            "a.myshopify.com.evil.com",
            "evil.com/.myshopify.com",
            "a@b.myshopify.com",
            "x.myshopify.com:80",
        ],
        *[
            "-a.myshopify.com",
            "ａ.myshopify.com",
            "a.myshopify.com\n",
            "a.b.myshopify.com",
            "127.0.0.1",
            "",
        ],
    ],
)
def test_only_shopifys_own_addresses_get_a_token(shop, db, domain):
    with pytest.raises(StoreRefused):
        transport.Transport(domain)
    # What is typed is trimmed, a port left out, and -a is an option.
    is_understood = domain.strip() in {"a.myshopify.com", "x.myshopify.com:80"}
    if not is_understood and not domain.startswith("-"):
        with pytest.raises(CommandError, match="store's own address"):
            call_command(
                "connect_store",
                domain,
                name="X",
                token="demo-token",
                order_type="Online order",
            )
    assert shop.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1:80",
        "https://example.com",
        "http://127.0.0.1@example.com",
        "ftp://127.0.0.1",
        "http://[::2]",
    ],
)
def test_shopify_url_leads_nowhere_but_to_this_machine(url):
    with pytest.raises(StoreRefused):
        transport.Transport(DOMAIN, url)


def test_page_that_is_too_expensive_is_halved_and_the_size_remembered(shop, connection):
    for _ in range(5):
        sell(shop, 0)
    shop.max_cost = 250
    assert counts_of_poll(connection) == {"imported": 5}
    connection.refresh_from_db()
    assert connection.page_size == 250 // 8
    shop.requests.clear()
    counts_of_poll(connection)
    assert shop.asked() == ["ChangedOrders"]


def test_waits_for_points_are_reckoned_from_the_answers(shop, connection, monkeypatch):
    pauses, seconds = [], [0.0]

    def sleep(pause):
        pauses.append(round(pause, 2))
        seconds[0] += pause

    for _ in range(6):
        sell(shop, 0)
    shop.bucket = Bucket(maximum=84, restore_rate=100, clock=lambda: seconds[0])
    StoreConnection.objects.update(page_size=2)
    shop.requests.clear()
    gateway = gateway_for(StoreConnection.objects.select_related("store").get())
    monkeypatch.setattr(gateway.client, "sleep", sleep)
    monkeypatch.setattr(gateway.client, "clock", lambda: seconds[0])
    assert len(list(gateway.changed_orders(shop.clock.now))) == 3
    assert [request.cost for request in shop.requests] == [38, 38, 38]
    # 8 of 84 points were left, and the other 30 came back at 100 a second.
    assert pauses == [0.3]
    assert (
        gateway.budget.maximum,
        gateway.budget.points_used,
        gateway.budget.requests,
    ) == (84, 114, 3)


def test_poisonous_order_goes_to_the_ledger_and_the_others_come_in(shop, connection):
    sell(shop, 0)
    bad = sell(shop, 0)
    bad.lines[0].price = bad.lines[0].price.__class__("1e20")
    sell(shop, 1)
    assert counts_of_poll(connection) == {"imported": 2, "failed": 1}
    entry = UnimportedOrder.objects.get()
    assert (entry.number, entry.status, entry.code, entry.attempts) == (
        "#1002",
        "failed",
        "unreadable",
        1,
    )
    bad.lines[0].price = bad.lines[0].price.__class__("10")
    shop.clock.forward(seconds=1)
    shop.change(bad)
    assert counts_of_poll(connection) == {"unchanged": 2, "imported": 1}
    assert UnimportedOrder.objects.count() == 0


def test_paused_store_is_not_polled(shop, connection):
    StoreConnection.objects.update(enabled=False)
    sell(shop, 0)
    shop.requests.clear()
    assert polling.poll(connection.pk) is None
    assert (first_due(connection.due_at), shop.requests) == ([], [])
