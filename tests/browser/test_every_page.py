"""What holds for each page: no complaint in the console, nothing too wide, everything named, readable in both
themes."""

from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from django.urls import resolve
from playwright.sync_api import expect

from fakeshop.records import Address
from integrations.models import StoreConnection
from orders.models import BulkAction, Order, OrderLine, Preferences
from orders.order_list.saved_views import create_view
from tests.browser import IN_CHROMIUM
from tests.browser.inspection import (
    LONG,
    RIGHT_TO_LEFT,
    faults,
    look_at,
)
from tests.support.orders import write_off_lines
from tests.support.users import signed_in

pytestmark = IN_CHROMIUM


@pytest.fixture
def nasty(shop, poll_shop, connection, kim) -> Order:
    """An order whose every text is one that breaks pages, beside others in every state."""
    name = f"<script>alert(1)</script>{LONG * 4}"
    address = Address(
        name[:120], LONG, LONG, LONG, "", "10115", LONG, "DE", "0151 23456789"
    )
    buyer = shop.add_customer(
        name[:120],
        LONG * 2,
        email=f"{'x' * 60}@{'y' * 60}.example.com",
        phone="+4915123456789",
        address=address,
    )
    product = shop.add_product(
        LONG * 3, [(LONG, LONG * 2, "123456789.99")], product_type=LONG
    )
    lines = [
        shop.line(product, 999, discount="1.00"),
        shop.custom_line(RIGHT_TO_LEFT, "0.01"),
        shop.custom_line("👩🏽‍🔧🔧📱" * 20, "5.00"),
        shop.custom_line(f"<img src=x onerror=alert(1)>{LONG}", "5.00"),
    ]
    bad = shop.place_order(
        lines,
        buyer,
        delivery=LONG * 2,
        note=f"{LONG}\n\n{RIGHT_TO_LEFT} <b>x</b>",
        shipping=Decimal("123456.00"),
    )
    gone = shop.place_order([shop.custom_line("Gone", "1.00")], None)
    poll_shop()
    for number in range(3):
        create_view(f"{LONG[:40]} {number}", "", is_shared=True, by=kim)
    order = Order.objects.get(external_id=bad.id)
    [display] = OrderLine.objects.filter(order=order, sku__startswith="Donau")
    write_off_lines(order, display.name, by=kim, now=shop.clock.now)
    shop.clock.forward(minutes=1)
    shop.set_quantity(bad, 0, 5)
    shop.cancel(gone)
    shop.refund(bad, "123456.00")
    poll_shop()
    order.refresh_from_db()
    assert order.needs_attention
    return order


def test_list(open_as, ann, nasty):
    page = open_as(ann)
    look_at(page, "/orders/")
    expect(page.locator("#results tbody tr")).to_have_count(2)


def test_list_with_everything_chosen_and_open(open_as, ann, nasty):
    page = open_as(ann, "/orders/?store=connected&attention=1&q=Donau&from=2026-01-01")
    page.get_by_role("checkbox", name="Select all orders on this page").check()
    for summary in page.locator("summary:visible").all():
        summary.click()
        assert faults(page) == []
        page.keyboard.press("Escape")  # or it covers the next one
    page.set_viewport_size({"width": 390, "height": 800})
    page.keyboard.press("Escape")
    assert faults(page) == []
    page.get_by_role("button", name="Filters").click()
    expect(page.locator("#filters")).to_be_visible()
    assert faults(page) == []
    page.locator("#filters summary", has_text="Store").first.click()
    page.locator("#filters").get_by_label("Created in RO App").check()
    page.get_by_role("button", name="Show orders").click()
    expect(page.locator("#filters")).to_be_hidden()
    expect(page.get_by_role("heading", name="No order matches")).not_to_be_visible()


def test_lists_without_orders(open_as, ann, connection):
    page = open_as(ann)
    expect(page.get_by_role("heading", name="No orders yet")).to_be_visible()
    look_at(page, "/orders/")
    look_at(page, "/orders/?q=nothing")
    expect(page.get_by_role("heading", name="No order matches")).to_be_visible()


def test_list_with_a_store_that_needs_attention(open_as, bob, nasty):
    StoreConnection.objects.update(state="needs_attention", reason=LONG * 2)
    page = open_as(bob)
    expect(
        page.get_by_text("needs attention: its orders are not updated")
    ).to_be_visible()
    look_at(page, "/orders/")


@pytest.mark.parametrize("language", ["en", "de"])
def test_order_page(open_as, ann, nasty, language):
    Preferences.objects.create(user=ann, language=language)
    page = open_as(ann)
    look_at(page, nasty.get_absolute_url())
    expect(page.get_by_role("main")).to_contain_text("<script>alert(1)</script>")


FILES = ("export", "pdf")
"""How the names of addresses end that answer with a file."""


def test_pages_that_links_lead_to(open_as, admin_user, kim, nasty):
    """From the order list to one page of each kind, but for Django's own; in German, for its long words."""
    Preferences.objects.create(user=admin_user, language="de")
    page = open_as(admin_user)
    found: dict[str, list[str]] = {}
    chosen = {"id": Order.objects.values_list("pk", flat=True), "assignee": kim.pk}
    signed_in(admin_user).post("/orders/bulk/", chosen)
    action = BulkAction.objects.get()
    waiting = ["/orders/", f"/orders/bulk/{action.pk}/"]
    while waiting:
        path = waiting.pop(0)
        name = resolve(urlsplit(path).path).view_name
        if name in found or name.startswith("admin:") or name.endswith(FILES):
            continue
        page.goto(path)
        waiting += page.evaluate(
            "[...document.links].filter((a) => a.origin === origin).map((a) => a.pathname + a.search)"
        )
        found[name] = []
        for width in [390, 768, 1360]:
            page.set_viewport_size({"width": width, "height": 900})
            found[name] += [f"{path} at {width} px, {each}" for each in faults(page)]
    assert {
        "orders:list",
        "orders:detail",
        "customers:list",
        "inventory:products",
    } <= set(found)
    assert "\n".join(each for several in found.values() for each in several) == ""


def test_login(open_as, ann):
    page = open_as(None)
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    look_at(page, "/login/")
    page.get_by_label("User name").fill("ann")
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    assert faults(page) == []
    page.get_by_label("Password").fill("ann")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Orders", exact=True)).to_be_attached()


def test_form_that_has_expired(open_as, ann, complaints, connection):
    page = open_as(ann)
    page.context.clear_cookies(name="csrftoken")
    page.locator("header summary").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="This form has expired")).to_be_visible()
    assert faults(page) == []
    assert {each for each in complaints if "403 (Forbidden)" not in each} == set()
    complaints.clear()


def test_addresses_that_are_wrong(open_as, ann, complaints, connection):
    page = open_as(ann, "/orders/999999999/")
    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
    look_at(page, "/nowhere/")
    assert {each for each in complaints if "404 (Not Found)" not in each} == set()
    complaints.clear()


def test_administration_keeps_to_the_policy(open_as, admin_user, one):
    page = open_as(admin_user, "/admin/")
    for path in [
        "/admin/integrations/storeconnection/add/",
        "/admin/orders/status/",
        "/admin/auth/user/add/",
    ]:
        page.goto(path)
        expect(page.locator("#content")).to_be_visible()


def test_language_can_be_chosen(open_as, ann, connection):
    page = open_as(ann)
    page.locator("header summary").click()
    page.get_by_role("button", name="Deutsch").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert faults(page) == []
