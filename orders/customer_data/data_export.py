"""All data about a person, as plain values for a JSON file."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import Model
from django.utils.timezone import localtime

from customers import events
from customers.models import EMAIL, PHONE, Customer, CustomerEventKind, CustomerKey
from customers.phones import numbers_in
from orders.domain.customer_fields import chunks_of, lines_of
from orders.models import Order, OrderEvent

DETAILS = [
    "first_name",
    "last_name",
    "company",
    "phone",
    "phone_typed",
    "email",
    "address",
    "language",
    "created_at",
]
ORDER = [
    "external_id",
    "external_number",
    "placed_at",
    "note",
    "store_note",
    "buyer_entries",
    "purchase_order",
    "buyer_name",
    "delivery_address",
    "delivery_method",
    "delivery_cost",
    "payment",
    "fulfilment",
    "total",
    "store_total",
    "store_refunded",
    "store_paid",
    "store_due",
    "cancelled_at",
    "closed_at",
    "synced_at",
]
LINE = [
    "name",
    "sku",
    "quantity",
    "price",
    "discount",
    "total",
    "buyer_entries",
    "bundle",
]
ORDER_EVENT = ["kind", "at", "subject", "field", "old", "new"]
CUSTOMER_EVENT = ["kind", "at", "field", "old", "new"]


@transaction.atomic
def export_person(
    customer: Customer, *, by_id: int | None, now: datetime
) -> dict[str, object]:
    """The person's data, those of customers merged into them, and their orders with lines, notes and
    timelines.

    The export itself is an event, and so part of it. Names of staff are left out.
    """
    events.record_event(customer, CustomerEventKind.EXPORTED, by_id=by_id, now=now)
    people = [customer, *_merged_into(customer)]
    rows = CustomerKey.objects.filter(customer__in=people).order_by("id")
    keys = [row.key for row in rows]
    ids = Order.objects.filter(customer__in=people).values_list("pk", flat=True)
    return {
        "exported_at": _local(now),
        "customer": {"id": customer.pk, **_values(customer, DETAILS)},
        "phone_numbers": numbers_in(keys),
        "phone_numbers_as_typed": [row.typed for row in rows if row.typed],
        "ids_at_stores": [key for key in keys if not key.startswith((PHONE, EMAIL))],
        "merged_customers": [
            {"id": each.pk, **_values(each, DETAILS)} for each in people[1:]
        ],
        "history": [
            _values(event, CUSTOMER_EVENT)
            for each in people
            for event in each.events.order_by("at", "id")
        ],
        "orders": [order for chunk in chunks_of(ids) for order in _orders(chunk)],
    }


def _merged_into(customer: Customer) -> list[Customer]:
    direct = list(customer.merged.order_by("id"))
    return [*direct, *(each for one in direct for each in _merged_into(one))]


def _orders(ids: list[int]) -> Iterator[dict[str, object]]:
    lines = lines_of(ids)
    events: dict[int, list[OrderEvent]] = {}
    for event in OrderEvent.objects.filter(order__in=ids).order_by("at", "id"):
        events.setdefault(event.order_id, []).append(event)
    for order in (
        Order.objects.select_related("status", "order_type", "store")
        .filter(pk__in=ids)
        .order_by("id")
    ):
        yield {
            "number": order.pk,
            "type": order.order_type.name,
            "status": order.status.name,
            "store": order.store.name if order.store else None,
            **_values(order, ORDER),
            "lines": [_values(line, LINE) for line in lines[order.pk]],
            "history": [
                _values(event, ORDER_EVENT) for event in events.get(order.pk, [])
            ],
        }


def _values(row: Model, names: Iterable[str]) -> dict[str, object]:
    """Those of these values that are not empty; times as the reader's zone has them."""
    values = {name: _local(getattr(row, name)) for name in names}
    return {name: value for name, value in values.items() if value or value == 0}


def _local(value: object) -> object:
    return localtime(value) if isinstance(value, datetime) else value
