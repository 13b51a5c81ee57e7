"""The order page, or a part of it opened for editing."""

import re

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from common.http import SignedInRequest
from orders.models import Order
from orders.order_page.context import page_context

LINE = re.compile(r"line-(\d{1,18})", re.ASCII)


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
def order_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """``edit`` names the part to show as a form: note, customer, or line-7."""
    order = get_object_or_404(Order.objects.for_page(), pk=pk)
    editing = request.GET.get("edit", "")
    context = page_context(request, order, editing=editing)
    target = request.htmx.target or ""
    if target in {"note", "customer"}:
        return render(request, f"orders/_{target}.html", context)
    if found := LINE.fullmatch(target):
        line = next(
            (line for line in context["lines"] if line.pk == int(found[1])), None
        )
        if line is None:
            return render(request, "orders/_line_gone.html", {"gone": int(found[1])})
        return render(request, "orders/_line.html", context | {"line": line})
    return render(request, "orders/detail.html", context)
