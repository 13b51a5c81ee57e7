"""The order page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from orders.choices import may_work
from orders.feed import changes_of, feed_of
from orders.figures import compare
from orders.models import Order, OrderLine
from orders.words import fulfilment_word, payment_word


@require_GET
def order_detail(request: HttpRequest, pk: int) -> HttpResponse:
    order = get_object_or_404(Order.objects.for_page(), pk=pk)
    lines = [_line(line) for line in order.lines.all()]
    context = {
        "order": order,
        "lines": lines,
        "figures": compare(order, lines),
        "feed": feed_of(order),
        "payment": payment_word(order.payment) or "–",
        "fulfilment": fulfilment_word(order.fulfilment) or "–",
        "may_work": may_work(request.user),
    }
    return render(request, "orders/detail.html", context)


def _line(line: OrderLine) -> OrderLine:
    line.changes = changes_of(line)  # type: ignore[attr-defined]  # for the template only
    return line
