"""The same work by several workers at once, and workers that die: one row per order, customer and product."""

import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection as database
from django.db import connections
from django.db.models import Count
from django.utils import timezone

from customers.models import Customer, CustomerKey
from fakeshop.records import Address
from integrations.models import StoreConnection
from integrations.platforms.registry import gateway_for
from integrations.refresh.request import again_between, continue_action
from integrations.refresh.worker import claim_batch, refresh_store
from integrations.sync import polling
from integrations.sync.import_page import import_page, rules_of
from inventory.models import Product, ProductKey
from orders.bulk.engine import ask
from orders.models import (
    BulkAction,
    BulkActionOrder,
    BulkKind,
    BulkOutcome,
    Order,
    OrderLine,
    Refresh,
)
from tests.support.concurrency import at_once, in_another_process
from tests.support.orders import write_off_lines
from tests.support.shop import sell

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_two_polls_of_one_store_at_once_are_one(shop, connection):
    for _ in range(5):
        sell(shop, 0, 1)
    refused = threading.Barrier(4)

    def poll():
        summary = polling.poll(connection.pk)
        if summary is None:
            refused.wait(30)
        return summary

    def answer_when_the_others_are_refused(_request):
        shop.before_answer = None
        refused.wait(30)

    shop.before_answer = answer_when_the_others_are_refused
    summaries = at_once(*[poll] * 4)
    assert [summary.counts for summary in summaries if summary] == [{"imported": 5}]
    assert Order.objects.count() == 5


def test_the_same_orders_by_several_ways_at_once_are_stored_once(shop, connection):
    """Poll, manual update and webhook may meet: without the lease, straight into the one import path."""
    for number in range(12):
        customer = shop.add_customer(
            "Nr", str(number % 3), phone=f"+4915100000{number % 3:03}"
        )
        sold = list(shop.products.values())
        shop.place_order(
            [shop.line(sold[number % 3]), shop.line(sold[0], variant=1)], customer
        )

    def bring():
        row = StoreConnection.objects.select_related("store", "order_type").get()
        gateway = gateway_for(row)
        (page,) = gateway.changed_orders(shop.clock.now - timedelta(days=1))
        return import_page(
            page.snapshots,
            rules=rules_of(row),
            gateway=gateway,
            fetched_at=page.fetched_at,
            now=timezone.now(),
        )

    outcomes = [outcome.result for each in at_once(*[bring] * 6) for outcome in each]
    assert Counter(outcomes) == {"imported": 12, "unchanged": 60}
    assert (Order.objects.count(), OrderLine.objects.count()) == (12, 24)
    assert (
        Customer.objects.count(),
        CustomerKey.objects.filter(key__startswith="phone:").count(),
    ) == (3, 3)
    assert (Product.objects.count(), ProductKey.objects.count()) == (4, 4)


@pytest.mark.slow
def test_fifty_clicks_make_one_refresh(shop, connection, ann):
    sell(shop, 0)
    polling.poll(connection.pk)
    order = Order.objects.get()
    now = timezone.now()
    shop.requests.clear()

    def click() -> BulkAction:
        action = ask(
            Order.objects.filter(pk=order.pk), kind=BulkKind.REFRESH, by=ann, now=now
        )
        continue_action(action, clock=lambda: now)
        return action

    clicks = 50 if database.vendor == "postgresql" else 20
    again = Counter(again_between(action) for action in at_once(*[click] * clicks))
    assert again == {
        None: 1,
        (now + timedelta(minutes=10), now + timedelta(minutes=10)): clicks - 1,
    }
    outcomes = Counter(BulkActionOrder.objects.values_list("outcome", flat=True))
    assert outcomes == {BulkOutcome.ACCEPTED: 1, BulkOutcome.TOO_SOON: clicks - 1}
    assert sum(at_once(*[lambda: refresh_store(connection.store_id)] * 3)) == 1
    assert shop.asked() == ["OrdersById"]
    assert Refresh.objects.get().outcome == "unchanged"


@pytest.mark.slow
def test_waiting_orders_are_taken_by_one_worker(shop, connection, ann):
    sell(shop, 0)
    polling.poll(connection.pk)
    now = timezone.now()
    ask(Order.objects.all(), kind=BulkKind.REFRESH, by=ann, now=now)
    continue_action(BulkAction.objects.get(), clock=lambda: now)
    for _ in range(20):
        Refresh.objects.update(lease=None, leased_until=None)
        taken = at_once(*[lambda: claim_batch(connection.store_id, now)] * 6)
        assert sum(len(batch) for batch in taken) == 1


def test_write_off_during_a_sync_is_never_lost(shop, connection, kim):
    orders = [sell(shop, 1) for _ in range(8)]
    polling.poll(connection.pk)
    shop.clock.forward(seconds=5)
    for order in orders:
        shop.set_quantity(order, 0, 4)

    def write_off():
        for order in Order.objects.order_by("pk"):
            write_off_lines(order, by=kim, now=timezone.now())

    at_once_two = [lambda: polling.poll(connection.pk), write_off]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(_in_thread, at_once_two))
    for line in OrderLine.objects.all():
        # Written off with 1 and marked as different, or carried over to 4 before (and perhaps written off
        # with that).
        assert (int(line.quantity), line.difference) in [
            (1, {"quantity": ["1", "4"]}),
            (4, None),
        ]


def _in_thread(work):
    try:
        return work()
    finally:
        connections.close_all()


@pytest.mark.slow
def test_worker_killed_in_the_middle_of_a_page_loses_and_doubles_nothing(
    shop, connection, settings
):
    for _ in range(40):
        shop.clock.forward(seconds=1)
        sell(shop, 0, 1)
    StoreConnection.objects.update(page_size=4)
    reached = threading.Event()

    def wait_at_the_fifth(request):
        if len([name for name in shop.asked() if name == "ChangedOrders"]) == 5:
            reached.set()
            time.sleep(0.5)

    shop.requests.clear()
    shop.before_answer = wait_at_the_fifth
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "sync_store", connection.domain],
        cwd=ROOT,
        env=in_another_process(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert reached.wait(30)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    shop.before_answer = None
    stored = Order.objects.count()
    assert stored == 16  # four pages of four
    assert polling.poll(connection.pk) is None  # The dead worker's lease still stands …
    later = timezone.now() + timedelta(minutes=6)
    shop.requests.clear()
    summary = polling.poll(connection.pk, now=lambda: later)  # … until it runs out.
    assert summary is not None
    assert shop.requests[0].variables["after"]
    assert summary.counts["imported"] == 40 - stored
    assert (
        Order.objects.count(),
        OrderLine.objects.count(),
        Customer.objects.count(),
    ) == (40, 80, 1)


def test_orders_of_one_new_guest_at_once_are_one_customer(shop, connection):
    """Guests of one address, companies and numbers, each order on a page of its own."""
    battery, acme = list(shop.products.values())[1], shop.add_company("Acme GmbH")
    orders = [
        shop.place_order([shop.line(battery)], **values)
        for values in [
            *[{"email": "guest@example.com"}] * 3,
            *[{"company": acme}] * 3,
            *[{"billing": Address("Ann", phone="0664 1234567", country="AT")}] * 3,
        ]
    ]

    def bring(order):
        row = StoreConnection.objects.select_related("store", "order_type").get()
        gateway = gateway_for(row)
        reading = gateway.orders([str(order.id)])
        return import_page(
            reading.snapshots,
            rules=rules_of(row),
            gateway=gateway,
            fetched_at=reading.fetched_at,
            now=timezone.now(),
        )

    done = at_once(*[lambda order=order: bring(order) for order in orders])
    assert {outcome.result for each in done for outcome in each} == {"imported"}
    counted = Customer.objects.annotate(number=Count("orders")).order_by("id")
    assert [each.number for each in counted] == [3, 3, 3]
    assert set(CustomerKey.objects.values_list("key", flat=True)) == {
        "email:guest@example.com",
        f"{connection.key}:company:{acme.id}",
        "phone:+436641234567",
    }
