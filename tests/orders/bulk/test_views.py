"""More actions on a selection: status and assignee of many orders, answered with every outcome and shown
order by order."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse
from django.utils import timezone

from orders.bulk import views
from orders.models import (
    BulkAction,
    BulkActionOrder,
    BulkOutcome,
    Order,
    Status,
)
from tests.support.html import text_of
from tests.support.incoming import order
from tests.support.order_page import said
from tests.support.users import signed_in

URL = reverse("orders:bulk")
PROGRESS = reverse("orders:bulk-progress")


@pytest.fixture
def boss(ann):
    ann.groups.set([Group.objects.get(name="Manager")])
    return signed_in(ann)


def status_of(name: str) -> int:
    return Status.objects.get(name=name).pk


def statuses() -> list[str]:
    return list(Order.objects.order_by("pk").values_list("status__name", flat=True))


def test_selected_orders_get_the_status_and_the_answer_names_every_outcome(boss, bring):
    first, second, _third = bring(order(1), order(2), order(3))
    Order.objects.filter(pk=second.pk).update(status=status_of("Ready"))
    answer = boss.post(
        URL, {"id": [first.pk, second.pk], "status": status_of("Ready")}, follow=True
    )
    assert said(answer) == ["Status “Ready”: 1 changed; 1 unchanged: already set."]
    assert statuses() == ["Ready", "Ready", "New"]


def test_all_matching_are_assigned(boss, ann, bring):
    bring(order(1), order(2), order(3))
    data = {
        "all": "1",
        "query": "q=%231001",
        "assignee": ann.pk,
        "next": "/orders/?q=%231001",
    }
    answer = boss.post(URL, data, follow=True)
    assert answer.redirect_chain == [("/orders/?q=%231001", 302)]
    assert said(answer) == ["Assigned to Ann Baker: 1 changed."]
    assert list(Order.objects.order_by("pk").values_list("assignee", flat=True)) == [
        ann.pk,
        None,
        None,
    ]


def test_status_that_may_not_follow_is_named_and_nothing_changes(boss, bring):
    (first,) = bring(order(1))
    new = Status.objects.get(name="New")
    new.followers.set([Status.objects.get(name="In progress")])
    answer = boss.post(
        URL, {"id": [first.pk], "status": status_of("Ready")}, follow=True
    )
    assert said(answer) == [
        "Status “Ready”: 1 not changed: its status does not allow this one."
    ]
    assert statuses() == ["New"]


def test_orders_from_stores_need_their_own_permission(ann, bring, made_here):
    (imported,) = bring(order(1))
    own = made_here()
    ann.groups.clear()
    ann.user_permissions.set(
        Permission.objects.filter(codename__in=["view_order", "change_order"])
    )
    data = {"id": [imported.pk, own.pk], "status": status_of("Ready")}
    answer = signed_in(ann).post(URL, data, follow=True)
    assert said(answer) == [
        "Status “Ready”: 1 changed; 1 not changed: orders from stores need the permission to work with them."
    ]
    assert statuses() == ["New", "Ready"]


@pytest.mark.parametrize(
    "data", [{"status": "999999"}, {"assignee": "999999"}, {"status": "x"}, {}]
)
def test_nonsense_changes_nothing_and_says_so(boss, bring, data):
    (first,) = bring(order(1))
    answer = boss.post(URL, {"id": [first.pk], **data}, follow=True)
    assert said(answer) == ["This status or person no longer exists. Reload the page."]
    assert (statuses(), BulkAction.objects.count()) == (["New"], 0)


def test_without_the_permission_it_is_refused_and_nothing_changes(bob_client, bring):
    (first,) = bring(order(1))
    answer = bob_client.post(URL, {"id": [first.pk], "status": status_of("Ready")})
    assert (answer.status_code, statuses(), BulkAction.objects.count()) == (
        403,
        ["New"],
        0,
    )


def test_long_action_shows_how_it_gets_on_until_it_has_ended(boss, bring, monkeypatch):
    bring(order(1), order(2))
    monkeypatch.setattr(views, "AT_ONCE", timedelta(0))
    answer = boss.post(
        URL,
        {"all": "1", "query": "", "status": status_of("Ready")},
        headers={"HX-Request": "true"},
    )
    html = answer.content.decode()
    assert "Status “Ready”: 2 follow in the background." in text_of(html)
    assert "Status “Ready”: 0 of 2 done" in text_of(html)
    assert answer.headers["HX-Trigger-After-Settle"] == '{"reload": {}}'
    running = boss.get(PROGRESS)
    assert 'hx-trigger="every 2s"' in running.content.decode()
    assert "HX-Trigger-After-Settle" not in running.headers
    action = BulkAction.objects.get()
    views.continue_action(action.pk, clock=timezone.now)
    BulkAction.objects.update(asked_at=timezone.now() - timedelta(seconds=9))
    ended = boss.get(PROGRESS)
    assert "2 of 2 done" in text_of(ended.content.decode())
    assert "hx-trigger" not in ended.content.decode()
    assert ended.headers["HX-Trigger-After-Settle"] == '{"reload": {}}'


def page_of(action: BulkAction) -> str:
    return reverse("orders:bulk-action", args=[action.pk])


def rows_of(answer) -> list[tuple[int, str]]:
    """Number and outcome of each order on the page of an action."""
    found = re.findall(
        r'<tr>\s*<td><a[^>]*>(\d+)</a></td>.*?<td class="ending">([^<]*)</td>\s*</tr>',
        answer.content.decode(),
        re.DOTALL,
    )
    return [(int(number), outcome) for number, outcome in found]


def test_page_of_an_action_lists_every_order_with_its_outcome(
    boss, bring, django_assert_max_num_queries, monkeypatch
):
    first, second, third = bring(order(1), order(2), order(3))
    Order.objects.filter(pk=second.pk).update(status=status_of("Ready"))
    boss.post(
        URL, {"id": [first.pk, second.pk, third.pk], "status": status_of("Ready")}
    )
    url = reverse("orders:bulk-action", args=[BulkAction.objects.get().pk])
    with django_assert_max_num_queries(12):
        answer = boss.get(url)
    assert rows_of(answer) == [
        (first.pk, "changed"),
        (second.pk, "unchanged: already set"),
        (third.pk, "changed"),
    ]
    only = boss.get(url, {"outcome": "same"})
    assert [number for number, _outcome in rows_of(only)] == [second.pk]
    monkeypatch.setattr(views, "ROWS", 2)
    assert f"?outcome=&amp;after={second.pk}" in boss.get(url).content.decode()
    assert rows_of(boss.get(url, {"after": second.pk})) == [(third.pk, "changed")]


def test_everyone_who_may_see_orders_sees_the_outcomes(boss, bob_client, bring):
    (first,) = bring(order(1))
    boss.post(URL, {"id": [first.pk], "status": status_of("Ready")})
    answer = bob_client.get(page_of(BulkAction.objects.get()))
    assert rows_of(answer) == [(first.pk, "changed")]
    assert "Undo" not in text_of(answer.content.decode())


def deleted(order: Order) -> int:
    pk = order.pk
    Order.objects.filter(pk=pk).delete()
    return pk


NO_LONGER = "not changed: the order no longer exists"


@pytest.mark.parametrize(
    ("address", "data", "answer"),
    [
        ("orders:bulk", {"assignee": "none"}, f"Assigned to nobody: 1 {NO_LONGER}."),
        (
            "orders:due-of-selection",
            {"due_on": "2031-01-07"},
            f"Due on 7 Jan 2031: 1 {NO_LONGER}.",
        ),
        (
            "orders:write-off-selection",
            {},
            f"Write-off from Main warehouse: 1 {NO_LONGER}.",
        ),
        ("stores:refresh", {}, "1 order no longer exists."),
    ],
)
def test_selected_order_that_was_deleted_meanwhile_is_said_to_be_gone(
    kim_client, main, made_here, address, data, answer
):
    sent = {"id": deleted(made_here()), **data}
    assert said(kim_client.post(reverse(address), sent, follow=True)) == [answer]
    assert BulkActionOrder.objects.get().outcome == BulkOutcome.GONE


def test_selected_orders_that_are_there_are_changed_and_the_others_named(
    kim_client, made_here
):
    there, gone = made_here(), deleted(made_here())
    sent = {"id": [there.pk, gone, gone], "assignee": "none"}
    Order.objects.update(assignee=User.objects.get())
    answer = kim_client.post(reverse("orders:bulk"), sent, follow=True)
    assert said(answer) == [f"Assigned to nobody: 1 changed; 1 {NO_LONGER}."]
    page = kim_client.get(page_of(BulkAction.objects.get())).content.decode()
    assert f"{gone} – {NO_LONGER}" in text_of(page)


def test_question_counts_the_orders_that_are_there(kim_client, made_here):
    cancelled = Status.objects.get(name="Cancelled").pk
    there, gone = made_here(), deleted(made_here())
    sent = {"id": [there.pk, gone], "status": cancelled}
    html = kim_client.post(reverse("orders:bulk"), sent).content.decode()
    assert "Set 1 order to “Cancelled”?" in text_of(html)
    confirmed = {"action": BulkAction.objects.get().pk}
    answer = kim_client.post(reverse("orders:bulk"), confirmed, follow=True)
    assert said(answer) == [f"Status “Cancelled”: 1 changed; 1 {NO_LONGER}."]


def test_nothing_that_matches_any_more_is_no_missing_selection(kim_client, main):
    sent = {"all": "1", "query": "q=gone", "total": "1"}
    bulk = reverse("orders:bulk")
    answer = kim_client.post(bulk, {**sent, "assignee": "none"}, follow=True)
    assert said(answer) == ["Assigned to nobody: no order matches any more."]
    answer = kim_client.post(reverse("stores:refresh"), sent, follow=True)
    assert said(answer)[-1:] == ["No order matches any more."]
