"""What must hold at the end of a chaos run: the invariants, in SQL and beside the shop's own orders."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from django.db import connection

from fakeshop.shop import FakeShop
from integrations.models import ImportStatus, StoreConnection, UnimportedOrder
from orders.models import Order, OrderLine
from tests.chaos.faults import Faults
from tests.chaos.triggers import recorded
from tests.support.invariants.customers import identity_faults
from tests.support.invariants.orders import violations
from tests.support.invariants.stock import differences
from tests.support.invariants.stores import HERE, NOT_HERE, ids

MAX_PRICE = Decimal(10) ** 12


def violations_of(shop: FakeShop, store: StoreConnection, faults: Faults) -> list[str]:
    """Each violation in a sentence; none if all is well."""
    found = [
        *_unaccounted(shop, store),
        *_kept_out(shop, store),
        *_other_than_at_the_shop(shop, store),
        *_duplicates(),
        *recorded(),
        *identity_faults(shop, store),
    ]
    found += [f"{rule}: rows {rows}" for rule, rows in violations()]
    found += [f"stock is not the sum of its movements: {row}" for row in differences()]
    if faults.polls_at_once > 1:
        found.append(
            f"one poll of a store at a time: there were {faults.polls_at_once}"
        )
    return found


def _unaccounted(shop: FakeShop, store: StoreConnection) -> Iterator[str]:
    here, not_here = ids(HERE, store), ids(NOT_HERE, store)
    missing = {str(pk) for pk in shop.orders} - {*here, *not_here}
    if missing:
        yield f"{len(missing)} orders are neither here nor recorded as unimported: {sorted(missing)[:10]}"
    if both := {*here} & {*not_here}:
        yield f"{len(both)} orders are here and recorded as unimported: {sorted(both)[:10]}"


def _kept_out(shop: FakeShop, store: StoreConnection) -> Iterator[str]:
    """Only an order that cannot be had itself has failed: none has kept another one out."""
    faulty = {
        str(order.id)
        for order in shop.orders.values()
        if order.id in shop.spoilt or order.lines[0].price > MAX_PRICE
    }
    failed = UnimportedOrder.objects.filter(
        store=store.store_id, status=ImportStatus.FAILED
    )
    if wrong := set(failed.values_list("external_id", flat=True)) - faulty:
        yield f"{len(wrong)} orders that are well have failed: {sorted(wrong)[:10]}"


def _other_than_at_the_shop(shop: FakeShop, store: StoreConnection) -> Iterator[str]:
    lines: dict[str, dict[str, OrderLine]] = {}
    for line in (
        OrderLine.objects.filter(order__store=store.store_id)
        .exclude(external_id="")
        .select_related("order")
    ):
        lines.setdefault(line.order.external_id, {})[line.external_id] = line
    for order in Order.objects.filter(store=store.store_id):
        sold = shop.orders.get(int(order.external_id))
        if sold is None:
            continue
        if order.store_updated_at != sold.updated_at.replace(microsecond=0):
            yield f"{sold.name} is of {sold.updated_at}, here of {order.store_updated_at}"
        ours = lines.get(order.external_id, {})
        for line in sold.lines:
            known = ours.get(str(line.id))
            if known is None:
                yield f"{sold.name} lacks the line {line.title}"
            elif known.store_quantity != line.current_quantity:
                yield (
                    f"{sold.name}: {line.title} is {line.current_quantity} pieces at the shop, "
                    f"{known.store_quantity} here"
                )


def _duplicates() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT external_id FROM orders_order WHERE store_id IS NOT NULL"
        )
        often = {
            pk: number
            for pk, number in Counter(row[0] for row in cursor.fetchall()).items()
            if number > 1
        }
        if often:
            yield f"{len(often)} orders are here more than once: {often}"
        cursor.execute(
            "SELECT order_id, external_id FROM orders_orderline WHERE external_id <> '' GROUP BY 1, 2 "
            "HAVING count(*) > 1"
        )
        yield from (
            f"a line of order {row[0]} is here more than once"
            for row in cursor.fetchall()
        )
