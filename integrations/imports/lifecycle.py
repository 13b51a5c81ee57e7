"""Runs: first imports, imports by hand and comparisons, from the wish to a row that workers bring forward."""

import uuid
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from common.leases import RELEASED, claim, is_free
from integrations import dispatch
from integrations.imports.preview import ASKS, Plain
from integrations.models import (
    ASKS_CODE,
    MOVING,
    OPEN,
    FirstImport,
    ImportJob,
    JobKind,
    JobMethod,
    JobState,
    StoreConnection,
    next_night,
)
from integrations.platforms.registry import platform_of
from integrations.sync.waiting_import import give_up

BESIDE = timedelta(hours=1)
"""Polling of a new store begins so long before it was connected, and its first import ends there: no order
falls between them, though the store's clock and ours may differ."""
COMPARED = timedelta(days=60)
DISCONNECTED_CODE = "disconnected"
DISCONNECTED = gettext_noop("The store was disconnected.")
SETTLED = timedelta(minutes=10)
"""What changed so recently is left to the poll that is about to bring it in."""


def polled_from(connection: StoreConnection, *, now: datetime) -> datetime:
    """From which change on the polls of a new connection begin; the first import takes what lies before."""
    since = connection.import_since or connection.connected_at
    return (
        since
        if connection.first_import == FirstImport.NONE
        else max(since, now - BESIDE)
    )


def begin_first_import(
    connection: StoreConnection,
    *,
    by_id: int | None,
    now: datetime,
    preview: Plain | None = None,
    asks: bool = False,
) -> ImportJob | None:
    """A job over what the settings take in and no poll has seen yet; None if there is nothing like that.

    A first import that is under way gives way to the new one. With ``asks`` it waits until someone resumes
    it. Call it in the transaction that saves the settings.
    """
    since, before = connection.import_since, connection.covered_from
    if since is None or before is None or since >= before:
        return None
    _end(
        ImportJob.objects.filter(
            store=connection.store_id, kind=JobKind.FIRST_IMPORT, state__in=OPEN
        ),
        now=now,
    )
    job = begin(
        connection,
        JobKind.FIRST_IMPORT,
        since=since,
        before=before,
        by_id=by_id,
        now=now,
    )
    waits: dict[str, Any] = {}
    if asks:
        waits = {"state": JobState.PAUSED, "reason_code": ASKS_CODE, "reason": ASKS}
    ImportJob.objects.filter(pk=job.pk).update(preview=preview, **waits)
    return job


def begin_import(
    connection: StoreConnection,
    *,
    all_since: datetime | None,
    by_id: int | None,
    now: datetime,
    method: JobMethod = JobMethod.PAGES,
) -> ImportJob:
    """A job over everything that the settings take in, or over all orders created since ``all_since``. Of
    very many orders it goes in bulk whatever ``method`` says."""
    since = all_since or connection.import_since or connection.connected_at
    return begin(
        connection,
        JobKind.MANUAL,
        since=since,
        before=None,
        all_since=all_since,
        method=method,
        by_id=by_id,
        now=now,
    )


def begin_reconcile(
    connection: StoreConnection, *, by_id: int | None, now: datetime
) -> ImportJob:
    """A job that compares the orders changed in the last 60 days, as far back as everything is here or
    recorded as unimported."""
    before = now - SETTLED
    since = min(
        max(now - COMPARED, connection.covered_from or connection.connected_at), before
    )
    return begin(
        connection, JobKind.RECONCILE, since=since, before=before, by_id=by_id, now=now
    )


def begin(
    connection: StoreConnection,
    kind: JobKind,
    *,
    since: datetime,
    before: datetime | None,
    all_since: datetime | None = None,
    method: JobMethod = JobMethod.PAGES,
    by_id: int | None,
    now: datetime,
) -> ImportJob:
    """The store's open job of this kind: a new one, or the one that is under way already."""
    shown_from = platform_of(connection).hidden_before(connection, now)
    # The default reaches back just as far; the moments since the store was connected are not worth a word.
    hides = (
        shown_from is not None
        and kind != JobKind.RECONCILE
        and since < shown_from - timedelta(hours=1)
    )
    job = ImportJob(
        store_id=connection.store_id,
        kind=kind,
        method=method,
        since=since,
        before=before,
        all_since=all_since,
        hidden_before=shown_from if hides else None,
        by_id=by_id,
        made_at=now,
        due_at=now,
    )
    with transaction.atomic():
        while (
            found := ImportJob.objects.filter(
                store=connection.store_id, kind=kind, state__in=OPEN
            ).first()
        ) is None:
            # The constraint decides between two.
            ImportJob.objects.bulk_create([job], ignore_conflicts=True)
        transaction.on_commit(partial(dispatch.enqueue, "advance_run", found.pk))
    return found


def pause(job: ImportJob, *, now: datetime) -> bool:
    """Stop it until someone resumes it; a page that is under way is not stored. False if it was not
    moving."""
    return _change(job, MOVING, state=JobState.PAUSED, due_at=now, **RELEASED)


def resume(job: ImportJob, *, now: datetime) -> bool:
    """Let a paused or failed job go on where it stopped. False if it was neither, or another of its kind is
    under way."""
    stopped = [JobState.PAUSED, JobState.FAILED]
    fresh = {
        "reason": "",
        "reason_code": "",
        "attempts": 0,
        "finished_at": None,
        "due_at": now,
    }
    try:
        with transaction.atomic():
            if not _change(job, stopped, state=JobState.WAITING, **fresh):
                return False
            transaction.on_commit(partial(dispatch.enqueue, "advance_run", job.pk))
            return True
    except IntegrityError:
        return False


def cancel(job: ImportJob, *, now: datetime) -> bool:
    """End it for good; orders that are here stay, and ``left_out_from`` says what was not looked at. False if
    it had ended."""
    unfinished = ImportJob.objects.filter(pk=job.pk, state__in=[*OPEN, JobState.FAILED])
    with transaction.atomic():
        connection = StoreConnection.objects.select_for_update().get(store=job.store_id)
        waits = connection.waiting_import
        ended = _end(unfinished, now=now)
        if ended and waits and waits.pk == job.pk:
            give_up(connection)
    return bool(ended)


def cancel_all(store_id: int, *, now: datetime) -> None:
    """End the imports of a store that is being disconnected."""
    unfinished = ImportJob.objects.filter(
        store=store_id, state__in=[*OPEN, JobState.FAILED]
    )
    _end(unfinished, now=now, reason_code=DISCONNECTED_CODE, reason=DISCONNECTED)


def was_cut_off(connection: StoreConnection) -> bool:
    """Whether the store was disconnected before its initial import had ended."""
    jobs = ImportJob.objects.filter(
        store=connection.store_id, kind=JobKind.FIRST_IMPORT
    )
    last = jobs.order_by("-pk").first()
    return last is not None and last.reason_code == DISCONNECTED_CODE


def _end(jobs: QuerySet[ImportJob], *, now: datetime, **values: object) -> int:
    return jobs.update(state=JobState.CANCELLED, finished_at=now, **RELEASED, **values)


def _change(job: ImportJob, states: list[JobState], **values: object) -> bool:
    return bool(ImportJob.objects.filter(pk=job.pk, state__in=states).update(**values))


def due_runs(now: datetime) -> list[int]:
    """Ids of the jobs that a worker may bring forward now."""
    return list(_due(now).filter(is_free(now)).values_list("pk", flat=True))


def take(job_id: int, *, now: datetime, duration: timedelta) -> uuid.UUID | None:
    """Put a job that is due under a lease; None if another worker has it, or it is not due."""
    return claim(_due(now).filter(pk=job_id), now=now, duration=duration)


def _due(now: datetime) -> QuerySet[ImportJob]:
    pollable = StoreConnection.objects.pollable(now).values("store")
    # What a later version has begun is left to its workers.
    known = ImportJob.objects.filter(
        kind__in=JobKind.values, method__in=JobMethod.values
    )
    return known.filter(state__in=MOVING, due_at__lte=now, store__in=pollable)


def begin_due_reconciles(now: datetime) -> None:
    """Every store once a night: whoever moves its next time forward begins the job."""
    for connection in StoreConnection.objects.pollable(now).filter(
        next_reconcile_at__lte=now
    ):
        with transaction.atomic():
            mine = StoreConnection.objects.filter(
                pk=connection.pk, next_reconcile_at=connection.next_reconcile_at
            )
            if mine.update(next_reconcile_at=next_night(now)):
                begin_reconcile(connection, by_id=None, now=now)
