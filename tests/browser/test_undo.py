"""What reaches far asks in a dialog, and Ctrl+Z takes it back."""

from playwright.sync_api import expect

from orders.models import Order, Status
from tests.browser import IN_CHROMIUM
from tests.browser.inspection import faults

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


def test_due_date_of_a_selection_is_set_to_any_day_and_taken_back(open_as, kim, stock):
    window = open_as(kim, "/orders/?size=25&view=all")
    boxes = window.locator("#results tbody input[name=id]")
    boxes.nth(0).click()
    boxes.nth(1).click()
    window.get_by_text("More actions").click()
    due = window.locator("#bulk summary", has_text="Due date")
    due.click()
    for width in [390, 1360]:
        window.set_viewport_size({"width": width, "height": 800})
        assert faults(window) == []
    window.locator("#bulk").get_by_role("button", name="Another day").click()
    dialog = window.get_by_role("dialog", name="Set the due date of 2 orders?")
    day = dialog.get_by_label("Due date")
    expect(day).to_be_focused()
    for width in [390, 1360]:
        window.set_viewport_size({"width": width, "height": 800})
        assert faults(window) == []
    day.fill("2027-01-04")
    day.press("Enter")
    message = window.locator("#messages")
    expect(message).to_contain_text("Due on 4 Jan 2027: 2 changed.")
    expect(dialog).to_be_hidden()
    assert Order.objects.filter(due_on="2027-01-04").count() == 2
    window.keyboard.press("Control+z")
    expect(message).to_contain_text("Undone: Due on 4 Jan 2027: 2 set back.")
    assert not Order.objects.filter(due_on="2027-01-04").exists()
    # The list is drawn anew, and with it the bar of the selection.
    expect(window.locator("#results tbody")).not_to_contain_text("4 Jan")
    for place in (0, 1):
        boxes.nth(place).click()
    window.get_by_text("More actions").click()
    due.click()
    window.locator("#bulk").get_by_role("button", name="Tomorrow").click()
    expect(message).to_contain_text(": 2 changed.")
    assert Order.objects.exclude(due_on=None).count() == 2


def test_question_without_a_script_is_a_page_without_a_fault(open_as, kim, stock):
    window = open_as(kim, "/orders/?size=25&view=all", java_script_enabled=False)
    window.locator("#results tbody input[name=id]").first.check()
    bar = window.locator("#bulk")
    bar.get_by_text("More actions").click()
    bar.locator("summary", has_text="Due date").click()
    bar.get_by_role("button", name="Another day").click()
    heading = window.get_by_role("heading", name="Set the due date of 1 order?")
    expect(heading).to_be_visible()
    for width in [390, 1360]:
        window.set_viewport_size({"width": width, "height": 800})
        assert faults(window) == []


STYLE_FIELDS = """document.querySelectorAll("input, button, summary, tr").forEach(each => {
  each.style.caretColor = "transparent";
  each.style.caretColor = "";
})"""


def test_console_is_silent_where_something_else_has_styled_the_fields(
    open_as, kim, stock
):
    """Extensions of the browser do, and so do tools that take pictures of pages. What htmx hands on of it to
    what comes in place of the fields, the policy forbids with a message."""
    window = open_as(kim, "/orders/?size=25&view=all")
    message = window.locator("#messages")
    row = window.locator("#results tbody tr").first

    def act_in_row() -> None:
        row.locator("td.status button").click()
        window.locator("#row-menu").get_by_role("button", name="In progress").click()
        expect(message).to_contain_text("In progress")

    def act_on_selection() -> None:
        row.get_by_role("checkbox").check()
        window.get_by_text("More actions").click()
        window.locator("#bulk summary", has_text="Due date").click()
        window.locator("#bulk").get_by_role("button", name="Tomorrow").click()
        expect(message).to_contain_text(": 1 changed.")

    for act in [act_on_selection, act_in_row]:
        window.evaluate(STYLE_FIELDS)
        act()
        window.evaluate(STYLE_FIELDS)
        window.keyboard.press("Control+z")
        expect(message).to_contain_text("Undone:")
        window.evaluate(STYLE_FIELDS)
    window.get_by_role("link", name="Total").click()
    expect(window.locator("th.total[aria-sort$=ending]")).to_be_visible()
    window.evaluate(STYLE_FIELDS)
    window.get_by_role("link", name="Next").click()
    expect(window.locator("#results")).to_contain_text("26–30 of 30")
    window.wait_for_load_state("networkidle")
