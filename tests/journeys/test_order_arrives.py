"""From a sale at Shopify to a row that staff see, over HTTP to the fake shop."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from integrations.models import State, UnimportedOrder
from inventory.models import Product
from orders.models import Order, OrderLine
from tests.support.orders import write_off_lines
from tests.support.shop import connect, counts_of_poll, sell

WRITES = ("INSERT", "UPDATE", "DELETE")


def changes(queries: CaptureQueriesContext) -> list[str]:
    """The statements that wrote to anything but the connection's own row."""
    return [
        q["sql"]
        for q in queries
        if q["sql"].startswith(WRITES)
        and '"integrations_storeconnection"' not in q["sql"]
    ]


def test_sale_becomes_a_work_order_with_customer_and_products(shop, connection):
    sold = sell(
        shop, 0, 1, delivery="DHL Paket", shipping=Decimal("4.90"), note="Ring twice"
    )
    assert counts_of_poll(connection) == {"imported": 1}
    order = Order.objects.get()
    assert (order.external_number, order.external_id, order.store) == (
        "#1001",
        str(sold.id),
        connection.store,
    )
    assert (order.status.name, order.order_type.name, order.placed_at) == (
        "New",
        "Online order",
        shop.clock.now,
    )
    assert (order.total, order.store_total, order.store_shipping) == (
        Decimal("114.80"),
        Decimal("119.70"),
        Decimal("4.90"),
    )
    assert (order.customer.name, order.customer.phone, order.customer.email) == (
        "Ada Lovelace",
        "+4915123456789",
        "ada@example.com",
    )
    assert order.customer.address == "Hauptstr. 1\n10115 Berlin\nDE"
    assert order.delivery_address == "Ada Lovelace\nHauptstr. 1\n10115 Berlin\nDE"
    display, battery = Product.objects.order_by("name").reverse()
    assert (display.name, display.sku, display.category.name, display.unit) == (
        "Display – Black",
        "D-1",
        "Spare parts",
        "pcs",
    )
    assert (battery.name, battery.description) == ("Battery", "<p>3,110 mAh</p>")
    assert order.external_url.endswith(f"/admin/orders/{sold.id}")


def test_poll_without_changes_costs_one_request_and_no_writes(shop, connection):
    sell(shop, 0)
    counts_of_poll(connection)
    shop.requests.clear()
    with CaptureQueriesContext(database) as queries:
        assert counts_of_poll(connection) == {"unchanged": 1}
    assert shop.asked() == ["ChangedOrders"]
    assert changes(queries) == []


def test_order_with_many_lines_is_whole_and_costs_nothing_once_it_is_here(
    shop, connection
):
    sold = list(shop.products.values())
    shop.place_order([shop.line(sold[number % 3]) for number in range(300)])
    sell(shop, 0)
    assert counts_of_poll(connection) == {"imported": 2}
    assert OrderLine.objects.filter(order__external_number="#1001").count() == 300
    shop.requests.clear()
    assert counts_of_poll(connection) == {"unchanged": 2}
    assert shop.asked() == ["ChangedOrders"]


def test_requests_and_queries_do_not_grow_with_the_orders_of_a_page(shop, connection):
    def bring(number):
        for _ in range(number):
            shop.place_order(
                [
                    shop.line(
                        shop.add_product(
                            f"New {shop.new_id()}",
                            [("Default Title", f"N-{shop.new_id()}", "5.00")],
                        )
                    )
                ],
                shop.add_customer(
                    "New", str(shop.new_id()), phone=f"+49151{shop.last_id % 10**8:08}"
                ),
            )
        shop.requests.clear()
        with CaptureQueriesContext(database) as queries:
            assert counts_of_poll(connection)["imported"] == number
        # PostgreSQL looks at a table anew when it has doubled.
        return sum(
            not query["sql"].startswith("ANALYZE") for query in queries
        ), shop.asked()

    # SQLite takes 999 values per statement, so that a larger page needs a second one.
    assert bring(3) == bring(200 if database.vendor == "postgresql" else 25)
    assert shop.asked() == ["ChangedOrders", "ProductTexts"]


def test_same_order_again_later_and_older(shop, connection):
    order = sell(shop, 0)
    assert counts_of_poll(connection) == {"imported": 1}
    assert counts_of_poll(connection) == {"unchanged": 1}
    shop.clock.forward(minutes=1)
    shop.change(order, note="Later")
    assert counts_of_poll(connection) == {"updated": 1}
    # The search index may lag behind and show an older state again.
    order.note, order.updated_at = "Older", order.updated_at - timedelta(seconds=30)
    assert counts_of_poll(connection) == {"unchanged": 1}
    assert Order.objects.get().store_note == "Later"
    assert Order.objects.count() == 1


def test_quantity_edited_before_and_after_the_write_off(shop, connection, kim):
    order = sell(shop, 1)
    counts_of_poll(connection)
    shop.clock.forward(minutes=1)
    shop.set_quantity(order, 0, 3)
    assert counts_of_poll(connection) == {"updated": 1}
    line = OrderLine.objects.get()
    assert (line.quantity, line.total, line.order.total) == (
        3,
        Decimal("74.70"),
        Decimal("74.70"),
    )
    write_off_lines(line.order, by=kim, now=shop.clock.now)
    shop.clock.forward(minutes=1)
    shop.set_quantity(order, 0, 5)
    assert counts_of_poll(connection) == {"updated": 1}
    line = OrderLine.objects.select_related("order").get()
    assert (line.quantity, line.order.total, line.order.needs_attention) == (
        3,
        Decimal("74.70"),
        True,
    )
    assert line.difference == {"quantity": ["3", "5"]}


def test_customer_of_another_store_with_the_same_phone_is_the_same(shop, connection):
    Customer.objects.create(
        first_name="Ada",
        last_name="King",
        phone="+4915123456789",
        created_at=shop.clock.now,
    ).keys.create(key="phone:+4915123456789")
    sell(shop, 0)
    counts_of_poll(connection)
    assert (Customer.objects.count(), Order.objects.get().customer_name) == (
        1,
        "Ada King",
    )


@pytest.mark.parametrize(
    "kept_back", ["nulls", "fields_refused", "customer_refused", "wiped"]
)
def test_basic_plan_imports_the_order_with_an_unknown_customer_and_completes_it_later(
    shop, db, kept_back
):
    shop.customer_data = kept_back
    connection = connect()
    order = sell(shop, 0)
    assert counts_of_poll(connection) == {"imported": 1}
    stored = Order.objects.get()
    assert (stored.customer, stored.customer_name, Customer.objects.count()) == (
        None,
        "",
        0,
    )
    connection.refresh_from_db()
    assert (connection.customer_data_refused_at is None) == (kept_back == "nulls")
    shop.customer_data = "open"
    connection.__class__.objects.update(customer_fields_blocked_at=None)  # a day later
    shop.clock.forward(minutes=1)
    shop.fulfil(order)
    assert counts_of_poll(connection) == {"updated": 1}
    assert Order.objects.get().customer_name == "Ada Lovelace"


def test_wiped_answer_is_asked_again_without_customers_and_remembered_for_a_day(
    shop, db
):
    shop.customer_data = "wiped"
    connection = connect()
    sell(shop, 0)
    shop.requests.clear()
    counts_of_poll(connection)
    counts_of_poll(connection)
    assert shop.asked() == [
        "ChangedOrders",
        "ChangedOrdersWithoutCustomers",
        "ProductTexts",
        "ChangedOrdersWithoutCustomers",
    ]


def test_order_in_another_currency_is_held_with_the_reason_and_the_others_come_in(
    shop, connection
):
    sell(shop, 0, currency="USD")
    sell(shop, 1)
    assert counts_of_poll(connection) == {"held": 1, "imported": 1}
    entry = UnimportedOrder.objects.get()
    assert (entry.number, entry.status, entry.code) == ("#1001", "held", "currency")
    assert (
        entry.reason
        == "Its currency is USD, RO App's is EUR. Amounts are never converted."
    )
    with CaptureQueriesContext(database) as queries:
        assert counts_of_poll(connection) == {"held": 1, "unchanged": 1}
    assert changes(queries) == []
    assert Order.objects.get().external_number == "#1002"


def test_test_orders_are_skipped_unless_wanted(shop, connection):
    order = sell(shop, 0, test=True)
    assert counts_of_poll(connection) == {"skipped": 1}
    connection.__class__.objects.update(include_test_orders=True)
    shop.clock.forward(seconds=1)
    shop.change(order)
    assert counts_of_poll(connection) == {"imported": 1}
    assert UnimportedOrder.objects.count() == 0


def test_without_first_import_only_orders_created_since_are_taken(shop, db):
    shop.clock.now = datetime.now(UTC) - timedelta(hours=2)
    old = sell(shop, 0)
    connection = connect(since=None, no_first_import=True)
    shop.clock.now = datetime.now(UTC) + timedelta(seconds=5)
    shop.fulfil(old)
    sell(shop, 1)
    assert counts_of_poll(connection) == {"skipped": 1, "imported": 1}
    assert Order.objects.get().external_number == "#1002"


def test_pages_are_walked_while_orders_change(shop, connection):
    orders = [sell(shop, 0) for _ in range(10) if shop.clock.forward(seconds=1)]
    connection.__class__.objects.update(page_size=3)
    connection.refresh_from_db()
    edited = []

    def edit(request):
        if (
            request.operation == "ChangedOrders"
            and request.variables["after"]
            and not edited
        ):
            edited.append(orders[0])
            shop.clock.forward(seconds=60)
            shop.change(orders[0], note="Edited between two pages")

    shop.before_answer = edit
    assert counts_of_poll(connection) == {"imported": 10, "updated": 1}
    assert (
        Order.objects.get(external_number="#1001").store_note
        == "Edited between two pages"
    )


def test_order_that_the_search_shows_late_is_not_left_behind_a_long_poll(
    shop, connection, monkeypatch
):
    monkeypatch.setattr("integrations.sync.polling.POLL_SECONDS", -1.0)
    connection.__class__.objects.update(page_size=2)
    orders = [sell(shop, 0) for _ in range(5) if shop.clock.forward(seconds=1)]
    shop.unsearchable.add(orders[3].id)
    began = shop.clock.now
    turns = [counts_of_poll(connection, now=shop.clock)]
    shop.clock.forward(minutes=4)
    sell(shop, 0)
    turns += [counts_of_poll(connection, now=shop.clock) for _ in range(2)]
    assert turns == [{"imported": 2}, {"imported": 2}, {"imported": 1}]
    connection.refresh_from_db()
    assert (connection.synced_until, connection.poll_began_at) == (began, None)

    shop.unsearchable.clear()
    turns = [counts_of_poll(connection, now=shop.clock) for _ in range(3)]
    assert turns == [
        {"unchanged": 2},
        {"imported": 1, "unchanged": 1},
        {"unchanged": 2},
    ]
    connection.refresh_from_db()
    assert connection.synced_until == shop.clock.now


def test_walk_goes_on_behind_shopifys_limit_of_results(shop, connection, monkeypatch):
    from integrations.shopify import cursor

    monkeypatch.setattr(cursor, "MAX_RESULTS", 4)
    shop.result_limit = 4
    for _ in range(11):
        shop.clock.forward(seconds=1)
        sell(shop, 0)
    connection.__class__.objects.update(page_size=2)
    assert counts_of_poll(connection)["imported"] == 11


def test_refused_cursor_begins_the_walk_again(shop, connection):
    sell(shop, 0)
    connection.__class__.objects.update(
        cursor='["2026-11-01T00:00:00Z","bm9uc2Vuc2U=",3]'
    )
    assert counts_of_poll(connection) == {"imported": 1}
    connection.refresh_from_db()
    assert (connection.state, connection.cursor) == (State.WORKING, "")
