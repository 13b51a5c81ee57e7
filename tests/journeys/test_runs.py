"""A first import while everything else goes on: killed workers, several at once, polls and retries beside
it."""

import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connections
from django.utils import timezone

from integrations.imports import lifecycle
from integrations.imports import worker as import_worker
from integrations.imports.worker import advance
from integrations.models import (
    ImportJob,
    JobKind,
    JobMethod,
    StoreConnection,
    UnimportedOrder,
)
from integrations.sync.polling import poll
from integrations.sync.retry import retry, retry_entries
from orders.models import Order, OrderLine
from tests.support.concurrency import at_once, in_another_process
from tests.support.invariants.stores import assert_accounted
from tests.support.shop import connect, sell

SLOW_WORKER = """
import os, sys, time
os.environ["DJANGO_SETTINGS_MODULE"] = "roapp.settings"
import django
django.setup()
from integrations.imports import worker
whole = worker.import_page
def say_and_wait(*args, **values):
    print("page", flush=True)
    time.sleep(0.2)
    return whole(*args, **values)
worker.import_page = say_and_wait
worker.advance(int(sys.argv[1]))
"""
ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.slow,
]


def old_orders(shop, number: int) -> list:
    """Orders of the last days, a minute apart."""
    shop.clock.now = datetime.now(UTC) - timedelta(days=3)
    return [sell(shop, 0, 1) for _ in range(number) if shop.clock.forward(minutes=1)]


def first_import(shop, *, page_size: int) -> tuple[StoreConnection, ImportJob]:
    connection = connect(since=None, no_first_import=False)
    StoreConnection.objects.update(page_size=page_size)
    shop.clock.now = datetime.now(UTC)
    return connection, ImportJob.objects.get()


def test_first_import_of_a_killed_worker_goes_on_where_it_stopped(shop):
    old_orders(shop, 40)
    connection, run = first_import(shop, page_size=4)
    reached = threading.Event()

    def wait_at_the_sixth(request):
        if len([name for name in shop.asked() if name == "ChangedOrders"]) == 6:
            reached.set()
            time.sleep(0.5)

    shop.requests.clear()
    shop.before_answer = wait_at_the_sixth
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "sync_store", connection.domain],
        cwd=ROOT,
        env=in_another_process(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert reached.wait(60)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    shop.before_answer = None
    run.refresh_from_db()
    stored = Order.objects.count()
    assert stored == 16  # four pages of four
    assert (run.state, run.done, run.counts) == (
        "running",
        stored,
        {"imported": stored},
    )
    assert advance(run.pk) is None  # The dead worker's lease still stands …
    sell(shop, 1)
    summary = poll(connection.pk)  # … and polling goes on beside it all the same.
    assert summary is not None
    assert summary.counts == {"imported": 1}
    shop.requests.clear()
    later = timezone.now() + timedelta(minutes=6)
    run = advance(run.pk, now=lambda: later)
    assert (run.state, run.done, run.counts) == ("done", 40, {"imported": 40})
    assert shop.requests[0].variables["after"]
    assert (Order.objects.count(), OrderLine.objects.count()) == (41, 81)
    assert_accounted(shop, connection)


def test_import_in_bulk_of_a_killed_worker_goes_on_where_it_stopped(shop):
    old_orders(shop, 40)
    connection, run = first_import(shop, page_size=4)
    ImportJob.objects.update(method=JobMethod.BULK)
    shop.bulk.looks = 1
    assert advance(run.pk).export_id
    ImportJob.objects.update(due_at=timezone.now())
    environment = in_another_process()
    worker = subprocess.Popen(
        [sys.executable, "-c", SLOW_WORKER, str(run.pk)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with worker:
        assert [worker.stdout.readline() for _ in range(3)] == [b"page\n"] * 3
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    run.refresh_from_db()
    stored = Order.objects.count()
    assert stored == 8  # two pages of four
    assert (run.state, run.done, run.counts) == (
        "running",
        stored,
        {"imported": stored},
    )
    assert advance(run.pk) is None  # The dead worker's lease still stands.
    later = timezone.now() + timedelta(minutes=6)
    run = advance(run.pk, now=lambda: later)
    assert (run.state, run.method, run.done, run.counts) == (
        "done",
        "bulk",
        40,
        {"imported": 40},
    )
    assert (shop.bulk.downloads, run.exports) == ([""], 1)
    assert (Order.objects.count(), OrderLine.objects.count()) == (40, 80)
    assert_accounted(shop, connection)


def test_polls_workers_and_retries_at_once_bring_each_order_in_once(shop, monkeypatch):
    monkeypatch.setattr(import_worker, "SLICE_SECONDS", 0.0)
    orders = old_orders(shop, 30)
    held = orders[::10]
    for order in held:
        order.currency = "USD"
    connection, run = first_import(shop, page_size=5)
    new = [sell(shop, 0) for _ in range(6)]
    for order in orders[5:8]:
        shop.change(order, note="Changed meanwhile")
    finished = threading.Event()

    def work(number: int) -> None:
        try:
            while not finished.is_set():
                if number < 2:
                    advance(run.pk)
                elif number == 2:
                    poll(connection.pk)
                else:
                    retry(UnimportedOrder.objects.all(), now=timezone.now())
                    retry_entries(connection.store_id)
                time.sleep(0.05)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work, args=[number]) for number in range(4)]
    for worker in workers:
        worker.start()
    until = time.monotonic() + 60
    while ImportJob.objects.get().is_moving and time.monotonic() < until:
        time.sleep(0.05)
    finished.set()
    for worker in workers:
        worker.join()
    run.refresh_from_db()
    assert (run.state, run.done) == ("done", 27)
    assert poll(connection.pk) is not None
    assert Order.objects.count() == len(orders) - len(held) + len(new)
    assert Order.objects.filter(store_note="Changed meanwhile").count() == 3
    assert set(UnimportedOrder.objects.values_list("code", flat=True)) == {"currency"}
    assert_accounted(shop, connection)


def test_one_run_however_many_begin_it_and_one_worker_however_many_take_it(shop):
    connection = connect()
    now = timezone.now()
    begun = at_once(
        *[lambda: lifecycle.begin_reconcile(connection, by_id=None, now=now).pk] * 8
    )
    assert (len(set(begun)), ImportJob.objects.count()) == (1, 1)
    ImportJob.objects.update(state="cancelled")
    due = StoreConnection.objects.get().next_reconcile_at
    at_once(*[lambda: lifecycle.begin_due_reconciles(due)] * 6)
    run = ImportJob.objects.exclude(state="cancelled").get()
    assert (run.kind, run.made_at) == (JobKind.RECONCILE, due)
    shop.requests.clear()
    taken = at_once(*[lambda: advance(run.pk, now=lambda: due)] * 6)
    assert Counter(each is not None for each in taken) == {True: 1, False: 5}
    assert shop.asked() == ["OrdersCount", "ChangedOrdersSlim"]


def test_retries_at_once_are_one_read_of_each_order(shop):
    connection = connect()
    for _ in range(30):
        sell(shop, 0, currency="USD")
    poll(connection.pk)
    now = timezone.now()
    retry(UnimportedOrder.objects.all(), now=now)
    for order in shop.orders.values():
        order.currency = "EUR"
    shop.requests.clear()
    summaries = at_once(
        *[lambda: retry_entries(connection.store_id, now=lambda: now)] * 5
    )
    assert sum(summary.counts["imported"] for summary in summaries) == 30
    assert shop.asked().count("FoundOrders") == 1
    assert (Order.objects.count(), UnimportedOrder.objects.count()) == (30, 0)
