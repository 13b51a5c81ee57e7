"""What has changed of a list that stands on a screen: asked for every ten seconds by every open tab, so that
most answers are one small query and nothing else."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django_htmx.http import trigger_client_event

from common.http import (
    MAX_UNIX_TIME,
    Context,
    SignedInRequest,
    ids_in,
    int_or_none,
)
from common.lists import pagination
from customers.models import CustomerEvent
from orders.models import Order, OrderEvent
from orders.order_list.filters import OrderFilter
from orders.order_list.lookups import load_lookups
from orders.order_list.rows import render_rows
from orders.order_list.state import state_of_page

MAX_NEW = 99
MAX_EVENTS = 2_000
"""After more events than this the list is loaded anew."""
FIRST_LOOK = 1_000
"""How many events a page that has asked for nothing yet is searched for its own."""
MAX_SHOWN = 200
NOTHING = 204


@dataclass(frozen=True, slots=True)
class Marks:
    """The latest event of orders, event of customers, and order. An event is numbered before it is
    committed: who asks names the marks of the answer before the last one, so that what was late is seen."""

    event: int = 0
    customer_event: int = 0
    order: int = 0

    def __str__(self) -> str:
        return f"{self.event}.{self.customer_event}.{self.order}"

    @classmethod
    def read(cls, text: str) -> "Marks | None":
        numbers = [int_or_none(part) for part in text.split(".")]
        found = [number for number in numbers if number is not None]
        return cls(*found) if len(found) == len(numbers) == 3 else None

    @classmethod
    def latest(cls) -> "Marks":
        with connection.cursor() as cursor:
            cursor.execute(LATEST)
            return cls(*(number or 0 for number in cursor.fetchone()))


LATEST = """SELECT (SELECT max(id) FROM orders_orderevent),
                   (SELECT max(id) FROM customers_customerevent),
                   (SELECT max(id) FROM orders_order)"""


@require_safe
def live(request: SignedInRequest) -> HttpResponse:
    """The rows that have changed, those that left the view, and the number of new orders. ``shown`` are the
    ids on the screen, ``left`` those of them that it shows as left; ``before`` and ``mark`` are of the last
    two answers."""
    latest, asked = Marks.latest(), request.GET
    before, mark = Marks.read(asked.get("before", "")), asked.get("mark", "")
    if before == latest and mark == str(latest):
        return HttpResponse(status=NOTHING)
    shown = _ids(asked.get("shown", ""))
    changed = _changed(shown, before, latest, _since(asked.get("since", "")))
    if changed is None:
        return trigger_client_event(HttpResponse(status=NOTHING), "reload")
    newest = int_or_none(asked.get("newest"))
    context = {
        "mark": str(latest),
        "before": mark if Marks.read(mark) else str(latest),
        "since": asked.get("since", ""),
        "newest": newest,
    }
    news = _news(request, changed, latest, newest)
    return render(request, "orders/order_list/_live.html", context | news)


def _ids(text: str) -> list[int]:
    return ids_in(text.split(".")[:MAX_SHOWN])


def _since(text: str) -> datetime:
    return datetime.fromtimestamp(int_or_none(text, most=MAX_UNIX_TIME) or 0, UTC)


def _changed(
    shown: Collection[int], before: Marks | None, latest: Marks, since: datetime
) -> set[int] | None:
    """Those of the orders that have changed; None if so much has that nobody looks for them."""
    if before is None:
        before = Marks(
            max(0, latest.event - FIRST_LOOK),
            max(0, latest.customer_event - FIRST_LOOK),
            latest.order,
        )
    if latest.event - before.event > MAX_EVENTS:
        return None
    events = OrderEvent.objects.filter(
        pk__gt=before.event, pk__lte=latest.event, at__gte=since
    )
    changed = set(events.order_by().values_list("order_id", flat=True)) & {*shown}
    if latest.customer_event > before.customer_event:
        people = CustomerEvent.objects.filter(
            pk__gt=before.customer_event, at__gte=since
        )
        theirs = Order.objects.filter(
            pk__in=shown, customer__in=people.order_by().values("customer")
        )
        changed |= set(theirs.values_list("pk", flat=True))
    return changed


def _news(
    request: SignedInRequest, changed: set[int], latest: Marks, newest: int | None
) -> Context:
    """The changed rows, and what is said above the list. The lookups are read only if they are needed."""
    left = _ids(request.GET.get("left", ""))
    is_newer = newest is not None and latest.order > newest
    if not (changed or left or is_newer):
        return {
            "rows": "",
            "new_count": 0,
            "is_capped": False,
            "left_count": 0,
            "list_url": "",
        }
    state, known = state_of_page(request), load_lookups()
    filters = OrderFilter(state.url, choices=known, user=request.user)
    watched = changed | {*left}
    present = Order.objects.filter(pk__in=watched)
    in_view = set(filters.apply(present).values_list("pk", flat=True))
    newer = filters.apply(Order.objects.filter(pk__gt=newest or latest.order))
    count = pagination.count_up_to(newer, MAX_NEW) if is_newer else 0
    rows = Order.objects.for_list().filter(pk__in=changed) if changed else []
    return {
        "rows": render_rows(
            request, rows, known, is_swapped=True, left=watched - in_view
        ),
        "new_count": min(count, MAX_NEW),
        "is_capped": count > MAX_NEW,
        "left_count": len(watched - in_view),
        "list_url": reverse("orders:list") + state.address(),
    }
