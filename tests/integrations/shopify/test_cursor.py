"""Where pagination through changed orders goes on, and what it asks for: pure, without a shop."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import pytest

from integrations.shopify.cursor import (
    MAX_RESULTS,
    OrderCursor,
    changed_before,
    changed_from,
    named,
)
from integrations.shopify.responses import OrderPages, PageInfo
from tests.support.times import DAY

pytestmark = pytest.mark.once
LATER = DAY + timedelta(hours=1)


@dataclass
class Changed:
    external_id: str
    updated_at: datetime


def found(number: int, end: str | None = "end", *, more: bool = True) -> OrderPages:
    return OrderPages([b"{}"] * number, PageInfo(more, end))


def test_times_are_quoted_whole_seconds_in_utc():
    berlin = datetime(2026, 11, 20, 10, 30, tzinfo=timezone(timedelta(hours=1)))
    assert changed_from(berlin) == "updated_at:>='2026-11-20T09:30:00Z'"
    assert changed_before(berlin) == "updated_at:<'2026-11-20T09:30:00Z'"


def test_number_with_a_quote_or_backslash_stays_one_term():
    assert named(r"#10'01\x") == r"name:'#10\'01\\x'"


def test_by_time_the_query_has_both_ends_or_one():
    cursor = OrderCursor(DAY)
    since = "updated_at:>='2026-11-20T09:30:00Z'"
    assert cursor.sort_key == "UPDATED_AT"
    assert cursor.query(None) == since
    assert cursor.query(LATER) == f"{since} updated_at:<'2026-11-20T10:30:00Z'"


@pytest.mark.parametrize(
    ("before", "end"),
    [
        (None, "01"),
        (LATER, "01"),
        (DAY, "00"),
        (DAY + timedelta(seconds=1), "01"),
        (DAY + timedelta(seconds=2), "01"),
    ],
)
def test_by_id_the_query_stays_within_its_second(before, end):
    cursor = OrderCursor(DAY, last_id=0)
    assert cursor.sort_key == "ID"
    assert cursor.query(before) == (
        "updated_at:>='2026-11-20T09:30:00Z' id:>=1 "
        f"updated_at:<'2026-11-20T09:30:{end}Z'"
    )


def test_cursor_comes_back_as_it_was_written():
    cursor = OrderCursor(DAY, "abc", 250, 7)
    assert cursor.text == '["2026-11-20T09:30:00Z","abc",250,7]'
    assert OrderCursor.read(cursor.text) == cursor
    assert [OrderCursor.read(text) for text in ["", "{", '["x"]']] == [None] * 3


def test_next_page_begins_at_shopifys_cursor_and_counts():
    first = OrderCursor(DAY).behind(found(50), [])
    assert first == OrderCursor(DAY, "end", 50, -1)
    after = OrderCursor(DAY, "abc", 250).behind(found(50), [])
    assert after == OrderCursor(DAY, "end", 300)
    by_id = OrderCursor(DAY, "abc", 250, 7).behind(found(50), [])
    assert by_id == OrderCursor(DAY, "end", 300, 7)


@pytest.mark.parametrize("pages", [found(50, more=False), found(50, None)])
def test_last_page_is_the_end_and_by_id_the_end_of_its_second(pages):
    assert OrderCursor(DAY).behind(pages, []) is None
    for last_id in (0, 7):
        next_second = OrderCursor(DAY, last_id=last_id).behind(pages, [])
        assert next_second == OrderCursor(DAY + timedelta(seconds=1))


def test_query_that_reaches_shopifys_end_begins_anew_at_its_last_timestamp():
    orders = [Changed("5", DAY), Changed("6", LATER)]
    almost = OrderCursor(DAY, "abc", MAX_RESULTS - 51)
    assert almost.behind(found(50), orders) == OrderCursor(DAY, "end", MAX_RESULTS - 1)
    full = OrderCursor(DAY, "abc", MAX_RESULTS - 50)
    assert full.behind(found(50), orders) == OrderCursor(LATER)
    assert full.behind(found(50, more=False), orders) == OrderCursor(LATER)


def test_second_that_exceeds_a_query_is_read_by_id():
    one_second = [Changed("5", DAY), Changed("6", DAY)]
    full = OrderCursor(DAY, "abc", MAX_RESULTS - 50)
    assert full.behind(found(50), one_second) == OrderCursor(DAY, last_id=0)
    by_id = OrderCursor(DAY, "abc", MAX_RESULTS - 50, 0)
    assert by_id.behind(found(50), one_second) == OrderCursor(DAY, last_id=6)


def test_full_query_without_a_readable_order_goes_on_as_usual():
    full = OrderCursor(DAY, "abc", MAX_RESULTS)
    assert full.behind(found(50), []) == OrderCursor(DAY, "end", MAX_RESULTS + 50)
