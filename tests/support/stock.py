"""Products and goods in stock, for tests that state only what they are about."""

from decimal import Decimal
from typing import Any

from inventory.models import Product, Receipt, StockMovement, Warehouse
from inventory.stock import Withdrawal, receive, withdraw
from tests.support.times import DAY

Quantity = Decimal | int | str


def goods(name: str = "Display", **values: Any) -> Product:
    return Product.objects.create(**{"name": name, "created_at": DAY} | values)


def main_warehouse() -> Warehouse:
    return Warehouse.objects.get(name="Main warehouse")


def come_in(
    *pairs: tuple[Product, Quantity],
    warehouse: Warehouse | None = None,
    by: int | None = None,
) -> list[StockMovement]:
    """Post a receipt of (product, quantity) pairs."""
    receipt = Receipt.objects.create(
        warehouse=warehouse or main_warehouse(), created_at=DAY
    )
    for product, quantity in pairs:
        receipt.lines.create(product=product, quantity=Decimal(quantity))
    return receive(receipt, by_id=by, now=DAY)


def go_out(
    product: Product,
    quantity: Quantity,
    *,
    order: int | None = None,
    by: int | None = None,
) -> StockMovement:
    """Write it off the main warehouse, below zero if need be."""
    withdrawal = Withdrawal(product.pk, Decimal(quantity), order)
    return withdraw(
        [withdrawal], warehouse=main_warehouse(), by_id=by, now=DAY, below_zero=True
    )[0]
