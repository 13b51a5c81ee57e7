"""Celery: ids in, one call, out. The database is the queue; a message is only a hint that there is work."""

import logging
from datetime import datetime
from typing import Any

from celery import shared_task
from django.utils import timezone

from integrations import rereading, retrying, sync
from integrations.errors import StoreError
from integrations.models import Heartbeat, State, StoreConnection

log = logging.getLogger("roapp.tasks")


def hint(task: Any, *args: object) -> None:
    """Send a task; a broker that is down costs nothing but time: the next tick finds the row."""
    try:
        task.apply_async(args=args, expires=60)
    except Exception as error:  # Every transport raises errors of its own, and none may reach a page.
        log.warning("broker did not take %s: %s", task.name, type(error).__name__)


@shared_task(name="integrations.tasks.tick")
def tick() -> None:
    """Every few seconds: a sign of life, and a hint for every store that is due or has orders waiting."""
    now = timezone.now()
    Heartbeat.objects.update_or_create(name="worker", defaults={"at": now})
    for pk in due_connections(now):
        hint(poll_store, pk)
    for store_id in rereading.stores_with_work(now):
        hint(refresh_store, store_id)
    for store_id in retrying.stores_with_due_entries(now):
        hint(retry_store, store_id)


def due_connections(now: datetime) -> list[int]:
    """Stores whose poll is due and that nobody polls at the moment; one that needs attention waits for an admin."""
    due = StoreConnection.objects.filter(enabled=True, next_poll_at__lte=now).exclude(state=State.NEEDS_ATTENTION)
    return list(due.exclude(leased_until__gte=now).values_list("pk", flat=True))


@shared_task(name="integrations.tasks.poll_store")
def poll_store(connection_id: int) -> None:
    if connection_id not in due_connections(timezone.now()):
        return  # A second beat's message, or an old one.
    try:
        tally = sync.poll(connection_id)
    except StoreError:
        return  # The connection's state says it.
    if tally:
        log.info("store connection %s: %s", connection_id, tally)


@shared_task(name="integrations.tasks.refresh_store")
def refresh_store(store_id: int) -> None:
    rereading.refresh_store(store_id)


@shared_task(name="integrations.tasks.retry_store")
def retry_store(store_id: int) -> None:
    tally = retrying.retry_entries(store_id)
    if tally.counts:
        log.info("ledger of store %s: %s", store_id, tally)
