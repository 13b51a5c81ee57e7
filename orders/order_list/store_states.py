"""What became of an order at its store, as the list's rows, its filter and the CSV export say it (O2, I7)."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Protocol

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class StoreState(models.TextChoices):
    CANCELLED = "cancelled", _("Cancelled")
    REFUNDED = "refunded", _("Refunded")
    PARTLY_REFUNDED = "partly_refunded", _("Partly refunded")
    ARCHIVED = "archived", _("Archived")
    GONE = "gone", pgettext_lazy("at the store", "Gone")
    DIFFERS = "differs", _("Totals differ")


BY_PAYMENT = {
    "refunded": StoreState.REFUNDED,
    "partially_refunded": StoreState.PARTLY_REFUNDED,
}
CONDITIONS: dict[str, Q] = {
    StoreState.CANCELLED: Q(cancelled_at__isnull=False),
    StoreState.ARCHIVED: Q(closed_at__isnull=False),
    StoreState.GONE: Q(gone_at__isnull=False),
    StoreState.DIFFERS: Q(totals_differ=True),
}
"""Each has an index of its own (orders.models.order)."""
COLOURS: dict[str, str] = {
    StoreState.CANCELLED: "red",
    StoreState.REFUNDED: "amber",
    StoreState.PARTLY_REFUNDED: "amber",
    StoreState.ARCHIVED: "",
    StoreState.GONE: "red",
    StoreState.DIFFERS: "amber",
}
COLUMNS = ("cancelled_at", "payment", "closed_at", "gone_at", "totals_differ")
"""What ``states_of`` reads."""


def are_in(values: Sequence[str]) -> Q:
    """Orders in any of these states. Those of payment are one IN: an OR of the two would not be counted
    by the index."""
    payments = [code for code, state in BY_PAYMENT.items() if state in values]
    conditions = [CONDITIONS[value] for value in values if value in CONDITIONS]
    if payments:
        conditions.append(Q(payment__in=payments))
    return reduce(or_, conditions)


class AtStore(Protocol):
    """What ``states_of`` reads of an order."""

    @property
    def cancelled_at(self) -> object: ...
    @property
    def payment(self) -> str: ...
    @property
    def closed_at(self) -> object: ...
    @property
    def gone_at(self) -> object: ...
    @property
    def totals_differ(self) -> bool: ...


def states_of(order: AtStore) -> list[StoreState]:
    """All states that the order is in, in the order of StoreState; most orders have none."""
    found = []
    if order.cancelled_at:
        found.append(StoreState.CANCELLED)
    if order.payment in BY_PAYMENT:
        found.append(BY_PAYMENT[order.payment])
    if order.closed_at:
        found.append(StoreState.ARCHIVED)
    if order.gone_at:
        found.append(StoreState.GONE)
    if order.totals_differ:
        found.append(StoreState.DIFFERS)
    return found
