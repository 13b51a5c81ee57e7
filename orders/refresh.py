"""The claim behind *Update order*: at most one accepted manual update per order in ten minutes (O6)."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from orders.models import Refresh, RefreshOutcome

REFRESH_INTERVAL = timedelta(minutes=10)
CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Claim:
    """Which orders this click may update, and when the others may be updated again."""

    accepted: frozenset[int]
    again_at: dict[int, datetime]


def claim_refresh(order_ids: Collection[int], *, by: int | None, now: datetime) -> Claim:
    """Claim a manual update of these orders for the user with the id ``by``.

    Of any number of claims on one order within REFRESH_INTERVAL exactly one is accepted: the database decides, by one
    conditional UPDATE for orders updated before and by a unique row for the others. Call it inside a transaction.
    """
    batch = uuid.uuid4()
    ids = sorted(order_ids)
    for start in range(0, len(ids), CHUNK):
        _claim_chunk(ids[start : start + CHUNK], batch=batch, by=by, now=now)
    accepted = frozenset(Refresh.objects.filter(batch=batch).values_list("order_id", flat=True))
    refused = [order_id for order_id in ids if order_id not in accepted]
    again_at = {
        order_id: accepted_at + REFRESH_INTERVAL
        for start in range(0, len(refused), CHUNK)
        for order_id, accepted_at in Refresh.objects.filter(
            order_id__in=refused[start : start + CHUNK], accepted_at__isnull=False
        ).values_list("order_id", "accepted_at")
        if accepted_at
    }
    return Claim(accepted=accepted, again_at=again_at)


def _claim_chunk(ids: list[int], *, batch: uuid.UUID, by: int | None, now: datetime) -> None:
    fresh = {
        "accepted_at": now,
        "batch": batch,
        "by_id": by,
        "outcome": RefreshOutcome.PENDING,
        "reason": "",
        "done_at": None,
        "leased_until": None,
        "attempts": 0,
    }
    free = Q(accepted_at__isnull=True) | Q(accepted_at__lte=now - REFRESH_INTERVAL)
    Refresh.objects.filter(free, order_id__in=ids).update(**fresh)
    known = set(Refresh.objects.filter(order_id__in=ids).values_list("order_id", flat=True))
    Refresh.objects.bulk_create(
        [Refresh(order_id=order_id, **fresh) for order_id in ids if order_id not in known], ignore_conflicts=True
    )


def give_back(refreshes: Collection[int], *, reason: str, now: datetime) -> None:
    """The store could not be read: the claims (ids of Refresh rows) no longer count, and the row says why."""
    Refresh.objects.filter(pk__in=refreshes, outcome=RefreshOutcome.PENDING).update(
        accepted_at=None, outcome=RefreshOutcome.FAILED, reason=reason, done_at=now, leased_until=None
    )
