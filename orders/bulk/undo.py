"""Undoing an action: each of its orders is set back, or left where somebody has changed it since."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q

from common.bulk_sql import any_of
from orders.bulk.ending import REFUSALS, Ending, Endings, endings_of, refused
from orders.bulk.write_off import reverse_write_offs
from orders.domain.status import Outcome, Value, put_back
from orders.domain.undo import set_back
from orders.models import (
    BulkAction,
    BulkKind,
    BulkOutcome,
    EventKind,
    Order,
    OrderEvent,
)

ENDINGS = {
    Outcome.CHANGED: BulkOutcome.UNDONE,
    Outcome.SAME: BulkOutcome.CHANGED_SINCE,
    Outcome.STALE: BulkOutcome.CHANGED_SINCE,
    Outcome.NOT_PERMITTED: BulkOutcome.NOT_PERMITTED,
}
EVENTS = {
    "status_id": (EventKind.STATUS, "status"),
    "assignee_id": (EventKind.ASSIGNED, "assignee"),
    "order_type_id": (EventKind.TYPE, "type"),
    "due_on": (EventKind.DUE, "due_on"),
}
"""How changes of these columns stand in the timeline: their kind, and the field of their undoing."""


class _Row(NamedTuple):
    """One order of the action that is undone; a model object for each would take as long as all the rest."""

    order_id: int
    before: Any
    ended_at: datetime | None


def undo_changes(action: BulkAction, ids: Sequence[int], now: datetime) -> Endings:
    """Set back what ``action.undoes`` changed of these orders."""
    undone = action.undoes
    assert undone is not None  # noqa: S101  such an action is made with one
    if undone.kind == BulkKind.WRITE_OFF:
        return reverse_write_offs(action, ids, now)
    found = undone.rows_of(ids).order_by("order_id")
    rows = [_Row(*values) for values in found.values_list(*_Row._fields)]
    if undone.kind == BulkKind.STATUS:
        return _put_back(action, rows, "status_id", undone.status_id, now)
    if undone.kind == BulkKind.ASSIGN:
        return _put_back(action, rows, "assignee_id", undone.assignee_id, now)
    if undone.kind == BulkKind.TYPE:
        return _put_back(action, rows, "order_type_id", undone.order_type_id, now)
    if undone.kind == BulkKind.DUE:
        return _put_back(action, rows, "due_on", undone.due_on, now)
    return {row.order_id: _set_back(action, row, now) for row in rows}


def _put_back(
    action: BulkAction,
    rows: Iterable[_Row],
    column: str,
    new: Value,
    now: datetime,
) -> Endings:
    """Statuses, assignees, types and due dates, by the thousand: one statement for each value to restore."""
    by_order = {row.order_id: row for row in rows}
    # No event comes in between any more.
    present = Order.objects.select_for_update(of=("self",)).filter(
        any_of("id", by_order)
    )
    locked = list(present.order_by("pk").values_list("pk", flat=True))
    touched = _changed_later(by_order, column)
    endings = dict.fromkeys(touched, BulkOutcome.CHANGED_SINCE)
    groups = defaultdict(list)
    stored: Any = Order._meta.get_field(column)
    for pk in locked:
        if pk not in touched:
            was = (by_order[pk].before or {}).get(column)
            groups[stored.to_python(was)].append(pk)
    for old, group in groups.items():
        found = put_back(group, column, old, seen=new, by=action.by, now=now)
        endings |= {pk: ENDINGS[outcome] for pk, outcome in found.items()}
    return endings_of(endings)


def _changed_later(rows: Mapping[int, _Row], column: str) -> set[int]:
    """The orders that somebody has changed since, even if they have the same value again."""
    kind, field = EVENTS[column]
    changes = Q(kind=kind) | Q(kind=EventKind.UNDONE, field=field)
    ends = {pk: row.ended_at for pk, row in rows.items() if row.ended_at}
    if not ends:
        return set()
    later = OrderEvent.objects.filter(
        changes, any_of("order_id", ends), at__gt=min(ends.values())
    )
    return {pk for pk, at in later.values_list("order_id", "at") if at > ends[pk]}


def _set_back(action: BulkAction, row: _Row, now: datetime) -> Ending:
    """Lines and differences of one order."""
    try:
        set_back(row.order_id, row.before or {}, by=action.by, now=now)
    except REFUSALS as error:
        return refused(error)
    return Ending(BulkOutcome.UNDONE)
