"""Pages of the order list by key instead of by offset: page 10,000 costs what the first one does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import F
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils.dateparse import parse_datetime

from orders.models import Order
from orders.queries import OrderQuerySet

SORTS = {"number": "id", "created": "placed_at", "updated": "synced_at", "total": "total", "customer": "customer_name"}
SIZES = [25, 50, 100]
USUAL_SIZE = 50
USUAL_SORT = "-created"
BIGGEST_ID = 2**63 - 1
LONGEST_CURSOR = 400


@dataclass(frozen=True, slots=True)
class Sort:
    name: str
    descending: bool

    @property
    def field(self) -> str:
        return SORTS[self.name]

    @property
    def text(self) -> str:
        return f"-{self.name}" if self.descending else self.name


@dataclass(frozen=True, slots=True)
class Cursor:
    """The row behind (or before) which a page starts: its value in the sorted column, and its id."""

    value: Any
    pk: int


@dataclass(frozen=True, slots=True)
class Page:
    rows: Sequence[Order]
    previous: str = ""
    """Cursors for the URL; empty if there is no such page."""
    following: str = ""


def read_sort(text: str | None) -> Sort:
    name = (text or "").removeprefix("-")
    return Sort(name, descending=(text or "").startswith("-")) if name in SORTS else Sort("created", descending=True)


def read_size(text: str | None) -> int:
    return next((size for size in SIZES if str(size) == text), USUAL_SIZE)


def read_cursor(text: str | None, sort: Sort) -> Cursor | None:
    """The cursor as ``write_cursor`` wrote it; None if it is anything else."""
    number, _, value = (text or "")[:LONGEST_CURSOR].partition("~")
    if not (number.isascii() and number.isdigit() and int(number) <= BIGGEST_ID):
        return None
    try:
        return Cursor(_read_value(value, sort), int(number))
    except (ValueError, InvalidOperation, OverflowError):
        return None


def _read_value(text: str, sort: Sort) -> Any:
    if sort.name == "number":
        return None
    if sort.name == "customer":
        if "\x00" in text:
            raise ValueError
        return text.encode("utf-8", "strict").decode()
    if sort.name == "total":
        number = Decimal(text)
        if not number.is_finite() or abs(number) >= 10**15:
            raise ValueError
        return number
    return _read_time(text, may_be_empty=sort.name == "updated")


def _read_time(text: str, *, may_be_empty: bool) -> datetime | None:
    if not text and may_be_empty:
        return None
    moment = parse_datetime(text)
    if moment is None or moment.tzinfo is None or not 1970 <= moment.year <= 2200:
        raise ValueError
    return moment


def write_cursor(order: Order, sort: Sort) -> str:
    value = "" if sort.name == "number" else getattr(order, sort.field)
    text = value.isoformat() if isinstance(value, datetime) else str("" if value is None else value)
    return f"{order.pk}~{text}"


def turn(orders: OrderQuerySet, *, sort: Sort, size: int, after: Cursor | None = None, before: Cursor | None = None) -> Page:
    """The page of ``size`` rows behind ``after`` or, if that is None, before ``before``; the first page without either."""
    backwards = after is None and before is not None
    cursor = before if backwards else after
    rows = _walk(orders, Sort(sort.name, sort.descending != backwards), cursor, size + 1)
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    if backwards and len(rows) < size and not more:  # the first page may not be a short one
        return turn(orders, sort=sort, size=size)
    has_previous = more if backwards else cursor is not None
    has_following = backwards or more
    return Page(
        rows,
        previous=write_cursor(rows[0], sort) if rows and has_previous else "",
        following=write_cursor(rows[-1], sort) if rows and has_following else "",
    )


def _walk(orders: OrderQuerySet, sort: Sort, cursor: Cursor | None, most: int) -> list[Order]:
    """The next ``most`` rows behind ``cursor`` in this direction."""
    if sort.name != "updated":
        return list(_behind(orders, sort, cursor)[:most])
    # Orders never synchronised count as the oldest. Databases disagree about where null sorts, and an OR with null
    # would leave the index: the two parts are walked one after the other.
    parts = [(False, orders.filter(synced_at__isnull=False)), (True, orders.filter(synced_at__isnull=True))]
    rows: list[Order] = []
    started = cursor is None
    for is_null, part in parts if sort.descending else reversed(parts):
        here = cursor if cursor and (cursor.value is None) == is_null else None
        started = started or here is not None
        if started and len(rows) < most:
            rows += _behind(part, Sort("number", sort.descending) if is_null else sort, here)[: most - len(rows)]
    return rows


def _behind(orders: OrderQuerySet, sort: Sort, cursor: Cursor | None) -> OrderQuerySet:
    sign = "-" if sort.descending else ""
    if sort.name == "number":
        beyond: Any = {f"id__{'lt' if sort.descending else 'gt'}": cursor.pk} if cursor else {}
        return orders.filter(**beyond).order_by(f"{sign}id")
    if cursor:
        # A row comparison is one range of the index, however many rows share a value.
        comparison = TupleLessThan if sort.descending else TupleGreaterThan
        orders = orders.filter(comparison(Tuple(F(sort.field), F("id")), (cursor.value, cursor.pk)))
    return orders.order_by(f"{sign}{sort.field}", f"{sign}id")


def count_up_to(orders: OrderQuerySet, most: int) -> int:
    """How many there are; ``most`` + 1 stands for any number above ``most``."""
    return orders.order_by()[: most + 1].count()
