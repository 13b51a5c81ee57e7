"""The order list: what it shows, how it is filtered and turned, and what it costs."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.matching import ContactDetails
from orders.models import Order, Preferences, Status, Store
from orders.order_list.sorting import SORTS
from tests.support.html import cell, found, href, page, text_of
from tests.support.incoming import figures, line, order
from tests.support.order_list import PART, list_page, order_ids
from tests.support.times import DAY, NOW

pytestmark = pytest.mark.django_db


def place_of(html: str) -> str:
    """Where the pager says that one is."""
    return text_of(found(r'<p class="page-place">(.*?)</p>', html))


def test_list_costs_nine_queries_for_a_user_in_a_group(client, bring):
    bring(*(order(number) for number in range(1, 31)))
    with CaptureQueriesContext(connection) as queries:
        html = list_page(client, "?size=25")
    assert len(order_ids(html)) == 25
    tables = [re.search(r'FROM "(\w+)"(?! U0)', query["sql"])[1] for query in queries]
    assert tables == [
        "django_session",  # who asks
        "auth_user",
        "auth_permission",  # all that the user may do
        "orders_savedview",  # the tabs
        "orders_status",  # all choices of the filters, in one union
        "orders_order",  # the page
        "orders_order",  # the count, up to 1,001
        "integrations_storeconnection",  # banners: stores in trouble
        "integrations_heartbeat",  # banners: background work standing still
    ]


def test_list_costs_no_more_with_a_customer_filter(client, bring):
    customer = bring(
        *(
            order(number, contact=ContactDetails(key="c", first_name="Ada"))
            for number in range(1, 31)
        )
    )[0].customer
    with CaptureQueriesContext(connection) as queries:
        html = list_page(client, f"?size=25&customer={customer.pk}")
    assert len(queries) == 9
    assert 'aria-label="Remove filter Customer Ada"' in html


def test_row_shows_every_column(client, bring, ann):
    [first] = bring(order(1, lines=(line(1, quantity=2, price=Decimal("1234.50")),)))
    Order.objects.update(assignee=ann)
    html = list_page(client)
    assert cell(html, "number").startswith(
        f'<a href="/orders/{first.pk}/">{first.pk}</a>'
    )
    assert text_of(cell(html, "status")) == "Status: New"
    assert text_of(cell(html, "type")) == "Online order"
    assert text_of(cell(html, "external")) == "#1001"
    assert text_of(cell(html, "customer")) == "Ada Nr1 01511 2345001"
    assert text_of(cell(html, "items")) == "2 × Display 1"
    assert text_of(cell(html, "total")) == "€2,469.00"
    assert text_of(cell(html, "assignee")) == "Ann Baker"


def test_store_leads_to_the_order_at_the_platform_in_a_new_tab(client, bring):
    bring(order(1))
    link = re.search(r"<a [^>]*>", cell(list_page(client), "store"))[0]
    assert 'href="https://gadget.myshopify.com/admin/orders/5001"' in link
    assert 'target="_blank" rel="noopener noreferrer"' in link


def test_order_made_here_shows_dashes(client, made_here):
    made_here()
    html = list_page(client)
    assert [text_of(cell(html, name)) for name in ["store", "external", "updated"]] == [
        "–",
        "–",
        "–",
    ]
    assert text_of(cell(html, "customer")) == "Unknown"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("store=here", ["here"]),
        ("store=connected", ["a", "b"]),
        ("store=B", ["b"]),
        ("store=here&store=B", ["b", "here"]),
    ],
)
def test_store_filter(client, bring, made_here, query, expected):
    [a, b] = bring(order(1), order(2))
    other = Store.objects.create(
        name="Other", platform="shopify", order_link="https://other.example/{id}"
    )
    Order.objects.filter(pk=b.pk).update(store=other)
    names = {a.pk: "a", b.pk: "b", made_here().pk: "here"}
    html = list_page(client, "?" + query.replace("B", str(other.pk)))
    assert sorted(names[pk] for pk in order_ids(html)) == expected


def test_filters_are_and_values_are_or(client, bring):
    orders = bring(*(order(number) for number in range(1, 5)))
    ready, closed = Status.objects.get(name="Ready"), Status.objects.get(name="Closed")
    Order.objects.filter(pk=orders[0].pk).update(status=ready)
    Order.objects.filter(pk=orders[1].pk).update(status=closed, needs_attention=True)
    assert sorted(order_ids(list_page(client, f"?status={ready.pk}&group=closed"))) == [
        orders[0].pk,
        orders[1].pk,
    ]
    assert order_ids(
        list_page(client, f"?status={ready.pk}&group=closed&attention=1")
    ) == [orders[1].pk]


def test_nonsense_in_the_url_filters_nothing(client, bring):
    bring(order(1))
    html = list_page(
        client,
        "?store=%00&status=x&from=tomorrow&customer=x&after=1~&sort=%3Cscript%3E&size=-1&q=%00",
    )
    assert len(order_ids(html)) == 1
    assert "<script>" not in html.replace("<script src=", "")


def test_search_works_without_javascript_and_leaves_a_chip(client, bring):
    bring(order(1, lines=(line(1, name="Kühlmittel"),)), order(2))
    html = list_page(client, "?q=kuhlmittel&store=&from=")
    assert len(order_ids(html)) == 1
    assert 'aria-label="Remove filter Search kuhlmittel"' in html
    assert re.search(r'class="clear" href="([^"]*)"', html)[1] == "?view=all"


@pytest.mark.parametrize(
    "sort", [f"{sign}{name}" for name in SORTS for sign in ["", "-"]]
)
def test_pages_lead_forwards_and_back_over_every_order_once(
    client, bring, made_here, sort
):
    for number in range(
        1, 54
    ):  # Every value of a sorted column twice, so that ids decide too.
        half = number // 2
        newer = order(
            number,
            lines=(line(1, price=Decimal(half)),),
            placed_at=DAY + timedelta(minutes=half),
            contact=ContactDetails(key=f"c{number}", first_name=f"Ä’%_{half}"),
        )
        bring(newer, fetched_at=NOW + timedelta(minutes=half))
    for _ in range(7):
        made_here()
    seen, places, query = [], [], f"?size=25&sort={sort}"
    while query:
        html = list_page(client, query)
        seen.append(order_ids(html))
        places.append(place_of(html))
        query = href(html, "next")
    assert places == ["1–25 of 60", "26–50 of 60", "51–60 of 60"]
    assert [len(each) for each in seen] == [25, 25, 10]
    assert len({pk for each in seen for pk in each}) == 60
    assert order_ids(list_page(client, href(html, "prev"))) == seen[1]
    assert (
        order_ids(
            list_page(client, href(list_page(client, href(html, "prev")), "prev"))
        )
        == seen[0]
    )


def test_heading_says_how_the_list_is_sorted_and_leads_the_other_way(client, bring):
    first, second = bring(
        order(1, lines=(line(1, price=Decimal(5)),)),
        order(2, lines=(line(1, price=Decimal(9)),)),
    )
    html = list_page(client, "?sort=-total&q=Display")
    assert order_ids(html) == [second.pk, first.pk]
    heading = re.search(
        r'class="total" aria-sort="(\w+)">\s*<a id="sort-total" href="([^"]*)"', html
    )
    assert heading.groups() == ("descending", "?q=Display&amp;sort=total")
    assert 'class="created" aria-sort="none"' in html


def test_part_of_the_page_has_an_address_without_empty_filters(client, bring):
    bring(order(1))
    answer = client.get(
        "/orders/?q=&store=here&from=&sort=-created&size=50", headers=PART
    )
    assert answer["HX-Push-Url"] == "/orders/?store=here"
    html = answer.content.decode()
    assert html.lstrip().startswith("<section")
    assert '<span id="chosen-store" class="chosen" hx-swap-oob="true">1</span>' in html


def test_count_of_many_is_capped(client, bring, monkeypatch):
    monkeypatch.setattr("orders.order_list.views.MAX_COUNTED", 27)
    bring(*(order(number) for number in range(1, 29)))
    html = list_page(client, "?size=25")
    assert "<strong>27+</strong> orders" in html
    assert "Select all 27+ matching" in text_of(html)
    assert "page-place" not in html


def test_page_in_the_middle_counts_and_finds_its_place_at_once(client, made_here):
    for _ in range(60):
        made_here()
    Preferences.objects.create(user=User.objects.get(username="ann"), language="de")
    following = href(list_page(client, "?size=25"), "next")
    with CaptureQueriesContext(connection) as queries:
        html = list_page(client, following)
    assert place_of(html) == "26–50 von 60"
    of_orders = [each for each in queries if ' FROM "orders_order"' in each["sql"]]
    assert len(of_orders) == 2


def test_columns_are_chosen_per_user_and_reset(client, bob_client, bring):
    bring(order(1))
    assert (
        client.post(
            "/orders/display/",
            {"column": ["total", "nonsense"], "next": "/orders/?q=ada"},
        )["Location"]
        == "/orders/?q=ada"
    )
    assert Preferences.objects.get().columns == ["number", "total"]
    assert re.findall(r'<th scope="col" class="(\w+)"', list_page(client)) == [
        "number",
        "total",
    ]
    assert (
        len(re.findall(r'<th scope="col" class="(\w+)"', list_page(bob_client))) == 12
    )
    client.post("/orders/display/", {"reset": ""})
    assert len(re.findall(r'<th scope="col" class="(\w+)"', list_page(client))) == 12


def headings(client, query: str = "") -> list[str]:
    return re.findall(r'<th scope="col" class="([\w-]+)"', list_page(client, query))


def test_columns_stand_in_the_order_in_which_they_were_chosen(kim_client, bring):
    bring(order(1))
    chosen = ["total", "number", "status", "total", "customer"]
    kim_client.post("/orders/display/", {"column": chosen})
    expected = ["number", "total", "status", "customer"]
    assert Preferences.objects.get().columns == expected
    assert headings(kim_client) == expected
    html = list_page(kim_client)
    [row] = re.findall(r'<tr id="order-\d+".*?</tr>', html, re.DOTALL)
    assert re.findall(r'<td class="([\w-]+)"', row) == ["select", *expected]
    # The menu has the others where they usually stand.
    offered = re.findall(
        r'name="column" value="([\w-]+)"( checked)?',
        page(kim_client, "/orders/display/"),
    )
    assert [key for key, is_shown in offered if is_shown] == expected[1:]
    assert [key for key, _shown in offered][:5] == [
        "total",
        "payment",
        "fulfilment",
        "at-store",
        "write-off",
    ]
    file = kim_client.post("/orders/export/", {"all": "1", "next": "/orders/"})
    first = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()[0]
    assert first.startswith('"Number","Total","Paid","Still due","Status",')


@pytest.mark.parametrize(
    ("moved", "expected"),
    [
        ({"earlier": "total"}, ["number", "total", "status", "customer"]),
        ({"later": "status"}, ["number", "total", "status", "customer"]),
        ({"earlier": "status"}, ["number", "status", "total", "customer"]),
        ({"later": "customer"}, ["number", "status", "total", "customer"]),
        ({"earlier": "nonsense"}, ["number", "status", "total", "customer"]),
    ],
)
def test_column_is_moved_without_a_script(client, bring, moved, expected):
    bring(order(1))
    chosen = {"column": ["status", "total", "customer"]}
    client.post("/orders/display/", chosen | moved)
    assert headings(client) == expected


def test_columns_lead_nowhere_else(client):
    assert (
        client.post("/orders/display/", {"next": "https://evil.example/"})["Location"]
        == "/orders/"
    )


def test_selection_is_shown_by_its_ids(client, bring):
    orders = [each.pk for each in bring(*(order(number) for number in range(1, 6)))]
    html = list_page(client, f"?ids={orders[0]}.{orders[2]}-{orders[3]}&sort=number")
    assert order_ids(html) == [orders[0], orders[2], orders[3]]
    assert "Remove filter Selected 3" in html
    assert len(order_ids(list_page(client, "?ids=x.1-99999999999999.5-2"))) == 5


def test_empty_list_says_what_to_do(client, bob_client):
    assert "No store is connected yet." in text_of(list_page(client))
    Store.objects.create(name="Gadget Garage", platform="shopify", order_link="")
    assert "Its first orders arrive here within a minute" in text_of(list_page(client))
    assert "Clear all filters" in text_of(list_page(client, "?q=nothing"))


def test_admin_of_an_empty_installation_is_led_to_the_connection(admin_client):
    assert 'href="/admin/integrations/storeconnection/add/"' in list_page(admin_client)


def test_without_the_permission_nothing_can_be_selected_and_the_page_says_why(
    bob_client, bring
):
    bring(order(1))
    html = list_page(bob_client)
    assert len(order_ids(html)) == 1
    assert 'type="checkbox" name="id"' not in html
    assert "Update order" not in html
    assert "you need the permission Can add products without write-off" in text_of(html)


def test_texts_of_a_store_are_escaped_and_out_of_htmx_reach(client, bring):
    evil = '<img src=x onerror=alert(1)><b hx-get="/logout/" hx-trigger="load">'
    bring(
        order(
            1,
            lines=(line(1, name=evil),),
            contact=ContactDetails(key="e", first_name=evil),
        )
    )
    html = list_page(client)
    assert "<img" not in html
    assert "<b hx-get" not in html
    for name in ["store", "external", "customer", "items"]:
        assert f'<td class="{name}" hx-disable>' in html


def test_page_holds_nothing_inline(client, bring):
    bring(order(1, figures=figures(total=Decimal(3))))
    for path in ["/orders/", f"/orders/{Order.objects.get().pk}/"]:
        html = client.get(path).content.decode()
        assert not re.search(
            r"<style|\sstyle=|\son\w+=|hx-on|js:|<script(?! src=)", html
        )


def test_signed_out_is_led_to_the_login(db, client):
    client.logout()
    assert client.get("/orders/")["Location"] == "/login/?next=/orders/"


def test_number_that_is_not_here_can_be_explained_by_those_who_see_the_stores(
    client, kim_client, bring
):
    bring(order(1))
    assert "Why is #1042 not here?" in list_page(kim_client, "?q=%231042")
    assert "Why is 1042 not here?" in list_page(kim_client, "?q=1042")
    for text in ["%231001", "nobody", "#"]:
        assert "not here?" not in list_page(kim_client, f"?q={text}")
    assert "not here?" not in list_page(client, "?q=%231042")


def test_search_that_finds_nothing_offers_near_names_with_their_orders(client, bring):
    clara = ContactDetails(key="s:1", first_name="Clara", last_name="Hoffmann")
    bring(*(order(n, contact=clara) for n in range(1, 4)), order(9))
    Order.objects.filter(external_number="#1001").update(
        status=Status.objects.get(name="Closed")
    )
    html = list_page(client, "?q=Clara+Hofmann")
    assert "Did you mean: Clara Hoffmann? 3 orders" in text_of(html)
    assert 'href="?q=Clara+Hoffmann"' in html
    assert len(order_ids(list_page(client, "?q=Clara+Hoffmann"))) == 3
    html = list_page(client, "?q=hofmann&group=closed")
    assert "Did you mean: Hoffmann? 1 order" in text_of(html)
    assert 'href="?q=Hoffmann&amp;group=closed"' in html
    assert "Did you mean" not in list_page(client, "?q=hofmann&group=pending")


def test_buyer_is_shown_where_the_order_is_another_customers(client, bring):
    phone = "+4915123456789"
    anna = ContactDetails(key="s:1", first_name="Anna", phone=phone)
    lee = ContactDetails(key="s:2", first_name="Lee", last_name="<Wu>", phone=phone)
    first, second = bring(order(1, contact=anna), order(2, contact=lee))
    assert text_of(cell(list_page(client, "?q=lee"), "customer")).startswith("Anna ")
    assert "Buyer: Lee &lt;Wu&gt;" in text_of(list_page(client))
    assert list_page(client).count("Buyer:") == 1
    html = page(client, f"/orders/{second.pk}/")
    assert "Buyer: Lee &lt;Wu&gt;" in text_of(html)
    assert "Buyer:" not in page(client, f"/orders/{first.pk}/")
