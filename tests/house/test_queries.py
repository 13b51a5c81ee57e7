"""Every page costs a fixed number of queries, whatever stands on it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.models import Customer, DoubtfulMatch
from integrations.models import (
    ImportJob,
    ImportStatus,
    StoreConnection,
    UnimportedOrder,
)
from inventory.models import (
    Category,
    Product,
    ProductKey,
    Receipt,
    ReceiptLine,
    StockLevel,
    StockMovement,
    Warehouse,
)
from orders.models import (
    BulkAction,
    BulkActionOrder,
    BulkKind,
    Letterhead,
    Order,
    OrderEvent,
    OrderLine,
    OrderType,
    Status,
    Store,
)
from orders.order_list import counts
from roapp.permissions import NEEDED
from tests.support.addresses import url_of
from tests.support.times import DAY
from tests.support.users import signed_in

pytestmark = pytest.mark.django_db
MANY = 120
"""More than a page holds."""
PAGES = """
orders:list               9
orders:detail            11
orders:create            11
orders:statuses           6
orders:people             5
orders:find-colleague     4
orders:days               4
orders:go-to             10
orders:keys               3
orders:live               5
orders:count              6
orders:neighbours        10
orders:time-zone          5
orders:badges            15
orders:colleagues         6
orders:display            5
orders:bulk               9
orders:bulk-progress      4
orders:bulk-action        9
orders:find-product       7
orders:find-customer      5
customers:list            8
customers:detail         10
customers:new             5
people:doubtful          10
people:edit               6
people:merge              8
people:erase              7
inventory:products       10
inventory:find            6
inventory:product        12
goods:move                9
goods:merge               8
inventory:product-new     6
inventory:product-edit    7
inventory:categories      7
inventory:category-edit   6
inventory:warehouses      6
inventory:warehouse-edit  6
inventory:receipts        7
inventory:receipt         7
inventory:receipt-new     7
inventory:receipt-edit   12
inventory:receipt-post    6
stores:banners            5
stores:list              10
stores:cards              7
stores:unimported         9
stores:runs               9
stores:weeks              9
orders:print              9
orders:slip-pdf           6
orders:logo               4
stores:refresh-progress   6
"""
"""Of which two to four are for who asks and what they may, and on whole pages two for the banners. A word of
one letter costs a search one more query: whether a row has it as a whole word."""
COSTS = {
    name: int(number)
    for name, number in (line.split() for line in PAGES.strip().splitlines())
}


def fill(number: int, boss) -> None:
    """So many rows more of everything; those with the number 1 hold all that stands on one page."""
    store, kind, status = (
        Store.objects.get(),
        OrderType.objects.get(name="Repair"),
        Status.objects.get(name="New"),
    )
    before = Order.objects.count()
    numbers = range(before + 1, before + number + 1)
    Category.objects.bulk_create(
        Category(pk=n, name=f"C{n}", key=f"c{n}") for n in numbers
    )
    Warehouse.objects.bulk_create(
        Warehouse(pk=1_000 + n, name=f"W{n}") for n in numbers
    )
    Product.objects.bulk_create(
        Product(
            pk=n,
            name=f"P{n}",
            name_key=f"p{n}",
            search=f"p{n}",
            category_id=n,
            created_at=DAY,
        )
        for n in numbers
    )
    ProductKey.objects.bulk_create(
        ProductKey(pk=n, key=f"shopify:1:variant:{n}", product_id=1) for n in numbers
    )
    Customer.objects.bulk_create(
        Customer(
            pk=n, first_name=f"A{n}", names=f"a{n}", search=f"a{n}", created_at=DAY
        )
        for n in numbers
    )
    DoubtfulMatch.objects.bulk_create(
        DoubtfulMatch(customer_id=n, number="+10000000000", doubt="invalid")
        for n in numbers
    )
    Order.objects.bulk_create(
        Order(
            pk=n,
            order_type=kind,
            status=status,
            placed_at=DAY,
            store=store,
            external_id=str(n),
            customer_id=1,
            assignee=boss,
        )
        for n in numbers
    )
    OrderLine.objects.bulk_create(
        OrderLine(
            order_id=order,
            product_id=product,
            name=f"P{product}",
            quantity=1,
            price=1,
            total=1,
        )
        for n in numbers
        for order, product in {(1, n), (n, 1)}
    )
    OrderEvent.objects.bulk_create(
        OrderEvent(order_id=1, kind="comment", at=DAY, by=boss, new=f"{n}")
        for n in numbers
    )
    Receipt.objects.bulk_create(
        Receipt(pk=n, warehouse_id=1_001, created_at=DAY, by=boss) for n in numbers
    )
    ReceiptLine.objects.bulk_create(
        ReceiptLine(receipt_id=1, product_id=n, quantity=1) for n in numbers
    )
    StockLevel.objects.bulk_create(
        StockLevel(product_id=1, warehouse_id=1_000 + n, quantity=n) for n in numbers
    )
    StockMovement.objects.bulk_create(
        StockMovement(
            product_id=1,
            warehouse_id=1_000 + n,
            quantity=n,
            kind="correction",
            at=DAY,
            by=boss,
        )
        for n in numbers
    )
    BulkAction.objects.get_or_create(
        pk=1, kind=BulkKind.ASSIGN, by=boss, asked_at=DAY, done_at=DAY
    )
    BulkActionOrder.objects.bulk_create(
        BulkActionOrder(action_id=1, order_id=n, outcome="changed") for n in numbers
    )
    yesterday = timezone.now() - timedelta(days=1)
    BulkAction.objects.bulk_create(
        BulkAction(
            pk=1_000 + n,
            kind=BulkKind.ASSIGN,
            assignee=boss,
            by=boss,
            asked_at=yesterday,
            done_at=yesterday,
        )
        for n in numbers
    )
    BulkActionOrder.objects.bulk_create(
        BulkActionOrder(action_id=1_000 + n, order_id=n, outcome="changed")
        for n in numbers
    )
    UnimportedOrder.objects.bulk_create(
        UnimportedOrder(
            store=store,
            external_id=f"e{n}",
            number=f"#{n}",
            status=ImportStatus.HELD,
            code="deleted",
            reason="It was deleted.",
            store_updated_at=DAY,
            fingerprint=n,
            last_at=DAY,
        )
        for n in numbers
    )
    ImportJob.objects.bulk_create(
        ImportJob(
            store=store,
            kind="reconcile",
            state="done",
            by=boss,
            since=DAY,
            made_at=DAY,
            due_at=DAY,
        )
        for _n in numbers
    )


def costs(client) -> dict[str, int]:
    found = {}
    counts.forget()
    for name in COSTS:
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(url_of(name), {"q": "p", "who": "a", "seen": "1"})
            assert answer.status_code == 200, name
        found[name] = len(captured)
    return found


@pytest.mark.slow
def test_every_page_costs_the_same_however_much_there_is(person):
    store = Store.objects.create(
        pk=1,
        name="Gadget Garage",
        platform="shopify",
        order_link="https://gadget.myshopify.com/admin/orders/{id}",
    )
    kind = OrderType.objects.get(name="Online order")
    StoreConnection.objects.create(
        pk=1, store=store, domain="gadget.myshopify.com", order_type=kind
    )
    boss = person("kay", group="Full access")
    client = signed_in(boss)
    Letterhead.objects.create(name="Garage", logo=b"PNG")
    fill(MANY, boss)
    assert costs(client) == COSTS
    fill(MANY, boss)
    assert costs(client) == COSTS
    others = {
        name
        for name in NEEDED
        if name not in COSTS and client.get(url_of(name)).status_code not in {302, 405}
    }
    assert others == set()  # what is not a page takes nothing but a POST, or leads away
