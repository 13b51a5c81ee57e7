"""Changing status, type, assignee and due date of one or thousands of orders, with an outcome for each. The
sync never does."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from common.bulk_sql import any_of
from common.formats import person_name
from common.prepared import prepared
from orders.domain.assignees import assignable
from orders.domain.events import NewEvent, plain, record
from orders.domain.permissions import WORK
from orders.models import EventKind, Order, OrderType, Status

CHUNK = 1_000


class Outcome(StrEnum):
    CHANGED = "changed"
    SAME = "same"
    NOT_ALLOWED = "not_allowed"
    """The order's status does not allow this transition."""
    NOT_PERMITTED = "not_permitted"
    """The order was imported, and the user may not work with those (O8)."""
    STALE = "stale"
    """Somebody else has changed the value that the user saw."""


Value = int | date | None
"""What such a column holds: an id or a day."""
Seen = Mapping[int, Value]
"""The value that a page showed, by order id."""
Names = Callable[[Collection[Any]], Mapping[Any, str]]
"""How events write these values."""
Followers = Mapping[int, frozenset[int]]
"""The allowed next statuses by status id. A status that is missing here allows any."""


def allowed_transitions() -> Followers:
    """Read them all with one query."""
    found: dict[int, set[int]] = defaultdict(set)
    for status, follower in _pairs():
        found[status].add(follower)
    return {status: frozenset(each) for status, each in found.items()}


@prepared
def _pairs() -> QuerySet[Any, tuple[int, int]]:
    pairs = Status.followers.through.objects.all()
    return pairs.values_list("from_status_id", "to_status_id")


def is_allowed_transition(old: int, new: int, followers: Followers) -> bool:
    return old not in followers or new in followers[old]


def change_status(
    order_ids: Collection[int],
    status: Status,
    *,
    by: User,
    now: datetime,
    seen: Seen | None = None,
) -> dict[int, Outcome]:
    """Set the status of these orders where it is allowed; returns the outcome for each order that exists.

    ``by`` is the user; the caller checks whether they may change orders at all. ``seen`` are the statuses
    that a page showed (None: there was none); an order that has another one by now is left alone. One batch
    of queries per thousand orders.
    """
    followers = allowed_transitions()

    def may(old: int) -> bool:
        return is_allowed_transition(old, status.pk, followers)

    return _change(
        order_ids,
        _Field("status_id", EventKind.STATUS, _status_names),
        status.pk,
        may,
        by=by,
        now=now,
        seen=seen,
    )


def assign(
    order_ids: Collection[int],
    assignee: User | None,
    *,
    by: User,
    now: datetime,
    seen: Seen | None = None,
) -> dict[int, Outcome]:
    """Assign these orders to the user ``assignee``, or to nobody (None); otherwise as ``change_status``."""
    field = _Field("assignee_id", EventKind.ASSIGNED, _people_names)
    return _change(
        order_ids,
        field,
        assignee.pk if assignee else None,
        lambda _old: True,
        by=by,
        now=now,
        seen=seen,
    )


def put_back(
    order_ids: Collection[int],
    column: str,
    old: Value,
    *,
    seen: Value,
    by: User,
    now: datetime,
) -> dict[int, Outcome]:
    """Undo a change of ``column`` (one of UNDONE_FIELDS): set it to ``old`` again, whatever transitions
    are allowed, where it is still ``seen``. Otherwise as ``change_status``; STALE too if what it was
    before no longer exists, or is somebody who can be assigned no more."""
    names, label = UNDONE_FIELDS[column]
    if column == "assignee_id" and isinstance(old, int):
        is_there = assignable().filter(pk=old).exists()
    else:
        is_there = old is None or bool(names([old]))
    if not is_there:
        return dict.fromkeys(order_ids, Outcome.STALE)
    return _change(
        order_ids,
        _Field(column, EventKind.UNDONE, names, label),
        old,
        lambda _old: True,
        by=by,
        now=now,
        seen=dict.fromkeys(order_ids, seen),
    )


def change_type(
    order_ids: Collection[int], order_type: OrderType, *, by: User, now: datetime
) -> dict[int, Outcome]:
    """Set the type of these orders, also of imported ones: theirs came from the store's settings of that
    time. Their statuses stay; otherwise as ``change_status``."""
    return _change(
        order_ids,
        _Field("order_type_id", EventKind.TYPE, _type_names),
        order_type.pk,
        lambda _old: True,
        by=by,
        now=now,
        seen=None,
    )


def change_due(
    order_ids: Collection[int], due_on: date | None, *, by: User, now: datetime
) -> dict[int, Outcome]:
    """Set the due date of these orders, or none; otherwise as ``change_status``."""
    return _change(
        order_ids,
        _Field("due_on", EventKind.DUE, _days, "due_on"),
        due_on,
        lambda _old: True,
        by=by,
        now=now,
        seen=None,
    )


@dataclass(frozen=True, slots=True)
class _Field:
    column: str
    kind: EventKind
    names: Names
    label: str = ""
    """The field that its events name."""


def _status_names(ids: Collection[int]) -> Mapping[int | None, str]:
    return dict(Status.objects.filter(pk__in=ids).values_list("pk", "name"))


def _type_names(ids: Collection[int]) -> Mapping[int | None, str]:
    return dict(OrderType.objects.filter(pk__in=ids).values_list("pk", "name"))


def _people_names(ids: Collection[int]) -> Mapping[int | None, str]:
    return {
        each.pk: person_name(each)
        for each in get_user_model().objects.filter(pk__in=ids)
    }


def _days(days: Collection[date]) -> Mapping[date, str]:
    return {each: plain(each) for each in days}


UNDONE_FIELDS: Mapping[str, tuple[Names, str]] = {
    "status_id": (_status_names, "status"),
    "assignee_id": (_people_names, "assignee"),
    "order_type_id": (_type_names, "type"),
    "due_on": (_days, "due_on"),
}
"""What the events of an undo say of these columns."""


@transaction.atomic
def _change(
    order_ids: Collection[int],
    field: _Field,
    new: Value,
    may: Callable[[int], bool],
    *,
    by: User,
    now: datetime,
    seen: Seen | None,
) -> dict[int, Outcome]:
    outcomes: dict[int, Outcome] = {}
    ids = sorted(set(order_ids))
    works_with_stores = by.has_perm(WORK)
    for start in range(0, len(ids), CHUNK):
        rows = (
            Order.objects.select_for_update(of=("self",))
            .filter(any_of("id", ids[start : start + CHUNK]))
            .order_by("pk")
        )
        found = {
            pk: (old, store)
            for pk, old, store in rows.values_list("pk", field.column, "store_id")
        }
        decided = {
            pk: _decide(
                old,
                new,
                may,
                permitted=store is None or works_with_stores,
                is_stale=seen is not None and seen.get(pk) != old,
            )
            for pk, (old, store) in found.items()
        }
        changed = [pk for pk, outcome in decided.items() if outcome is Outcome.CHANGED]
        if changed:
            Order.objects.filter(any_of("id", changed)).update(**{field.column: new})
            _add_events(
                field, {pk: found[pk][0] for pk in changed}, new, by=by, now=now
            )
        outcomes |= decided
    return outcomes


def _decide(
    old: Any,  # noqa: ANN401  the column's value; ``may`` takes an id where it is called
    new: Value,
    may: Callable[[int], bool],
    *,
    permitted: bool,
    is_stale: bool,
) -> Outcome:
    if not permitted:
        return Outcome.NOT_PERMITTED
    if old == new:
        return Outcome.SAME
    if is_stale:
        return Outcome.STALE
    return Outcome.CHANGED if may(old) else Outcome.NOT_ALLOWED


def _add_events(
    field: _Field,
    old_by_order: Mapping[int, Value],
    new: Value,
    *,
    by: User,
    now: datetime,
) -> None:
    names = field.names({pk for pk in [*old_by_order.values(), new] if pk})
    record(
        NewEvent(
            pk,
            field.kind,
            now,
            by.pk,
            field=field.label,
            old=names.get(old, ""),
            new=names.get(new, ""),
        )
        for pk, old in old_by_order.items()
    )
