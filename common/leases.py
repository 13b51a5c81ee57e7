"""Tables as queues: which rows are free, whose a row is while a worker works on it, and how long it waits
after a failure.

A worker claims a row by one conditional UPDATE, and a batch by locking it first, so that of any number of
workers one gets them, and marks them with a token of its own. Whatever it writes afterwards asks for that
token: a worker that was too slow finds that the row has become another's. A worker that dies leaves a lease
that runs out.
"""

import random
import uuid
from datetime import datetime, timedelta
from typing import TypeVar

from django.apps import apps
from django.db import models, transaction
from django.db.models import Q, QuerySet

LONGEST_LEASE = timedelta(minutes=10)
"""A longer one was taken while a clock was wrong."""
JITTER = 0.1
"""What is added to a pause at most, as a share of it."""
IDS_AT_ONCE = 500
"""Databases take only so many parameters in one statement."""


class Leased(models.Model):
    """The columns of a queue's table."""

    due_at = models.DateTimeField(null=True, editable=False)
    """From when on a worker may take the row."""
    lease = models.UUIDField(null=True, editable=False)
    """The token of the worker that has taken it, or had taken it last."""
    leased_until = models.DateTimeField(null=True, editable=False)
    """The row is that worker's until then; null if it is nobody's."""

    class Meta:
        abstract = True


Row = TypeVar("Row", bound=Leased)

RELEASED: dict[str, None] = {"lease": None, "leased_until": None}
"""The columns of a row that is nobody's."""


def is_free(now: datetime) -> Q:
    """Rows that no worker has: given back, or under a lease that ran out before ``now`` or cannot be true."""
    return (
        Q(leased_until__isnull=True)
        | Q(leased_until__lt=now)
        | Q(leased_until__gt=now + LONGEST_LEASE)
    )


def claim(
    rows: QuerySet[Leased], *, now: datetime, duration: timedelta
) -> uuid.UUID | None:
    """Take those of ``rows`` that are free; the token of the lease, or None if there was none to take."""
    lease = uuid.uuid4()
    taken = rows.filter(is_free(now)).update(lease=lease, leased_until=now + duration)
    return lease if taken else None


def claim_batch(
    rows: QuerySet[Row], *, size: int, now: datetime, duration: timedelta
) -> list[Row]:
    """Take the first ``size`` of ``rows`` that are free, under one lease, and return those that we got.

    ``rows`` says which and in which order, and nothing about leases.
    """
    lease, until = uuid.uuid4(), now + duration
    # An UPDATE alone would not do: where rows are chosen by what they refer to, PostgreSQL lets one that has
    # waited for another worker's take them once more.
    with transaction.atomic():
        free = rows.filter(is_free(now)).select_for_update(
            skip_locked=True, of=("self",)
        )
        taken = list(free[:size])
        for start in range(0, len(taken), IDS_AT_ONCE):
            ids = [row.pk for row in taken[start : start + IDS_AT_ONCE]]
            part = rows.model._default_manager.filter(pk__in=ids)
            part.update(lease=lease, leased_until=until)
    for row in taken:
        row.lease, row.leased_until = lease, until
    return taken


def extend(
    rows: QuerySet[Leased],
    lease: uuid.UUID | None,
    *,
    now: datetime,
    duration: timedelta,
    **values: object,
) -> bool:
    """Keep ``rows`` for longer, and store ``values`` with them; False if they are no longer ours, and then
    nothing was stored."""
    return bool(_held(rows, lease).update(leased_until=now + duration, **values))


def release(rows: QuerySet[Leased], lease: uuid.UUID | None, **values: object) -> bool:
    """Give ``rows`` back, and store ``values`` with them; False if they are no longer ours, and then nothing
    was stored."""
    return bool(_held(rows, lease).update(**RELEASED, **values))


def _held(rows: QuerySet[Leased], lease: uuid.UUID | None) -> QuerySet[Leased]:
    # For the database, no lease would be the rows that are nobody's.
    return rows.filter(lease=lease) if lease else rows.none()


def back_off(attempts: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """How long to wait after ``attempts`` failures in a row: ``first``, twice that, four times that, at most
    ``longest``. Up to JITTER of it comes on top, so that what failed together does not return together."""
    wait = min(longest, first * (1 << min(attempts - 1, 16)))
    return min(longest, wait * (1 + JITTER * random.random()))  # noqa: S311  nothing is kept secret by it


def bring_forward(*, now: datetime, until: datetime) -> None:
    """Make due now whatever becomes due before ``until``, in all queues: the clock was ahead when it was
    stamped, so it has waited long enough, and to be early costs nothing."""
    for model in apps.get_models():
        if issubclass(model, Leased):
            early = model._default_manager.filter(due_at__gt=now, due_at__lte=until)
            early.update(due_at=now)
