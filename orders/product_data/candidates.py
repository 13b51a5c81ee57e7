"""Products to move a match to, or to merge with: the search, and what would happen."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Manager, QuerySet, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.http import Context, int_or_none
from inventory.models import Category, Product, ProductKey, StockLevel
from inventory.product_detail import twins_of
from inventory.search import apply_search, find_products
from orders.models import OrderLine
from orders.product_data.lines import OPEN, lines_by
from orders.product_data.merging import filling

MAX_FOUND = 20
LABELS: dict[str, str | Promise] = {
    "name": _("Name"),
    "sku": _("SKU"),
    "code": _("Code"),
    "unit": _("Unit"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One field of the comparison."""

    label: str | Promise
    texts: Sequence[object]
    """The kept product's value, the other's, and the value after the merge."""


@dataclass(frozen=True, slots=True)
class Level:
    """The stock in one warehouse: the kept product's, the other's, and the sum."""

    warehouse: str
    quantities: Sequence[Decimal]


def chosen(text: str | None, *, not_this: int) -> Product | None:
    """The product with this id, unless it is ``not_this`` or no longer there."""
    pk = int_or_none(text)
    if pk is None or pk == not_this:
        return None
    return Product.objects.living().filter(pk=pk).first()


def targets(match: ProductKey, words: str) -> list[Product]:
    """Products that the match could be moved to: those found by ``words``, without words those of the
    variant's SKU."""
    found = find_products(words or match.sku, MAX_FOUND + 1)
    return [each for each in found if each.pk != match.product_id][:MAX_FOUND]


def lines_concerned(match: ProductKey) -> Context:
    """How many lines, in how many orders, would follow the match; and how many would stay."""
    lines = OrderLine.objects.filter(lines_by(match))
    following = lines.filter(OPEN)
    number = following.count()
    return {
        "following": number,
        "orders": following.values("order").distinct().count(),
        "staying": lines.count() - number,
    }


def mergeable(product: Product, words: str) -> list[Product]:
    """Products to merge with, archived ones too: those found by ``words``, without words those of the same
    name, SKU or Code."""
    if not words:
        return twins_of(product)
    others = Product.objects.living().exclude(pk=product.pk)
    found = apply_search(others, words).defer("description", "search")
    return list(found.order_by("name_key", "id")[:MAX_FOUND])


def comparison(kept: Product, gone: Product) -> Context:
    """Both products side by side, with what moves."""
    filled = filling(kept, gone)
    rows = [
        Row(
            label,
            [
                getattr(kept, name),
                getattr(gone, name),
                filled.get(name, getattr(kept, name)),
            ],
        )
        for name, label in LABELS.items()
    ]
    rows.append(Row(_("Category"), _categories(kept, gone)))
    return {
        "product": kept,
        "other": gone,
        "rows": rows,
        "levels": _levels(kept, gone),
        "numbers": [
            Row(_("Matches with stores"), _sums(kept.keys, gone.keys)),
            Row(_("Order lines"), _sums(_lines(kept), _lines(gone))),
            Row(_("Movements"), _sums(kept.movements, gone.movements)),
            Row(_("Receipt lines"), _sums(kept.receipt_lines, gone.receipt_lines)),
        ],
    }


Rows = QuerySet[Any] | Manager[Any]


def _lines(product: Product) -> QuerySet[OrderLine]:
    return OrderLine.objects.filter(product=product)


def _sums(ours: Rows, theirs: Rows) -> list[int]:
    numbers = [ours.count(), theirs.count()]
    return [*numbers, sum(numbers)]


def _categories(kept: Product, gone: Product) -> list[str]:
    ids = [kept.category_id, gone.category_id, kept.category_id or gone.category_id]
    rows = Category.objects.filter(pk__in=[pk for pk in ids if pk])
    names = dict(rows.values_list("pk", "name"))
    return [names.get(pk, "") if pk else "" for pk in ids]


def _levels(kept: Product, gone: Product) -> list[Level]:
    rows = (
        StockLevel.objects.filter(product__in=[kept, gone])
        .values_list("warehouse__name", "product")
        .annotate(quantity=Sum("quantity"))
        .order_by("warehouse__position", "warehouse")
    )
    by_place: dict[str, dict[int, Decimal]] = {}
    for warehouse, product_id, quantity in rows:
        by_place.setdefault(warehouse, {})[product_id] = quantity
    levels = []
    for warehouse, found in by_place.items():
        both = [found.get(each.pk, Decimal(0)) for each in [kept, gone]]
        levels.append(Level(warehouse, [*both, sum(both, Decimal(0))]))
    return levels
