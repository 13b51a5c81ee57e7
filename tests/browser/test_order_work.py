"""What people do most with orders, as they do it: write one off, make one, and change many at once."""

from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, User
from playwright.sync_api import expect

from customers.editing import create_customer
from customers.models import Customer
from inventory.models import Product
from orders.domain.events import NewEvent, record
from orders.models import Order, Refresh
from tests.browser import IN_CHROMIUM
from tests.browser.inspection import faults
from tests.support.invariants.stock import level
from tests.support.orders import events_of
from tests.support.stock import come_in, goods, main_warehouse
from tests.support.times import NOW

pytestmark = [*IN_CHROMIUM, pytest.mark.usefixtures("sound")]
ROWS = "#results tbody tr"


@pytest.fixture
def mia(db) -> User:
    """A manager."""
    user = get_user_model().objects.create_user(
        "mia", first_name="Mia", last_name="Koch"
    )
    user.groups.add(Group.objects.get(name="Manager"))
    return user


def stay(window) -> None:
    """From now on ``stayed`` tells whether the page was loaded anew."""
    window.evaluate("window.isTheSame = true")


def stayed(window) -> bool:
    return window.evaluate("window.isTheSame === true")


def test_order_is_found_and_written_off(open_as, mia, one):
    order = Order.objects.get(external_id=one.id)
    come_in((Product.objects.get(sku="D-1"), 1))
    window = open_as(mia)
    window.get_by_role("searchbox", name="Search orders").press_sequentially(
        "lovelace", delay=15
    )
    expect(window).to_have_url("/orders/?q=lovelace")
    window.locator(ROWS).get_by_role("link", name=str(order.pk), exact=True).click()
    expect(window.get_by_role("heading", name=f"Order {order.pk}")).to_be_visible()
    stay(window)
    window.get_by_role("button", name="Write off all").click()
    expect(window.locator("#messages")).to_contain_text(
        "1 line written off from Main warehouse."
    )
    expect(window.locator("#lines-table .tag")).to_have_text("Written off")
    expect(window.locator("#lines-title")).to_contain_text("All written off")
    expect(window.get_by_role("button", name="Write off all")).to_be_hidden()
    expect(window.locator("#feed li").first).to_contain_text("1 × from Main warehouse")
    window.locator("#status-summary").click()
    window.locator("#status-menu").get_by_role("button", name="Ready").click()
    expect(window.locator("#status-summary")).to_contain_text("Ready")
    assert stayed(window)
    order.refresh_from_db()
    assert (order.get_write_off_display(), order.status.name) == (
        "All written off",
        "Ready",
    )
    assert level(Product.objects.get(sku="D-1"), main_warehouse()) == 0


def test_what_is_not_in_stock_is_written_off_override_rules_and_put_back(
    open_as, mia, one
):
    order = Order.objects.get(external_id=one.id)
    window = open_as(mia, order.get_absolute_url())
    stay(window)
    name = order.lines.get().name
    window.get_by_role("button", name=f"Write off {name}").click()
    expect(window.get_by_role("alert")).to_contain_text(
        f"{name}: not enough in stock: 1 wanted, 0 there in Main warehouse."
    )
    window.get_by_role("button", name="Write off anyway").click()
    expect(window.locator("#lines-table .tag")).to_have_text("Written off")
    expect(window.get_by_role("alert")).to_have_count(0)
    assert level(Product.objects.get(sku="D-1"), main_warehouse()) == -1
    window.get_by_role("button", name=f"Reverse the write-off of {name}").click()
    expect(window.locator("#lines-table .tag")).to_have_count(0)
    assert level(Product.objects.get(sku="D-1"), main_warehouse()) == 0
    assert stayed(window)


def test_lines_are_added_changed_and_removed(open_as, mia, one):
    order = Order.objects.get(external_id=one.id)
    window = open_as(mia, order.get_absolute_url())
    window.on("dialog", lambda dialog: dialog.accept())
    stay(window)
    adding = window.locator("#add-line")
    adding.get_by_label("Product or service").fill("Cleaning")
    adding.get_by_label("Price").fill("20")
    adding.get_by_role("button", name="Add as text").click()
    expect(window.locator("#lines-table tbody")).to_have_count(2)
    expect(adding.get_by_label("Product or service")).to_have_value("")
    window.get_by_role("link", name="Edit Cleaning").click()
    editing = window.get_by_role("form", name="Edit Cleaning")
    editing.get_by_label("Quantity").fill("2.5")
    editing.get_by_role("button", name="Save").click()
    expect(window.locator("#totals")).to_contain_text("€139.90")
    window.get_by_role("button", name="Remove Cleaning").click()
    expect(window.locator("#lines-table tbody")).to_have_count(1)
    expect(window.locator("#totals")).not_to_contain_text("€139.90")
    assert stayed(window)
    assert [each[:2] for each in events_of(order)[-3:]] == [
        ("line_added", "Cleaning"),
        ("line_changed", "Cleaning"),
        ("line_removed", "Cleaning"),
    ]


def test_order_is_made_with_a_new_customer_a_product_and_a_free_line(
    open_as, mia, connection
):
    screen = goods("Screen", sku="S-1")
    window = open_as(mia)
    window.get_by_role("link", name="New order").first.click()
    expect(window.get_by_role("heading", name="New order")).to_be_visible()
    stay(window)
    window.get_by_label("Note").fill("Wet")
    window.get_by_label("Product or service").press_sequentially("scre", delay=15)
    window.locator("#found button", has_text="Screen").click()
    lines = window.locator(".draft-line")
    expect(lines).to_have_count(1)
    lines.first.get_by_label("Price").fill("89.90")
    adding = window.locator(".draft-lines > .new-line")
    adding.get_by_label("Product or service").fill("Fitting")
    adding.get_by_label("Quantity").fill("0.5")
    adding.get_by_label("Price").fill("60")
    adding.get_by_role("button", name="Add as text").click()
    expect(lines).to_have_count(2)
    expect(lines.first.get_by_label("Price")).to_have_value("89.90")
    window.locator("summary", has_text="New customer").click()
    window.get_by_label("First name").fill("Grace")
    window.get_by_label("Last name").fill("Hopper")
    window.get_by_label("Phone", exact=True).fill("0151 23456789")
    window.get_by_label("Due date").fill("2026-12-01")
    window.get_by_label("Assignee").select_option("Mia Koch")
    assert stayed(window)
    window.get_by_role("button", name="Create order").click()
    expect(window.locator("#messages")).to_contain_text("was created.")
    order = Order.objects.get()
    expect(window).to_have_url(f"/orders/{order.pk}/")
    expect(window.locator("#totals")).to_contain_text("€119.90")
    assert (order.total, order.created_by, order.assignee, order.note) == (
        Decimal("119.90"),
        mia,
        mia,
        "Wet",
    )
    assert (order.customer, order.customer.phone) == (
        Customer.objects.get(),
        "+4915123456789",
    )
    assert list(order.lines.values_list("name", "product", "quantity", "total")) == [
        ("Screen", screen.pk, 1, Decimal("89.90")),
        ("Fitting", None, Decimal("0.5"), 30),
    ]


def test_new_order_asks_about_a_known_email_and_keeps_what_was_typed(
    open_as, mia, connection
):
    ada = {"first_name": "Ada", "email": "family@example.com"}
    create_customer(ada, by_id=None, now=NOW)
    window = open_as(mia, "/orders/create/")
    stay(window)
    window.get_by_label("Note").fill("Wet")
    window.locator("summary", has_text="New customer").click()
    window.get_by_label("First name").fill("Grace")
    window.get_by_label("E-mail", exact=True).fill("family@example.com")
    window.get_by_role("button", name="Create order").click()
    expect(window.get_by_role("alert")).to_contain_text(
        "Ada has the same e-mail address. The order was not created yet."
    )
    for width in [390, 1360]:
        window.set_viewport_size({"width": width, "height": 800})
        assert faults(window) == []
    expect(window.get_by_label("Note")).to_have_value("Wet")
    assert (stayed(window), Order.objects.count()) == (True, 0)
    # Nobody creates it by habit: the question comes first, and either answer is one press.
    expect(window.get_by_role("button", name="Create order")).to_have_count(0)
    expect(window.locator("#create-foot .primary")).to_have_text("Use this customer")
    window.get_by_role("button", name="Create a new customer").click()
    expect(window.locator("#messages")).to_contain_text("was created.")
    order = Order.objects.get()
    assert (order.customer.name, order.note) == ("Grace", "Wet")
    assert Customer.objects.count() == 2


def test_order_asks_about_a_known_email_and_keeps_what_was_typed(
    open_as, mia, made_here, connection
):
    ada = {"first_name": "Ada", "email": "family@example.com"}
    known = create_customer(ada, by_id=None, now=NOW)
    order = made_here()
    window = open_as(mia, order.get_absolute_url())
    stay(window)
    window.locator("#edit-customer").click()
    window.locator("summary", has_text="New customer").click()
    window.get_by_label("First name").fill("Grace")
    window.get_by_label("E-mail", exact=True).fill("family@example.com")
    window.get_by_label("Address").fill("Hauptstr. 1")
    window.get_by_role("button", name="Set as the order's customer").click()
    customer = window.locator("#customer")
    expect(customer.get_by_role("alert")).to_contain_text(
        "Ada has the same e-mail address. Nothing was changed yet."
    )
    # Enter creates nobody: it opens the customer who is asked about.
    expect(customer.get_by_role("link", name="Ada")).to_be_focused()
    expect(customer).to_contain_text("added there: Address: Hauptstr. 1")
    for width in [390, 1360]:
        window.set_viewport_size({"width": width, "height": 800})
        assert faults(window) == []
    expect(window.get_by_label("First name")).to_have_value("Grace")
    window.get_by_role("button", name="Use this customer").click()
    expect(window.locator("#messages")).to_contain_text("Not saved: First name: Grace")
    order.refresh_from_db()
    known.refresh_from_db()
    assert (order.customer, known.address, stayed(window)) == (
        known,
        "Hauptstr. 1",
        True,
    )


def test_product_that_was_never_sold_is_opened_at_its_price(
    open_as, mia, made_here, connection
):
    goods("Screen", sku="S-1")
    order = made_here()
    window = open_as(mia, order.get_absolute_url())
    stay(window)
    box = window.locator("#new-line-q")
    box.fill("S-1")
    box.press("Enter")
    editing = window.get_by_role("form", name="Edit Screen")
    expect(editing).to_contain_text("Enter the price, 0 if it costs nothing.")
    expect(window.locator("#messages")).to_contain_text("Screen was never sold")
    # What is scanned next is no price.
    expect(box).to_be_focused()
    for width in [390, 1360]:
        window.set_viewport_size({"width": width, "height": 800})
        assert faults(window) == []
    editing.get_by_label("Price").fill("89.90")
    editing.get_by_label("Price").press("Enter")
    expect(window.locator("#totals")).to_contain_text("€89.90")
    assert stayed(window)


def test_selected_orders_are_updated_and_get_a_status(open_as, mia, stock, work):
    window = open_as(mia)
    stay(window)
    wanted = list(
        Order.objects.filter(external_number__in=["#1029", "#1030"]).order_by("pk")
    )
    rows = [window.locator(f"#order-{order.pk}") for order in wanted]
    for row in rows:
        row.get_by_role("checkbox").check()
    window.get_by_text("More actions").click()
    window.get_by_role("button", name="Update order", exact=True).click()
    expect(window.locator("#messages")).to_contain_text("2 orders are being updated.")
    work()
    for row in rows:
        expect(row.locator(".outcome")).to_contain_text("unchanged")
        row.get_by_role("checkbox").check()
    window.get_by_text("More actions").click()
    window.locator("#bulk summary", has_text="Change status").click()
    window.locator("#bulk").get_by_role("button", name="Ready", exact=True).click()
    expect(window.locator("#messages")).to_contain_text("Status “Ready”: 2 changed.")
    for row in rows:
        expect(row.locator("td.status")).to_contain_text("Ready")
    assert stayed(window)
    assert set(Order.objects.filter(status__name="Ready")) == set(wanted)
    assert (
        Refresh.objects.count(),
        Order.objects.filter(status__name="New").count(),
    ) == (2, 28)


def test_status_is_changed_in_the_row(open_as, mia, one):
    order = Order.objects.get(external_id=one.id)
    window = open_as(mia)
    stay(window)
    row = window.locator(f"#order-{order.pk}")
    pill = row.locator("td.status button")
    pill.click()
    menu = window.locator("#row-menu")
    expect(menu).to_contain_text("In progress")
    menu.get_by_role("button", name="In progress").click()
    expect(pill).to_contain_text("In progress")
    expect(menu).to_be_hidden()
    expect(pill).to_be_focused()
    assert stayed(window)
    assert events_of(order)[-1] == ("status", "", "", "New", "In progress")


def test_earlier_activity_comes_below_and_keeps_the_focus(open_as, mia, one):
    order = Order.objects.get(external_id=one.id)
    record(NewEvent(order.pk, "comment", NOW, new=f"No. {n}") for n in range(1, 61))
    entries = order.events.count()
    window = open_as(mia, f"/orders/{order.pk}/")
    stay(window)
    more = window.get_by_role("link", name="Show earlier activity")
    for shown in [50, entries]:
        more.click()
        expect(window.locator("#feed li:not(#earlier)")).to_have_count(shown)
    expect(more).to_have_count(0)
    assert stayed(window)
