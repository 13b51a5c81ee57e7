"""A list that one returns to: where one was in it, what was selected, and the way through it."""

import re
from io import BytesIO

from playwright.sync_api import expect
from pypdf import PdfReader

from orders.models import BulkAction, Order
from tests.browser import IN_CHROMIUM
from tests.browser.inspection import faults

pytestmark = IN_CHROMIUM
ROWS = "#results tbody tr"
CHECKED = "#results tbody input[name=id]:checked"
COUNT = "#selected-count"
ELSEWHERE = "#selected-elsewhere"


def box(window, external: str):
    return window.locator(ROWS, has_text=external).locator("input[name=id]")


def test_selection_is_kept_over_pages_search_and_back(open_as, ann, stock):
    window = open_as(ann, "/orders/?size=25")
    box(window, "#1030").click()
    box(window, "#1028").click(modifiers=["Shift"])
    window.get_by_role("link", name="Next").click()
    expect(window.locator(ROWS)).to_have_count(5)
    expect(window.locator(COUNT)).to_have_text("3")
    expect(window.locator(ELSEWHERE)).to_contain_text("3 not on this page")
    box(window, "#1002").click()
    search = window.get_by_role("searchbox", name="Search orders")
    search.fill("buyer07")
    expect(window.locator(ROWS)).to_have_count(1)
    expect(window.locator(COUNT)).to_have_text("4")
    search.fill("nobody at all")
    expect(window.get_by_role("heading", name="No order matches")).to_be_visible()
    expect(window.locator(ELSEWHERE)).to_contain_text("4 not on this page")
    window.locator(ELSEWHERE).get_by_role("link", name="Show them").click()
    expect(window.locator(ROWS)).to_have_count(4)
    expect(window.locator(CHECKED)).to_have_count(4)
    expect(window.locator(ELSEWHERE)).to_be_hidden()
    box(window, "#1002").click()
    window.locator(f"{ROWS} td.number a").first.click()
    expect(window.get_by_role("heading", name=re.compile("Order"))).to_be_visible()
    window.go_back()
    expect(window.locator(CHECKED)).to_have_count(3)
    window.goto("/orders/?q=buyer07")
    window.get_by_text("More actions").click()
    window.get_by_role("button", name="Change status").or_(
        window.locator("summary", has_text="Change status")
    ).click()
    window.locator("#bulk").get_by_role("button", name="Ready", exact=True).click()
    expect(window.locator(COUNT)).to_have_text("0")
    action = BulkAction.objects.get()
    numbers = Order.objects.filter(pk__in=action.orders.values("order_id")).values_list(
        "external_number", flat=True
    )
    assert sorted(numbers) == ["#1028", "#1029", "#1030"]


def test_order_leads_through_its_list_and_back_to_where_it_was_left(
    open_as, ann, stock
):
    window = open_as(ann, "/orders/?store=connected&sort=number&size=25", height=500)
    row = window.locator(ROWS, has_text="#1020")
    link = row.locator("td.number a")
    link.scroll_into_view_if_needed()
    top = window.evaluate("scrollY")
    assert top > 0
    link.click()
    way = window.get_by_role("navigation", name="Orders of the list")
    expect(way).to_contain_text("20 of 30")
    way.get_by_role("link", name="Next order").click()
    expect(way).to_contain_text("21 of 30")
    window.locator(".back").click()
    expect(window).to_have_url(
        re.compile(r"/orders/\?store=connected&sort=number(&size=25)?$")
    )
    assert abs(window.evaluate("scrollY") - top) < 40
    expect(
        window.locator(ROWS, has_text="#1021").locator("td.number a")
    ).to_be_focused()


def test_slow_typing_makes_one_entry_in_the_history(open_as, ann, stock):
    window = open_as(ann, "/orders/?store=connected")
    before = window.evaluate("history.length")
    search = window.get_by_role("searchbox", name="Search orders")
    for text in ["b", "bu", "buyer0", "buyer07"]:
        with window.expect_response(re.compile(r"/orders/\?")):
            search.press_sequentially(text[len(search.input_value()) :])
        expect(window).to_have_url(re.compile(rf"\?q={text}&store"))
    assert window.evaluate("history.length") == before + 1
    window.go_back()
    expect(window).to_have_url(re.compile(r"/orders/\?store=connected$"))
    expect(window.locator(ROWS)).to_have_count(30)


def test_selected_orders_are_printed_together_and_the_list_is_as_it_was(
    open_as, ann, stock
):
    window = open_as(ann, "/orders/?store=connected&size=25")
    for external in ["#1030", "#1028", "#1007"]:
        box(window, external).click()
    window.get_by_text("More actions").click()
    window.get_by_role("button", name="Print", exact=True).click()
    sheets = window.locator(".sheet")
    expect(sheets).to_have_count(3)
    assert faults(window) == []
    window.get_by_label("Slip").select_option("Delivery note")
    expect(window.get_by_role("heading", name="Delivery note")).to_have_count(3)
    expect(sheets.first).to_contain_text("#1030")
    pages = PdfReader(BytesIO(window.pdf(prefer_css_page_size=True))).pages
    assert len(pages) == 3
    window.set_viewport_size({"width": 390, "height": 800})
    assert faults(window) == []
    window.get_by_role("link", name="Orders").click()
    expect(window).to_have_url(re.compile(r"/orders/\?store=connected(&size=25)?"))
    expect(window.locator(COUNT)).to_have_text("3")
