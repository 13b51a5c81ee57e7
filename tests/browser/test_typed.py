"""What is typed on the pages of orders survives: answers that come meanwhile, what others do, leaving."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from orders.domain import attributes
from orders.domain.lines import remove_line
from orders.models import Order, OrderLine
from tests.browser import IN_CHROMIUM
from tests.support.orders import write_off_lines
from tests.support.stock import goods

pytestmark = IN_CHROMIUM
NEW = "/orders/create/"
SKUS = ["D-1", "B-1", "C-1", "E-1", "F-1"]
SLOW = {
    "offline": False,
    "latency": 700,
    "downloadThroughput": -1,
    "uploadThroughput": -1,
}


@pytest.fixture
def tom(db) -> User:
    tom = User.objects.create_user("tom", first_name="Tom")
    tom.groups.add(Group.objects.get(name="Manager"))
    return tom


@pytest.fixture
def five(db) -> list[str]:
    return [goods(f"Part {sku}", sku=sku).name for sku in SKUS]


def slow_down(page: Page) -> None:
    """From now on every answer takes 700 ms."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW)


def scan(page: Page, *texts: str) -> None:
    for text in texts:
        page.keyboard.type(text)
        page.keyboard.press("Enter")


def drafted(page: Page) -> list[str]:
    names = page.locator(".draft-line input[name$='-q']")
    return [names.nth(place).input_value() for place in range(names.count())]


def ask_what_is_new(page: Page) -> None:
    page.evaluate("document.body.dispatchEvent(new Event('live'))")


def test_what_is_typed_while_a_line_is_added_stays(open_as, kim):
    page = open_as(kim, NEW)
    slow_down(page)
    page.get_by_label("Product or service").fill("Cleaning")
    page.get_by_label("Price").fill("10")
    page.get_by_role("button", name="Add as text").click()
    page.get_by_label("Note").fill("Wet")
    page.get_by_label("Find a customer").fill("Ada")
    page.get_by_label("Due date").fill("2026-12-24")
    page.get_by_label("Product or service").press_sequentially("Glass")
    expect(page.locator(".draft-line")).to_have_count(1)
    expect(page.get_by_label("Note")).to_have_value("Wet")
    expect(page.get_by_label("Find a customer")).to_have_value("Ada")
    expect(page.get_by_label("Due date")).to_have_value("2026-12-24")
    expect(page.get_by_label("Product or service")).to_have_value("Glass")
    expect(page.get_by_label("Product or service")).to_be_focused()
    page.get_by_label("Find a customer").fill("")
    page.get_by_label("Product or service").fill("")
    page.get_by_role("button", name="Create order").click()
    expect(page.locator("#messages")).to_contain_text("was created.")
    order = Order.objects.get()
    assert (order.note, order.due_on) == ("Wet", date(2026, 12, 24))
    assert [line.name for line in order.lines.all()] == ["Cleaning"]


def test_what_is_typed_while_a_line_is_removed_moves_up_with_its_line(open_as, kim):
    page = open_as(kim, NEW)
    for name in ["First", "Second"]:
        page.get_by_label("Product or service").fill(name)
        page.locator("#new-line-price").fill("10")
        page.get_by_role("button", name="Add as text").click()
        expect(page.locator(".draft-line").last.get_by_label("Name")).to_have_value(
            name
        )
    slow_down(page)
    page.get_by_role("button", name="Remove First").click()
    page.locator("#line-1-q").fill("Second, wet")
    expect(page.locator(".draft-line")).to_have_count(1)
    assert drafted(page) == ["Second, wet"]


def test_scans_into_a_new_order_all_arrive(open_as, kim, five):
    page = open_as(kim, NEW)
    slow_down(page)
    scan(page, *SKUS)
    expect(page.locator(".draft-line")).to_have_count(5)
    assert drafted(page) == five
    expect(page.get_by_label("Product or service")).to_have_value("")
    expect(page.get_by_label("Product or service")).to_be_focused()


def test_scans_on_an_order_all_arrive_and_what_is_unknown_is_named(
    open_as, kim, five, made_here
):
    order = made_here()
    page = open_as(kim, order.get_absolute_url())
    slow_down(page)
    page.get_by_label("Product or service").click()
    scan(page, SKUS[0], SKUS[1], "X-9", *SKUS[2:], SKUS[4])
    expect(page.locator("#lines-table tbody")).to_have_count(6)
    expect(page.locator("#messages")).to_contain_text("Not added: X-9")
    expect(page.get_by_label("Product or service")).to_have_value("")
    names = order.lines.order_by("pk").values_list("name", flat=True)
    assert [*names] == [*five, five[-1]]


def test_second_enter_on_the_same_words_is_no_second_line(
    open_as, kim, five, made_here
):
    order = made_here()
    page = open_as(kim, order.get_absolute_url())
    slow_down(page)
    page.get_by_label("Product or service").click()
    scan(page, SKUS[0], "")
    expect(page.locator("#lines-table tbody")).to_have_count(1)
    page.wait_for_timeout(1_500)
    assert OrderLine.objects.count() == 1


def test_chosen_due_date_stays_when_an_assignee_is_picked(open_as, kim, tom, made_here):
    order = made_here()
    page = open_as(kim, order.get_absolute_url())
    page.get_by_label("Due date").fill("2026-12-24")
    page.locator("#assignee").select_option("Tom")
    expect(page.locator("#order-head")).to_contain_text("Tom")
    expect(page.get_by_label("Due date")).to_have_value("2026-12-24")
    page.locator(".due").get_by_role("button", name="Save").click()
    expect(page.locator("#feed")).to_contain_text("Due date")
    order.refresh_from_db()
    assert order.due_on == date(2026, 12, 24)


def test_kept_due_date_does_not_overwrite_anothers_unseen(open_as, kim, tom, made_here):
    order = made_here()
    page = open_as(kim, order.get_absolute_url())
    page.get_by_label("Due date").fill("2026-12-24")
    attributes.set_due(
        order.pk, date(2026, 12, 1), seen=None, by=tom, now=timezone.now()
    )
    page.locator("#assignee").select_option("Tom")
    expect(page.locator("#order-head")).to_contain_text("Tom")
    page.locator(".due").get_by_role("button", name="Save").click()
    expect(page.locator("#messages")).to_contain_text(
        "Somebody else has changed the due date to 1 Dec 2026."
    )
    order.refresh_from_db()
    assert order.due_on == date(2026, 12, 1)


def test_what_is_typed_stays_when_changes_of_others_are_shown(
    open_as, kim, tom, made_here
):
    order = made_here()
    OrderLine.objects.create(order=order, name="Repair", quantity=1, price=10, total=10)
    page = open_as(kim, order.get_absolute_url())
    page.get_by_label("Comment").fill("Called her")
    page.get_by_label("Product or service").fill("Glass")
    page.get_by_role("link", name="Edit Repair").click()
    edit = page.get_by_role("form", name="Edit Repair")
    edit.get_by_label("Name").fill("Repair of the glass")
    attributes.comment(order.pk, "Hello", by=tom, now=timezone.now())
    ask_what_is_new(page)
    page.locator("#live").get_by_role("link", name="show").click()
    expect(page.locator("#feed")).to_contain_text("Hello")
    expect(page.get_by_label("Comment")).to_have_value("Called her")
    expect(page.get_by_label("Product or service")).to_have_value("Glass")
    expect(edit.get_by_label("Name")).to_have_value("Repair of the glass")
    edit.get_by_role("button", name="Save").click()
    expect(page.locator("#lines-table")).to_contain_text("Repair of the glass")
    assert order.lines.get().price == Decimal(10)


def typed_on(page: Page) -> None:
    page.get_by_label("Comment").fill("Called her")
    page.get_by_label("Product or service").fill("Glass")
    page.get_by_label("Due date").fill("2026-12-24")
    page.get_by_role("link", name="Edit Repair").click()
    page.get_by_role("form", name="Edit Repair").get_by_label("Name").fill("Wet one")


def expect_typed_on(page: Page) -> None:
    edit = page.get_by_role("form", name="Edit Repair")
    expect(edit.get_by_label("Name")).to_have_value("Wet one")
    expect(page.get_by_label("Comment")).to_have_value("Called her")
    expect(page.get_by_label("Product or service")).to_have_value("Glass")
    expect(page.get_by_label("Due date")).to_have_value("2026-12-24")


@pytest.fixture
def repair(made_here) -> Order:
    order: Order = made_here()
    OrderLine.objects.create(order=order, name="Repair", quantity=1, price=10, total=10)
    return order


def test_what_is_typed_on_an_order_is_there_again_after_leaving_it(
    open_as, kim, repair, made_here
):
    page = open_as(kim, repair.get_absolute_url())
    typed_on(page)
    page.goto("/orders/")
    page.goto(made_here().get_absolute_url())
    expect(page.get_by_label("Comment")).to_have_value("")
    page.goto(repair.get_absolute_url())
    expect_typed_on(page)
    page.get_by_role("button", name="Add comment").click()
    expect(page.locator("#feed")).to_contain_text("Called her")
    page.goto("/orders/")
    page.goto(repair.get_absolute_url())
    expect(page.get_by_label("Product or service")).to_have_value("Glass")
    expect(page.get_by_label("Comment")).to_have_value("")


def test_form_that_was_refused_is_there_again_after_leaving_it(open_as, kim, repair):
    page = open_as(kim, repair.get_absolute_url())
    page.get_by_role("link", name="Edit Repair").click()
    edit = page.get_by_role("form", name="Edit Repair")
    edit.get_by_label("Name").fill("Wet one")
    edit.get_by_label("Price").fill("ten")
    edit.get_by_role("button", name="Save").click()
    expect(edit.get_by_role("alert")).to_be_visible()
    page.goto("/orders/")
    page.goto(repair.get_absolute_url())
    expect(edit.get_by_label("Name")).to_have_value("Wet one")
    expect(edit.get_by_label("Price")).to_have_value("ten")
    edit.get_by_label("Price").fill("12")
    edit.get_by_role("button", name="Save").click()
    expect(page.locator("#lines-table")).to_contain_text("Wet one")
    page.goto("/orders/")
    page.goto(repair.get_absolute_url())
    expect(page.locator("#lines-table")).to_contain_text("Wet one")
    page.wait_for_load_state("networkidle")
    expect(edit).to_have_count(0)


@pytest.mark.parametrize("is_left", [False, True])
def test_what_was_typed_on_a_line_that_is_removed_is_told(
    open_as, kim, tom, repair, is_left
):
    page = open_as(kim, repair.get_absolute_url())
    page.get_by_label("Comment").fill("Called her")
    page.get_by_role("link", name="Edit Repair").click()
    page.get_by_role("form", name="Edit Repair").get_by_label("Name").fill("Wet one")
    if is_left:
        page.goto("/orders/")
    remove_line(repair.pk, repair.lines.get().pk, by=tom, now=timezone.now())
    if is_left:
        page.goto(repair.get_absolute_url())
    else:
        ask_what_is_new(page)
        page.locator("#live").get_by_role("link", name="show").click()
    told = "What you had typed has no place here any more: Wet one"
    expect(page.locator("#messages")).to_contain_text(told)
    expect(page.get_by_label("Comment")).to_have_value("Called her")
    page.goto("/orders/")
    page.goto(repair.get_absolute_url())
    expect(page.get_by_label("Comment")).to_have_value("Called her")
    expect(page.locator("#messages")).not_to_contain_text("Wet one")


@pytest.mark.parametrize("is_left", [False, True])
def test_what_is_typed_while_its_form_is_saved_is_not_lost(
    open_as, kim, repair, is_left
):
    page = open_as(kim, repair.get_absolute_url())
    page.get_by_role("link", name="Write").click()
    note = page.locator("#note textarea")
    note.fill("Wet")
    slow_down(page)
    page.locator("#note").get_by_role("button", name="Save").click()
    note.fill("Wet, and bent")
    expect(page.locator("#feed")).to_contain_text("Wet")
    if is_left:
        page.goto("/orders/")
        page.goto(repair.get_absolute_url())
    expect(note).to_have_value("Wet, and bent")
    repair.refresh_from_db()
    assert repair.note == "Wet"
    page.locator("#note").get_by_role("button", name="Save").click()
    expect(note).to_have_count(0)
    page.wait_for_load_state("networkidle")
    expect(note).to_have_count(0)
    repair.refresh_from_db()
    assert repair.note == "Wet, and bent"


def test_letters_that_were_meant_for_a_form_that_closes_are_no_keys(
    open_as, kim, repair
):
    page = open_as(kim, repair.get_absolute_url())
    page.get_by_role("link", name="Write").click()
    note = page.locator("#note textarea")
    note.fill("Wet")
    slow_down(page)
    page.locator("#note").get_by_role("button", name="Save").click()
    note.focus()
    note.press_sequentially(", be")
    expect(note).to_have_count(0)
    page.keyboard.press("n")  # elsewhere the key for a new order
    expect(note).to_be_focused()
    page.keyboard.type("nt")
    expect(note).to_have_value("Wet, bent")
    expect(page).to_have_url(re.compile(f"{repair.get_absolute_url()}$"))


def test_what_is_typed_on_an_order_is_there_again_after_the_session(
    open_as, kim, repair
):
    kim.set_password("correct-horse-7")
    kim.save()
    page = open_as(kim, repair.get_absolute_url())
    typed_on(page)
    Session.objects.all().delete()
    page.get_by_role("button", name="Add comment").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    for password in ["wrong-horse-7", "correct-horse-7"]:
        page.locator("[name=username]").fill("kim")
        page.locator("[name=password]").fill(password)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_load_state()
    expect(page.get_by_role("heading", name="Log in")).to_have_count(0)
    page.goto(repair.get_absolute_url())
    expect_typed_on(page)
    assert not repair.events.filter(kind="comment").exists()


def test_nothing_that_was_typed_is_left_after_logging_out(open_as, kim, repair):
    page = open_as(kim, repair.get_absolute_url())
    typed_on(page)
    page.goto("/orders/")
    assert "Called her" in page.evaluate("JSON.stringify({...sessionStorage})")
    page.evaluate("document.querySelector('form[action=\"/logout/\"]').submit()")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.reload()
    assert "Called her" not in page.evaluate("JSON.stringify({...sessionStorage})")


def test_somebody_else_in_this_tab_does_not_get_what_was_typed(
    open_as, kim, tom, repair, live_server
):
    page = open_as(kim, repair.get_absolute_url())
    typed_on(page)
    page.goto("/orders/")
    log_in(page, tom, live_server.url)
    page.goto(repair.get_absolute_url())
    expect(page.get_by_role("button", name="Add comment")).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_label("Comment")).to_have_value("")


def log_in(page: Page, user: User, address: str) -> None:
    """As in another tab: with another session, and another proof for forms."""
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    cookies = {
        settings.SESSION_COOKIE_NAME: session,
        settings.CSRF_COOKIE_NAME: "a" * 32,
    }
    page.context.add_cookies(
        [{"name": name, "value": cookies[name], "url": address} for name in cookies]
    )


def test_what_is_typed_is_sent_after_logging_in_anew_in_another_tab(
    open_as, kim, repair, live_server
):
    page = open_as(kim, repair.get_absolute_url())
    page.get_by_label("Comment").fill("Called her")
    log_in(page, kim, live_server.url)
    page.context.new_page().goto("/orders/")
    page.bring_to_front()
    page.get_by_role("button", name="Add comment").click()
    expect(page.locator("#feed")).to_contain_text("Called her")


def test_nothing_is_sent_in_the_name_of_who_has_logged_in_meanwhile(
    open_as, kim, tom, repair, live_server, complaints
):
    page = open_as(kim, repair.get_absolute_url())
    page.get_by_label("Comment").fill("Called her")
    log_in(page, tom, live_server.url)
    page.context.new_page().goto("/orders/")
    page.bring_to_front()
    page.get_by_role("button", name="Add comment").click()
    expect(page.locator("#messages")).to_contain_text("Open the page again")
    expect(page.get_by_label("Comment")).to_have_value("Called her")
    assert not repair.events.filter(kind="comment").exists()
    complaints.clear()


@pytest.mark.parametrize("field", ["Price", "Quantity"])
def test_enter_in_a_number_adds_the_free_line(open_as, kim, repair, field):
    goods("Glass, tempered", sku="G-1")
    for path in [NEW, repair.get_absolute_url()]:
        page = open_as(kim, path)
        page.locator("#new-line-q").fill("Glass")
        page.locator("#new-line-price").fill("10")
        page.locator("#new-line-quantity").fill("2")
        page.locator(f"#new-line-{field.lower()}").press("Enter")
        expect(page.locator("#new-line-q")).to_have_value("")
        expect(page.locator("#messages .message")).to_have_count(0)
        added = ".draft-line" if path == NEW else "#lines-table tbody:has-text('Glass')"
        expect(page.locator(added)).to_have_count(1)
    line = repair.lines.get(name="Glass")
    assert (line.quantity, line.price, line.product) == (2, 10, None)


def test_write_off_of_a_page_that_is_stale_shows_the_lines_as_they_are(
    open_as, kim, tom, repair
):
    OrderLine.objects.create(
        order=repair, product=goods("Glass"), name="Glass", quantity=1, price=1, total=1
    )
    page = open_as(kim, repair.get_absolute_url())
    write_off_lines(repair, by=tom)
    page.get_by_role("button", name="Write off all").click()
    expect(page.locator("#messages")).to_contain_text("nothing left to write off")
    expect(page.locator("#lines-table .tag")).to_have_text(["Written off"] * 2)
    expect(page.get_by_role("button", name="Reverse the write-off")).to_have_count(2)


def test_back_after_creating_an_order_begins_another_one(open_as, kim):
    page = open_as(kim, NEW)
    page.get_by_label("Note").fill("Wet")
    page.get_by_role("button", name="Create order").click()
    expect(page.locator("#messages")).to_contain_text("was created.")
    page.go_back()
    expect(page.get_by_role("heading", name="New order")).to_be_visible()
    expect(page.get_by_label("Note")).to_have_value("")
    page.get_by_role("button", name="Create order").click()
    expect(page.locator("#messages")).to_contain_text("The order is empty.")
    assert Order.objects.count() == 1
    # What is typed now is another order, and is kept as one.
    page.get_by_label("Note").fill("Dry")
    page.get_by_role("button", name="Create order").click()
    expect(page.locator("#messages")).to_contain_text("was created.")
    assert Order.objects.count() == 2


def test_name_of_a_view_is_typed_at_once_and_no_letter_is_a_key(open_as, kim, repair):
    page = open_as(kim, "/orders/?group=new")
    page.get_by_text("Save view", exact=True).first.click()
    name = page.locator("#new-view-name")
    expect(name).to_be_focused()
    page.keyboard.type("new ones")
    expect(name).to_have_value("new ones")
    page.locator(".view-acts summary").focus()
    page.keyboard.press("n")
    page.wait_for_timeout(500)
    expect(page.locator("#results")).to_be_visible()
