"""What became of an order at its store, and its due date: rows, columns, filters, chips, sort and export."""

import csv
import re
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from io import StringIO

import pytest
from django.utils import timezone

from orders.models import Order, Preferences, Status, WriteOff
from orders.order_list.counts import forget
from tests.support.html import cell, text_of
from tests.support.incoming import figures, line, order
from tests.support.order_list import PART, list_page, order_ids
from tests.support.times import DAY
from tests.support.users import read_in

pytestmark = pytest.mark.django_db
ORDERS = {
    "plain": {},
    "cancelled": {"cancelled_at": DAY, "payment": "voided", "closed_at": DAY},
    "refunded": {"payment": "refunded", "fulfilment": "fulfilled"},
    "partly": {"payment": "partially_refunded", "closed_at": DAY},
    "unexplained": {"figures": figures(total=Decimal("12.00"))},
    "unpaid": {"payment": "pending", "fulfilment": "partially_fulfilled"},
}


@pytest.fixture
def known(bring) -> dict[int, str]:
    """The names of the orders above, and of one that is gone, by their numbers."""
    found = bring(*(order(n, **each) for n, each in enumerate(ORDERS.values(), 1)))
    named = dict(zip((one.pk for one in found), ORDERS, strict=True))
    [gone] = bring(order(99))
    Order.objects.filter(pk=gone.pk).update(gone_at=DAY)
    return named | {gone.pk: "gone"}


def choose(user, *columns: str) -> None:
    Preferences.objects.update_or_create(user=user, defaults={"columns": list(columns)})


def row_of(html: str, pk: int) -> str:
    return re.search(rf'<tr id="order-{pk}".*?</tr>', html, re.DOTALL)[0]


def tags(html: str) -> list[str]:
    return re.findall(r'class="tag[^"]*">([^<]*)<', html)


EXPECTED = {
    "plain": [],
    "cancelled": ["Cancelled", "Archived"],
    "refunded": ["Refunded"],
    "partly": ["Partly refunded", "Archived"],
    "unexplained": ["Totals differ"],
    "unpaid": [],
    "gone": ["Gone"],
}


@pytest.mark.parametrize(
    ("columns", "place"),
    [
        ([], "status"),
        (["status", "total"], "status"),
        (["status", "at-store"], "at-store"),
        (["total"], "number"),
    ],
)
def test_every_row_says_what_became_of_it_whatever_columns_are_chosen(
    client, ann, known, columns, place
):
    choose(ann, *columns)
    html = list_page(client)
    for pk, name in known.items():
        row = row_of(html, pk)
        assert tags(row) == EXPECTED[name]
        assert tags(cell(row, place)) == EXPECTED[name]


def test_columns_of_payment_fulfilment_state_and_due_date(client, ann, known):
    choose(ann, "payment", "fulfilment", "at-store", "due")
    today = timezone.localdate()
    late, later = [pk for pk, name in known.items() if name in ("plain", "gone")]
    Order.objects.filter(pk=late).update(due_on=today - timedelta(days=1))
    Order.objects.filter(pk=later).update(due_on=date(2031, 1, 7))
    html = list_page(client)

    def shown(pk: int) -> list[str]:
        names = ["payment", "fulfilment", "at-store", "due"]
        return [text_of(cell(row_of(html, pk), name)) for name in names]

    assert shown(late)[:3] == ["Paid", "Not fulfilled yet", "–"]
    assert shown(late)[3].endswith("Overdue")
    assert shown(later) == ["Paid", "Not fulfilled yet", "Gone", "Due date: 7 Jan 2031"]
    Order.objects.filter(pk=late).update(status=Status.objects.get(name="Ready"))
    assert "Overdue" not in text_of(cell(row_of(list_page(client), late), "due"))


def test_column_of_what_is_written_off_in_list_and_file(kim_client, kim, known):
    choose(kim, "write-off")
    for state, name in [(WriteOff.PARTLY, "plain"), (WriteOff.ALL, "gone")]:
        [pk] = [pk for pk, each in known.items() if each == name]
        Order.objects.filter(pk=pk).update(write_off=state)
    expected = {"plain": "Partly written off", "gone": "All written off"}
    html = list_page(kim_client)
    assert {
        name: text_of(cell(row_of(html, pk), "write-off")) for pk, name in known.items()
    } == {name: expected.get(name, "–") for name in known.values()}
    answer = kim_client.post("/orders/export/", {"all": "1", "query": ""})
    lines = csv.reader(StringIO(b"".join(answer).decode().removeprefix("\ufeff")))
    assert next(lines) == ["Number", "Write-off"]
    assert dict(lines) == {
        f"{pk}": expected.get(name, "") for pk, name in known.items()
    }


def test_due_date_is_shown_to_who_has_chosen_no_columns(client, known):
    html = list_page(client)
    headings = re.findall(r'<th scope="col" class="([\w-]+)"', html)
    assert headings == [
        "number",
        "status",
        "type",
        "store",
        "external",
        "customer",
        "items",
        "total",
        "due",
        "created",
        "updated",
        "assignee",
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("at_store=cancelled", ["cancelled"]),
        ("at_store=refunded", ["refunded"]),
        ("at_store=partly_refunded", ["partly"]),
        ("at_store=archived", ["cancelled", "partly"]),
        ("at_store=gone", ["gone"]),
        ("at_store=differs", ["unexplained"]),
        ("at_store=gone&at_store=refunded", ["gone", "refunded"]),
        ("at_store=archived&payment=partially_refunded", ["partly"]),
        ("payment=voided&payment=pending", ["cancelled", "unpaid"]),
        ("payment=pending&fulfilment=fulfilled", []),
        ("fulfilment=fulfilled", ["refunded"]),
        ("fulfilment=partially_fulfilled&store=connected", ["unpaid"]),
        ("at_store=gone&store=here", []),
        ("at_store=x&payment=%00&fulfilment=", sorted([*ORDERS, "gone"])),
    ],
)
def test_filters_of_what_the_store_says(client, known, query, expected):
    html = list_page(client, f"?{query}")
    assert sorted(known[pk] for pk in order_ids(html)) == expected


def test_filters_stand_in_the_url_have_chips_and_one_menu(client, known):
    query = "?payment=pending&fulfilment=partially_fulfilled&at_store=archived"
    answer = client.get(f"/orders/{query}", headers=PART)
    assert answer["HX-Push-Url"] == f"/orders/{query}"
    html = answer.content.decode()
    chips = re.findall(r'aria-label="Remove filter ([^"]*)"', html)
    assert chips == [
        "Payment Not paid yet",
        "Fulfilment Partly fulfilled",
        "At the store Archived",
    ]
    assert (
        '<span id="chosen-at_store" class="chosen" hx-swap-oob="true">3</span>' in html
    )
    menu = re.search(
        r'<legend class="hidden-text">At the store</legend>(.*?)</fieldset>',
        list_page(client, query),
        re.DOTALL,
    )[1]
    assert re.findall(r'<p class="menu-title">([^<]*)</p>', menu) == [
        "Payment",
        "Fulfilment",
    ]
    assert (
        len(re.findall(r'type="checkbox" name="(?:at_store|payment|fulfilment)"', menu))
        == 24
    )
    assert len(re.findall(r" checked>", menu)) == 3
    read_in(client, "de")
    german = client.get("/orders/?at_store=archived")
    assert "Archiviert" in text_of(german.content.decode())


@pytest.fixture
def due(made_here) -> dict[int, str]:
    today = timezone.localdate()
    days = {"late": -1, "today": 0, "soon": 3, "in a week": 7, "far": 8}
    found = {
        made_here(due_on=today + timedelta(days=number)).pk: name
        for name, number in days.items()
    }
    return found | {made_here().pk: "none"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("due=overdue", ["late"]),
        ("due=today", ["today"]),
        ("due=week", ["in a week", "soon", "today"]),
        ("due=none", ["none"]),
        ("due=week&due=overdue", ["in a week", "late", "soon", "today"]),
    ],
)
def test_filter_of_due_dates(client, due, query, expected):
    assert (
        sorted(due[pk] for pk in order_ids(list_page(client, f"?{query}"))) == expected
    )


def test_sorted_by_due_date_the_most_urgent_comes_first_and_without_one_last(
    client, ann, due
):
    choose(ann, "due")
    names = ["late", "today", "soon", "in a week", "far", "none"]
    assert [due[pk] for pk in order_ids(list_page(client, "?sort=due"))] == names
    html = list_page(client, "?sort=-due")
    assert [due[pk] for pk in order_ids(html)] == names[::-1]
    heading = re.search(r'<a id="sort-due" href="([^"]*)"', list_page(client))
    assert unescape(heading[1]) == "?sort=due"


def test_sort_by_due_date_turns_pages_over_those_without_one(client, ann, made_here):
    today = timezone.localdate()
    dated = [made_here(due_on=today + timedelta(days=n // 2)).pk for n in range(30)]
    bare = [made_here().pk for _ in range(30)]
    seen, query = [], "?size=25&sort=due"
    while query:
        html = list_page(client, query)
        seen += order_ids(html)
        found = re.search(r'rel="next" href="([^"]*)"', html)
        query = unescape(found[1]) if found else ""
    assert seen == [*dated, *bare]
    back = re.search(r'rel="prev" href="([^"]*)"', html)
    assert order_ids(list_page(client, unescape(back[1]))) == seen[25:50]


def test_csv_says_what_the_columns_say(kim_client, kim, known):
    choose(kim, "payment", "fulfilment", "at-store", "due")
    Order.objects.update(due_on=date(2031, 1, 7))
    answer = kim_client.post(
        "/orders/export/", {"all": "1", "query": "", "sort": "number"}
    )
    lines = csv.reader(StringIO(b"".join(answer).decode().removeprefix("\ufeff")))
    heading, *rows = lines
    assert heading == ["Number", "Payment", "Fulfilment", "At the store", "Due date"]
    partly = next(pk for pk, name in known.items() if name == "partly")
    states = "Partly refunded, Archived"
    assert [
        f"{partly}",
        "Partly refunded",
        "Not fulfilled yet",
        states,
        "2031-01-07",
    ] in rows
    plain = next(pk for pk, name in known.items() if name == "plain")
    assert [f"{plain}", "Paid", "Not fulfilled yet", "", "2031-01-07"] in rows


@pytest.mark.parametrize(
    ("values", "is_left"),
    [
        ({}, True),
        ({"write_off": WriteOff.PARTLY}, True),
        ({"write_off": WriteOff.ALL}, False),
        ({"cancelled_at": DAY}, False),
        ({"status": "Closed"}, False),
        ({"status": "Ready"}, True),
        ({"gone_at": DAY}, True),
        ({"items": ""}, False),  # there is nothing that could be written off
    ],
)
def test_to_write_off_are_open_orders_only(client, bring, values, is_left):
    [one] = bring(order(1, lines=(line(1),)))
    if "status" in values:
        values = {"status": Status.objects.get(name=values["status"])}
    Order.objects.update(**values)
    expected = [one.pk] if is_left else []
    assert order_ids(list_page(client, "?write_off=open")) == expected
    badges = client.get("/orders/badges/").content.decode()
    badge = re.search(r'<a id="badge-to-write-off".*?</a>', badges, re.DOTALL)[0]
    assert text_of(badge) == f"To write off {len(expected)}"
    assert 'href="/orders/?write_off=open"' in badge


def test_to_write_off_is_or_with_the_other_values_of_its_filter(client, bring):
    left, cancelled, done = bring(*(order(n) for n in range(1, 4)))
    Order.objects.filter(pk=cancelled.pk).update(cancelled_at=DAY)
    Order.objects.filter(pk=done.pk).update(write_off=WriteOff.ALL)

    def shown(query: str) -> list[int]:
        return sorted(order_ids(list_page(client, f"?{query}")))

    assert shown("write_off=open&write_off=2") == [left.pk, done.pk]
    assert shown("write_off=0") == [left.pk, cancelled.pk]
    read_in(client, "de")
    german = client.get("/orders/?write_off=open")
    assert "Noch abzuschreiben" in text_of(german.content.decode())


def counts(client, query: str = "") -> dict[str, str]:
    """The numbers in the filter menus, by filter and value, as the badges' answer brings them."""
    url = f"http://testserver/orders/{query}"
    html = client.get(
        "/orders/badges/", headers={"HX-Current-URL": url}
    ).content.decode()
    found = re.findall(
        r'<span id="count-(\w+)-(\w+)" class="number" hx-swap-oob="true">([\d,]*)<',
        html,
    )
    return {f"{name}={value}": number for name, value, number in found}


@pytest.mark.slow
def test_each_value_says_how_many_orders_of_the_view_it_has(client, ann, known, due):
    """As many as the list shows when it is chosen."""
    numbers = {pk: n for n, pk in enumerate(known)}
    ready, closed = (Status.objects.get(name=name) for name in ["Ready", "Closed"])
    for pk, n in numbers.items():
        changed = {"assignee": ann if n % 2 else None, "write_off": n % 3}
        changed["status"] = [ready, closed][n % 2]
        Order.objects.filter(pk=pk).update(**changed)
    found = counts(client)
    assert len(found) > 40
    shown = {each: len(order_ids(list_page(client, f"?{each}"))) for each in found}
    assert {each: int(number) for each, number in found.items()} == shown
    page = list_page(client)
    assert [
        each for each in found if f'id="count-{each.replace("=", "-")}"' not in page
    ] == []


def test_values_that_would_widen_the_view_or_a_long_one_have_no_number(
    client, known, monkeypatch
):
    found = counts(client, "?payment=pending")
    assert (found["payment=pending"], found["payment=paid"]) == ("1", "")
    assert (found["fulfilment=partially_fulfilled"], found["at_store=gone"]) == (
        "1",
        "0",
    )
    monkeypatch.setattr("orders.order_list.value_counts.MAX_READ", 6)
    assert set(counts(client).values()) == {""}
    forget()
    monkeypatch.setattr("orders.order_list.value_counts.MAX_READ", 7)
    assert counts(client)["at_store=gone"] == "1"
