"""Celery: ids in, one call, out. The database is the queue; a message is only a hint that there is work."""

import logging
import random
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from celery import current_task, shared_task
from django.utils import timezone

from common import leases
from integrations import dispatch, periodic, queues, retention
from integrations.alerts import mails
from integrations.alerts.currency import remember_currency
from integrations.connections import connect
from integrations.imports import bulk_export, lifecycle
from integrations.imports import worker as imports
from integrations.models import Heartbeat, StoreConnection
from integrations.platforms.errors import StoreError
from integrations.refresh import worker as refresh
from integrations.refresh.request import act
from integrations.sync import polling, retry
from integrations.task_counts import task_failed
from integrations.webhooks import inbox, subscriptions
from orders.bulk import engine

log = logging.getLogger("roapp.tasks")
LONGEST_WAIT = timedelta(minutes=10)
"""Of a store that does not answer, or asks for peace."""
AT_A_TIME = timedelta(seconds=60)
"""A worker's turn at a long action; then others get theirs."""
POLLS_AT_A_TIME = 2.0
"""Seconds after which a worker begins no other poll before others got their turn."""


@shared_task(name="integrations.tasks.tick")
def tick() -> None:
    """Every few seconds: a sign of life, and a task for everything that is due in any queue."""
    now = timezone.now()
    _notice_wrong_clock(now)
    Heartbeat.objects.update_or_create(name="worker", defaults={"at": now})
    remember_currency(now)
    for task in periodic.due_tasks(now):
        dispatch.enqueue(task)
    lifecycle.begin_due_reconciles(now)
    dispatch.enqueue_due(queues.QUEUES, now=now)


def _notice_wrong_clock(now: datetime) -> None:
    """A tick of the future means that the clock was ahead; what was stamped then would wait for as long."""
    last = Heartbeat.objects.filter(name="worker").first()
    if last and last.is_ahead(now):
        log.warning("the clock was set back by about %s", last.at - now)
        leases.bring_forward(now=now, until=last.at + LONGEST_WAIT)
        StoreConnection.objects.filter(
            rate_limited_until__gt=now, rate_limited_until__lte=last.at + LONGEST_WAIT
        ).update(rate_limited_until=None)


@shared_task(name="integrations.tasks.poll_stores")
def poll_stores(*connection_ids: int) -> None:
    """Poll those of these stores that are still due, and for a turn others that are: a message for each would
    cost more than its poll."""
    ends = time.monotonic() + POLLS_AT_A_TIME
    waiting = _poll_first(connection_ids)
    while waiting:
        if time.monotonic() > ends:
            # Behind what else waits for a worker.
            dispatch.enqueue("poll_stores", *waiting)
            return
        waiting = _poll_first(waiting)


def _poll_first(connection_ids: Sequence[int]) -> Sequence[int]:
    """Poll the first of these stores; which to go on with.

    None after a fault of ours, which may be every store's: then all wait for the next tick.
    """
    first, *others = connection_ids
    with _faults_logged("poll of store connection", first):
        with suppress(StoreError):  # The connection's state says it.
            summary = polling.poll(first, only_due=True)
            if summary is None:
                # Another worker was quicker, and may be so with the others, or the message is an old one.
                return _due_stores()
            if summary:
                log.info("store connection %s: %s", first, summary)
        return others or _due_stores()
    return []


def _due_stores() -> list[int]:
    """In any order, so that workers who ask at the same time seldom want the same one."""
    with _faults_logged("due stores", 0):
        found = polling.first_due(timezone.now())
        return random.sample(found, len(found))
    return []


@shared_task(name="integrations.tasks.check_store")
def check_store(connection_id: int) -> None:
    now = timezone.now()
    if connect.claim_check(connection_id, now=now):
        with (
            _faults_logged("check of store connection", connection_id),
            suppress(StoreError),
        ):
            connect.recheck(
                StoreConnection.objects.select_related("store").get(pk=connection_id),
                now=now,
            )


@shared_task(name="integrations.tasks.refresh_store")
def refresh_store(store_id: int) -> None:
    with _faults_logged("refresh of store", store_id, store=store_id):
        refresh.refresh_store(store_id)
        if store_id in refresh.stores_with_work(timezone.now()):
            dispatch.enqueue("refresh_store", store_id)  # behind other stores


@shared_task(name="integrations.tasks.retry_store")
def retry_store(store_id: int) -> None:
    with (
        _faults_logged("retries of store", store_id, store=store_id),
        suppress(StoreError),
    ):
        summary = retry.retry_entries(store_id)
        if summary.counts:
            log.info(
                "retries of store %s: %s", store_id, summary, extra={"store": store_id}
            )


@shared_task(name="integrations.tasks.advance_run")
def advance_run(job_id: int) -> None:
    with (
        _faults_logged("import job", job_id, job=job_id),
        suppress(StoreError),
    ):  # The job says it.
        job = imports.advance(job_id)
        if job and job.is_moving:
            # Others had to wait long enough; behind them it goes on.
            dispatch.enqueue("advance_run", job_id)


@shared_task(name="integrations.tasks.clear_export_away")
def clear_export_away(job_id: int) -> None:
    with _faults_logged("export of import job", job_id, job=job_id):
        bulk_export.clear_away(job_id, now=timezone.now())


@shared_task(name="integrations.tasks.drain_inbox")
def drain_inbox(connection_id: int) -> None:
    with _faults_logged("inbox", connection_id), suppress(StoreError):
        inbox.drain(connection_id)


@shared_task(name="integrations.tasks.check_subscriptions")
def check_subscriptions(connection_id: int) -> None:
    now = timezone.now()
    if subscriptions.claim(connection_id, now=now):
        with (
            _faults_logged("subscriptions", connection_id),
            suppress(StoreError),
        ):  # The connection says it.
            subscriptions.settle(
                StoreConnection.objects.select_related("store").get(pk=connection_id),
                now=now,
            )


@shared_task(name="integrations.tasks.continue_action")
def continue_action(action_id: int) -> None:
    with _faults_logged("bulk action", action_id), engine.second_hand() as second:
        engine.continue_action(
            action_id,
            clock=timezone.now,
            until=timezone.now() + AT_A_TIME,
            act=act,
            second=second,
        )


@shared_task(name="integrations.tasks.send_mails")
def send_mails() -> None:
    """Every minute: what the admins must be told, while it must be told."""
    with _faults_logged("mails to the admins", 0):
        mails.send_due_mails(timezone.now())


@shared_task(name="integrations.tasks.sweep")
def sweep() -> None:
    """Once a day: clear away what nobody needs any more."""
    with _faults_logged("nightly job", 0):
        retention.clean_up(timezone.now())
        periodic.note_night_done(timezone.now())


@contextmanager
def _faults_logged(what: str, pk: int, **about: int) -> Iterator[None]:
    """Logs where a fault happened, without its own words: a database's error quotes customers. The row is due
    again, so the message has done its work all the same. ``about`` are the line's fields."""
    try:
        yield
    except Exception as error:
        task_failed(current_task)
        places = "".join(traceback.format_tb(error.__traceback__))
        log.error("%s %s: %s\n%s", what, pk, type(error).__name__, places, extra=about)
