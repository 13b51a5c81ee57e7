"""The badges above the list: what waits for somebody, how many orders, and the filter that shows them."""

from dataclasses import dataclass, replace

from django.contrib.auth.models import User
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.pagination import count_up_to
from orders.models import Order
from orders.order_list.filters import OrderFilter

MOST = 99
"""Counting stops here: more costs time and says no more."""
WAITING: list[tuple[str, str | Promise, str]] = [
    ("attention", _("Needs attention"), "attention=1"),
    ("overdue", _("Overdue"), "due=overdue"),
    ("mine", _("My orders"), "assignee=me"),
    ("to-write-off", _("To write off"), "write_off=open"),
]
"""Name, label and filter of each."""


@dataclass(frozen=True, slots=True)
class Badge:
    """``count`` is None until it is counted; ``is_capped``: there are more than that."""

    name: str
    label: str | Promise
    query: str
    is_current: bool
    count: int | None = None
    is_capped: bool = False


def load_badges(current: OrderFilter, user: User, *, counted: bool) -> list[Badge]:
    """All badges; counting costs one quick query each, and is left to a request of its own."""
    found = []
    for name, label, query in WAITING:
        wanted = QueryDict(query)
        badge = Badge(
            name, label, query, is_current=current.given == dict(wanted.lists())
        )
        if counted:
            orders = OrderFilter(wanted, choices=current.known, user=user).apply(
                Order.objects.all()
            )
            count = count_up_to(orders, MOST)
            badge = replace(badge, count=min(count, MOST), is_capped=count > MOST)
        found.append(badge)
    return found
