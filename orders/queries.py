"""The questions that pages ask of orders."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, cast

from django.db import models

if TYPE_CHECKING:
    from orders.models import Order


class Row(NamedTuple):
    """What a row of the list shows of an order. The names of its status, type, store and assignee are known already, from
    the list's filters (orders.choices)."""

    id: int
    order_type_id: int
    status_id: int
    assignee_id: int | None
    store_id: int | None
    customer_id: int | None
    external_id: str
    external_number: str
    customer_name: str
    items: str
    total: Decimal
    placed_at: datetime
    synced_at: datetime | None
    needs_attention: bool
    cancelled_at: datetime | None
    gone_at: datetime | None
    customer__phone: str | None
    customer__erased_at: datetime | None
    refresh__outcome: str | None
    refresh__reason: str | None
    refresh__done_at: datetime | None


class OrderQuerySet(models.QuerySet["Order"]):
    def made_here(self) -> "OrderQuerySet":
        return self.filter(store__isnull=True)

    def imported(self) -> "OrderQuerySet":
        return self.filter(store__isnull=False)

    def for_list(self) -> "models.QuerySet[Order, Row]":
        """Rows as values: to make an object of each would take longer than all else that the database does for a page."""
        return cast("models.QuerySet[Order, Row]", self.values_list(*Row._fields, named=True))

    def for_page(self) -> "OrderQuerySet":
        """Orders with everything that stands in the head of their own page; lines and feed are asked for by themselves."""
        return self.select_related("status", "order_type", "store", "customer", "assignee", "created_by", "refresh__by").defer(
            "search"
        )
