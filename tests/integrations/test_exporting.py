"""Runs in bulk: the fake shop writes its orders into one file, and everything may go wrong with it on the way."""

from datetime import datetime, timedelta

import pytest
from django.conf import settings

from integrations import exporting
from integrations.models import ImportRun, RunKind, RunWay, StoreConnection
from integrations.running import advance
from orders.models import Order
from tests.conftest import connect, sell
from tests.integrations.invariants import assert_accounted

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _today(shop, time_machine, monkeypatch) -> None:
    time_machine.move_to(shop.clock.now, tick=False)
    monkeypatch.setattr(exporting, "BULK_FROM", 3)


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


def first_import(**options) -> ImportRun:
    connection = connect(**{"since": None, "no_first_import": False} | options)
    StoreConnection.objects.update(page_size=2)
    return ImportRun.objects.get(store=connection.store_id, kind=RunKind.FIRST_IMPORT)


def go_on(shop, run, times: int = 1) -> ImportRun:
    """The next turns of a worker, each as soon as the run is due."""
    for _ in range(times):
        run.refresh_from_db()
        shop.clock.now = max(shop.clock.now, run.due_at)
        run = advance(run.pk, now=shop.clock)
    return run


def to_the_end(shop, run) -> ImportRun:
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
    return list(Order.objects.order_by("store_updated_at").values_list("external_number", flat=True))


def test_many_orders_come_in_one_file_and_then_by_the_usual_pages(shop, db, now):
    sold(shop, 5)
    run = first_import()
    assert (run.way, run.expected, run.state) == (RunWay.BULK, 5, "waiting")
    run = go_on(shop, run)
    assert (run.state, run.exports, run.export_at, run.due_at - now) == ("waiting", 1, now, timedelta(seconds=15))
    assert (run.lease, run.is_prepared, run.prepared) == (None, True, 0)
    assert advance(run.pk, now=shop.clock) is None  # The store is left in peace until then.
    run = to_the_end(shop, run)
    assert (run.state, run.way, run.done, run.counts, run.export_id) == ("done", "bulk", 5, {"imported": 5}, "")
    assert (run.position, run.reason, run.prepared, run.is_prepared) == ("", "", 15, False)
    assert shop.asked().count("BulkRun") == 1
    assert "ChangedOrders" not in shop.asked()
    assert shop.bulk.downloads == [""]  # All of it, and no token.
    assert files() == []
    assert Order.objects.get(external_number="#1001").lines.count() == 2
    assert connection_of(run).covered_from == run.since
    assert_accounted(shop, connection_of(run))
