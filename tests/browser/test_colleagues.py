"""Colleagues who are too many to be listed are searched for by keys, wherever one is chosen."""

import re

import pytest
from playwright.sync_api import expect

from orders.models import Order
from tests.browser import IN_CHROMIUM
from tests.support.crowd import crowd

pytestmark = IN_CHROMIUM
ROWS = "#results tbody tr"


@pytest.fixture
def many(ann):
    return crowd(40)


def search(part):
    return part.get_by_role("searchbox", name="Find a colleague")


def current(part):
    """What the arrows have chosen, where the search says so."""
    return part.locator("[data-current]")


def test_order_is_assigned_in_its_row_by_keys(open_as, ann, stock, many):
    window = open_as(ann)
    press, menu = window.keyboard.press, window.locator("#row-menu")
    press("j")
    press("a")
    expect(search(menu)).to_be_focused()
    expect(menu.get_by_role("button")).to_have_count(10)
    press("Enter")  # nothing is typed, and nobody chosen
    expect(menu).to_be_visible()
    press("ArrowDown")
    press("ArrowDown")
    press("ArrowDown")
    expect(current(menu)).to_have_text("Anna 001")
    expect(search(menu)).to_have_attribute(
        "aria-activedescendant", current(menu).get_attribute("id")
    )
    press("Escape")
    expect(menu).to_be_hidden()
    row = window.locator(ROWS).first
    expect(row.locator("td.number a")).to_be_focused()
    button = row.locator("td.assignee button")
    press("a")
    expect(search(menu)).to_be_focused()
    window.keyboard.type("david 04")
    press("Enter")  # before anybody is found
    expect(button).to_have_text("David 040")
    expect(menu).to_be_hidden()
    expect(button).to_be_focused()
    press("a")
    window.keyboard.type("dav")  # perhaps before the menu has come
    expect(search(menu)).to_have_value("dav")
    expect(menu.get_by_role("button")).to_have_count(5)
    press("Escape")
    press("a")
    expect(menu.locator("[aria-current]")).to_have_text("David 040")
    expect(menu.get_by_role("button").nth(2)).to_have_text("David 040")


def test_filter_is_searched_and_keeps_what_is_chosen(open_as, ann, stock, many):
    one, other, _rest = Order.objects.order_by("-pk")[:3]
    Order.objects.filter(pk=one.pk).update(assignee=many[39])
    Order.objects.filter(pk=other.pk).update(assignee=many[38])
    window = open_as(ann)
    menu = window.locator("#assignee-filter")
    menu.locator("summary").click()
    expect(search(menu)).to_be_focused()
    expect(menu.get_by_role("checkbox")).to_have_count(10)
    expect(menu.locator("label", has_text="Nobody").locator(".number")).to_have_text(
        "28"
    )
    window.keyboard.type("040")
    expect(menu.get_by_role("checkbox")).to_have_count(1)
    expect(menu.locator("label .number")).to_have_text("1")
    window.keyboard.press("Enter")
    expect(window).to_have_url(re.compile(rf"/orders/\?assignee={many[39].pk}$"))
    expect(window.locator(ROWS)).to_have_count(1)
    search(menu).fill("039")
    expect(menu.get_by_role("checkbox", checked=True)).to_have_count(1)
    expect(menu.get_by_role("checkbox")).to_have_count(2)
    menu.get_by_text("Clara 039").click()
    expect(window.locator(ROWS)).to_have_count(2)
    expect(window.locator("#chosen-assignee")).to_have_text("2")
    search(menu).fill("")
    expect(menu.get_by_role("checkbox")).to_have_count(12)
    expect(menu.get_by_role("checkbox", checked=True)).to_have_count(2)
    window.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()
    window.reload()
    menu.locator("summary").click()
    expect(menu.get_by_role("checkbox", checked=True)).to_have_count(2)
    menu.get_by_role("button", name="All").click()
    expect(window).to_have_url(re.compile(r"/orders/\?view=all$"))
    expect(window.locator(ROWS)).to_have_count(30)


def test_numbers_of_who_was_found_follow_other_filters(open_as, ann, stock, many):
    Order.objects.filter(external_number="#1030").update(assignee=many[39])
    window = open_as(ann)
    menu = window.locator("#assignee-filter")
    menu.locator("summary").click()
    search(menu).fill("040")
    number = menu.locator("label", has_text="David 040").locator(".number")
    expect(number).to_have_text("1")
    window.locator("#q").fill("1029")
    expect(window.locator(ROWS)).to_have_count(1)
    menu.locator("summary").click()
    expect(search(menu)).to_have_value("040")
    expect(number).to_have_text("0")


def test_selection_is_assigned_to_somebody_who_is_searched_for(
    open_as, ann, stock, many
):
    window = open_as(ann)
    for number in range(2):
        window.locator(f"{ROWS} input[name=id]").nth(number).check()
    window.keyboard.press("m")
    menu = window.locator("#bulk details.menu")
    menu.locator("summary", has_text="Assign").click()
    expect(search(menu)).to_be_focused()
    expect(menu.locator(".suggestions button")).to_have_count(10)
    window.keyboard.type("ben 02")
    expect(menu.locator(".suggestions button")).to_have_count(2)
    window.keyboard.press("ArrowDown")
    window.keyboard.press("ArrowDown")
    window.keyboard.press("Enter")
    expect(window.locator("#messages")).to_contain_text("Assigned to Ben 029")
    assert Order.objects.filter(assignee=many[28]).count() == 2


def test_order_is_assigned_on_its_page_by_keys(open_as, ann, stock, many):
    order = Order.objects.get(external_number="#1007")
    window = open_as(ann, order.get_absolute_url())
    press, menu = window.keyboard.press, window.locator("#assignee-menu")
    press("a")
    expect(search(menu)).to_be_focused()
    expect(menu.locator(".suggestions button")).to_have_count(10)
    window.keyboard.type("040")
    press("Enter")
    expect(window.locator("#assignee")).to_contain_text("David 040")
    expect(window.locator("#assignee")).to_be_focused()
    assert Order.objects.get(pk=order.pk).assignee == many[39]


def test_new_order_is_assigned_by_keys(open_as, ann, stock, many):
    window = open_as(ann, "/orders/create/")
    window.get_by_label("Note").fill("Wet")
    summary = window.locator("#assignee")
    summary.focus()
    window.keyboard.press("Enter")
    menu = window.locator("#assignee-menu")
    expect(search(menu)).to_be_focused()
    window.keyboard.type("040")
    window.keyboard.press("Enter")
    expect(summary).to_contain_text("David 040")
    expect(summary).to_be_focused()
    expect(window.get_by_label("Note")).to_have_value("Wet")
    window.keyboard.press("Control+Enter")
    expect(window).to_have_url(re.compile(r"/orders/\d+/$"))
    assert Order.objects.get(store=None).assignee == many[39]
