"""How the orders get on that a member of staff is having updated."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Q

from orders.models import Refresh, RefreshOutcome

MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class Progress:
    asked: int = 0
    pending: int = 0
    outcomes: Sequence[tuple[str, str, int]] = ()
    """What has ended: outcome, its word, how many."""
    reasons: Sequence[tuple[str, int]] = field(default=())
    """Why orders failed and how many, the most frequent first."""

    @property
    def done(self) -> int:
        return self.asked - self.pending


def progress_of(user_id: int | None, *, since: datetime) -> Progress:
    """The updates that this user asked for and that still run, or ended at or after ``since``. One query."""
    running = Q(outcome=RefreshOutcome.PENDING)
    rows = (
        Refresh.objects.filter(running | Q(done_at__gte=since), by=user_id).values_list("outcome", "reason").annotate(Count("pk"))
    )
    by_outcome, by_reason = Counter[str](), Counter[str]()
    for outcome, reason, number in rows:
        by_outcome[outcome] += number
        if reason:
            by_reason[reason] += number
    pending = by_outcome.pop(RefreshOutcome.PENDING, 0)
    return Progress(
        asked=pending + by_outcome.total(),
        pending=pending,
        outcomes=[(each.value, str(each.label), by_outcome[each]) for each in RefreshOutcome if by_outcome[each]],
        reasons=by_reason.most_common(MOST_REASONS),
    )
