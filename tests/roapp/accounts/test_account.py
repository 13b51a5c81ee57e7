"""What people do with their own account, and what one without a role sees."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from common import sessions
from common.models import UserSession
from orders.models import Preferences
from tests.support.html import found, page, text_of
from tests.support.users import create_user, read_in, signed_in

LONG = "correct horse battery"


def change_password(client, old, new, again=None):
    return client.post(
        "/password/",
        {"old_password": old, "new_password1": new, "new_password2": again or new},
        follow=True,
    )


def test_installation_begins_without_an_account(db):
    assert not User.objects.exists()


def test_password_is_changed_by_its_owner_who_stays_signed_in(ann, client):
    elsewhere = signed_in(ann)
    answer = change_password(client, "ann", LONG)
    assert "Your password was changed." in text_of(answer.content.decode())
    assert User.objects.get(pk=ann.pk).check_password(LONG)
    assert page(client, "/orders/")
    assert elsewhere.get("/orders/").status_code == 302


@pytest.mark.parametrize(
    ("old", "new", "again", "sentence"),
    [
        ("wrong", LONG, LONG, "Your old password was entered incorrectly."),
        ("ann", LONG, LONG + "!", "The two password fields didn’t match."),
        ("ann", "4711" * 4, None, "This password is entirely numeric."),
        ("ann", "password", None, "This password is too common."),
    ],
)
def test_refused_password_changes_nothing(ann, client, old, new, again, sentence):
    answer = change_password(client, old, new, again)
    assert sentence in text_of(answer.content.decode())
    assert User.objects.get(pk=ann.pk).check_password("ann")


def test_rules_for_passwords_are_a_list(ann, client):
    """Their HTML is lazy, and Jinja would escape it."""
    html = page(client, "/password/")
    assert "<ul><li>Your password can’t be too similar" in html
    assert "&lt;" not in html


def test_language_belongs_to_the_account(ann, client):
    client.post("/language/", {"language": "de", "next": "/orders/"})
    assert Preferences.objects.get(user=ann).language == "de"
    other_browser = signed_in(ann)
    assert '<html lang="de"' in page(other_browser, "/orders/")


def test_language_of_the_browser_does_not_decide_for_who_is_signed_in(ann):
    browser = Client(headers={"Accept-Language": "de"})
    assert '<html lang="de"' in page(browser, "/login/")
    browser.force_login(ann)
    assert '<html lang="en"' in page(browser, "/orders/")


def test_language_chosen_before_the_login_stays_until_the_account_has_one(ann):
    browser = Client()
    browser.post("/language/", {"language": "de", "next": "/login/"})
    browser.force_login(ann)
    assert '<html lang="de"' in page(browser, "/orders/")
    Preferences.objects.create(user=ann, language="en")
    assert '<html lang="en"' in page(browser, "/orders/")


@pytest.mark.parametrize("language", ["", "fr", "de\x00"])
def test_unknown_language_changes_nothing(ann, client, language):
    client.post("/language/", {"language": language, "next": "/orders/"})
    assert not Preferences.objects.filter(user=ann).exists()


def test_account_without_a_role_sees_nothing(db):
    nobody = signed_in(create_user("nobody"))
    for address in ["/orders/", "/orders/1/", "/orders/badges/", "/orders/bulk/1/"]:
        answer = nobody.get(address)
        assert answer.status_code == 403
        assert "“Can view: orders”" in text_of(answer.content.decode())
    assert page(nobody, "/password/")
    refused = nobody.get("/orders/").content.decode()
    assert text_of(refused).endswith("Log out")
    assert "Go to the orders" not in refused  # it would be the same refusal
    nobody.post(found(r'<form method="post" action="([^"]+)"', refused))
    assert nobody.get("/orders/").status_code == 302


def browser(name: str, agent: str = "", address: str = "192.0.2.1") -> Client:
    client = Client(headers={"User-Agent": agent}, REMOTE_ADDR=address)
    client.post("/login/", {"username": name, "password": name})
    read_in(client, "en")
    return client


@pytest.fixture
def noted(settings) -> None:
    settings.AXES_ENABLED = True


WINDOWS = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"
)


def test_people_see_where_they_are_signed_in_and_sign_out_there(ann, sam, noted):
    here, phone = browser("ann", WINDOWS), browser("ann", PHONE, "192.0.2.2")
    third, other = browser("ann"), browser("sam")
    text = text_of(page(here, "/sessions/"))
    assert "Firefox · Windows 192.0.2.1" in text
    assert "Safari · iPhone 192.0.2.2" in text
    assert "Unknown browser" in text
    phones = UserSession.objects.get(user=ann, address="192.0.2.2")
    answer = here.post("/sessions/end/", {"session": phones.pk}, follow=True)
    assert "You were signed out in 1 browser." in text_of(answer.content.decode())
    assert phone.get("/orders/").status_code == 302
    assert [each.get("/orders/").status_code for each in [here, third]] == [200, 200]
    here.post("/sessions/end/", {"all": "1"})
    assert third.get("/orders/").status_code == 302
    assert [each.get("/orders/").status_code for each in [here, other]] == [200, 200]


def test_nobody_ends_the_session_of_somebody_else(ann, sam, noted):
    browser("ann")
    row = UserSession.objects.get(user=ann)
    browser("sam").post("/sessions/end/", {"session": row.pk})
    assert UserSession.objects.filter(pk=row.pk).exists()
    assert Session.objects.filter(session_key=row.session_key).exists()


def test_who_does_nothing_for_twelve_hours_is_signed_out(ann, noted, time_machine):
    start = datetime(2026, 11, 20, 8, tzinfo=UTC)
    time_machine.move_to(start, tick=False)
    away, busy = browser("ann"), browser("ann")
    for hour in [5, 10, 12]:
        time_machine.move_to(start + timedelta(hours=hour), tick=False)
        assert busy.get("/orders/").status_code == 200
        # The list asks again by itself, which is nobody's doing.
        assert away.get("/orders/badges/").status_code == 200
    time_machine.move_to(start + timedelta(hours=12, seconds=1), tick=False)
    assert [each.get("/orders/").status_code for each in [away, busy]] == [302, 200]
    assert UserSession.objects.get().seen_at == start + timedelta(hours=12)


def test_every_address_that_asks_by_itself_is_there():
    assert {reverse(name) for name in sessions.BY_ITSELF - {"orders:order-live"}}
    assert reverse("orders:order-live", args=[1])


def test_another_password_keeps_the_session_noted(ann, noted, time_machine):
    time_machine.move_to("2026-11-20 08:00:00+00:00", tick=False)
    here = browser("ann")
    change_password(here, "ann", LONG)
    time_machine.move_to("2026-11-20 08:06:00+00:00", tick=False)
    assert here.get("/orders/").status_code == 200
    assert "This browser" in text_of(page(here, "/sessions/"))


def test_old_sessions_are_forgotten(ann, noted):
    browser("ann")
    sessions.delete_old(timezone.now() + timedelta(days=13))
    assert UserSession.objects.count() == 1
    sessions.delete_old(timezone.now() + timedelta(days=15))
    assert UserSession.objects.count() == 0
