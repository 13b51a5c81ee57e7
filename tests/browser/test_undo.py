"""What reaches far asks in a dialog, and Ctrl+Z takes it back."""

from playwright.sync_api import expect

from orders.models import Order, Status
from tests.browser import IN_CHROMIUM

pytestmark = IN_CHROMIUM


def test_closing_orders_asks_first_and_ctrl_z_takes_it_back(open_as, kim, stock):
    window = open_as(kim, "/orders/?size=25&view=all")
    boxes = window.locator("#results tbody input[name=id]")
    boxes.nth(0).click()
    boxes.nth(1).click()
    window.get_by_text("More actions").click()
    window.locator("#bulk summary", has_text="Change status").click()
    cancelled = Status.objects.get(name="Cancelled").pk
    window.locator(f"#bulk button[name=status][value='{cancelled}']").click()
    dialog = window.get_by_role("dialog", name="Set 2 orders to “Cancelled”?")
    expect(dialog).to_be_visible()
    # Whoever says no keeps what was selected.
    dialog.get_by_text("Cancel", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(window.locator("#selected-count")).to_have_text("2")
    window.get_by_text("More actions").click()
    window.locator(f"#bulk button[name=status][value='{cancelled}']").click()
    window.get_by_role("button", name="Change 2 orders").click()
    message = window.locator("#messages")
    expect(message).to_contain_text("Status “Cancelled”: 2 changed.")
    expect(dialog).to_be_hidden()
    expect(window.locator("#results tbody .pill", has_text="Cancelled")).to_have_count(
        2
    )
    window.keyboard.press("Control+z")
    expect(message).to_contain_text("Undone: Status “Cancelled”: 2 set back.")
    expect(window.locator("#results tbody .pill", has_text="Cancelled")).to_have_count(
        0
    )
    assert not Order.objects.filter(status__name="Cancelled").exists()
