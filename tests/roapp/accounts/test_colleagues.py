"""Colleagues come by an invitation, and leave with their orders in other hands."""

import re
from html import unescape

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core import mail
from django.test import Client
from django.urls import reverse
from time_machine import travel

from orders.models import BulkAction, Order, Status
from tests.support.crowd import crowd
from tests.support.html import page, text_of
from tests.support.orders import events_of
from tests.support.users import create_user, signed_in

pytestmark = pytest.mark.django_db
INVITE = reverse("admin:auth_user_invite")
PASSWORD = "correct horse battery"


@pytest.fixture
def ada(db) -> User:
    return create_user("ada", group="Admin", is_staff=True)


@pytest.fixture
def admin(ada) -> Client:
    return signed_in(ada)


def form(**changed):
    role = Group.objects.get(name="Specialist")
    given = {"first_name": "Nina", "last_name": "New", "email": "Nina@example.com"}
    return given | {"role": role.pk} | changed


def link_in(text: str) -> str:
    return re.search(r"http://testserver(/invitation/[^<\s]+)", text)[1]


def leave(user: User) -> str:
    return reverse("admin:auth_user_leave", args=[user.pk])


def choose(client, link, password=PASSWORD):
    page = client.get(link, follow=True)
    values = {"new_password1": password, "new_password2": password}
    return client.post(page.request["PATH_INFO"], values)


def test_link_is_shown_once_and_lets_them_choose_a_password(admin, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert INVITE in admin.get("/admin/auth/user/").content.decode()
    described = text_of(unescape(admin.get(INVITE).content.decode()))
    assert "What Specialist may do" in described
    assert "Can add products without write-off" in described
    shown = admin.post(INVITE, form()).url
    answer = admin.get(shown)
    assert "no-store" in answer["Cache-Control"]
    link = link_in(answer.content.decode())
    assert "/invitation/" not in admin.get(shown).content.decode()
    nina = User.objects.get(username="nina@example.com")
    assert (nina.get_full_name(), nina.is_staff, nina.is_superuser) == (
        "Nina New",
        False,
        False,
    )
    assert [each.name for each in nina.groups.all()] == ["Specialist"]
    browser = Client()
    assert choose(browser, link, "short").status_code == 200
    assert choose(browser, link).url == "/login/"
    assert (
        browser.post(
            "/login/", {"username": "nina@example.com", "password": PASSWORD}
        ).url
        == "/orders/"
    )
    again = text_of(unescape(Client().get(link).content.decode()))
    assert "This invitation is no longer valid." in again
    assert admin.post(shown).status_code == 403


def test_invitation_is_mailed_where_mail_is_configured_and_expires(admin):
    with travel("2026-11-20 09:30+00:00", tick=False):
        answer = admin.post(INVITE, form())
        link = link_in(mail.outbox[0].body)
    assert "An invitation was sent to nina@example.com." in text_of(
        admin.get(answer.url).content.decode()
    )
    assert mail.outbox[0].to == ["nina@example.com"]
    with travel("2026-11-23 09:31+00:00", tick=False):
        assert "no longer valid" in Client().get(link, follow=True).content.decode()
    with travel("2026-11-23 09:29+00:00", tick=False):
        assert (
            "Choose your password" in Client().get(link, follow=True).content.decode()
        )


def test_adding_a_colleague_can_be_cancelled(admin):
    users = reverse("admin:auth_user_changelist")
    assert re.search(rf'href="{users}">Cancel</a>', page(admin, INVITE))


def test_nobody_invites_above_their_own_rights(admin, ada, kim):
    beyond = Group.objects.create(name="Beyond")
    beyond.permissions.set(Group.objects.get(name="Admin").permissions.all())
    few = Group.objects.create(name="Few")
    few.permissions.set(beyond.permissions.filter(codename__endswith="_user"))
    helper = create_user("helper", is_staff=True)
    helper.groups.add(few)
    client = signed_in(helper)
    answer = client.post(INVITE, form(role=beyond.pk))
    assert "Select a valid choice" in answer.content.decode()
    assert not User.objects.filter(email="nina@example.com").exists()
    # Those who have more are not deactivated either, nor oneself.
    for other in [ada, kim]:
        assert client.post(leave(other), {"successor": "none"}).status_code == 403
    client.post(leave(helper))
    assert set(User.objects.filter(is_active=True)) == {ada, kim, helper}
    plain = signed_in(create_user("plain", "orders.view_order", is_staff=True))
    assert (plain.get(INVITE).status_code, plain.post(INVITE, form()).status_code) == (
        403,
        403,
    )


def test_address_is_given_once(admin):
    admin.post(INVITE, form())
    answer = admin.post(INVITE, form(email="NINA@example.com"))
    assert "Nina New has this address already." in unescape(answer.content.decode())
    assert User.objects.filter(username__iexact="nina@example.com").count() == 1


def test_leaving_hands_open_orders_over_and_ends_sessions(admin, ada, sam, made_here):
    ann = create_user("ann", group="Specialist", first_name="Ann")
    hers = signed_in(ann)
    assert hers.get("/orders/").status_code == 200
    closed = Status.objects.filter(group="closed").first()
    open_one, ended = made_here(assignee=ann), made_here(assignee=ann, status=closed)
    page = admin.get(leave(ann)).content.decode()
    assert "1 open order is assigned to <bdi>Ann</bdi>." in page
    admin.post(leave(ann), {"successor": ""})
    assert User.objects.get(pk=ann.pk).is_active
    answer = admin.post(leave(ann), {"successor": sam.pk})
    assert "Assigned to Sam" in text_of(admin.get(answer.url).content.decode())
    assert not User.objects.get(pk=ann.pk).is_active
    assert Order.objects.get(pk=open_one.pk).assignee == sam
    assert Order.objects.get(pk=ended.pk).assignee == ann
    assert events_of(open_one)[-1] == ("assigned", "", "", "Ann", "Sam")
    assert open_one.events.first().by == ada
    assert hers.get("/orders/").status_code == 302
    assert not Client().login(username="ann", password="ann")


def test_handing_many_over_asks_first_with_the_exact_number(admin, ada, sam, made_here):
    ann = create_user("ann", group="Specialist", first_name="Ann")
    orders = [made_here(assignee=ann) for _ in range(101)]
    url = leave(ann)
    sent = {"successor": sam.pk, "next": url}
    asked = admin.post(url, sent)
    html = unescape(asked.content.decode())
    assert "Assign 101 orders to Sam?" in text_of(html)
    title = " ".join(html.partition("<title>")[2].partition("</title>")[0].split())
    assert title == "Assign 101 orders to Sam? · RO App"
    assert "Assign 101 orders Cancel" in text_of(html)
    assert "Ann can then no longer log in." in text_of(html)
    assert f"{orders[-1].pk} Unknown" in text_of(html)
    assert "and 98 more" in text_of(html)
    assert (f'action="{url}"' in html, f'href="{url}"' in html) == (True, True)
    assert User.objects.get(pk=ann.pk).is_active
    assert Order.objects.filter(assignee=ann).count() == 101
    later = made_here(assignee=ann)
    action = BulkAction.objects.get()
    done = admin.post(url, {"action": action.pk, "next": url})
    assert done.url == f"/orders/bulk/{action.pk}/"
    said = text_of(admin.get(done.url).content.decode())
    assert "Ann can no longer log in." in said
    assert "1 order was assigned to Ann after the question, and still is." in said
    assert not User.objects.get(pk=ann.pk).is_active
    assert Order.objects.filter(assignee=sam).count() == 101
    assert Order.objects.get(assignee=ann) == later
    # Answered twice, it does nothing.
    again = admin.post(url, {"action": action.pk, "next": url})
    assert again.url == url
    assert "This question is no longer open" in admin.get(url).content.decode()
    assert Order.objects.get(assignee=ann) == later


def test_a_hundred_are_handed_over_at_once(admin, sam, made_here):
    ann = create_user("ann", group="Specialist")
    for _ in range(100):
        made_here(assignee=ann)
    admin.post(leave(ann), {"successor": "none"})
    assert Order.objects.filter(assignee=None).count() == 100


def test_question_about_handing_over_is_answered_by_those_who_may_change_orders(
    admin, ada, sam, made_here
):
    ann = create_user("ann", group="Specialist")
    for _ in range(101):
        made_here(assignee=ann)
    admin.post(leave(ann), {"successor": sam.pk})
    change = Permission.objects.get(codename="change_order")
    for group in Group.objects.filter(permissions=change):
        group.permissions.remove(change)
    answer = admin.post(leave(ann), {"action": BulkAction.objects.get().pk})
    assert answer.status_code == 403
    assert User.objects.get(pk=ann.pk).is_active
    assert BulkAction.objects.get().due_at is None


def test_successor_among_many_is_searched_for(admin, made_here):
    many = crowd(40)
    made_here(assignee=many[3])
    url = leave(many[3])

    def offered(text: str) -> list[str]:
        page = admin.get(url, {"colleague": text}).content.decode()
        return re.findall(r'<option value="[^"]+"[^>]*>([^<]+)<', page)

    annas = [f"Anna {n:03}" for n in (1, 10, 19, 28, 37)]
    assert offered("") == [*annas, "Ben 002", "Ben 011", "Ben 020", "Nobody"]
    assert offered("clara 03") == ["Clara 030", "Clara 039", "Nobody"]
    assert offered("david 004") == ["Nobody"]  # who leaves
    assert (
        "selected>David 040<" in admin.get(url, {"colleague": "040"}).content.decode()
    )
    admin.post(url, {"successor": many[39].pk})
    assert Order.objects.get().assignee == many[39]
