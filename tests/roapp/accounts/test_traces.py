"""Whoever has worked stays in the history under their name: their account is not deleted, nor one's own."""

from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from common.forms.one_time_keys import FIELD
from common.models import FormDraft, FormPost, UserSession
from inventory.models import Receipt, Warehouse
from orders.models import BulkAction, BulkKind, OrderEvent, Preferences, SavedView
from tests.support.html import text_of
from tests.support.order_page import post, state
from tests.support.users import create_user, signed_in

pytestmark = pytest.mark.django_db
USERS = "/admin/auth/user/"


@pytest.fixture
def boss(db) -> User:
    return User.objects.create_superuser("boss", password="boss")


@pytest.fixture
def browser(boss) -> Client:
    return signed_in(boss)


@pytest.fixture
def nina(db) -> User:
    return create_user("nina", group="Manager", last_name="New")


def page_of(user: User, page: str = "delete") -> str:
    return f"{USERS}{user.pk}/{page}/"


def selected(*users: User) -> dict[str, object]:
    ids = [user.pk for user in users]
    return {"action": "delete_selected", "_selected_action": ids, "post": "yes"}


def text(answer) -> str:
    return text_of(unescape(answer.content.decode()))


def comment(user: User, order) -> None:
    post(signed_in(user), "comment", order, text="Called the customer")


def share_a_view(user: User, order) -> None:
    SavedView.objects.create(owner=user, name="Ours", is_shared=True)


def be_given_orders(user: User, order) -> None:
    BulkAction.objects.create(
        kind=BulkKind.ASSIGN,
        assignee=user,
        by=create_user("else"),
        asked_at=timezone.now(),
    )


def hold_the_order(user: User, order) -> None:
    type(order).objects.filter(pk=order.pk).update(assignee=user)


def receive_goods(user: User, order) -> None:
    at = timezone.now()
    Receipt.objects.create(warehouse=Warehouse.objects.get(), created_at=at, by=user)


def administer(user: User, order) -> None:
    LogEntry.objects.log_actions(user.pk, [user], 2, "x")


TRACES = [comment, share_a_view, be_given_orders]
TRACES += [hold_the_order, receive_goods, administer]


@pytest.mark.parametrize("leave_a_trace", TRACES)
def test_who_has_left_traces_is_not_deleted(leave_a_trace, browser, nina, made_here):
    leave_a_trace(nina, made_here())
    before = state(), User.objects.count(), SavedView.objects.count()
    refused = browser.post(page_of(nina), {"post": "yes"})
    assert refused.status_code == 403
    assert "Nina New has worked here. What they did stays" in text(refused)
    assert f'href="{page_of(nina, "leave")}"' in refused.content.decode()
    change = browser.get(page_of(nina, "change")).content.decode()
    assert f'href="{page_of(nina)}"' not in change
    assert "Nina New has worked here." in change
    assert "Nina New has worked here." in text(browser.post(USERS, selected(nina)))
    assert (state(), User.objects.count(), SavedView.objects.count()) == before


def test_one_who_has_worked_keeps_the_other_selected_ones(browser, nina, made_here):
    comment(nina, made_here())
    idle = create_user("idle")
    browser.post(USERS, selected(idle, nina))
    assert User.objects.filter(pk__in=[idle.pk, nina.pk]).count() == 2
    assert OrderEvent.objects.get(kind="comment").by == nina


def leave_what_is_no_trace(user: User) -> None:
    now = timezone.now()
    signed_in(user).get("/orders/")
    UserSession.objects.create(user=user, session_key="x", began_at=now, seen_at=now)
    FormDraft.objects.create(user=user, name="order", changed_at=now)
    FormPost.objects.create(user=user, key="k" * 22, digest="", at=now)
    Preferences.objects.update_or_create(user=user, defaults={"density": "compact"})
    SavedView.objects.create(owner=user, name="Mine")


def test_who_never_did_anything_is_deleted_with_what_was_their_own(browser, nina):
    leave_what_is_no_trace(nina)
    change = browser.get(page_of(nina, "change")).content.decode()
    assert f'href="{page_of(nina)}"' in change
    asked = text(browser.get(page_of(nina)))
    for name in ["k" * 22, "Form post", "form draft", "user session", "User_groups"]:
        assert name.lower() not in asked.lower()
    assert "memberships in groups: 1" in asked.lower()
    assert browser.post(page_of(nina), {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=nina.pk).exists()
    others = [create_user("one"), create_user("two")]
    for each in others:
        leave_what_is_no_trace(each)
    browser.post(USERS, selected(*others))
    assert set(User.objects.values_list("username", flat=True)) == {"boss"}


def test_nobody_deletes_themselves(browser, boss):
    for url, form in [(page_of(boss), {"post": "yes"}), (USERS, selected(boss))]:
        answer = browser.post(url, form | {FIELD: "k" * 22})
        assert "Nobody can delete themselves." in text(answer)
    assert User.objects.filter(pk=boss.pk).exists()
    change = browser.get(page_of(boss, "change")).content.decode()
    assert f'href="{page_of(boss)}"' not in change


def test_refusal_is_german_for_germans(boss, nina, made_here):
    comment(nina, made_here())
    german = signed_in(boss, "de")
    said = text(german.post(page_of(nina), {"post": "yes"}))
    assert "Nina New hat hier gearbeitet." in said
    assert "Nina New verlässt den Betrieb" in said
    said = text(german.post(page_of(boss), {"post": "yes"}))
    assert "Niemand kann sich selbst löschen." in said
