"""The order list."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import push_url, trigger_client_event

from common import pagination
from common.formats import grouped
from common.http import Context, SignedInRequest, back, int_or_none
from common.list_page import address
from customers.near_names import MAX_COUNTED as MAX_COUNTED_NEAR
from customers.near_names import Near, near_searches
from orders.domain.permissions import SEE_CONTACT_DATA, WORK, may_select
from orders.models import Order, Preferences, RefreshOutcome, Row
from orders.order_list.badges import load_badges
from orders.order_list.chips import filter_chips
from orders.order_list.columns import COLUMNS, Column, known, shown_columns
from orders.order_list.csv_export import csv_rows
from orders.order_list.filters import NAMES, OrderFilter, selected
from orders.order_list.lookups import load_lookups
from orders.order_list.menus import filter_menus
from orders.order_list.rows import render_rows
from orders.order_list.search import searched_number
from orders.order_list.sorting import ASCENDING_FIRST, DEFAULT_SORT, read_sort
from orders.order_list.value_counts import count_values

MAX_COUNTED = 1_000
MAX_COUNTED_IN_SEARCH = 200
MAX_NEW = 99
DEFAULTS = {"sort": DEFAULT_SORT, "size": str(pagination.DEFAULT_SIZE)}


@require_GET
@vary_on_headers("HX-Request", "HX-Target")
def order_list(request: SignedInRequest) -> HttpResponse:
    filters = OrderFilter(request.GET, choices=load_lookups(), user=request.user)
    orders = filters.apply(Order.objects.all())
    sort = read_sort(request.GET.get("sort"))
    page = pagination.paginate(
        orders.for_list(),
        sort=sort,
        size=pagination.read_size(request.GET.get("size")),
        after=pagination.read_cursor(request.GET.get("after"), sort),
        before=pagination.read_cursor(request.GET.get("before"), sort),
    )
    context = (
        {"is_part": False}
        | _count(orders, page, filters)
        | _frame(request, filters, page, sort)
        | _rows(request, filters, page)
    )
    if request.htmx.target == "results":
        return _results(request, context)
    badges = {
        "badges": load_badges(filters, request.user, counted=False),
        "counted": False,
    }
    return render(request, "orders/list.html", context | badges)


def _results(request: SignedInRequest, context: Context) -> HttpResponse:
    """The part that filtering, sorting and paging change. The pushed URL is that of the page, without empty
    filters."""
    response = render(request, "orders/_results.html", context | {"is_part": True})
    push_url(response, f"{request.path}{context['shown_url']}")
    # For #badges and #progress outside the results.
    trigger_client_event(response, "filtered", after="settle")
    if context["pending"]:
        trigger_client_event(response, "watch", after="settle")
    return response


def _count(orders: Any, page: pagination.Page[Row], filters: OrderFilter) -> Context:
    """The number of matching orders; a single page needs no further query."""
    most = MAX_COUNTED_IN_SEARCH if filters.cleaned_data["q"] else MAX_COUNTED
    is_whole = not page.previous and not page.following
    count = len(page.rows) if is_whole else pagination.count_up_to(orders, most)
    shown, is_capped = min(count, most), count > most
    return {
        "count": shown,
        "count_is_capped": is_capped,
        "count_words": _words(shown, is_capped),
    }


def _words(count: int, is_capped: bool) -> SafeString:
    text = gettext("<strong>%(shown)s+</strong> orders")
    if not is_capped:
        text = ngettext(
            "<strong>%(shown)s</strong> order",
            "<strong>%(shown)s</strong> orders",
            count,
        )
    return SafeString(text % {"shown": grouped(count)})  # digits: nothing to escape


def _rows(
    request: SignedInRequest, filters: OrderFilter, page: pagination.Page[Row]
) -> Context:
    """What the rows and the selection's actions need."""
    return {
        "page": page,
        "rows": render_rows(request, page.rows, filters.known),
        "may_work": request.user.has_perm(WORK),
        "may_select": may_select(request.user),
        "filter_query": filter_query(request.GET),
        "searched_number": searched_number(filters.cleaned_data["q"])
        if not page.rows
        else "",
        "near": _near(request.GET, filters, page),
        "pending": [
            row.id
            for row in page.rows
            if row.refresh__outcome == RefreshOutcome.PENDING
        ],
        "since": int(timezone.now().timestamp()),
    }


def _near(
    url: QueryDict, filters: OrderFilter, page: pagination.Page[Row]
) -> list[tuple[Near, str]]:
    """What to search for instead where nothing is found, each with its URL."""
    if page.rows or page.previous or not filters.cleaned_data["q"]:
        return []

    def count(text: str) -> int:
        changed = url.copy()
        changed["q"] = text
        near = OrderFilter(changed, choices=filters.known, user=filters.user)
        return pagination.count_up_to(near.apply(Order.objects.all()), MAX_COUNTED_NEAR)

    found = near_searches(filters.cleaned_data["q"], count)
    return [(near, _with(url, q=near.text)) for near in found]


def _frame(
    request: SignedInRequest,
    filters: OrderFilter,
    page: pagination.Page[Row],
    sort: pagination.Sort,
) -> Context:
    """What the parts around the rows need."""
    size, shown = pagination.read_size(request.GET.get("size")), shown_columns(request)
    plain = _with(request.GET)
    is_usual = not filters and not page.previous and sort.text == DEFAULT_SORT
    return {
        "filters": filters,
        "menus": filter_menus(filters),
        "chips": filter_chips(
            filters,
            QueryDict(plain.removeprefix("?")),
            page.rows,
            contact_data=request.user.has_perm(SEE_CONTACT_DATA),
        ),
        "sort": sort,
        "headings": [_heading(request.GET, column, sort) for column in shown],
        "all_columns": [(column, column in shown) for column in COLUMNS[1:]],
        "size": size,
        "sizes": [
            (each, _with(request.GET, size=str(each))) for each in pagination.SIZES
        ],
        "previous_url": _with(request.GET, before=page.previous)
        if page.previous
        else "",
        "next_url": _with(request.GET, after=page.following) if page.following else "",
        "first_url": plain,
        "shown_url": _with(
            request.GET, **pagination.cursor_parameters(request.GET, page)
        ),
        "cleared_url": _with(QueryDict(urlencode({"sort": sort.text, "size": size}))),
        "here": request.get_full_path(),
        "newest": max((row.id for row in page.rows), default=0) if is_usual else None,
    }


def _heading(url: QueryDict, column: Column, sort: pagination.Sort) -> Context:
    """A column's heading: its label, the present sort, and the URL of the next one."""
    if not column.sort:
        return {"column": column, "url": ""}
    descending_first = column.sort not in ASCENDING_FIRST
    target = sort.next_by(column.sort, descending_first=descending_first)
    return {
        "column": column,
        "aria_sort": sort.aria_sort(column.sort),
        "url": _with(url, sort=target),
    }


def _with(url: QueryDict, **changed: str) -> str:
    """The list's URL with other values; the page is kept only if given."""
    return address(url, [*NAMES, "sort", "size"], defaults=DEFAULTS, **changed)


def filter_query(url: QueryDict) -> str:
    """The filters of the URL, without sort and page."""
    return address(url, NAMES).removeprefix("?")


@require_GET
def new_orders(request: SignedInRequest) -> HttpResponse:
    """The number of orders created since the list was shown; the list asks from time to time."""
    seen = int_or_none(request.GET.get("seen"))
    if seen is None:
        return HttpResponse()
    count = pagination.count_up_to(Order.objects.filter(pk__gt=seen), MAX_NEW)
    return render(
        request,
        "orders/_new_orders.html",
        {"new_count": min(count, MAX_NEW), "is_capped": count > MAX_NEW},
    )


@require_POST
def export(request: SignedInRequest) -> StreamingHttpResponse:
    """CSV export of the selected orders, sorted as the list."""
    lines = csv_rows(
        selected(request),
        columns=shown_columns(request),
        sort=read_sort(request.POST.get("sort")),
        contact_data=request.user.has_perm(SEE_CONTACT_DATA),
    )
    name = f"orders-{timezone.localdate():%Y-%m-%d}.csv"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return StreamingHttpResponse(
        lines, content_type="text/csv; charset=utf-8", headers=headers
    )


@require_GET
def badges(request: SignedInRequest) -> HttpResponse:
    """The counted badges, and the numbers in the filter menus: requested after each change of the list, and
    from time to time."""
    # htmx sends the list's present URL.
    query = QueryDict(urlsplit(request.htmx.current_url or "").query)
    filters = OrderFilter(query, choices=load_lookups(), user=request.user)
    context = {
        "badges": load_badges(filters, request.user, counted=True),
        "counted": True,
        "value_counts": count_values(filters, filter_menus(filters)),
    }
    return render(request, "orders/_badges.html", context)


@require_POST
def choose_columns(request: SignedInRequest) -> HttpResponse:
    chosen = [] if "reset" in request.POST else known(request.POST.getlist("column"))
    Preferences.objects.update_or_create(
        user=request.user, defaults={"columns": chosen}
    )
    return redirect(back(request, "orders:list"))
