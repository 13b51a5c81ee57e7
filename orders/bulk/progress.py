"""The progress of a user's *Update order* actions."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from common.kinds import counted
from orders.bulk.engine import outcome_counts, recent_actions
from orders.models import (
    READ_FROM_STORE,
    BulkKind,
    BulkOutcome,
    Refresh,
    RefreshOutcome,
)

MAX_REASONS = 3


@dataclass(frozen=True, slots=True)
class Progress:
    asked: int = 0
    pending: int = 0
    """Of those, the orders that wait for a worker or the store."""
    outcomes: Sequence[tuple[str, str, int]] = ()
    """Outcome, its label and the number of orders, of what has ended."""
    reasons: Sequence[tuple[str, int]] = ()
    """Reasons of failed orders with their number, the most frequent first."""
    action: int | None = None
    """The user's newest update that went on in the background: its page lists every order."""

    @property
    def done(self) -> int:
        return self.asked - self.pending


def progress_of(user_id: int | None, *, since: datetime) -> Progress:
    """The user's updates that are still running, or ended at or after ``since``. At most three queries."""
    running = Q(outcome=RefreshOutcome.PENDING)
    rows = (
        Refresh.objects.filter(running | Q(done_at__gte=since), by=user_id)
        .values_list("outcome", "reason")
        .annotate(Count("pk"))
    )
    by_outcome, by_reason = Counter[str](), Counter[str]()
    for outcome, reason, number in rows:
        by_outcome[outcome] += number
        if reason:
            by_reason[reason] += number
    action, claims = _claims_of(user_id, since)
    pending = by_outcome.pop(RefreshOutcome.PENDING, 0) + claims.pop(
        BulkOutcome.WAITING, 0
    )
    return Progress(
        asked=pending + by_outcome.total(),
        pending=pending,
        outcomes=[
            *counted(RefreshOutcome, by_outcome),
            *counted(BulkOutcome, claims),
        ],
        reasons=by_reason.most_common(MAX_REASONS),
        action=action,
    )


def _claims_of(user_id: int | None, since: datetime) -> tuple[int | None, Counter[str]]:
    """The newest of the user's background updates, and how many of the orders of all of them wait or were
    left out."""
    actions = [
        each
        for each in recent_actions(user_id, since=since).filter(kind=BulkKind.REFRESH)
        if each.is_long
    ]
    claims = (
        sum(outcome_counts(actions).values(), Counter[str]())
        if actions
        else Counter[str]()
    )
    for outcome in READ_FROM_STORE:
        claims.pop(outcome, None)
    return (actions[0].pk if actions else None), claims
