"""The order list and a new order by keys alone, and where the focus is after an act."""

import re
from datetime import date, timedelta

from django.utils import timezone
from playwright.sync_api import expect

from customers.models import Customer
from orders.models import Order, OrderLine
from tests.browser import IN_CHROMIUM
from tests.browser.holding import hold
from tests.support.stock import come_in, goods

pytestmark = IN_CHROMIUM
ROWS = "#results tbody tr"
NAME = "td.number a"


def link(window, external: str):
    return window.locator(ROWS, has_text=external).locator(NAME)


def test_list_is_worked_by_keys(open_as, kim, stock):
    window = open_as(kim)
    press = window.keyboard.press
    for key, number in [("j", "#1030"), ("j", "#1029"), ("j", "#1028"), ("k", "#1029")]:
        press(key)
        expect(link(window, number)).to_be_focused()
    press("x")
    press("j")
    press("x")
    expect(window.locator("#selected-count")).to_have_text("2")
    press("s")
    menu = window.locator("#row-menu")
    expect(menu).to_contain_text("In progress")
    window.keyboard.type("can")
    expect(menu.get_by_role("button", name="Cancelled")).to_be_focused()
    press("Escape")
    expect(menu).to_be_hidden()
    expect(window.locator("#selected-count")).to_have_text("2")
    press("a")
    expect(menu).to_contain_text("Nobody")
    expect(menu.get_by_role("button", name="Me")).not_to_have_count(0)
    window.keyboard.type("me")
    press("Enter")
    assignee = window.locator(ROWS, has_text="#1028").locator("td.assignee button")
    expect(assignee).to_contain_text("Kim")
    expect(assignee).to_be_focused()
    # A quick hand: the letters come before the menu does.
    window.keyboard.type("scan")
    expect(menu.get_by_role("button", name="Cancelled")).to_be_focused()
    press("Escape")
    press("m")
    expect(window.locator("#bulk details.menu")).to_have_attribute("open", "")
    press("Escape")
    press("/")
    search = window.get_by_role("searchbox", name="Search orders")
    expect(search).to_be_focused()
    window.keyboard.type("jxn?")
    expect(search).to_have_value("jxn?")
    expect(window.get_by_role("heading", name="No order matches")).to_be_visible()
    search.fill("")
    expect(window.locator(ROWS)).to_have_count(30)
    link(window, "#1025").focus()
    press("?")
    expect(window.locator("#key-dialog")).to_contain_text("Next and previous row")
    press("Escape")
    expect(window.locator("#key-dialog")).to_be_hidden()
    expect(link(window, "#1025")).to_be_focused()
    press("Enter")
    expect(window.locator("#neighbours")).to_contain_text("6 of 30")
    press("j")
    expect(window.locator("#neighbours")).to_contain_text("7 of 30")
    press("u")
    expect(link(window, "#1024")).to_be_focused()


def test_anything_is_gone_to(open_as, kim, stock):
    window = open_as(kim)
    window.keyboard.press("Control+k")
    box = window.get_by_role("searchbox", name="Order, customer, product or page")
    expect(box).to_be_focused()
    box.press_sequentially("1007")
    order = Order.objects.get(external_number="#1007")
    expect(window.locator("#gone-to")).to_contain_text(f"Order {order.pk}")
    window.keyboard.press("Enter")
    expect(window).to_have_url(re.compile(rf"/orders/{order.pk}/$"))
    expect(window.locator("#neighbours")).to_contain_text("24 of 30")
    window.keyboard.press("Control+k")
    expect(box).to_be_focused()
    expect(window.locator("#gone-to")).to_contain_text("New order")
    window.keyboard.press("ArrowDown")
    window.keyboard.press("ArrowDown")
    window.keyboard.press("Enter")
    expect(window).to_have_url(re.compile(r"/orders/create/$"))


def test_order_of_a_new_customer_by_phone_takes_few_keys(
    open_as, kim, stock, made_here, with_line
):
    sold = made_here()
    for name, sku in [("Kettle", "K-1"), ("Kettle lid", "K-2")]:
        with_line(sold, price="20", product=goods(name, sku=sku))
    window = open_as(kim)
    keys = []

    def press(key: str) -> None:
        keys.extend(key.split("+"))
        window.keyboard.press(key)

    def focused() -> str:
        return window.evaluate(
            "document.activeElement.id || document.activeElement.name"
        )

    press("n")
    name = window.locator("#new-line-q")
    expect(name).to_be_focused()
    for number, text in [(1, "Kettle"), (2, "Kettle lid")]:
        window.keyboard.type(text)
        expect(window.locator(f'#found [data-text="{text}"]')).to_have_count(1)
        press("Enter")
        expect(window.locator(".draft-line")).to_have_count(number)
        expect(name).to_be_focused()
        expect(name).to_have_value("")
    while focused() != "who":
        press("Tab")
    window.keyboard.type("0151 23456789")
    expect(window.locator("#who-found")).to_contain_text("No customer matches")
    press("Enter")
    expect(window.get_by_label("First name")).to_be_focused()
    window.keyboard.type("Grace")
    press("Tab")
    window.keyboard.type("Hopper")
    press("Control+Enter")
    expect(window).to_have_url(re.compile(r"/orders/\d+/$"))
    assert len(keys) <= 25
    made = Order.objects.filter(store=None).latest("pk")
    assert made.customer == Customer.objects.get(phone="+4915123456789")
    assert made.customer_name == "Grace Hopper"
    names = OrderLine.objects.filter(order=made).values_list("name", flat=True)
    assert list(names) == ["Kettle", "Kettle lid"]


def test_focus_stays_with_what_was_acted_on(open_as, kim, stock):
    order = Order.objects.get(external_number="#1007")
    window = open_as(kim, order.get_absolute_url())
    window.keyboard.press("s")
    window.keyboard.type("ready")
    window.keyboard.press("Enter")
    expect(window.locator("#status-summary")).to_contain_text("Ready")
    expect(window.locator("#status-summary")).to_be_focused()
    box = window.locator("#new-line-q")
    box.focus()
    window.keyboard.type("battery")
    expect(window.locator('#found [data-text="battery"]')).to_have_count(1)
    window.keyboard.press("Escape")
    expect(window.locator("#found button")).to_have_count(0)
    box.press_sequentially(" ")
    box.press("Backspace")
    expect(window.locator('#found [data-text="battery"]')).to_have_count(1)
    window.locator("#found button").first.click()
    expect(window.locator("#lines-table")).to_contain_text("Battery")
    expect(box).to_be_focused()
    line = OrderLine.objects.filter(order=order).latest("pk")
    row = window.locator(f"#line-{line.pk}")
    row.get_by_role("link", name=re.compile("Edit")).first.click()
    row.get_by_label("Quantity").fill("3")
    row.get_by_label("Quantity").press("Enter")
    expect(row.locator(":focus")).to_have_count(1)
    expect(row.locator("form.line-form")).to_have_count(0)


def find_customer(window, name: str) -> None:
    window.keyboard.type(name)
    expect(window.locator(f'#who-found [data-text="{name}"]')).to_have_count(1)
    window.keyboard.press("Enter")


def test_customer_is_chosen_without_losing_the_focus(open_as, kim, stock):
    order = Order.objects.get(external_number="#1007")
    window = open_as(kim, order.get_absolute_url())
    card = window.locator("#customer")
    change = card.get_by_role("link", name="Change")
    finder = window.get_by_role("searchbox", name="Find a customer")
    change.press("Enter")
    expect(finder).to_be_focused()
    find_customer(window, "Buyer11")
    expect(card.locator(".name")).to_have_text("Buyer11 Test")
    expect(change).to_be_focused()
    change.press("Enter")
    expect(finder).to_be_focused()
    card.get_by_role("link", name="Cancel").press("Enter")
    expect(change).to_be_focused()
    change.press("Enter")
    expect(finder).to_be_focused()
    card.get_by_role("button", name="Remove the customer").press("Enter")
    expect(card.get_by_role("link", name="Choose")).to_be_focused()


def test_customer_of_a_new_order_is_chosen_without_losing_the_focus(
    open_as, kim, stock
):
    window = open_as(kim, "/orders/create/")
    finder = window.get_by_role("searchbox", name="Find a customer")
    finder.focus()
    find_customer(window, "Buyer11")
    another = window.get_by_role("button", name="Choose another")
    expect(another).to_be_focused()
    another.press("Enter")
    expect(finder).to_be_focused()


def test_focus_stays_with_the_line_that_was_acted_on(open_as, kim, stock, poll_shop):
    order = Order.objects.get(external_number="#1007")
    [line] = order.lines.all()
    come_in((line.product, 99))
    window = open_as(kim, order.get_absolute_url())
    row = window.locator(f"#line-{line.pk}")

    def act(name: str, then: str) -> None:
        row.get_by_role("button", name=name).press("Enter")
        expect(row.get_by_role("button", name=then)).to_be_visible()
        expect(row.locator(":focus")).to_have_count(1)

    act("Write off", "Reverse the write-off")
    for decision, quantity in [("Dismiss", 9), ("Accept", 5)]:
        stock.set_quantity(stock.orders[int(order.external_id)], 0, quantity)
        stock.clock.forward(minutes=1)
        poll_shop()
        window.reload()
        act(decision, "Reverse the write-off")
        expect(row.get_by_role("button", name=decision)).to_have_count(0)
    act("Reverse the write-off", "Write off")
    window.get_by_role("button", name="Write off all").press("Enter")
    expect(row.get_by_role("button", name="Reverse the write-off")).to_be_visible()
    expect(window.locator("#lines :focus")).to_have_count(1)


def test_due_date_is_set_in_the_row_by_keys(open_as, kim, stock):
    today = timezone.localdate()
    order = Order.objects.get(external_number="#1028")
    Order.objects.filter(pk=order.pk).update(due_on=today - timedelta(days=1))
    window = open_as(kim)
    press = window.keyboard.press
    row = window.locator(f"#order-{order.pk}")
    button, late = row.get_by_role("button", name="Due date:"), row.locator(".late")
    menu = window.locator("#row-menu")
    expect(late).to_contain_text("Overdue")
    button.focus()
    press("Enter")
    expect(menu.get_by_role("button", name="Today")).to_be_focused()
    press("Escape")
    expect(menu).to_be_hidden()
    expect(button).to_be_focused()
    press("d")
    expect(menu.get_by_role("button", name="Today")).to_be_focused()
    window.keyboard.type("tom")
    press("Enter")
    expect(late).to_have_count(0)
    expect(menu).to_be_hidden()
    expect(button).to_be_focused()
    assert due(order) == today + timedelta(days=1)
    # Any other day, in the field; the message takes it back.
    press("Enter")
    expect(menu.get_by_role("button", name="Today")).to_be_focused()
    other = today + timedelta(days=40)
    menu.get_by_label("Due date", exact=True).fill(other.isoformat())
    press("Enter")
    expect(menu).to_be_hidden()
    expect(button).to_contain_text(f"{other.day} {other:%b}")
    expect(button).to_be_focused()
    assert due(order) == other
    press("Control+z")
    expect(window.locator("#messages")).to_contain_text("1 set back.")
    assert due(order) == today + timedelta(days=1)


def test_tab_leads_from_the_menu_of_a_row_back_into_it(open_as, kim, stock):
    window = open_as(kim)
    press = window.keyboard.press
    row = window.locator(ROWS, has_text="#1028")
    menu = window.locator("#row-menu")
    row.get_by_role("button", name="Due date:").press("Enter")
    expect(menu.get_by_role("button", name="Today")).to_be_focused()
    menu.get_by_role("button").last.focus()
    press("Tab")
    expect(row.locator("td.assignee button")).to_be_focused()
    expect(menu).to_be_hidden()
    press("s")
    expect(menu.get_by_role("button").first).to_be_focused()
    press("Shift+Tab")
    expect(row.locator(NAME)).to_be_focused()
    expect(menu).to_be_hidden()


def due(order: Order) -> date | None:
    return Order.objects.get(pk=order.pk).due_on


def test_keys_mean_the_list_as_soon_as_a_choice_is_made(open_as, kim, stock):
    window = open_as(kim)
    held = hold(window, "**/status/")
    window.keyboard.press("j")
    window.keyboard.press("s")
    item = window.locator("#row-menu").get_by_role("button", name="In progress")
    expect(item).to_be_visible()
    item.focus()
    window.keyboard.press("Enter")
    window.keyboard.type("/ann")
    box = window.get_by_role("searchbox", name="Search orders")
    expect(box).to_have_value("ann")
    held[0].continue_()
    expect(window.locator("#messages")).to_contain_text("In progress")
    expect(box).to_be_focused()
    expect(box).to_have_value("ann")
