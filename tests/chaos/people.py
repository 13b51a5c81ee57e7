"""Who is at work during the run: buyers and the merchant at the shop, staff in RO App, and the sender of the
shop's webhooks."""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone

from fakeshop.records import Address
from fakeshop.records import Order as ShopOrder
from fakeshop.shop import FakeShop
from fakeshop.stock import PRODUCTS
from integrations.models import StoreConnection
from integrations.platforms.errors import StoreError
from integrations.platforms.registry import gateway_for
from integrations.refresh.request import continue_action
from integrations.sync.import_page import import_page, rules_of
from inventory.models import Warehouse
from inventory.stock import StockError
from orders.bulk.engine import ask
from orders.domain.differences import accept, dismiss
from orders.domain.editing import ActionRefusedError, EditConflictError
from orders.domain.seen import line_token
from orders.domain.write_off import reverse, write_off
from orders.models import BulkAction, BulkKind, Order, OrderLine

NAMING_NOBODY = [
    ("0000000000", "US"),
    ("000-000-0000", "US"),
    ("0000000000", "DE"),
    ("+1 207-835-4259 ext. 11111", "US"),
    ("+1 207-835-4259 ext. 22222", "US"),
    ("0664 1234567", "AT"),
    ("0664 1234567", "DE"),
]
"""Numbers of different people, and the countries of their addresses; as they were read once, some of them
were one number."""


def set_up_shop(shop: FakeShop, orders: int, pick: random.Random) -> None:
    """A shop with products, customers and a past."""
    for title, kind, variants, _description in PRODUCTS:
        shop.add_product(title, variants, product_type=kind)
    for number in range(max(10, orders // 4)):
        shop.add_customer(
            "Nr",
            f"Customer {number}",
            email=f"c{number}@example.com",
            phone=f"+49151{number:08}",
        )
    for number, (phone, country) in enumerate(NAMING_NOBODY):
        address = Address("Odd", f"Customer {number}", phone=phone, country=country)
        shop.add_customer("Odd", f"Customer {number}", address=address)
    for number in range(3):
        shop.add_company(f"Company {number}")
    for _ in range(orders):
        buy(shop, pick)


NONSENSE: list[dict[str, Any]] = [
    {"createdAt": "2026-11-20T09:30:00"},
    {"lineItems": "\ud83d"},
]


def buy(shop: FakeShop, pick: random.Random) -> None:
    sold = [
        pick.choice(list(shop.products.values())) for _ in range(pick.randint(1, 4))
    ]
    lines = [shop.line(each, pick.randint(1, 3)) for each in sold]
    if pick.random() < 0.02:  # an order that cannot be read
        lines[0].price = Decimal("1e13")
    with shop.lock:  # Nobody sees it before it is spoilt.
        order = shop.place_order(lines, **_buyer(shop, pick), tags=_tags(pick))
        if pick.random() < 0.02:  # another one, which makes no sense
            shop.spoil(order, **pick.choice(NONSENSE))


def _buyer(shop: FakeShop, pick: random.Random) -> dict[str, Any]:
    """Somebody with an account mostly, else a guest or a company without a person."""
    desk = Address(company="Company", phone="+4930901820")
    guest = {"email": f"guest{pick.randrange(4)}@example.com"}
    kinds = [
        {"customer": pick.choice(list(shop.customers.values()))},
        guest | {"phone": pick.choice(["", "0000000000"])},
        {"company": pick.choice(shop.companies), "billing": desk},
    ]
    return pick.choices(kinds, [80, 12, 8])[0]


def _tags(pick: random.Random) -> list[str]:
    return ["vip"] if pick.random() < 0.1 else []


def fail(shop: FakeShop, pick: random.Random) -> None:
    """The platform has an error of its own with one order for a while, and says with which or not."""
    with shop.lock:
        shop.says_where = pick.random() < 0.7
        field = pick.choice(["shippingAddress", "currentTotalPriceSet"])
        if len(shop.failing) > 3:
            shop.failing.clear()
        shop.fail_at(pick.choice(list(shop.orders.values())), field)


def trade(shop: FakeShop, pick: random.Random) -> None:
    """One thing that happens at the shop; now and then several in one second."""
    for _ in range(pick.choice([1, 1, 1, 5])):
        if pick.random() < 0.3:
            buy(shop, pick)
            continue
        # Half of what happens happens to a few orders: these are read and changed at the same time.
        orders = list(shop.orders.values())
        order = pick.choice(orders[:8] if pick.random() < 0.5 else orders)
        happen = pick.choice(
            [_more, _more, _less, _note, shop.pay, shop.cancel, _delete]
        )
        with suppress(KeyError):  # deleted meanwhile
            happen(order) if happen in {shop.pay, shop.cancel} else happen(
                shop, order, pick
            )


def buy_unseen(shop: FakeShop, pick: random.Random) -> None:
    """An order that the shop's search finds late, whose messages are lost, and after which other orders
    change."""
    buy(shop, pick)
    newest = max(shop.orders)
    with shop.post.lock:
        shop.post.outbox = [
            each for each in shop.post.outbox if str(newest).encode() not in each.body
        ]
    time.sleep(1.1)  # stamps have whole seconds
    _note(shop, pick.choice(list(shop.orders.values())[:8]), pick)


def _more(shop: FakeShop, order: ShopOrder, pick: random.Random) -> None:
    shop.set_quantity(order, 0, order.lines[0].current_quantity + 1)


def _less(shop: FakeShop, order: ShopOrder, pick: random.Random) -> None:
    shop.remove_line(order, pick.randrange(len(order.lines)))


def _note(shop: FakeShop, order: ShopOrder, pick: random.Random) -> None:
    shop.change(order, note=f"Please hurry {pick.random()}")


def _delete(shop: FakeShop, order: ShopOrder, pick: random.Random) -> None:
    if pick.random() < 0.1:
        shop.delete(order)


def deliver(shop: FakeShop, pick: random.Random) -> None:
    """What the shop has written; some of it never, some twice, some backwards."""
    with shop.post.lock:
        shop.post.outbox = [each for each in shop.post.outbox if pick.random() > 0.3]
    shop.post.deliver(times=pick.choice([1, 1, 2]), backwards=pick.random() < 0.3)


def work(by: User, warehouse: Warehouse, pick: random.Random) -> None:
    """Something that staff do with an order; what they are refused they leave."""
    ids = list(Order.objects.filter(store__isnull=False).values_list("pk", flat=True))
    if not ids:
        return
    order, now = pick.choice(ids), timezone.now()
    with suppress(
        ActionRefusedError,
        EditConflictError,
        StockError,
        Order.DoesNotExist,
        OrderLine.DoesNotExist,
    ):
        match pick.choice(["off", "off", "off", "back", "decide"]):
            case "off":
                write_off(
                    order, None, warehouse=warehouse, by=by, now=now, below_zero=True
                )
            case "back":
                reverse(order, None, by=by, now=now)
            case "decide":
                _decide(by, pick)


def _decide(by: User, pick: random.Random) -> None:
    differing = list(
        OrderLine.objects.filter(
            difference__isnull=False, written_off_at__isnull=False
        )[:50]
    )
    if differing:
        line, now = pick.choice(differing), timezone.now()
        if pick.random() < 0.5:
            accept(
                line.order_id,
                line.pk,
                seen=line_token(line),
                by=by,
                now=now,
                below_zero=True,
            )
        else:
            dismiss(line.order_id, line.pk, seen=line_token(line), by=by, now=now)


def read_late(shop: FakeShop, pick: random.Random) -> None:
    """A worker that reads an order, is held up while the order changes and another reads it anew, and stores
    last."""
    connection = StoreConnection.objects.select_related("store", "order_type").get()
    here = list(
        Order.objects.filter(
            store=connection.store_id, gone_at__isnull=True
        ).values_list("external_id", flat=True)
    )
    order = shop.orders.get(int(pick.choice(here))) if here else None
    if order is None:
        return
    gateway, rules = gateway_for(connection), rules_of(connection)
    with suppress(StoreError):
        early = gateway.orders([str(order.id)])
        time.sleep(1.1)  # stamps have whole seconds
        shop.change(order, note=f"Changed meanwhile {pick.random()}")
        for reading in [gateway.orders([str(order.id)]), early]:
            import_page(
                reading.snapshots,
                rules=rules,
                gateway=gateway,
                fetched_at=reading.fetched_at,
                now=timezone.now(),
            )


def click(
    by: User, pick: random.Random, everybody: Callable[[Callable[[], object]], None]
) -> None:
    """*Update order*, by many at once, on a few orders that others click on as well."""
    ids = list(
        Order.objects.filter(store__isnull=False)
        .order_by("pk")
        .annotate(part=F("pk") % 7)
        .filter(part=0)
        .values_list("pk", flat=True)
    )
    if ids:
        chosen = pick.sample(ids, min(len(ids), 5))
        everybody(lambda: continue_action(_asked(chosen, by), clock=timezone.now))


def _asked(chosen: list[int], by: User) -> BulkAction:
    return ask(
        Order.objects.filter(pk__in=chosen),
        kind=BulkKind.REFRESH,
        by=by,
        now=timezone.now(),
    )
