"""What is done to all products of a category."""

from inventory.models import Category, Product

AT_ONCE = 1_000


def move_products(category: Category, target: Category) -> int:
    """Put the products of a category into another one, archived and merged ones too; returns how many.

    By the chunk: should we die on the way, the others are still where they were, and can be moved again.
    """
    moved = 0
    rows = Product.objects.filter(category=category).order_by("pk")
    while ids := list(rows.values_list("pk", flat=True)[:AT_ONCE]):
        chunk = Product.objects.filter(pk__in=ids, category=category)
        moved += chunk.update(category=target)
    return moved
