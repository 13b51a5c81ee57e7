"""Comparing a store's orders with ours: what is missing, stale or deleted is found, brought in and told; over
HTTP."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from integrations import dispatch
from integrations.imports import lifecycle, worker
from integrations.imports.reconcile import compare
from integrations.imports.worker import advance
from integrations.models import (
    ImportJob,
    JobKind,
    State,
    StoreConnection,
    UnimportedOrder,
    next_night,
)
from integrations.shopify import cursor
from integrations.sync.polling import poll
from orders.models import Order, OrderEvent
from tests.support.invariants.stores import assert_accounted
from tests.support.shop import connect, sell

HOUR = timedelta(hours=1)


@pytest.fixture
def busy(shop, db, time_machine) -> StoreConnection:
    """A store with ten orders, an hour apart, all of them here; the last one was placed an hour ago."""
    time_machine.move_to(shop.clock.now, tick=False)
    connection = connect()
    for number in range(10):
        sell(shop, number % 2)
        shop.clock.forward(hours=1)
    bring(shop, connection)
    assert Order.objects.count() == 10
    return connection


def bring(shop, connection) -> None:
    assert poll(connection.pk, now=shop.clock) is not None


def reconcile(shop, connection) -> ImportJob:
    run = lifecycle.begin_reconcile(connection, by_id=None, now=shop.clock.now)
    while (run := advance(run.pk, now=shop.clock)).is_moving:
        pass
    return run


def lose(*numbers: str) -> None:
    """As if no poll had ever seen these."""
    for order in Order.objects.filter(external_number__in=numbers):
        order.lines.all().delete()
        order.events.all().delete()
        order.delete()


def result(run: ImportJob) -> tuple:
    return (run.state, run.done, run.differed, run.numbers, run.counts)


def figures() -> tuple:
    return StoreConnection.objects.values_list("reconciled_at", "differences").get()


def test_no_difference_is_a_figure_and_costs_one_request_per_page(shop, busy):
    assert figures() == (None, None)
    shop.requests.clear()
    run = reconcile(shop, busy)
    assert result(run) == ("done", 10, 0, [], {})
    assert (run.kind, run.expected, run.before) == (
        "reconcile",
        10,
        shop.clock.now - timedelta(minutes=10),
    )
    assert figures() == (shop.clock.now, 0)
    assert shop.asked() == ["OrdersCount", "ChangedOrdersSlim"]


def test_missing_stale_and_deleted_orders_are_found_and_put_right(shop, busy):
    third, fifth, seventh = (list(shop.orders.values())[number] for number in [2, 4, 6])
    lose("#1003")
    fifth.note = "Changed, and no poll has seen it"
    fifth.updated_at += timedelta(minutes=5)
    shop.delete(seventh)
    shop.requests.clear()
    run = reconcile(shop, busy)
    assert result(run) == (
        "done",
        9,
        3,
        ["#1003", "#1005", "#1007"],
        {"imported": 1, "updated": 1},
    )
    assert shop.asked() == ["OrdersCount", "ChangedOrdersSlim", "OrdersById"]
    assert (
        Order.objects.get(external_number="#1005").store_note
        == "Changed, and no poll has seen it"
    )
    assert Order.objects.get(external_number="#1007").gone_at == shop.clock.now
    assert OrderEvent.objects.filter(kind="gone").count() == 1
    assert (third.name, figures()) == ("#1003", (shop.clock.now, 3))
    assert_accounted(shop, busy)
    shop.clock.forward(hours=1)
    assert result(reconcile(shop, busy)) == ("done", 9, 0, [], {})
    assert figures() == (shop.clock.now, 0)


def test_orders_of_the_ledger_are_accounted_for_until_they_change(shop, busy):
    held = sell(shop, 0, currency="USD")
    bring(shop, busy)
    shop.clock.forward(hours=1)
    assert result(reconcile(shop, busy)) == ("done", 11, 0, [], {})
    held.currency, held.updated_at = "EUR", held.updated_at + timedelta(minutes=1)
    assert result(reconcile(shop, busy)) == ("done", 11, 1, ["#1011"], {"imported": 1})
    assert UnimportedOrder.objects.count() == 0
    lose("#1004")
    list(shop.orders.values())[3].test = True
    assert result(reconcile(shop, busy)) == ("done", 11, 1, ["#1004"], {"skipped": 1})
    assert result(reconcile(shop, busy)) == ("done", 11, 0, [], {})
    assert_accounted(shop, busy)


def test_what_changed_a_moment_ago_is_left_to_the_poll(shop, busy):
    shop.change(next(iter(shop.orders.values())), note="Just now")
    sell(shop, 0)
    shop.clock.forward(minutes=9)
    # It was no longer where it used to be.
    assert result(reconcile(shop, busy)) == (
        "done",
        9,
        0,
        [],
        {"updated": 1},
    )
    shop.clock.forward(minutes=2)
    assert result(reconcile(shop, busy)) == ("done", 11, 1, ["#1011"], {"imported": 1})


def test_hidden_orders_are_not_gone(shop, busy):
    shop.clock.forward(days=60, hours=-5)
    orders = list(shop.orders.values())
    for order in orders[:4]:
        order.updated_at += timedelta(days=1)
    bring(shop, busy)
    shop.clock.forward(minutes=20)
    shop.hidden_before = orders[2].created_at
    shop.clock.now = orders[2].created_at + timedelta(days=60)
    run = reconcile(shop, busy)
    assert (
        run.state,
        run.differed,
        Order.objects.filter(gone_at__isnull=False).count(),
    ) == ("done", 0, 0)


def test_order_that_was_gone_and_is_shown_again_is_taken_back(shop, busy):
    order = shop.orders.pop(next(iter(shop.orders)))
    assert reconcile(shop, busy).differed == 1
    shop.orders[order.id] = order
    assert result(reconcile(shop, busy))[:4] == ("done", 10, 1, ["#1001"])


@pytest.mark.parametrize("apart", [1, 0])
def test_pages_and_their_borders_hide_nothing(shop, busy, apart, monkeypatch):
    """Orders of one second stand on two pages, and pagination begins anew within them."""
    monkeypatch.setattr(cursor, "MAX_RESULTS", 4)
    shop.result_limit = 6
    StoreConnection.objects.update(page_size=2)
    new = [sell(shop, 0) for _ in range(11) if shop.clock.forward(seconds=apart)]
    bring(shop, busy)
    shop.clock.forward(hours=1)
    shop.requests.clear()
    assert reconcile(shop, busy).differed == 0
    assert "OrdersById" not in shop.asked()
    for order in [new[1], new[4], new[10]]:
        shop.delete(order)
    lose(new[3].name, new[9].name)
    run = reconcile(shop, busy)
    assert (run.state, run.differed, set(run.numbers)) == (
        "done",
        5,
        {"#1012", "#1014", "#1015", "#1020", "#1021"},
    )
    assert Order.objects.filter(gone_at__isnull=False).count() == 3
    assert_accounted(shop, busy)


def test_comparison_goes_on_where_a_dead_worker_stopped(shop, busy, monkeypatch):
    StoreConnection.objects.update(page_size=2)
    lose("#1002", "#1009")
    shop.delete(list(shop.orders.values())[4])
    monkeypatch.setattr(worker, "SLICE_SECONDS", 0.0)
    run = lifecycle.begin_reconcile(busy, by_id=None, now=shop.clock.now)
    advance(run.pk, now=shop.clock)
    advance(run.pk, now=shop.clock)
    monkeypatch.setattr(worker, "import_page", _die)
    with pytest.raises(KeyboardInterrupt):
        advance(run.pk, now=shop.clock)
    monkeypatch.undo()
    shop.clock.forward(minutes=6)
    run = advance(run.pk, now=shop.clock)
    assert result(run)[:4] == ("done", 9, 3, ["#1002", "#1005", "#1009"])
    assert run.counts["imported"] == 2
    assert_accounted(shop, busy)


def _die(*_args, **_values):
    raise KeyboardInterrupt


def test_nothing_per_order(shop, busy):
    def cost(number: int) -> tuple[int, list[str]]:
        shop.clock.forward(hours=1)
        for _ in range(number):
            sell(shop, 0)
        shop.clock.forward(hours=1)
        shop.requests.clear()
        with CaptureQueriesContext(database) as queries:
            assert reconcile(shop, busy).counts == {"imported": number}
        # PostgreSQL looks at a table anew when it has doubled.
        return sum(
            not query["sql"].startswith("ANALYZE") for query in queries
        ), shop.asked()

    few, many = cost(3), cost(150 if database.vendor == "postgresql" else 25)
    assert few[0] == many[0]
    assert few[1] == ["OrdersCount", "ChangedOrdersSlim", "OrdersById"]
    assert many[1] == ["OrdersCount", "ChangedOrdersSlim", "FoundOrders"]


def test_only_fifty_numbers_are_kept(shop, busy):
    for _ in range(60):
        sell(shop, 0)
    shop.clock.forward(hours=1)
    run = reconcile(shop, busy)
    assert (run.differed, len(run.numbers), run.numbers[0], run.numbers[-1]) == (
        60,
        50,
        "#1011",
        "#1060",
    )


def test_window_reaches_back_60_days_and_no_further_than_what_is_covered(shop, busy):
    now = shop.clock.now
    run = lifecycle.begin_reconcile(busy, by_id=None, now=now)
    assert (run.since, run.before) == (
        datetime(2026, 11, 1, tzinfo=UTC),
        now - timedelta(minutes=10),
    )
    lifecycle.cancel(run, now=now)
    StoreConnection.objects.update(covered_from=datetime(2020, 1, 1, tzinfo=UTC))
    busy.refresh_from_db()
    assert lifecycle.begin_reconcile(
        busy, by_id=None, now=now
    ).since == now - timedelta(days=60)


def test_cancelled_first_import_is_not_brought_in_by_a_comparison(
    shop, db, time_machine
):
    time_machine.move_to(shop.clock.now, tick=False)
    shop.clock.forward(days=-9)
    sell(shop, 0)
    shop.clock.forward(days=9)
    connection = connect(since=None, no_first_import=False)
    lifecycle.cancel(ImportJob.objects.get(), now=shop.clock.now)
    assert result(reconcile(shop, connection)) == ("done", 0, 0, [], {})
    assert Order.objects.count() == 0


def test_every_store_is_compared_once_a_night(shop, busy, monkeypatch):
    sent = []
    monkeypatch.setattr(dispatch, "enqueue", lambda task, *args: sent.append(task))
    due = StoreConnection.objects.get().next_reconcile_at
    lifecycle.begin_due_reconciles(due - timedelta(seconds=1))
    assert ImportJob.objects.count() == 0
    for _ in range(2):  # A second beat does no harm.
        lifecycle.begin_due_reconciles(due)
    assert ImportJob.objects.filter(kind=JobKind.RECONCILE).count() == 1
    following = StoreConnection.objects.get().next_reconcile_at
    assert timedelta(hours=20) <= following - due <= timedelta(hours=28)
    StoreConnection.objects.update(state=State.NEEDS_ATTENTION)
    lifecycle.begin_due_reconciles(following)
    assert (
        ImportJob.objects.count(),
        StoreConnection.objects.get().next_reconcile_at,
    ) == (1, following)


def test_nights_are_spread_between_one_and_five_oclock():
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    nights = [next_night(noon) for _ in range(200)]
    early, late = (
        datetime(2026, 11, 21, 0, tzinfo=UTC),
        datetime(2026, 11, 21, 4, tzinfo=UTC),
    )
    assert all(early <= night < late for night in nights)
    assert max(nights) - min(nights) > timedelta(hours=2)
    assert next_night(early + timedelta(minutes=1)) >= early + timedelta(days=1)


def test_ids_are_compared_with_two_queries_and_one_more_for_what_may_have_vanished(
    shop, busy
):
    run = lifecycle.begin_reconcile(busy, by_id=None, now=shop.clock.now)
    from integrations.platforms.registry import gateway_for

    with CaptureQueriesContext(database) as queries:
        (step,) = compare(run, busy.store, gateway_for(busy))
    assert (len(queries), step.done, step.differed, step.absent) == (3, 10, (), {})


def test_order_whose_latest_change_cannot_be_stored_is_the_ledgers_and_no_difference(
    shop, busy
):
    order = next(each for each in shop.orders.values() if each.name == "#1003")
    order.lines[0].price = order.lines[0].price.__class__("1e20")
    shop.change(order)
    bring(shop, busy)
    assert UnimportedOrder.objects.get().number == "#1003"
    shop.clock.forward(hours=1)
    shop.requests.clear()
    assert result(reconcile(shop, busy)) == ("done", 10, 0, [], {})
    assert shop.asked() == ["OrdersCount", "ChangedOrdersSlim"]
