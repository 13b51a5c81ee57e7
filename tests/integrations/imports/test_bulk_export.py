"""Runs in bulk: the fake shop writes its orders into one file, and everything may go wrong with it on the
way."""

from datetime import datetime, timedelta

import pytest
from django.conf import settings

from fakeshop import faults
from integrations.imports import bulk_export, lifecycle, worker
from integrations.imports.worker import advance
from integrations.models import (
    ImportJob,
    JobKind,
    JobMethod,
    StoreConnection,
    UnimportedOrder,
)
from integrations.platforms.errors import StoreRefused, StoreUnavailable
from integrations.shopify import bulk_operation
from integrations.sync.polling import poll
from orders.models import Order
from tests.support.invariants.stores import assert_accounted
from tests.support.shop import connect, sell

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _today(shop, time_machine, monkeypatch, settings, tmp_path) -> None:
    settings.VAR_DIR = tmp_path
    time_machine.move_to(shop.clock.now, tick=False)
    monkeypatch.setattr(bulk_export, "BULK_FROM", 3)


@pytest.fixture
def now(shop) -> datetime:
    return shop.clock.now


def sold(shop, number: int, **values) -> list:
    """So many orders of two lines, the last of them a day ago, a day between them."""
    now = shop.clock.now
    orders = []
    for age in range(number, 0, -1):
        shop.clock.now = now - age * DAY
        orders.append(sell(shop, 0, 1, **values))
    shop.clock.now = now
    return orders


def first_import(**options) -> ImportJob:
    connection = connect(**{"since": None, "no_first_import": False} | options)
    StoreConnection.objects.update(page_size=2)
    return ImportJob.objects.get(store=connection.store_id, kind=JobKind.FIRST_IMPORT)


def go_on(shop, run, times: int = 1) -> ImportJob:
    """The next turns of a worker, each as soon as the run is due."""
    for _ in range(times):
        run.refresh_from_db()
        shop.clock.now = max(shop.clock.now, run.due_at)
        run = advance(run.pk, now=shop.clock)
    return run


def to_the_end(shop, run) -> ImportJob:
    for _ in range(40):
        run = go_on(shop, run)
        if not run.is_moving:
            run.refresh_from_db()
            return run
    raise AssertionError(f"it does not end: {run.__dict__}")


def connection_of(run) -> StoreConnection:
    return StoreConnection.objects.select_related("store").get(store=run.store_id)


def files() -> list:
    return sorted((settings.VAR_DIR / "exports").glob("*"))


def numbers() -> list[str]:
    return list(
        Order.objects.order_by("store_updated_at").values_list(
            "external_number", flat=True
        )
    )


def test_many_orders_come_in_one_file_and_then_by_the_usual_pages(shop, db, now):
    sold(shop, 5)
    run = first_import()
    assert (run.method, run.expected, run.state) == (JobMethod.BULK, 5, "waiting")
    run = go_on(shop, run)
    assert (run.state, run.exports, run.export_at, run.due_at - now) == (
        "waiting",
        1,
        now,
        timedelta(seconds=15),
    )
    assert (run.lease, run.is_prepared, run.prepared) == (None, True, 0)
    # The store is left in peace until then.
    assert advance(run.pk, now=shop.clock) is None
    run = to_the_end(shop, run)
    assert (run.state, run.method, run.done, run.counts, run.export_id) == (
        "done",
        "bulk",
        5,
        {"imported": 5},
        "",
    )
    assert (run.position, run.reason, run.prepared, run.is_prepared) == (
        "",
        "",
        15,
        False,
    )
    assert shop.asked().count("BulkRun") == 1
    assert "ChangedOrders" not in shop.asked()
    assert shop.bulk.downloads == [""]  # All of it, and no token.
    assert files() == []
    assert Order.objects.get(external_number="#1001").lines.count() == 2
    assert connection_of(run).covered_from == run.since
    assert_accounted(shop, connection_of(run))


def test_file_says_of_an_order_what_its_page_says(shop, db, monkeypatch):
    orders = sold(shop, 4)
    shop.refund(orders[0], lines={0: 1})
    shop.add_line(orders[1], shop.custom_line("Engraving", "5.00"))
    shop.add_line(orders[2], shop.tip_line("2.00"))
    shop.clock.forward(hours=3)
    connect(
        since=datetime(2026, 11, 1, tzinfo=shop.clock.now.tzinfo), no_first_import=True
    )
    StoreConnection.objects.update(page_size=2)
    run = lifecycle.begin_import(
        StoreConnection.objects.get(), all_since=None, by_id=None, now=shop.clock.now
    )
    run = to_the_end(shop, run)
    assert (run.method, run.counts) == ("bulk", {"imported": 4})
    before = list(Order.objects.order_by("pk").values())
    monkeypatch.setattr(bulk_export, "BULK_FROM", 1_000)
    run = to_the_end(
        shop,
        lifecycle.begin_import(
            StoreConnection.objects.get(),
            all_since=None,
            by_id=None,
            now=shop.clock.now,
        ),
    )
    assert (run.method, run.done, run.counts) == ("pages", 4, {"unchanged": 4})
    changing = {
        "synced_at",
        "fetched_at",
        "fingerprint",
        "changed_at",
        "store_fetched_at",
    }
    for one, other in zip(before, Order.objects.order_by("pk").values(), strict=True):
        assert {key for key in one if one[key] != other[key]} <= changing


@pytest.mark.parametrize("seed", range(3))
def test_lines_of_the_file_may_stand_in_any_order(shop, db, seed, monkeypatch):
    monkeypatch.setattr(bulk_operation, "LINES_AT_ONCE", 2)
    shop.bulk.shuffle = seed
    sold(shop, 6)
    run = to_the_end(shop, first_import())
    assert (run.method, run.done, run.counts) == ("bulk", 6, {"imported": 6})
    assert numbers() == ["#1001", "#1002", "#1003", "#1004", "#1005", "#1006"]
    for order in Order.objects.all():
        assert list(order.lines.order_by("pk").values_list("name", flat=True)) == [
            "Display – Black",
            "Battery",
        ]
    assert "OrdersById" not in shop.asked()
    assert_accounted(shop, connection_of(run))


def test_export_that_breaks_off_is_used_and_the_rest_read_by_pages(shop, db):
    orders = sold(shop, 6)
    # Two whole orders, and a third that lacks its second line.
    shop.bulk.ends = [("FAILED", "TIMEOUT", 8)]
    run = to_the_end(shop, first_import())
    assert (run.state, run.method, run.exports) == ("done", "pages", 1)
    assert Order.objects.get(external_number="#1003").lines.count() == 2
    assert shop.asked().count("OrdersById") == 1
    queries = [
        request.variables["query"]
        for request in shop.requests
        if request.operation == "ChangedOrders"
    ]
    assert {each.split("'")[1] for each in queries} == {
        f"{orders[2].updated_at:%Y-%m-%dT%H:%M:%SZ}"
    }
    assert (run.done, run.counts) == (7, {"imported": 6, "unchanged": 1})
    assert files() == []
    assert_accounted(shop, connection_of(run))


def test_export_that_breaks_off_in_no_order_is_walked_through_from_the_start(shop, db):
    sold(shop, 6)
    shop.bulk.shuffle = 1
    shop.bulk.ends = [("CANCELED", "", 9)]
    run = to_the_end(shop, first_import())
    queries = [
        request.variables["query"]
        for request in shop.requests
        if request.operation == "ChangedOrders"
    ]
    assert {each.split("'")[1] for each in queries} == {
        f"{run.since:%Y-%m-%dT%H:%M:%SZ}"
    }
    assert (run.state, run.method, run.done, run.counts["imported"]) == (
        "done",
        "pages",
        6,
        6,
    )
    assert_accounted(shop, connection_of(run))


@pytest.mark.parametrize("status", ["FAILED", "CANCELED", "EXPIRED"])
def test_export_of_which_nothing_is_left_is_begun_again(shop, db, status):
    sold(shop, 4)
    shop.bulk.ends = [
        (status, "INTERNAL_SERVER_ERROR" if status == "FAILED" else "", 0)
    ]
    run = to_the_end(shop, first_import())
    assert (run.state, run.method, run.exports, run.counts) == (
        "done",
        "bulk",
        2,
        {"imported": 4},
    )


def test_run_goes_by_pages_where_no_export_comes_to_anything(shop, db):
    sold(shop, 4)
    shop.bulk.ends = [("FAILED", "INTERNAL_SERVER_ERROR", 0)] * 9
    run = to_the_end(shop, first_import())
    assert (run.state, run.method, run.exports, run.counts) == (
        "done",
        "pages",
        3,
        {"imported": 4},
    )
    assert shop.asked().count("BulkRun") == 3
    assert_accounted(shop, connection_of(run))


def test_question_that_shopify_does_not_take_ends_in_pages(shop, db, caplog):
    sold(shop, 4)
    caplog.set_level("WARNING")
    shop.bulk.refused = "INVALID"
    run = to_the_end(shop, first_import())
    assert (run.state, run.method, run.counts) == ("done", "pages", {"imported": 4})
    assert "began no export: INVALID" in caplog.text


def test_address_that_has_expired_is_asked_for_anew(shop, db, monkeypatch):
    monkeypatch.setattr(bulk_operation, "LINES_AT_ONCE", 1)
    sold(shop, 4)
    run = go_on(shop, first_import(), 2)
    shop.bulk.cuts = [700]
    with pytest.raises(StoreUnavailable):
        go_on(shop, run)
    shop.bulk.expire()
    run = to_the_end(shop, run)
    assert (run.state, run.method, run.exports, run.counts) == (
        "done",
        "bulk",
        1,
        {"imported": 4},
    )


def test_file_that_is_gone_for_good_ends_in_pages(shop, db):
    sold(shop, 4)
    shop.bulk.keeps_files = False
    run = to_the_end(shop, first_import())
    assert (run.state, run.method, run.exports, run.counts) == (
        "done",
        "pages",
        3,
        {"imported": 4},
    )
    assert files() == []


def test_download_that_is_cut_off_goes_on_where_it_stopped(shop, db, monkeypatch, now):
    monkeypatch.setattr(bulk_operation, "LINES_AT_ONCE", 1)
    sold(shop, 5)
    run = go_on(shop, first_import(), 2)
    shop.bulk.cuts = [5_000]
    with pytest.raises(StoreUnavailable):
        go_on(shop, run)
    run.refresh_from_db()
    assert (run.state, run.attempts, run.done, run.prepared) == ("waiting", 1, 0, 15)
    assert files()[0].stat().st_mode & 0o777 == 0o600
    run = to_the_end(shop, run)
    first, second = shop.bulk.downloads
    assert first == ""
    [export] = shop.bulk.operations.values()
    file = b"".join(line + b"\n" for line in export.lines)
    last_whole_line = file.rindex(b"\n", 0, 5_000)
    assert second == f"bytes={last_whole_line + 1}-"
    assert (run.state, run.exports, run.counts) == ("done", 1, {"imported": 5})


def test_download_that_takes_long_leaves_the_worker_to_others(shop, db, monkeypatch):
    monkeypatch.setattr(worker, "SLICE_SECONDS", 0.0)
    monkeypatch.setattr(bulk_operation, "LINES_AT_ONCE", 1)
    monkeypatch.setattr("integrations.shopify.bulk_download.CHUNK", 4_000)
    sold(shop, 5)
    run = to_the_end(shop, first_import())
    assert len(shop.bulk.downloads) == 6
    assert (run.state, run.exports, run.counts) == ("done", 1, {"imported": 5})


def test_busy_store_begins_the_export_later(shop, db, now):
    sold(shop, 4)
    shop.bulk.refused = "OPERATION_IN_PROGRESS"
    run = go_on(shop, first_import())
    assert (run.state, run.reason, run.reason_code, run.attempts) == (
        "waiting",
        bulk_export.BUSY,
        "",
        0,
    )
    assert (run.due_at, run.exports, run.lease) == (now + timedelta(minutes=1), 0, None)
    run = go_on(shop, run, 5)
    assert run.state == "waiting"
    shop.bulk.refused = ""
    run = to_the_end(shop, run)
    assert (run.state, run.reason, run.exports, run.counts) == (
        "done",
        "",
        1,
        {"imported": 4},
    )


def test_shopify_makes_no_more_than_five_exports_at_once(shop, db):
    sold(shop, 4)
    others = [shop.bulk.begin("{ shop { name } }") for _ in range(5)]
    run = go_on(shop, first_import())
    assert run.reason == bulk_export.BUSY
    shop.bulk.cancel(others[0].id)
    assert to_the_end(shop, run).counts == {"imported": 4}


@pytest.mark.parametrize("refusal", ["customer_refused", "wiped"])
def test_refused_customer_data_is_not_asked_for_again(shop, db, refusal):
    shop.customer_data = refusal
    sold(shop, 4)
    run = to_the_end(shop, first_import())
    assert (run.state, run.method, run.exports, run.counts) == (
        "done",
        "bulk",
        2,
        {"imported": 4},
    )
    asked = [each.query.split("{")[0].strip() for each in shop.bulk.operations.values()]
    assert asked == ["query BulkOrders", "query BulkOrdersWithoutCustomers"]
    assert set(Order.objects.values_list("customer", flat=True)) == {None}
    assert_accounted(shop, connection_of(run))


def test_customer_data_that_is_known_to_be_refused_is_not_asked_for(shop, db):
    sold(shop, 4)
    run = first_import()
    StoreConnection.objects.update(customer_fields_blocked_at=shop.clock.now)
    run = to_the_end(shop, run)
    assert [
        each.query.split("{")[0].strip() for each in shop.bulk.operations.values()
    ] == ["query BulkOrdersWithoutCustomers"]
    assert run.counts == {"imported": 4}


def test_scope_that_is_lost_meanwhile_is_told_by_a_page(shop, db):
    sold(shop, 4)
    run = go_on(shop, first_import())
    shop.scopes.discard("read_orders")
    with pytest.raises(StoreRefused):
        go_on(shop, run, 9)
    run.refresh_from_db()
    assert (run.method, run.reason_code, connection_of(run).state) == (
        "pages",
        "scope_missing",
        "needs_attention",
    )
    assert Order.objects.count() == 0


def test_export_of_nothing_has_no_file(shop, db):
    connect()
    run = lifecycle.begin_import(
        StoreConnection.objects.get(),
        all_since=None,
        by_id=None,
        now=shop.clock.now,
        method=JobMethod.BULK,
    )
    run = to_the_end(shop, run)
    assert (run.state, run.method, run.done, run.counts, shop.bulk.downloads) == (
        "done",
        "bulk",
        0,
        {},
        [],
    )


def test_worker_that_dies_loses_and_doubles_nothing(shop, db, monkeypatch):
    sold(shop, 5)
    run = go_on(shop, first_import(), 2)
    whole, pages = worker.import_page, []

    def die_in_the_second(snapshots, *, commit, **values):
        def commit_and_die(outcomes):
            commit(outcomes)
            pages.append(len(outcomes))
            if len(pages) == 2:
                raise KeyboardInterrupt

        return whole(snapshots, commit=commit_and_die, **values)

    monkeypatch.setattr(worker, "import_page", die_in_the_second)
    with pytest.raises(KeyboardInterrupt):
        go_on(shop, run)
    monkeypatch.setattr(worker, "import_page", whole)
    run.refresh_from_db()
    assert (run.state, run.done, run.counts, Order.objects.count()) == (
        "running",
        2,
        {"imported": 2},
        2,
    )
    shop.clock.forward(minutes=6)
    files()[
        0
    ].unlink()  # Another machine's worker has no such file: it fetches its own.
    run = to_the_end(shop, run)
    assert (run.state, run.done, run.counts, run.exports) == (
        "done",
        5,
        {"imported": 5},
        1,
    )
    assert shop.bulk.downloads == ["", ""]
    assert_accounted(shop, connection_of(run))


def test_export_that_is_lost_halfway_is_made_again_and_read_from_the_start(
    shop, db, monkeypatch
):
    monkeypatch.setattr(worker, "SLICE_SECONDS", 0.0)
    sold(shop, 5)
    run = first_import()
    while run.done < 2:
        run = go_on(shop, run)
    files()[0].unlink()
    shop.bulk.operations.clear()
    run = to_the_end(shop, run)
    assert (run.state, run.method, run.done, run.counts, run.exports) == (
        *("done", "bulk", 5),
        *({"imported": 5, "unchanged": 2}, 2),
    )


def test_nothing_is_lost_with_half_a_file_that_had_gaps(shop, db, monkeypatch):
    monkeypatch.setattr(worker, "SLICE_SECONDS", 0.0)
    sold(shop, 8)
    shop.bulk.shuffle = 1
    shop.bulk.ends = [("FAILED", "TIMEOUT", 15)]
    run = first_import()
    while run.done < 2:
        run = go_on(shop, run)
    assert numbers() != ["#1001", "#1002"]  # There is a gap.
    files()[0].unlink()
    shop.bulk.operations.clear()
    run = to_the_end(shop, run)
    assert (run.state, run.method, run.exports, run.counts["imported"]) == (
        "done",
        "bulk",
        2,
        8,
    )
    assert_accounted(shop, connection_of(run))


def test_paused_run_keeps_its_export(shop, db):
    sold(shop, 4)
    run = go_on(shop, first_import())
    assert lifecycle.pause(run, now=shop.clock.now)
    shop.clock.forward(days=1)
    assert (
        lifecycle.due_runs(shop.clock.now),
        bulk_export.left_over(shop.clock.now),
    ) == ([], [])
    assert lifecycle.resume(run, now=shop.clock.now)
    run = to_the_end(shop, run)
    assert (run.state, run.exports, run.counts) == ("done", 1, {"imported": 4})


def test_cancelled_run_has_shopify_stop_and_leaves_no_file(shop, db):
    sold(shop, 4)
    run = go_on(shop, first_import())
    assert lifecycle.cancel(run, now=shop.clock.now)
    shop.clock.now = run.due_at
    assert bulk_export.left_over(shop.clock.now) == [run.pk]
    bulk_export.clear_away(run.pk, now=shop.clock.now)
    run.refresh_from_db()
    assert (run.state, run.export_id, bulk_export.left_over(shop.clock.now)) == (
        "cancelled",
        "",
        [],
    )
    assert [each.status for each in shop.bulk.operations.values()] == ["CANCELED"]
    assert (files(), Order.objects.count()) == ([], 0)


def test_busy_store_is_told_later_that_nobody_wants_the_export(shop, db):
    sold(shop, 4)
    run = go_on(shop, first_import())
    lifecycle.cancel(run, now=shop.clock.now)
    shop.clock.now = run.due_at
    shop.fail_next(faults.status(503), times=4)
    bulk_export.clear_away(run.pk, now=shop.clock.now)
    assert bulk_export.left_over(shop.clock.now) == []
    shop.clock.forward(minutes=1)
    bulk_export.clear_away(run.pk, now=shop.clock.now)
    assert [each.status for each in shop.bulk.operations.values()] == ["CANCELED"]


def test_message_that_the_export_has_ended_ends_the_waiting(shop, db):
    sold(shop, 4)
    run = go_on(shop, first_import())
    assert lifecycle.due_runs(shop.clock.now) == []
    bulk_export.wake_waiting_jobs(run.store_id, now=shop.clock.now)
    assert lifecycle.due_runs(shop.clock.now) == [run.pk]


def test_order_that_changes_while_the_file_is_written_is_the_polls(shop, db):
    orders = sold(shop, 4)
    run = go_on(shop, first_import(), 2)
    shop.clock.forward(minutes=1)
    shop.change(orders[0], note="New")
    poll(connection_of(run).pk, now=shop.clock)
    assert numbers() == ["#1001"]
    run = to_the_end(shop, run)
    assert (
        run.state,
        Order.objects.get(external_number="#1001").store_note,
        Order.objects.count(),
    ) == (
        "done",
        "New",
        4,
    )
    assert_accounted(shop, connection_of(run))


def test_orders_of_a_file_are_judged_like_any_other(shop, db):
    sold(shop, 2, test=True)
    sold(shop, 3)
    run = to_the_end(shop, first_import())
    assert run.counts == {"imported": 3, "skipped": 2}
    assert set(UnimportedOrder.objects.values_list("code", flat=True)) == {"test_order"}
