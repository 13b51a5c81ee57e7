"""Pagination by keyset: sorts, sizes and cursors from the URL, and pages over every row once."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.lists.pagination import (
    ID,
    Column,
    Cursor,
    Page,
    Place,
    Sort,
    count_up_to,
    count_with_place,
    cursor_parameters,
    iterate,
    paginate,
    read_cursor,
    read_number,
    read_size,
    read_sort,
    read_text,
    read_time,
    write_cursor,
)
from inventory.models import Product
from orders.models import Order
from tests.support.stock import goods
from tests.support.times import DAY

NAME = Column("name", read_text)
TOTAL = Column("total", read_number)
SYNCED = Column("synced_at", read_time, may_be_null=True)
COLUMNS = {"number": ID, "name": NAME, "total": TOTAL, "updated": SYNCED}
BY_NAME = Sort("name", NAME, descending=False)
BY_ID = Sort("number", ID, descending=False)
BY_SYNCED = Sort("updated", SYNCED, descending=True)


# What the URL says


@pytest.mark.parametrize(
    ("text", "name", "descending"),
    [
        ("total", "total", False),
        ("-total", "total", True),
        ("--total", "name", True),
        ("price", "name", True),
        ("", "name", True),
        (None, "name", True),
    ],
)
def test_sort_is_one_of_the_known_columns(text, name, descending):
    sort = read_sort(text, COLUMNS, "-name")
    assert sort == Sort(name, COLUMNS[name], descending)


def test_sort_in_the_url_and_in_the_headings():
    rising, falling = Sort("total", TOTAL, False), Sort("total", TOTAL, True)
    assert (rising.text, falling.text) == ("total", "-total")
    assert [sort.aria_sort("total") for sort in (rising, falling)] == [
        "ascending",
        "descending",
    ]
    assert rising.aria_sort("name") == "none"
    assert rising.next_by("total", descending_first=False) == "-total"
    assert falling.next_by("total", descending_first=True) == "total"
    assert falling.next_by("name", descending_first=True) == "-name"
    assert falling.next_by("name", descending_first=False) == "name"


@pytest.mark.parametrize(
    ("text", "size"),
    [("25", 25), ("50", 50), ("100", 100), ("26", 50), ("", 50), (None, 50)],
)
def test_size_is_one_of_three(text, size):
    assert read_size(text) == size


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_text_that_no_database_takes_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011  whichever it is
        read_text(text)


def test_numbers_end_below_ten_to_the_fifteenth():
    assert read_number("999999999999999.99") == Decimal("999999999999999.99")
    assert read_number("-999999999999999") == Decimal("-999999999999999")
    for text in ["1e15", "-1000000000000000", "NaN", "Infinity"]:
        with pytest.raises(ValueError):  # noqa: PT011  has no text
            read_number(text)
    with pytest.raises(InvalidOperation):
        read_number("x")


def test_times_have_a_zone_and_a_year_between_1970_and_2200():
    assert read_time("1970-01-01T00:00:00+00:00") == datetime(1970, 1, 1, tzinfo=UTC)
    assert read_time("2200-12-31T23:59:59Z").year == 2200
    for text in [
        *["2026-11-20T09:30:00", "1969-12-31T23:59:59Z", "2201-01-01T00:00:00Z"],
        *["2026-13-01T00:00:00Z", "yesterday", ""],
    ]:
        with pytest.raises(ValueError):  # noqa: PT011  some have a text
            read_time(text)


@pytest.mark.parametrize(
    ("sort", "row", "text"),
    [
        (BY_NAME, {"id": 7, "name": "a~b"}, "7~a~b"),
        (BY_ID, {"id": 7}, "7~"),
        (BY_SYNCED, {"id": 7, "synced_at": None}, "7~"),
        (BY_SYNCED, {"id": 7, "synced_at": DAY}, "7~2026-11-20T09:30:00+00:00"),
        (Sort("total", TOTAL, True), {"id": 7, "total": Decimal("1.50")}, "7~1.50"),
    ],
)
def test_cursor_comes_back_as_it_was_written(sort, row, text):
    assert write_cursor(SimpleNamespace(**row), sort) == text
    value = row.get(sort.column.field) if sort.column.read else None
    assert read_cursor(text, sort) == Cursor(value, 7)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", NAME),
        (None, NAME),
        ("x~a", NAME),
        ("~a", NAME),
        ("-1~a", NAME),
        (f"{2**63}~a", NAME),
        ("7~a\x00", NAME),
        ("7~", TOTAL),
        ("7~NaN", TOTAL),
        ("7~12:00", SYNCED),
        ("7~9999-99-99T00:00:00Z", SYNCED),
    ],
)
def test_nonsense_is_no_cursor(text, column):
    assert read_cursor(text, Sort("", column, descending=False)) is None


def test_overlong_cursor_is_cut():
    assert read_cursor(f"7~{'x' * 4_000}", BY_NAME) == Cursor("x" * 2_998, 7)


def test_page_is_found_again_by_its_own_cursor():
    url = {"after": "7~a", "before": "9~b", "q": "x"}
    assert cursor_parameters(url, Page([], previous="7~a")) == {
        "after": "7~a",
        "before": "9~b",
    }
    assert cursor_parameters({"q": "x"}, Page([], previous="7~a")) == {}
    assert cursor_parameters(url, Page([], following="7~a")) == {}


# Pages of rows


@pytest.fixture
def names(db) -> list[tuple[str, int]]:
    """Names and ids of six products, three of them of one name, as they are sorted."""
    rows = [goods(name) for name in ["b", "a", "c", "b", "d", "b"]]
    return sorted((row.name, row.pk) for row in rows)


def pages(rows, sort: Sort, size: int) -> list[Page]:
    """Forwards from the first page to the last."""
    found = [paginate(rows, sort=sort, size=size)]
    while found[-1].following:
        after = read_cursor(found[-1].following, sort)
        found.append(paginate(rows, sort=sort, size=size, after=after))
    return found


def back(rows, sort: Sort, size: int, page: Page) -> list[Page]:
    """Backwards from ``page`` to the first one."""
    found = [page]
    while found[-1].previous:
        before = read_cursor(found[-1].previous, sort)
        found.append(paginate(rows, sort=sort, size=size, before=before))
    return found[::-1]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 7])
@pytest.mark.parametrize("descending", [False, True])
def test_every_row_is_on_one_page_forwards_and_back(names, size, descending):
    sort = Sort("name", NAME, descending)
    there = pages(Product.objects.all(), sort, size)
    expected = names[::-1] if descending else names
    assert [(row.name, row.pk) for page in there for row in page.rows] == expected
    assert [len(page.rows) for page in there[:-1]] == [size] * (len(there) - 1)
    assert there[0].previous == ""
    assert back(Product.objects.all(), sort, size, there[-1])[1:] == there[1:]


def test_sorted_by_id(names):
    ids = sorted(pk for _, pk in names)
    for descending in (False, True):
        there = pages(Product.objects.all(), Sort("number", ID, descending), 4)
        expected = ids[::-1] if descending else ids
        assert [row.pk for page in there for row in page.rows] == expected
        assert [len(page.rows) for page in there] == [4, 2]


def test_first_page_is_never_a_short_one(names):
    """Two rows stand before the third one: the page before it is the first page, whole."""
    before = Cursor(*names[2])
    page = paginate(Product.objects.all(), sort=BY_NAME, size=3, before=before)
    assert [(row.name, row.pk) for row in page.rows] == names[:3]
    assert (page.previous, page.following) == ("", f"{names[2][1]}~{names[2][0]}")


def test_whole_page_before_is_the_first_one(names):
    before = Cursor(*names[3])
    page = paginate(Product.objects.all(), sort=BY_NAME, size=3, before=before)
    assert [(row.name, row.pk) for row in page.rows] == names[:3]
    assert page.previous == ""


def test_after_counts_before_before(names):
    page = paginate(
        Product.objects.all(),
        sort=BY_NAME,
        size=2,
        after=Cursor(*names[0]),
        before=Cursor(*names[5]),
    )
    assert [(row.name, row.pk) for row in page.rows] == names[1:3]


@pytest.mark.django_db
def test_no_rows_are_an_empty_page_without_neighbours():
    assert paginate(Product.objects.none(), sort=BY_NAME, size=2) == Page([])
    behind = paginate(Product.objects.all(), sort=BY_NAME, size=2, after=Cursor("z", 9))
    assert behind == Page([])


@pytest.fixture
def synced(made_here) -> list[int]:
    """Ids of orders by when they were last updated, the oldest first: two never, two at one time."""
    moments = [DAY + timedelta(hours=1), None, DAY, DAY, None]
    ids = [made_here(synced_at=moment).pk for moment in moments]
    return [ids[1], ids[4], ids[2], ids[3], ids[0]]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("descending", [False, True])
def test_rows_without_a_value_count_as_the_smallest(synced, size, descending):
    sort = Sort("updated", SYNCED, descending)
    there = pages(Order.objects.all(), sort, size)
    expected = synced[::-1] if descending else synced
    assert [row.pk for page in there for row in page.rows] == expected
    assert back(Order.objects.all(), sort, size, there[-1])[1:] == there[1:]


def test_rows_that_are_not_needed_are_not_asked_for(synced):
    """A page full of rows with a value does not look for those without."""
    with CaptureQueriesContext(connection) as queries:
        paginate(Order.objects.all(), sort=BY_SYNCED, size=2)
    assert len(queries) == 1
    assert queries[0]["sql"].endswith("LIMIT 3")


@pytest.mark.parametrize("chunk", [1, 2, 5, 6])
def test_all_rows_by_the_chunk(synced, chunk):
    rows = iterate(Order.objects.all(), sort=BY_SYNCED, chunk=chunk)
    assert [row.pk for row in rows] == synced[::-1]


def test_count_ends_one_above_its_limit(names):
    rows = Product.objects.order_by("name")
    assert [count_up_to(rows, limit) for limit in [4, 5, 6, 7]] == [5, 6, 6, 6]


DUE = Column("synced_at", read_time, may_be_null=True, null_is_last=True)


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("column", [ID, SYNCED, DUE, TOTAL])
def test_every_page_knows_its_place(synced, column, descending, size):
    sort = Sort("x", column, descending)
    rows = Order.objects.all()
    first = 1
    for page in pages(rows, sort, size):
        with CaptureQueriesContext(connection) as queries:
            place = count_with_place(rows, page, sort, 5)
        last = first + len(page.rows) - 1
        assert (place, len(queries)) == (Place(5, first, last), 1)
        assert count_with_place(rows, page, sort, 4) == Place(5)
        first = last + 1


def test_page_that_is_all_there_is_needs_no_query(synced):
    page = paginate(Order.objects.all(), sort=BY_SYNCED, size=5)
    with CaptureQueriesContext(connection) as queries:
        assert count_with_place(Order.objects.all(), page, BY_SYNCED, 3) == Place(
            5, 1, 5
        )
    assert not queries


def test_page_whose_rows_are_gone_has_no_place(synced):
    lowest = Cursor(None, min(synced))
    page = paginate(Order.objects.all(), sort=BY_ID, size=2, after=lowest)
    emptied = Order.objects.filter(pk=page.rows[0].pk)
    assert count_with_place(emptied, page, BY_ID, 5) == Place(1)
