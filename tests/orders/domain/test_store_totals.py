"""From our sum to the store's total, step by step: pure, without a database."""

from decimal import Decimal

import pytest

from orders.domain.store_totals import (
    Comparison,
    Part,
    Step,
    compare,
    unexplained,
)
from orders.models import Order, OrderLine

pytestmark = pytest.mark.once
FIGURES = [
    "items",
    "discounts",
    "shipping",
    "tax",
    "tip",
    "refunded",
    "total",
    "duties",
    "fees",
    "goodwill",
]


def line(
    total: str, *, at_store: str | None = "same", name: str = "Display"
) -> OrderLine:
    """A line of one piece; ``at_store`` is what the store last said that it costs, None for one that staff
    added."""
    said = None
    if at_store is not None:
        said = Decimal(total if at_store == "same" else at_store)
    known = (
        {"store_quantity": 1, "store_price": said, "store_discount": Decimal(0)}
        if said is not None
        else {}
    )
    return OrderLine(
        name=name, quantity=1, price=Decimal(total), total=Decimal(total), **known
    )


def found(
    *lines: OrderLine, tax_included: bool = True, tip_is_line: bool = False, **sums: str
) -> Comparison:
    figures = {f"store_{name}": Decimal(sums.get(name, "0.00")) for name in FIGURES}
    order = Order(
        total=sum((each.total for each in lines), Decimal(0)),
        store_tax_included=tax_included,
        store_tip_is_line=tip_is_line,
        **figures,
    )
    comparison = compare(order, lines)
    assert comparison is not None
    assert unexplained(order, lines) == comparison.unexplained
    return comparison


def steps(comparison: Comparison) -> dict[str, str]:
    return {step.part.value: str(step.amount) for step in comparison.steps}


def test_order_made_here_is_not_compared():
    assert compare(Order(total=Decimal(5)), []) is None


def test_nothing_between_equal_totals():
    assert found(line("13.50"), items="13.50", total="13.50") == Comparison(
        (), Decimal("13.50"), Decimal("0.00"), ()
    )


def test_every_part_is_a_step_in_a_fixed_order():
    comparison = found(
        line("20.00"),
        tax_included=False,
        items="20.00",
        shipping="4.90",
        tax="3.80",
        tip="2.00",
        duties="1.50",
        fees="0.80",
        total="33.00",
    )
    assert comparison.steps == (
        Step(Part.SHIPPING, Decimal("4.90")),
        Step(Part.TAX, Decimal("3.80")),
        Step(Part.TIP, Decimal("2.00")),
        Step(Part.DUTIES, Decimal("1.50")),
        Step(Part.FEES, Decimal("0.80")),
    )
    assert (comparison.expected, comparison.unexplained) == (
        Decimal("33.00"),
        Decimal("0.00"),
    )


def test_tax_in_the_prices_is_no_step():
    comparison = found(line("119.00"), items="119.00", tax="19.00", total="119.00")
    assert (steps(comparison), comparison.unexplained) == ({}, 0)


def test_tip_that_is_a_line_is_not_added_again():
    comparison = found(
        line("20.00"),
        line("2.00"),
        tip_is_line=True,
        items="20.00",
        tip="2.00",
        total="22.00",
    )
    assert (steps(comparison), comparison.unexplained) == ({}, 0)


def test_tip_of_the_wrong_amount_is_not_explained_away():
    """A total without the tip, or with it twice, is a difference."""
    for total, rest in [("20.00", "-2.00"), ("24.00", "2.00")]:
        comparison = found(
            line("20.00"),
            line("2.00"),
            tip_is_line=True,
            items="20.00",
            tip="2.00",
            total=total,
        )
        assert str(comparison.unexplained) == rest


def test_money_given_back_without_goods_leaves_the_total():
    comparison = found(
        line("20.00"), items="20.00", refunded="5.00", goodwill="5.00", total="20.00"
    )
    assert (steps(comparison), comparison.unexplained) == ({}, 0)
    less = found(
        line("20.00"), items="20.00", refunded="5.00", goodwill="5.00", total="15.00"
    )
    assert str(less.unexplained) == "-5.00"


def test_lines_that_differ_are_one_step_with_their_names():
    changed = line("17.00", at_store="20.00", name="Display")
    added = line("5.00", at_store=None, name="Check-up")
    comparison = found(changed, added, line("1.00"), items="21.00", total="21.00")
    assert steps(comparison) == {"lines": "-2.00"}
    assert (comparison.differing, comparison.unexplained) == (
        ("Display", "Check-up"),
        0,
    )


def test_negative_amounts():
    comparison = found(
        line("20.00"),
        line("-25.00", name="Voucher"),
        items="-5.00",
        shipping="4.90",
        total="-0.10",
    )
    assert (steps(comparison), str(comparison.expected), comparison.unexplained) == (
        {"shipping": "4.90"},
        "-0.10",
        0,
    )


@pytest.mark.parametrize(
    ("currency", "shipping", "total"),
    [("JPY", "500", "1700"), ("KWD", "0.500", "12.845"), ("EUR", "5.00", "17.34")],
)
def test_amounts_of_any_number_of_digits(settings, currency, shipping, total):
    settings.CURRENCY = currency
    goods = str(Decimal(total) - Decimal(shipping))
    comparison = found(line(goods), items=goods, shipping=shipping, total=total)
    assert (steps(comparison), comparison.unexplained) == ({"shipping": shipping}, 0)


def test_difference_of_one_cent_is_one():
    assert str(found(line("20.00"), items="20.01", total="20.01").unexplained) == "0.01"
