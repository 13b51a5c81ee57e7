"""The order page."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from orders.choices import may_work
from orders.feed import feed_of
from orders.figures import compare
from orders.models import Order


@require_GET
@login_required
def order_detail(request: HttpRequest, pk: int) -> HttpResponse:
    order = get_object_or_404(Order.objects.for_page(), pk=pk)
    context = {
        "order": order,
        "lines": order.lines.all(),
        "figures": compare(order),
        "feed": feed_of(order),
        "may_work": may_work(request.user),
        "now": timezone.now(),
    }
    return render(request, "orders/detail.html", context)
