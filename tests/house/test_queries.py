"""Every page costs a fixed number of queries, whatever stands on it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
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
    Order,
    OrderEvent,
    OrderLine,
    OrderType,
    Status,
    Store,
)
from roapp.permissions import NEEDED
from tests.support.addresses import url_of
from tests.support.times import DAY
from tests.support.users import signed_in

pytestmark = pytest.mark.django_db
MANY = 120
"""More than a page holds."""
PAGES = """
orders:list               6
orders:detail            10
orders:create            11
orders:statuses           7
orders:new                3
orders:time-zone          6
orders:badges             9
orders:bulk-progress      3
orders:bulk-action       10
orders:find-customer      5
customers:list            7
customers:detail         11
customers:new             6
people:edit               7
people:merge              8
people:erase              8
inventory:products       10
inventory:find            6
inventory:product        13
goods:move                9
goods:merge               8
inventory:product-new     7
inventory:product-edit    8
inventory:categories      8
inventory:category-edit   7
inventory:warehouses      7
inventory:warehouse-edit  7
inventory:receipts        8
inventory:receipt         8
inventory:receipt-new     8
inventory:receipt-edit   12
inventory:receipt-post    7
stores:list              10
stores:cards              8
stores:unimported        10
stores:runs               9
stores:refresh-progress   5
"""
"""Of which two to four are for who asks and what they may, and on whole pages two for the banners."""
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
    for name in COSTS:
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(url_of(name), {"q": "p", "who": "a", "seen": "1"})
            assert answer.status_code == 200, name
        found[name] = len(captured)
    return found


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
    fill(MANY, boss)
    assert costs(client) == COSTS
    fill(MANY, boss)
    assert costs(client) == COSTS
    others = {
        name
        for name in NEEDED
        if name not in COSTS and client.get(url_of(name)).status_code != 405
    }
    assert others == set()  # what is not a page takes nothing but a POST
