"""Incoming orders with sensible values, for tests that state only what they are about."""

from decimal import Decimal
from typing import Any
from zlib import crc32

from msgspec.structs import replace

from customers.matching import ContactDetails
from inventory.product_matching import ProductDetails
from orders.importing.incoming import (
    IncomingLine,
    IncomingOrder,
    Snapshot,
    StoreFigures,
)
from orders.importing.types import ParsedOrder
from tests.support.times import DAY


def product(number: int = 1, **values: Any) -> ProductDetails:
    defaults = {
        "key": f"shopify:1:variant:{number}",
        "external_id": f"{7000 + number}",
        "name": f"Display {number}",
        "sku": f"D-{number}",
    }
    merged = defaults | values
    parent = f"shopify:1:product:{merged['external_id']}"
    return ProductDetails(**{"parent": parent} | merged)


def line(number: int = 1, **values: Any) -> IncomingLine:
    defaults: dict[str, Any] = {
        "external_id": str(number),
        "name": f"Display {number}",
        "sku": f"D-{number}",
        "quantity": 1,
        "price": Decimal("10.00"),
        "discount": Decimal("0.00"),
        "product": product(number),
    }
    return IncomingLine(**defaults | values)


def figures(**values: Any) -> StoreFigures:
    zero = {
        name: Decimal("0.00")
        for name in [
            "items",
            "discounts",
            "shipping",
            "tax",
            "tip",
            "refunded",
            "total",
        ]
    }
    return StoreFigures(**zero | {"tax_included": True} | values)


def order(number: int = 1, **values: Any) -> IncomingOrder:
    defaults: dict[str, Any] = {
        "external_id": str(5000 + number),
        "number": f"#{1000 + number}",
        "placed_at": DAY,
        "updated_at": DAY,
        "currency": "EUR",
        "lines": (line(1),),
        "contact": ContactDetails(
            key=f"shopify:1:{number}",
            first_name="Ada",
            last_name=f"Nr{number}",
            phone=f"+4915112345{number:03}",
            country="DE",
        ),
        "payment": "paid",
        "fulfilment": "unfulfilled",
    }
    given = defaults | values
    if "figures" not in given:
        parts = [each.quantity * each.price - each.discount for each in given["lines"]]
        given["figures"] = figures(total=sum(parts, Decimal("0.00")))
    return IncomingOrder(**given)


def numbered(number: int, external_number: str, **values: Any) -> IncomingOrder:
    """The same, named by the shop as it likes."""
    return replace(order(number, **values), number=external_number)


def arrival(incoming: IncomingOrder) -> ParsedOrder:
    fingerprint = crc32(repr(incoming).encode())
    return ParsedOrder(
        Snapshot(
            incoming.external_id,
            incoming.number,
            incoming.updated_at,
            fingerprint,
            lambda: incoming,
        ),
        incoming,
    )
