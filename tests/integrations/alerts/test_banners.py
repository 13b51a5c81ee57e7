"""Orders that did not come in, and stores that do not answer, are told to staff (I6)."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from fakeshop import faults
from integrations.models import State, StoreConnection
from integrations.platforms.errors import StoreUnavailable
from integrations.shopify import errors
from integrations.sync import polling
from tests.support.html import page, text_of
from tests.support.shop import sell
from tests.support.users import create_user, signed_in


@pytest.fixture
def admin_client(db):
    return signed_in(
        create_user(
            "ida",
            "integrations.view_storeconnection",
            "integrations.change_storeconnection",
            "orders.view_order",
        )
    )


def banners(client):
    found = re.findall(r'<p class="banner.*?</p>', page(client, "/orders/"), re.DOTALL)
    return [text_of(each) for each in found]


def unimported_badge(client):
    html = page(client, "/orders/badges/?counted=1")
    found = re.search(r'<(a|span) id="badge-unimported".*?</\1>', html, re.DOTALL)
    return found[0] if found else None


def test_held_orders_have_a_banner_for_admins_that_leads_to_them(
    shop, connection, admin_client, client
):
    for _ in range(2):
        sell(shop, 0, currency="USD")
    polling.poll(connection.pk)
    assert banners(admin_client) == [
        "2 orders of Gadget Garage were not imported. Show them"
    ]
    link = f'href="/stores/{connection.store_id}/orders/?status=held"'
    assert link in page(admin_client, "/orders/")
    assert banners(client) == []


def test_held_orders_have_a_badge_for_everyone_and_a_link_for_who_may_see_the_reasons(
    shop, connection, admin_client, client
):
    assert unimported_badge(client) is None
    sell(shop, 0, currency="USD")
    polling.poll(connection.pk)
    assert text_of(unimported_badge(client)) == "Not imported 1"
    assert "href" not in unimported_badge(client)
    unimported = f'href="/stores/{connection.store_id}/orders/"'
    assert unimported in unimported_badge(admin_client)


def test_store_silent_for_an_hour_has_a_banner_for_everyone_until_it_answers(
    shop, connection, client
):
    shop.fail_next(faults.status(503), times=4)
    with pytest.raises(StoreUnavailable):
        polling.poll(connection.pk)
    assert banners(client) == []
    hours_ago = timezone.now() - timedelta(hours=2)
    StoreConnection.objects.update(failing_since=hours_ago)
    assert banners(client) == [
        f"The store Gadget Garage has not answered for 2 hours: its orders are not updated. {errors.DOWN}"
    ]
    polling.poll(connection.pk)
    assert banners(client) == []


def test_banners_come_and_go_on_a_page_that_stays_open(connection, client):
    def shown() -> str:
        headers = {"HX-Request": "true", "HX-Target": "banners"}
        return client.get("/stores/banners/", headers=headers).content.decode()

    assert (text_of(shown()), 'hx-trigger="banners from:body"' in shown()) == ("", True)
    StoreConnection.objects.update(state=State.NEEDS_ATTENTION)
    assert "The store Gadget Garage needs attention" in text_of(shown())
    StoreConnection.objects.update(state=State.WORKING)
    assert text_of(shown()) == ""
