"""The rows of the order list."""

from collections.abc import Callable, Sequence

from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from orders.columns import shown_columns
from orders.jinja import drawn
from orders.models import Order
from orders.rights import CHANGE, EXPORT, SEE_CONTACT_DATA, WORK, learn, may_select
from orders.templatetags.order_cells import moments


def _addresses() -> Callable[[int], str]:
    """Where the page of the order with this number stands; Django's ``reverse`` takes longer than a row."""
    before, _zero, after = reverse("orders:detail", args=[0]).rpartition("0")
    return lambda pk: f"{before}{pk}{after}"


def rendered(request: HttpRequest, orders: Sequence[Order], *, is_swapped: bool = False) -> SafeString:
    """The rows of these orders (``for_list``) as the user may see and wants to see them. With ``is_swapped`` each is a
    template that htmx puts in the place of the one on the page."""
    user = request.user
    learn(user)
    context = {
        "orders": orders,
        "columns": [column.key for column in shown_columns(request)],
        "is_swapped": is_swapped,
        "moment": moments(),
        "address": _addresses(),
        "may_work": user.has_perm(WORK),
        "may_select": may_select(user),
        "may_change": user.has_perm(CHANGE),
        "may_export": user.has_perm(EXPORT),
        "sees_contact_data": user.has_perm(SEE_CONTACT_DATA),
    }
    return drawn("rows", context, request)
