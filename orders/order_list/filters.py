"""The filters of the order list (O2): a plain form whose state is the URL. Invalid values filter nothing."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.forms.filter_fields import Day, IdRanges, Ids, KnownValues, Words
from common.http import SignedInRequest, ids_in
from orders.domain.assignees import Choice
from orders.domain.labels import FULFILMENT, PAYMENT
from orders.domain.permissions import SEE_CONTACT_DATA
from orders.models import (
    Order,
    OrderQuerySet,
    OrderType,
    Status,
    StatusGroup,
    Store,
    WriteOff,
)
from orders.order_list.lookups import Lookups, load_lookups
from orders.order_list.search import apply_search
from orders.order_list.store_states import StoreState, are_in

MAX_NAMED = 5_000
"""The most rows that a form may name one by one."""
MAX_CHOSEN = 50
"""The most colleagues that a filter names."""
NAMES = [
    "q",
    "store",
    "status",
    "group",
    "type",
    "assignee",
    "customer",
    "created",
    "from",
    "to",
    "due",
    "payment",
    "fulfilment",
    "at_store",
    "write_off",
    "attention",
    "ids",
]
"""The filters in the URL; sort and page are not among them."""
UNFINISHED = frozenset({StatusGroup.NEW, StatusGroup.IN_PROGRESS, StatusGroup.PENDING})
"""Groups of statuses whose orders can be overdue."""
WEEK = timedelta(days=7)


class OrderFilter(forms.Form):
    """Values of one filter are OR, filters are AND. A status group stands for its statuses, so the two are
    one filter."""

    q = Words(required=False)
    store = KnownValues(required=False)
    status = KnownValues(required=False)
    group = KnownValues(required=False, choices=StatusGroup.choices)
    type = KnownValues(required=False)
    assignee = KnownValues(required=False)
    customer = Ids(required=False)
    created = KnownValues(
        required=False,
        choices=[
            ("today", _("Today")),
            ("week", _("Last 7 days")),
            ("month", _("This month")),
        ],
    )
    to = Day(required=False)
    due = KnownValues(
        required=False,
        choices=[
            ("overdue", _("Overdue")),
            ("today", _("Due today")),
            ("week", _("Due in the next 7 days")),
            ("none", _("Without a due date")),
        ],
    )
    payment = KnownValues(required=False, choices=list(PAYMENT.items()))
    fulfilment = KnownValues(required=False, choices=list(FULFILMENT.items()))
    at_store = KnownValues(required=False, choices=StoreState.choices)
    write_off = KnownValues(
        required=False, choices=[("open", _("To write off")), *WriteOff.choices]
    )
    ids = IdRanges(required=False)
    """The rows of a selection, which the browser keeps."""
    attention = KnownValues(required=False, choices=[("1", _("Needs attention"))])

    def __init__(self, url: QueryDict, *, choices: Lookups, user: User) -> None:
        super().__init__(url)
        self.known, self.user = choices, user
        self.fields["from"] = Day(required=False)
        self._offer(
            "store",
            [
                ("here", _("Created in RO App")),
                ("connected", _("From connected integrations")),
            ],
            choices.stores,
        )
        self._offer("status", [], choices.statuses)
        self._offer("type", [], choices.types)
        first = [("me", _("Me")), ("none", _("Nobody"))]
        self._offer("assignee", first, self._people(url.getlist("assignee")))
        self.full_clean()

    def _people(self, given: Sequence[str]) -> list[Choice]:
        """Those who are listed, and those who are chosen, also where they have left. The user is *me*, and
        stands here only where they are chosen by name, as in a view that others made."""
        chosen = ids_in(given[:MAX_CHOSEN])
        people = [
            each
            for each in self.known.people or []
            if each.pk != self.user.pk or each.pk in chosen
        ]
        names = self.known.names
        names.read(chosen)
        listed = {each.pk for each in people}
        return people + [
            Choice(pk, names[pk]) for pk in chosen if names[pk] and pk not in listed
        ]

    def _offer(
        self,
        name: str,
        first: Sequence[tuple[str, object]],
        rows: Sequence[Choice | OrderType | Status | Store],
    ) -> None:
        field = self.fields[name]
        assert isinstance(field, KnownValues)  # noqa: S101  tells the type checker which field it is
        field.choices = [*first, *((str(row.pk), row.shown_name) for row in rows)]

    @property
    def given(self) -> dict[str, Any]:
        """The active filters by their name in the URL; empty for the whole list."""
        return {name: value for name, value in self.cleaned_data.items() if value}

    def __bool__(self) -> bool:
        return bool(self.given)

    @property
    def is_reversed(self) -> bool:
        """Whether the dates end before they begin, so that no order can match."""
        first, last = self.cleaned_data["from"], self.cleaned_data["to"]
        return bool(first and last and last < first)

    def apply(self, orders: OrderQuerySet) -> OrderQuerySet:
        given = self.cleaned_data
        for name, condition in CONDITIONS.items():
            if given[name]:
                orders = orders.filter(condition(given[name]))
        if given["assignee"]:
            orders = orders.filter(self._assignee(given["assignee"]))
        if given["status"] or given["group"]:
            orders = orders.filter(status__in=self._statuses())
        if given["due"]:
            orders = orders.filter(self._due(given["due"]))
        if given["write_off"]:
            orders = orders.filter(self._write_off(given["write_off"]))
        if not given["q"]:
            return orders
        return apply_search(
            orders, given["q"], contact_data=self.user.has_perm(SEE_CONTACT_DATA)
        )

    def _statuses(self) -> list[int]:
        status, group = self.cleaned_data["status"], self.cleaned_data["group"]
        return [
            each.pk
            for each in self.known.statuses
            if str(each.pk) in status or each.group in group
        ]

    def _due(self, values: list[str]) -> Q:
        today = timezone.localdate()
        unfinished = [
            each.pk for each in self.known.statuses if each.group in UNFINISHED
        ]
        conditions = {
            "overdue": Q(due_on__lt=today, status__in=unfinished),
            "today": Q(due_on=today),
            "week": Q(due_on__range=(today, today + WEEK)),
            "none": Q(due_on=None),
        }
        return reduce(or_, (conditions[value] for value in values))

    def _write_off(self, values: list[str]) -> Q:
        """ "open" is what is left to write off: goods of an order that is neither closed nor cancelled."""
        condition = Q(write_off__in=[int(each) for each in values if each != "open"])
        if "open" not in values:
            return condition
        going_on = [
            each.pk for each in self.known.statuses if each.group != StatusGroup.CLOSED
        ]
        return condition | Q(
            ~Q(items=""),
            write_off__lt=WriteOff.ALL,
            cancelled_at__isnull=True,
            status__in=going_on,
        )

    def _assignee(self, values: list[str]) -> Q:
        ids = ids_in(values) + ([self.user.pk] if "me" in values else [])
        nobody = Q(assignee__isnull=True) if "none" in values else Q()
        return Q(assignee__in=ids) | nobody if ids else nobody


def _store(values: list[str]) -> Q:
    condition = Q(store__in=ids_in(values))
    if "here" in values:
        condition |= Q(store__isnull=True)
    return condition | Q(store__isnull=False) if "connected" in values else condition


def first_days(today: date) -> dict[str, date]:
    """The first day of each relative time; the last one is today."""
    return {
        "today": today,
        "week": today - timedelta(days=6),
        "month": today.replace(day=1),
    }


def _created(values: list[str]) -> Q:
    """As one range, so that the index serves it."""
    days = first_days(timezone.localdate())
    return Q(placed_at__gte=_midnight(min(days[value] for value in values)))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


CONDITIONS: dict[str, Callable[[Any], Q]] = {
    "store": _store,
    "type": lambda values: Q(order_type__in=values),
    "customer": lambda values: Q(customer__in=values),
    "created": _created,
    "from": lambda day: Q(placed_at__gte=_midnight(day)),
    "to": lambda day: Q(placed_at__lt=_midnight(day + timedelta(days=1))),
    "payment": lambda values: Q(payment__in=values),
    "fulfilment": lambda values: Q(fulfilment__in=values),
    "at_store": are_in,
    "ids": lambda ids: Q(pk__in=ids),
    "attention": lambda _values: Q(needs_attention=True),
}


def row_ids(texts: Sequence[str]) -> list[int]:
    """The row ids among ``texts``, each once, up to MAX_NAMED; everything else is ignored."""
    return ids_in(texts[: MAX_NAMED + 1])


def selected(request: SignedInRequest) -> OrderQuerySet:
    """The orders of a posted selection: those named by ``id``, or with ``all`` those that ``query``
    matches."""
    if not request.POST.get("all"):
        return Order.objects.filter(pk__in=row_ids(request.POST.getlist("id")))
    url = QueryDict(request.POST.get("query", "").removeprefix("?"))
    return OrderFilter(url, choices=load_lookups(), user=request.user).apply(
        Order.objects.all()
    )
