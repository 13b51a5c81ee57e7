"""Update order as it is seen: the answer in words, rows that change by themselves, and the wait until it is
possible again."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from fakeshop import faults
from orders.models import Order, OrderType, Refresh, RefreshOutcome, Status
from tests.browser import IN_CHROMIUM

pytestmark = IN_CHROMIUM


@pytest.fixture
def made_here(db) -> Order:
    return Order.objects.create(
        order_type=OrderType.objects.get(name="Repair"),
        status=Status.objects.get(name="New"),
        placed_at=timezone.now(),
    )


@pytest.fixture
def imported(one) -> Order:
    return Order.objects.get(external_id=one.id)


def row_of(window, order: Order):
    return window.locator(f"#order-{order.pk}")


def update_order(window, *orders: Order) -> None:
    for order in orders:
        row_of(window, order).get_by_role("checkbox").check()
    window.get_by_text("More actions").click()
    window.get_by_role("button", name="Update order", exact=True).click()


def test_list_shows_how_an_update_gets_on_without_being_loaded_anew(
    open_as, ann, shop, one, imported, made_here, work
):
    window = open_as(ann)
    window.evaluate("window.isTheSame = true")
    update_order(window, imported, made_here)
    messages = window.locator("#messages")
    expect(messages).to_contain_text(
        "1 order is being updated. 1 order is not from a store."
    )
    row = row_of(window, imported)
    expect(row).to_contain_text("updating…")
    expect(row_of(window, made_here)).not_to_contain_text("updating…")
    expect(window.locator("#progress")).to_contain_text("Updating orders: 0 of 1 done")
    expect(row.get_by_role("checkbox")).not_to_be_checked()
    assert "€89.90" in row.inner_text()
    shop.set_quantity(one, 0, 3)
    row.get_by_role("checkbox").check()
    work()
    expect(row.locator(".outcome")).to_have_text("updated")
    expect(row).to_contain_text("€269.70")
    expect(row.get_by_role("checkbox")).to_be_checked()
    expect(window.locator("#progress")).to_contain_text("Update of 1 order finished")
    expect(window.locator("#announcement")).to_have_text("Update of 1 order finished")
    messages.get_by_role("button", name="Dismiss").click()
    window.locator("#progress").get_by_role("button", name="Dismiss").click()
    update_order(window, imported)
    expect(messages).to_contain_text(
        re.compile(
            r"1 order was updated less than 10 minutes ago \(possible again in (9:[0-5]\d|10:00)\)\."
        )
    )
    expect(row).not_to_contain_text("updating…")
    expect(window.locator(".progress-strip")).to_have_count(0)
    assert window.evaluate("window.isTheSame")


def test_update_that_failed_says_why_and_may_be_repeated_at_once(
    open_as, ann, shop, imported, work
):
    shop.fail_next(faults.status(402))
    window = open_as(ann)
    update_order(window, imported)
    row = row_of(window, imported)
    expect(row).to_contain_text("updating…")
    work()
    expect(row.locator(".outcome")).to_have_text("failed")
    [refresh] = Refresh.objects.all()
    expect(window.locator("#progress")).to_contain_text(
        f"1 order failed: {refresh.reason}"
    )
    window.goto(imported.get_absolute_url())
    expect(window.get_by_role("button", name="Update")).to_be_enabled()
    expect(window.locator("#facts")).to_contain_text(f"failed: {refresh.reason}")


def test_order_page_shows_the_store_s_values_as_soon_as_they_are_here(
    open_as, ann, shop, one, imported, work
):
    window = open_as(ann, imported.get_absolute_url())
    button = window.get_by_role("button", name="Update")
    button.click()
    expect(button).to_be_disabled()
    expect(window.locator("#facts")).to_contain_text("updating…")
    expect(window.locator("#messages")).to_contain_text("1 order is being updated.")
    shop.set_quantity(one, 0, 2)
    work()
    expect(window.locator("#facts .outcome")).to_have_text("updated")
    expect(window.locator("table.lines")).to_contain_text("€179.80")
    expect(button).to_be_disabled()
    expect(window.locator("#facts")).to_contain_text(
        re.compile(r"Possible again in (9:[0-5]\d|10:00)")
    )


def test_countdown_counts_and_frees_the_button(open_as, ann, imported):
    accepted_at = timezone.now() - timedelta(minutes=7)
    Refresh.objects.create(
        order=imported,
        lease="00000000-0000-4000-8000-000000000000",
        accepted_at=accepted_at,
        done_at=accepted_at,
        outcome=RefreshOutcome.UPDATED,
    )
    window = open_as(ann, imported.get_absolute_url())
    window.clock.install()
    window.reload()
    left = window.locator("[data-countdown]")
    button = window.get_by_role("button", name="Update")

    def seconds() -> int:
        minutes, rest = left.inner_text().split(":")
        return int(minutes) * 60 + int(rest)

    at_first = seconds()
    assert 150 < at_first <= 180
    window.clock.run_for(20_000)
    assert 18 <= at_first - seconds() <= 22
    expect(button).to_be_disabled()
    window.clock.run_for(165_000)
    expect(left).to_have_count(0)
    expect(button).to_be_enabled()


def test_session_that_has_ended_leads_to_the_login(open_as, ann, imported):
    window = open_as(ann)
    window.context.clear_cookies(name="sessionid")
    window.get_by_role("columnheader", name="Total").get_by_role("link").click()
    expect(window.get_by_role("heading", name="Log in")).to_be_visible()
    expect(window.get_by_text("what you did last was not done")).to_have_count(0)


def test_login_says_that_the_last_act_was_not_done(open_as, ann, imported):
    window = open_as(ann, "/orders/?q=1001")
    window.context.clear_cookies(name="sessionid")
    update_order(window, imported)
    expect(window.get_by_role("heading", name="Log in")).to_be_visible()
    expect(window.get_by_text("what you did last was not done")).to_be_visible()
    assert not Refresh.objects.exists()
    window.get_by_label("User name").fill("ann")
    window.get_by_label("Password").fill("ann")
    window.get_by_role("button", name="Log in").click()
    expect(window).to_have_url(re.compile(r"/orders/\?q=1001"))


def test_server_that_does_not_answer_is_said_once_and_rows_stay(
    open_as, ann, imported, complaints
):
    window = open_as(ann)
    window.route("**/orders/?*", lambda route: route.abort())
    for _ in range(2):
        with window.expect_console_message(lambda said: "sendError" in said.text):
            window.get_by_role("columnheader", name="Total").get_by_role("link").click()
        expect(window.locator("#messages .trouble")).to_have_count(1)
    expect(row_of(window, imported)).to_be_visible()
    assert len(complaints) >= 2
    complaints.clear()
    window.unroute("**/orders/?*")
    window.get_by_role("columnheader", name="Total").get_by_role("link").click()
    expect(window.locator("#messages .trouble")).to_have_count(0)


def test_permission_that_was_taken_meanwhile_is_named(
    open_as, ann, imported, complaints
):
    window = open_as(ann)
    ann.groups.clear()
    update_order(window, imported)
    expect(window.locator("#messages")).to_contain_text(
        "“Can add products without write-off”"
    )
    assert not Refresh.objects.exists()
    assert [
        each
        for each in complaints
        if "403 (Forbidden)" not in each
        and "Response Status Error Code 403" not in each
    ] == []
    complaints.clear()
