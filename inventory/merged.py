"""Products that were merged into others: who takes their place."""

from collections.abc import Iterable

from inventory.models import Product


def survivors_of(products: Iterable[Product]) -> dict[int, Product]:
    """The product that each of these is now, by the id of what it was. One query for each time that they
    were merged on."""
    survivors = {product.pk: product for product in products}
    while ids := {each.merged_into_id for each in survivors.values()} - {None}:
        kept = Product.objects.in_bulk(ids)
        for pk, product in survivors.items():
            survivors[pk] = kept.get(product.merged_into_id, product)
    return survivors


def lock_products(ids: Iterable[int]) -> dict[int, Product]:
    """The products with these ids, locked in the order of their ids until the transaction ends; one that was
    merged gives way to who takes its place. Ids of products that do not exist are left out."""
    rows = Product.objects.select_for_update(no_key=True).filter(pk__in=[*ids])
    return survivors_of(rows.order_by("pk"))
