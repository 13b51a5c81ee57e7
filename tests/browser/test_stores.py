"""The Stores pages as admins and managers see them: live, and with an answer for every order that is not
here."""

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from integrations.models import UnimportedOrder
from integrations.sync.retry import retry_entries
from orders.models import Order, Preferences
from tests.browser import IN_CHROMIUM
from tests.support.shop import sell

pytestmark = IN_CHROMIUM


@pytest.fixture
def boss(db, django_user_model):
    user = django_user_model.objects.create_user(
        "ada", first_name="Ada", last_name="Boss"
    )
    user.groups.add(Group.objects.get(name="Admin"))
    return user


def test_order_that_a_search_does_not_find_is_looked_up_at_the_store_and_comes_in(
    open_as, boss, shop, one
):
    sell(shop, 1, name="#1042")
    window = open_as(boss, "/orders/?q=%231042")
    window.get_by_role("button", name="Why is #1042 not here?").click()
    answer = window.locator("#answers")
    expect(answer).to_contain_text("#1042")
    assert Order.objects.filter(external_number="#1042").exists()
    answer.get_by_role("link").first.click()
    expect(
        window.get_by_role("heading", name="Order", exact=False).first
    ).to_be_visible()


def test_store_card_follows_without_being_loaded_anew(
    open_as, boss, shop, one, poll_shop
):
    window = open_as(boss, "/stores/")
    window.evaluate("window.isTheSame = true")
    figures = window.locator(".store-card .counts")
    expect(figures).to_contain_text("1 imported")
    sell(shop, 1)
    poll_shop()
    expect(figures).to_contain_text("2 imported")  # the page asks every 5 seconds
    assert window.evaluate("window.isTheSame === true")


def test_skipped_order_is_brought_in_override_rules(
    open_as, boss, shop, one, poll_shop, connection
):
    sell(shop, 1, test=True)
    poll_shop()
    window = open_as(boss, "/stores/")
    window.get_by_role("link", name="1 skipped").click()
    expect(window.locator("tbody")).to_contain_text("#1002")
    window.get_by_role("button", name="Import anyway").first.click()
    expect(window.locator("#messages")).not_to_be_empty()
    retry_entries(connection.store_id)
    assert Order.objects.filter(external_number="#1002").exists()


def test_button_of_all_held_orders_wraps_on_a_phone(
    open_as, boss, shop, one, poll_shop, connection
):
    Preferences.objects.create(user=boss, language="de")
    for number in range(7):
        UnimportedOrder.objects.create(
            store=connection.store,
            external_id=str(number),
            number=f"#{number}",
            status="held",
            code="currency",
            values={"theirs": "USD", "ours": "EUR"},
            store_updated_at=shop.clock.now,
            fingerprint=1,
            last_at=shop.clock.now,
        )
    window = open_as(boss, f"/stores/{connection.store_id}/orders/")
    window.set_viewport_size({"width": 390, "height": 844})
    expect(window.get_by_role("button", name="Alle 7")).to_be_visible()
    page = window.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert page == [390, 390]
