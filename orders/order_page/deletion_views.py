"""Deleting an order that was created here: the question first, then the deed (O9)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from common.http import SignedInRequest
from orders.domain.deletion import delete_order, deletion_token, obstacle
from orders.domain.editing import ActionRefusedError
from orders.models import Order


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    if request.method == "POST":
        seen = request.POST.get("seen", "")
        try:
            delete_order(pk, seen=seen, by=request.user, now=timezone.now())
        except Order.DoesNotExist:
            messages.info(request, _("This order is deleted already."))
            return redirect("orders:list")
        except ActionRefusedError as refused:
            messages.error(request, _(str(refused)))
        else:
            text = _("Order %(number)s was deleted.")
            messages.success(request, text % {"number": pk})
            return redirect("orders:list")
    order = get_object_or_404(Order.objects.for_page(), pk=pk)
    if why := obstacle(order):
        if request.method != "POST":
            messages.error(request, _(why))
        return redirect(order)
    lines = list(order.lines.all())
    context = {
        "order": order,
        "lines": lines,
        "seen": deletion_token(order, lines),
    }
    return render(request, "orders/order_page/delete.html", context)
