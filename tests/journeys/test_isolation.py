"""One order that cannot be read or served never keeps the others out, on whichever way they come."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.utils import timezone

from fakeshop import faults
from integrations.imports import lifecycle
from integrations.imports.worker import to_the_end
from integrations.models import (
    JobMethod,
    State,
    UnimportedOrder,
)
from integrations.platforms.errors import StoreUnavailable
from integrations.platforms.protocol import Message, WebhookEvent
from integrations.refresh.worker import refresh_store
from integrations.sync import polling
from integrations.sync.order_lookup import Verdict, explain
from integrations.sync.retry import retry_entries
from integrations.webhooks import inbox
from inventory.models import Product
from orders.domain.refresh_claim import claim_refresh, seconds_to_refresh
from orders.importing.incoming import UNSERVED
from orders.models import Order, OrderLine, Refresh
from tests.support.html import page, text_of
from tests.support.shop import Clock, counts_of_poll, sell
from tests.support.users import create_user, read_in, signed_in

ALL_SINCE = datetime(2026, 11, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OVERLONG = 10**4_000


@pytest.fixture
def admin(db):
    return signed_in(create_user("root", is_staff=True, is_superuser=True))


def unserved(field: str, *, says_where: bool) -> Callable:
    def break_it(shop, order):
        shop.says_where = says_where
        shop.fail_at(order, field)

    return break_it


def spoilt(**fields) -> Callable:
    return lambda shop, order: shop.spoil(order, **fields)


def spoilt_line(**fields) -> Callable:
    return lambda shop, order: shop.spoil(order.lines[0], **fields)


UNSERVED_ORDERS = {
    "an address, where": unserved("shippingAddress", says_where=True),
    "an address": unserved("shippingAddress", says_where=False),
    "a total, where": unserved("currentTotalPriceSet", says_where=True),
    "a total": unserved("currentTotalPriceSet", says_where=False),
    "the lines": unserved("lineItems", says_where=False),
}
UNREADABLE_ORDERS = {
    "a change without an offset": spoilt(updatedAt="2026-11-20T09:30:00"),
    "a change in the year 9999": spoilt(updatedAt="9999-12-31T23:59:59Z"),
    "a change in the year 9999 west": spoilt(updatedAt="9999-12-31T23:59:59-10:00"),
    "a change of 1969": spoilt(updatedAt="1969-12-31T23:59:59Z"),
    "made without an offset": spoilt(createdAt="2026-11-20T09:30:00"),
    "made in the year 2200": spoilt(createdAt="2200-01-01T00:00:00Z"),
    "cancelled in the year 1": spoilt(cancelledAt="0001-01-01T00:00:00+10:00"),
    "a date that is none": spoilt(updatedAt="yesterday"),
    "an id of another kind": spoilt(legacyResourceId=17, createdAt=17),
    "no lines": spoilt(lineItems="none"),
    "not a number": spoilt(
        currentTotalPriceSet={"shopMoney": {"amount": float("nan")}}
    ),
    "an overlong amount": spoilt(
        currentTotalPriceSet={"shopMoney": {"amount": "1e999999"}}
    ),
    "an overlong number": spoilt_line(currentQuantity=OVERLONG),
    "an infinite number": spoilt_line(quantity=float("inf")),
    "a broken line": spoilt_line(title=["Display"]),
    "a line's id of 76 digits": spoilt_line(id=f"gid://shopify/LineItem/{'7' * 76}"),
    "a currency that is none": spoilt(currencyCode="EUR\x00" * 100),
}
FAULTS = {
    **{name: (break_it, "unserved") for name, break_it in UNSERVED_ORDERS.items()},
    **{name: (break_it, "unreadable") for name, break_it in UNREADABLE_ORDERS.items()},
}


@pytest.mark.parametrize("break_it", UNREADABLE_ORDERS.values(), ids=UNREADABLE_ORDERS)
def test_reason_of_an_unreadable_order_is_in_the_readers_language(
    shop, connection, admin, break_it
):
    break_it(shop, sell(shop, 0))
    assert counts_of_poll(connection) == {"failed": 1}
    read_in(admin, "de")
    html = page(admin, f"/stores/{connection.store_id}/orders/")
    assert "malformed" not in html
    assert text_of(html).count("Shopifys Antwort ist fehlerhaft: ") == 1


@pytest.mark.parametrize(
    ("fields", "english", "german"),
    [
        (
            {"createdAt": "yesterday"},
            "a date cannot be read as one. (createdAt)",
            "Ein Datum ist nicht als solches zu lesen. (createdAt)",
        ),
        (
            {"currentTotalPriceSet": {"shopMoney": {}}},
            "a part of it is missing. (currentTotalPriceSet.shopMoney.amount)",
            "Ein Teil davon fehlt. (currentTotalPriceSet.shopMoney.amount)",
        ),
        (
            {"taxesIncluded": "?"},
            "a value is of another kind than it should be. (taxesIncluded)",
            "Ein Wert ist von anderer Art, als er sein sollte. (taxesIncluded)",
        ),
        (
            {"currentTotalPriceSet": {"shopMoney": {"amount": "1e999999"}}},
            "an amount is no number, or far too large.",
            "Ein Betrag ist keine Zahl oder viel zu groß.",
        ),
    ],
)
def test_reason_says_what_of_the_order_makes_no_sense(
    shop, connection, admin, fields, english, german
):
    shop.spoil(sell(shop, 0), **fields)
    assert counts_of_poll(connection) == {"failed": 1}
    address = f"/stores/{connection.store_id}/orders/"
    said = unescape(text_of(page(admin, address)))
    assert f"Shopify's answer is malformed: {english} " in said
    read_in(admin, "de")
    said = text_of(page(admin, address))
    assert f"Shopifys Antwort ist fehlerhaft: {german} " in said


def by_poll(shop, connection):
    polling.poll(connection.pk)


def by_message(shop, connection):
    now = timezone.now()
    for order in shop.orders.values():
        message = Message(
            f"id-{order.id}", "orders/create", WebhookEvent.ORDER, (str(order.id),)
        )
        inbox.keep(message, connection, now=now)
    assert inbox.drain(connection.pk) == 3


def by_job(method: JobMethod) -> Callable:
    def bring(shop, connection):
        clock = Clock()
        clock.now = timezone.now()
        run = lifecycle.begin_import(
            connection, all_since=ALL_SINCE, by_id=None, now=clock.now, method=method
        )
        run = to_the_end(run.pk, now=clock, sleep=lambda _: clock.forward(minutes=2))
        assert (run.state, run.done) == ("done", 3)

    return bring


def by_reconciling(shop, connection):
    run = lifecycle.begin_reconcile(connection, by_id=None, now=timezone.now())
    assert to_the_end(run.pk).done == 3


def by_retry(shop, connection):
    """All three were unreadable until now."""
    kept = shop.spoilt, shop.failing
    shop.spoilt, shop.failing = {}, {}
    for order in shop.orders.values():
        shop.spoil(order, taxesIncluded="?")
    assert counts_of_poll(connection) == {"failed": 3}
    shop.spoilt, shop.failing = kept
    UnimportedOrder.objects.update(due_at=timezone.now())
    retry_entries(connection.store_id)


def by_looking_up(shop, connection):
    for order in list(shop.orders.values()):
        explain(order.name, connection=connection, now=timezone.now())


WAYS = {
    "poll": by_poll,
    "message": by_message,
    "pages": by_job(JobMethod.PAGES),
    "bulk": by_job(JobMethod.BULK),
    "reconcile": by_reconciling,
    "retry": by_retry,
    "look-up": by_looking_up,
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize(("break_it", "code"), FAULTS.values(), ids=FAULTS)
def test_order_that_cannot_be_had_is_in_the_ledger_and_the_others_are_here(
    shop, connection, break_it, code, way
):
    orders = [sell(shop, 0) for _ in range(3)]
    break_it(shop, orders[1])
    way(shop, connection)
    here = Order.objects.order_by("external_id").values_list(
        "external_number", flat=True
    )
    assert list(here) == ["#1001", "#1003"]
    entry = UnimportedOrder.objects.get()
    assert (entry.external_id, entry.number, entry.status, entry.code) == (
        str(orders[1].id),
        "#1002",
        "failed",
        code,
    )
    assert entry.reason
    assert entry.due_at > entry.last_at
    connection.refresh_from_db()
    assert (connection.state, connection.reason) == (State.WORKING, "")
    [answer] = explain("#1002", connection=connection, now=timezone.now())
    assert answer.verdict == Verdict.NOT_HERE
    shop.heal()
    UnimportedOrder.objects.update(due_at=timezone.now())
    assert retry_entries(connection.store_id).counts == {"imported": 1}
    assert (Order.objects.count(), UnimportedOrder.objects.count()) == (3, 0)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_half_of_a_sign_is_left_out_and_the_order_comes_in(shop, connection, way):
    orders = [sell(shop, 0) for _ in range(3)]
    shop.spoil(orders[1], note="x\ud83d")
    if way is by_retry:
        pytest.skip("it comes in at once")
    way(shop, connection)
    notes = dict(Order.objects.values_list("external_number", "store_note"))
    assert notes == {"#1001": "", "#1002": "x", "#1003": ""}
    assert not UnimportedOrder.objects.exists()


def test_unserved_order_is_tried_after_1_2_4_minutes_and_polls_count_no_attempt(
    shop, connection
):
    orders = [sell(shop, 0) for _ in range(3)]
    shop.fail_at(orders[1])
    now = timezone.now()
    counts = polling.poll(connection.pk, now=lambda: now).counts
    assert counts == {"imported": 2, "failed": 1}
    entry = UnimportedOrder.objects.get()
    assert (entry.reason, entry.attempts, entry.due_at) == (UNSERVED, 1, now + MINUTE)
    counts = polling.poll(connection.pk, now=lambda: now).counts
    assert counts == {"unchanged": 2, "failed": 1}
    waits = []
    for tries in range(2, 6):
        now = entry.due_at
        retry_entries(connection.store_id, now=lambda at=now: at)
        entry.refresh_from_db()
        assert entry.attempts == tries
        waits.append((entry.due_at - now) / MINUTE)
    assert waits == [2, 4, 8, 16]


def test_poll_asks_once_where_the_answer_says_which_order(shop, connection):
    orders = [sell(shop, 2) for _ in range(3)]
    counts_of_poll(connection)
    for order in orders:
        shop.clock.forward(seconds=1)
        shop.change(order, note="Please hurry")
    shop.fail_at(orders[1])
    shop.requests.clear()
    assert counts_of_poll(connection) == {"updated": 2, "failed": 1}
    assert shop.asked() == ["ChangedOrders"]


def test_page_is_halved_until_the_order_is_alone(shop, connection):
    orders = [sell(shop, 2) for _ in range(16)]
    shop.says_where = False
    shop.fail_at(orders[5], "currentTotalPriceSet")
    shop.requests.clear()
    assert counts_of_poll(connection) == {"imported": 15, "failed": 1}
    asked = [
        (each.operation, len(each.variables.get("ids", [])))
        for each in shop.requests
        if each.operation != "ProductTexts"
    ]
    assert asked == [
        ("ChangedOrders", 0),
        ("ChangedOrdersSlim", 0),
        *[("OrdersById", number) for number in [16, 8, 4, 4, 2, 1, 1, 2, 8]],
        ("OrdersByIdSlim", 1),
    ]


def test_store_that_serves_none_of_many_orders_waits_and_nothing_is_in_the_ledger(
    shop, connection
):
    for _ in range(11):
        shop.fail_at(sell(shop, 0))
    with pytest.raises(StoreUnavailable) as caught:
        polling.poll(connection.pk)
    assert (caught.value.code, UnimportedOrder.objects.count()) == ("server_error", 0)
    shop.heal()
    assert counts_of_poll(connection) == {"imported": 11}


def test_unserved_change_of_an_order_that_is_here_is_in_the_ledger(shop, connection):
    orders = [sell(shop, 0) for _ in range(3)]
    assert counts_of_poll(connection) == {"imported": 3}
    shop.clock.forward(minutes=1)
    for order in orders:
        shop.set_quantity(order, 0, 2)
    shop.fail_at(orders[1])
    assert counts_of_poll(connection) == {"updated": 2, "failed": 1}
    quantities = OrderLine.objects.order_by("order").values_list("quantity", flat=True)
    assert list(quantities) == [2, 1, 2]
    [answer] = explain("#1002", connection=connection, now=timezone.now())
    assert (answer.verdict, answer.entry.code) == (Verdict.HERE, "unserved")
    shop.heal()
    UnimportedOrder.objects.update(due_at=timezone.now())
    assert retry_entries(connection.store_id).counts == {"updated": 1}
    assert not UnimportedOrder.objects.exists()


@pytest.mark.parametrize(("break_it", "code"), FAULTS.values(), ids=FAULTS)
def test_manual_update_ends_for_each_order_by_itself(
    shop, connection, kim, break_it, code
):
    orders = [sell(shop, 0) for _ in range(3)]
    assert counts_of_poll(connection) == {"imported": 3}
    before = dict(Order.objects.values_list("external_number", "synced_at"))
    for order in orders:
        shop.clock.forward(minutes=1)
        shop.set_quantity(order, 0, 2)
    break_it(shop, orders[1])
    ids = list(Order.objects.order_by("id").values_list("pk", flat=True))
    claim_refresh(ids, by_id=kim.pk, now=timezone.now())
    assert refresh_store(connection.store_id) == 3
    outcomes = Refresh.objects.order_by("order").values_list("outcome", flat=True)
    assert list(outcomes) == ["updated", "failed", "updated"]
    refresh = Refresh.objects.select_related("order").get(outcome="failed")
    assert refresh.reason == UnimportedOrder.objects.get().reason
    assert refresh.order.synced_at == before["#1002"]
    # Only what the store could not serve gives the claim back.
    assert (seconds_to_refresh(refresh.order) == 0) == (code == "unserved")


def test_order_of_many_lines_that_cannot_be_had_is_alone(shop, connection):
    cable = list(shop.products.values())[2]
    lines = [[shop.line(cable) for _ in range(number)] for number in [300, 300, 1]]
    orders = [shop.place_order(each) for each in lines]
    shop.spoil(orders[1].lines[299], title=7)
    assert counts_of_poll(connection) == {"imported": 2, "failed": 1}
    assert sorted(order.lines.count() for order in Order.objects.all()) == [1, 300]
    shop.heal()
    shop.says_where = False

    def fail(request):
        if request.operation == "OrderLines":
            shop.fail_next(faults.errors("INTERNAL_SERVER_ERROR"))

    shop.before_answer = fail
    UnimportedOrder.objects.update(due_at=timezone.now())
    assert retry_entries(connection.store_id).counts == {"failed": 1}
    assert UnimportedOrder.objects.get().code == "unserved"


def test_product_whose_text_cannot_be_had_comes_in_without_it(shop, connection):
    sell(shop, 0, 1)

    def fail(request):
        display = next(iter(shop.products.values()))
        gid = f"gid://shopify/Product/{display.id}"
        if request.operation == "ProductTexts" and gid in request.variables["ids"]:
            shop.fail_next(faults.errors("INTERNAL_SERVER_ERROR"))

    shop.before_answer = fail
    assert counts_of_poll(connection) == {"imported": 1}

    categories = dict(Product.objects.values_list("sku", "category__name"))
    assert categories == {"D-1": None, "B-1": "Spare parts"}


@pytest.mark.parametrize(
    "extensions", ['{"cost": {"requestedQueryCost": 9}}', '{"cost": 7}', "[]", "null"]
)
def test_answer_that_does_not_say_what_is_left_is_an_answer(
    shop, connection, extensions
):
    sell(shop, 0)
    body = b'{"data": {"orders": {"nodes": [], "pageInfo": {}}}, "extensions": %s}'
    shop.fail_next(faults.raw(body % extensions.encode()))
    assert counts_of_poll(connection) == {}
    shop.says_throttle = False
    assert counts_of_poll(connection) == {"imported": 1}


def test_refused_token_that_does_not_expire_says_what_is_needed(shop, connection):
    body = {"errors": "[API] Non-expiring access tokens are no longer accepted"}
    shop.fail_next(faults.status(403, body))
    with pytest.raises(Exception, match="Enter the client ID and secret"):
        polling.poll(connection.pk)
    connection.refresh_from_db()
    assert (connection.state, connection.reason_code) == (
        State.NEEDS_ATTENTION,
        "token_retired",
    )


def test_order_of_the_future_does_not_end_polling(shop, connection):
    now = timezone.now()
    first = sell(shop, 0)
    shop.spoil(first, updatedAt="2199-01-01T00:00:00Z")
    first.updated_at = datetime(2199, 1, 1, tzinfo=UTC)
    assert counts_of_poll(connection) == {"imported": 1}
    connection.refresh_from_db()
    assert connection.synced_until is None or connection.synced_until <= timezone.now()
    sell(shop, 0)
    assert counts_of_poll(connection) == {"imported": 1, "unchanged": 1}
    connection.refresh_from_db()
    assert connection.synced_until == shop.clock.now
    order = Order.objects.get(external_number="#1001")
    assert now <= order.store_updated_at <= timezone.now()
    # What the shop changes then counts, though it is older than what it said before.
    shop.heal()
    first.lines[0].current_quantity = 2
    first.updated_at = timezone.now() + timedelta(seconds=5)
    assert counts_of_poll(connection) == {"updated": 1, "unchanged": 1}
    assert OrderLine.objects.get(order=order).quantity == 2


def test_faulty_order_does_not_move_the_high_water_mark(shop, connection):
    sell(shop, 0)
    shop.clock.forward(minutes=5)
    late = sell(shop, 0)
    shop.spoil(late, updatedAt="9999-12-31T23:59:59Z")
    assert counts_of_poll(connection) == {"imported": 1, "failed": 1}
    connection.refresh_from_db()
    assert connection.synced_until == shop.clock.now - timedelta(minutes=5)
