"""Shopify's amounts, and a line's discounts for what is left of the line: pure, without a shop."""

from decimal import Decimal

import pytest

from integrations.shopify.money import (
    LARGEST,
    Amounts,
    Counted,
    Money,
    MoneyBag,
    even_out,
)
from tests.support.incoming import line

pytestmark = pytest.mark.once
CENT = Decimal("0.01")


def bag(amount: str) -> MoneyBag:
    return MoneyBag(Money(amount))


@pytest.mark.parametrize(
    ("amount", "currency", "read"),
    [
        ("19.9", "EUR", "19.90"),
        ("-3", "EUR", "-3.00"),
        ("0.0", "EUR", "0.00"),
        ("1980.0", "JPY", "1980"),
        ("999999999999.99", "EUR", "999999999999.99"),
        ("-999999999999.99", "EUR", "-999999999999.99"),
    ],
)
def test_amounts_have_their_currencys_digits(amount, currency, read):
    amounts = Amounts(currency)
    assert [str(amounts.of(bag(amount))) for _ in range(2)] == [read, read]


def test_missing_amount_is_nothing():
    assert str(Amounts("KWD").of(None)) == "0.000"


@pytest.mark.parametrize("amount", ["", "x", "NaN", "Infinity", "1e12", "-1e12"])
def test_amount_that_is_no_number_or_too_large_is_refused(amount):
    assert Decimal("1e12") == LARGEST
    with pytest.raises(ValueError, match="an amount"):
        Amounts("EUR").of(bag(amount))


@pytest.mark.parametrize(
    ("discounts", "left", "ordered", "expected"),
    [
        (["10.00"], 2, 3, "6.67"),
        (["5.00", "1.00"], 3, 3, "6.00"),
        (["10.00"], 0, 3, "0.00"),
        (["10.00"], 1, 0, "0.00"),
        ([], 1, 3, "0.00"),
    ],
)
def test_discounts_of_what_is_left(discounts, left, ordered, expected):
    bags = [bag(each) for each in discounts]
    assert str(Amounts("EUR").left(bags, left=left, ordered=ordered)) == expected


def counted(quantity: int, ordered: int, discount: str) -> Counted:
    return Counted(line(quantity=quantity, discount=Decimal(discount)), ordered)


@pytest.mark.parametrize(
    ("quantity", "ordered", "discount", "is_shared"),
    [
        (1, 2, "1.00", True),
        (2, 2, "1.00", False),
        (0, 2, "1.00", False),
        (1, 2, "0.00", False),
    ],
)
def test_discount_is_shared_where_a_part_of_it_is_left(
    quantity, ordered, discount, is_shared
):
    assert counted(quantity, ordered, discount).is_shared is is_shared


@pytest.mark.parametrize(
    ("total", "discounts"),
    [
        ("16.66", ["1.67", "1.67"]),
        ("16.67", ["1.67", "1.66"]),
        ("16.68", ["1.67", "1.65"]),
        ("16.69", ["1.67", "1.67"]),
        ("16.64", ["1.67", "1.69"]),
        ("16.63", ["1.67", "1.67"]),
    ],
)
def test_last_shared_discount_takes_up_a_cent_for_each_shared_one(total, discounts):
    lines = [counted(1, 3, "1.67"), counted(1, 3, "1.67")]
    even = even_out(lines, total=Decimal(total), unit=CENT)
    assert [str(each.discount) for each in even] == discounts


def test_lines_whose_discount_is_whole_stay_as_they_are():
    lines = [counted(1, 3, "1.67"), counted(3, 3, "5.00")]
    even = even_out(lines, total=Decimal("33.34"), unit=CENT)
    assert [str(each.discount) for each in even] == ["1.66", "5.00"]
    whole = [counted(3, 3, "5.00")]
    assert even_out(whole, total=Decimal("25.01"), unit=CENT) == [whole[0].line]
