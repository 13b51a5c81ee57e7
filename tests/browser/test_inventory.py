"""Inventory as it is in Chromium: every page whatever it holds, and a delivery from the first scan to the
stock."""

import re
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, User
from playwright.sync_api import expect

from customers.editing import create_customer
from inventory.models import Category, Product, ProductKey, Receipt, Warehouse
from inventory.stock import put_back
from orders.models import Preferences
from tests.browser import IN_CHROMIUM
from tests.browser.inspection import LONG, RIGHT_TO_LEFT, faults, look_at
from tests.support.invariants.stock import differences, level
from tests.support.stock import come_in, go_out, goods, main_warehouse
from tests.support.times import DAY

pytestmark = IN_CHROMIUM
LINES = ".receipt-lines tbody tr"


@pytest.fixture
def keeper(db) -> User:
    """Keeps products and stock."""
    user = get_user_model().objects.create_user("mia", first_name="Mia", last_name=LONG)
    user.groups.add(Group.objects.get(name="Manager"))
    return user


@pytest.fixture
def nasty(db, keeper) -> Product:
    """A product whose every text is one that breaks pages, with movements of every kind, beside others."""
    shelf = Category.objects.create(name=f"<i>{LONG * 3}"[:255])
    html = f"<h1>{LONG * 3}</h1><table><tr><td>{LONG}<td>{LONG}</table>"
    html += f"<ul><li>{RIGHT_TO_LEFT}</ul><script>alert(1)</script>"
    product = goods(
        f"<script>alert(1)</script>{LONG * 3}"[:255],
        sku=LONG * 3,
        code="C" * 255,
        unit="W" * 32,
        category=shelf,
        description=html,
    )
    goods(RIGHT_TO_LEFT, sku=product.sku), goods("👩🏽‍🔧🔧📱" * 20)
    van = Warehouse.objects.create(name=LONG, position=1)
    come_in((product, "999999999.999"), by=keeper.pk)
    come_in((product, "0.001"), warehouse=van)
    put_back(
        [go_out(product, 1, order=1042)], by_id=keeper.pk, now=DAY, reason=LONG * 3
    )
    for number in range(25):
        go_out(product, "1.5", order=number + 1, by=keeper.pk)
    Warehouse.objects.filter(pk=van.pk).update(is_active=False)
    go_out(Product.objects.latest("id"), "123456789.125")
    ProductKey.objects.create(
        key="shopify:1:variant:49148385", product=product, ambiguous=True
    )
    return product


@pytest.fixture
def draft(nasty) -> Receipt:
    receipt = Receipt.objects.create(
        warehouse=main_warehouse(),
        supplier=LONG * 3,
        reference=LONG * 3,
        note=f"{LONG * 2}\n<b>{RIGHT_TO_LEFT}",
        created_at=DAY,
    )
    for product in Product.objects.all():
        receipt.lines.create(
            product=product,
            quantity=Decimal("123456789.125"),
            cost=Decimal("999999999.125"),
        )
    return receipt


def test_products(open_as, keeper, nasty):
    page = open_as(keeper, "/inventory/")
    look_at(page, "/inventory/")
    expect(page.locator("#results tbody tr")).to_have_count(3)
    look_at(page, f"/inventory/products/{nasty.pk}/")
    look_at(page, f"/inventory/products/{nasty.pk}/edit/")
    look_at(page, "/inventory/products/new/")
    look_at(page, "/inventory/?q=nothing")


def test_filters_and_forms_when_they_are_open(open_as, keeper, nasty):
    page = open_as(keeper, "/inventory/")
    for summary in page.locator("summary:visible").all():
        summary.click()
        assert faults(page) == []
    page.set_viewport_size({"width": 390, "height": 800})
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Filters").click()
    page.locator("#filters summary", has_text="Stock").click()
    assert faults(page) == []
    page.goto(f"/inventory/products/{nasty.pk}/")
    page.get_by_text("Correct stock").first.click()
    page.get_by_role("button", name="Correct stock").click()
    expect(page.get_by_text("This field is required.").first).to_be_visible()
    assert faults(page) == []


def test_places(open_as, keeper, nasty):
    page = open_as(keeper, "/inventory/categories/")
    for path in [
        "categories/",
        f"categories/{nasty.category_id}/",
        "warehouses/",
        f"warehouses/{main_warehouse().pk}/",
    ]:
        look_at(page, f"/inventory/{path}")


def test_receipts(open_as, keeper, draft):
    page = open_as(keeper, "/inventory/receipts/")
    for path in [
        "",
        "new/",
        *(f"{draft.pk}/{each}" for each in ["", "edit/", "post/"]),
        f"{Receipt.objects.earliest('id').pk}/",
    ]:
        look_at(page, f"/inventory/receipts/{path}")
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"/inventory/receipts/{draft.pk}/edit/")
    page.get_by_label("Add a product").fill(RIGHT_TO_LEFT)
    expect(page.locator(".suggestions button")).to_have_count(1)
    page.locator(LINES).first.get_by_label("Quantity").fill("much")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Enter a number, such as 1,250.5.")).to_be_visible()
    assert faults(page) == []


def test_pages_that_are_empty(open_as, keeper):
    page = open_as(keeper, "/inventory/")
    expect(page.get_by_role("heading", name="No products yet")).to_be_visible()
    for path in ["", "categories/", "receipts/"]:
        look_at(page, f"/inventory/{path}")
    Warehouse.objects.all().delete()
    look_at(page, "/inventory/warehouses/")


def test_list_is_filtered_and_sorted_without_being_loaded_anew(open_as, keeper):
    come_in((goods("Display"), 5), (goods("Battery"), 7))
    goods("Cable")
    page = open_as(keeper, "/inventory/")
    page.evaluate("window.isTheSame = true")
    page.locator("summary", has_text="Stock").click()
    page.locator("label", has_text="In stock").click()
    expect(page.locator("#results tbody .name")).to_have_text(["Battery", "Display"])
    page.get_by_role("link", name="Stock").click()
    expect(page).to_have_url(re.compile(r"/inventory/\?stock=in&sort=-stock$"))
    page.get_by_label("Search products").fill("disp")
    expect(page.locator("#results tbody .name")).to_have_text(["Display"])
    assert page.evaluate("window.isTheSame")
    page.get_by_role("link", name="Clear all filters").click()
    expect(page.locator("#results tbody .name")).to_have_text(
        ["Battery", "Cable", "Display"]
    )


def test_delivery_is_scanned_saved_and_posted(open_as, keeper):
    display, cable = goods("Display", sku="D-1"), goods("Cable", code="4711")
    page = open_as(keeper, "/inventory/receipts/")
    page.get_by_role("link", name="New receipt").first.click()
    page.get_by_label("Supplier").fill("Parts GmbH")
    page.get_by_label("Add a product").fill("displ")
    page.locator(".suggestions button", has_text="Display").click()
    expect(page.locator(LINES)).to_have_count(1)
    page.evaluate("window.isTheSame = true")
    page.locator(LINES).first.get_by_label("Quantity").fill("2.5")
    for _scan in range(2):
        page.get_by_label("Add a product").fill("4711")
        page.keyboard.press("Enter")
        expect(page.get_by_label("Add a product")).to_have_value("")
    expect(page.locator(LINES)).to_have_count(2)
    expect(page.locator(LINES).last.get_by_label("Quantity")).to_have_value("2")
    expect(page.get_by_label("Add a product")).to_be_focused()
    expect(page.get_by_label("Supplier")).to_have_value("Parts GmbH")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("The draft is saved.")).to_be_visible()
    assert page.evaluate("window.isTheSame")
    page.get_by_role("button", name="Save and post").click()
    page.get_by_role("button", name="Post receipt").click()
    expect(
        page.get_by_text("The receipt is posted. Its products are in stock.")
    ).to_be_visible()
    assert (
        level(display, main_warehouse()),
        level(cable, main_warehouse()),
        differences(),
    ) == (
        Decimal("2.5"),
        2,
        [],
    )


def test_count_of_a_stock_that_has_changed_says_so_in_few_lines(
    open_as, keeper, complaints
):
    Preferences.objects.create(user=keeper, language="de")
    product = goods()
    address = f"/inventory/products/{product.pk}/"
    first, second = open_as(keeper, address), open_as(keeper, address)
    for page, counted in [(first, "7"), (second, "5")]:
        page.locator(".correction summary").click()
        page.locator("[name=counted]").fill(counted)
        page.locator("[name=reason]").fill("Inventur")
        page.locator(".correction button[type=submit]").click()
    error = second.locator("#id_counted_error")
    expect(error).to_contain_text("Der Bestand hat sich auf 7 geändert")
    assert error.bounding_box()["height"] <= 4 * 20
    assert faults(second) == []
    assert {each for each in complaints if "409 (Conflict)" not in each} == set()
    complaints.clear()


def test_older_movements_come_without_the_page_being_loaded_anew(open_as, keeper):
    product = goods()
    for number in range(45):
        go_out(product, 1, order=number + 1)
    page = open_as(keeper, f"/inventory/products/{product.pk}/")
    page.evaluate("window.isTheSame = true")
    page.get_by_role("link", name="Older").click()
    expect(page.locator("#movements tbody tr").first).to_contain_text("Order 25")
    page.get_by_role("link", name="Newest").click()
    expect(page.locator("#movements tbody tr").first).to_contain_text("Order 45")
    assert page.evaluate("window.isTheSame")


@pytest.mark.parametrize("keys", [["Enter"], ["ArrowDown", "ArrowDown", "Enter"]])
def test_product_of_a_new_receipt_is_chosen_by_keyboard(open_as, keeper, keys):
    goods("Display A"), goods("Display B")
    page = open_as(keeper, "/inventory/receipts/new/")
    expect(page.get_by_label("Add a product")).to_be_focused()
    page.keyboard.type("disp")
    expect(page.locator(".suggestions button")).to_have_count(2)
    for key in keys:
        page.keyboard.press(key)
    chosen = "Display A" if keys == ["Enter"] else "Display B"
    expect(page.locator(LINES)).to_have_count(1)
    expect(page.locator(LINES)).to_contain_text(chosen)
    expect(page.get_by_label("Add a product")).to_be_focused()
    page.get_by_label("Supplier").press("Enter")
    page.wait_for_load_state("networkidle")
    assert [each.lines.count() for each in Receipt.objects.all()] == [1]


def test_merge_finds_while_one_types(open_as, keeper):
    kept = goods("Display", sku="D-1")
    goods("Cable")
    page = open_as(keeper, f"/inventory/products/{kept.pk}/merge/")
    page.evaluate("window.isTheSame = true")
    expect(page.get_by_label("Search products")).to_be_focused()
    page.keyboard.type("cab")
    expect(page.locator("#candidates a")).to_have_text(re.compile("Cable"))
    expect(page.get_by_label("Search products")).to_be_focused()
    expect(page).to_have_url(re.compile(r"/merge/\?q=cab$"))
    page.keyboard.press("Enter")
    page.keyboard.type("x")
    expect(page.get_by_text("No other product matches.")).to_be_visible()
    assert page.evaluate("window.isTheSame")


def test_merge_of_customers_finds_while_one_types(open_as, keeper):
    kept, _other = [
        create_customer({"first_name": name}, by_id=None, now=DAY)
        for name in ["Ada", "Ben"]
    ]
    page = open_as(keeper, f"/customers/{kept.pk}/merge/")
    page.get_by_label("Search customers").press_sequentially("be")
    page.locator("#candidates a", has_text="Ben").click()
    expect(page).to_have_url(re.compile(r"\?with=\d+$"))
