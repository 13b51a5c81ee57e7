"""Writing off a selection: the question chooses the warehouse, the message counts, Ctrl+Z takes it back."""

import pytest
from playwright.sync_api import expect

from inventory.models import Product
from orders.models import Order
from tests.browser import IN_CHROMIUM
from tests.browser.inspection import faults
from tests.support.invariants.stock import differences, level
from tests.support.stock import come_in

pytestmark = IN_CHROMIUM


@pytest.fixture
def three(stock, van) -> list[Order]:
    """Orders of one battery, of two displays and of three; of each there are three in the van."""
    for product in Product.objects.all():
        come_in((product, 3), warehouse=van)
    return list(Order.objects.order_by("pk")[:3])


def states() -> list[int]:
    orders = Order.objects.order_by("pk").values_list("write_off", flat=True)
    return list(orders[:3])


def test_selection_is_written_off_from_the_chosen_warehouse_and_taken_back(
    open_as, kim, three, van
):
    window = open_as(kim, f"/orders/?ids={three[0].pk}-{three[2].pk}")
    window.get_by_role("checkbox", name="Select all orders on this page").check()
    window.get_by_text("More actions").click()
    press = window.locator("#bulk").get_by_role("button", name="Write off", exact=True)
    press.click()
    dialog = window.get_by_role("dialog", name="Write off 3 orders?")
    expect(dialog).to_be_visible()
    place = dialog.get_by_label("From")
    expect(place.locator("option:checked")).to_have_text("Main warehouse")
    for width in [390, 1360]:
        window.set_viewport_size({"width": width, "height": 800})
        assert faults(window) == []
    # Whoever says no keeps what was selected.
    dialog.get_by_text("Cancel", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(window.locator("#selected-count")).to_have_text("3")
    assert states() == [0, 0, 0]
    window.get_by_text("More actions").click()
    press.click()
    place.select_option("Van")
    dialog.get_by_role("button", name="Write off 3 orders").click()
    message = window.locator("#messages")
    expect(message).to_contain_text(
        "Write-off from Van: 2 written off; 1 not written off: not enough in stock."
    )
    expect(dialog).to_be_hidden()
    expect(window.locator("#selected-count")).to_be_hidden()
    assert states() == [2, 2, 0]
    window.keyboard.press("Control+z")
    expect(message).to_contain_text("Undone: Write-off from Van: 2 set back.")
    assert states() == [0, 0, 0]
    goods = Product.objects.all()
    assert [level(each, van) for each in goods] == [3] * len(goods)
    assert differences() == []


def test_list_stays_where_it_was_scrolled_to(open_as, kim, stock):
    window = open_as(kim)
    boxes = window.locator("#results tbody input[name=id]")
    for place in (8, 9):
        boxes.nth(place).check()
    window.evaluate("scrollTo(0, 600)")
    window.get_by_text("More actions").click()
    window.locator("#bulk").get_by_role("button", name="Write off", exact=True).click()
    window.get_by_role("button", name="Write off 2 orders").click()
    expect(window.locator("#messages")).to_contain_text("not written off")
    expect(boxes.nth(8)).not_to_be_checked()
    window.wait_for_timeout(500)
    assert window.evaluate("scrollY") == 600


def test_outcomes_say_what_is_missing(open_as, kim, three):
    window = open_as(kim, f"/orders/?ids={three[0].pk}-{three[2].pk}")
    window.get_by_role("checkbox", name="Select all orders on this page").check()
    window.get_by_text("More actions").click()
    window.locator("#bulk").get_by_role("button", name="Write off", exact=True).click()
    window.get_by_role("dialog").get_by_label("From").select_option("Van")
    window.get_by_role("button", name="Write off 3 orders").click()
    window.get_by_role("link", name="Outcome", exact=True).click()
    window.get_by_role("link", name="not written off: not enough in stock").click()
    rows = window.locator(".inner-table tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(": 3 wanted, 1 in stock")
    for width in [390, 1360]:
        window.set_viewport_size({"width": width, "height": 800})
        assert faults(window) == []


def test_write_off_of_a_whole_order_is_taken_back_on_its_page(open_as, kim, three, van):
    order = three[0]
    window = open_as(kim, order.get_absolute_url())
    window.get_by_label("From").select_option("Van")
    window.get_by_role("button", name="Write off all").click()
    message = window.locator("#messages")
    expect(message).to_contain_text("1 line written off from Van.")
    undo = message.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    assert order.lines.get().written_off_at is not None
    for width in [390, 1360]:
        window.set_viewport_size({"width": width, "height": 800})
        assert faults(window) == []
    window.keyboard.press("Control+z")
    expect(message).to_contain_text("Undone: Write-off from Van: 1 set back.")
    expect(window.locator("#lines-table .tag")).to_have_count(0)
    expect(window.get_by_role("button", name="Write off all")).to_be_visible()
    assert order.lines.get().written_off_at is None
    assert level(order.lines.get().product, van) == 3
    assert differences() == []
