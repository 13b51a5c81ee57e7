"""What must hold when the storm is over: the six invariants, asked in SQL and beside what the shop itself
says."""

from collections import Counter
from collections.abc import Iterator

from django.db import connection

from fakeshop.shop import FakeShop
from integrations.models import StoreConnection
from orders.models import Order, OrderLine
from tests.chaos.weather import Weather
from tests.chaos.witness import testimony
from tests.support.invariants.orders import violations
from tests.support.invariants.stock import differences
from tests.support.invariants.stores import HERE, NOT_HERE, ids


def harvest(shop: FakeShop, store: StoreConnection, weather: Weather) -> list[str]:
    """Each violation in a sentence; none if all is well."""
    found = [
        *_accounted(shop, store),
        *_as_the_shop_says(shop, store),
        *_doubles(),
        *testimony(),
    ]
    found += [f"{rule}: rows {rows}" for rule, rows in violations()]
    found += [f"stock is not the sum of its movements: {row}" for row in differences()]
    if weather.polls_at_once > 1:
        found.append(
            f"one poll of a store at a time: there were {weather.polls_at_once}"
        )
    return found


def _accounted(shop: FakeShop, store: StoreConnection) -> Iterator[str]:
    here, not_here = ids(HERE, store), ids(NOT_HERE, store)
    missing = {str(pk) for pk in shop.orders} - {*here, *not_here}
    if missing:
        yield f"{len(missing)} orders are neither here nor in the ledger: {sorted(missing)[:10]}"
    if both := {*here} & {*not_here}:
        yield f"{len(both)} orders are here and in the ledger: {sorted(both)[:10]}"


def _as_the_shop_says(shop: FakeShop, store: StoreConnection) -> Iterator[str]:
    lines: dict[str, dict[str, OrderLine]] = {}
    for line in (
        OrderLine.objects.filter(order__store=store.store_id)
        .exclude(external_id="")
        .select_related("order")
    ):
        lines.setdefault(line.order.external_id, {})[line.external_id] = line
    for order in Order.objects.filter(store=store.store_id):
        told = shop.orders.get(int(order.external_id))
        if told is None:
            continue
        if order.store_updated_at != told.updated_at.replace(microsecond=0):
            yield f"{told.name} is of {told.updated_at}, here of {order.store_updated_at}"
        ours = lines.get(order.external_id, {})
        for line in told.lines:
            known = ours.get(str(line.id))
            if known is None:
                yield f"{told.name} lacks the line {line.title}"
            elif known.store_quantity != line.current_quantity:
                yield (
                    f"{told.name}: {line.title} is {line.current_quantity} pieces at the shop, "
                    f"{known.store_quantity} here"
                )


def _doubles() -> Iterator[str]:
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
