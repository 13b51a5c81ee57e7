"""What an act changed, remembered with the act so that it can be undone (orders.domain.undo)."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any, TypedDict

from django.contrib.auth.models import User
from django.core.serializers.json import DjangoJSONEncoder

from orders.models import (
    ORDER_FIELDS,
    BulkAction,
    BulkActionOrder,
    BulkKind,
    BulkOutcome,
    Order,
    OrderLine,
)

SET_ANEW = {"id", "order_id", "total", "written_off_at"}
"""Columns of a line that an undo does not copy: they follow from the others, or from a write-off."""
COLUMNS = {
    column.attname: column
    for column in OrderLine._meta.concrete_fields
    if column.attname not in SET_ANEW
}
State = dict[str, Any]
"""Values as JSON has them."""


class Changed(TypedDict):
    """What an act changed of a line or an order: the values before, and the digest of all values after it
    (empty for a line that was deleted)."""

    was: State
    now: str


def remember(
    order_id: int,
    kind: BulkKind,
    before: Mapping[str, object],
    *,
    by: User,
    now: datetime,
    outcome: BulkOutcome = BulkOutcome.CHANGED,
    **values: object,
) -> BulkAction:
    """The act that has just been done on this order as an action with a page and an undo. Call it in the
    transaction of the act; ``values`` are the action's status, assignee, due date or warehouse."""
    action = BulkAction.objects.create(
        kind=kind, by=by, asked_at=now, due_at=now, done_at=now, **values
    )
    BulkActionOrder.objects.create(
        action=action,
        order_id=order_id,
        outcome=outcome,
        ended_at=now,
        before=before,
    )
    return action


def action_of(order_id: int, *, by: User, now: datetime) -> BulkAction | None:
    """The action that this person's act of this moment on the order was remembered as; None if it changed
    nothing that could be undone."""
    actions = BulkAction.objects.filter(by=by, asked_at=now, orders__order_id=order_id)
    return actions.order_by("pk").last()


def state_of_line(line: OrderLine) -> State:
    values = {name: getattr(line, name) for name in COLUMNS}
    return _as_json(values | {"is_written_off": line.written_off_at is not None})


def state_of_order(order: Order) -> State:
    """The order's difference, and what it is about."""
    return _as_json(
        {name: getattr(order, name) for name in ("difference", *ORDER_FIELDS)}
    )


def _as_json(values: State) -> State:
    plain = {
        # Whatever its digits: 1 and 1.000 are one number.
        name: value.normalize() if isinstance(value, Decimal) else value
        for name, value in values.items()
    }
    read: State = json.loads(json.dumps(plain, cls=DjangoJSONEncoder))
    return read


def digest_of(state: State) -> str:
    text = json.dumps(state, sort_keys=True)
    return blake2b(text.encode(), digest_size=8).hexdigest()


States = tuple[State, dict[int, State]]
"""Of an order and of its lines."""


def states_of(order: Order, lines: Sequence[OrderLine]) -> States:
    return state_of_order(order), {line.pk: state_of_line(line) for line in lines}


def difference_between(before: States, after: States) -> dict[str, Any]:
    """What the undo needs to know; empty if nothing has changed that it could set back."""
    lines: dict[str, Changed] = {}
    for pk, was in before[1].items():
        if pk not in after[1]:
            lines[str(pk)] = {"was": was, "now": ""}
        elif was != after[1][pk]:
            lines[str(pk)] = _changed(was, after[1][pk])
    found: dict[str, Any] = {"lines": lines} if lines else {}
    if before[0] != after[0]:
        found["order"] = _changed(before[0], after[0])
    return found


def _changed(was: State, now: State) -> Changed:
    changed = {name: value for name, value in was.items() if now[name] != value}
    return {"was": changed, "now": digest_of(now)}
