"""The tabs above the list: all orders, what waits for somebody, and the saved views; how many orders each
has, and its address."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.lists.pagination import count_up_to
from orders.models import Order, SavedView
from orders.order_list.counts import Counts
from orders.order_list.filters import OrderFilter
from orders.order_list.state import WHOLE, ListState

MOST = 99
"""Counting stops here: more costs time and says no more."""
MAX_COUNTED_VIEWS = 8
WAITING: list[tuple[str, str | Promise, str]] = [
    ("attention", _("Needs attention"), "attention=1"),
    ("overdue", _("Overdue"), "due=overdue"),
    ("mine", _("My orders"), "assignee=me"),
    ("to-write-off", _("To write off"), "write_off=open"),
]
"""Name, label and filter of each."""


@dataclass(frozen=True, slots=True)
class Badge:
    """``counted`` is the filter whose orders are counted, empty for none; ``count`` is None until they are,
    and with ``is_capped`` there are more."""

    name: str
    label: str | Promise
    address: str
    is_current: bool
    counted: str = ""
    count: int | None = None
    is_capped: bool = False
    is_shared: bool = False
    is_view: bool = False


def load_badges(
    current: OrderFilter,
    state: ListState,
    views: Sequence[SavedView],
    counts: Counts | None = None,
) -> list[Badge]:
    """All tabs. Counting costs one quick query for each number that is not remembered, and is left to a
    request of its own: only with ``counts``."""
    whole = Badge("all", _("All"), f"?view={WHOLE}", is_current=state.is_whole)
    found = [
        whole,
        *(_waiting(state, *each) for each in WAITING),
        *_views(state, views),
    ]
    return [_counted(each, current, counts) for each in found] if counts else found


def _waiting(state: ListState, name: str, label: str | Promise, query: str) -> Badge:
    is_current = state.view is None and state.url.urlencode() == query
    return Badge(name, label, f"?{query}", is_current, counted=query)


def _views(state: ListState, views: Sequence[SavedView]) -> list[Badge]:
    """Searches are not counted, nor more views than a page can afford."""
    found = [
        Badge(
            f"view-{view.pk}",
            view.name,
            f"?view={view.pk}",
            is_current=state.view is not None and state.view.pk == view.pk,
            counted="" if "q" in QueryDict(view.query) else view.query,
            is_shared=view.is_shared,
            is_view=True,
        )
        for view in views
    ]
    rest = [replace(each, counted="") for each in found[MAX_COUNTED_VIEWS:]]
    return found[:MAX_COUNTED_VIEWS] + rest


def _counted(badge: Badge, current: OrderFilter, counts: Counts) -> Badge:
    if not badge.counted:
        return badge

    def number() -> int:
        filters = OrderFilter(
            QueryDict(badge.counted), choices=current.known, user=current.user
        )
        return count_up_to(filters.apply(Order.objects.all()), MOST)

    count: int = counts.of(badge.counted, "orders", number)
    return replace(badge, count=min(count, MOST), is_capped=count > MOST)
