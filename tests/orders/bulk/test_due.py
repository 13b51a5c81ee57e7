"""The due date of a selection: a day of the menu, none, or one that is chosen where it asks; undone where
nobody has changed it since."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from orders.bulk.engine import ask, continue_action
from orders.domain.attributes import set_due
from orders.models import BulkAction, BulkKind, BulkOutcome, Order
from tests.orders.bulk import GONE
from tests.support.html import text_of
from tests.support.incoming import order
from tests.support.order_page import said, state
from tests.support.orders import events_of
from tests.support.users import create_user, signed_in

URL = reverse("orders:due-of-selection")
DAY, OTHER = date(2026, 12, 24), date(2027, 1, 4)


def days() -> list[date | None]:
    return list(Order.objects.order_by("pk").values_list("due_on", flat=True))


def sent(*orders: Order, **data) -> dict:
    return {"id": [each.pk for each in orders], **data}


def undo(client) -> list[str]:
    pk = BulkAction.objects.latest("pk").pk
    return said(client.post(reverse("orders:undo", args=[pk]), follow=True))[-1:]


def test_selected_orders_get_the_day_and_the_answer_names_every_outcome(
    kim_client, made_here
):
    first, second, third = made_here(), made_here(due_on=DAY), made_here(due_on=OTHER)
    answer = kim_client.post(URL, sent(first, second, due_on="2026-12-24"), follow=True)
    assert said(answer) == [
        "Due on 24 Dec 2026: 1 changed; 1 unchanged: already set.",
    ]
    assert (days(), events_of(first)[-1]) == (
        [DAY, DAY, OTHER],
        ("due", "", "due_on", "", "2026-12-24"),
    )
    answer = kim_client.post(URL, sent(first, third, due_on="none"), follow=True)
    assert said(answer) == ["No due date: 2 changed."]
    assert days() == [None, DAY, None]


def test_undo_sets_back_what_nobody_has_changed(kim_client, sam, made_here):
    first, second, third = made_here(), made_here(due_on=OTHER), made_here()
    kim_client.post(URL, sent(first, second, third, due_on="2026-12-24"))
    now = timezone.now()
    set_due(third.pk, None, seen=DAY, by=sam, now=now)
    # The same day again, but because somebody wanted it.
    set_due(third.pk, DAY, seen=None, by=sam, now=timezone.now())
    page = reverse("orders:bulk-action", args=[BulkAction.objects.earliest("pk").pk])
    assert "Due on 24 Dec 2026" in text_of(kim_client.get(page).content.decode())
    pk = BulkAction.objects.earliest("pk").pk
    answer = kim_client.post(reverse("orders:undo", args=[pk]), follow=True)
    assert said(answer)[-1:] == [
        "Undone: Due on 24 Dec 2026: 2 set back; 1 left alone: changed since."
    ]
    assert days() == [None, OTHER, DAY]
    assert events_of(second)[-1] == (
        "undone",
        "",
        "due_on",
        "2026-12-24",
        "2027-01-04",
    )


def test_another_day_is_asked_for(kim_client, made_here):
    one, two = made_here(due_on=DAY), made_here()
    html = kim_client.post(URL, sent(one, two, due_on="other")).content.decode()
    assert "Set the due date of 2 orders?" in text_of(html)
    assert 'type="date" name="due_on"' in html
    draft = {"action": BulkAction.objects.get().pk}
    for wrong, error in [
        ("", "This field is required."),
        ("soon", "Enter a valid date."),
        ("1999-12-31", "Choose a day between 2000 and 2100."),
    ]:
        again = kim_client.post(URL, draft | {"due_on": wrong}).content.decode()
        assert error in text_of(again)
        assert days() == [DAY, None]
    answer = kim_client.post(URL, draft | {"due_on": "2027-01-04"}, follow=True)
    assert said(answer) == ["Due on 4 Jan 2027: 2 changed."]
    assert days() == [OTHER, OTHER]
    answer = kim_client.post(URL, draft | {"due_on": "2026-12-24"}, follow=True)
    assert said(answer) == [GONE]
    assert days() == [OTHER, OTHER]
    assert undo(kim_client) == ["Undone: Due on 4 Jan 2027: 2 set back."]
    assert days() == [DAY, None]


@pytest.mark.parametrize(
    ("chosen", "question", "outcome"),
    [
        (
            "2026-12-24",
            "Set the due date of 101 orders to 24 Dec 2026?",
            "Due on 24 Dec 2026: 101 changed.",
        ),
        ("none", "Remove the due date of 101 orders?", "No due date: 101 changed."),
    ],
)
def test_more_than_a_hundred_orders_are_asked_about(
    kim_client, made_here, chosen, question, outcome
):
    for _ in range(101):
        made_here(due_on=OTHER)
    data = {"all": "1", "query": "", "total": 101, "due_on": chosen}
    html = kim_client.post(URL, data).content.decode()
    assert question in text_of(html)
    assert set(days()) == {OTHER}
    confirmed = {"action": BulkAction.objects.get().pk}
    assert said(kim_client.post(URL, confirmed, follow=True)) == [outcome]
    assert set(days()) == {DAY if chosen != "none" else None}


def test_question_and_menu_in_german(kim_client, made_here):
    one = made_here()
    kim_client.cookies["django_language"] = "de"
    page = text_of(kim_client.get(reverse("orders:list")).content.decode())
    assert "Fälligkeit Heute" in page
    html = kim_client.post(URL, sent(one, due_on="other")).content.decode()
    assert "Fälligkeit von 1 Auftrag festlegen?" in text_of(html)


@pytest.mark.parametrize("due_on", ["", "soon", "1999-12-31"])
def test_what_is_no_day_changes_nothing_and_says_so(kim_client, made_here, due_on):
    one = made_here(due_on=DAY)
    answer = kim_client.post(URL, sent(one, due_on=due_on), follow=True)
    assert said(answer) == ["This is no day that can be set. Reload the page."]
    assert (days(), BulkAction.objects.count()) == ([DAY], 0)


def test_it_needs_the_permission(bob_client, made_here):
    one = made_here()
    before = state()
    answer = bob_client.post(URL, sent(one, due_on="2026-12-24"))
    assert (answer.status_code, state()) == (403, before)
    assert URL not in bob_client.get(reverse("orders:list")).content.decode()


def test_orders_from_stores_need_the_permission_to_work_with_them(bring, made_here):
    [imported] = bring(order(1))
    own = made_here()
    may = ["orders.view_order", "orders.change_order"]
    browser = signed_in(create_user("eve", *may))
    answer = browser.post(URL, sent(imported, own, due_on="2026-12-24"), follow=True)
    assert said(answer) == [
        "Due on 24 Dec 2026: 1 changed; "
        "1 not changed: orders from stores need the permission to work with them."
    ]
    assert days() == [None, DAY]


def test_draft_of_another_kind_is_not_started(kim_client, made_here):
    kim_client.post(URL, sent(made_here(), due_on="other"))
    before = state()
    draft = {"action": BulkAction.objects.get().pk, "due_on": "2026-12-24"}
    kim_client.post(reverse("orders:bulk"), draft)
    kim_client.post(reverse("orders:write-off-selection"), draft)
    assert (state(), BulkAction.objects.get().due_at) == (before, None)


def test_many_go_on_in_the_background(kim, made_here):
    one = made_here()
    action = ask(
        Order.objects.all(),
        kind=BulkKind.DUE,
        by=kim,
        now=timezone.now(),
        due_on=DAY,
    )
    assert continue_action(action.pk, clock=timezone.now)
    row = action.orders.get()
    assert (row.order_id, row.outcome, row.before) == (
        one.pk,
        BulkOutcome.CHANGED,
        {"due_on": None},
    )
    assert days() == [DAY]
