"""Columns of an order derived from its lines and customer, because the list sorts, filters and searches by
them."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from common.text import digits_of, search_text, shortened
from customers.models import Customer
from customers.phones import searchable
from orders.domain.buyer_entries import Entries, identifiers
from orders.domain.money import round_money
from orders.models import Order, WriteOff

FIELDS = [
    *["customer_name", "items", "total", "write_off", "needs_attention"],
    *["number_digits", "more_digits", "search"],
]
"""The columns that ``summarise`` sets."""
MAX_LENGTH = 6_000
CONTACT_SEPARATOR = "\x1f"
"""Separates the parts of the search text: e-mail and phone stand before it, searched only for users who may
see contact data."""


def line_total(quantity: Decimal | int, price: Decimal, discount: Decimal) -> Decimal:
    """Quantity × price − discount, rounded to the currency's digits (O11)."""
    return round_money(quantity * price - discount)


class Line(Protocol):
    """What ``summarise`` needs of a line, whether stored or about to be inserted."""

    @property
    def name(self) -> str: ...
    @property
    def sku(self) -> str: ...
    @property
    def buyer_entries(self) -> Entries: ...
    @property
    def is_gift_card(self) -> bool: ...
    @property
    def quantity(self) -> Decimal | int: ...
    @property
    def total(self) -> Decimal: ...
    @property
    def written_off_at(self) -> datetime | None: ...
    @property
    def difference(self) -> object: ...


def summarise(order: Order, lines: Sequence[Line], customer: Customer | None) -> None:
    """Set the derived columns (FIELDS) of ``order`` from its lines and customer; nothing is saved."""
    present = [line for line in lines if line.quantity]
    order.customer_name = customer.name[:255] if customer else ""
    order.items = shortened(", ".join(map(_item, present)), 255)
    order.total = sum((line.total for line in lines), Decimal(0))
    order.write_off = _write_off(present)
    differs = any(line.difference for line in lines)
    order.needs_attention = differs or bool(order.difference)
    order.number_digits, order.more_digits = digits_of(order.external_number)
    order.search = _search_text(order, lines, customer)


def _item(line: Line) -> str:
    return (
        line.name
        if line.quantity == 1
        else f"{Decimal(line.quantity).normalize():f} × {line.name}"
    )


def _write_off(lines: Sequence[Line]) -> WriteOff:
    """A gift card takes nothing from a warehouse, so an order of nothing else has all written off."""
    written_off = sum(1 for line in lines if line.written_off_at)
    cards = sum(1 for line in lines if line.is_gift_card)
    if lines and written_off + cards == len(lines):
        return WriteOff.ALL
    return WriteOff.PARTLY if written_off else WriteOff.NOTHING


def _search_text(order: Order, lines: Sequence[Line], customer: Customer | None) -> str:
    contact: list[str] = []
    words = [
        order.external_number,
        order.purchase_order,
        order.buyer_name,
        *identifiers([order.buyer_entries, *(line.buyer_entries for line in lines)]),
    ]
    if customer:
        contact = [customer.email, *searchable(customer.phone, customer.phone_typed)]
        words += [customer.name, customer.company]
    for line in lines:
        words += [line.name, line.sku]
    text = f"{search_text(contact)}{CONTACT_SEPARATOR}{search_text(words)}"
    return "" if text == CONTACT_SEPARATOR else text[:MAX_LENGTH]
