"""The order list at work: filters, search, sort, pages and the selection, without a page being loaded
anew."""

import re
from datetime import date

import pytest
from django.contrib.auth.models import Permission
from playwright.sync_api import expect

from orders.models import Order, Status
from tests.browser import IN_CHROMIUM
from tests.browser.holding import hold
from tests.browser.inspection import faults

pytestmark = IN_CHROMIUM
ROWS = "#results tbody tr"
CHECKED = "#results tbody input[name=id]:checked"


@pytest.fixture
def window(open_as, ann, stock, request):
    """The list in a window of someone who may work; it notices if it is loaded anew."""
    window = open_as(ann, getattr(request, "param", "/orders/"))
    window.evaluate("window.isTheSame = true")
    yield window
    assert window.evaluate("window.isTheSame")


def externals(window) -> list[str]:
    return window.locator(f"{ROWS} .external").all_inner_texts()


@pytest.fixture
def held(window) -> list:
    """Requests for the results, which wait until the test lets them go on."""
    return hold(window, "**/orders/?*")


def wait_for(window, held, count: int) -> None:
    for _ in range(500):
        if len(held) >= count:
            return
        window.wait_for_timeout(20)
    pytest.fail(f"{len(held)} requests, not {count}")


RELOAD = "htmx.trigger(document.body, 'reload')"
"""As after an act of this tab."""


def pick(window, menu: str, choice: str) -> None:
    window.locator("summary", has_text=re.compile(rf"^\s*{menu}")).click()
    words = window.get_by_text(choice, exact=True)  # beside it stands a number
    window.locator("details[open] label", has=words).locator("input").check()


def box(window, external: str):
    return window.locator(ROWS, has_text=external).locator("input[name=id]")


def test_pressing_the_words_of_a_choice_chooses_it(window):
    window.locator("summary", has_text=re.compile(r"^\s*Store")).click()
    window.locator("label", has_text="From connected integrations").click()
    expect(window).to_have_url(re.compile(r"/orders/\?store=connected$"))
    expect(window.locator("details[open] input:checked")).to_have_count(1)


def test_customer_is_looked_for_in_a_menu_and_filters_beside_what_filters_already(
    open_as, ann, stock
):
    ann.user_permissions.add(Permission.objects.get(codename="view_customer"))
    window = open_as(ann)
    customer = Order.objects.get(external_number="#1001").customer
    theirs = Order.objects.filter(customer=customer).count()
    pick(window, "Store", "Gadget Garage")
    expect(window).to_have_url(re.compile(r"/orders/\?store=\d+$"))
    window.locator("#customer-menu > summary").click()
    window.get_by_role("searchbox", name="Find a customer").press_sequentially(
        customer.name[:7]
    )
    window.keyboard.press("Enter")  # perhaps before anybody is found
    expect(window).to_have_url(
        re.compile(rf"/orders/\?store=\d+&customer={customer.pk}$")
    )
    expect(window.locator(ROWS)).to_have_count(theirs)
    expect(window.get_by_role("list", name="Active filters")).to_contain_text(
        customer.name
    )
    expect(window.locator("#chosen-customer")).to_have_text("1")
    expect(window.locator("#customer-menu[open]")).to_have_count(0)
    window.get_by_label(f"Remove filter Customer {customer.name}").click()
    expect(window).to_have_url(re.compile(r"/orders/\?store=\d+$"))


def test_store_filter_narrows_the_list_and_back_restores_it(window):
    here = Order.objects.get(external_number="#1001")
    Order.objects.filter(pk=here.pk).update(
        store=None, external_id="", external_number=""
    )
    expect(window.locator(ROWS)).to_have_count(30)
    pick(window, "Store", "Created in RO App")
    expect(window.locator(ROWS)).to_have_count(1)
    expect(window.locator(ROWS)).to_contain_text(str(here.pk))
    expect(window).to_have_url(re.compile(r"/orders/\?store=here$"))
    expect(window.get_by_role("list", name="Active filters")).to_contain_text(
        "Created in RO App"
    )
    window.keyboard.press("Escape")
    pick(window, "Store", "Gadget Garage")
    expect(window.locator(ROWS)).to_have_count(30)
    window.evaluate("window.isTheSame = 1")
    window.go_back()
    expect(window).to_have_url(re.compile(r"/orders/\?store=here$"))
    expect(window.locator(ROWS)).to_have_count(1)
    expect(window.locator("input[name=store][value=here]")).to_be_checked()
    window.go_back()
    expect(window).to_have_url(re.compile(r"/orders/\?view=all$"))
    expect(window.locator(ROWS)).to_have_count(30)
    expect(window.locator("input[name=store]:checked")).to_have_count(0)
    window.evaluate("window.isTheSame = true")


def test_chips_take_filters_away_one_by_one_and_all_at_once(open_as, ann, stock):
    window = open_as(ann, "/orders/?store=connected&q=Buyer0&attention=1")
    expect(window.get_by_role("heading", name="No order matches")).to_be_visible()
    window.get_by_role("link", name="Remove filter Needs attention").click()
    expect(window.locator(ROWS)).to_have_count(10)
    window.get_by_role("link", name="Clear all").click()
    expect(window.locator(ROWS)).to_have_count(30)
    expect(window.get_by_role("searchbox")).to_have_value("")


def test_search_answers_while_one_types(window):
    search = window.get_by_role("searchbox", name="Search orders")
    search.press_sequentially("buyer07", delay=15)
    expect(window.locator(ROWS)).to_have_count(1)
    assert externals(window) == ["#1008"]
    expect(search).to_be_focused()
    expect(window).to_have_url(re.compile(r"\?q=buyer07$"))
    search.fill("nobody is called that")
    expect(window.get_by_role("heading", name="No order matches")).to_be_visible()
    search.fill("")
    expect(window.locator(ROWS)).to_have_count(30)
    expect(window).to_have_url(re.compile(r"/orders/\?view=all$"))


def test_column_sorts_both_ways_and_says_so(window):
    heading = window.get_by_role("columnheader", name="Total")
    expect(window.get_by_role("columnheader", name="Created")).to_have_attribute(
        "aria-sort", "descending"
    )
    expect(heading).to_have_attribute("aria-sort", "none")
    heading.get_by_role("link").click()
    expect(heading).to_have_attribute("aria-sort", "descending")
    expect(window.get_by_role("columnheader", name="Created")).to_have_attribute(
        "aria-sort", "none"
    )
    expect(heading.get_by_role("link")).to_be_focused()
    assert externals(window)[0] == "#1030"
    heading.get_by_role("link").click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    assert externals(window)[0] == "#1001"


@pytest.mark.parametrize("window", ["/orders/?size=25"], indirect=True)
def test_next_page_and_back(window):
    assert externals(window)[:1] + externals(window)[-1:] == ["#1030", "#1006"]
    window.get_by_role("link", name="Next").click()
    expect(window.locator(ROWS)).to_have_count(5)
    assert externals(window) == ["#1005", "#1004", "#1003", "#1002", "#1001"]
    expect(window.get_by_role("link", name="Next")).to_have_count(0)
    window.get_by_role("link", name="Previous").click()
    expect(window.locator(ROWS)).to_have_count(25)
    assert externals(window)[0] == "#1030"


@pytest.mark.parametrize("window", ["/orders/?size=25"], indirect=True)
def test_selection_of_a_range_the_page_and_all_that_match(window):
    count = window.locator("#selected-count")
    expect(window.get_by_role("form", name="Selected orders")).to_be_hidden()
    box(window, "#1028").click()
    box(window, "#1023").click(modifiers=["Shift"])
    expect(window.locator(CHECKED)).to_have_count(6)
    expect(count).to_have_text("6")
    box(window, "#1025").click()
    box(window, "#1027").click(modifiers=["Shift"])
    expect(count).to_have_text("3")
    page = window.get_by_role("checkbox", name="Select all orders on this page")
    assert page.evaluate("box => box.indeterminate")
    expect(window.get_by_label("Select all 30 matching")).to_be_hidden()
    page.click()
    expect(window.locator(CHECKED)).to_have_count(25)
    expect(count).to_have_text("25")
    window.get_by_label("Select all 30 matching").check()
    expect(count).to_have_text("30")
    box(window, "#1010").click()
    expect(count).to_have_text("24")
    window.get_by_role("button", name="Clear selection").click()
    expect(window.locator(CHECKED)).to_have_count(0)
    expect(window.get_by_role("form", name="Selected orders")).to_be_hidden()


def test_chosen_columns_are_shown(open_as, ann, stock):
    window = open_as(ann)
    window.locator("summary", has_text="Display").click()
    window.get_by_role("checkbox", name="Items", exact=True).uncheck()
    window.get_by_role("button", name="Show", exact=True).click()
    expect(window.get_by_role("columnheader", name="Total")).to_be_visible()
    expect(window.get_by_role("columnheader", name="Items")).to_have_count(0)


def test_columns_are_moved_by_buttons_and_by_keys(open_as, ann, stock):
    window = open_as(ann)
    window.locator("summary", has_text="Display").click()
    button = window.get_by_role("button", name="Move up: Total")
    button.click()
    expect(button).to_be_focused()
    button.click()
    status = window.get_by_role("checkbox", name="Status", exact=True)
    status.focus()
    window.keyboard.press("Alt+ArrowDown")
    expect(status).to_be_focused()
    # Whoever is at the end has nowhere to go.
    window.get_by_role("checkbox", name="Type", exact=True).focus()
    window.keyboard.press("Alt+ArrowUp")
    expect(window.get_by_role("button", name="Move up: Type")).to_be_hidden()
    assert faults(window) == []
    window.keyboard.press("Enter")
    expect(window.get_by_role("columnheader", name="Number")).to_be_visible()
    found = window.locator("#results thead th:not(.select)")
    expect(found).to_contain_text(
        ["Number", "Type", "Status", "Store", "External ID", "Total", "Customer"]
    )


def test_who_may_only_read_gets_no_checkboxes_but_the_name_of_the_permission(
    open_as, bob, stock
):
    window = open_as(bob)
    expect(window.locator(ROWS)).to_have_count(30)
    expect(window.locator("#results input[type=checkbox]")).to_have_count(0)
    expect(window.get_by_text("More actions")).to_have_count(0)
    expect(window.locator("#results")).to_contain_text(
        "Can add products without write-off"
    )
    window.goto(Order.objects.first().get_absolute_url())
    expect(window.get_by_role("button", name="Update")).to_have_count(0)
    expect(window.get_by_role("main")).to_contain_text(
        "Can add products without write-off"
    )


def test_dates_that_end_before_they_begin_say_so_where_they_are_entered(window):
    wrong = window.locator("#dates-error")
    window.locator(".filters summary", has_text="Created").click()
    first, last = window.locator("[name=from]"), window.locator("[name=to]")
    first.fill("2026-03-02")
    last.fill("2026-03-01")
    expect(wrong).to_have_text("The last day is before the first.")
    expect(wrong).to_be_in_viewport()
    expect(window.locator("#results .empty p")).to_have_text(
        "The last day is before the first."
    )
    assert faults(window) == []
    last.fill("2026-03-02")
    expect(wrong).to_be_hidden()
    expect(window.locator("#results .empty p")).to_have_text(
        "Try other words, or remove a filter."
    )


def test_bar_of_a_selection_that_offers_all_is_without_a_fault(open_as, ann, stock):
    window = open_as(ann, "/orders/?view=all&size=25")
    window.locator("#select-page").check()
    expect(window.locator("#select-all")).to_be_visible()
    for width in [390, 1360]:
        window.set_viewport_size({"width": width, "height": 900})
        assert faults(window) == []


def said(window) -> set[str]:
    """The texts of the page as a screen reader has them, with what the stylesheet writes."""
    session = window.context.new_cdp_session(window)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    return {
        each["name"]["value"].strip()
        for each in nodes
        if each.get("role", {}).get("value") == "StaticText"
    }


def test_selection_is_acted_on_without_a_script(open_as, kim, stock):
    window = open_as(kim, "/orders/?view=all&size=25", java_script_enabled=False)
    bar = window.locator("#bulk")
    expect(bar).to_be_hidden()
    expect(window.locator("#select-page")).to_be_hidden()
    boxes = window.locator("#results tbody input[name=id]")
    for place in [0, 1, 3]:
        boxes.nth(place).check()
    expect(bar).to_be_visible()
    bar.get_by_role("button", name="Clear selection").click()
    expect(bar).to_be_hidden()
    chosen = [boxes.nth(place).get_attribute("value") for place in [1, 2]]
    for place in [1, 2]:
        boxes.nth(place).check()
    assert {"2", "selected"} <= said(window)
    bar.get_by_text("More actions").click()
    bar.get_by_text("Change status").click()
    bar.get_by_role("button", name="In progress", exact=True).click()
    expect(window.locator("#messages")).to_contain_text("2 changed")
    changed = Order.objects.filter(status__name="In progress").order_by("-pk")
    assert [str(pk) for pk in changed.values_list("pk", flat=True)] == chosen


def test_without_a_script_nothing_in_a_row_looks_as_if_it_opened_a_menu(
    open_as, kim, stock
):
    openers = "#results [data-menu]"
    chevrons = f"{openers} > svg"
    looks = """buttons => buttons.map(button => {
        const { pointerEvents, cursor } = getComputedStyle(button);
        return pointerEvents === "none" || cursor !== "pointer";
    })"""
    path = "/orders/?view=all&columns=status,due,assignee&size=25"
    plain = open_as(kim, path, java_script_enabled=False)
    assert plain.locator(openers).count() >= 3
    assert set(plain.locator(openers).evaluate_all(looks)) == {True}
    expect(plain.locator(chevrons).first).to_be_hidden()
    plain.locator("#results tbody td.number a").first.click()
    expect(plain.locator("#status-menu")).to_be_visible()

    scripted = open_as(kim, path)
    expect(scripted.locator(chevrons).first).to_be_visible()
    assert set(scripted.locator(openers).evaluate_all(looks)) == {False}


@pytest.mark.parametrize("is_open_before", [True, False])
@pytest.mark.parametrize(
    ("kind", "choice", "values", "standing"),
    [
        ("days", "Tomorrow", {"due_on": date(2031, 1, 7)}, "due date to 7 Jan 2031"),
        ("people", "Nobody", {"assignee": "kim"}, "assignee to Kim"),
        ("statuses", "Ready", {"status": "In progress"}, "status to “In progress”"),
    ],
)
def test_value_that_somebody_else_has_set_meanwhile_is_not_replaced_from_its_row(
    open_as, ann, kim, made_here, is_open_before, kind, choice, values, standing
):
    known = {"kim": kim, "In progress": Status.objects.get(name="In progress")}
    order = made_here(assignee=ann)
    page = open_as(ann, "/orders/?view=all&columns=status,due,assignee")
    opener = page.locator(f"#order-{order.pk} [data-menu={kind}]")
    menu = page.locator("#row-menu")
    if is_open_before:
        opener.click()
        expect(menu.locator(".menu-item").first).to_be_visible()
    set_now = {name: known.get(value, value) for name, value in values.items()}
    Order.objects.filter(pk=order.pk).update(**set_now)
    if not is_open_before:
        opener.click()
    menu.get_by_role("button", name=choice).first.click()
    expect(page.locator("#messages")).to_contain_text(
        f"Somebody else has changed the {standing}. It was left as it is."
    )
    assert Order.objects.filter(pk=order.pk, **set_now).exists()


def test_what_one_asks_for_is_shown_whatever_was_on_its_way(window, held):
    """The page asked for itself after an act, and its answer would have come first, or last."""
    window.evaluate(RELOAD)
    wait_for(window, held, 1)
    window.get_by_role("link", name="Total").click()
    wait_for(window, held, 2)
    asked_by_page, clicked = held
    clicked.continue_()
    expect(window.locator("th.total")).to_have_attribute("aria-sort", "descending")
    assert asked_by_page.request.failure == "net::ERR_ABORTED"
    expect(window).to_have_url(re.compile(r"/orders/\?sort=-total$"))


def test_rows_are_drawn_again_after_what_was_on_its_way_when_an_act_was_done(
    window, held
):
    window.get_by_role("link", name="Total").click()
    wait_for(window, held, 1)
    window.evaluate(RELOAD)
    window.evaluate(RELOAD)
    held[0].continue_()
    wait_for(window, held, 2)
    assert "sort=-total" in held[1].request.url
    held[1].continue_()
    expect(window.locator("th.total")).to_have_attribute("aria-sort", "descending")
    expect(window.locator(ROWS)).to_have_count(30)
    assert len(held) == 2


def test_heading_that_is_pressed_beside_a_search_sorts_what_is_found(window, held):
    box = window.get_by_role("searchbox", name="Search orders")
    box.fill("Display")
    wait_for(window, held, 1)
    window.get_by_role("link", name="Total").click()
    window.get_by_role("link", name="Number").click()
    held[0].continue_()
    wait_for(window, held, 2)
    held[1].continue_()
    expect(window).to_have_url(re.compile(r"/orders/\?q=Display&sort=-number$"))
    expect(window.locator("th.number")).to_have_attribute("aria-sort", "descending")
    expect(box).to_have_value("Display")


def test_search_that_is_typed_while_a_heading_is_on_its_way_is_sorted_by_it(
    window, held
):
    window.get_by_role("link", name="Total").click()
    wait_for(window, held, 1)
    window.get_by_role("searchbox", name="Search orders").fill("Display")
    for count in (2, 3):
        wait_for(window, held, count)
        held[-1].continue_()
    expect(window).to_have_url(re.compile(r"/orders/\?q=Display&sort=-total$"))
    expect(window.locator("th.total")).to_have_attribute("aria-sort", "descending")
