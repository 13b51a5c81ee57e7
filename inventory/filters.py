"""The filters and sorts of the product list: a plain form whose state is the URL."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.forms.filter_fields import KnownValues, Words
from common.lists import pagination
from common.lists.pagination import Column
from inventory.models import Category, Product, ProductKey
from inventory.search import apply_search

NAMES = ["q", "category", "stock", "origin", "archived"]
"""Of these the URL's filter consists; sort and page are not part of it."""
SORTS = {
    "name": Column("name_key", pagination.read_text),
    "stock": Column("stock", pagination.read_number),
}
DEFAULT_SORT = "name"
FROM_STORE = Exists(ProductKey.objects.filter(product=OuterRef("pk")))
STOCK = {"in": Q(stock__gt=0), "out": Q(stock=0), "below": Q(stock__lt=0)}


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Menu:
    name: str
    label: str | Promise
    options: Sequence[Option]

    @property
    def chosen(self) -> list[Option]:
        return [option for option in self.options if option.chosen]


class ProductFilter(forms.Form):
    """Values of one filter are OR, filters are AND; archived products are found by their filter only. Costs
    one query: the categories to choose from."""

    q = Words(required=False)
    category = KnownValues(required=False)
    stock = KnownValues(
        required=False,
        choices=[
            ("in", _("In stock")),
            ("out", _("Out of stock")),
            ("below", _("Below zero")),
        ],
    )
    origin = KnownValues(required=False, choices=[("store", _("Came from a store"))])
    archived = KnownValues(required=False, choices=[("yes", _("Archived"))])

    def __init__(self, url: QueryDict) -> None:
        super().__init__(url)
        categories = self.fields["category"]
        assert isinstance(categories, KnownValues)  # noqa: S101  tells the type checker which field it is
        # What is retired stands last.
        known = Category.objects.order_by("-is_active", "key")
        categories.choices = [
            ("none", _("Without a category")),
            *((str(each.pk), each.shown_name) for each in known),
        ]
        self.full_clean()

    def __bool__(self) -> bool:
        return any(self.cleaned_data.values())

    def apply(self, products: QuerySet[Product]) -> QuerySet[Product]:
        given = self.cleaned_data
        products = products.filter(archived_at__isnull=not given["archived"])
        if given["category"]:
            condition = Q(
                category__in=[int(each) for each in given["category"] if each != "none"]
            )
            products = products.filter(
                condition | Q(category=None)
                if "none" in given["category"]
                else condition
            )
        if given["stock"]:
            products = products.filter(_any(STOCK[each] for each in given["stock"]))
        if given["origin"]:
            products = products.filter(FROM_STORE)
        return apply_search(products, given["q"])

    def menus(self) -> list[Menu]:
        return [self._menu("category", _("Category")), self._menu("stock", _("Stock"))]

    def _menu(self, name: str, label: str | Promise) -> Menu:
        field = self.fields[name]
        assert isinstance(field, KnownValues)  # noqa: S101  tells the type checker which field it is
        chosen = self.cleaned_data[name]
        return Menu(
            name,
            label,
            [Option(value, text, value in chosen) for value, text in field.offered],
        )


def _any(conditions: Iterable[Q]) -> Q:
    together = Q()
    for condition in conditions:
        together |= condition
    return together


def read_sort(text: str | None) -> pagination.Sort:
    return pagination.read_sort(text, SORTS, DEFAULT_SORT)
