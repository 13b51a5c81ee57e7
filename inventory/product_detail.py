"""What a product's page shows besides the product itself; each function is one query."""

from collections.abc import Sequence
from typing import Any

from django.db.models import OuterRef, Q, Subquery

from inventory.models import Product, ProductKey, StockLevel, StockMovement, Warehouse

MOVEMENTS = 20
ORDERS = 10
TWINS = 10
MATCHES = 100


def places_of(product: Product) -> list[Warehouse]:
    """Every warehouse that is active or holds some of it, with its ``quantity`` there."""
    levels = StockLevel.objects.filter(product=product, warehouse=OuterRef("pk"))
    warehouses = Warehouse.objects.annotate(
        quantity=Subquery(levels.values("quantity"))
    )
    return [
        warehouse
        for warehouse in warehouses
        if warehouse.is_active or warehouse.quantity
    ]


def movements_of(
    product: Product, *, before: int | None
) -> tuple[Sequence[StockMovement], int | None]:
    """A page of its movements, newest first, from below the id ``before``; and the id that the next page
    begins below."""
    rows = product.movements.select_related(
        "warehouse", "by", "reverses", "reversed_by"
    ).order_by("-id")
    found = list((rows.filter(pk__lt=before) if before else rows)[: MOVEMENTS + 1])
    return found[:MOVEMENTS], found[MOVEMENTS - 1].pk if len(
        found
    ) > MOVEMENTS else None


def lines_of(product: Product) -> tuple[Sequence[Any], bool]:
    """The newest order lines with it, and whether there are more. Orders lie above: they are only reached
    from here.

    The lines are found before their orders are joined: of a product that was sold long ago, PostgreSQL would
    walk through all orders since."""
    newest = product.lines.order_by("-order_id", "-id").values("pk")[: ORDERS + 1]
    rows = list(
        product.lines.model.objects.filter(pk__in=newest)
        .select_related("order__status")
        .defer("order__search")
        .order_by("-order_id", "-id")
    )
    return rows[:ORDERS], len(rows) > ORDERS


def matches_of(product: Product) -> list[ProductKey]:
    """The stores' variants that are matched with it (P2), the oldest first."""
    return list(product.keys.order_by("id")[:MATCHES])


def twins_of(product: Product) -> list[Product]:
    """Other products that answer to the same name, SKU or code, oldest first."""
    same = Q(name_key=product.name_key)
    if product.sku:
        same |= Q(sku=product.sku)
    if product.code:
        same |= Q(code=product.code)
    return list(
        Product.objects.offered()
        .filter(same)
        .exclude(pk=product.pk)
        .order_by("id")
        .defer("description", "search")[:TWINS]
    )
