"""One click, one effect: a form that arrives twice does its work once, and is answered alike."""

from datetime import timedelta

import pytest
from django.utils import timezone

from common.forms import one_time_keys
from common.forms.one_time_keys import FIELD
from common.models import FormPost
from integrations.tasks import sweep
from orders.models import Order, OrderEvent, OrderType, Status
from tests.support.concurrency import at_once
from tests.support.html import text_of
from tests.support.order_page import IN_PARTS, post, said, state
from tests.support.users import create_user, signed_in

URL = "/orders/create/"
KEY = "k" * 22
OTHER_VALUES = (
    "This form was sent already, with other values. Nothing was done this time. Check the "
    "result, then send it again if it is still needed."
)
UNKNOWN_RESULT = (
    "This form was sent already, and its result is not known yet. Nothing was done this "
    "time. Check the result before you send it again."
)


def typed(**values: str) -> dict[str, str]:
    order_type = OrderType.objects.get(name="Repair").pk
    return {"type": order_type, "note": "Wet", "save": "1", FIELD: KEY} | values


def test_second_arrival_gets_the_first_ones_answer(client, ann):
    first = client.post(URL, typed())
    made = Order.objects.get()
    assert first.headers["Location"] == f"/orders/{made.pk}/"
    after_a_restart = signed_in(ann)
    again = after_a_restart.post(URL, typed())
    assert (again.status_code, again.headers["Location"]) == (
        302,
        f"/orders/{made.pk}/",
    )
    assert said(after_a_restart.get(again.headers["Location"])) == [
        f"Order {made.pk} was created."
    ]
    assert Order.objects.count() == 1


def test_second_arrival_in_parts_gets_the_same_parts(client, made_here):
    one = made_here()
    sent = {"text": "Called the customer", FIELD: KEY}
    answers = [
        client.post(f"/orders/{one.pk}/comments/", sent, headers=IN_PARTS)
        for _ in range(2)
    ]
    assert "Called the customer" in answers[0].content.decode()
    assert answers[1].content == answers[0].content
    assert OrderEvent.objects.filter(kind="comment").count() == 1


def test_same_key_with_other_values_does_nothing_and_says_so(client):
    client.post(URL, typed())
    before = state()
    answer = client.post(URL, typed(note="Dry"))
    assert (answer.status_code, state()) == (409, before)
    assert OTHER_VALUES in text_of(answer.content.decode())
    elsewhere = client.post("/orders/time-zone/", typed())
    assert (elsewhere.status_code, state()) == (409, before)


def test_refusals_are_german_for_germans(ann):
    german = signed_in(ann, "de")
    german.post(URL, typed())
    html = german.post(URL, typed(note="Dry")).content.decode()
    assert "Dieses Formular wurde bereits mit anderen Werten gesendet." in text_of(html)


def test_key_is_of_one_user(client, kim_client):
    client.post(URL, typed())
    kim_client.post(URL, typed())
    assert Order.objects.count() == 2


def test_error_gives_the_key_back(client):
    answer = client.post(URL, typed(due_on="tomorrow"))
    assert "Enter a valid date." in text_of(answer.content.decode())
    assert client.post(URL, typed(due_on="2026-12-01")).status_code == 302
    assert Order.objects.count() == 1


def test_refused_post_gives_the_key_back(bob, made_here):
    one, bobs = made_here(), signed_in(bob)
    assert post(bobs, "comment", one, text="x", **{FIELD: KEY}).status_code == 403
    assert not FormPost.objects.exists()


def test_fault_leaves_neither_effect_nor_key(client, monkeypatch):
    def fail(*_args: object, **_more: object) -> None:
        raise RuntimeError

    client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr("common.forms.drafts.close", fail)
        assert client.post(URL, typed()).status_code == 500
    assert (Order.objects.count(), FormPost.objects.count()) == (0, 0)
    assert client.post(URL, typed()).status_code == 302
    assert Order.objects.count() == 1


def test_key_may_go_while_the_form_does_its_work(client, monkeypatch):
    def go(*_args: object, **_more: object) -> None:
        FormPost.objects.all().delete()

    monkeypatch.setattr("common.forms.drafts.close", go)
    assert client.post(URL, typed()).status_code == 302
    assert Order.objects.count() == 1


def test_link_in_a_message_is_a_link_the_second_time_too(admin_client):
    status = Status.objects.get(name="New")
    url = f"/admin/orders/status/{status.pk}/change/"
    sent = {"name": "N<w", "group": "new", "colour": "red", "position": "1", FIELD: KEY}
    link = f'<a href="{url}">N&lt;w</a>'
    for _ in range(2):
        goes_to = admin_client.post(url, sent).headers["Location"]
        assert link in admin_client.get(goes_to).content.decode()


def test_form_without_a_key_is_sent_as_often_as_it_is_sent(client):
    for _ in range(2):
        client.post(URL, typed(**{FIELD: ""}))
    assert Order.objects.count() == 2


def test_every_form_gets_a_key_of_its_own(client, made_here):
    html = client.get(f"/orders/{made_here().pk}/").content.decode()
    keys = [part.split('"')[0] for part in html.split(f'name="{FIELD}" value="')[1:]]
    assert len(keys) > 5
    assert len(set(keys)) == len(keys)


def test_bulk_action_that_is_sent_twice_is_done_once(client, made_here, ann):
    one = made_here()
    sent = {"id": one.pk, "assignee": ann.pk, FIELD: KEY}
    answers = [client.post("/orders/bulk/", sent, headers=IN_PARTS) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[1].content == answers[0].content
    assert OrderEvent.objects.filter(order=one, kind="assigned").count() == 1


def test_bulk_action_whose_worker_died_is_not_begun_again(
    client, made_here, ann, monkeypatch
):
    monkeypatch.setattr(one_time_keys, "WAIT", 0.2)
    one = made_here()
    sent = {"id": one.pk, "assignee": ann.pk, FIELD: KEY}
    client.post("/orders/bulk/", sent)
    FormPost.objects.update(status=None)
    answer = client.post("/orders/bulk/", sent)
    assert answer.status_code == 409
    assert UNKNOWN_RESULT in text_of(answer.content.decode())


def test_export_can_be_repeated(client, made_here, ann):
    ann.groups.clear()
    kim = signed_in(create_user("eve", "orders.view_order", "orders.export_orders"))
    one = made_here()
    for _ in range(2):
        answer = kim.post("/orders/export/", {"id": one.pk, FIELD: KEY})
        assert (answer.status_code, answer.streaming) == (200, True)


def test_keys_are_kept_for_a_day(client):
    client.post(URL, typed())
    sweep()
    assert FormPost.objects.count() == 1
    FormPost.objects.update(at=timezone.now() - timedelta(days=1, minutes=1))
    sweep()
    assert FormPost.objects.count() == 0


def test_what_an_answer_said_is_forgotten_with_a_persons_data(client, made_here):
    one = made_here()
    sent = {"text": "Ada Lovelace", FIELD: KEY}
    url = f"/orders/{one.pk}/comments/"
    client.post(url, sent, headers=IN_PARTS)
    one_time_keys.forget_answers()
    again = client.post(url, sent, headers=IN_PARTS)
    assert (again.content, again.headers["HX-Refresh"]) == (b"", "true")
    assert OrderEvent.objects.filter(kind="comment").count() == 1


def test_administration_adds_a_row_once(admin_user):
    admin = signed_in(admin_user)
    status = {"name": "Waiting", "group": "new", "colour": "grey", "position": "1"}
    url = "/admin/orders/status/add/"
    assert f'name="{FIELD}"' in admin.get(url).content.decode()
    answers = [admin.post(url, status | {FIELD: KEY}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert f'name="{FIELD}"' in admin.get("/admin/auth/user/add/").content.decode()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_workers_make_one_order(ann):
    at_the_same_moment = at_once(
        *[lambda: signed_in(ann).post(URL, typed()).headers["Location"]] * 4
    )
    made = Order.objects.get()
    assert at_the_same_moment == [f"/orders/{made.pk}/"] * 4
