"""The order list without a mouse."""

import pytest
from playwright.sync_api import expect

from tests.browser import IN_CHROMIUM

pytestmark = IN_CHROMIUM


@pytest.fixture
def window(open_as, ann, one):
    return open_as(ann)


def test_tab_leads_past_the_head_to_the_search(window):
    window.keyboard.press("Tab")
    expect(window.get_by_role("link", name="Skip to content")).to_be_focused()
    search = window.get_by_role("searchbox", name="Search orders")
    for _ in range(16):
        window.keyboard.press("Tab")
        if search.evaluate("box => box === document.activeElement"):
            break
    expect(search).to_be_focused()


def test_skip_link_leads_to_the_content(window):
    window.keyboard.press("Tab")
    window.keyboard.press("Enter")
    expect(window.locator("main")).to_be_focused()
    window.keyboard.press("Tab")
    expect(window.locator("main :focus")).to_have_count(1)


@pytest.mark.parametrize("key", ["Enter", "Space", "ArrowDown"])
def test_filter_menu_opens_by_key_and_escape_gives_the_focus_back(window, key):
    menu = window.locator(".filter-menu", has_text="Store").first
    summary = menu.locator("summary")
    summary.focus()
    window.keyboard.press(key)
    expect(menu).to_have_attribute("open", "")
    if key != "ArrowDown":
        window.keyboard.press("ArrowDown")
    expect(menu.get_by_role("button", name="All orders")).to_be_focused()
    window.keyboard.press("ArrowDown")
    window.keyboard.press("Space")
    expect(menu.get_by_label("Created in RO App")).to_be_checked()
    window.keyboard.press("ArrowUp")
    window.keyboard.press("ArrowUp")
    expect(menu.locator("input").last).to_be_focused()
    window.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(summary).to_be_focused()


def test_menu_closes_when_the_focus_leaves_it(window):
    menu = window.locator(".filter-menu", has_text="Store").first
    menu.locator("summary").focus()
    window.keyboard.press("Enter")
    expect(menu).to_have_attribute("open", "")
    window.get_by_role("searchbox").focus()
    expect(menu).not_to_have_attribute("open", "")


def test_more_actions_are_reached_from_a_selected_row(window):
    window.locator("#results tbody input[name=id]").focus()
    window.keyboard.press("Space")
    window.get_by_text("More actions").focus()
    window.keyboard.press("ArrowDown")
    expect(
        window.get_by_role("button", name="Update order", exact=True)
    ).to_be_focused()
    window.keyboard.press("Enter")
    expect(window.locator("#messages")).to_contain_text("1 order is being updated.")


def test_arrows_skip_what_a_closed_part_of_the_menu_hides(open_as, admin_user, one):
    window = open_as(admin_user)
    window.locator("#results tbody input[name=id]").check()
    window.get_by_text("More actions").focus()
    walked = []
    for _ in range(3):
        window.keyboard.press("ArrowDown")
        walked.append(window.evaluate("document.activeElement.textContent.trim()"))
    assert walked == ["Update order", "Change status", "Assign"]
    window.keyboard.press("ArrowUp")
    window.keyboard.press("Enter")
    window.keyboard.press("ArrowDown")
    expect(
        window.locator("#bulk").get_by_role("button", name="New", exact=True)
    ).to_be_focused()
    window.keyboard.press("Escape")
    expect(window.get_by_text("More actions")).to_be_focused()


def test_focus_stays_where_it_is_when_the_counts_come(window):
    link = window.get_by_role("navigation", name="Views").get_by_role(
        "link", name="My orders"
    )
    link.focus()
    with window.expect_response("**/orders/badges/*"):
        window.evaluate("document.body.dispatchEvent(new Event('reload'))")
    expect(window.locator("#badges.htmx-request")).to_have_count(0)
    expect(link).to_be_focused()


def test_narrow_window_has_the_main_navigation_behind_a_button(open_as, ann, one):
    window = open_as(ann, width=390)
    navigation = window.get_by_role("navigation", name="Main")
    expect(navigation).to_be_hidden()
    button = window.get_by_role("button", name="Menu")
    button.focus()
    window.keyboard.press("Enter")
    expect(navigation.get_by_role("link", name="Orders")).to_be_visible()
    assert window.evaluate("document.scrollingElement.scrollWidth") == 390
    window.keyboard.press("Escape")
    expect(navigation).to_be_hidden()
    expect(button).to_be_focused()
