"""The list of the last 30 days' actions on orders: whose, in which order, and what became of them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from common.lists.pagination import DEFAULT_SIZE
from orders.bulk import views
from orders.models import BulkAction, Status
from tests.support.html import cells, found, href, page, text_of
from tests.support.users import create_user, signed_in

URL = reverse("orders:bulk")


def assign(client, orders, person: str = "none") -> BulkAction:
    """The action that these orders were assigned with."""
    chosen = {"id": [order.pk for order in orders], "assignee": person}
    client.post(URL, chosen)
    return BulkAction.objects.latest("pk")


def titles(html: str) -> list[str]:
    if "<tbody" not in html:
        return []
    body = found(r"<tbody[^>]*>(.*?)</tbody>", html)
    return [cells(html, number)[2] for number in range(body.count("<tr>"))]


def counted(html: str) -> str:
    return text_of(found(r'class="result-count"[^>]*>(.*?)</p>', html))


def test_actions_stand_with_person_orders_and_outcomes_newest_first(
    kim_client, ann, made_here
):
    first, second = made_here(), made_here(assignee=ann)
    many = assign(kim_client, [first, second], str(ann.pk))
    one = assign(kim_client, [second])
    html = page(kim_client, URL)
    assert counted(html) == "2 actions in the last 30 days"
    assert cells(html, 0)[1:] == [
        "Kim",
        f"Assigned to nobody Order {second.pk}",
        "1",
        "1 changed",
    ]
    assert cells(html, 1)[1:] == [
        "Kim",
        "Assigned to Ann Baker",
        "2",
        "1 changed 1 unchanged: already set",
    ]
    links = [
        f'<td class="name">\n          <a href="{reverse("orders:bulk-action", args=[each.pk])}">'
        for each in (one, many)
    ]
    assert html.index(links[0]) < html.index(links[1])
    assert "All actions" in page(
        kim_client, reverse("orders:bulk-action", args=[one.pk])
    )


def test_undo_is_an_action_too(kim_client, made_here):
    done = assign(kim_client, [made_here(assignee=None)])
    status = Status.objects.get(name="Ready")
    kim_client.post(URL, {"id": [made_here().pk], "status": status.pk})
    changed = BulkAction.objects.latest("pk")
    kim_client.post(reverse("orders:undo", args=[changed.pk]))
    assert [
        each.rpartition(" Order ")[0] for each in titles(page(kim_client, URL))
    ] == [
        "Undone: Status “Ready”",
        "Status “Ready”",
        "Assigned to nobody",
    ]
    assert done.pk < changed.pk


def test_own_actions_come_first_and_everybodys_on_asking(
    kim_client, client, bob_client, made_here, ann
):
    order = made_here()
    assign(kim_client, [order], str(ann.pk))
    assign(client, [order])
    kims, anns = (
        f"Assigned to Ann Baker Order {order.pk}",
        f"Assigned to nobody Order {order.pk}",
    )
    assert titles(page(kim_client, URL)) == [kims]
    assert titles(page(client, URL)) == [anns]
    assert titles(page(kim_client, f"{URL}?by=all")) == [anns, kims]
    assert titles(page(bob_client, f"{URL}?by=all")) == [anns, kims]
    empty = text_of(page(bob_client, URL))
    assert "0 actions in the last 30 days" in empty
    assert "No actions in the last 30 days" in empty
    assert "Show everybody's actions" in empty


def test_list_is_open_to_who_sees_orders_and_a_post_needs_more(
    bob, bob_client, made_here
):
    order = made_here()
    refused = bob_client.post(URL, {"id": [order.pk], "assignee": "none"})
    assert refused.status_code == 403
    assert "You need the permission" in refused.content.decode()
    assert (BulkAction.objects.count(), bob_client.get(URL).status_code) == (0, 200)
    stranger = signed_in(create_user("stranger"))
    assert stranger.get(URL).status_code == 403
    assert "Recent actions" not in page(stranger, reverse("orders:time-zone"))
    assert "Recent actions" in page(bob_client, reverse("orders:list"))


def test_questions_without_an_answer_and_older_actions_are_left_out(
    kim_client, made_here
):
    orders = [made_here()]
    for days, is_listed in [(29, True), (30, False)]:
        then = timezone.now() - timedelta(days=days)
        assign(kim_client, orders)
        BulkAction.objects.update(asked_at=then, done_at=then)
        assert bool(titles(page(kim_client, URL))) is is_listed, days
    closed = Status.objects.get(name="Cancelled")
    kim_client.post(URL, {"id": [orders[0].pk], "status": closed.pk})
    draft = BulkAction.objects.latest("pk")
    assert draft.due_at is None
    assert titles(page(kim_client, f"{URL}?by=all")) == []
    kim_client.post(URL, {"action": draft.pk})
    assert titles(page(kim_client, URL)) == [f"Status “Cancelled” Order {orders[0].pk}"]


def test_what_is_under_way_says_what_follows(kim_client, made_here, monkeypatch):
    monkeypatch.setattr(views, "AT_ONCE", timedelta(0))
    assign(kim_client, [made_here(), made_here()])
    assert cells(page(kim_client, URL))[3:] == ["2", "2 follow in the background"]


@pytest.mark.slow
def test_pages_lead_on_and_back_and_stay_with_everybody(kim_client, client, made_here):
    order = made_here()
    made = [assign(client, [order]).pk for _each in range(DEFAULT_SIZE + 1)]
    first = page(kim_client, f"{URL}?by=all")
    assert counted(first) == "51 actions in the last 30 days"
    assert len(titles(first)) == DEFAULT_SIZE
    last = page(kim_client, URL + href(first, "next"))
    assert titles(last) == [f"Assigned to nobody Order {order.pk}"]
    assert reverse("orders:bulk-action", args=[made[0]]) in last
    assert href(last, "next") == ""
    assert titles(page(kim_client, URL + href(last, "prev"))) == titles(first)


def test_german_reader_finds_the_list_and_the_way_to_it(kim, made_here):
    reader = signed_in(kim, "de")
    action = assign(reader, [made_here()])
    html = text_of(page(reader, URL))
    assert "Letzte Aktionen" in html
    assert "Meine Alle 1 Aktion in den letzten 30 Tagen" in html
    answer = reader.post(
        reverse("orders:undo", args=[action.pk]), {"next": URL}, follow=True
    )
    assert "Ergebnis" in text_of(answer.content.decode())
    assert "Alle Aktionen" in page(
        reader, reverse("orders:bulk-action", args=[action.pk])
    )
    assert "Letzte Aktionen" in page(reader, reverse("orders:go-to"))
