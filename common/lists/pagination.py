"""Keyset pagination of long lists: page 10,000 costs what the first one does."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, TypeVar

from django.db.models import Count, F, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils.dateparse import parse_datetime

from common.http import int_or_none

R = TypeVar("R")
SIZES = [25, 50, 100]
DEFAULT_SIZE = 50
MAX_CURSOR_LENGTH = 3_000


def read_text(text: str) -> str:
    if "\x00" in text:
        raise ValueError
    return text.encode("utf-8", "strict").decode()


def read_number(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite() or abs(number) >= 10**15:
        raise ValueError
    return number


def read_day(text: str) -> date:
    day = date.fromisoformat(text)
    if not 1970 <= day.year <= 2200:
        raise ValueError
    return day


def read_time(text: str) -> datetime:
    moment = parse_datetime(text)
    if moment is None or moment.tzinfo is None or not 1970 <= moment.year <= 2200:
        raise ValueError
    return moment


@dataclass(frozen=True, slots=True)
class Column:
    """Something that a list is sorted by: a field with an index that ends in id, or ``id`` itself.

    ``read`` turns a cursor's text into a value and raises ValueError or InvalidOperation; ``id`` needs none.
    Rows without a value in a column that ``may_be_null`` count as the smallest; where ``null_is_last``, as
    the largest.
    """

    field: str
    read: Callable[[str], object] | None = None
    may_be_null: bool = False
    null_is_last: bool = False


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

    @property
    def reverse(self) -> "Sort":
        return Sort(self.name, self.column, not self.descending)

    def aria_sort(self, name: str) -> str:
        """The value of aria-sort for the heading of the column ``name``."""
        if self.name != name:
            return "none"
        return "descending" if self.descending else "ascending"

    def next_by(self, name: str, *, descending_first: bool) -> str:
        """Where the heading of the column ``name`` leads: to the other direction if sorted by it."""
        descending = not self.descending if self.name == name else descending_first
        return f"-{name}" if descending else name


@dataclass(frozen=True, slots=True)
class Cursor:
    """The row behind (or before) which a page starts: its value in the sorted column, and its id."""

    value: object
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
    number, _, value = (text or "")[:MAX_CURSOR_LENGTH].partition("~")
    cursor_id = int_or_none(number)
    if cursor_id is None:
        return None
    try:
        return Cursor(_read_value(value, sort.column), cursor_id)
    except (ValueError, InvalidOperation, OverflowError):
        return None


def _read_value(text: str, column: Column) -> object:
    if column.read is None or (not text and column.may_be_null):
        return None
    return column.read(text)


def write_cursor(row: Any, sort: Sort) -> str:  # noqa: ANN401  whatever has an id
    value = None if sort.column.read is None else getattr(row, sort.column.field)
    return f"{row.id}~{_written_value(value)}"


def _written_value(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def paginate(
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
    if after is None and before is not None:
        return _page_before(rows, sort, size, before)
    found = rows_behind(rows, sort, after, size + 1)
    shown = found[:size]
    return _page(
        shown, sort, has_previous=after is not None, has_following=len(found) > size
    )


def _page_before(
    rows: "QuerySet[Any, R]", sort: Sort, size: int, before: Cursor
) -> Page[R]:
    found = rows_behind(rows, sort.reverse, before, size + 1)
    if len(found) < size:  # the first page may not be a short one
        return paginate(rows, sort=sort, size=size)
    shown = found[:size]
    shown.reverse()
    return _page(shown, sort, has_previous=len(found) > size, has_following=True)


def _page(
    rows: list[R], sort: Sort, *, has_previous: bool, has_following: bool
) -> Page[R]:
    if not rows:
        return Page(rows)
    previous = write_cursor(rows[0], sort) if has_previous else ""
    following = write_cursor(rows[-1], sort) if has_following else ""
    return Page(rows, previous, following)


def cursor_parameters(url: Mapping[str, str], page: Page[Any]) -> dict[str, str]:
    """The parameters of ``url`` that lead to ``page`` again: its cursor; none on the first page."""
    if not page.previous:
        return {}
    return {name: url[name] for name in ["after", "before"] if name in url}


def rows_behind(
    rows: "QuerySet[Any, R]", sort: Sort, cursor: Cursor | None, limit: int
) -> list[R]:
    """At most ``limit`` rows behind ``cursor`` in the direction of ``sort``."""
    if not sort.column.may_be_null:
        return list(_behind(rows, sort, cursor)[:limit])
    # Databases disagree about where null sorts, and an OR with null would leave the index: rows with and
    # without a value are two queries.
    is_null = f"{sort.column.field}__isnull"
    with_value = (False, rows.filter(**{is_null: False}))
    without_value = (True, rows.filter(**{is_null: True}))
    parts = (
        [with_value, without_value]
        if sort.descending != sort.column.null_is_last
        else [without_value, with_value]
    )
    found: list[R] = []
    has_started = cursor is None
    for has_no_value, part in parts:
        is_here = cursor is not None and (cursor.value is None) == has_no_value
        has_started = has_started or is_here
        if not has_started or len(found) >= limit:
            continue
        part_sort = Sort("", ID, sort.descending) if has_no_value else sort
        part_rows = _behind(part, part_sort, cursor if is_here else None)
        found += part_rows[: limit - len(found)]
    return found


def _behind(
    rows: "QuerySet[Any, R]", sort: Sort, cursor: Cursor | None
) -> "QuerySet[Any, R]":
    sign = "-" if sort.descending else ""
    field = sort.column.field
    if cursor:
        rows = rows.filter(_beyond(sort, cursor.value, cursor.pk))
    if field == "id":
        return rows.order_by(f"{sign}id")
    return rows.order_by(f"{sign}{field}", f"{sign}id")


def _beyond(sort: Sort, value: object, pk: int) -> Q:
    """Rows behind the one with this value and id, of those that have a value."""
    field = sort.column.field
    if field == "id":
        return Q(pk__lt=pk) if sort.descending else Q(pk__gt=pk)
    # A row comparison is one range of the index, however many rows share a value.
    comparison = TupleLessThan if sort.descending else TupleGreaterThan
    return Q(comparison(Tuple(F(field), F("id")), (value, pk)))


def iterate(rows: "QuerySet[Any]", *, sort: Sort, chunk: int) -> Iterator[Any]:
    """All rows, as ``paginate`` takes them, in this order; each ``chunk`` is a query of its own."""
    cursor: Cursor | None = None
    while found := rows_behind(rows, sort, cursor, chunk):
        yield from found
        last = found[-1]
        cursor = Cursor(getattr(last, sort.column.field), last.id)


def count_up_to(rows: "QuerySet[Any, Any]", limit: int) -> int:
    """How many there are; ``limit`` + 1 stands for any number above ``limit``."""
    return rows.order_by()[: limit + 1].count()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page stands in its list of ``count`` rows: from row ``first``, counted from 1, to row ``last``.
    Both are None where there are more rows than are counted, and it may be anywhere."""

    count: int
    first: int | None = None
    last: int | None = None


def count_with_place(
    rows: "QuerySet[Any, Any]", page: Page[Any], sort: Sort, limit: int
) -> Place:
    """How many rows there are, as ``count_up_to`` has it, and where ``page`` stands among them. One query,
    and none where the page holds them all."""
    shown = len(page.rows)
    if not page.previous and not page.following:
        return Place(shown, 1, shown)
    if not page.previous or not page.following:
        count = count_up_to(rows, limit)
        first = 1 if not page.previous else count - shown + 1
    else:
        count, before = _count_with_those_before(rows, page.rows[0], sort, limit)
        first = before + 1
    last = first + shown - 1
    # Rows may have gone since the page was read.
    is_known = count <= limit and first >= 1 and last <= count
    return Place(count, first, last) if is_known else Place(count)


def _count_with_those_before(
    rows: "QuerySet[Any, Any]",
    row: Any,  # noqa: ANN401  whatever has an id
    sort: Sort,
    limit: int,
) -> tuple[int, int]:
    fields = dict.fromkeys(["pk", sort.column.field])
    counted = (
        rows.order_by()
        .only(*fields)[: limit + 1]
        .aggregate(count=Count("pk"), before=Count("pk", filter=_before(row, sort)))
    )
    return counted["count"], counted["before"]


def _before(row: Any, sort: Sort) -> Q:  # noqa: ANN401  whatever has an id
    """Rows that stand before ``row``, as ``rows_behind`` sorts them."""
    field = sort.column.field
    nulls_come_first = sort.descending == sort.column.null_is_last
    value = getattr(row, field)
    is_null = Q(**{f"{field}__isnull": True})
    if value is None:
        same = is_null & _beyond(Sort("", ID, not sort.descending), None, row.id)
        return same if nulls_come_first else same | ~is_null
    before = _beyond(sort.reverse, value, row.id)
    return before | is_null if sort.column.may_be_null and nulls_come_first else before
