"""The order list holds still: widths, heights and menus, with long German words and every column."""

import re
from itertools import zip_longest

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from orders.domain.labels import FULFILMENT, PAYMENT
from orders.models import Order, OrderLine, Preferences, Status
from orders.models.order import WriteOff
from orders.order_list.columns import COLUMNS
from orders.order_list.counts import forget
from orders.order_list.saved_views import create_view
from tests.browser import IN_CHROMIUM
from tests.browser.inspection import look_at

pytestmark = IN_CHROMIUM
ROWS = "#results tbody tr"
LONG = "Warten auf Ersatzteile des Lieferanten"


@pytest.fixture
def difficult(kim, stock):
    """Long words, nine-digit totals, and every third order cancelled and refunded at its store."""
    Status.objects.filter(name="New").update(name=LONG)
    Order.objects.update(total=123456789, assignee=kim)
    for order in Order.objects.order_by("pk")[::3]:
        Order.objects.filter(pk=order.pk).update(
            customer_name=f"{LONG} {order.pk}",
            cancelled_at=order.placed_at,
            gone_at=order.placed_at,
            payment="partially_refunded",
        )
    Preferences.objects.create(user=kim, language="de")
    return kim


def widths(window) -> list[int]:
    script = "[...document.querySelectorAll('#results th')].map(th => th.offsetWidth)"
    return list(window.evaluate(script))


def heights(window) -> set[int]:
    script = f"[...document.querySelectorAll('{ROWS}')].map(row => row.offsetHeight)"
    return set(window.evaluate(script))


def test_widths_and_heights_do_not_depend_on_what_is_there(open_as, difficult):
    window = open_as(difficult, "/orders/?view=all", height=768)
    before = widths(window)
    assert heights(window) == {48}
    window.get_by_role("searchbox").first.fill("battery")
    expect(window.locator(ROWS)).to_have_count(10)
    assert widths(window) == before
    Preferences.objects.update(
        density="compact", columns=[column.key for column in COLUMNS]
    )
    window.goto("/orders/?view=all")
    assert heights(window) == {30}
    script = f"""(bottom => [...document.querySelectorAll('{ROWS}')]
        .filter(row => row.getBoundingClientRect().bottom <= Math.min(bottom, innerHeight))
        .length)(document.querySelector('.table-box').getBoundingClientRect().bottom)"""
    assert window.evaluate(script) >= 16
    assert window.evaluate("document.scrollingElement.scrollWidth") == 1360


def test_marks_and_reasons_are_readable_and_rows_keep_their_height(open_as, difficult):
    Order.objects.update(needs_attention=True)
    (sku,) = set(
        OrderLine.objects.filter(name__icontains="battery").values_list(
            "sku", flat=True
        )
    )
    search = f"/orders/?q={sku}%20buyer"
    window = open_as(difficult, "/orders/?view=all", height=768)
    before = widths(window)
    look_at(window, search)
    reasons = window.locator(f"{ROWS} td.items .reason")
    expect(reasons).to_have_text([f"SKU {sku}"] * window.locator(ROWS).count())
    expect(window.locator(f"{ROWS} .reason mark").first).to_be_in_viewport()
    assert (heights(window), widths(window)) == ({48}, before)
    Preferences.objects.update(density="compact")
    window.goto(search)
    expect(reasons.first).to_be_in_viewport()
    assert heights(window) == {30}
    Preferences.objects.update(columns=["number", "created"], density="comfortable")
    window.goto(search)
    expect(window.locator(f"{ROWS} td.number .reason").first).to_be_visible()
    assert heights(window) == {48}


def test_menu_of_the_last_row_fits_and_the_row_opens_its_order(open_as, difficult):
    window = open_as(difficult, "/orders/?view=all", height=768)
    last = window.locator(ROWS).last
    last.scroll_into_view_if_needed()
    last.locator("td.status button").click()
    panel = window.locator("#row-menu .menu-panel")
    expect(panel).to_be_visible()
    top, bottom = panel.evaluate(
        "panel => (({top, bottom}) => [top, bottom])(panel.getBoundingClientRect())"
    )
    assert 0 <= top < bottom <= 768
    window.keyboard.press("Escape")
    number = last.locator("td.number a").inner_text()
    last.locator("td.items").click()
    expect(window).to_have_url(re.compile(rf"/orders/{number}/$"))


BROKEN = """[...document.querySelectorAll('#results th')].filter(th => {
  const range = document.createRange();
  const words = document.createTreeWalker(th, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    for (const { index, 0: word } of words.currentNode.data.matchAll(/[^\\s-]+/g)) {
      range.setStart(words.currentNode, index);
      range.setEnd(words.currentNode, index + word.length);
      const { right } = range.getBoundingClientRect();
      if (range.getClientRects().length > 1 || right > th.getBoundingClientRect().right) return true;
    }
  }
  return false;
}).map(th => th.innerText)"""
"""Headings with a word that is broken or does not fit."""


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("width", [1280, 1360])
def test_headings_are_whole_words(open_as, difficult, language, width):
    Preferences.objects.update(language=language)
    window = open_as(difficult, "/orders/?view=all", width=width)
    assert window.evaluate(BROKEN) == []
    Preferences.objects.update(columns=[column.key for column in COLUMNS])
    window.goto("/orders/?view=all")
    assert window.evaluate(BROKEN) == []


def test_all_columns_scroll_beside_number_status_and_total(open_as, difficult):
    Preferences.objects.update(columns=[column.key for column in COLUMNS])
    window = open_as(difficult, "/orders/?view=all", height=768)
    window.locator(".table-box").evaluate("box => box.scrollTo(9999, 600)")
    row = window.locator(ROWS).nth(15)
    for key in ["number", "status", "total", "assignee"]:
        expect(window.locator(f"#results th.{key}")).to_be_in_viewport(ratio=1)
        expect(row.locator(f"td.{key}")).to_be_in_viewport(ratio=1)
    expect(row.locator("td.type")).not_to_be_in_viewport()
    assert window.evaluate("document.scrollingElement.scrollWidth") == 1360
    place = "box => [box.scrollLeft, box.scrollTop]"
    left = window.locator(".table-box").evaluate(place)
    assert left[0] > 300
    row.locator("td.number a").evaluate("link => link.click()")
    window.locator(".back").click()
    expect(row.locator("td.number a")).to_be_focused()
    assert window.locator(".table-box").evaluate(place) == left


CUT_STATES = f"""[...document.querySelectorAll('{ROWS} td:is(.payment, .fulfilment, .at-store, .write-off)')]
  .filter(cell => [cell, ...cell.querySelectorAll(".tags, .tag, span")]
    .some(each => each.scrollWidth > each.clientWidth && each.clientWidth))
  .map(cell => `${{cell.className}}: ${{cell.innerText}}`)"""


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("width", [1280, 1360])
@pytest.mark.parametrize(
    "columns",
    [
        [column.key for column in COLUMNS],
        ["number", "customer", "items", "payment", "fulfilment", "at-store"],
        ["number", "status", "items", "total", "payment", "write-off"],
    ],
)
def test_states_are_whole(open_as, difficult, language, width, columns):
    Preferences.objects.update(language=language, columns=columns)
    pks = Order.objects.order_by("pk").values_list("pk", flat=True)
    states = zip_longest(pks, PAYMENT, FULFILMENT, WriteOff)
    for pk, payment, fulfilment, write_off in states:
        Order.objects.filter(pk=pk).update(
            payment=payment or "partially_refunded",
            fulfilment=fulfilment or "",
            write_off=write_off or WriteOff.NOTHING,
            cancelled_at=None,
            gone_at=None,
            totals_differ=True,
        )
    window = open_as(difficult, "/orders/?view=all", width=width)
    assert window.evaluate(CUT_STATES) == []
    assert heights(window) == {48}
    Order.objects.update(cancelled_at=timezone.now(), gone_at=timezone.now())
    window.reload()
    assert heights(window) == {48}


MENUS = ".filters > details"


@pytest.mark.parametrize(("width", "lines"), [(768, 2), (820, 2), (1280, 1)])
def test_filters_take_few_lines_and_no_panel_is_cut(open_as, difficult, width, lines):
    window = open_as(difficult, "/orders/?view=all", width=width)
    tops = f"[...document.querySelectorAll('{MENUS}')].map(menu => menu.offsetTop)"
    assert len(set(window.evaluate(tops))) == lines
    for menu in window.locator(MENUS).all():
        menu.locator("summary").first.click()
        panel = menu.locator(".menu-panel").first
        expect(panel).to_be_visible()
        left, right = panel.evaluate(
            "panel => (({left, right}) => [left, right])(panel.getBoundingClientRect())"
        )
        assert 0 <= left < right <= width


def test_button_for_free_text_is_inside_of_its_box(open_as, ann, difficult):
    Preferences.objects.create(user=ann, language="de")
    window = open_as(ann, "/orders/create/")
    for width in [390, 820, 1360]:
        window.set_viewport_size({"width": width, "height": 700})
        inside = window.locator("[name=free]").evaluate(
            """button => button.scrollWidth <= button.clientWidth
               && button.getBoundingClientRect().right
                  <= button.closest('.card').getBoundingClientRect().right"""
        )
        assert inside, width


WATCH_SHIFTS = """
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const each of list.getEntries()) if (!each.hadRecentInput) shifts.push(each.value);
  }).observe({ type: "layout-shift", buffered: true });
"""


def test_nothing_shifts_at_load_search_status_and_update(open_as, kim, stock, work):
    window = open_as(kim, "/orders/?view=all", height=768)
    window.add_init_script(WATCH_SHIFTS)

    def assert_still() -> None:
        window.wait_for_timeout(700)  # what comes by itself after an act, and settles
        assert window.evaluate("shifts") == []

    with window.expect_response("**/orders/badges/*"):
        window.reload()
    assert_still()
    window.get_by_role("searchbox").first.press_sequentially("battery", delay=20)
    expect(window.locator(ROWS)).to_have_count(10)
    assert_still()
    row = window.locator(ROWS).nth(2)
    row.locator("td.status button").click()
    window.locator("#row-menu").get_by_role("button", name="In progress").click()
    expect(row.locator("td.status button")).to_contain_text("In progress")
    expect(row.locator("td.items mark")).to_have_text("battery", ignore_case=True)
    assert_still()
    row.get_by_role("checkbox").check()
    window.get_by_text("More actions").click()
    window.get_by_role("button", name="Update order", exact=True).click()
    expect(window.locator("#messages")).to_contain_text("1 order is being updated.")
    assert_still()
    work()
    expect(row.locator(".outcome")).to_contain_text("unchanged")
    assert_still()


PLACES = """[...document.querySelectorAll('#badges a, #badges .number')].map(each => {
  const { left, top, width, height } = each.getBoundingClientRect();
  return [left, top, width, height].map(Math.round);
})"""


@pytest.mark.parametrize("number", [0, 99, 100])
def test_tabs_stay_where_they_are_once_counted(
    open_as, kim, connection, monkeypatch, number
):
    """Before that, the room of each number is seen."""
    monkeypatch.setattr(
        "orders.order_list.badges.count_up_to", lambda *_args, **_more: number
    )
    forget()
    create_view("Due in the next seven days", "due=week", is_shared=True, by=kim)
    window = open_as(kim)
    window.route("**/orders/badges/*", lambda _route: None)
    window.goto("/orders/?view=all")
    before = window.evaluate(PLACES)
    assert len(before) == 6 + 5
    assert min(height for _left, _top, _width, height in before) == 20
    window.unroute("**/orders/badges/*")
    window.evaluate("document.body.dispatchEvent(new Event('recount'))")
    said = {0: "0", 99: "99", 100: "99+"}[number]
    expect(window.locator("#badges .number")).to_have_text([said] * 5)
    assert window.evaluate(PLACES) == before


def test_a_wide_window_gives_its_room_to_texts(open_as, difficult):
    window = open_as(difficult, "/orders/?view=all")
    names = "[...document.querySelectorAll('#results th')].map(th => th.className)"
    keys = window.evaluate(names)
    before = dict(zip(keys, widths(window), strict=True))
    window.set_viewport_size({"width": 1920, "height": 900})
    grown = {
        key: now - before[key] for key, now in zip(keys, widths(window), strict=True)
    }
    assert [grown[key] for key in ["number", "external", "total", "due"]] == [0] * 4
    assert max(grown, key=lambda key: grown[key]) == "items"
    assert grown["items"] > 200
