"""Celery: ids in, one call, out. The database is the queue; a message is only a hint that there is work."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from celery import shared_task
from django.db.models import Q
from django.utils import timezone

from integrations import connecting, exporting, inbox, refreshing, rereading, retrying, running, runs, subscribing, sync
from integrations.errors import StoreError
from integrations.models import Heartbeat, State, StoreConnection
from integrations.platforms import sweep_exports
from orders.bulk import engine

log = logging.getLogger("roapp.tasks")
CHECKED_AGAIN = timedelta(days=1)
AT_A_TIME = timedelta(seconds=60)
"""A worker's turn at a long action; then others get theirs."""


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
    for pk in due_checks(now):
        hint(check_store, pk)
    for store_id in rereading.stores_with_work(now):
        hint(refresh_store, store_id)
    for store_id in retrying.stores_with_due_entries(now):
        hint(retry_store, store_id)
    for pk in inbox.connections_with_messages(now):
        hint(drain_inbox, pk)
    for pk in subscribing.due_subscriptions(now):
        hint(check_subscriptions, pk)
    runs.begin_due_reconciles(now)
    for run_id in runs.due_runs(now):
        hint(advance_run, run_id)
    for run_id in exporting.left_over(now):
        hint(clear_export_away, run_id)
    for action_id in engine.unfinished(now):
        hint(carry_on, action_id)


def due_connections(now: datetime) -> list[int]:
    """Stores whose poll is due and that nobody polls at the moment; one that needs attention waits for an admin."""
    due = StoreConnection.objects.filter(enabled=True, next_poll_at__lte=now).exclude(state=State.NEEDS_ATTENTION)
    return list(due.exclude(leased_until__gte=now).values_list("pk", flat=True))


def poll_now(connection_id: int, *, now: datetime) -> bool:
    """Make a store's poll due, and have it made in the background; False for one that may not be asked now."""
    asked = StoreConnection.objects.askable(now).filter(pk=connection_id).update(next_poll_at=now)
    if asked:
        hint(poll_store, connection_id)
    return bool(asked)


@shared_task(name="integrations.tasks.poll_store")
def poll_store(connection_id: int) -> None:
    if connection_id not in due_connections(timezone.now()):
        return  # A second beat's message, or an old one.
    with _faults_logged("poll of store connection", connection_id), suppress(StoreError):  # The connection's state says it.
        if tally := sync.poll(connection_id):
            log.info("store connection %s: %s", connection_id, tally)


def due_checks(now: datetime) -> list[int]:
    """Working stores that have not said for a day what they are: currency, scopes, plan and version may change."""
    working = StoreConnection.objects.filter(enabled=True, state=State.WORKING)
    return list(working.filter(_checked_long_ago(now)).values_list("pk", flat=True))


def _checked_long_ago(now: datetime) -> Q:
    return Q(checked_at=None) | Q(checked_at__lte=now - CHECKED_AGAIN)


@shared_task(name="integrations.tasks.check_store")
def check_store(connection_id: int) -> None:
    now = timezone.now()
    mine = StoreConnection.objects.filter(_checked_long_ago(now), pk=connection_id).update(checked_at=now)
    if not mine:
        return
    with _faults_logged("check of store connection", connection_id), suppress(StoreError):
        connecting.recheck(StoreConnection.objects.select_related("store").get(pk=connection_id), now=now)


@shared_task(name="integrations.tasks.refresh_store")
def refresh_store(store_id: int) -> None:
    with _faults_logged("refresh of store", store_id, store=store_id):
        rereading.refresh_store(store_id)


@shared_task(name="integrations.tasks.retry_store")
def retry_store(store_id: int) -> None:
    with _faults_logged("ledger of store", store_id, store=store_id), suppress(StoreError):
        tally = retrying.retry_entries(store_id)
        if tally.counts:
            log.info("ledger of store %s: %s", store_id, tally, extra={"store": store_id})


@shared_task(name="integrations.tasks.advance_run")
def advance_run(run_id: int) -> None:
    with _faults_logged("run", run_id, run=run_id), suppress(StoreError):  # The run says it.
        run = running.advance(run_id)
        if run and run.is_moving:
            hint(advance_run, run_id)  # Others had to wait long enough; behind them it goes on.


@shared_task(name="integrations.tasks.clear_export_away")
def clear_export_away(run_id: int) -> None:
    with _faults_logged("export of run", run_id, run=run_id):
        exporting.clear_away(run_id, now=timezone.now())


@shared_task(name="integrations.tasks.drain_inbox")
def drain_inbox(connection_id: int) -> None:
    with _faults_logged("inbox", connection_id), suppress(StoreError):
        inbox.drain(connection_id)


@shared_task(name="integrations.tasks.check_subscriptions")
def check_subscriptions(connection_id: int) -> None:
    now = timezone.now()
    if subscribing.claim(connection_id, now=now):
        with _faults_logged("subscriptions", connection_id), suppress(StoreError):  # The connection says it.
            subscribing.settle(StoreConnection.objects.select_related("store").get(pk=connection_id), now=now)


@shared_task(name="integrations.tasks.carry_on")
def carry_on(action_id: int) -> None:
    with _faults_logged("bulk action", action_id):
        engine.carry_on(action_id, clock=timezone.now, until=timezone.now() + AT_A_TIME, act=refreshing.act)


@shared_task(name="integrations.tasks.sweep")
def sweep() -> None:
    """Once a day: clear away what nobody needs any more."""
    log.info("%s old messages of stores were deleted", inbox.prune(timezone.now()))
    log.info("%s files of exports were left over", sweep_exports())
    engine.forget_old(timezone.now())


@contextmanager
def _faults_logged(what: str, pk: int, **about: int) -> Iterator[None]:
    """Logs where a fault happened, without its own words: a database's error quotes customers. The row is due again, so
    the message has done its work all the same. ``about`` are the line's fields."""
    try:
        yield
    except Exception as error:
        places = "".join(traceback.format_tb(error.__traceback__))
        log.error("%s %s: %s\n%s", what, pk, type(error).__name__, places, extra=about)
