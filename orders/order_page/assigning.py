"""Colleagues to assign an order to: in the menu of its row or its page, or for a form that holds its own."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from common.http import Context, SignedInRequest, int_or_none
from orders.domain.assignees import offer
from orders.domain.permissions import permissions_for_store, require
from orders.models import Order
from orders.order_list.colleagues import TYPED


@require_safe
def people(request: SignedInRequest, pk: int) -> HttpResponse:
    """Who an order may be assigned to as a menu, requested when the list's menu is opened; to a browser
    without JavaScript, which searches by a form, as a page."""
    order = get_object_or_404(Order, pk=pk)
    require(request.user, *permissions_for_store(order.store_id))
    # The row may show an older assignee than the order has by now.
    context = {"order": order} | _found(request)
    part = "assign.html" if TYPED in request.GET else "_people.html"
    return render(request, f"orders/order_page/{part}", context)


@require_safe
def find_colleague(request: SignedInRequest) -> HttpResponse:
    """Colleagues as buttons named ``assignee`` with the id as value, for the form around them; ``seen`` is
    the present one. With ``bulk`` they act on the list's selection."""
    context = {"bulk": "bulk" in request.GET} | _found(request)
    return render(request, "orders/order_page/_found_colleagues.html", context)


def _found(request: SignedInRequest) -> Context:
    seen = int_or_none(request.GET.get("seen"))
    text = request.GET.get(TYPED, "")
    return {"colleagues": offer(request.user, text, present=seen), "seen": seen}
