"""First imports and imports by hand as runs: counted, slice by slice, paused, resumed, cancelled, over HTTP
to the fake shop."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from fakeshop import faults
from integrations import dispatch, tasks
from integrations.imports import lifecycle, worker
from integrations.imports.worker import advance
from integrations.models import (
    ImportJob,
    JobKind,
    JobState,
    State,
    StoreConnection,
    UnimportedOrder,
)
from integrations.platforms.errors import StoreRefused, StoreUnavailable
from integrations.shopify import cursor
from integrations.sync.import_page import import_page
from integrations.sync.polling import poll
from orders.models import Order
from tests.support.invariants.stores import assert_accounted
from tests.support.shop import DOMAIN, connect, sell, sold_before

DAY = timedelta(days=1)
FIRST = {"since": None, "no_first_import": False}


@pytest.fixture(autouse=True)
def _today(shop, time_machine) -> None:
    """Stores are connected on the day at which the shop's clock stands."""
    time_machine.move_to(shop.clock.now, tick=False)


@pytest.fixture
def now(shop) -> datetime:
    return shop.clock.now


@pytest.fixture
def slices(monkeypatch) -> None:
    """A slice is one page of two orders."""
    monkeypatch.setattr(worker, "SLICE_SECONDS", 0.0)


def first_import(**options) -> ImportJob:
    connection = connect(**FIRST | options)
    StoreConnection.objects.update(page_size=2)
    return ImportJob.objects.get(store=connection.store_id, kind=JobKind.FIRST_IMPORT)


def connection_of(run) -> StoreConnection:
    return StoreConnection.objects.select_related("store").get(store=run.store_id)


def days(*numbers: float) -> list[timedelta]:
    return [number * DAY for number in numbers]


def bring(shop, run) -> dict[str, int]:
    return {
        str(key): count
        for key, count in poll(connection_of(run).pk, now=shop.clock).counts.items()
    }


def to_the_end(shop, run) -> ImportJob:
    while (run := advance(run.pk, now=shop.clock)).is_moving:
        pass
    return run


def numbers() -> set[str]:
    return set(Order.objects.values_list("external_number", flat=True))


def test_connecting_begins_a_first_import_and_says_how_many_orders_there_will_be(
    shop, db, now
):
    sold_before(shop, *days(61, 59, 30, 2), timedelta(minutes=59))
    said = StringIO()
    call_command(
        "connect_store",
        DOMAIN,
        name="A",
        token="demo-token",
        order_type="Online order",
        stdout=said,
    )
    run = ImportJob.objects.get()
    assert (run.kind, run.state, run.expected, run.expected_exact) == (
        "first_import",
        "waiting",
        3,
        True,
    )
    assert (run.since, run.before, run.hidden_before) == (
        now - 60 * DAY,
        now - timedelta(hours=1),
        None,
    )
    assert (run.started_at, run.done, run.share, run.rate) == (None, 0, 0.0, 0.0)
    assert StoreConnection.objects.get().covered_from == run.before
    assert said.getvalue().splitlines()[-2] == (
        "Initial import: 3 orders to look through, last changed between 21 Sep 2026 and 20 Nov 2026, 09:30."
    )


def test_first_import_and_polls_share_the_orders_and_leave_none_between_them(shop, db):
    ages = [timedelta(minutes=60, seconds=second) for second in [-1, 0, 1]]
    orders = sold_before(shop, *days(40, 10, 2), *ages)
    run = first_import()
    assert bring(shop, run) == {"imported": 2}
    run = to_the_end(shop, run)
    assert (run.state, run.done, run.counts, run.finished_at) == (
        "done",
        4,
        {"imported": 4},
        shop.clock.now,
    )
    assert (run.position, run.lease, run.share, run.left_out_from) == (
        "",
        None,
        1.0,
        None,
    )
    assert connection_of(run).covered_from == run.since
    assert Order.objects.count() == len(orders)
    assert_accounted(shop, connection_of(run))


def test_first_import_takes_open_orders_only_and_says_why_the_others_are_not_here(
    shop, db
):
    sold_before(shop, *days(20, 10))
    sold_before(shop, 15 * DAY, fulfillment="FULFILLED")
    sold_before(shop, 14 * DAY, cancelled_at=shop.clock.now)
    run = to_the_end(shop, first_import())
    assert run.counts == {"imported": 2, "skipped": 2}
    assert set(UnimportedOrder.objects.values_list("code", flat=True)) == {"not_open"}
    assert_accounted(shop, connection_of(run))


def test_all_orders_since_a_date_and_what_the_store_hides_is_named(shop, db, now):
    shop.hidden_before = now - 60 * DAY
    orders = sold_before(shop, *days(200, 50, 10), fulfillment="FULFILLED")
    run = first_import(since=datetime(2026, 1, 1, tzinfo=UTC))
    assert (run.expected, run.hidden_before) == (2, now - 60 * DAY)
    run = to_the_end(shop, run)
    assert run.counts == {"imported": 2}
    assert_accounted(shop, connection_of(run), but={orders[0].id})


def test_no_first_import_begins_no_run(shop, db, now):
    sold_before(shop, *days(3))
    connection = connect(since=None)
    assert (ImportJob.objects.count(), connection.covered_from) == (0, now)


def test_run_shows_its_progress_rate_and_time_left(shop, db, slices):
    sold_before(shop, *days(9, 8, 7, 6, 5))
    run = first_import()
    shop.before_answer = lambda request: (
        shop.clock.forward(seconds=10) if request.operation == "ChangedOrders" else None
    )
    run = advance(run.pk, now=shop.clock)
    assert (
        run.state,
        run.done,
        run.expected,
        run.share,
        run.rate,
        run.seconds_left,
    ) == (
        "running",
        2,
        5,
        0.4,
        0.2,
        15,
    )
    run = advance(run.pk, now=shop.clock)
    assert (run.done, run.share, run.seconds_left, run.counts) == (
        4,
        0.8,
        5,
        {"imported": 4},
    )
    run = advance(run.pk, now=shop.clock)
    assert (run.state, run.share, run.seconds_left, run.rate) == (
        "done",
        1.0,
        None,
        1 / 6,
    )


def test_run_of_more_orders_than_shopify_counts_shows_its_progress_by_time(
    shop, db, slices, monkeypatch
):
    monkeypatch.setattr("integrations.shopify.gateway.MAX_COUNTED", 3)
    monkeypatch.setattr(cursor, "MAX_RESULTS", 4)
    shop.result_limit = 4
    shop.bucket.maximum = 1e9
    sold_before(shop, *days(50, 45, 40, 30, 20, 10, 5))
    said = StringIO()
    call_command(
        "connect_store",
        DOMAIN,
        name="A",
        token="demo-token",
        order_type="Online order",
        stdout=said,
    )
    assert "Initial import: more than 3 orders to look through" in said.getvalue()
    StoreConnection.objects.update(page_size=2)
    run = ImportJob.objects.get()
    assert (run.expected, run.expected_exact) == (3, False)
    run = advance(run.pk, now=shop.clock)
    assert round(run.share, 2) == 0.25  # 15 of 60 days
    run = to_the_end(shop, run)
    assert (run.state, run.counts["imported"]) == ("done", 7)
    assert_accounted(shop, connection_of(run))


def test_first_import_ends_at_no_limit_of_results(shop, db, monkeypatch):
    monkeypatch.setattr(cursor, "MAX_RESULTS", 4)
    shop.result_limit = 4
    sold_before(shop, *days(20, 19, 18, 17, 10, 10, 10, 10, 10, 10, 10, 5, 5, 5, 4))
    run = to_the_end(shop, first_import())
    assert (run.state, run.counts["imported"]) == ("done", 15)
    assert_accounted(shop, connection_of(run))


def test_new_orders_do_not_wait_behind_a_long_first_import(shop, db, slices):
    sold_before(shop, *days(9, 8, 7, 6, 5))
    run = advance(first_import().pk, now=shop.clock)
    shop.clock.forward(minutes=1)
    sell(shop, 1)
    assert bring(shop, run) == {"imported": 1}
    assert "#1006" in numbers()
    run = to_the_end(shop, run)
    assert (run.counts, Order.objects.count()) == ({"imported": 5}, 6)
    assert_accounted(shop, connection_of(run))


def test_order_that_changes_during_the_first_import_leaves_it_for_the_polls(
    shop, db, slices
):
    orders = sold_before(shop, *days(9, 8, 7, 6, 5))
    run = advance(first_import().pk, now=shop.clock)
    shop.clock.forward(minutes=1)
    shop.change(orders[0], note="Changed, here already")
    shop.change(orders[4], note="Changed, not here yet")
    assert bring(shop, run) == {"updated": 1, "imported": 1}
    run = to_the_end(shop, run)
    assert (run.state, run.counts) == ("done", {"imported": 4})
    assert set(Order.objects.values_list("store_note", flat=True)) == {
        "",
        "Changed, here already",
        "Changed, not here yet",
    }
    assert_accounted(shop, connection_of(run))


def test_order_that_a_poll_brought_in_newer_is_not_put_back(shop, db, slices):
    """The first import may show an older state that its search has kept."""
    order = sold_before(shop, 9 * DAY)[0]
    run = first_import()
    shop.clock.forward(minutes=1)
    shop.change(order, note="New")
    bring(shop, run)
    order.note, order.updated_at = "Old", order.created_at
    assert to_the_end(shop, run).counts == {"unchanged": 1}
    assert Order.objects.get().store_note == "New"


def test_paused_run_stores_nothing_of_the_page_under_way_and_goes_on_there(
    shop, db, monkeypatch
):
    sold_before(shop, *days(9, 8, 7, 6, 5))
    run = first_import()

    def pause_at_the_second(snapshots, **values):
        if Order.objects.exists():
            assert lifecycle.pause(run, now=shop.clock.now)
        return import_page(snapshots, **values)

    monkeypatch.setattr(worker, "import_page", pause_at_the_second)
    assert advance(run.pk, now=shop.clock) is None
    monkeypatch.undo()
    run.refresh_from_db()
    assert (run.state, run.done, Order.objects.count(), run.lease) == (
        "paused",
        2,
        2,
        None,
    )
    assert (lifecycle.due_runs(shop.clock.now), advance(run.pk, now=shop.clock)) == (
        [],
        None,
    )
    assert not lifecycle.pause(run, now=shop.clock.now)
    shop.requests.clear()
    assert lifecycle.resume(run, now=shop.clock.now)
    assert not lifecycle.resume(run, now=shop.clock.now)
    run = to_the_end(shop, run)
    assert (run.state, run.done, run.counts) == ("done", 5, {"imported": 5})
    assert shop.requests[0].variables["after"]
    assert "OrdersCount" not in shop.asked()
    assert_accounted(shop, connection_of(run))


def test_cancelled_run_keeps_what_is_here_and_says_what_was_left_out(shop, db, slices):
    orders = sold_before(shop, *days(9, 8, 7, 6, 5))
    run = advance(first_import().pk, now=shop.clock)
    assert lifecycle.cancel(run, now=shop.clock.now)
    run.refresh_from_db()
    assert (run.state, run.finished_at, run.done, run.expected) == (
        "cancelled",
        shop.clock.now,
        2,
        5,
    )
    assert (run.left_out_from, run.before) == (
        orders[1].updated_at,
        connection_of(run).covered_from,
    )
    assert (
        advance(run.pk, now=shop.clock),
        lifecycle.resume(run, now=shop.clock.now),
        lifecycle.cancel(run, now=shop.clock.now),
    ) == (*[None, False, False],)
    assert numbers() == {"#1001", "#1002"}
    shop.clock.forward(minutes=1)
    shop.change(orders[4], note="Changed since")
    assert bring(shop, run) == {"imported": 1}
    assert_accounted(shop, connection_of(run), but={orders[2].id, orders[3].id})
    # Saving the settings again does not bring back what was cancelled.
    connect(**FIRST)
    assert ImportJob.objects.count() == 1


def test_worker_that_dies_in_a_pages_transaction_loses_and_doubles_nothing(
    shop, db, monkeypatch
):
    sold_before(shop, *days(9, 8, 7, 6, 5))
    run = first_import()
    pages = []

    def die_in_the_second(snapshots, *, commit, **values):
        def commit_and_die(outcomes):
            commit(outcomes)
            pages.append(len(outcomes))
            if len(pages) == 2:
                raise KeyboardInterrupt

        return import_page(snapshots, commit=commit_and_die, **values)

    monkeypatch.setattr(worker, "import_page", die_in_the_second)
    with pytest.raises(KeyboardInterrupt):
        advance(run.pk, now=shop.clock)
    run.refresh_from_db()
    assert (run.state, run.done, run.counts, Order.objects.count()) == (
        "running",
        2,
        {"imported": 2},
        2,
    )
    # The dead worker's lease still stands …
    assert advance(run.pk, now=shop.clock) is None
    shop.clock.forward(minutes=6)
    assert lifecycle.due_runs(shop.clock.now) == [run.pk]
    run = to_the_end(shop, run)  # … until it runs out.
    assert (run.state, run.done, run.counts) == ("done", 5, {"imported": 5})
    assert_accounted(shop, connection_of(run))


def test_busy_store_lets_the_run_wait_and_go_on_by_itself(shop, db):
    sold_before(shop, *days(9, 8, 7))
    run = first_import()
    for wait in [1, 2, 4, 8, 10]:
        shop.fail_next(faults.status(503), times=9)
        with pytest.raises(StoreUnavailable):
            advance(run.pk, now=shop.clock)
        shop.faults.clear()
        run.refresh_from_db()
        assert (run.state, run.reason_code, run.due_at - shop.clock.now) == (
            "waiting",
            "server_error",
            timedelta(minutes=wait),
        )
        assert lifecycle.due_runs(shop.clock.now) == []
        shop.clock.now = run.due_at
    run = to_the_end(shop, run)
    assert (run.state, run.reason, run.attempts, run.counts) == (
        "done",
        "",
        0,
        {"imported": 3},
    )
    assert_accounted(shop, connection_of(run))


def test_refused_token_stops_the_run_until_the_store_is_mended(shop, db, slices):
    sold_before(shop, *days(9, 8, 7))
    run = advance(first_import().pk, now=shop.clock)
    shop.revoke_tokens()
    with pytest.raises(StoreRefused):
        advance(run.pk, now=shop.clock)
    run.refresh_from_db()
    assert (run.state, run.reason_code, connection_of(run).state) == (
        "waiting",
        "token_refused",
        State.NEEDS_ATTENTION,
    )
    shop.clock.forward(hours=5)
    assert lifecycle.due_runs(shop.clock.now) == []
    shop.tokens.add("demo-token")
    connect(**FIRST)
    assert lifecycle.due_runs(shop.clock.now) == [run.pk]
    assert to_the_end(shop, run).counts == {"imported": 3}


def test_paused_store_keeps_its_run(shop, db):
    sold_before(shop, *days(9))
    run = first_import()
    StoreConnection.objects.update(enabled=False)
    shop.requests.clear()
    assert (
        lifecycle.due_runs(shop.clock.now),
        advance(run.pk, now=shop.clock),
        shop.requests,
    ) == (
        [],
        None,
        [],
    )
    StoreConnection.objects.update(enabled=True)
    assert to_the_end(shop, run).counts == {"imported": 1}


def test_fault_of_our_own_ends_the_run_after_five_times_and_it_can_be_resumed(
    shop, db, monkeypatch
):
    sold_before(shop, *days(9))
    run = first_import()

    def fault(*_args, **_values):
        raise KeyError("secret")

    monkeypatch.setattr(worker, "import_page", fault)
    for number in range(1, 6):
        with pytest.raises(KeyError):
            advance(run.pk, now=shop.clock)
        run.refresh_from_db()
        assert (run.state, run.attempts) == (
            "failed" if number == 5 else "waiting",
            number,
        )
        shop.clock.forward(minutes=11)
    assert (run.reason, run.reason_code, run.lease) == (worker.FAULT, "fault", None)
    assert lifecycle.due_runs(shop.clock.now) == []
    monkeypatch.undo()
    assert lifecycle.resume(run, now=shop.clock.now)
    assert to_the_end(shop, run).counts == {"imported": 1}


def test_run_costs_the_same_queries_per_page_whatever_is_in_it(shop, db):
    connection = connect()

    def cost(number: int) -> tuple[int, list[str]]:
        shop.orders.clear()
        sold_before(shop, *[10 * DAY] * number)
        run = lifecycle.begin_import(
            connection, all_since=None, by_id=None, now=shop.clock.now
        )
        shop.requests.clear()
        with CaptureQueriesContext(database) as queries:
            assert advance(run.pk, now=shop.clock).counts == {"imported": number}
        # PostgreSQL looks at a table anew when it has doubled.
        return sum(
            not query["sql"].startswith("ANALYZE") for query in queries
        ), shop.asked()

    cost(1)  # From here on the customer and the product are known.
    few, many = cost(3), cost(200 if database.vendor == "postgresql" else 25)
    assert few == many
    assert few[1] == ["OrdersCount", "ChangedOrders"]


def test_settings_that_reach_further_back_begin_a_run_over_what_is_new(shop, db, now):
    orders = sold_before(shop, *days(50, 20, 10), fulfillment="FULFILLED")
    run = to_the_end(shop, first_import(since=now - 15 * DAY))
    assert numbers() == {"#1003"}
    connect(**FIRST | {"since": now - 30 * DAY})
    run = ImportJob.objects.exclude(pk=run.pk).get()
    assert (run.since, run.before, run.expected) == (now - 30 * DAY, now - 15 * DAY, 1)
    run = to_the_end(shop, run)
    assert (numbers(), connection_of(run).covered_from) == (
        {"#1002", "#1003"},
        now - 30 * DAY,
    )
    connect(**FIRST | {"since": now - 20 * DAY})
    assert ImportJob.objects.count() == 2
    assert_accounted(shop, connection_of(run), but={orders[0].id})


def test_first_import_under_way_gives_way_to_one_that_reaches_further(
    shop, db, now, slices
):
    sold_before(shop, *days(50, 12, 11, 10), fulfillment="FULFILLED")
    old = advance(first_import(since=now - 15 * DAY).pk, now=shop.clock)
    connect(**FIRST | {"since": now - 55 * DAY})
    old.refresh_from_db()
    run = ImportJob.objects.exclude(pk=old.pk).get()
    assert (old.state, run.state, run.since, run.before) == (
        "cancelled",
        "waiting",
        now - 55 * DAY,
        old.before,
    )
    run = to_the_end(shop, run)
    assert (run.counts, connection_of(run).covered_from) == (
        {"imported": 2, "unchanged": 2},
        now - 55 * DAY,
    )
    assert_accounted(shop, connection_of(run))


def test_poll_that_has_seen_nothing_goes_on_behind_the_first_import(shop, db):
    orders = sold_before(shop, *days(9, 8))
    run = first_import()
    assert bring(shop, run) == {}
    to_the_end(shop, run)
    assert connection_of(run).synced_until == orders[1].updated_at
    shop.requests.clear()
    assert bring(shop, run) == {"unchanged": 1}
    assert len(shop.requests) == 1


def test_only_one_run_of_a_kind_is_open(shop, db, now):
    connection = connect()
    one = lifecycle.begin_import(
        connection, all_since=now - 9 * DAY, by_id=None, now=now
    )
    assert (
        lifecycle.begin_import(
            connection, all_since=now - 5 * DAY, by_id=None, now=now
        ).pk
        == one.pk
    )
    lifecycle.cancel(one, now=now)
    two = lifecycle.begin_import(
        connection, all_since=now - 5 * DAY, by_id=None, now=now
    )
    ImportJob.objects.filter(pk=one.pk).update(state=JobState.FAILED)
    assert not lifecycle.resume(one, now=now)
    assert two.pk != one.pk


def test_import_by_hand_takes_all_orders_since_its_day_and_the_rule_for_older_ones(
    shop, db, now
):
    sold_before(shop, *days(30, 10), fulfillment="FULFILLED")
    sold_before(shop, *days(29, 9), test=True)
    sold_before(shop, 28 * DAY)
    connection = connect(**FIRST)
    ImportJob.objects.all().delete()
    run = lifecycle.begin_import(
        connection, all_since=now - 15 * DAY, by_id=None, now=now
    )
    run = to_the_end(shop, run)
    assert (numbers(), run.counts) == ({"#1002"}, {"imported": 1, "skipped": 1})
    run = to_the_end(
        shop, lifecycle.begin_import(connection, all_since=None, by_id=None, now=now)
    )
    assert (numbers(), run.counts) == (
        {"#1002", "#1005"},
        {"imported": 1, "skipped": 3, "unchanged": 1},
    )
    assert_accounted(shop, connection)


def test_task_goes_on_slice_by_slice_and_the_tick_finds_what_a_lost_message_forgot(
    shop, db, slices, monkeypatch
):
    sold_before(shop, *days(9, 8, 7))
    run = first_import()
    sent = []
    monkeypatch.setattr(
        dispatch, "enqueue", lambda task, *args: sent.append((task, *args))
    )
    tasks.advance_run(run.pk)
    assert sent == [("advance_run", run.pk)]
    sent.clear()
    tasks.tick()
    assert ("advance_run", run.pk) in sent
    sent.clear()
    tasks.advance_run(run.pk)
    run.refresh_from_db()
    assert (sent, run.state) == ([], "done")
