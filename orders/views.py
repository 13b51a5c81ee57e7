"""The order list."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from orders import paging
from orders.chips import chips_of
from orders.choices import choices_for
from orders.columns import COLUMNS, known, shown_columns
from orders.filters import MOST_AT_ONCE, NAMES, OrderFilter
from orders.models import Order, Preferences, RefreshOutcome

MOST_COUNTED = 10_000
MOST_COUNTED_IN_SEARCH = 1_000
MOST_NEW = 99


@require_GET
@login_required
def order_list(request: HttpRequest) -> HttpResponse:
    filters = OrderFilter(request.GET, choices=choices_for(request.user), user=request.user)
    orders = filters.apply(Order.objects.all())
    sort = paging.read_sort(request.GET.get("sort"))
    page = paging.turn(
        orders.for_list(),
        sort=sort,
        size=paging.read_size(request.GET.get("size")),
        after=paging.read_cursor(request.GET.get("after"), sort),
        before=paging.read_cursor(request.GET.get("before"), sort),
    )
    context = {
        "page": page,
        "sort": sort,
        "filters": filters,
        **_count(orders, page, filters),
        **_frame(request, filters, page, sort),
    }
    only_results = getattr(request, "htmx", None) and request.headers.get("HX-Target") == "results"
    return render(request, "orders/_results.html" if only_results else "orders/list.html", context)


def _count(orders: Any, page: paging.Page, filters: OrderFilter) -> dict[str, Any]:
    """How many orders match; a page that holds them all needs no further query."""
    if not page.previous and not page.following:
        return {"count": len(page.rows), "count_is_capped": False}
    most = MOST_COUNTED_IN_SEARCH if filters.cleaned_data["q"] else MOST_COUNTED
    count = paging.count_up_to(orders, most)
    return {"count": min(count, most), "count_is_capped": count > most}


def _frame(request: HttpRequest, filters: OrderFilter, page: paging.Page, sort: paging.Sort) -> dict[str, Any]:
    """What stands around the rows."""
    columns = shown_columns(request)
    plain = not filters and not page.previous
    return {
        "shown": columns,
        "columns": [column.key for column in columns],
        "all_columns": COLUMNS[1:],
        "chips": chips_of(filters, request.GET),
        "sizes": paging.SIZES,
        "size": paging.read_size(request.GET.get("size")),
        "may_work": filters.known.may_work,
        "most_at_once": MOST_AT_ONCE,
        "filter_query": filter_query(request.GET),
        "pending": [order.pk for order in page.rows if _is_pending(order)],
        "newest": max((order.pk for order in page.rows), default=0) if plain and sort.text == paging.USUAL_SORT else 0,
    }


def filter_query(url: QueryDict) -> str:
    """The part of the URL that filters, without sort and page."""
    filtering = QueryDict(mutable=True)
    for name in NAMES:
        if any(url.getlist(name)):
            filtering.setlist(name, url.getlist(name))
    return filtering.urlencode()


def _is_pending(order: Order) -> bool:
    return hasattr(order, "refresh") and order.refresh.outcome == RefreshOutcome.PENDING


@require_GET
@login_required
def new_orders(request: HttpRequest) -> HttpResponse:
    """How many orders came in since the list was shown; the list asks from time to time."""
    seen = request.GET.get("seen", "")
    newest = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 19 else 0
    count = paging.count_up_to(Order.objects.filter(pk__gt=newest), MOST_NEW) if newest else 0
    return render(request, "orders/_new_orders.html", {"new_count": count, "newest": newest})


@require_POST
@login_required
def choose_columns(request: HttpRequest) -> HttpResponse:
    chosen = [] if "reset" in request.POST else known(request.POST.getlist("column"))
    Preferences.objects.update_or_create(user_id=request.user.pk, defaults={"columns": chosen})
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return redirect(back if is_ours else "orders:list")
