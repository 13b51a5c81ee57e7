"""Numbers that requests name: whatever is typed, the database is asked for nothing it cannot hold."""

import pytest

from common.http import MAX_BIGINT, MAX_INTEGER, ids_in, int_or_none

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("007", 7), (str(MAX_BIGINT), MAX_BIGINT)]
)
def test_ascii_digits_are_a_number(text, number):
    assert int_or_none(text) == number


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        " 1",
        "-1",
        "+1",
        "1.0",
        "1_000",
        "²",
        "٣",
        "x",
        str(MAX_BIGINT + 1),
        "9" * 5_000,
    ],
)
def test_anything_else_is_none(text):
    assert int_or_none(text) is None


def test_limit_of_a_smaller_column():
    assert int_or_none(str(MAX_INTEGER), most=MAX_INTEGER) == MAX_INTEGER
    assert int_or_none(str(MAX_INTEGER + 1), most=MAX_INTEGER) is None


def test_ids_are_named_once_and_in_their_order():
    assert ids_in(["3", "x", "1", "3", "-2", ""]) == [3, 1]
