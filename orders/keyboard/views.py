"""Going by key to any order, customer, product or page (O16)."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from common.http import Context, SignedInRequest
from common.lists.search import typed_words
from inventory.search import find_products
from orders.domain.permissions import SEE_CONTACT_DATA
from orders.models import Order
from orders.order_list.search import apply_search
from orders.order_page.customer_picker import find_customers

MAX_FOUND = 5
VIEW_CUSTOMERS, VIEW_PRODUCTS = "customers.view_customer", "inventory.view_product"


@require_safe
def go_to(request: SignedInRequest) -> HttpResponse:
    """The dialog, or for ``q`` what is found."""
    words = typed_words(request.GET)
    if "q" not in request.GET:
        return render(request, "orders/keyboard/_go_to.html", {"text": ""})
    context = {"text": words} | _found(request, words)
    return render(request, "orders/keyboard/_gone_to.html", context)


@require_safe
def keys(request: SignedInRequest) -> HttpResponse:
    return render(request, "orders/keyboard/_keys.html")


def _found(request: SignedInRequest, words: str) -> Context:
    """Nothing of what the user may not see."""
    user = request.user
    may_see = user.has_perm(SEE_CONTACT_DATA)
    orders = apply_search(Order.objects.all(), words, contact_data=may_see)
    customers = (
        find_customers(words, user).customers if user.has_perm(VIEW_CUSTOMERS) else []
    )
    has_products = words and user.has_perm(VIEW_PRODUCTS)
    return {
        "orders": orders.for_list().order_by("-placed_at", "-id")[:MAX_FOUND]
        if words
        else [],
        "customers": customers[:MAX_FOUND],
        "products": find_products(words, MAX_FOUND) if has_products else [],
    }
