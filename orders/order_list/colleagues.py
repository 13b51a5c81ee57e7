"""The list's filter *Assignee* where colleagues are too many to be listed: they are searched for."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from common.http import Context, SignedInRequest, query_of
from orders.domain.assignees import Offer, offer
from orders.order_list.counts import Counts
from orders.order_list.filters import OrderFilter
from orders.order_list.lookups import load_lookups
from orders.order_list.menus import colleague_options
from orders.order_list.state import read_state
from orders.order_list.value_counts import count_values

TYPED = "colleague"
"""The field into which one types to find one."""


@require_safe
def colleagues(request: SignedInRequest) -> HttpResponse:
    """The options for what was typed, with their numbers of orders in the list that asks; ``assignee`` are
    those that its menu shows as chosen."""
    known = load_lookups()
    state = read_state(request, query_of(request.htmx.current_url or ""))
    filters = OrderFilter(state.url, choices=known, user=request.user)
    chosen = state.url.copy()
    chosen.setlist("assignee", request.GET.getlist("assignee"))
    found = offer(request.user, request.GET.get(TYPED, ""))
    options = colleague_options(
        OrderFilter(chosen, choices=known, user=request.user), found
    )
    counts = Counts(request.user, known, now=timezone.now())
    counted = count_values(filters, options, state.url.urlencode(), counts)
    context = {"colleagues": found, "colleague_options": counted}
    return render(request, "orders/order_list/_colleagues.html", context)


def colleagues_of_page(request: SignedInRequest, filters: OrderFilter) -> Context:
    """What the page itself holds of them: the chosen ones and, for a browser without JavaScript, who was
    searched for."""
    found = Offer([], is_whole=filters.known.people is not None)
    if request.GET.get(TYPED) and not found.is_whole:
        found = offer(request.user, request.GET[TYPED])
    options = [(each, None) for each in colleague_options(filters, found)]
    return {"colleagues": found, "colleague_options": options}
