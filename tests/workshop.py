"""Fixtures: people of every kind, stock to write off, and orders with lines from it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission

from inventory.models import Product, Receipt, Warehouse
from inventory.stock import receive
from orders.domain.lines import LineValues, NewLine, add_line
from orders.models import Order
from tests.incoming import DAY


@pytest.fixture
def person(db):
    """Make someone of a group, or with single permissions ("orders.change_order"), or with none."""

    def person(name: str, *permissions: str, group: str = "") -> Any:
        user = get_user_model().objects.create_user(name, first_name=name.capitalize())
        if group:
            user.groups.add(Group.objects.get(name=group))
        for each in permissions:
            app, codename = each.split(".")
            user.user_permissions.add(Permission.objects.get(codename=codename, content_type__app_label=app))
        return user

    return person


@pytest.fixture
def kim(person):
    """A manager: may do everything with orders."""
    return person("kim", group="Manager")


@pytest.fixture
def sam(person):
    """A specialist: may work, but neither change prices nor go below zero nor resolve differences."""
    return person("sam", group="Specialist")


@pytest.fixture
def rita(person):
    """May change orders made here, but not work with a store's."""
    return person("rita", "orders.change_order")


@pytest.fixture
def main(db) -> Warehouse:
    return Warehouse.objects.get(name="Main warehouse")


@pytest.fixture
def screen(db) -> Product:
    return Product.objects.create(name="Screen", sku="S-1", created_at=DAY)


@pytest.fixture
def stocked(main):
    """Let so many of a product come into the main warehouse."""

    def stocked(product: Product, quantity: int, warehouse: Warehouse = main) -> None:
        receipt = Receipt.objects.create(warehouse=warehouse, created_at=DAY)
        receipt.lines.create(product=product, quantity=quantity)
        receive(receipt, by_id=None, now=DAY)

    return stocked


@pytest.fixture
def with_line(kim):
    """Add a line to an order: quantity, price, and a product or free text."""

    def with_line(
        order: Order, quantity="1", price="10.00", product: Product | None = None, name="Labour", discount="0"
    ):
        values = LineValues("" if product else name, Decimal(quantity), Decimal(price), Decimal(discount))
        return add_line(
            order.pk, NewLine(values, product.pk if product else None), by=kim, now=DAY + timedelta(hours=1)
        )

    return with_line
