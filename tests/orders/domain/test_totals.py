"""What an order's row repeats of its lines and its customer: pure, without a database."""

from decimal import Decimal
from typing import Any

import pytest

from customers.models import Customer
from orders.domain.totals import (
    CONTACT_SEPARATOR,
    MAX_LENGTH,
    line_total,
    summarise,
)
from orders.models import Order, OrderLine, WriteOff
from tests.support.times import DAY

pytestmark = pytest.mark.once
ADA = Customer(
    first_name="Ada",
    last_name="Lóvelace",
    company="Engines & Co",
    email="Ada@Example.com",
    phone="+4915123456789",
)


def line(
    name: str = "Display", quantity: Decimal | int = 1, **values: Any
) -> OrderLine:
    values = {"total": Decimal("10.00")} | values
    return OrderLine(name=name, quantity=quantity, **values)


def summary(*lines: OrderLine, customer: Customer | None = None) -> Order:
    order = Order(external_number="#1001")
    summarise(order, lines, customer)
    return order


@pytest.mark.parametrize(
    ("quantity", "price", "discount", "total"),
    [
        (2, "19.90", "1.00", "38.80"),
        (Decimal("0.333"), "10.00", "0.00", "3.33"),
        (Decimal("0.5"), "0.01", "0.00", "0.01"),
        (0, "19.90", "0.00", "0.00"),
    ],
)
def test_line_total_is_quantity_times_price_less_discount(
    quantity, price, discount, total
):
    assert str(line_total(quantity, Decimal(price), Decimal(discount))) == total


def test_order_without_lines_and_customer_is_empty():
    order = summary()
    assert (order.customer_name, order.items, order.total) == ("", "", 0)
    assert (order.write_off, order.needs_attention) == (WriteOff.NOTHING, False)


def test_items_name_quantities_other_than_one_and_leave_out_removed_lines():
    order = summary(
        line("Display"),
        line("Screw", Decimal("12.000")),
        line("Cable", Decimal("1.500")),
        line("Gone", 0, total=Decimal("0.00")),
    )
    assert order.items == "Display, 12 × Screw, 1.5 × Cable"
    assert order.total == Decimal("30.00")


def test_names_and_items_are_cut_to_their_columns():
    order = summary(line("x" * 300), customer=Customer(first_name="y" * 300))
    assert (len(order.items), len(order.customer_name)) == (255, 255)


@pytest.mark.parametrize(
    ("lines", "write_off"),
    [
        ([line()], WriteOff.NOTHING),
        ([line(written_off_at=DAY), line()], WriteOff.PARTLY),
        ([line(written_off_at=DAY), line(written_off_at=DAY)], WriteOff.ALL),
        ([line(written_off_at=DAY), line(quantity=0)], WriteOff.ALL),
        ([line(quantity=0)], WriteOff.NOTHING),
        ([line(is_gift_card=True)], WriteOff.ALL),
        ([line(is_gift_card=True), line()], WriteOff.NOTHING),
        ([line(is_gift_card=True), line(written_off_at=DAY)], WriteOff.ALL),
        (
            [line(is_gift_card=True), line(written_off_at=DAY), line()],
            WriteOff.PARTLY,
        ),
    ],
)
def test_write_off_is_of_the_lines_that_are_left(lines, write_off):
    assert summary(*lines).write_off == write_off


def test_one_difference_is_enough_to_need_attention():
    changed = line(difference={"quantity": ["1", "2"]})
    assert summary(line(), changed).needs_attention is True
    assert summary(line(), line(difference=None)).needs_attention is False
    order = Order(difference={"note": ["a", "b"]})
    summarise(order, [line()], None)
    assert order.needs_attention is True


def test_search_text_has_contact_data_first_and_each_word_once():
    lines = [line("Display 12″", sku="D-12"), line("Display 12″", sku="D-13")]
    assert summary(*lines, customer=ADA).search == (
        "ada@example.com\n+4915123456789\n\x1f"
        "#1001\nada lovelace\nengines & co\ndisplay 12\nd 12\nd 13\n"
    )


def test_search_text_without_customer_begins_with_the_separator():
    assert summary(line()).search == f"{CONTACT_SEPARATOR}#1001\ndisplay\n"


def test_nothing_to_search_is_an_empty_text():
    order = Order(external_number="")
    summarise(order, [], None)
    assert order.search == ""


def test_separator_in_a_text_cannot_move_it_to_the_contact_data():
    forged = Customer(first_name="a\x1fb", email="x\x1fy@example.com")
    assert summary(customer=forged).search == "x y@example.com\n\x1f#1001\na b\n"


def test_search_text_is_cut_to_its_column():
    assert len(summary(line("x" * 7_000)).search) == MAX_LENGTH == 6_000


def test_items_that_do_not_fit_say_that_there_are_more():
    order = summary(*[line(f"Display {number:03}") for number in range(40)])
    assert len(order.items) == 255
    assert order.items.endswith("Display 018, Display…")
