"""Why is #1042 not here? Every answer, over HTTP to the fake shop."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from fakeshop import faults
from integrations.imports.lifecycle import cancel
from integrations.models import ImportJob, State, StoreConnection, UnimportedOrder
from integrations.shopify import errors
from integrations.sync.order_lookup import Verdict, explain
from integrations.sync.polling import poll
from integrations.sync.retry import retry
from orders.models import Order, Store
from tests.support.invariants.stores import assert_accounted
from tests.support.shop import connect, sell

NONE = (
    "The store shows no order with this number. One that was placed a moment ago may be found in a minute. "
    "Orders created before 21 Sep 2026 are hidden from RO App without the scope read_all_orders."
)


def ask(shop, number: str, connection: StoreConnection | None = None) -> list:
    shop.requests.clear()
    return explain(number, connection=connection, now=shop.clock.now)


def looked_up(
    shop, number: str, connection: StoreConnection | None = None
) -> list[tuple]:
    return [
        (each.verdict, each.number, each.text) for each in ask(shop, number, connection)
    ]


@pytest.fixture
def here(shop, connection) -> Order:
    sell(shop, 0)
    poll(connection.pk, now=shop.clock)
    return Order.objects.select_related("store").get()


@pytest.mark.parametrize("typed", ["1001", "#1001", " #1001 ", "# 1001", "\x00#1001"])
def test_order_that_is_here_is_found_as_people_type_its_number(shop, here, typed):
    (found,) = ask(shop, typed)
    assert (found.verdict, found.number, found.order, found.store) == (
        Verdict.HERE,
        "#1001",
        here,
        here.store,
    )
    assert (
        found.text == f"It is here as order {here.pk}, imported on 20 Nov 2026, 10:30."
    )
    assert (found.imported_at, found.just_now, found.entry) == (
        shop.clock.now,
        False,
        None,
    )
    assert found.url == here.external_url
    assert shop.requests == []


def test_order_is_found_by_its_id_and_by_its_number_in_ro_app(shop, here):
    assert [each.order for each in ask(shop, here.external_id)] == [here]
    assert shop.requests == []
    assert [each.order for each in ask(shop, str(here.pk))] == [here]
    # The store may have an order with this number too.
    assert shop.asked() == ["ChangedOrders"]
    assert [each.verdict for each in ask(shop, f"#{here.pk}")] == ["not_found"]


def test_number_with_letters_is_found_in_any_case(shop, connection):
    sell(shop, 0, name="RO-1042")
    poll(connection.pk, now=shop.clock)
    assert [each.number for each in ask(shop, "ro-1042")] == ["RO-1042"]
    assert shop.requests == []


@pytest.mark.parametrize("by", ["here", "store", "ledger"])
def test_of_twelve_that_begin_alike_the_one_that_was_asked_is_answered_about(
    shop, connection, by
):
    names = [f"#1-{letter}" for letter in "LKJIHGFEDCBA"]
    orders = [sell(shop, 0, name=name, test=by == "ledger") for name in names]
    if by != "store":
        poll(connection.pk, now=shop.clock)
    assert [each.number for each in ask(shop, "#1-A")] == ["#1-A"]
    assert Order.objects.count() == {"here": 12, "store": 1, "ledger": 0}[by]
    (found,) = ask(shop, "1-a")
    known = found.order or found.entry
    assert (found.number, known.external_id) == ("#1-A", str(orders[-1].id))
    assert shop.requests == []


def test_one_of_many_that_begin_alike_is_found_on_a_later_page_of_the_store(
    shop, connection
):
    for number in range(300):
        sell(shop, 0, name=f"#1-{number:03}X")
    sell(shop, 0, name="#1")
    assert [each.number for each in ask(shop, "#1", connection)] == ["#1"]
    assert shop.asked()[:4] == [
        "ChangedOrders",
        "ChangedOrdersSlim",
        "ChangedOrdersSlim",
        "OrdersById",
    ]
    assert Order.objects.get().external_number == "#1"


@pytest.mark.parametrize("by", ["here", "ledger"])
@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("EN1001-A", "1001"),
        ("#HH20978", "20978"),
        ("2024-1001", "1001"),
        ("A-007", "7"),
    ],
)
def test_digits_find_an_order_with_prefix_and_suffix(shop, connection, by, name, typed):
    sell(shop, 0, name=name, test=by == "ledger")
    sell(shop, 0, name="#99999-Z", test=by == "ledger")
    poll(connection.pk, now=shop.clock)
    for each in [typed, f"#{typed}"]:
        assert [found.number for found in ask(shop, each)] == [name]
        assert shop.requests == []


def test_number_itself_is_answered_about_before_others_with_its_digits(
    shop, connection
):
    for name in ["#1001", "EN1001-A"]:
        sell(shop, 0, name=name)
    poll(connection.pk, now=shop.clock)
    assert [each.number for each in ask(shop, "1001")] == ["#1001"]


def test_missed_order_is_looked_up_as_its_store_writes_numbers(shop, connection):
    for number in [1001, 1002]:
        sell(shop, 0, name=f"2026-EN{number}-A")
    poll(connection.pk, now=shop.clock)
    sell(shop, 0, name="2026-EN1003-A")
    (found,) = ask(shop, "1003")
    assert (found.number, found.just_now) == ("2026-EN1003-A", True)
    assert Order.objects.count() == 3
    assert [each.verdict for each in ask(shop, "1004")] == ["not_found"]


def test_order_made_in_ro_app_is_told_from_a_stores(shop, here):
    made = Order.objects.create(
        order_type=here.order_type, status=here.status, placed_at=shop.clock.now
    )
    assert looked_up(shop, str(made.pk)) == [
        ("here", str(made.pk), f"It is order {made.pk}, which was made in RO App.")
    ]


def test_gone_order_and_failed_change_are_said(shop, connection, here):
    Order.objects.update(gone_at=shop.clock.now)
    assert looked_up(shop, "1001")[0][2].endswith(
        ", 10:30. The store no longer has it."
    )
    Order.objects.update(gone_at=None)
    order = next(iter(shop.orders.values()))
    order.lines[0].price = Decimal("1e20")
    shop.clock.forward(minutes=1)
    shop.change(order)
    poll(connection.pk, now=shop.clock)
    (found,) = ask(shop, "1001")
    assert (found.verdict, found.order, found.entry) == (
        Verdict.HERE,
        here,
        UnimportedOrder.objects.get(),
    )
    assert "Its latest change could not be taken over. " in found.text


@pytest.mark.parametrize(
    ("values", "status", "sentence"),
    [
        (
            {"currency": "USD"},
            "held",
            "Its currency is USD, RO App's is EUR. Amounts are never converted.",
        ),
        (
            {"test": True},
            "skipped",
            "It is a test order, and this store's settings skip test orders.",
        ),
        (
            {"tags": ["Wholesale"]},
            "skipped",
            "It is tagged “wholesale”, which this store's settings exclude.",
        ),
        (
            {"created_at": datetime(2026, 10, 3, tzinfo=UTC)},
            "skipped",
            "It was created before 1 Nov 2026, where this store's import begins.",
        ),
    ],
)
def test_order_in_the_ledger_says_why_without_asking_the_store(
    shop, db, values, status, sentence
):
    connection = connect(since=datetime(2026, 11, 1, 12, tzinfo=UTC))
    StoreConnection.objects.update(excluded_tags="Wholesale")
    sell(shop, 0, **values)
    poll(connection.pk, now=shop.clock)
    (found,) = ask(shop, "#1001")
    assert (found.verdict, found.number, found.text, found.entry.status) == (
        "not_here",
        "#1001",
        sentence,
        status,
    )
    assert found.url.endswith(f"/admin/orders/{found.entry.external_id}")
    assert shop.requests == []
    retry(UnimportedOrder.objects.all(), now=shop.clock.forward(seconds=1))
    assert ask(shop, "#1001")[0].entry.is_asked_for == (status == "held")


def test_order_that_was_missed_comes_in_at_once(shop, connection):
    sell(shop, 0)
    (found,) = ask(shop, "1001", connection)
    assert (found.verdict, found.just_now) == (Verdict.HERE, True)
    assert (
        found.text
        == f"It was missing and has just been imported as order {Order.objects.get().pk}."
    )
    assert shop.asked() == ["ChangedOrders", "ProductTexts"]
    assert_accounted(shop, connection)


@pytest.mark.parametrize("by", ["number", "id"])
def test_order_that_is_kept_out_is_looked_up_explained_and_in_the_ledger_from_then_on(
    shop, connection, by
):
    order = sell(shop, 0, test=True)
    (found,) = ask(shop, order.name if by == "number" else str(order.id), connection)
    assert (found.verdict, found.entry.code, found.just_now) == (
        Verdict.NOT_HERE,
        "test_order",
        True,
    )
    assert (
        found.text == "It is a test order, and this store's settings skip test orders."
    )
    assert ask(shop, "1001")[0].just_now is False
    assert shop.requests == []
    assert_accounted(shop, connection)


def test_order_from_before_the_stores_import_begins_is_explained(shop, connection):
    sell(
        shop,
        0,
        created_at=datetime(2026, 10, 3, tzinfo=UTC),
        updated_at=datetime(2026, 10, 3, tzinfo=UTC),
    )
    poll(connection.pk, now=shop.clock)
    assert UnimportedOrder.objects.count() == 0
    assert looked_up(shop, "1001") == [
        (
            "not_here",
            "#1001",
            "It was created before 1 Nov 2026, where this store's import begins.",
        ),
    ]


def test_order_that_a_cancelled_first_import_left_out_comes_in_when_it_is_asked_for(
    shop, db, time_machine
):
    time_machine.move_to(shop.clock.now, tick=False)
    shop.clock.forward(days=-9)
    sell(shop, 0)
    shop.clock.forward(days=9)
    connect(since=None, no_first_import=False)
    cancel(ImportJob.objects.get(), now=shop.clock.now)
    assert ask(shop, "#1001")[0].verdict == Verdict.HERE


def test_order_that_no_search_knows_yet_is_found_by_its_id_or_a_moment_later(
    shop, connection
):
    shop.search_lag = timedelta(seconds=30)
    order = sell(shop, 0)
    assert looked_up(shop, "#1001") == [("not_found", "#1001", NONE)]
    assert Order.objects.count() == 0
    assert ask(shop, str(order.id))[0].verdict == Verdict.HERE


def test_hidden_order_is_not_found_and_the_day_is_named_unless_all_may_be_read(
    shop, connection
):
    sell(shop, 0, created_at=datetime(2026, 9, 1, tzinfo=UTC))
    shop.hidden_before = datetime(2026, 9, 21, tzinfo=UTC)
    assert looked_up(shop, "1001") == [("not_found", "1001", NONE)]
    StoreConnection.objects.update(reads_all_orders=True)
    assert looked_up(shop, "1001")[0][2] == NONE[: NONE.index(" Orders created")]


@pytest.mark.parametrize("typed", ["", "  ", "#", "# "])
def test_nothing_typed_is_nothing_asked(shop, connection, typed):
    assert (ask(shop, typed), shop.requests) == ([], [])


@pytest.mark.parametrize(
    "typed",
    ["' OR name:'#1001", "x" * 5_000, "9" * 40, "١٠٠١", "%", "\\", "🙂", "1001\n"],
)
def test_whatever_is_typed_is_one_number(shop, here, typed):
    assert [each.verdict for each in ask(shop, typed)] == [
        "here" if typed == "1001\n" else "not_found"
    ]


def test_store_that_cannot_be_asked_says_why(shop, connection):
    sell(shop, 0)
    shop.fail_next(faults.status(503), times=9)
    assert looked_up(shop, "1001") == [("unreadable", "1001", errors.DOWN)]
    shop.faults.clear()
    StoreConnection.objects.update(enabled=False)
    assert looked_up(shop, "1001") == [
        ("unreadable", "1001", "The store is paused, so it was not asked.")
    ]
    StoreConnection.objects.update(
        enabled=True, state=State.NEEDS_ATTENTION, reason=errors.SHOP_CLOSED
    )
    assert (
        looked_up(shop, "1001")[0][2]
        == f"The store needs attention, so it was not asked. {errors.SHOP_CLOSED}"
    )
    assert (shop.requests, Order.objects.count()) == ([], 0)
    shop.revoke_tokens()
    StoreConnection.objects.update(state=State.WORKING)
    assert looked_up(shop, "1001") == [("unreadable", "1001", errors.TOKEN_REFUSED)]
    assert StoreConnection.objects.get().state == State.NEEDS_ATTENTION


def test_answers_are_in_the_readers_language(shop, here):
    with translation.override("de"):
        (found,) = ask(shop, "1001")
    assert "20. November 2026" in found.text
    assert found.imported_at == shop.clock.now


def test_paused_store_hides_no_other_stores_answer(shop, connection):
    other = Store.objects.create(name="Beside", platform="shopify")
    StoreConnection.objects.create(
        store=other,
        domain="beside.myshopify.com",
        enabled=False,
        order_type=connection.order_type,
    )
    paused = "The store is paused, so it was not asked."
    assert [(each.store, each.text) for each in ask(shop, "1001")] == [
        (other, paused),
        (connection.store, NONE),
    ]
    sell(shop, 0)
    assert [(each.store, each.verdict) for each in ask(shop, "1001")] == [
        (other, Verdict.UNREADABLE),
        (connection.store, Verdict.HERE),
    ]
