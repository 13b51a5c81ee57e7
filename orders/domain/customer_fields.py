"""When a customer changes, their orders follow: what an order repeats of its customer is told anew, by the
chunk."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from common.bulk_sql import among
from customers.models import Customer
from orders.domain.totals import summarise
from orders.models import Order, OrderLine

CHUNK = 500
COPIES = ["customer_name", "search"]
"""What orders repeat of their customer."""


def chunks_of(ids: Iterable[int]) -> Iterator[list[int]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def order_ids(customer: Customer) -> list[int]:
    return list(Order.objects.filter(customer=customer).values_list("pk", flat=True))


def lines_of(ids: Sequence[int]) -> dict[int, list[OrderLine]]:
    """The lines of these orders by order, each in its order's own order. One query."""
    found: dict[int, list[OrderLine]] = {pk: [] for pk in ids}
    rows = OrderLine.objects.filter(order__in=ids).order_by("order_id", "position", "id")
    for order_id, group in groupby(rows, key=lambda line: line.order_id):
        found[order_id] = list(group)
    return found


def move_orders(ids: Iterable[int], *, out_of: Customer, into: Customer) -> list[int]:
    """Give those of these orders that are still ``out_of``'s to ``into``; which ones they were. Call it
    inside a transaction.

    Orders are locked by their ids' order, as everyone does who works on several.
    """
    moved: list[int] = []
    for chunk in chunks_of(ids):
        rows = Order.objects.select_for_update(of=("self",)).filter(pk__in=chunk, customer=out_of)
        orders = list(rows.order_by("id"))
        _denormalise(dict.fromkeys(orders, into))
        moved += [order.pk for order in orders]
    return moved


def update_denormalised_fields(customers: Iterable[Customer]) -> None:
    """Bring what these customers' orders repeat of them up to date. Call it inside a transaction. Queries
    grow by the chunk."""
    by_id = {customer.pk: customer for customer in customers}
    if not by_id:
        return
    for chunk in chunks_of(Order.objects.filter(among("customer_id", by_id)).values_list("pk", flat=True)):
        rows = Order.objects.select_for_update(of=("self",)).filter(
            among("id", chunk), among("customer_id", by_id)
        )
        _denormalise({order: by_id[order.customer_id] for order in rows.order_by("id") if order.customer_id})


def _denormalise(customers: Mapping[Order, Customer]) -> None:
    """Let each order be its customer's, and repeat what is known of them."""
    lines = lines_of([order.pk for order in customers])
    for order, customer in customers.items():
        order.customer = customer
        summarise(order, lines[order.pk], customer)
    if customers:
        Order.objects.bulk_update(customers, ["customer", *COPIES])
