"""Finding products: what people type, against the column ``search`` of a product (name, SKU and code,
folded)."""

from django.db.models import Q, QuerySet

from common.lists.search import MAX_SEARCH_LENGTH, narrow
from common.text import printable
from inventory.models import Product


def apply_search(products: QuerySet[Product], text: str) -> QuerySet[Product]:
    """Products in which every word of ``text`` occurs. A text without words changes nothing."""
    return narrow(products, printable(text, MAX_SEARCH_LENGTH))


def find_products(text: str, limit: int) -> list[Product]:
    """At most ``limit`` products for a person to choose from, archived ones left out: first those with
    exactly this SKU or code, then by name.

    None for a text without words. Two queries.
    """
    text = printable(text, MAX_SEARCH_LENGTH)
    if not text:
        return []
    exact = list(exactly(text)[:limit])
    others = apply_search(
        Product.objects.offered().exclude(pk__in=[product.pk for product in exact]),
        text,
    )
    return [
        *exact,
        *others.defer("description", "search").order_by("name_key", "id")[
            : limit - len(exact)
        ],
    ]


def exactly(text: str) -> QuerySet[Product]:
    """The products with this SKU or code, as a scanner reads it, oldest first."""
    return (
        Product.objects.offered()
        .filter(Q(sku=text) | Q(code=text))
        .defer("description", "search")
        .order_by("id")
    )
