import pytest

from inventory.models import Product, Warehouse
from tests.goods import come_in, goods, main_warehouse


@pytest.fixture
def main(db) -> Warehouse:
    return main_warehouse()


@pytest.fixture
def van(db) -> Warehouse:
    return Warehouse.objects.create(name="Van", position=1)


@pytest.fixture
def products(db) -> list[Product]:
    return [goods(f"Part {number}", sku=f"P-{number}") for number in range(1, 4)]


@pytest.fixture
def stocked(main):
    return come_in
