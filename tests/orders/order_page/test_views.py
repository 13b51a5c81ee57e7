"""The order page: the four fields, lines, both totals, the customer, and the feed."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from msgspec.structs import replace

from customers.matching import ContactDetails
from orders.domain.events import NewEvent, record
from orders.models import EventKind, OrderEvent, OrderLine
from tests.support.html import text_of
from tests.support.incoming import figures, line, order
from tests.support.orders import write_off_lines
from tests.support.times import DAY, NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def page(client, pk) -> str:
    answer = client.get(f"/orders/{pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


def feed(html: str) -> list[str]:
    entries = re.search(r'<ol id="feed"[^>]*>(.*?)</ol>', html, re.DOTALL)[1]
    return [
        text_of(re.sub(r'<p class="when">.*?</p>', "", each, flags=re.DOTALL))
        for each in entries.split("</li>")
        if each.strip()
    ]


def test_page_costs_eleven_queries_whatever_the_order_holds(client, bring):
    [one] = bring(order(1, lines=tuple(line(number) for number in range(1, 31))))
    with CaptureQueriesContext(connection) as queries:
        page(client, one.pk)
    assert (
        [re.search(r'FROM "(\w+)"(?! U0)', query["sql"])[1] for query in queries]
        == [
            "django_session",  # who asks
            "auth_user",
            "auth_permission",
            "orders_order",  # with status, type, store, customer, assignee, maker and last update
            "orders_status",  # statuses, types and people, in one union
            "orders_orderline",
            "orders_orderevent",  # with who
            "orders_status_followers",  # which statuses may follow
            "inventory_warehouse",  # to write off from
            "integrations_storeconnection",  # banners
            "integrations_heartbeat",
        ]
    )


def test_imported_order_shows_four_fields_and_update(client, bring):
    [one] = bring(order(1))
    html = page(client, one.pk)
    facts = re.search(r'<section id="facts".*?</section>', html, re.DOTALL)[0]
    assert text_of(facts) == (
        "Store Gadget Garage External ID #1001 (opens at the store in a new tab) "
        "Created 20 Nov 2026, 10:30 Last updated 20 Nov 2026, 11:30 Update"
    )
    assert (
        'href="https://gadget.myshopify.com/admin/orders/5001" target="_blank" rel="noopener noreferrer"'
        in facts
    )


def test_order_made_here_has_neither(client, made_here):
    html = page(client, made_here().pk)
    assert 'id="facts"' not in html
    assert "update-order" not in html


def test_without_the_permission_it_can_be_read_and_says_what_is_missing(
    bob_client, bring
):
    [one] = bring(order(1))
    html = page(bob_client, one.pk)
    assert "update-order" not in html
    assert "you need the permission Can add products without write-off" in text_of(html)


def test_unknown_order_is_not_found(client):
    assert client.get("/orders/999/").status_code == 404


def test_difference_that_the_stores_parts_explain_is_none(client, bring):
    sums = figures(
        items=Decimal("20.00"),
        shipping=Decimal("4.90"),
        tax=Decimal("3.80"),
        tax_included=False,
        total=Decimal("28.70"),
    )
    [one] = bring(order(1, lines=(line(1, quantity=2),), figures=sums))
    html = page(client, one.pk)
    assert (
        "In RO App Sum of the lines €20.00 Shipping +€4.90 Tax +€3.80 Expected at the store €28.70 "
        "At the store Items €20.00 Shipping €4.90 Tax €3.80 Total €28.70 "
        "These parts explain the difference between the two totals."
    ) in text_of(html)
    assert "do not explain" not in html


def test_same_totals_need_no_explanation(client, bring):
    [one] = bring(
        order(1, figures=figures(items=Decimal("10.00"), total=Decimal("10.00")))
    )
    words = text_of(page(client, one.pk))
    assert "Sum of the lines €10.00 At the store Items €10.00 Shipping €0.00" in words
    assert "Both totals are the same." in words


@pytest.mark.parametrize(
    ("total", "difference"), [("31.70", "+€3.00"), ("25.70", "−€3.00")]
)
def test_difference_that_they_do_not_explain_is_flagged(
    client, bring, total, difference
):
    sums = figures(
        items=Decimal("20.00"),
        shipping=Decimal("8.70"),
        tax=Decimal("3.80"),
        total=Decimal(total),
    )
    [one] = bring(order(1, lines=(line(1, quantity=2),), figures=sums))
    assert (
        f"These parts add up to €28.70, but the store's total is €{total}. "
        f"They do not explain the difference of {difference}: compare the order at the store."
    ) in text_of(page(client, one.pk))


def test_refund_of_money_without_goods_is_explained(client, bring):
    sums = figures(
        items=Decimal("10.00"),
        refunded=Decimal("4.00"),
        goodwill=Decimal("4.00"),
        total=Decimal("10.00"),
    )
    [one] = bring(order(1, figures=sums))
    words = text_of(page(client, one.pk))
    assert "€4.00 refunded" in words
    assert (
        "Total €10.00 Refunded €4.00 of it without goods €4.00 Both totals are the same."
        in words
    )


def test_lines_that_staff_changed_are_named_as_a_part(client, bring):
    sums = figures(items=Decimal("20.00"), total=Decimal("20.00"))
    [one] = bring(order(1, lines=(line(1), line(2, name="<b>Cable</b>")), figures=sums))
    OrderLine.objects.filter(sku="D-2").update(
        price=Decimal("7.00"), total=Decimal("7.00")
    )
    one.__class__.objects.update(total=Decimal("17.00"))
    assert (
        "Sum of the lines €17.00 Lines that differ from the store&#39;s &lt;b&gt;Cable&lt;/b&gt; +€3.00 "
        "Expected at the store €20.00"
    ) in text_of(page(client, one.pk))


def test_removed_line_is_struck(client, bring):
    [one] = bring(order(1, lines=(line(1), line(2, quantity=0))))
    html = page(client, one.pk)
    assert html.count('<tr class="removed">') == 1
    assert "Removed at the store" in html


def test_written_off_line_shows_what_the_store_changed_since(client, bring, kim):
    lines = (line(1, quantity=2), line(2))
    [one] = bring(order(1, lines=lines))
    write_off_lines(one, "Display 1", by=kim)
    bring(
        order(
            1,
            lines=(replace(lines[0], quantity=3), lines[1]),
            updated_at=DAY + timedelta(hours=2),
        ),
        fetched_at=LATER,
    )
    html = page(client, one.pk)
    assert "Quantity changed at the store after the write-off: 2 → 3" in text_of(html)
    assert (
        feed(html)[0]
        == "Changed at the store after the write-off, not taken over: Quantity : Display 1 before: 2 now: 3"
    )


def test_feed_tells_old_and_new_newest_first(client, bring):
    [one] = bring(order(1, delivery_method="DHL Paket", delivery_cost=Decimal("4.90")))
    changed = order(
        1,
        lines=(line(1, quantity=2, price=Decimal("12.50")), line(2)),
        payment="partially_refunded",
        delivery_method="DHL Express",
        delivery_cost=Decimal("9.90"),
        updated_at=DAY + timedelta(hours=2),
    )
    bring(changed, fetched_at=LATER)
    assert feed(page(client, one.pk)) == [
        "Line added at the store : Display 2 1 ×",
        "Price : Display 1 before: €10.00 now: €12.50",
        "Quantity : Display 1 before: 1 now: 2",
        "Delivery : DHL Express before: €4.90 now: €9.90",
        "Payment before: Paid now: Partly refunded",
        "Delivery : DHL Paket €4.90",
        "Imported from Gadget Garage as #1001",
    ]


def test_feed_of_an_order_imported_when_its_delivery_had_an_event_of_its_own(
    client, bring
):
    [one] = bring(order(1))
    delivery = {"subject": "DHL Paket", "field": "delivery_cost", "new": "4.9"}
    OrderEvent.objects.create(order=one, kind="delivery", at=NOW, **delivery)
    assert feed(page(client, one.pk)) == [
        "Delivery : DHL Paket €4.90",
        "Imported from Gadget Garage as #1001",
    ]


def test_feed_names_the_person(client, made_here, ann):
    one = made_here()
    OrderEvent.objects.create(
        order=one, kind=EventKind.COMMENT, at=NOW, by=ann, new="Customer rang."
    )
    html = page(client, one.pk)
    assert "Comment Customer rang. Ann Baker" in text_of(html)


def test_customer_can_be_rung_written_to_and_searched_for(client, bring):
    contact = ContactDetails(
        key="a",
        first_name="Ada",
        last_name="L",
        phone="+4915112345678",
        email="ada+x@example.com",
        address="Weg 1\nUlm",
    )
    [one] = bring(order(1, contact=contact))
    html = page(client, one.pk)
    assert 'href="tel:+4915112345678"' in html
    assert 'href="mailto:ada+x@example.com"' in html
    assert f'href="/orders/?customer={one.customer_id}"' in html


def test_unknown_customer_says_why(client, bring):
    [one] = bring(order(1, contact=ContactDetails()))
    assert "Unknown The store told RO App nothing about this customer" in text_of(
        page(client, one.pk)
    )


def test_states_at_the_store_are_badges(client, bring):
    [one] = bring(
        order(
            1,
            cancelled_at=DAY,
            closed_at=DAY,
            payment="voided",
            fulfilment="on_hold",
            figures=figures(refunded=Decimal(5)),
        )
    )
    words = text_of(page(client, one.pk))
    for each in [
        "Cancelled at the store",
        "Archived at the store",
        "€5.00 refunded",
        "Payment Voided",
        "Fulfilment On hold",
    ]:
        assert each in words


@pytest.fixture
def talked_about(made_here):
    """An order with sixty comments, all of one second: they differ by nothing but their numbers."""
    one = made_here()
    OrderEvent.objects.filter(order=one).delete()
    record(NewEvent(one.pk, "comment", NOW, new=f"No. {n}") for n in range(1, 61))
    return one


def comments(html: str) -> list[int]:
    return [int(number) for number in re.findall(r">No. (\d+)<", html)]


def earlier(html: str) -> str:
    return unescape(re.search(r'href="([^"]+)#feed" hx-get', html)[1])


def test_feed_comes_by_pages_of_25_each_event_once(client, talked_about):
    html = page(client, talked_about.pk)
    assert comments(html) == [*range(60, 35, -1)]
    assert "Show the latest activity" not in html
    headers = {"HX-Request": "true", "HX-Target": "earlier"}
    second = client.get(earlier(html), headers=headers).content.decode()
    assert (comments(second), second.count("<li")) == ([*range(35, 10, -1)], 26)
    third = client.get(earlier(second), headers=headers).content.decode()
    assert (comments(third), third.count("<li")) == ([*range(10, 0, -1)], 10)


def test_earlier_activity_is_a_page_without_javascript_too(client, talked_about):
    html = client.get(earlier(page(client, talked_about.pk))).content.decode()
    assert comments(html) == [*range(35, 10, -1)]
    assert f'<a href="/orders/{talked_about.pk}/#feed">Show the latest activity' in html
    # Nothing newer is announced as news of others.
    assert f'name="seen" value="{OrderEvent.objects.latest("pk").pk}"' in html


@pytest.mark.parametrize("after", ["", "x", "1", "1~yesterday", "~~", "%00"])
def test_nonsense_shows_the_latest_activity(client, talked_about, after):
    answer = client.get(f"/orders/{talked_about.pk}/?after={after}")
    assert comments(answer.content.decode())[0] == 60


def test_earlier_activity_takes_six_queries(
    client, talked_about, django_assert_num_queries
):
    url = earlier(page(client, talked_about.pk))
    with django_assert_num_queries(6):
        client.get(url, headers={"HX-Request": "true", "HX-Target": "earlier"})
