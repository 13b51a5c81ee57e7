"""Which orders come in: every rule of ``refusal`` and its bounds, without a database."""

from datetime import timedelta
from typing import Any

import pytest

from orders.importing.admission import Admission, refusal
from tests.support.incoming import order
from tests.support.times import DAY

pytestmark = pytest.mark.once
SECOND = timedelta(seconds=1)
TEST = (
    False,
    "test_order",
    "It is a test order, and this store's settings skip test orders.",
)
TAG = (
    False,
    "excluded_tag",
    "It is tagged “wholesale”, which this store's settings exclude.",
)
OLD = (
    False,
    "too_old",
    "It was created before 20 Nov 2026, where this store's import begins.",
)
CLOSED = (
    False,
    "not_open",
    "It was already completed when the store was connected; the initial import takes open orders only.",
)
CURRENCY = (
    True,
    "currency",
    "Its currency is USD, RO App's is EUR. Amounts are never converted.",
)


def answer(
    sent: dict[str, Any], rules: dict[str, Any], *, wanted: bool = False
) -> object:
    usual = Admission(
        **{
            "currency": "EUR",
            "since": None,
            "open_before": None,
            "include_tests": False,
            "excluded_tags": frozenset({"wholesale", "zoo"}),
        }
        | rules
    )
    refused = refusal(order(**sent), usual, wanted=wanted)
    return refused and (refused.held, refused.code, refused.reason)


@pytest.mark.parametrize(
    ("sent", "rules", "expected"),
    [
        ({}, {}, None),
        ({"is_test": True}, {}, TEST),
        ({"is_test": True}, {"include_tests": True}, None),
        ({"tags": ("gift",)}, {}, None),
        ({"tags": ("gift", "WholeSale")}, {}, TAG),
        ({"tags": ("zoo", "wholesale")}, {}, TAG),  # the first of the alphabet is named
        ({"tags": ("wholesale",)}, {"excluded_tags": frozenset()}, None),
        ({"placed_at": DAY - SECOND}, {"since": DAY}, OLD),
        ({"placed_at": DAY}, {"since": DAY}, None),
        ({"placed_at": DAY - SECOND, "is_open": False}, {"open_before": DAY}, CLOSED),
        ({"placed_at": DAY - SECOND, "is_open": True}, {"open_before": DAY}, None),
        ({"placed_at": DAY, "is_open": False}, {"open_before": DAY}, None),
        ({"is_open": False}, {}, None),
        ({"currency": "USD"}, {}, CURRENCY),
        (
            {"currency": "USD", "is_test": True},
            {},
            TEST,
        ),  # what stays out on purpose is not held
    ],
)
def test_order_is_refused_for_one_reason(
    sent: dict[str, Any], rules: dict[str, Any], expected: object
) -> None:
    assert answer(sent, rules) == expected


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (
            {
                "is_test": True,
                "tags": ("wholesale",),
                "placed_at": DAY - SECOND,
                "is_open": False,
            },
            None,
        ),
        ({"is_test": True, "currency": "USD"}, CURRENCY),
    ],
)
def test_wanted_order_is_not_skipped_but_held(
    sent: dict[str, Any], expected: object
) -> None:
    assert answer(sent, {"since": DAY, "open_before": DAY}, wanted=True) == expected
