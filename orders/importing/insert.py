"""Rows of new orders and lines to insert: all columns, without the cost of model instances."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from types import SimpleNamespace
from typing import NamedTuple, cast

from common.bulk_sql import insert, keep_statistics
from customers.models import Customer
from orders.domain.totals import line_total
from orders.importing.incoming import IncomingLine
from orders.importing.revision import store_values
from orders.importing.types import ParsedOrder, Rules
from orders.models import Order, OrderLine

NEW_ORDER = {
    field.attname: field.get_default() for field in Order._meta.concrete_fields
}
COLUMNS = list(NEW_ORDER)


class LineRow(NamedTuple):
    """A row of OrderLine to insert; a page makes hundreds, and a model instance costs ten times as much."""

    order_id: int
    product_id: int | None
    position: int
    name: str
    sku: str
    quantity: Decimal | int
    price: Decimal
    discount: Decimal
    total: Decimal
    external_id: str
    store_quantity: Decimal | int
    store_price: Decimal
    store_discount: Decimal
    written_off_at: datetime | None = None
    difference: None = None


def order_row(
    pk: int,
    parsed: ParsedOrder,
    customer: Customer | None,
    rules: Rules,
    fetched_at: datetime,
) -> Order:
    """A new order, still to be summarised (orders.domain.totals)."""
    incoming = parsed.order
    row = NEW_ORDER | store_values(incoming)
    row |= {
        "id": pk,
        "pk": pk,
        "order_type_id": rules.order_type.pk,
        "status_id": rules.order_type.initial_status_id,
        "customer_id": customer.pk if customer else None,
        "placed_at": incoming.placed_at,
        "store_id": rules.store.pk,
        "external_id": incoming.external_id,
        "synced_at": fetched_at,
        "store_updated_at": incoming.updated_at,
        "fingerprint": parsed.snapshot.fingerprint,
        "store_customer": incoming.contact.key,
    }
    return cast(Order, SimpleNamespace(**row))


def line_row(
    order_id: int, line: IncomingLine, position: int, product_id: int | None
) -> LineRow:
    return LineRow(
        order_id=order_id,
        product_id=product_id,
        position=position,
        name=line.name,
        sku=line.sku,
        quantity=line.quantity,
        price=line.price,
        discount=line.discount,
        total=line_total(line.quantity, line.price, line.discount),
        external_id=line.external_id,
        store_quantity=line.quantity,
        store_price=line.price,
        store_discount=line.discount,
    )


def insert_orders(orders: Sequence[Order]) -> None:
    insert(Order, COLUMNS, map(attrgetter(*COLUMNS), orders))
    keep_statistics(Order, ["store_id", "external_id"], [order.pk for order in orders])


def insert_lines(lines: Sequence[LineRow]) -> None:
    if lines:
        insert(OrderLine, LineRow._fields, lines)
