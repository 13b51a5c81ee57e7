"""One search box (O4): what an order is found by, and what only those find who may see contact data."""

import pytest

from customers.matching import ContactDetails
from orders.models import Order
from orders.order_list.search import apply_search
from tests.support.incoming import line, order

pytestmark = pytest.mark.django_db
ADA = ContactDetails(
    first_name="Ada",
    last_name="Lóvelace",
    phone="+4915123456789",
    email="ada.l@example.com",
)
BEN = ContactDetails(first_name="Ben", last_name="Weiß", phone="+442079460958")
BY_CONTACT = [
    *[
        "+49 151 23456789",
        "0151 23456789",
        "0151/234-567 89",
        "(0151) 23 45 67 89",
        "004915123456789",
    ],
    *["ada.l@example.com", "ADA.L@EXAMPLE.COM", "ada.l@"],
]
"""A phone in any notation, and an e-mail."""
BY_OTHERS = [
    "#1001",
    "1001",
    "ada",
    "LOVELACE",
    "lóvelace",
    "ada lov",
    "Screen 12″",
    "screen",
    "scr-12-b",
    "SCR-12-B screen",
]


@pytest.fixture
def orders(bring) -> tuple[Order, Order]:
    first, second = bring(
        order(
            1, contact=ADA, lines=(line(1, name="Screen 12″ black", sku="SCR-12-B"),)
        ),
        order(2, contact=BEN, lines=(line(2, name="Battery", sku="BAT-7"),)),
    )
    return first, second


def found(text: str, *, contact_data: bool = True) -> set[int]:
    return set(
        apply_search(Order.objects.all(), text, contact_data=contact_data).values_list(
            "pk", flat=True
        )
    )


@pytest.mark.parametrize("text", [*BY_OTHERS, *BY_CONTACT])
def test_one_is_found_by(orders, text):
    assert found(text) == {orders[0].pk}


def test_own_number_finds(orders):
    assert found(str(orders[0].pk)) == {orders[0].pk}


@pytest.mark.parametrize("text", ["", "  ", "\x00"])
def test_nothing_typed_is_the_whole_list(orders, text):
    assert found(text) == {each.pk for each in orders}


@pytest.mark.parametrize(
    "text", ["ada battery", "ada ben", "%", "_____", "1003", "0151 23456780"]
)
def test_nobody_is_found_by(orders, text):
    assert found(text) == set()


@pytest.mark.parametrize("text", BY_CONTACT)
def test_without_contact_data_phone_and_mail_find_nobody(orders, text):
    assert found(text, contact_data=False) == set()


@pytest.mark.parametrize("text", BY_OTHERS)
def test_without_contact_data_everything_else_finds(orders, text):
    assert found(text, contact_data=False) == {orders[0].pk}
