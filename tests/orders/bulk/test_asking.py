"""What reaches far asks first, with the exact number; what is confirmed is what was asked about."""

import pytest
from django.urls import reverse

from orders.bulk.engine import delete_old_drafts
from orders.models import BulkAction, BulkActionOrder, Order, Status
from tests.orders.bulk import GONE
from tests.support.html import text_of
from tests.support.order_page import said
from tests.support.times import NOW
from tests.support.users import signed_in

URL = reverse("orders:bulk")


@pytest.fixture
def many(made_here) -> list[Order]:
    return [made_here() for _ in range(101)]


def status(name: str) -> Status:
    return Status.objects.get(name=name)


def all_of_them(name: str, **data) -> dict:
    return {"all": "1", "query": "", "status": status(name).pk, **data}


def in_status(name: str) -> int:
    return Order.objects.filter(status__name=name).count()


def test_more_than_a_hundred_orders_are_asked_about_and_fixed(
    kim_client, many, made_here
):
    asked = kim_client.post(URL, all_of_them("Ready", total=101))
    html = asked.content.decode()
    newest = [each.pk for each in reversed(many[-3:])]
    assert "Set 101 orders to “Ready”?" in text_of(html)
    assert " ".join(f"{pk} Unknown" for pk in newest) + " and 98 more" in text_of(html)
    assert (in_status("Ready"), said(asked)) == (0, [])
    # What comes in meanwhile is not what was asked about.
    made_here()
    confirmed = {"action": BulkAction.objects.get().pk}
    done = kim_client.post(URL, confirmed, follow=True)
    assert said(done) == ["Status “Ready”: 101 changed."]
    assert (in_status("Ready"), in_status("New")) == (101, 1)
    again = kim_client.post(URL, confirmed, follow=True)
    assert said(again) == [GONE]


def test_a_hundred_orders_are_not_asked_about_unless_they_are_closed(kim_client, many):
    some = {"id": [each.pk for each in many[:100]]}
    done = kim_client.post(URL, {**some, "status": status("Ready").pk}, follow=True)
    assert said(done) == ["Status “Ready”: 100 changed."]
    one = {"id": [many[0].pk], "status": status("Cancelled").pk}
    asked = kim_client.post(URL, one, headers={"HX-Request": "true"})
    html = asked.content.decode()
    assert 'id="question" class="dialog" data-open' in html
    assert "Set 1 order to “Cancelled”?" in text_of(html)
    assert in_status("Cancelled") == 0
    assert "HX-Trigger" not in asked.headers


def test_all_is_asked_about_where_there_are_other_than_the_list_showed(
    kim_client, made_here
):
    made_here(), made_here()
    asked = kim_client.post(URL, all_of_them("Ready", total=1))
    assert "Set 2 orders to “Ready”? The list showed 1." in text_of(
        asked.content.decode()
    )
    assert in_status("Ready") == 0
    done = kim_client.post(URL, all_of_them("Ready", total=2), follow=True)
    assert said(done) == ["Status “Ready”: 2 changed."]


def test_draft_is_its_authors_and_is_forgotten_after_a_day(kim_client, ann, many, rita):
    kim_client.post(URL, all_of_them("Ready"))
    draft = BulkAction.objects.get()
    page = reverse("orders:bulk-action", args=[draft.pk])
    assert kim_client.get(page).status_code == 404
    signed_in(rita).post(URL, {"action": draft.pk})
    # And one of this kind is not started by *Update order*.
    kim_client.post(reverse("stores:refresh"), {"action": draft.pk})
    assert (in_status("Ready"), BulkAction.objects.get().due_at) == (0, None)
    BulkAction.objects.update(asked_at=NOW)
    delete_old_drafts(NOW.replace(year=NOW.year + 1))
    assert BulkActionOrder.objects.count() == 0


def test_exact_number_is_counted_when_all_are_selected(
    kim_client, many, django_assert_num_queries
):
    kim_client.get(reverse("orders:list"))
    with django_assert_num_queries(6):
        answer = kim_client.get(reverse("orders:count"), {"status": status("New").pk})
    assert 'name="total" value="101"' in answer.content.decode()
    page = kim_client.get(reverse("orders:list"), {"size": "25"}).content.decode()
    assert 'id="bulk-total" name="total" value="101"' in page
