"""The product list, and the product search that other pages use."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import push_url

from common.http import HtmxRequest
from common.lists.list_page import address, list_context
from common.lists.pagination import Sort
from inventory.filters import DEFAULT_SORT, NAMES, SORTS, ProductFilter, read_sort
from inventory.models import Product, ProductKey
from inventory.search import find_products

MAX_FOUND = 12


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
def product_list(request: HtmxRequest) -> HttpResponse:
    is_part = request.htmx.target == "results"
    filters = ProductFilter(request.GET)
    sort = read_sort(request.GET.get("sort"))
    products = filters.apply(Product.objects.living())
    shown = products.select_related("category").defer("description", "search")
    context = list_context(
        request, shown, counted=products, sort=sort, usual=DEFAULT_SORT, names=NAMES
    )
    context["from_store"] = set(
        ProductKey.objects.filter(product__in=context["page"].rows).values_list(
            "product", flat=True
        )
    )
    context |= {
        "filters": filters,
        "menus": filters.menus(),
        "sorted_by": {name: _sorting(request.GET, name, sort) for name in SORTS},
        "is_part": is_part,
    }
    if not is_part:
        return render(request, "inventory/products.html", context)
    response = render(request, "inventory/_products.html", context)
    return push_url(response, f"{request.path}{context['shown_url']}")


def _sorting(url: QueryDict, name: str, sort: Sort) -> tuple[str, str]:
    """How the list is sorted by this column now, and where it is sorted the (other) way."""
    target = sort.next_by(name, descending_first=name == "stock")
    link = address(url, NAMES, defaults={"sort": DEFAULT_SORT}, sort=target)
    return sort.aria_sort(name), link


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Products to choose from, as rows of buttons: ``name="product"`` with the product's id, for the form
    around them."""
    text = request.GET.get("q", "")
    found = find_products(text, MAX_FOUND + 1)
    context = {
        "text": text.strip(),
        "products": found[:MAX_FOUND],
        "prices": {},
        "is_cut": len(found) > MAX_FOUND,
    }
    return render(request, "inventory/_found.html", context)
