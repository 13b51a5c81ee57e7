"""Which of our products a store's product is."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import nh3
from msgspec import Struct

from common.bulk_sql import any_of
from inventory.models import Category, IdentifyBy, Product, ProductKey, name_key


class ProductDetails(Struct, frozen=True):
    """A store's product as an order line shows it.

    ``key`` names the variant at the store, unique over all stores (``"acme:3:variant:49148385"``).
    ``external_id`` is the product's id at the platform, which becomes the product's Code. ``name`` carries
    the variant's title.
    """

    key: str
    external_id: str
    name: str
    sku: str = ""


class ProductText(Struct, frozen=True):
    """What an order line does not say of its product. ``description`` is the store's HTML, not yet made safe;
    ``category`` may be empty."""

    description: str = ""
    category: str = ""


NO_TEXT = ProductText()
NO_TEXTS: Mapping[str, ProductText] = {}


def unknown_products(products: Iterable[ProductDetails]) -> list[str]:
    """The platform's ids of those products that have never been matched, each once."""
    by_key = {product.key: product.external_id for product in products}
    known = (
        set(
            ProductKey.objects.filter(any_of("key", by_key)).values_list(
                "key", flat=True
            )
        )
        if by_key
        else set()
    )
    return list(
        dict.fromkeys(
            external_id for key, external_id in by_key.items() if key not in known
        )
    )


def products_for(
    products: Sequence[ProductDetails],
    *,
    identify_by: str,
    now: datetime,
    texts: Mapping[str, ProductText] = NO_TEXTS,
) -> dict[str, int]:
    """The id of our product for each store variant, by ``ProductDetails.key`` (P1-P4).

    A variant that was matched before stays matched; else it is looked for by ``identify_by`` (an IdentifyBy),
    the oldest of several; else the product is made, with what ``texts`` say of it by its id at the platform.
    Nothing known is overwritten, no stock is touched. The number of queries does not depend on the number of
    products. Call it inside a transaction that holds the import lock.
    """
    wanted = {product.key: product for product in products}
    if not wanted:
        return {}
    matched = dict(
        ProductKey.objects.filter(any_of("key", wanted)).values_list(
            "key", "product_id"
        )
    )
    strangers = [product for key, product in wanted.items() if key not in matched]
    if strangers:
        matched |= _match(strangers, IdentifyBy(identify_by), now, texts)
    return matched


def _match(
    strangers: list[ProductDetails],
    rule: IdentifyBy,
    now: datetime,
    texts: Mapping[str, ProductText],
) -> dict[str, int]:
    values = {product.key: _value(product, rule) for product in strangers}
    candidates = _candidates({value for value in values.values() if value}, rule)
    new = {
        _identity(each, values): each
        for each in reversed(strangers)
        if not candidates.get(values[each.key])
    }
    made = _make(new, texts, now)
    keys = []
    for product in strangers:
        ours = candidates.get(values[product.key], [])
        keys.append(
            ProductKey(
                key=product.key,
                product_id=ours[0] if ours else made[_identity(product, values)],
                ambiguous=len(ours) > 1,
            )
        )
    ProductKey.objects.bulk_create(keys)
    return {key.key: key.product_id for key in keys}


def _value(product: ProductDetails, rule: IdentifyBy) -> str:
    """What the product is recognised by; empty never matches anything, not even another empty one."""
    match rule:
        case IdentifyBy.NAME:
            return name_key(product.name)
        case IdentifyBy.SKU:
            return product.sku
        case IdentifyBy.PRODUCT_ID:
            return product.external_id


def _identity(product: ProductDetails, values: dict[str, str]) -> tuple[str, str]:
    """Variants of one page with one identity are one product: the recognised value, else the variant
    itself."""
    value = values[product.key]
    return ("value", value) if value else ("key", product.key)


COLUMNS = {
    IdentifyBy.NAME: "name_key",
    IdentifyBy.SKU: "sku",
    IdentifyBy.PRODUCT_ID: "code",
}


def _candidates(values: set[str], rule: IdentifyBy) -> dict[str, list[int]]:
    """Ids of our products by recognised value, oldest first."""
    column = COLUMNS[rule]
    found: dict[str, list[int]] = {}
    rows = (
        Product.objects.filter(any_of(column, values))
        .order_by("id")
        .values_list(column, "id")
        if values
        else []
    )
    for value, pk in rows:
        found.setdefault(value, []).append(pk)
    return found


def _make(
    new: dict[tuple[str, str], ProductDetails],
    texts: Mapping[str, ProductText],
    now: datetime,
) -> dict[tuple[str, str], int]:
    if not new:
        return {}
    told = [texts.get(product.external_id, NO_TEXT) for product in new.values()]
    categories = _categories({text.category for text in told})
    rows = [
        Product(
            name=product.name,
            sku=product.sku,
            code=product.external_id,
            description=nh3.clean(text.description),
            category_id=categories.get(name_key(text.category)),
            created_at=now,
        )
        for product, text in zip(new.values(), told, strict=True)
    ]
    for row in rows:
        row.index()
    Product.objects.bulk_create(rows)
    return {identity: row.pk for identity, row in zip(new, rows, strict=True)}


def _categories(names: set[str]) -> dict[str, int]:
    """Ids of the categories with these names by their key; missing ones are made, an empty name has none."""
    wanted = {
        name_key(name): " ".join(name.split())[:255]
        for name in sorted(names)
        if name.strip()
    }
    known = (
        dict(Category.objects.filter(key__in=wanted).values_list("key", "id"))
        if wanted
        else {}
    )
    new = [
        Category(key=key, name=name) for key, name in wanted.items() if key not in known
    ]
    if new:
        Category.objects.bulk_create(new)
    return known | {category.key: category.pk for category in new}
