"""Rows of new orders and lines to insert: all columns, without the cost of model instances."""

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from types import SimpleNamespace
from typing import Any, cast

from msgspec import Struct
from msgspec.structs import astuple, replace

from common.bulk_sql import insert, keep_statistics
from customers.models import Customer
from inventory.product_matching import Match
from orders.domain.buyer_entries import Entries
from orders.domain.totals import line_total
from orders.importing.incoming import IncomingLine
from orders.importing.revision import store_values
from orders.importing.types import ParsedOrder, Rules
from orders.models import Order, OrderLine

NEW_ORDER = {
    field.attname: field.get_default() for field in Order._meta.concrete_fields
}
COLUMNS = list(NEW_ORDER)
ENTRIES = COLUMNS.index("buyer_entries")
values_of = attrgetter(*COLUMNS)


class LineRow(Struct, frozen=True):
    """A row of OrderLine to insert; a page makes hundreds, and a model instance costs ten times as much."""

    order_id: int
    product_id: int | None
    match_id: int | None
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
    buyer_entries: Entries = None
    store_buyer_entries: Entries = None
    bundle: str = ""
    bundle_id: str = ""
    is_gift_card: bool = False
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
    order_id: int, line: IncomingLine, position: int, match: Match | None
) -> LineRow:
    return LineRow(
        order_id=order_id,
        product_id=match.product_id if match else None,
        match_id=match.pk if match else None,
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
        buyer_entries=line.buyer_entries,
        store_buyer_entries=line.buyer_entries,
        bundle=line.bundle,
        bundle_id=line.bundle_id,
        is_gift_card=line.is_gift_card,
    )


def insert_orders(orders: Sequence[Order]) -> None:
    insert(Order, COLUMNS, map(_stored, orders))
    keep_statistics(Order, ["store_id", "external_id"], [order.pk for order in orders])


def insert_lines(lines: Sequence[LineRow]) -> None:
    if lines:
        insert(OrderLine, LineRow.__struct_fields__, map(_stored_line, lines))


def _stored(order: Order) -> Sequence[Any]:
    values = list(values_of(order))
    values[ENTRIES] = _as_json(order.buyer_entries)
    return values


def _stored_line(line: LineRow) -> Sequence[Any]:
    if line.buyer_entries:
        entries = _as_json(line.buyer_entries)
        line = replace(line, buyer_entries=entries, store_buyer_entries=entries)
    return astuple(line)


def _as_json(entries: Entries) -> Any:  # noqa: ANN401  it stands where entries stood
    """As the column holds it: these rows are inserted as they are."""
    return json.dumps(entries, ensure_ascii=False) if entries else None
