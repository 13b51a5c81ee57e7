"""Orders hold a copy of their customer's name and search words; these functions keep it up to date, in
chunks."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from common.bulk_sql import any_of
from customers.models import Customer
from orders.domain.totals import summarise
from orders.models import Order, OrderLine

CHUNK = 500
COPIES = ["customer_name", "search"]
"""The columns of an order that are copied from its customer."""


def chunks_of(ids: Iterable[int]) -> Iterator[list[int]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def order_ids(customer: Customer) -> list[int]:
    return list(Order.objects.filter(customer=customer).values_list("pk", flat=True))


def lines_of(
    order_ids: Collection[int], *, lock: bool = False
) -> dict[int, list[OrderLine]]:
    """The lines of these orders by order id, sorted by position, and locked if asked for. One query."""
    lines = OrderLine.objects.select_for_update() if lock else OrderLine.objects.all()
    found: dict[int, list[OrderLine]] = {order_id: [] for order_id in order_ids}
    rows = lines.filter(any_of("order_id", order_ids))
    for line in rows.order_by("order_id", "position", "id"):
        found[line.order_id].append(line)
    return found


def move_orders(ids: Iterable[int], *, out_of: Customer, into: Customer) -> list[int]:
    """Move those of these orders that still belong to ``out_of`` to ``into``; returns the ids of the moved
    orders. Call it inside a transaction.

    Orders are locked in the order of their ids, as by everyone who locks several.
    """
    moved: list[int] = []
    for chunk in chunks_of(ids):
        rows = Order.objects.select_for_update(of=("self",)).filter(
            pk__in=chunk, customer=out_of
        )
        orders = list(rows.order_by("id"))
        _denormalise(dict.fromkeys(orders, into))
        moved += [order.pk for order in orders]
    return moved


def update_denormalised_fields(customers: Iterable[Customer]) -> None:
    """Update the copies of these customers' data on all of their orders. Call it inside a transaction. One
    batch of queries per chunk."""
    by_id = {customer.pk: customer for customer in customers}
    if not by_id:
        return
    for chunk in chunks_of(
        Order.objects.filter(any_of("customer_id", by_id)).values_list("pk", flat=True)
    ):
        rows = Order.objects.select_for_update(of=("self",)).filter(
            any_of("id", chunk), any_of("customer_id", by_id)
        )
        _denormalise(
            {
                order: by_id[order.customer_id]
                for order in rows.order_by("id")
                if order.customer_id
            }
        )


def _denormalise(customers: Mapping[Order, Customer]) -> None:
    """Assign each order its customer, and copy the customer's data to it."""
    lines = lines_of([order.pk for order in customers])
    for order, customer in customers.items():
        order.customer = customer
        summarise(order, lines[order.pk], customer)
    if customers:
        Order.objects.bulk_update(customers, ["customer", *COPIES])
