from datetime import UTC, datetime

import pytest

from inventory.models import Product, Receipt, Warehouse
from inventory.stock import receive

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.fixture
def main(db) -> Warehouse:
    return Warehouse.objects.get(name="Main warehouse")


@pytest.fixture
def van(db) -> Warehouse:
    return Warehouse.objects.create(name="Van", position=1)


@pytest.fixture
def products(db) -> list[Product]:
    return [Product.objects.create(name=f"Part {number}", sku=f"P-{number}", created_at=NOW) for number in range(1, 4)]


@pytest.fixture
def stocked(main):
    """Post a receipt of (product, quantity) pairs into the main warehouse."""

    def stocked(*pairs, warehouse=main):
        receipt = Receipt.objects.create(warehouse=warehouse, created_at=NOW)
        for product, quantity in pairs:
            receipt.lines.create(product=product, quantity=quantity)
        return receive(receipt, by=None, now=NOW)

    return stocked
