"""The claim behind *Update order*: at most one accepted manual update per order in ten minutes (O6)."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from math import ceil

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from common.kinds import label
from common.leases import RELEASED
from orders.models import (
    BulkActionOrder,
    BulkOutcome,
    Order,
    Refresh,
    RefreshOutcome,
)

REFRESH_INTERVAL = timedelta(minutes=10)
OUTCOME_SHOWN_FOR = timedelta(minutes=10)


def claim_refresh(
    order_ids: Collection[int], *, by_id: int | None, now: datetime
) -> frozenset[int]:
    """Claim a manual update of these orders for the user with the id ``by``; returns the accepted order
    ids.

    Of any number of claims on one order within REFRESH_INTERVAL exactly one is accepted. The database
    decides: by a conditional UPDATE for orders updated before, by a unique row for the others. Call it
    inside a transaction, for at most a thousand orders.
    """
    # Until a worker takes the row, its lease holds our own token: it tells whose claims were accepted.
    ours, ids = uuid.uuid4(), sorted(order_ids)
    fresh = {
        "accepted_at": now,
        "due_at": now,
        "lease": ours,
        "by_id": by_id,
        "outcome": RefreshOutcome.PENDING,
        "reason": "",
        "done_at": None,
        "leased_until": None,
        "attempts": 0,
    }
    known = Refresh.objects.filter(order_id__in=ids)
    free = known.filter(
        Q(accepted_at__isnull=True)
        | Q(accepted_at__lte=now - REFRESH_INTERVAL)
        | Q(accepted_at__gt=now + REFRESH_INTERVAL)  # by a clock that was ahead
    )
    # Locked in one order, so that two claims on the same orders wait for each other and do not deadlock.
    locked = list(
        free.select_for_update().order_by("order_id").values_list("pk", flat=True)
    )
    free.filter(pk__in=locked).update(**fresh)
    taken = set(known.values_list("order_id", flat=True))
    new = [
        Refresh(order_id=order_id, **fresh) for order_id in ids if order_id not in taken
    ]
    Refresh.objects.bulk_create(new, ignore_conflicts=True)
    return frozenset(known.filter(lease=ours).values_list("order_id", flat=True))


@transaction.atomic
def give_back(refreshes: Collection[int], *, reason: str, now: datetime) -> None:
    """The store could not be read: release these claims (ids of Refresh rows) and store the reason."""
    pending = Refresh.objects.filter(pk__in=refreshes, outcome=RefreshOutcome.PENDING)
    ended = list(pending.select_for_update().values_list("order_id", flat=True))
    pending.update(
        accepted_at=None,
        outcome=RefreshOutcome.FAILED,
        reason=reason,
        done_at=now,
        **RELEASED,
    )
    note_ending(ended, RefreshOutcome.FAILED, reason=reason, now=now)


ENDINGS = {
    RefreshOutcome.UPDATED: BulkOutcome.UPDATED,
    RefreshOutcome.UNCHANGED: BulkOutcome.UNCHANGED,
    RefreshOutcome.GONE: BulkOutcome.GONE_AT_STORE,
    RefreshOutcome.FAILED: BulkOutcome.FAILED,
}


def note_ending(
    order_ids: Collection[int], outcome: RefreshOutcome, *, reason: str, now: datetime
) -> None:
    """The update of these orders has ended: it stays with the actions that asked for it, while Refresh goes
    on to the next one."""
    asked = BulkActionOrder.objects.filter(
        order_id__in=order_ids, outcome=BulkOutcome.ACCEPTED
    )
    asked.update(outcome=ENDINGS[outcome], reason=reason, ended_at=now)


def seconds_to_refresh(order: Order) -> int:
    """How many seconds it takes until the order may be updated by hand again; 0 means now."""
    refresh: Refresh | None = getattr(order, "refresh", None)
    if refresh is None or refresh.accepted_at is None:
        return 0
    now = timezone.now()
    if refresh.accepted_at > now + REFRESH_INTERVAL:
        return 0
    return max(0, ceil((refresh.accepted_at + REFRESH_INTERVAL - now).total_seconds()))


def recent_refresh(order: Order) -> Refresh | None:
    """The last manual update of the order while it runs and for some minutes after."""
    refresh: Refresh | None = getattr(order, "refresh", None)
    return refresh if refresh and is_recent(refresh.outcome, refresh.done_at) else None


def is_recent(outcome: str | None, done_at: datetime | None) -> bool:
    """Whether a manual update with this outcome, None if there was none, still runs or ended some minutes ago
    at most."""
    if outcome == RefreshOutcome.PENDING:
        return True
    return bool(outcome and done_at and done_at > timezone.now() - OUTCOME_SHOWN_FOR)


def outcome_word(outcome: str) -> str:
    return label(RefreshOutcome, outcome)
