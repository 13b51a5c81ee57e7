"""How many orders of the present view each value of a filter has (O2): from one query, of views that are
small enough to be read whole."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.utils import timezone

from orders.models import Order, StatusGroup, WriteOff
from orders.order_list.filters import UNFINISHED, WEEK, OrderFilter, first_days
from orders.order_list.menus import Menu, Option
from orders.order_list.store_states import states_of

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


def count_values(
    filters: OrderFilter, menus: Sequence[Menu]
) -> list[tuple[Option, int | None]]:
    """Every option of the menus with its number of orders.

    None where it is not known: in a view of more than MAX_READ orders, and for a value that would widen the
    view, since its filter is set to others.
    """
    orders = filters.apply(Order.objects.all()).order_by()
    rows = list(orders.values_list(*COLUMNS, named=True)[: MAX_READ + 1])
    found: Counter[tuple[str, str]] = Counter()
    groups = {each.pk: each.group for each in filters.known.statuses}
    today = timezone.localdate()
    for row in rows:
        group = groups.get(row.status_id, "")
        found.update(_values(row, group, filters.user.pk))
        found.update(_due(row.due_on, group, today))
        placed_on = timezone.localdate(row.placed_at)
        found.update(
            ("created", name)
            for name, first in first_days(today).items()
            if placed_on >= first
        )
    options = [option for menu in menus for option in menu.options]
    is_known = len(rows) <= MAX_READ
    return [
        (each, found[each.name, each.value])
        if is_known and (each.chosen or not _is_set(filters, each.name))
        else (each, None)
        for each in options
    ]


def _is_set(filters: OrderFilter, name: str) -> bool:
    together = next((each for each in TOGETHER if name in each), {name})
    return any(each in filters.given for each in together)


def _values(row: Any, group: str, user_id: int) -> Iterator[tuple[str, str]]:
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
    if row.assignee_id == user_id:
        yield "assignee", "me"
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
