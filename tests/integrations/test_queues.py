"""All queues, raced for by sixteen threads: each row has one winner, and is due again if that one dies."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.utils import timezone

from integrations.connections import connect
from integrations.imports import bulk_export, lifecycle
from integrations.models import (
    ImportJob,
    JobState,
    StoreConnection,
    UnimportedOrder,
    WebhookDelivery,
)
from integrations.queues import QUEUES
from integrations.refresh import worker as refresh
from integrations.sync import polling, retry
from integrations.webhooks import inbox, subscriptions
from orders.bulk import engine
from orders.domain.refresh_claim import claim_refresh
from orders.models import BulkKind, Order, OrderType, Refresh
from tests.support.times import DAY

THREADS = 16
NOW = timezone.now()
Claim = Callable[[], Iterable[int]]
"""Ids of the rows that this call has won."""


def race(claim: Claim) -> list[int]:
    """What all threads together have won."""
    barrier = threading.Barrier(THREADS)

    def one(_number: int) -> list[int]:
        try:
            barrier.wait()
            return list(claim())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        return sorted(pk for won in pool.map(one, range(THREADS)) for pk in won)


def alone(pk: int, claimed: object) -> list[int]:
    return [pk] if claimed else []


class Case:
    """How the rows of one queue are made and claimed. ``id`` is what the queue's task is sent."""

    def __init__(self, connection: StoreConnection, kim) -> None:
        self.connection, self.store, self.kim = connection, connection.store, kim
        StoreConnection.objects.update(
            due_at=NOW + timedelta(hours=1), checked_at=NOW, webhooks_due_at=None
        )

    def poll_stores(self) -> tuple[int, list[int], Claim]:
        pk = self.connection.pk
        StoreConnection.objects.update(due_at=NOW)
        return pk, [pk], lambda: alone(pk, polling.take(pk, NOW))

    def check_store(self) -> tuple[int, list[int], Claim]:
        pk = self.connection.pk
        StoreConnection.objects.update(checked_at=NOW - timedelta(days=2))
        return pk, [pk], lambda: alone(pk, connect.claim_check(pk, now=NOW))

    def check_subscriptions(self) -> tuple[int, list[int], Claim]:
        pk = self.connection.pk
        StoreConnection.objects.update(webhooks_due_at=NOW)
        return pk, [pk], lambda: alone(pk, subscriptions.claim(pk, now=NOW))

    def refresh_store(self) -> tuple[int, list[int], Claim]:
        orders = [self._order(number) for number in range(5)]
        with transaction.atomic():
            claim_refresh([order.pk for order in orders], by_id=None, now=NOW)
        rows = list(Refresh.objects.values_list("pk", flat=True))
        return self.store.pk, rows, lambda: ids(refresh.claim_batch(self.store.pk, NOW))

    def retry_store(self) -> tuple[int, list[int], Claim]:
        for number in range(5):
            UnimportedOrder.objects.create(
                store=self.store,
                external_id=str(number),
                number=f"#{number}",
                status="failed",
                store_updated_at=DAY,
                fingerprint=1,
                last_at=DAY,
                due_at=NOW,
            )
        rows = list(UnimportedOrder.objects.values_list("pk", flat=True))
        return self.store.pk, rows, lambda: ids(retry.claim_batch(self.store.pk, NOW))

    def drain_inbox(self) -> tuple[int, list[int], Claim]:
        for number in range(5):
            WebhookDelivery.objects.create(
                connection=self.connection,
                webhook_id=str(number),
                event="order",
                received_at=NOW,
                due_at=NOW,
            )
        rows = list(WebhookDelivery.objects.values_list("pk", flat=True))
        return self.connection.pk, rows, lambda: ids(inbox.claim(self.connection, NOW))

    def advance_run(self) -> tuple[int, list[int], Claim]:
        run = lifecycle.begin_reconcile(self.connection, by_id=None, now=NOW)
        take = lifecycle.take
        return (
            run.pk,
            [run.pk],
            lambda: alone(run.pk, take(run.pk, now=NOW, duration=timedelta(minutes=5))),
        )

    def clear_export_away(self) -> tuple[int, list[int], Claim]:
        run = lifecycle.begin_reconcile(self.connection, by_id=None, now=NOW)
        ImportJob.objects.update(
            state=JobState.DONE, export_id="gid://shopify/BulkOperation/1"
        )
        return (
            run.pk,
            [run.pk],
            lambda: alone(run.pk, bulk_export.take_left_over(run.pk, now=NOW)),
        )

    def continue_action(self) -> tuple[int, list[int], Claim]:
        self._order(1)
        action = engine.ask(
            Order.objects.all(), kind=BulkKind.ASSIGN, by=self.kim, now=NOW
        )
        return (
            action.pk,
            [action.pk],
            lambda: alone(action.pk, engine.take(action.pk, now=NOW)),
        )

    def _order(self, number: int) -> Order:
        order_type = OrderType.objects.get(name="Online order")
        return Order.objects.create(
            store=self.store,
            external_id=str(number),
            order_type=order_type,
            status=order_type.initial_status,
            placed_at=DAY,
        )


def ids(
    rows: Iterable[Refresh] | Iterable[UnimportedOrder] | Iterable[WebhookDelivery],
) -> list[int]:
    return [row.pk for row in rows]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.task)
def test_of_sixteen_workers_one_gets_each_row(queue, connection, ann):
    pk, rows, claim = getattr(Case(connection, ann), queue.task)()
    assert queue.due(NOW) == [pk]
    assert race(claim) == sorted(rows)
    assert queue.due(NOW) == []
    assert queue.due(NOW + timedelta(days=2)) == [pk]
