"""The store and staff change the same order, over HTTP to the fake shop: nothing is overwritten or lost."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from inventory.models import Product, StockMovement
from orders.models import Order
from tests.support.html import text_of
from tests.support.invariants.stock import level
from tests.support.order_list import list_page, order_ids
from tests.support.order_page import done, post, post_in_parts, value
from tests.support.shop import counts_of_poll, sell
from tests.support.stock import come_in

pytestmark = pytest.mark.usefixtures("sound")


def badges_of(html: str) -> list[str]:
    """What is said beside the number and the status of the only order in the list."""
    row = re.search(r'<tr id="order-.*?</tr>', html, re.DOTALL)[0]
    flags = re.findall(r'class="flag warn" title="([^"]*)"', row)
    return [*flags, *re.findall(r'class="tag[^"]*">([^<]*)<', row)]


def part(html: str, css_class: str) -> str:
    return html[html.index(f'class="{css_class}"') :]


@pytest.fixture
def battery(shop, connection):
    """A sale of one battery at 24.90 that has been imported."""
    sold = sell(shop, 1)
    counts_of_poll(connection)
    shop.clock.forward(minutes=5)
    return sold


def test_price_that_staff_set_and_the_store_changes_is_offered_twice(
    kim_client, shop, connection, battery
):
    """Here 41, then at the store 93: seen in the list, and both values stand at the line."""
    one = Order.objects.get()
    row = one.lines.get()
    page = kim_client.get(f"/orders/{one.pk}/?edit=line-{row.pk}").content.decode()
    form = part(page, "line-form")
    seen = {name: value(form, name) for name in ["name", "quantity", "seen"]}
    post(kim_client, "line-change", one, row, **seen | {"price": "41"})
    battery.lines[0].price = Decimal("93.00")
    shop.change(battery)
    assert counts_of_poll(connection) == {"updated": 1}
    one.refresh_from_db()
    assert (one.total, one.store_total, one.needs_attention) == (41, 93, True)
    html = list_page(kim_client, "?attention=1")
    assert (order_ids(html), badges_of(html)) == ([one.pk], ["Needs attention"])
    page = kim_client.get(f"/orders/{one.pk}/").content.decode()
    assert (
        "Price: staff set €41.00, the store changed €24.90 → €93.00 Take the store's Keep ours"
        in text_of(page)
    )
    [token] = re.findall(
        r'name="seen" value="(\w+)"', part(page, "difference").split("</form>")[0]
    )
    html = post_in_parts(
        kim_client, "line-decide", one, row, decision="accept", seen=token
    )
    assert "Change accepted." in text_of(html)
    one.refresh_from_db()
    assert (one.total, one.needs_attention) == (93, False)
    assert badges_of(list_page(kim_client)) == []


def test_ours_is_kept(kim_client, shop, connection, battery):
    one = Order.objects.get()
    row = one.lines.get()
    post(kim_client, "line-change", one, row, price="41")
    battery.lines[0].price = Decimal("93.00")
    shop.change(battery)
    counts_of_poll(connection)
    page = kim_client.get(f"/orders/{one.pk}/").content.decode()
    [token] = re.findall(
        r'name="seen" value="(\w+)"', part(page, "difference").split("</form>")[0]
    )
    answer = post(kim_client, "line-decide", one, row, decision="dismiss", seen=token)
    assert done(kim_client, answer, one) == ["Change dismissed."]
    one.refresh_from_db()
    assert (one.total, one.needs_attention) == (41, False)
    # The same state of the store again is no new change.
    shop.change(battery, note="Ring twice")
    counts_of_poll(connection)
    one.refresh_from_db()
    assert (one.total, one.needs_attention) == (41, False)


def test_refund_and_cancellation_after_the_write_off_are_seen_and_accepted(
    kim_client, shop, connection, battery
):
    one, product = Order.objects.get(), Product.objects.get()
    come_in((product, 3))
    post(
        kim_client, "write-off", one, warehouse=StockMovement.objects.get().warehouse_id
    )
    shop.refund(battery, "5.50")
    shop.clock.forward(minutes=5)
    shop.cancel(battery)
    assert counts_of_poll(connection) == {"updated": 1}
    one.refresh_from_db()
    assert (one.needs_attention, one.status.name) == (True, "New")
    assert badges_of(list_page(kim_client)) == [
        "Needs attention",
        "Cancelled",
        "Partly refunded",
    ]
    page = kim_client.get(f"/orders/{one.pk}/").content.decode()
    assert (
        "After goods of this order were written off, its store changed it:"
        " The order was cancelled: 20 Nov 2026, 10:40. €5.50 was refunded."
        in re.sub(r"\s+", " ", text_of(page))
    )
    [token] = re.findall(
        r'name="seen" value="(\w+)"',
        part(page, "notice order-change").split("</form>")[0],
    )
    answer = post(kim_client, "accept", one, seen=token)
    assert done(kim_client, answer, one) == ["Change accepted."]
    one.refresh_from_db()
    assert (one.difference, one.needs_attention) == (None, False)
    assert level(product, StockMovement.objects.first().warehouse) == 2
    assert badges_of(list_page(kim_client)) == ["Cancelled", "Partly refunded"]


def test_who_may_not_decide_sees_it_and_is_refused(
    client, kim_client, shop, connection, battery
):
    one = Order.objects.get()
    come_in((Product.objects.get(), 3))
    post(
        kim_client, "write-off", one, warehouse=StockMovement.objects.get().warehouse_id
    )
    shop.cancel(battery)
    counts_of_poll(connection)
    page = client.get(f"/orders/{one.pk}/").content.decode()
    assert "The order was cancelled" in page
    assert f"/orders/{one.pk}/difference/" not in page
    assert post(client, "accept", one, seen="x").status_code == 403
    one.refresh_from_db()
    assert one.needs_attention


@pytest.mark.parametrize(
    ("happens", "expected"),
    [
        (lambda shop, sold: shop.cancel(sold), ["Cancelled"]),
        (lambda shop, sold: shop.refund(sold, "5.50"), ["Partly refunded"]),
        (lambda shop, sold: shop.refund(sold, "24.90"), ["Refunded"]),
        (
            lambda shop, sold: shop.change(sold, closed_at=datetime.now(UTC)),
            ["Archived"],
        ),
        (lambda shop, sold: shop.pay(sold), []),
    ],
)
def test_what_became_of_an_order_at_its_store_is_seen_in_the_list(
    client, shop, connection, battery, happens, expected
):
    happens(shop, battery)
    counts_of_poll(connection)
    assert badges_of(list_page(client)) == expected
    one = Order.objects.get()
    assert not one.needs_attention
