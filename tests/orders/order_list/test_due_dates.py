"""The due date of an order, set in its row of the list."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from orders.models import BulkAction, Order, Preferences
from tests.support.html import cell, found, page, text_of
from tests.support.incoming import order
from tests.support.order_list import list_page
from tests.support.order_page import said, state
from tests.support.orders import events_of
from tests.support.users import signed_in

pytestmark = pytest.mark.usefixtures("sound")
FIRST, SECOND = date(2031, 1, 7), date(2031, 2, 8)


@pytest.fixture
def one(made_here) -> Order:
    return made_here()


def due_on(one: Order) -> date | None:
    return Order.objects.get(pk=one.pk).due_on


def send(client, one: Order, **data):
    """As the menu of the row sends it."""
    headers = {"HX-Request": "true", "HX-Target": f"order-{one.pk}"}
    return client.post(f"/orders/{one.pk}/due/", data, headers=headers)


def due_cell(answer) -> str:
    return text_of(cell(answer.content.decode(), "due"))


def test_due_date_is_set_moved_and_cleared_in_the_row(client, one):
    answer = send(client, one, due_on=FIRST, seen="")
    assert due_cell(answer) == "Due date: 7 Jan 2031"
    assert said(answer) == [f"Order {one.pk}: Due on 7 Jan 2031"]
    assert due_on(one) == FIRST
    answer = send(client, one, due_on=SECOND, seen=FIRST)
    assert due_cell(answer) == "Due date: 8 Feb 2031"
    answer = send(client, one, clear="1", seen=SECOND)
    assert (due_cell(answer), said(answer)) == (
        "Due date: –",
        [f"Order {one.pk}: No due date"],
    )
    assert due_on(one) is None
    assert events_of(one) == [
        ("due", "", "due_on", "", "2031-01-07"),
        ("due", "", "due_on", "2031-01-07", "2031-02-08"),
        ("due", "", "due_on", "2031-02-08", ""),
    ]


def test_due_date_that_somebody_else_has_set_is_not_replaced(client, sam, one):
    send(signed_in(sam), one, due_on=FIRST, seen="")
    before = state()
    for data in [{"due_on": SECOND}, {"clear": "1"}]:
        answer = send(client, one, seen=SECOND, **data)
        assert said(answer) == [
            "Somebody else has changed the due date to 7 Jan 2031. It was left as it is."
        ]
        assert due_cell(answer) == "Due date: 7 Jan 2031"
    # Who wants what the first one did is not in their way.
    answer = send(client, one, due_on=FIRST, seen="")
    assert said(answer) == []
    assert (state(), BulkAction.objects.count()) == (before, 1)


def test_due_date_that_somebody_else_has_removed_is_not_set_again(client, sam, one):
    send(client, one, due_on=FIRST, seen="")
    send(signed_in(sam), one, clear="1", seen=FIRST)
    before = state()
    answer = send(client, one, due_on=SECOND, seen=FIRST)
    assert said(answer) == [
        "Somebody else has removed the due date. It was left as it is."
    ]
    assert (due_cell(answer), state()) == ("Due date: –", before)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"due_on": "0026-12-01"}, "Choose a day between 2000 and 2100."),
        ({"due_on": "soon"}, "Enter a valid date."),
        (
            {"due_on": FIRST, "seen": "x"},
            "This choice is no longer available. Reload the page.",
        ),
    ],
)
def test_nonsense_is_refused_in_words_beside_the_list(client, one, data, error):
    before = state()
    answer = send(client, one, **data)
    assert said(answer) == [error]
    assert due_cell(answer) == "Due date: –"
    assert state() == before


def undo(client) -> str:
    action = BulkAction.objects.latest("pk")
    answer = client.post(f"/orders/bulk/{action.pk}/undo/", follow=True)
    return said(answer)[-1]


def test_due_date_is_undone_once_and_the_feed_says_so(client, one):
    send(client, one, due_on=FIRST, seen="")
    answer = send(client, one, due_on=SECOND, seen=FIRST)
    action = BulkAction.objects.latest("pk")
    assert f'action="/orders/bulk/{action.pk}/undo/"' in answer.content.decode()
    assert undo(client) == "Undone: Due on 8 Feb 2031: 1 set back."
    assert due_on(one) == FIRST
    assert events_of(one)[-1] == (
        *("undone", "", "due_on"),
        *("2031-02-08", "2031-01-07"),
    )
    feed = text_of(client.get(f"/orders/{one.pk}/").content.decode())
    assert "Undone: Due date before: 8 Feb 2031 now: 7 Jan 2031" in feed


def test_due_date_that_was_cleared_comes_back(client, one):
    send(client, one, due_on=FIRST, seen="")
    send(client, one, clear="1", seen=FIRST)
    assert undo(client) == "Undone: No due date: 1 set back."
    assert due_on(one) == FIRST


def test_undo_leaves_a_due_date_that_somebody_has_set_since(client, sam, one):
    send(client, one, due_on=FIRST, seen="")
    action = BulkAction.objects.get()
    # The same again, but because somebody wanted it.
    send(signed_in(sam), one, due_on=SECOND, seen=FIRST)
    send(signed_in(sam), one, due_on=FIRST, seen=SECOND)
    before = state()
    answer = client.post(f"/orders/bulk/{action.pk}/undo/", follow=True)
    assert said(answer) == ["Undone: Due on 7 Jan 2031: 1 left alone: changed since."]
    assert state() == before


def choices(client, one: Order, seen: object = "") -> list[tuple[str, str]]:
    """The days of the menu by their names, and which of them is marked."""
    html = page(client, f"/orders/{one.pk}/days/?seen={seen}")
    assert f'hx-target="#order-{one.pk}"' in html
    pressed = re.findall(
        r'<button [^>]*value="([\w-]+)"( aria-current="true")?>\s*([^<]+)', html
    )
    return [(name.strip() + ("*" if mark else ""), day) for day, mark, name in pressed]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_menu_offers_days_as_the_reader_has_them(client, ann, one, zone):
    Preferences.objects.create(user=ann, time_zone=zone)
    today = datetime.now(ZoneInfo(zone)).date()
    tomorrow, in_a_week = today + timedelta(days=1), today + timedelta(days=7)
    offered = [
        ("Today", f"{today}"),
        ("Tomorrow", f"{tomorrow}"),
        ("In a week", f"{in_a_week}"),
    ]
    assert choices(client, one) == offered
    offered[1] = ("Tomorrow*", f"{tomorrow}")
    assert choices(client, one, tomorrow) == [*offered, ("No due date", "1")]
    html = page(client, f"/orders/{one.pk}/days/?seen={tomorrow}")
    field = found(r'(<input type="date"[^>]*>)', html)
    assert f'value="{tomorrow}" aria-label="Due date" required' in field


def test_menu_is_brought_with_no_more_queries_than_the_assignees(
    client, one, django_assert_max_num_queries, django_assert_num_queries
):
    with django_assert_max_num_queries(99) as of_assignees:
        client.get(f"/orders/{one.pk}/people/?seen=")
    assert len(of_assignees) == 5
    with django_assert_num_queries(4):  # who asks, the order: nobody's name is needed
        client.get(f"/orders/{one.pk}/days/?seen=")


def test_one_is_set_with_a_fixed_number_of_queries(
    client, one, django_assert_num_queries
):
    send(client, one, due_on=FIRST, seen="")
    with django_assert_num_queries(14):
        send(client, one, due_on=SECOND, seen=FIRST)
    with django_assert_num_queries(11):
        client.post(
            f"/orders/{one.pk}/assignee/",
            {"assignee": "", "seen": ""},
            headers={"HX-Request": "true", "HX-Target": f"order-{one.pk}"},
        )


def test_only_who_may_change_the_order_is_offered_it(bob_client, rita, one, bring):
    Order.objects.update(due_on=timezone.localdate() - timedelta(days=1))
    [imported] = bring(order(1))
    before = state()
    assert 'data-menu="days"' not in list_page(bob_client)
    rows = list_page(signed_in(rita))
    assert rows.count('data-menu="days"') == 1
    for client, which in [(bob_client, one), (signed_in(rita), imported)]:
        assert client.get(f"/orders/{which.pk}/days/?seen=").status_code == 403
        assert send(client, which, due_on=FIRST, seen="").status_code == 403
    assert state() == before
