"""Where an order stands in a list: its place, and which orders stand before and after it."""

from dataclasses import dataclass

from common.lists import pagination
from common.lists.pagination import Cursor, Sort
from orders.models import Order, OrderQuerySet

MAX_COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class Neighbours:
    """``previous`` and ``following`` are ids; None at the ends of the list."""

    previous: int | None
    following: int | None
    place: int | None
    """From 1; None where the order is not in the list any more, or further down than is counted."""
    count: int
    is_capped: bool
    """There are more than ``count``."""


def neighbours_of(pk: int, orders: OrderQuerySet, sort: Sort) -> Neighbours | None:
    """None if there is no such order. An order that the filters of ``orders`` no longer find still has
    neighbours: those of the place where it would be."""
    fields = list(dict.fromkeys(["id", sort.column.field]))
    own = Order.objects.filter(pk=pk).values_list(*fields, named=True)
    row = own.first()
    if row is None:
        return None
    ids = orders.values_list(*fields, named=True)
    cursor = Cursor(getattr(row, sort.column.field), pk)
    before = pagination.rows_behind(ids, sort.reverse, cursor, MAX_COUNTED)
    after = pagination.rows_behind(ids, sort, cursor, 1)
    count = pagination.count_up_to(orders, MAX_COUNTED)
    is_in = orders.filter(pk=pk).exists() and len(before) < MAX_COUNTED
    return Neighbours(
        previous=before[0].id if before else None,
        following=after[0].id if after else None,
        place=len(before) + 1 if is_in else None,
        count=min(count, MAX_COUNTED),
        is_capped=count > MAX_COUNTED,
    )
