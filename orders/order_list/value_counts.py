"""How many orders of the present view each value of a filter has (O2): of views that are small enough to be
read whole."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Protocol

from django.utils import timezone

from common.lists.pagination import count_up_to
from orders.models import Order, StatusGroup, WriteOff
from orders.order_list.counts import Counts
from orders.order_list.filters import UNFINISHED, WEEK, OrderFilter, first_days
from orders.order_list.menus import Option
from orders.order_list.store_states import AtStore, states_of

MAX_READ = 1_000
COLUMNS = [
    "status_id",
    "order_type_id",
    "store_id",
    "assignee_id",
    "due_on",
    "placed_at",
    "payment",
    "fulfilment",
    "write_off",
    "items",
    "cancelled_at",
    "closed_at",
    "gone_at",
    "totals_differ",
]
TOGETHER = [{"status", "group"}]
"""Filters whose values stand in one OR."""


class _Row(AtStore, Protocol):
    """COLUMNS, as far as ``_values`` reads them."""

    @property
    def status_id(self) -> int: ...
    @property
    def order_type_id(self) -> int: ...
    @property
    def store_id(self) -> int | None: ...
    @property
    def assignee_id(self) -> int | None: ...
    @property
    def fulfilment(self) -> str: ...
    @property
    def write_off(self) -> int: ...
    @property
    def items(self) -> str: ...


def count_values(
    filters: OrderFilter, options: Sequence[Option], query: str, counts: Counts
) -> list[tuple[Option, int | None]]:
    """Each option with its number of orders in the view of this ``query``.

    None where it is not known: in a view of more than MAX_READ orders, and for a value that would widen the
    view, since its filter is set to others.
    """
    found: Counter[tuple[str, str]] | None = counts.of(
        query, "values", lambda: _count(filters)
    )
    if found is None:
        return [(each, None) for each in options]
    mine = {("assignee", "me"): ("assignee", str(filters.user.pk))}
    return [
        (each, found[mine.get((each.name, each.value), (each.name, each.value))])
        if each.chosen or not _is_set(filters, each.name)
        else (each, None)
        for each in options
    ]


def _count(filters: OrderFilter) -> Counter[tuple[str, str]] | None:
    """How many orders of the view have each value, whoever asks; None for too many to be read."""
    orders = filters.apply(Order.objects.all()).order_by()
    if count_up_to(orders, MAX_READ) > MAX_READ:
        return None
    found: Counter[tuple[str, str]] = Counter()
    groups = {each.pk: each.group for each in filters.known.statuses}
    today = timezone.localdate()
    for row in orders.values_list(*COLUMNS, named=True):
        group = groups.get(row.status_id, "")
        found.update(_values(row, group))
        found.update(_due(row.due_on, group, today))
        placed_on = timezone.localdate(row.placed_at)
        found.update(
            ("created", name)
            for name, first in first_days(today).items()
            if placed_on >= first
        )
    return found


def _is_set(filters: OrderFilter, name: str) -> bool:
    together = next((each for each in TOGETHER if name in each), {name})
    return any(each in filters.given for each in together)


def _values(row: _Row, group: str) -> Iterator[tuple[str, str]]:
    """Name and value of every filter that finds this order, as the conditions of orders.order_list.filters
    do."""
    yield "status", str(row.status_id)
    yield "group", group
    yield "type", str(row.order_type_id)
    yield "payment", row.payment
    yield "fulfilment", row.fulfilment
    yield "store", str(row.store_id)
    yield "store", "connected" if row.store_id else "here"
    yield "assignee", str(row.assignee_id) if row.assignee_id else "none"
    for state in states_of(row):
        yield "at_store", state.value
    yield "write_off", str(row.write_off)
    is_open = group != StatusGroup.CLOSED and not row.cancelled_at
    if is_open and row.items and row.write_off < WriteOff.ALL:
        yield "write_off", "open"


def _due(due_on: date | None, group: str, today: date) -> Iterator[tuple[str, str]]:
    if due_on is None:
        yield "due", "none"
        return
    if due_on < today and group in UNFINISHED:
        yield "due", "overdue"
    if due_on == today:
        yield "due", "today"
    if today <= due_on <= today + WEEK:
        yield "due", "week"
