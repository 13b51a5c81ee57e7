"""Products to choose from for a line, with what one piece of them costs."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from common.http import SignedInRequest
from inventory.models import Product
from inventory.search import find_products
from orders.order_page.forms import Price, known_prices

MAX_FOUND = 12


@dataclass(frozen=True, slots=True)
class FoundProducts:
    """Products that match; ``is_cut`` if there are more. ``prices`` are of those that were ever sold."""

    text: str
    products: list[Product]
    prices: dict[int, Price]
    is_cut: bool


def offered_products(text: str) -> FoundProducts:
    found = find_products(text, MAX_FOUND + 1)
    products = found[:MAX_FOUND]
    prices = known_prices([product.pk for product in products])
    return FoundProducts(text.strip(), products, prices, len(found) > MAX_FOUND)


@require_safe
def find_product(request: SignedInRequest) -> HttpResponse:
    """Products as buttons named ``product`` with the id as value, for the form around them."""
    found = offered_products(request.GET.get("q", ""))
    return render(request, "orders/order_page/_found_products.html", {"found": found})
