"""The worker's half of a job: a slice of it, page by page, each page one transaction with its place in the
job."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from common.leases import RELEASED, back_off, release
from integrations.imports import bulk_export, lifecycle
from integrations.imports.reconcile import Step, compare
from integrations.models import (
    MOVING,
    ImportJob,
    JobKind,
    JobMethod,
    JobState,
    StoreConnection,
)
from integrations.platforms.errors import StoreError, StoreUnavailable
from integrations.platforms.protocol import OrderReading, StoreGateway
from integrations.platforms.registry import gateway_for
from integrations.sync.deleted_orders import note_missing
from integrations.sync.import_page import import_page, newest_change, rules_of
from integrations.sync.store_state import note_trouble, pause_after
from integrations.sync.waiting_import import rules_in_force
from orders.importing.types import Outcome, Rules

log = logging.getLogger("roapp.sync")
Clock = Callable[[], datetime]

LEASE = timedelta(minutes=5)
SLICE_SECONDS = 20.0
"""After so long a worker is free for others, and the job goes on with the next message."""
MIN_WAIT = timedelta(minutes=1)
MAX_WAIT = timedelta(minutes=10)
MAX_FAULTS = 5
MAX_NUMBERS = 50
PAUSED = gettext_noop("The store is paused.")
FAULT = gettext_noop(
    "RO App failed while it worked on this; see the log. It can be resumed."
)


class JobLostError(Exception):
    """The job was paused, cancelled or taken over; nothing of this page was stored."""


def advance(job_id: int, *, now: Clock = timezone.now) -> ImportJob | None:
    """Bring a job forward for a while; ``is_moving`` says whether there is more to do. None if it is not to
    be moved now, because another worker has it, it is paused or over, or its store rests.

    Raises StoreError when the store could not be read; what was stored until then stays, and the job says
    what happened.
    """
    lease = lifecycle.take(job_id, now=now(), duration=LEASE)
    if lease is None:
        return None
    job = ImportJob.objects.select_related("store").get(pk=job_id)
    job.lease = lease
    connection = StoreConnection.objects.select_related("store", "order_type").get(
        store=job.store_id
    )
    try:
        gateway = gateway_for(connection)
        count(job, gateway)
        _write(job, state=JobState.RUNNING, started_at=job.started_at or now())
        export = bulk_export.Preparation(
            job, gateway, partial(_write, job), now=now, seconds=SLICE_SECONDS
        )
        if job.method != JobMethod.BULK or export.is_done():
            _Slice(job, connection, gateway, now).work()
    except JobLostError:
        return None
    except StoreError as error:
        note_trouble(connection, error, now=now())
        about = {"job": job.pk, "store": job.store_id, "request_id": error.request_id}
        log.warning(
            "import job %s of store %s: %s %s",
            job.pk,
            job.store_id,
            error.code,
            error.request_id,
            extra=about,
        )
        _note_failure(
            job, error.code, str(error), pause_after(error, at_least=timedelta()), now()
        )
        raise
    except Exception as error:
        _note_failure(job, "fault", FAULT, timedelta(), now())
        about = {"job": job.pk, "store": job.store_id}
        log.warning(
            "import job %s of store %s: %s",
            job.pk,
            job.store_id,
            type(error).__name__,
            extra=about,
        )
        raise
    bulk_export.clear_away(job.pk, now=now())
    return job


def count(job: ImportJob, gateway: StoreGateway) -> None:
    """Ask the store how many orders there will be, once. Raises StoreError."""
    if job.expected is None:
        counted = gateway.count_orders(job.since, before=job.before)
        method = bulk_export.choose_way(job, counted.number)
        found = {
            "expected": counted.number,
            "expected_exact": counted.exact,
            "method": method,
        }
        ImportJob.objects.filter(pk=job.pk).update(**found)
        ImportJob.objects.filter(pk=job.pk, state=JobState.COUNTING).update(
            state=JobState.WAITING
        )
        _set(job, found)


class _Slice:
    """The pages that one worker brings in without a break."""

    def __init__(
        self,
        job: ImportJob,
        connection: StoreConnection,
        gateway: StoreGateway,
        now: Clock,
    ) -> None:
        self.job, self.connection, self.gateway, self.now = (
            job,
            connection,
            gateway,
            now,
        )
        self.kept: dict[str, Any] = {}

    def work(self) -> None:
        until = time.monotonic() + SLICE_SECONDS
        rules = self._rules()
        began = self.now()
        for step in self._steps():
            import_page(
                step.reading.snapshots,
                rules=rules,
                gateway=self.gateway,
                fetched_at=step.reading.fetched_at,
                now=self.now(),
                commit=partial(self._keep, step, began),
            )
            _set(self.job, self.kept)
            began = self.now()
            if time.monotonic() > until:
                break
        if self.job.is_moving:
            _write(self.job, **RELEASED)

    def _rules(self) -> Rules:
        """Whoever begins an import asks for what the settings take in; nobody asks for a comparison's."""
        return (
            rules_in_force(self.connection)
            if self.job.kind == JobKind.RECONCILE
            else rules_of(self.connection, all_since=self.job.all_since)
        )

    def _steps(self) -> Iterator[Step]:
        if self.job.kind == JobKind.RECONCILE:
            return compare(self.job, self.connection.store, self.gateway)
        return (
            bulk_export.steps(self.job, self.gateway)
            if self.job.method == JobMethod.BULK
            else self._walk()
        )

    def _walk(self) -> Iterator[Step]:
        job, reached = self.job, self.job.reached
        # A job that was bulk has reached something without having a place among the pages.
        for page in self.gateway.changed_orders(
            reached or job.since, before=job.before, position=job.position
        ):
            reached = newest_change(page.snapshots, known=reached, limit=self.now())
            reading = OrderReading(page.snapshots, frozenset(), page.fetched_at)
            yield Step(reading, page.position, reached, len(page.snapshots))

    def _keep(self, step: Step, began: datetime, outcomes: Sequence[Outcome]) -> None:
        """Figures and place move in the page's own transaction, and only while the job is ours and not
        stopped."""
        job, now = self.job, self.now()
        with transaction.atomic():
            missing = note_missing(self.connection, step.reading, now=now)
            differed = [
                *step.differed,
                *(step.absent[pk] for pk in sorted(missing.gone & step.absent.keys())),
            ]
            self.kept = {
                "position": step.position,
                "reached": step.reached,
                "done": job.done + step.done,
                "counts": dict(
                    Counter(job.counts) + Counter(str(each.result) for each in outcomes)
                ),
                "differed": job.differed + len(differed),
                "numbers": [*job.numbers, *differed][:MAX_NUMBERS],
                "seconds": job.seconds + (now - began).total_seconds(),
                "leased_until": now + LEASE,
                **{"attempts": 0, "reason_code": "", "reason": ""},
            }
            if not step.position:
                self.kept |= {"state": JobState.DONE, "finished_at": now, **RELEASED}
            _update(job, self.kept)
            if not step.position:
                _note_end(job, self.connection, self.kept, now)


def _note_end(
    job: ImportJob,
    connection: StoreConnection,
    values: dict[str, object],
    now: datetime,
) -> None:
    """What the end of a job means for its store."""
    rows = StoreConnection.objects.filter(pk=connection.pk)
    if job.kind == JobKind.RECONCILE:
        rows.update(reconciled_at=now, differences=values["differed"])
        return
    # Only what joins the time that is covered already widens it.
    joins = rows.filter(covered_from__gt=job.since)
    if job.before:
        joins = joins.filter(covered_from__lte=job.before)
    if joins.update(covered_from=job.since) and values["reached"]:
        # A poll that has seen no change yet need not read all this again.
        rows.filter(synced_until__isnull=True).update(synced_until=values["reached"])


def _update(job: ImportJob, values: dict[str, object]) -> None:
    ours = ImportJob.objects.filter(pk=job.pk, lease=job.lease, state__in=MOVING)
    if not ours.update(**values):
        raise JobLostError


def _write(job: ImportJob, **values: object) -> None:
    _update(job, values)
    _set(job, values)


def _set(job: ImportJob, values: dict[str, object]) -> None:
    for name, value in values.items():
        setattr(job, name, value)


def _note_failure(
    job: ImportJob, code: str, reason: str, pause: timedelta, now: datetime
) -> None:
    """Say what is wrong and try later; a fault of our own that comes again and again ends the job until it is
    resumed."""
    attempts = job.attempts + 1
    wait = back_off(attempts, first=MIN_WAIT, longest=MAX_WAIT)
    over = code == "fault" and attempts >= MAX_FAULTS
    release(
        ImportJob.objects.filter(pk=job.pk, state__in=MOVING),
        job.lease,
        state=JobState.FAILED if over else JobState.WAITING,
        finished_at=now if over else None,
        reason_code=code,
        reason=reason,
        attempts=attempts,
        due_at=now + max(wait, pause),
    )


def to_the_end(
    job_id: int,
    *,
    now: Clock = timezone.now,
    sleep: Callable[[float], None] = time.sleep,
) -> ImportJob:
    """The finished job: brought to its end here and now, or by another worker that has it. Raises StoreError
    when the store cannot be read, and JobLostError when the job is stopped or fails."""
    while True:
        job = advance(job_id, now=now) or ImportJob.objects.select_related(
            "store__connection"
        ).get(pk=job_id)
        if job.state == JobState.DONE:
            return job
        if not job.is_moving:
            raise JobLostError
        if job.lease is None and not job.store.connection.may_be_read(now()):
            raise StoreUnavailable(
                job.store.connection.reason or PAUSED, code="resting"
            )
        if job.due_at > now() and job.reason_code:
            raise StoreUnavailable(job.reason, code=job.reason_code)
        if job.lease or job.due_at > now():
            sleep(1)
