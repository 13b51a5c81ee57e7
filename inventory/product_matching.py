"""Which of our products a store's product is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from operator import attrgetter
from typing import NamedTuple

import nh3
from msgspec import Struct

from common.bulk_sql import any_of, insert, take_ids
from inventory.merged import survivors_of
from inventory.models import Category, IdentifyBy, Product, ProductKey, name_key
from inventory.models.product import default_unit


class ProductDetails(Struct, frozen=True):
    """A store's product as an order line shows it.

    ``key`` names the variant at the store, ``parent`` its product, both unique over all stores and beginning
    with the store ("acme:3:variant:49148385", "acme:3:product:77"). ``external_id`` is the product's id at
    the platform, which becomes the product's Code. ``name`` carries the variant's title.
    """

    key: str
    external_id: str
    name: str
    sku: str = ""
    parent: str = ""
    has_variants: bool = False
    """The store's product has options, and so may have several variants."""
    is_gone: bool = False
    """The store no longer has the variant: it is recognised by SKU and name (``gone_variant``)."""


class ProductText(Struct, frozen=True):
    """What an order line does not say of its product. ``description`` is the store's HTML, not yet made safe;
    ``category`` may be empty."""

    description: str = ""
    category: str = ""


class Match(NamedTuple):
    """``pk`` is the id of the ProductKey."""

    pk: int
    product_id: int


NO_TEXT = ProductText()
NO_TEXTS: Mapping[str, ProductText] = {}


def gone_variant(external_id: str, sku: str, name: str) -> str:
    """What stands for the id of a variant that its store no longer has: the product's id, and a digest of
    SKU and name."""
    described = f"{sku}\x1f{name_key(name)}"
    return f"{external_id}-{blake2b(described.encode(), digest_size=8).hexdigest()}"


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
) -> dict[str, Match]:
    """Our product for each store variant, by ``ProductDetails.key`` (P1-P4).

    A variant that was matched before stays matched; else it is looked for by ``identify_by`` (an IdentifyBy),
    the oldest of several; else the product is made, with what ``texts`` say of it by its id at the platform.
    Nothing known is overwritten, no stock is touched. The number of queries does not depend on the number of
    products. Call it inside a transaction that holds the import lock.
    """
    wanted = {product.key: product for product in products}
    if not wanted:
        return {}
    # Values: a page knows hundreds of them, and instances would take most of its time here.
    rows = ProductKey.objects.filter(any_of("key", wanted))
    known = list(rows.values_list("key", "parent", "pk", "product_id"))
    _complete([key for key, parent, _pk, _product in known if not parent], wanted)
    matches = {key: Match(pk, product_id) for key, _parent, pk, product_id in known}
    strangers = [product for key, product in wanted.items() if key not in matches]
    if strangers:
        matching = _Matching(strangers, IdentifyBy(identify_by))
        matches |= matching.store(texts, now)
    return matches


def _complete(bare: list[str], wanted: Mapping[str, ProductDetails]) -> None:
    """Matches from before a store's words were kept get them when the variant is seen again."""
    told = [key for key in bare if wanted[key].parent]
    if not told:
        return
    keys = list(ProductKey.objects.filter(any_of("key", told)))
    for key in keys:
        seen = wanted[key.key]
        key.parent, key.name, key.sku = seen.parent, seen.name, seen.sku
    ProductKey.objects.bulk_update(keys, ["parent", "name", "sku"])


class _Variant(NamedTuple):
    """A store's variant that one of our products is matched with; what nobody has kept of it is empty."""

    store: str
    parent: str
    sku: str
    name: str

    @classmethod
    def of(cls, details: ProductDetails) -> "_Variant":
        store, name = _store_of(details.key), name_key(details.name)
        return cls(store, details.parent, details.sku, name)

    @classmethod
    def matched(cls, key: ProductKey, product: Product) -> "_Variant":
        """Before the store's products were kept, a product's Code was the id of the one it was made of."""
        store, code = _store_of(key.key), product.code
        known_by_code = f"{store}:product:{code}" if code else ""
        return cls(store, key.parent or known_by_code, key.sku, name_key(key.name))

    def is_sibling(self, other: "_Variant") -> bool:
        """Another variant of the same product of the store."""
        return self.parent == other.parent and self.name not in {"", other.name}

    def is_different(self, other: "_Variant") -> bool:
        """Another variant of the same store, of whatever product."""
        same_product = self.parent in {"", other.parent}
        same_store = self.store == other.store
        return same_store and (not same_product or self.is_sibling(other))


@dataclass(eq=False, slots=True)
class _Ours:
    """One of our products, stored or about to be, with the variants that it is matched with."""

    product: Product
    variants: list[_Variant] = field(default_factory=list)


def _store_of(key: str) -> str:
    """The beginning of a key that names the store."""
    return ":".join(key.split(":")[:2])


class _KeyRow(NamedTuple):
    """A row of ProductKey to insert."""

    id: int
    key: str
    product_id: int
    parent: str
    name: str
    sku: str
    matched_at: datetime
    ambiguous: bool
    doubtful: bool


PRODUCT_COLUMNS = [field.attname for field in Product._meta.concrete_fields]
COLUMNS = {
    IdentifyBy.NAME: "name_key",
    IdentifyBy.SKU: "sku",
    IdentifyBy.PRODUCT_ID: "code",
}


class _Matching:
    """The strangers of a page: everything is read, then decided one after the other, then written in bulk."""

    def __init__(self, strangers: list[ProductDetails], rule: IdentifyBy) -> None:
        self.strangers, self.rule = strangers, rule
        self.unit = default_unit()
        self.ours: dict[int, _Ours] = {}
        self.by_value: dict[str, list[_Ours]] = {}
        self.by_parent: dict[str, list[tuple[_Variant, _Ours]]] = {}
        self.new: list[tuple[_Ours, ProductDetails]] = []
        self._read_products()
        self._read_variants()

    def store(
        self, texts: Mapping[str, ProductText], now: datetime
    ) -> dict[str, Match]:
        decided = [(details, *self._decide(details)) for details in self.strangers]
        _make(self.new, texts, now)
        keys = [
            _KeyRow(
                id=pk,
                key=details.key,
                product_id=ours.product.pk,
                parent=details.parent,
                name=details.name,
                sku=details.sku,
                matched_at=now,
                ambiguous=ambiguous,
                doubtful=doubtful,
            )
            for pk, (details, ours, ambiguous, doubtful) in zip(
                take_ids(ProductKey, len(decided)), decided, strict=True
            )
        ]
        insert(ProductKey, _KeyRow._fields, keys)
        return {key.key: Match(key.id, key.product_id) for key in keys}

    def _read_products(self) -> None:
        column = COLUMNS[self.rule]
        values = {value for each in self.strangers if (value := self._value(each))}
        if not values:
            return
        products = Product.objects.filter(any_of(column, values))
        rows = products.defer("description", "search").order_by("id")
        survivors = survivors_of(rows)
        for row in rows:
            ours = self._ours(survivors[row.pk])
            found = self.by_value.setdefault(getattr(row, column), [])
            if ours not in found:
                found.append(ours)
        for value, found in self.by_value.items():
            self.by_value[value] = _preferred(found)

    def _ours(self, product: Product) -> _Ours:
        return self.ours.setdefault(product.pk, _Ours(product))

    def _read_variants(self) -> None:
        """Those of our candidates, and those of a store's products of which a variant is gone."""
        gone = {each.parent for each in self.strangers if each.is_gone}
        keys = list(
            ProductKey.objects.filter(any_of("product_id", self.ours)).order_by("id")
        )
        siblings = (
            ProductKey.objects.filter(any_of("parent", gone - {""}))
            .select_related("product")
            .order_by("id")
        )
        for key in keys:
            ours = self.ours[key.product_id]
            ours.variants.append(_Variant.matched(key, ours.product))
        for key in siblings if gone else []:
            variant = _Variant.matched(key, key.product)
            found = self.by_parent.setdefault(key.parent, [])
            found.append((variant, self._ours(key.product)))

    def _decide(self, details: ProductDetails) -> tuple[_Ours, bool, bool]:
        """Our product, whether several answered, and whether it is matched with something else of the
        store."""
        variant = _Variant.of(details)
        before = self._as_before(variant) if details.is_gone else None
        found = [] if before else self._answering(details, variant)
        doubtful = any(each.is_different(variant) for each in _variants(found[:1]))
        ours = before or (found[0] if found else self._new(details))
        ours.variants.append(variant)
        self.by_parent.setdefault(details.parent, []).append((variant, ours))
        return ours, len(found) > 1, doubtful

    def _as_before(self, variant: _Variant) -> _Ours | None:
        """The product of the variant that is gone now: of the same SKU, else of the same name."""
        siblings = self.by_parent.get(variant.parent, []) if variant.parent else []
        same_sku = [
            (each, ours)
            for each, ours in siblings
            if variant.sku and each.sku == variant.sku
        ]
        same_name = [
            (each, ours)
            for each, ours in same_sku or siblings
            if each.name == variant.name
        ]
        chosen = same_name or same_sku
        return chosen[0][1] if chosen else None

    def _answering(self, details: ProductDetails, variant: _Variant) -> list[_Ours]:
        """Those of our products that answer to what it is looked for by, the oldest first."""
        value = self._value(details)
        found = self.by_value.get(value, []) if value else []
        if self.rule == IdentifyBy.PRODUCT_ID:
            return _same_variant(variant, found, is_one_of_several=details.has_variants)
        return found

    def _new(self, details: ProductDetails) -> _Ours:
        ours = _Ours(
            Product(
                name=details.name,
                sku=details.sku,
                code=details.external_id,
                unit=self.unit,
            )
        )
        ours.product.index()
        self.new.append((ours, details))
        if value := self._value(details):
            self.by_value.setdefault(value, []).append(ours)
        return ours

    def _value(self, product: ProductDetails) -> str:
        """What the product is recognised by; empty never matches anything, not even another empty one."""
        match self.rule:
            case IdentifyBy.NAME:
                return name_key(product.name)
            case IdentifyBy.SKU:
                return product.sku
            case IdentifyBy.PRODUCT_ID:
                return product.external_id


def _preferred(found: list[_Ours]) -> list[_Ours]:
    """The oldest first; archived ones only where there are no others."""
    oldest_first = sorted(found, key=lambda ours: ours.product.pk)
    offered = [ours for ours in oldest_first if ours.product.archived_at is None]
    return offered or oldest_first


def _variants(found: Iterable[_Ours]) -> list[_Variant]:
    return [variant for ours in found for variant in ours.variants]


def _same_variant(
    variant: _Variant, found: Sequence[_Ours], *, is_one_of_several: bool
) -> list[_Ours]:
    """Those of our products with the Code that may be this variant: SKU, then name decide (P2)."""
    free = [
        ours
        for ours in found
        if not any(each.is_sibling(variant) for each in ours.variants)
    ]
    same_sku = [
        ours for ours in free if variant.sku and ours.product.sku == variant.sku
    ]
    same_name = [
        ours for ours in same_sku or free if ours.product.name_key == variant.name
    ]
    if same_sku or same_name:
        return same_name or same_sku
    return [] if is_one_of_several else free


def _make(
    new: Sequence[tuple[_Ours, ProductDetails]],
    texts: Mapping[str, ProductText],
    now: datetime,
) -> None:
    if not new:
        return
    described = [texts.get(details.external_id, NO_TEXT) for _ours, details in new]
    categories = _categories({text.category for text in described})
    ids = take_ids(Product, len(new))
    for pk, (ours, _details), text in zip(ids, new, described, strict=True):
        ours.product.pk = pk
        ours.product.description = nh3.clean(text.description)
        ours.product.category_id = categories.get(name_key(text.category))
        ours.product.created_at = now
    products = [ours.product for ours, _details in new]
    insert(Product, PRODUCT_COLUMNS, map(attrgetter(*PRODUCT_COLUMNS), products))


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
