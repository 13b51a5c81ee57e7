"""The order page where fingers work: on a phone and on a tablet held upright."""

import pytest
from playwright.sync_api import Locator, Page, expect

from customers.models import Customer
from inventory.models import Product
from orders.models import Order, OrderLine
from tests.browser import IN_CHROMIUM

pytestmark = IN_CHROMIUM
PHONE, TABLET = (390, 844), (820, 1180)
WATCH_SHIFTS = """() => {
  window.shifts = [];
  const note = (list) => window.shifts.push(...list.getEntries().map((each) => each.value));
  new PerformanceObserver(note).observe({ type: "layout-shift" });
}"""
UNCOVERED = """(head) => {
  const { top, bottom } = document.activeElement.getBoundingClientRect();
  return top >= head.getBoundingClientRect().bottom - 1 || head.contains(document.activeElement)
    || bottom <= 0;
}"""


def bottom(thing: Locator) -> float:
    box = thing.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


def top(thing: Locator) -> float:
    box = thing.bounding_box()
    assert box is not None
    return box["y"]


@pytest.fixture
def kept_by(one, kim) -> Order:
    """Ada's order, with all that a technician looks for."""
    order = Order.objects.get(external_id=one.id)
    Customer.objects.filter(pk=order.customer_id).update(
        phone="+4915123456789", address="Calle 1\n28001 Madrid\nES"
    )
    order.note, order.store_note = "Back on Friday.", "Please ring twice."
    order.buyer_entries = [["Engraving", "For Ada"]]
    order.save(update_fields=["note", "store_note", "buyer_entries"])
    order.lines.update(buyer_entries=[["Device", "Fono 12"], ["IMEI", "35123"]])
    for number in range(8):
        OrderLine.objects.create(
            order=order, name=f"Work {number}", quantity=1, price=10, total=10
        )
    return order


@pytest.mark.parametrize("size", [PHONE, TABLET], ids=["phone", "tablet"])
def test_what_is_asked_first_is_seen_first_and_the_head_stays(
    open_as, kim, kept_by, size
):
    width, height = size
    window: Page = open_as(
        kim, kept_by.get_absolute_url(), width=width, height=height, has_touch=True
    )
    phone = window.locator("#customer [href^='tel:']")
    expect(phone).to_have_attribute("href", "tel:+4915123456789")
    for seen in [
        phone,
        window.get_by_text("Back on Friday."),
        window.get_by_text("Please ring twice."),
        window.get_by_text("For Ada"),
        window.get_by_text("Fono 12"),
    ]:
        assert bottom(seen) <= height
    row = window.locator("#lines-table tbody").first
    for word in ["Write off", "Edit", "Remove"]:
        expect(row.get_by_text(word, exact=True)).to_be_visible()
    window.keyboard.press("End")
    bar = window.locator(".order-bar")
    expect(bar).to_contain_text(f"Order {kept_by.pk}")
    expect(bar).to_contain_text("New")
    expect(bar).to_contain_text("Sum of the lines: €")
    head = bar.element_handle()
    # It stays right below the bar of the page.
    window.wait_for_function(
        "(bar) => bar.getBoundingClientRect().top === 52", arg=head
    )
    for _step in range(30):
        window.keyboard.press("Shift+Tab")
        # The page scrolls after the focus has moved.
        window.wait_for_function(UNCOVERED, arg=head)
    window.goto(f"{kept_by.get_absolute_url()}#totals")
    assert top(window.locator("#totals")) >= bottom(bar)


def test_refused_write_off_moves_nothing_and_can_be_done_all_the_same(
    open_as, kim, kept_by
):
    name = kept_by.lines.first().name
    window: Page = open_as(
        kim,
        kept_by.get_absolute_url(),
        width=PHONE[0],
        height=PHONE[1],
        has_touch=True,
    )
    window.evaluate(WATCH_SHIFTS)
    button = window.get_by_role("button", name=f"Write off {name}")
    button.scroll_into_view_if_needed()
    before = top(button)
    button.tap()
    said = window.get_by_role("alert")
    expect(said).to_contain_text("not enough in stock")
    expect(button).to_be_enabled()
    expect(button).to_be_focused()
    assert (top(button), window.evaluate("window.shifts")) == (before, [])
    said.get_by_role("button", name="Write off anyway").tap()
    expect(said).to_have_count(0)
    expect(window.locator("#lines-table .tag")).to_have_text("Written off")
    expect(window.locator("#lines :focus")).to_have_count(1)
    assert Product.objects.get(name=name).levels.get().quantity == -1
