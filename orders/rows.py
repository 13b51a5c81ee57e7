"""The rows of the order list. A page repeats them a hundred times, so Jinja writes them: in a seventh of the time that
Django's templates take. Everything around them is Django's."""

from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from jinja2 import Environment

from customers.phones import written_phone
from lists.icons import lucide
from orders.columns import shown_columns
from orders.models import Order
from orders.rights import CHANGE, EXPORT, SEE_CONTACT_DATA, WORK, learn, may_select
from orders.templatetags.order_cells import dialable, moments, money, recent_refresh, said

GONE = pgettext_lazy("at the store", "Gone")


def environment(**options: Any) -> Environment:
    """Django's engine for Jinja (settings.TEMPLATES) with what the rows' template uses; it escapes every text."""
    jinja = Environment(**options)  # noqa: S701  Django passes autoescape=True
    jinja.globals |= {"_": gettext, "lucide": lucide, "GONE": GONE}
    jinja.filters |= {
        "money": money, "said": said, "recent_refresh": recent_refresh, "dialable": dialable, "written_phone": written_phone,
    }  # fmt: skip
    return jinja


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
    return SafeString(render_to_string("orders/rows.html", context, using="jinja2"))
