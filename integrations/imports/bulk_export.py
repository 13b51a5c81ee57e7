"""A job whose way is bulk: the platform writes its orders into one file, which is fetched, and read from
there page by page.

The job's row knows the export and how far it has been read. What is lost on the way, the file or the export
itself, is made again, and where that does not help the job goes on by pages.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from common.leases import RELEASED, claim, is_free
from integrations.imports.reconcile import Step
from integrations.models import (
    MOVING,
    ImportJob,
    JobKind,
    JobMethod,
    JobState,
    StoreConnection,
)
from integrations.platforms.errors import StoreError, StoreUnavailable
from integrations.platforms.protocol import (
    Export,
    ExportState,
    Fetched,
    OrderReading,
    StoreGateway,
)
from integrations.platforms.registry import gateway_for, platform
from integrations.sync.import_page import newest_change

log = logging.getLogger("roapp.sync")
Write = Callable[..., None]
Clock = Callable[[], datetime]

BULK_FROM = 5_000
"""More orders than that are not read page by page."""
LOOKED_AGAIN = timedelta(seconds=15)
"""How long the platform is left in peace while it writes; its message, if it sends one, comes sooner."""
BUSY_WAIT = timedelta(minutes=1)
MAX_EXPORTS = 3
"""Begun for one job; after so many it goes by pages."""
AFRESH: dict[str, Any] = {"position": "", "reached": None, "done": 0}
"""Of an export that is lost while it is read nobody knows any longer whether it had gaps; what is here
already costs little."""
REST = "rest"
"""The position of a job that has read a file which was not whole."""
BUSY = gettext_noop(
    "The store writes other exports for this app at the moment; RO App waits until one of them has ended."
)


def choose_way(job: ImportJob, number: int) -> JobMethod:
    """How so many orders are best brought in."""
    if not platform(job.store.platform).exports_orders:
        return JobMethod.PAGES
    large = job.kind != JobKind.RECONCILE and number > BULK_FROM
    return JobMethod.BULK if large else JobMethod(job.method)


class Preparation:
    """One step of a job's export, for so long at most. ``write`` keeps values in the job's row."""

    def __init__(
        self,
        job: ImportJob,
        gateway: StoreGateway,
        write: Write,
        *,
        now: Clock,
        seconds: float,
    ) -> None:
        self.job, self.gateway, self.write, self.now, self.seconds = (
            job,
            gateway,
            write,
            now,
            seconds,
        )

    def is_done(self) -> bool:
        """Go that step; whether the orders can be read now, from the export's file or by pages. Raises
        StoreError."""
        job, exports = self.job, self.gateway.exports
        if job.position == REST:
            return self._walk_the_rest(
                exports.rest_from(job.export_id, job.since) or job.since
            )
        if not job.export_id:
            return self._begin()
        return exports.is_here(job.export_id) or self._look(exports.look(job.export_id))

    def _look(self, export: Export) -> bool:
        match export.state:
            case ExportState.PREPARING:
                return self._wait(LOOKED_AGAIN, prepared=export.records)
            case ExportState.WHOLE | ExportState.PART:
                self.write(prepared=export.records)
                return self._fetch(export)
            case ExportState.REFUSED if (
                self.gateway.without_customers or self.job.exports > 1
            ):
                return self._walk_on()  # A page says what is refused, and to whom.
            case ExportState.REFUSED:
                self.gateway.without_customers = True
        return self._begin()

    def _begin(self) -> bool:
        job, at = self.job, self.now()
        if job.exports >= MAX_EXPORTS:
            return self._walk_on()
        if job.export_id:
            self.gateway.exports.forget(job.export_id)
        export = self.gateway.exports.start(job.since, before=job.before)
        match export.state:
            case ExportState.BUSY:
                return self._wait(BUSY_WAIT, export_id="", reason=BUSY)
            case ExportState.REFUSED if not self.gateway.without_customers:
                self.gateway.without_customers = True
                return self._begin()
            case ExportState.REFUSED | ExportState.LOST:
                return self._wait(BUSY_WAIT, export_id="", exports=job.exports + 1)
        begun: dict[str, Any] = {
            "export_id": export.id,
            "export_at": at,
            "exports": job.exports + 1,
            "prepared": 0,
        }
        return self._wait(LOOKED_AGAIN, **begun, **AFRESH)

    def _fetch(self, export: Export) -> bool:
        match self.gateway.exports.fetch(export, seconds=self.seconds):
            case Fetched.ALL:
                return True
            case Fetched.MORE:
                return self._wait(timedelta())
        _warn(self.job, "its export leads to nothing")
        return self._begin()

    def _wait(self, pause: timedelta, *, reason: str = "", **values: object) -> bool:
        """Others may have the worker until then."""
        free = {**RELEASED, "attempts": 0, "reason_code": ""}
        self.write(
            state=JobState.WAITING,
            due_at=self.now() + pause,
            reason=reason,
            **free,
            **values,
        )
        return False

    def _walk_the_rest(self, since: datetime) -> bool:
        """By pages, from where the file ended, or from the start if it had gaps."""
        reached = min(self.job.reached or since, since)
        done = self.job.done if reached == self.job.reached else 0
        self.write(method=JobMethod.PAGES, position="", reached=reached, done=done)
        return True

    def _walk_on(self) -> bool:
        self.write(method=JobMethod.PAGES, **AFRESH)
        return True


def steps(job: ImportJob, gateway: StoreGateway) -> Iterator[Step]:
    """The pages of the job's file, which is here."""
    reached, whole = (
        job.reached,
        gateway.exports.rest_from(job.export_id, job.since) is None,
    )
    pages = gateway.exports.orders(
        job.export_id, fetched_at=job.export_at or job.made_at, position=job.position
    )
    for page in pages:
        reached = newest_change(page.snapshots, known=reached, limit=page.fetched_at)
        position = page.position or ("" if whole else REST)
        yield Step(
            OrderReading(page.snapshots, frozenset(), page.fetched_at),
            position,
            reached,
            len(page.snapshots),
        )


def wake_waiting_jobs(store_id: int, *, now: datetime) -> None:
    """An export of this store has ended: its jobs need not wait any longer."""
    ImportJob.objects.filter(
        store=store_id, method=JobMethod.BULK, state__in=MOVING, due_at__gt=now
    ).update(due_at=now)


def left_over(now: datetime) -> list[int]:
    """Ids of the jobs that are over and whose export is not cleared away."""
    return list(_left_over(now).filter(is_free(now)).values_list("pk", flat=True))


def _left_over(now: datetime) -> QuerySet[ImportJob]:
    pollable = StoreConnection.objects.pollable(now).values("store")
    over = ImportJob.objects.filter(
        state__in=[JobState.DONE, JobState.CANCELLED],
        due_at__lte=now,
        store__in=pollable,
    )
    return over.exclude(export_id="")


def take_left_over(job_id: int, *, now: datetime) -> bool:
    """Whether clearing away after this job is ours."""
    return (
        claim(_left_over(now).filter(pk=job_id), now=now, duration=BUSY_WAIT)
        is not None
    )


def clear_away(job_id: int, *, now: datetime) -> None:
    """Delete the file of a job that is over, and have the platform stop if it still writes. Safe to do
    several times."""
    if not take_left_over(job_id, now=now):
        return
    job = ImportJob.objects.get(pk=job_id)
    exports = gateway_for(
        StoreConnection.objects.select_related("store").get(store=job.store_id)
    ).exports
    exports.forget(job.export_id)
    try:
        if job.state == JobState.CANCELLED:
            exports.cancel(job.export_id)
    except StoreUnavailable:
        ImportJob.objects.filter(pk=job_id).update(due_at=now + BUSY_WAIT, **RELEASED)
        return
    except StoreError as error:
        _warn(job, f"its export goes on, {error.code}")
    ImportJob.objects.filter(pk=job_id).update(export_id="", **RELEASED)


def _warn(job: ImportJob, words: str) -> None:
    log.warning(
        "import job %s of store %s: %s",
        job.pk,
        job.store_id,
        words,
        extra={"job": job.pk, "store": job.store_id},
    )
