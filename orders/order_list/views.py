"""The order list."""

from dataclasses import replace

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import push_url, replace_url, trigger_client_event

from common.formats import grouped
from common.http import Context, SignedInRequest, file_named, query_of
from common.lists import pagination
from customers.near_names import MAX_COUNTED as MAX_COUNTED_NEAR
from customers.near_names import Near, near_searches
from orders.domain.labels import usual_days
from orders.domain.permissions import (
    SEE_CONTACT_DATA,
    SHARE_VIEWS,
    WORK,
    may_select,
)
from orders.models import Order, RefreshOutcome, Row
from orders.order_list.badges import load_badges
from orders.order_list.chips import filter_chips
from orders.order_list.colleagues import colleagues_of_page
from orders.order_list.columns import SELECT, Column, column_widths, is_wide
from orders.order_list.counts import Counts
from orders.order_list.csv_export import csv_rows
from orders.order_list.filters import OrderFilter, selected
from orders.order_list.lookups import load_lookups
from orders.order_list.menus import filter_menus
from orders.order_list.neighbours import neighbours_of
from orders.order_list.rows import render_rows
from orders.order_list.saved_views import may_change, visible_views
from orders.order_list.search import searched_number
from orders.order_list.sorting import ASCENDING_FIRST, DEFAULT_SORT, read_sort
from orders.order_list.state import (
    LEFT,
    ListState,
    left_cookie,
    read_state,
    state_of_page,
)
from orders.order_list.value_counts import count_values
from orders.preferences import load_preferences

MAX_COUNTED = 1_000
MAX_COUNTED_IN_SEARCH = 200
YEAR = 365 * 24 * 3600


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
def order_list(request: SignedInRequest) -> HttpResponse:
    is_part = request.htmx.target == "results"
    views = None if is_part else visible_views(request.user)
    state = read_state(request, request.GET, views)
    filters = OrderFilter(state.url, choices=load_lookups(), user=request.user)
    orders = filters.apply(Order.objects.all())
    page = pagination.paginate(
        orders.for_list(),
        sort=state.sort,
        size=state.size,
        after=pagination.read_cursor(request.GET.get("after"), state.sort),
        before=pagination.read_cursor(request.GET.get("before"), state.sort),
    )
    context = (
        {"is_part": is_part}
        | _count(orders, page, filters, state.sort)
        | _frame(request, state, filters, page)
        | _rows(request, state, filters, page)
    )
    if is_part:
        return _remember(request, state, _results(request, state, context))
    whole = colleagues_of_page(request, filters) | {
        "badges": load_badges(filters, state, views or []),
        "counted": False,
    }
    response = render(request, "orders/order_list/list.html", context | whole)
    return _remember(request, state, response)


def _remember(
    request: SignedInRequest, state: ListState, response: HttpResponse
) -> HttpResponse:
    """The browser keeps how the list was left; in the database it would cost each page a query."""
    value = left_cookie(request, state)
    if value:
        response.set_cookie(
            LEFT,
            value,
            max_age=YEAR,
            path=reverse("orders:list"),
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


def _results(
    request: SignedInRequest, state: ListState, context: Context
) -> HttpResponse:
    """The part that filtering, sorting and paging change. The pushed URL is that of the page, without empty
    filters; while one types into the search box, it takes the place of the one before."""
    response = render(request, "orders/order_list/_results.html", context)
    shown = f"{request.path}{context['shown_url']}"
    if _is_typing(request, state):
        replace_url(response, shown)
    else:
        push_url(response, shown)
    # For #badges and #progress outside the results.
    trigger_client_event(response, "filtered", after="settle")
    if context["pending"]:
        trigger_client_event(response, "watch", after="settle")
    return response


def _is_typing(request: SignedInRequest, state: ListState) -> bool:
    """Whether the page shows a search already, from which this one differs in nothing else."""
    if "q" not in state.filters:
        return False
    before = state_of_page(request)
    filters = {**before.filters, "q": state.filters["q"]}
    return "q" in before.filters and replace(before, filters=filters) == state


def _count(
    orders: QuerySet[Order],
    page: pagination.Page[Row],
    filters: OrderFilter,
    sort: pagination.Sort,
) -> Context:
    """The number of matching orders, and where the page stands among them; a single page needs no further
    query."""
    most = MAX_COUNTED_IN_SEARCH if filters.cleaned_data["q"] else MAX_COUNTED
    place = pagination.count_with_place(orders, page, sort, most)
    shown, is_capped = min(place.count, most), place.count > most
    return {
        "place": place,
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
    request: SignedInRequest,
    state: ListState,
    filters: OrderFilter,
    page: pagination.Page[Row],
) -> Context:
    """What the rows and the selection's actions need."""
    return {
        "page": page,
        "rows": render_rows(request, page.rows, filters.known, state=state),
        "may_work": request.user.has_perm(WORK),
        "may_select": may_select(request.user),
        "due_days": usual_days(timezone.localdate()),
        "filter_query": state.url.urlencode(),
        "searched_number": searched_number(filters.cleaned_data["q"])
        if not page.rows
        else "",
        "near": _near(state, filters, page),
        "pending": [
            row.id
            for row in page.rows
            if row.refresh__outcome == RefreshOutcome.PENDING
        ],
        "since": int(timezone.now().timestamp()),
    }


def _near(
    state: ListState, filters: OrderFilter, page: pagination.Page[Row]
) -> list[tuple[Near, str]]:
    """What to search for instead where nothing is found, each with its URL."""
    if page.rows or page.previous or not filters.cleaned_data["q"]:
        return []

    def count(text: str) -> int:
        changed = state.url.copy()
        changed["q"] = text
        near = OrderFilter(changed, choices=filters.known, user=filters.user)
        return pagination.count_up_to(near.apply(Order.objects.all()), MAX_COUNTED_NEAR)

    found = near_searches(filters.cleaned_data["q"], count)
    return [(near, state.address(q=near.text)) for near in found]


def _frame(
    request: SignedInRequest,
    state: ListState,
    filters: OrderFilter,
    page: pagination.Page[Row],
) -> Context:
    """What the parts around the rows need."""
    shows_newest = not page.previous and state.sort.text == DEFAULT_SORT
    cleared = replace(state, filters={}, view=None)
    cursor = pagination.cursor_parameters(request.GET, page)
    return {
        "state": state,
        "may_share": request.user.has_perm(SHARE_VIEWS),
        "may_change_view": bool(state.view and may_change(request.user, state.view)),
        "is_start": bool(
            state.view and load_preferences(request).start_view_id == state.view.pk
        ),
        "filters": filters,
        "menus": filter_menus(filters),
        "chips": filter_chips(
            filters,
            state.explicit(),
            page.rows,
            contact_data=request.user.has_perm(SEE_CONTACT_DATA),
        ),
        "sort": state.sort,
        "headings": [_heading(state, column) for column in state.columns],
        "is_wide": is_wide(state.columns),
        "select_width": SELECT,
        "widths": column_widths(state.columns),
        "size": state.size,
        "sizes": [(each, state.address(size=str(each))) for each in pagination.SIZES],
        "previous_url": state.address(before=page.previous) if page.previous else "",
        "next_url": state.address(after=page.following) if page.following else "",
        "first_url": state.address(),
        "shown_url": state.address(**cursor),
        "cleared_url": cleared.address(),
        "here": request.path + state.address(**cursor),
        "newest": max((row.id for row in page.rows), default=0)
        if shows_newest and page.rows
        else None,
    }


def _heading(state: ListState, column: Column) -> Context:
    """A column's heading: its label, the present sort, and the URL of the next one."""
    if not column.sort:
        return {"column": column, "url": ""}
    descending_first = column.sort not in ASCENDING_FIRST
    target = state.sort.next_by(column.sort, descending_first=descending_first)
    return {
        "column": column,
        "aria_sort": state.sort.aria_sort(column.sort),
        "url": state.address(sort=target),
    }


@require_safe
def neighbours(request: SignedInRequest, pk: int) -> HttpResponse:
    """The way from an order's page to the next and the previous one of the list whose query it is given."""
    state = read_state(request, request.GET)
    filters = OrderFilter(state.url, choices=load_lookups(), user=request.user)
    found = neighbours_of(pk, filters.apply(Order.objects.all()), state.sort)
    if found is None:
        raise Http404
    return render(request, "orders/order_list/_neighbours.html", {"neighbours": found})


@require_safe
def count(request: SignedInRequest) -> HttpResponse:
    """The exact number of matching orders, asked for when somebody selects them all."""
    filters = OrderFilter(request.GET, choices=load_lookups(), user=request.user)
    total = filters.apply(Order.objects.all()).count()
    return render(
        request, "orders/order_list/_matching.html", {"total": total, "oob": True}
    )


@require_POST
def export(request: SignedInRequest) -> StreamingHttpResponse:
    """CSV export of the selected orders, sorted as the list."""
    lines = csv_rows(
        selected(request),
        columns=state_of_page(request).columns,
        sort=read_sort(request.POST.get("sort")),
        contact_data=request.user.has_perm(SEE_CONTACT_DATA),
    )
    day = f"{timezone.localdate():%Y-%m-%d}"
    name = pgettext("file name", "orders-%(day)s.csv") % {"day": day}
    headers = {**file_named(name), "Cache-Control": "no-store"}
    return StreamingHttpResponse(
        lines, content_type="text/csv; charset=utf-8", headers=headers
    )


@require_safe
def badges(request: SignedInRequest) -> HttpResponse:
    """The counted badges, and the numbers in the filter menus: requested after each change of the list, and
    from time to time."""
    views = visible_views(request.user)
    url = query_of(request.htmx.current_url or "")
    state = read_state(request, url, views)
    filters = OrderFilter(state.url, choices=load_lookups(), user=request.user)
    counts = Counts(request.user, filters.known, now=timezone.now())
    menus = [each for each in filter_menus(filters) if not each.is_searched]
    options = [option for menu in menus for option in menu.options]
    context = {
        "badges": load_badges(filters, state, views, counts),
        "counted": True,
        "value_counts": count_values(filters, options, state.url.urlencode(), counts),
    }
    return render(request, "orders/order_list/_badges.html", context)
