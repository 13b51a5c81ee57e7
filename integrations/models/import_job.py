from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.leases import Leased
from orders.models import Store


class JobKind(models.TextChoices):
    FIRST_IMPORT = "first_import", _("Initial import")
    RECONCILE = "reconcile", _("Reconciliation")
    MANUAL = "manual", _("Manual import")


class JobState(models.TextChoices):
    COUNTING = "counting", _("counting")
    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("running")
    PAUSED = "paused", _("paused")
    DONE = "done", _("done")
    CANCELLED = "cancelled", _("cancelled")
    FAILED = "failed", _("failed")


class JobMethod(models.TextChoices):
    PAGES = "pages", _("page by page")
    BULK = "bulk", _("bulk download")


ASKS_CODE = "asks"
"""The reason_code of a first import that waits until someone begins it."""
MOVING = [JobState.COUNTING, JobState.WAITING, JobState.RUNNING]
"""States in which workers bring a job forward."""
OPEN = [*MOVING, JobState.PAUSED]


class ImportJob(Leased):
    """A long work at a store that workers do in slices: orders whose last change lies from ``since`` to
    ``before`` are imported or compared, oldest change first. The row is its queue and its cursor; polling
    goes on beside it.
    """

    store = models.ForeignKey(Store, models.CASCADE, related_name="import_jobs")
    kind = models.CharField(max_length=16, choices=JobKind)
    method = models.CharField(max_length=8, choices=JobMethod, default=JobMethod.PAGES)
    state = models.CharField(max_length=16, choices=JobState, default=JobState.COUNTING)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    """Who asked for it; null if RO App did, or a command."""
    since = models.DateTimeField()
    before = models.DateTimeField(null=True)
    all_since = models.DateTimeField(null=True)
    """Orders created from then on come in whatever the rule of the store's first import says."""
    hidden_before = models.DateTimeField(null=True)
    """The store does not show orders created before; null if it shows all that the job asks for."""
    made_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    preview = models.JSONField(null=True, editable=False)
    """What an initial import would bring in (integrations.imports.preview), as of when it was begun."""

    # How far it is
    expected = models.PositiveIntegerField(null=True)
    """How many orders there are, counted before it starts."""
    expected_exact = models.BooleanField(default=True)
    """False: there are more than ``expected``, and the platform counts no further."""
    done = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    """Orders by orders.importing.types.Result."""
    differed = models.PositiveIntegerField(default=0)
    numbers = models.JSONField(default=list)
    """The numbers of orders that differed, the first 50."""
    seconds = models.FloatField(default=0)
    """Time spent on pages, waiting for the platform included."""
    position = models.TextField(blank=True)
    reached = models.DateTimeField(null=True)
    """The newest change it has seen."""

    # What the platform prepares for it, where its way is bulk
    export_id = models.CharField(max_length=128, blank=True)
    export_at = models.DateTimeField(null=True)
    """Our clock before it was begun."""
    exports = models.PositiveSmallIntegerField(default=0)
    """How many were begun for this job."""
    prepared = models.PositiveBigIntegerField(default=0)
    """Records that the platform has written so far: orders and their lines."""

    # How it goes
    reason_code = models.CharField(max_length=32, blank=True)
    reason = models.TextField(blank=True)
    attempts = models.PositiveIntegerField(default=0)
    """Those in a row that have failed."""
    due_at = models.DateTimeField()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-made_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["store", "kind"],
                condition=models.Q(state__in=OPEN),
                name="run_once_at_a_time",
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="job_due", condition=models.Q(state__in=MOVING)
            ),
            models.Index(fields=["store", "-made_at"], name="job_history"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @property
    def is_moving(self) -> bool:
        return self.state in MOVING

    @property
    def is_prepared(self) -> bool:
        """Whether the platform is still to write what the job will read."""
        return self.method == JobMethod.BULK and self.is_moving and not self.done

    @property
    def rate(self) -> float:
        """Orders per second so far, 0 while nothing is done."""
        return self.done / self.seconds if self.seconds else 0.0

    @property
    def share(self) -> float:
        """How much of it is done, from 0 to 1: by the orders, or by the time covered where they cannot
        be counted."""
        if self.state == JobState.DONE:
            return 1.0
        if self.expected and self.expected_exact:
            return min(self.done / self.expected, 1.0)
        if self.reached and self.before:
            return max(
                0.0, min((self.reached - self.since) / (self.before - self.since), 1.0)
            )
        return 0.0

    @property
    def seconds_left(self) -> int | None:
        """At the rate so far; None while that is not known."""
        return (
            round(self.seconds * (1 - self.share) / self.share)
            if self.is_moving and self.share
            else None
        )

    @property
    def left_out_from(self) -> datetime | None:
        """A cancelled import looked at no order whose last change lies from here to ``before``; None for any
        other job."""
        ended_early = (
            self.state == JobState.CANCELLED and self.kind != JobKind.RECONCILE
        )
        return (self.reached or self.since) if ended_early else None
