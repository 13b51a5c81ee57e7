"""Pages of a long list by key instead of by offset: page 10,000 costs what the first one does."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, TypeVar

from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils.dateparse import parse_datetime

from common.http import int_or_none

R = TypeVar("R")
SIZES = [25, 50, 100]
DEFAULT_SIZE = 50
LONGEST_CURSOR = 3_000


def read_text(text: str) -> str:
    if "\x00" in text:
        raise ValueError
    return text.encode("utf-8", "strict").decode()


def read_number(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite() or abs(number) >= 10**15:
        raise ValueError
    return number


def read_time(text: str) -> datetime:
    moment = parse_datetime(text)
    if moment is None or moment.tzinfo is None or not 1970 <= moment.year <= 2200:
        raise ValueError
    return moment


@dataclass(frozen=True, slots=True)
class Column:
    """Something that a list is sorted by: a field with an index that ends in id, or ``id`` itself.

    ``read`` turns a cursor's text into a value and raises ValueError or InvalidOperation; ``id`` needs none.
    Rows without a value in a column that ``may_be_null`` count as the smallest.
    """

    field: str
    read: Callable[[str], Any] | None = None
    may_be_null: bool = False


ID = Column("id")


@dataclass(frozen=True, slots=True)
class Sort:
    """``name`` is what the URL calls the column."""

    name: str
    column: Column
    descending: bool

    @property
    def text(self) -> str:
        return f"-{self.name}" if self.descending else self.name


@dataclass(frozen=True, slots=True)
class Cursor:
    """The row behind (or before) which a page starts: its value in the sorted column, and its id."""

    value: Any
    pk: int


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    rows: Sequence[R]
    previous: str = ""
    """Cursors for the URL; empty if there is no such page."""
    following: str = ""


def read_sort(text: str | None, columns: Mapping[str, Column], usual: str) -> Sort:
    """The sort that ``text`` names ("-total"); ``usual`` if it names none of ``columns``."""
    known = text if text and text.removeprefix("-") in columns else usual
    name = known.removeprefix("-")
    return Sort(name, columns[name], descending=known.startswith("-"))


def read_size(text: str | None) -> int:
    return next((size for size in SIZES if str(size) == text), DEFAULT_SIZE)


def read_cursor(text: str | None, sort: Sort) -> Cursor | None:
    """The cursor as ``write_cursor`` wrote it; None if it is anything else."""
    number, _, value = (text or "")[:LONGEST_CURSOR].partition("~")
    cursor_id = int_or_none(number)
    if cursor_id is None:
        return None
    try:
        return Cursor(_read_value(value, sort.column), cursor_id)
    except (ValueError, InvalidOperation, OverflowError):
        return None


def _read_value(text: str, column: Column) -> Any:
    if column.read is None or (not text and column.may_be_null):
        return None
    return column.read(text)


def write_cursor(row: Any, sort: Sort) -> str:
    value = None if sort.column.read is None else getattr(row, sort.column.field)
    text = value.isoformat() if isinstance(value, datetime) else str("" if value is None else value)
    return f"{row.id}~{text}"


def turn(
    rows: "QuerySet[Any, R]",
    *,
    sort: Sort,
    size: int,
    after: Cursor | None = None,
    before: Cursor | None = None,
) -> Page[R]:
    """The page of ``size`` rows behind ``after`` or, if that is None, before ``before``; the first page
    without either.

    ``rows`` are objects, or values by name that hold ``id`` and the sorted column.
    """
    backwards = after is None and before is not None
    cursor = before if backwards else after
    found = _walk(rows, Sort(sort.name, sort.column, sort.descending != backwards), cursor, size + 1)
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    if backwards and len(found) < size and not more:  # the first page may not be a short one
        return turn(rows, sort=sort, size=size)
    has_previous = more if backwards else cursor is not None
    has_following = backwards or more
    return Page(
        found,
        previous=write_cursor(found[0], sort) if found and has_previous else "",
        following=write_cursor(found[-1], sort) if found and has_following else "",
    )


def place(url: Mapping[str, str], page: Page[Any]) -> dict[str, str]:
    """What of the list's ``url`` leads to ``page`` again: the cursor behind or before which it stands;
    nothing on the first one."""
    return {name: url[name] for name in ["after", "before"] if name in url and page.previous}


def _walk(rows: "QuerySet[Any, R]", sort: Sort, cursor: Cursor | None, most: int) -> list[R]:
    """The next ``most`` rows behind ``cursor`` in this direction."""
    if not sort.column.may_be_null:
        return list(_behind(rows, sort, cursor)[:most])
    # Databases disagree about where null sorts, and an OR with null would leave the index: the two parts are
    # walked one after the other.
    missing = f"{sort.column.field}__isnull"
    parts = [(False, rows.filter(**{missing: False})), (True, rows.filter(**{missing: True}))]
    found: list[R] = []
    started = cursor is None
    for is_null, part in parts if sort.descending else reversed(parts):
        here = cursor if cursor and (cursor.value is None) == is_null else None
        started = started or here is not None
        if started and len(found) < most:
            found += _behind(part, Sort("", ID, sort.descending) if is_null else sort, here)[
                : most - len(found)
            ]
    return found


def _behind(rows: "QuerySet[Any, R]", sort: Sort, cursor: Cursor | None) -> "QuerySet[Any, R]":
    sign, field = "-" if sort.descending else "", sort.column.field
    if field == "id":
        beyond: Any = {f"id__{'lt' if sort.descending else 'gt'}": cursor.pk} if cursor else {}
        return rows.filter(**beyond).order_by(f"{sign}id")
    if cursor:
        # A row comparison is one range of the index, however many rows share a value.
        comparison = TupleLessThan if sort.descending else TupleGreaterThan
        rows = rows.filter(comparison(Tuple(F(field), F("id")), (cursor.value, cursor.pk)))
    return rows.order_by(f"{sign}{field}", f"{sign}id")


def walk(rows: "QuerySet[Any]", *, sort: Sort, chunk: int) -> Iterator[Any]:
    """All of them, as ``turn`` takes them, in this order, ``chunk`` at a time, each chunk by a query of its
    own."""
    cursor: Cursor | None = None
    while found := _walk(rows, sort, cursor, chunk):
        yield from found
        cursor = Cursor(getattr(found[-1], sort.column.field), found[-1].id)


def count_up_to(rows: "QuerySet[Any, Any]", most: int) -> int:
    """How many there are; ``most`` + 1 stands for any number above ``most``."""
    return rows.order_by()[: most + 1].count()
