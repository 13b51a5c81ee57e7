"""The product list, and the product search that other pages use."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from common.list_page import address, list_context
from inventory.filters import DEFAULT_SORT, NAMES, ProductFilter, read_sort
from inventory.models import Product, ProductKey
from inventory.search import find_products

MAX_FOUND = 12


@require_GET
@vary_on_headers("HX-Request", "HX-Target")
def product_list(request: HttpRequest) -> HttpResponse:
    filters = ProductFilter(request.GET)
    sort = read_sort(request.GET.get("sort"))
    products = filters.apply(Product.objects.all())
    shown = products.select_related("category").defer("description", "search")
    context = list_context(request, shown, counted=products, sort=sort, usual=DEFAULT_SORT, names=NAMES)
    context["from_store"] = set(
        ProductKey.objects.filter(product__in=context["page"].rows).values_list("product", flat=True)
    )
    context |= {"filters": filters, "menus": filters.menus(), "headings": _headings(request, sort)}
    if request.headers.get("HX-Target") != "results":
        return render(request, "inventory/products.html", context)
    response = render(request, "inventory/_products.html", context | {"is_part": True})
    response["HX-Push-Url"] = f"{request.path}{context['shown_url']}"
    return response


def _headings(request: HttpRequest, sort: Any) -> list[dict[str, Any]]:
    """The columns' headings; those that sort know how the list is sorted by them now, and where it is sorted
    otherwise."""
    columns = [
        ("name", _("Name")),
        ("sku", _("SKU")),
        ("code", _("Code")),
        ("category", _("Category")),
        ("unit", _("Unit")),
        ("stock", _("Stock")),
    ]
    return [{"key": key, "label": label} | _sorting(request, key, sort) for key, label in columns]


def _sorting(request: HttpRequest, key: str, sort: Any) -> dict[str, Any]:
    if key not in {"name", "stock"}:
        return {}
    is_sorted = sort.name == key
    target = f"-{key}" if (is_sorted and not sort.descending) or (not is_sorted and key == "stock") else key
    state = ("descending" if sort.descending else "ascending") if is_sorted else "none"
    return {
        "aria_sort": state,
        "url": address(request.GET, NAMES, sort="" if target == DEFAULT_SORT else target),
    }


@require_GET
def find(request: HttpRequest) -> HttpResponse:
    """Products to choose from, as rows of buttons: ``name="product"`` with the product's id, for the form
    around them."""
    text = request.GET.get("q", "")
    found = find_products(text, MAX_FOUND + 1)
    context = {"text": text.strip(), "products": found[:MAX_FOUND], "is_cut": len(found) > MAX_FOUND}
    return render(request, "inventory/_found.html", context)
