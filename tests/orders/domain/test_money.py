"""Money is rounded half up, to the digits of its currency."""

from decimal import Decimal

import pytest

from orders.domain.money import round_money, smallest_unit

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("currency", "unit"), [("EUR", "0.01"), ("JPY", "1"), ("KWD", "0.001")]
)
def test_smallest_unit(currency, unit):
    assert smallest_unit(currency) == Decimal(unit)


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("1.005", None, "1.01"),
        ("1.0049", None, "1.00"),
        ("-1.005", None, "-1.01"),
        ("1.5", "JPY", "2"),
        ("0.5", "JPY", "1"),
        ("1.0005", "KWD", "1.001"),
    ],
)
def test_half_a_unit_is_rounded_up(amount, currency, rounded):
    assert str(round_money(Decimal(amount), currency)) == rounded


def test_without_a_currency_it_is_the_installations(settings):
    settings.CURRENCY = "JPY"
    assert str(round_money(Decimal("1.5"))) == "2"
