"""The weeks behind (S9): what a store did each day, as bars that the server draws and as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import Coalesce, TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.models import ImportStatus, StoreConnection, StoreDay, UnimportedOrder
from integrations.sync.outages import split
from orders.models import Order

DAYS = 56
STEP, BAR, HEIGHT = 12, 9, 40
"""Of the drawing: from bar to bar, a bar's width, and the highest one."""
LABELS: Mapping[str, str | Promise] = {
    "imported": _("Imported"),
    "held": _("Held"),
    "failed": _("Failed"),
    "unreachable": _("Minutes not reachable"),
}


@dataclass(frozen=True, slots=True)
class Day:
    """Orders by the day on which they were placed, and the minutes in which the store did not answer."""

    day: date
    imported: int
    held: int
    failed: int
    unreachable: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A day's number with its place in the drawing; ``url`` leads to the orders, if there are any."""

    day: date
    number: int
    x: int
    y: float
    height: float
    url: str


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    label: str | Promise
    total: int
    most: int
    bars: Sequence[Bar]


def first_day() -> date:
    return timezone.localdate() - timedelta(days=DAYS - 1)


def days_of(connection: StoreConnection, *, now: datetime) -> list[Day]:
    """The last eight weeks, today last. Three queries."""
    first = first_day()
    imported = imported_by_day([connection.store_id]).get(connection.store_id, {})
    unimported = UnimportedOrder.objects.filter(store=connection.store_id)
    statuses = [ImportStatus.HELD, ImportStatus.FAILED]
    counted = (
        by_day(unimported)
        .filter(shown_on__gte=first, status__in=statuses)
        .values_list("shown_on", "status")
        .annotate(Count("pk"))
        .order_by()
    )
    kept = {(day, status): number for day, status, number in counted}
    seconds = _unreachable(connection, first, now)
    return [
        Day(
            day,
            imported.get(day, 0),
            kept.get((day, ImportStatus.HELD), 0),
            kept.get((day, ImportStatus.FAILED), 0),
            -(-seconds.get(day, 0) // 60),
        )
        for day in (first + timedelta(days=number) for number in range(DAYS))
    ]


def imported_by_day(store_ids: Sequence[int]) -> dict[int, dict[date, int]]:
    """How many orders of the last eight weeks each store has, by the reader's day on which they were placed.
    One query, from an index."""
    since = timezone.make_aware(datetime.combine(first_day(), datetime.min.time()))
    counted = (
        Order.objects.filter(store__in=store_ids, placed_at__gte=since)
        .annotate(placed_on=TruncDate("placed_at"))
        .values_list("store", "placed_on")
        .annotate(Count("pk"))
        .order_by()
    )
    found: dict[int, dict[date, int]] = {pk: {} for pk in store_ids}
    for store_id, day, number in counted:
        found[store_id][day] = number
    return found


def by_day(entries: QuerySet[UnimportedOrder]) -> QuerySet[Any]:
    """Unimported orders with ``shown_on``: when they were placed, or else were tried last."""
    return entries.annotate(shown_on=TruncDate(Coalesce("placed_at", "last_at")))


def _unreachable(
    connection: StoreConnection, first: date, now: datetime
) -> dict[date, int]:
    """Seconds by day, with an outage that goes on."""
    rows = StoreDay.objects.filter(store=connection.store_id, day__gte=first)
    found = dict(rows.values_list("day", "seconds"))
    if connection.enabled and connection.failing_since:
        for day, seconds in split(connection.failing_since, now).items():
            found[day] = found.get(day, 0) + seconds
    return found


def rows_of(connection: StoreConnection, days: Sequence[Day]) -> list[Row]:
    return [_row(name, connection, days) for name in LABELS]


def _row(name: str, connection: StoreConnection, days: Sequence[Day]) -> Row:
    numbers = [getattr(each, name) for each in days]
    most = max(numbers)
    bars = []
    for place, (each, number) in enumerate(zip(days, numbers, strict=True)):
        # What is there is seen, however little it is.
        height = max(2.0, round(number / most * HEIGHT, 1)) if number else 0.0
        url = address_of(name, connection.store_id, each.day) if number else ""
        bars.append(Bar(each.day, number, place * STEP, HEIGHT - height, height, url))
    return Row(name, LABELS[name], sum(numbers), most, bars)


def address_of(name: str, store_id: int, day: date) -> str:
    """Where the orders behind a bar are; empty for minutes."""
    if name == "imported":
        query = f"store={store_id}&from={day.isoformat()}&to={day.isoformat()}"
        return f"{reverse('orders:list')}?{query}"
    if name == "unreachable":
        return ""
    page = reverse("stores:unimported", args=[store_id])
    return f"{page}?status={name}&day={day.isoformat()}"


def line_of(numbers: Mapping[date, int]) -> str:
    """The points of a small line: orders per day, in a drawing 110 wide and 24 high."""
    first, most = first_day(), max([*numbers.values(), 1])
    return " ".join(
        f"{place * 2},{22 - numbers.get(first + timedelta(days=place), 0) / most * 20:.1f}"
        for place in range(DAYS)
    )
