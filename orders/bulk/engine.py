"""Bulk actions on any number of orders: fixed and started by the request, finished in the background."""

import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet

from common import leases
from orders.domain.status import assign, change_status
from orders.models import (
    BulkAction,
    BulkActionOrder,
    BulkKind,
    BulkOutcome,
    OrderQuerySet,
    Status,
)

CHUNK = 500
LEASE = timedelta(minutes=1)
KEPT = timedelta(days=30)
Clock = Callable[[], datetime]
Act = Callable[[BulkAction, Sequence[int], datetime], Mapping[int, BulkOutcome]]
"""Performs an action on these orders, in the transaction that stores the outcomes. An order without an
outcome no longer exists."""


def ask(
    orders: OrderQuerySet,
    *,
    kind: BulkKind,
    by: User,
    now: datetime,
    status: Status | None = None,
    assignee: User | None = None,
) -> BulkAction:
    """Create the action for the orders that ``orders`` matches now, however many, with one INSERT ...
    SELECT."""
    with transaction.atomic():
        action = BulkAction.objects.create(
            kind=kind, status=status, assignee=assignee, by=by, asked_at=now, due_at=now
        )
        # An empty selection has no SQL.
        with suppress(EmptyResultSet), connection.cursor() as cursor:
            sql, params = orders.order_by().values_list("pk").query.sql_with_params()
            table = connection.ops.quote_name(BulkActionOrder._meta.db_table)
            into = f"INSERT INTO {table} (order_id, action_id, outcome)"
            statement = f"{into} SELECT chosen.*, %s, '' FROM ({sql}) chosen"  # noqa: S608  our own
            cursor.execute(statement, [action.pk, *params])
    return action


def change(
    action: BulkAction, ids: Sequence[int], now: datetime
) -> Mapping[int, BulkOutcome]:
    """Set the action's status or assignee on these orders."""
    if action.kind == BulkKind.STATUS:
        assert action.status is not None  # noqa: S101  such an action is made with one
        found = change_status(ids, action.status, by=action.by, now=now)
    else:
        found = assign(ids, action.assignee, by=action.by, now=now)
    return {pk: BulkOutcome(outcome.value) for pk, outcome in found.items()}


def continue_action(
    action_id: int, *, clock: Clock, until: datetime | None = None, act: Act = change
) -> bool:
    """Work off what is left of the action until ``until``; returns whether all of it is done.

    A lease (one conditional UPDATE) lets one worker at a time do it. Each chunk and its outcomes are one
    transaction, so a worker may be killed at any moment.
    """
    while True:
        now = clock()
        if until is not None and now >= until:
            return False
        lease = take(action_id, now=now)
        if lease is None:
            return BulkAction.objects.filter(
                pk=action_id, done_at__isnull=False
            ).exists()
        try:
            left = _do_chunk(action_id, act, now)
        finally:
            leases.release(BulkAction.objects.filter(pk=action_id), lease)
        if not left:
            BulkAction.objects.filter(pk=action_id, done_at__isnull=True).update(
                done_at=clock()
            )
            return True


@transaction.atomic
def _do_chunk(action_id: int, act: Act, now: datetime) -> bool:
    """Returns whether there was anything left to do."""
    action = BulkAction.objects.select_related("status", "assignee", "by").get(
        pk=action_id
    )
    waiting = (
        action.orders.select_for_update()
        .filter(outcome=BulkOutcome.WAITING)
        .order_by("order_id")
    )
    ids = list(waiting.values_list("order_id", flat=True)[:CHUNK])
    if not ids:
        return False
    found = act(action, ids, now)
    endings = {pk: found.get(pk, BulkOutcome.GONE) for pk in ids}
    for outcome in set(endings.values()):
        ended = [pk for pk, ending in endings.items() if ending == outcome]
        action.orders.filter(order_id__in=ended).update(outcome=outcome)
    return True


def unfinished(now: datetime) -> list[int]:
    """Ids of the actions with orders left and without a worker."""
    free = _due(now).filter(leases.is_free(now))
    return list(free.order_by("asked_at").values_list("pk", flat=True))


def take(action_id: int, *, now: datetime) -> uuid.UUID | None:
    """Put an action that is not done under a lease; None if another worker has it."""
    return leases.claim(_due(now).filter(pk=action_id), now=now, duration=LEASE)


def _due(now: datetime) -> QuerySet[BulkAction]:
    return BulkAction.objects.filter(done_at__isnull=True, due_at__lte=now)


def outcome_counts(actions: Sequence[BulkAction]) -> dict[int, Counter[str]]:
    """The number of orders per outcome, for each action. One query."""
    rows = (
        BulkActionOrder.objects.filter(action__in=actions)
        .values_list("action", "outcome")
        .annotate(Count("pk"))
        .order_by()
    )
    found: dict[int, Counter[str]] = {action.pk: Counter() for action in actions}
    for action_id, outcome, number in rows:
        found[action_id][outcome] = number
    return found


def recent_actions(user_id: int | None, *, since: datetime) -> QuerySet[BulkAction]:
    """The user's own actions that are still running, or ended at or after ``since``, newest first."""
    shown = Q(done_at__isnull=True) | Q(done_at__gte=since)
    return (
        BulkAction.objects.filter(shown, by=user_id)
        .select_related("status", "assignee")
        .order_by("-asked_at", "-pk")
    )


def delete_old_actions(now: datetime) -> None:
    """Actions are kept for a while so that their outcomes can be looked up; what they changed stays in the
    timelines."""
    BulkAction.objects.filter(done_at__lt=now - KEPT).delete()
