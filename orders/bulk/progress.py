"""How the orders get on that a member of staff is having updated."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from orders.bulk.engine import outcome_counts, recent_actions
from orders.models import BulkKind, BulkOutcome, Refresh, RefreshOutcome

MAX_REASONS = 3


@dataclass(frozen=True, slots=True)
class Progress:
    asked: int = 0
    pending: int = 0
    """Of those, what waits to be asked for or for the store's answer."""
    outcomes: Sequence[tuple[str, str, int]] = ()
    """What has ended: outcome, its word, how many."""
    reasons: Sequence[tuple[str, int]] = ()
    """Why orders failed and how many, the most frequent first."""
    action: int | None = None
    """Id of the newest update that was too long for its request: every order of it can be looked up."""

    @property
    def done(self) -> int:
        return self.asked - self.pending


def progress_of(user_id: int | None, *, since: datetime) -> Progress:
    """The updates that this user asked for and that still run, or ended at or after ``since``. At most three
    queries."""
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
    pending = by_outcome.pop(RefreshOutcome.PENDING, 0) + claims.pop(BulkOutcome.WAITING, 0)
    return Progress(
        asked=pending + by_outcome.total(),
        pending=pending,
        outcomes=[
            *((each.value, str(each.label), by_outcome[each]) for each in RefreshOutcome if by_outcome[each]),
            *((each.value, str(each.label), claims[each]) for each in BulkOutcome if claims[each]),
        ],
        reasons=by_reason.most_common(MAX_REASONS),
        action=action,
    )


def _claims_of(user_id: int | None, since: datetime) -> tuple[int | None, Counter[str]]:
    """The newest of the user's updates that go on in the background, and how many orders of all of them wait,
    or were left out and why."""
    actions = [
        each for each in recent_actions(user_id, since=since).filter(kind=BulkKind.REFRESH) if each.is_long
    ]
    claims = sum(outcome_counts(actions).values(), Counter[str]()) if actions else Counter[str]()
    claims.pop(BulkOutcome.ACCEPTED, None)
    return (actions[0].pk if actions else None), claims
