"""The order page, or a part of it opened for editing."""

import re

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from common.http import SignedInRequest
from orders.domain.barcode import scanned_number
from orders.models import Order
from orders.order_page.context import load_feed, order_or_404, page_context

LINE = re.compile(r"line-(\d{1,18})", re.ASCII)
MAX_SHOWN = 40


@require_safe
def open_scanned(request: SignedInRequest) -> HttpResponse:
    """To the order whose barcode a scanner has typed into the list's search box as ``code``; back to the
    list, with a sentence, if there is none."""
    code = request.GET.get("code", "")
    number = scanned_number(code)
    if number and Order.objects.filter(pk=number).exists():
        return redirect("orders:detail", number)
    text = _("There is no order %(number)s.")
    messages.error(request, text % {"number": number or code[:MAX_SHOWN]})
    return redirect("orders:list")


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
def order_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """``edit`` names the part to show as a form: note, customer, or line-7; ``after`` the page of the
    timeline."""
    order = order_or_404(pk)
    target = request.htmx.target or ""
    if target == "earlier":
        page = {"order": order, "feed": load_feed(request, order)}
        return render(request, "orders/order_page/_feed_entries.html", page)
    editing = request.GET.get("edit", "")
    context = page_context(request, order, editing=editing)
    if target in {"note", "customer"}:
        return render(request, f"orders/order_page/_{target}.html", context)
    if found := LINE.fullmatch(target):
        line = next(
            (line for line in context["lines"] if line.pk == int(found[1])), None
        )
        if line is None:
            return render(
                request, "orders/order_page/_line_gone.html", {"gone": int(found[1])}
            )
        return render(request, "orders/order_page/_line.html", context | {"line": line})
    return render(request, "orders/order_page/detail.html", context)
