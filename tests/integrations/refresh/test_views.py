"""Update order in the browser: every outcome is named, progress is shown, and without the permission nothing
happens."""

import re
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from integrations.models import State, StoreConnection
from orders.models import Order, Refresh, RefreshOutcome, Store
from tests.support.html import text_of
from tests.support.incoming import order

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr("integrations.dispatch.enqueue", lambda *_args: None)


def said(answer) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def test_answer_names_every_outcome_with_its_count(
    client, bring, made_here, time_machine
):
    time_machine.move_to("2026-11-20 12:00:00+00:00", tick=False)
    *fresh, recent, resting = bring(*(order(number) for number in range(1, 6)))
    paused = Store.objects.create(name="Paused", platform="shopify", order_link="")
    StoreConnection.objects.create(
        store=paused,
        domain="paused.myshopify.com",
        order_type=recent.order_type,
        enabled=False,
        state=State.WORKING,
    )
    Order.objects.filter(pk=resting.pk).update(store=paused)
    client.post("/stores/refresh/", {"id": [recent.pk]})
    time_machine.shift(timedelta(minutes=2, seconds=48))
    answer = client.post(
        "/stores/refresh/",
        {
            "id": [*(each.pk for each in fresh), recent.pk, resting.pk, made_here().pk],
            "next": "/orders/?q=ada",
        },
    )
    assert answer["Location"] == "/orders/?q=ada"
    assert said(answer).endswith(
        "3 orders are being updated. "
        "1 order was updated less than 10 minutes ago (possible again in 7:12). "
        "1 order is not from a store. "
        "1 order was left as it is: its store is paused or needs attention."
    )
    assert set(Refresh.objects.values_list("order_id", flat=True)) == {
        recent.pk,
        *(each.pk for each in fresh),
    }


def test_nothing_selected(client):
    assert (
        said(client.post("/stores/refresh/", {"id": ["x", "-1"]}))
        == "No order was selected."
    )


def test_all_matching_are_those_that_match_when_the_action_is_sent(client, bring):
    bring(*(order(number) for number in range(1, 4)))
    bring(order(7, lines=()))
    answer = client.post(
        "/stores/refresh/", {"all": "1", "query": "q=Display", "id": []}
    )
    assert said(answer) == "3 orders are being updated."


def test_without_the_permission_it_is_refused_and_nothing_changes(bob_client, bring):
    [one] = bring(order(1))
    answer = bob_client.post("/stores/refresh/", {"id": one.pk})
    assert answer.status_code == 403
    assert "Can add products without write-off" in text_of(answer.content.decode())
    assert not Refresh.objects.exists()


def test_signed_out_nothing_changes(client, bring):
    [one] = bring(order(1))
    client.logout()
    assert client.post("/stores/refresh/", {"id": one.pk})["Location"].startswith(
        "/login/"
    )
    assert not Refresh.objects.exists()


def test_forged_request_is_refused(ann, bring):
    from django.test import Client

    [one] = bring(order(1))
    forged = Client(enforce_csrf_checks=True)
    forged.force_login(ann)
    assert forged.post("/stores/refresh/", {"id": one.pk}).status_code == 403
    assert not Refresh.objects.exists()


def test_rows_and_strip_change_at_once_and_until_all_have_ended(client, bring):
    first, second = bring(order(1), order(2))
    html = client.post(
        "/stores/refresh/", {"id": [first.pk, second.pk]}, headers=HTMX
    ).content.decode()
    assert "2 orders are being updated." in html
    assert "Updating orders: 0 of 2 done" in html
    assert sorted(re.findall(r'name="pending" value="(\d+)"', html)) == [
        str(first.pk),
        str(second.pk),
    ]
    since = re.search(r'name="since" value="(\d+)"', html)[1]

    def ask(*pending):
        answer = client.get(
            "/stores/refresh/progress/",
            {"pending": pending, "since": since},
            headers=HTMX,
        )
        return answer.content.decode()

    Refresh.objects.filter(order=first).update(
        outcome=RefreshOutcome.UPDATED, done_at=timezone.now()
    )
    html = ask(first.pk, second.pk)
    assert "Updating orders: 1 of 2 done" in html
    assert 'hx-trigger="every 2s"' in html
    assert re.findall(r'<tr id="order-(\d+)" hx-swap-oob="true"', html) == [
        str(first.pk)
    ]
    Refresh.objects.filter(order=second).update(
        outcome=RefreshOutcome.FAILED,
        reason="Shopify is busy. RO App retries automatically.",
        accepted_at=None,
        done_at=timezone.now(),
    )
    html = ask(second.pk)
    assert "Update of 2 orders finished" in html
    assert "1 updated 1 failed" in text_of(html)
    assert "1 order failed: Shopify is busy. RO App retries automatically." in text_of(
        html
    )
    assert 'hx-trigger="watch from:body"' in html


def test_progress_asks_less_often_after_two_minutes(client, bring):
    [one] = bring(order(1))
    client.post("/stores/refresh/", {"id": [one.pk]})
    since = int(timezone.now().timestamp()) - 200
    assert (
        b'hx-trigger="every 10s"'
        in client.get(
            f"/stores/refresh/progress/?pending={one.pk}&since={since}"
        ).content
    )


def test_list_with_waiting_orders_watches_them(client, bring):
    [one] = bring(order(1))
    client.post("/stores/refresh/", {"id": [one.pk]})
    assert 'hx-trigger="every 2s"' in client.get("/orders/").content.decode()
    part = client.get("/orders/?q=ada", headers={**HTMX, "HX-Target": "results"})
    assert part["HX-Trigger-After-Settle"] == '{"filtered": {}, "watch": {}}'


def test_order_page_counts_down_to_the_next_update(client, bring, time_machine):
    time_machine.move_to("2026-11-20 12:00:00+00:00", tick=False)
    [one] = bring(order(1))
    button = r'<button id="update-order" class="button" type="submit"( disabled)?>'
    assert (
        re.search(button, client.get(f"/orders/{one.pk}/").content.decode())[1] is None
    )
    html = client.post(
        "/stores/refresh/", {"id": one.pk, "page": "order"}, headers=HTMX
    ).content.decode()
    assert "1 order is being updated." in html
    assert re.search(button, html)[1] == " disabled"
    assert f'hx-get="/stores/refresh/progress/?page=order&amp;pending={one.pk}"' in html
    Refresh.objects.update(outcome=RefreshOutcome.UNCHANGED, done_at=timezone.now())
    time_machine.shift(timedelta(minutes=3))
    html = client.get(
        f"/stores/refresh/progress/?page=order&pending={one.pk}"
    ).content.decode()
    assert f'hx-get="/orders/{one.pk}/" hx-trigger="load"' in html
    html = client.get(f"/orders/{one.pk}/").content.decode()
    assert 'data-countdown="420" data-enables="update-order">7:00<' in html
    assert re.search(button, html)[1] == " disabled"
    time_machine.shift(timedelta(minutes=7))
    html = client.get(f"/orders/{one.pk}/").content.decode()
    assert "data-countdown" not in html
    assert re.search(button, html)[1] is None


def test_failed_update_may_be_repeated_at_once_and_says_why(client, bring):
    [one] = bring(order(1))
    client.post("/stores/refresh/", {"id": one.pk})
    Refresh.objects.update(
        outcome=RefreshOutcome.FAILED,
        reason="The store is asleep.",
        accepted_at=None,
        done_at=timezone.now(),
    )
    html = client.get(f"/orders/{one.pk}/").content.decode()
    assert "failed: The store is asleep." in text_of(html)
    assert 'class="button" type="submit">' in html
