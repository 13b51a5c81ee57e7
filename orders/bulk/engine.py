"""Bulk actions on any number of orders: fixed and started by the request, finished in the background."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import EmptyResultSet
from django.db import connection, connections, transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_noop

from common import leases
from common.bulk_sql import any_of
from common.prepared import prepared
from inventory.models import Warehouse
from orders.bulk.ending import Ending, Endings, endings_of
from orders.bulk.undo import undo_changes
from orders.bulk.write_off import write_off_orders
from orders.domain.permissions import require
from orders.domain.status import Value, assign, change_due, change_status, change_type
from orders.domain.undo import NEEDED
from orders.models import (
    DONE,
    BulkAction,
    BulkActionOrder,
    BulkKind,
    BulkOutcome,
    Order,
    OrderQuerySet,
    OrderType,
    Status,
)

CHUNK = 1_000
ORDERS_IN_TURN = 20
"""As many are done under one lease where each order has a transaction of its own."""
LEASE = timedelta(minutes=1)
KEPT = timedelta(days=30)
"""How long actions can be looked up and undone."""
SUBJECTS = ("status", "assignee", "order_type", "warehouse")
"""What an action is about, for those who name it."""
NAMED_BY = (*SUBJECTS, *(f"undoes__{subject}" for subject in SUBJECTS))
"""With what the action that it undoes is about: all that its title needs."""
IS_DRAFT = Q(due_at__isnull=True, done_at__isnull=True)
DRAFTS_KEPT = timedelta(days=1)
CANNOT = gettext_noop(
    "This cannot be undone: it was undone already, or lies more than 30 days back."
)
Clock = Callable[[], datetime]
Act = Callable[[BulkAction, Sequence[int], datetime], Endings]
"""Performs an action on these orders, in the transaction that stores the outcomes."""


def ask(
    orders: OrderQuerySet,
    *,
    kind: BulkKind,
    by: User,
    now: datetime,
    status: Status | None = None,
    assignee: User | None = None,
    is_draft: bool = False,
    order_type: OrderType | None = None,
    due_on: date | None = None,
    warehouse: Warehouse | None = None,
) -> BulkAction:
    """Create the action for the orders that ``orders`` matches now, however many, with one INSERT ...
    SELECT. A draft waits for ``start``, for the very same orders."""
    with transaction.atomic():
        action = BulkAction.objects.create(
            kind=kind,
            status=status,
            assignee=assignee,
            order_type=order_type,
            due_on=due_on,
            warehouse=warehouse,
            by=by,
            fixed_at=now,
            asked_at=now,
            due_at=None if is_draft else now,
        )
        _fix_orders(action, orders.order_by().values_list("pk"))
    return action


def _fix_orders(action: BulkAction, ids: QuerySet[Any, Any]) -> None:
    # An empty selection has no SQL.
    with suppress(EmptyResultSet), connection.cursor() as cursor:
        sql, params = ids.query.sql_with_params()
        table = connection.ops.quote_name(BulkActionOrder._meta.db_table)
        into = f"INSERT INTO {table} (order_id, action_id, outcome)"
        statement = f"{into} SELECT chosen.*, %s, '' FROM ({sql}) chosen"  # noqa: S608  our own
        cursor.execute(statement, [action.pk, *params])


def note_gone(action: BulkAction, ids: Collection[int], *, now: datetime) -> None:
    """Let the action say of those among ``ids`` that are none of its orders that they are gone."""
    known = set(action.rows_of(ids).values_list("order_id", flat=True))
    BulkActionOrder.objects.bulk_create(
        BulkActionOrder(
            action=action, order_id=pk, outcome=BulkOutcome.GONE, ended_at=now
        )
        for pk in ids
        if pk not in known
    )


def start(
    action_id: int,
    kinds: Collection[BulkKind],
    *,
    by: User,
    now: datetime,
    **chosen: object,
) -> BulkAction | None:
    """The person's draft of one of these kinds, started: of two presses at once the database lets one
    through. ``chosen`` are values of the action that its question left open. None if there is no such draft
    any more."""
    drafts = drafts_of(by, kinds).filter(pk=action_id)
    if not drafts.update(due_at=now, asked_at=now, **chosen):
        return None
    return BulkAction.objects.select_related(*SUBJECTS).get(pk=action_id)


def drafts_of(by: User, kinds: Collection[BulkKind]) -> QuerySet[BulkAction]:
    return BulkAction.objects.filter(IS_DRAFT, kind__in=kinds, by=by)


class NotUndoableError(Exception):
    """There is nothing (any more) that could be undone; the text is a msgid, fit for users."""


def may_undo(action: BulkAction, *, by: User, now: datetime) -> bool:
    """Whether ``by`` may undo the action now, as far as the action is concerned: it is of a kind that can be
    undone, was started less than KEPT ago, and was not undone yet."""
    needed = NEEDED.get(action.kind)
    return bool(
        needed
        and by.has_perm(needed)
        and (action.due_at or action.done_at)
        and action.asked_at > now - KEPT
        and not hasattr(action, "undo")
    )


@transaction.atomic
def ask_undo(action_id: int, *, by: User, now: datetime) -> BulkAction:
    """Create the action that undoes this one: what it has not done yet it does no more, and what it has
    changed is to be set back.

    Raises BulkAction.DoesNotExist, NotUndoableError, and MissingPermissionError without the permission for
    the act itself.
    """
    action = BulkAction.objects.select_for_update().get(pk=action_id)
    if needed := NEEDED.get(action.kind):
        require(by, needed)
    if not may_undo(action, by=by, now=now):
        raise NotUndoableError(CANNOT)
    # Waits for the chunk that is being worked on, and leaves nothing for the next.
    waiting = action.orders.filter(outcome=BulkOutcome.WAITING)
    waiting.update(outcome=BulkOutcome.STOPPED, ended_at=now)
    BulkAction.objects.filter(pk=action.pk, done_at__isnull=True).update(done_at=now)
    undo = BulkAction.objects.create(
        kind=BulkKind.UNDO, undoes=action, by=by, asked_at=now, due_at=now
    )
    changed = action.orders.filter(outcome__in=DONE, before__isnull=False)
    _fix_orders(undo, changed.order_by().values_list("order_id"))
    return undo


def change(action: BulkAction, ids: Sequence[int], now: datetime) -> Endings:
    """Set the action's status, type, assignee or due date on these orders, write them off, or undo what
    another one has done."""
    if action.kind == BulkKind.UNDO:
        return undo_changes(action, ids, now)
    if action.kind == BulkKind.WRITE_OFF:
        return write_off_orders(action, ids, now)
    if action.kind == BulkKind.STATUS:
        assert action.status is not None  # noqa: S101  such an action is made with one
        found = change_status(ids, action.status, by=action.by, now=now)
    elif action.kind == BulkKind.TYPE:
        assert action.order_type is not None  # noqa: S101  as above
        found = change_type(ids, action.order_type, by=action.by, now=now)
    elif action.kind == BulkKind.DUE:
        found = change_due(ids, action.due_on, by=action.by, now=now)
    elif action.kind == BulkKind.ASSIGN:
        found = assign(ids, action.assignee, by=action.by, now=now)
    else:
        # Perhaps of a later version: its workers know how.
        raise NotImplementedError(action.kind)
    return endings_of({pk: BulkOutcome[each.name] for pk, each in found.items()})


@contextmanager
def second_hand() -> Iterator[Executor | None]:
    """A thread with a connection to the database of its own, for ``continue_action``, which mostly waits for
    the database. None where one transaction writes at a time."""
    if not connection.features.has_select_for_update_skip_locked:
        yield None
        return
    with ThreadPoolExecutor(1, "second-hand") as second:
        try:
            yield second
        finally:
            second.submit(connections.close_all)


def continue_action(
    action_id: int,
    *,
    clock: Clock,
    until: datetime | None = None,
    act: Act = change,
    second: Executor | None = None,
) -> bool:
    """Work off what is left of the action until ``until``; returns whether all of it is done.

    A lease (one conditional UPDATE) lets one worker at a time do it, with a ``second_hand`` if it has one.
    Orders and their outcomes are one transaction, so a worker may be killed at any moment.
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
            left = _do_chunk(action_id, act, now, second)
        finally:
            leases.release(BulkAction.objects.filter(pk=action_id), lease)
        if not left:
            BulkAction.objects.filter(pk=action_id, done_at__isnull=True).update(
                done_at=clock()
            )
            return True


def _do_chunk(action_id: int, act: Act, now: datetime, second: Executor | None) -> bool:
    """Returns whether there was anything left to do."""
    action = BulkAction.objects.select_related(*SUBJECTS, "by", "undoes").get(
        pk=action_id
    )
    if action.moves_stock:
        # Whoever moves stock locks the products of one order in their order, and no further ones after them.
        return all(_do_next(action, 1, act, now) for _turn in range(ORDERS_IN_TURN))
    if second:
        other = second.submit(_do_next, action, CHUNK, act, now, beside=True)
        found = _do_next(action, CHUNK, act, now, beside=True)
        if other.result() or found:
            return True
    return _do_next(action, CHUNK, act, now)


@transaction.atomic
def _do_next(
    action: BulkAction, number: int, act: Act, now: datetime, *, beside: bool = False
) -> bool:
    """Act on the next orders that wait, up to ``number``; returns whether there were any. ``beside`` the
    other hand it leaves those that are in work."""
    waiting = (
        action.orders.select_for_update(skip_locked=beside)
        .filter(outcome=BulkOutcome.WAITING)
        .order_by("order_id")
    )
    ids = list(waiting.values_list("order_id", flat=True)[:number])
    if not ids:
        return False
    before = _values_before(action, ids)
    found = act(action, ids, now)
    by_ending = defaultdict(list)
    for pk in ids:
        ending = found.get(pk, Ending(BulkOutcome.GONE))
        if ending.values:
            _end(action, [pk], now, ending.outcome, ending.values)
            continue
        old = before.get(pk) if ending.outcome == BulkOutcome.CHANGED else None
        by_ending[ending.outcome, old].append(pk)
    for (outcome, old), ended in by_ending.items():
        remembered = {} if old is None else {"before": {COLUMNS[action.kind]: old[0]}}
        _end(action, ended, now, outcome, remembered)
    return True


def _end(
    action: BulkAction,
    ids: Sequence[int],
    now: datetime,
    outcome: BulkOutcome,
    values: Mapping[str, object],
) -> None:
    action.rows_of(ids).update(outcome=outcome, ended_at=now, **values)


COLUMNS: Mapping[str, str] = {
    BulkKind.STATUS: "status_id",
    BulkKind.ASSIGN: "assignee_id",
    BulkKind.TYPE: "order_type_id",
    BulkKind.DUE: "due_on",
}
"""What the actions set that are undone by the thousand."""


def _values_before(
    action: BulkAction, ids: Sequence[int]
) -> Mapping[int, tuple[Value]]:
    """What the action is about to replace, under the lock that its change takes too."""
    column = COLUMNS.get(action.kind)
    if column is None:
        return {}
    rows = Order.objects.select_for_update(of=("self",)).filter(any_of("id", ids))
    return {pk: (old,) for pk, old in rows.order_by("pk").values_list("pk", column)}


def unfinished(now: datetime) -> list[int]:
    """Ids of the actions with orders left and without a worker."""
    free = _due(now).filter(leases.is_free(now))
    return list(free.order_by("asked_at").values_list("pk", flat=True))


def take(action_id: int, *, now: datetime) -> uuid.UUID | None:
    """Put an action that is not done under a lease; None if another worker has it."""
    return leases.claim(_due(now).filter(pk=action_id), now=now, duration=LEASE)


def _due(now: datetime) -> QuerySet[BulkAction]:
    # What a later version has begun is left to its workers.
    known = BulkAction.objects.filter(kind__in=BulkKind.values)
    return known.filter(done_at__isnull=True, due_at__lte=now)


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
        .exclude(IS_DRAFT)
        .select_related(*NAMED_BY)
        .order_by("-asked_at", "-pk")
    )


@prepared
def running_changes(user_id: int) -> QuerySet[BulkAction, int]:
    """The ids of the user's own changes that are running; not of updates."""
    running = BulkAction.objects.filter(by=user_id, done_at__isnull=True)
    changes = running.exclude(IS_DRAFT).exclude(kind=BulkKind.REFRESH)
    return changes.values_list("pk", flat=True)


def delete_old_drafts(now: datetime) -> None:
    """Actions that nobody has begun."""
    BulkAction.objects.filter(IS_DRAFT, asked_at__lt=now - DRAFTS_KEPT).delete()
