"""The administration in Chromium: nothing blocked by the policy, readable in both themes, nothing too
wide."""

import pytest
from playwright.sync_api import expect

from integrations.models import StoreConnection
from orders.models import OrderType, Preferences, Status
from tests.browser import IN_CHROMIUM
from tests.browser.inspection import LONG, look_at
from tests.support.users import create_user

pytestmark = IN_CHROMIUM


@pytest.fixture
def rows(connection, admin_user, made_here):
    """The ids of one row of each kind, with texts that break pages."""
    StoreConnection.objects.update(
        state="needs_attention",
        reason="The shop is closed, frozen or unpaid at Shopify.",
    )
    status = Status.objects.create(name=LONG[:80], group="new", colour="red")
    made = OrderType.objects.create(name=LONG[::-1][:80], initial_status=status)
    colleague = create_user("nina", group="Specialist", last_name=LONG[:60])
    made_here(status=status, order_type=made, assignee=colleague)
    return {
        "colleague": colleague.pk,
        "connection": connection.pk,
        "status": status.pk,
        "type": made.pk,
        "user": admin_user.pk,
    }


@pytest.mark.parametrize(
    "path",
    [
        "",
        "integrations/storeconnection/",
        "integrations/storeconnection/{connection}/change/",
        "integrations/storeconnection/{connection}/history/",
        "integrations/storeconnection/add/",
        "integrations/unimportedorder/",
        "orders/status/",
        "orders/status/{status}/change/",
        "orders/ordertype/",
        "orders/ordertype/{type}/delete/",
        "auth/user/",
        "auth/user/{user}/change/",
        "auth/user/{user}/password/",
        "auth/user/add/",
        "auth/user/invite/",
        "auth/user/{colleague}/change/",
        "auth/user/{colleague}/leave/",
        "orders/status/{status}/use/",
        "integrations/storeconnection/{connection}/disconnect/",
        "auth/group/1/change/",
        "password_change/",
    ],
)
def test_page(open_as, admin_user, rows, path):
    look_at(open_as(admin_user, "/admin/"), f"/admin/{path.format(**rows)}")


def test_login(open_as):
    page = open_as(None, "/admin/")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    look_at(page, "/admin/login/")


def test_way_back_to_the_orders(open_as, admin_user, connection):
    page = open_as(admin_user, "/admin/")
    page.get_by_role("link", name="Orders").first.click()
    expect(page).to_have_url("/orders/?view=all")


def test_connecting_a_store(open_as, admin_user, shop):
    page = open_as(admin_user, "/admin/integrations/storeconnection/add/")
    page.get_by_label("Name:").fill("Gadget Garage")
    page.get_by_label("Domain:").fill("gadget-garage.myshopify.com")
    page.get_by_label("Access token:").fill("wrong-token")
    page.get_by_label("Order type:").select_option("Online order")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(
        page.get_by_text("The store was not saved. Shopify refuses the access token")
    ).to_be_visible()
    expect(page.get_by_label("Access token:")).to_have_value("")
    expect(page.get_by_label("Domain:")).to_have_value("gadget-garage.myshopify.com")
    page.get_by_label("Access token:").fill("demo-token")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("Currency: EUR, the same as RO App's")).to_be_visible()
    assert StoreConnection.objects.get().access_token == "demo-token"
    page.get_by_role("button", name="Check connection").click()
    expect(page.get_by_text("API version: 2026-10, supported until")).to_be_visible()


def test_choosing_groups(open_as, admin_user, ann, connection):
    page = open_as(admin_user, f"/admin/auth/user/{ann.pk}/change/")
    page.locator("#id_groups_from").select_option("Manager")
    page.get_by_role("button", name="Choose selected groups").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert {group.name for group in ann.groups.all()} == {"Manager", "Specialist"}


BROKEN = """names => names.filter((name) => {
  const range = document.createRange();
  const text = name.firstChild;
  return [...text.data.matchAll(/[^\\s-]+/g)].some(({ index, 0: word }) => {
    range.setStart(text, index);
    range.setEnd(text, index + word.length);
    return range.getClientRects().length > 1;
  });
}).map(name => name.innerText)"""
"""Those of these links that break a word."""


@pytest.mark.parametrize(
    ("path", "width", "where"),
    [("", 390, "#content-main"), ("auth/user/", 1360, "#nav-sidebar")],
)
def test_names_of_what_is_administered_are_whole_words(
    open_as, admin_user, path, width, where
):
    Preferences.objects.create(user=admin_user, language="de")
    window = open_as(admin_user, f"/admin/{path}", width=width)
    names = window.locator(f"{where} :is(caption, th) a")
    assert "Geschäftsverbindungen" in names.all_inner_texts()
    assert names.evaluate_all(BROKEN) == []


def test_control_beside_a_long_label_keeps_its_height(open_as, admin_user, rows):
    Preferences.objects.create(user=admin_user, language="de")
    window = open_as(admin_user, f"/admin/orders/status/{rows['status']}/use/")
    target = window.locator("#target")
    assert target.bounding_box()["height"] == 36
    assert window.locator("label[for=target]").bounding_box()["height"] > 36
