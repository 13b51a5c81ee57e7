"""Sessions and what browsers are told, as SECURITY.md says."""

import pytest
from django.conf import settings
from django.test import Client

from tests.support.users import create_user, signed_in

PAGE = "/orders/"


def log_in(client: Client, name: str, password: str) -> str:
    """The key of the session that begins."""
    client.post("/login/", {"username": name, "password": password})
    cookie = client.cookies.get(settings.SESSION_COOKIE_NAME)
    return cookie.value if cookie else ""


def test_session_is_new_at_each_login_and_ends_with_the_logout(ann):
    client = Client()
    first = log_in(client, "ann", "ann")
    assert client.get(PAGE).status_code == 200
    client.post("/logout/")
    client.cookies[settings.SESSION_COOKIE_NAME] = first
    assert client.get(PAGE).status_code == 302
    second = log_in(client, "ann", "ann")
    assert (len(first), len(second)) == (32, 32)
    assert first != second


def test_browser_forgets_whoever_was_here_when_the_session_has_ended(ann):
    client = signed_in(ann)
    assert "Clear-Site-Data" not in client.get(PAGE).headers
    answer = client.post("/logout/", follow=True)
    assert answer.redirect_chain == [("/login/", 302)]
    assert answer.headers["Clear-Site-Data"] == '"storage"'
    assert "Clear-Site-Data" not in signed_in(ann).get("/login/").headers


def test_account_that_is_switched_off_has_no_session_any_more(ann):
    client = signed_in(ann)
    assert client.get(PAGE).status_code == 200
    ann.is_active = False
    ann.save(update_fields=["is_active"])
    assert client.get(PAGE).status_code == 302


def test_made_up_session_is_nobodys(ann):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    assert client.get(PAGE).status_code == 302


def test_password_is_taken_as_it_was_typed(db):
    long = " Straße und Ünicode " * 5
    user = create_user("max", "orders.view_order")
    user.set_password(long)
    user.save()
    for wrong in [long.strip(), long.lower(), long[:72]]:
        client = Client()
        log_in(client, "max", wrong)
        assert client.get(PAGE).status_code == 302
    client = Client()
    log_in(client, "max", long)
    assert client.get(PAGE).status_code == 200


@pytest.mark.parametrize("path", [PAGE, "/login/"])
def test_answers_say_what_they_are_and_allow_no_other_origin(ann, path):
    answer = signed_in(ann).get(path, headers={"Origin": "https://elsewhere.example"})
    assert "charset=utf-8" in answer.headers["Content-Type"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_form_of_another_origin_is_refused(ann):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ann)
    answer = client.post("/language/", {"language": "de"})
    assert answer.status_code == 403


def test_login_hides_the_password_and_lets_managers_of_passwords_in(db):
    html = Client().get("/login/").content.decode()
    assert 'type="password"' in html
    assert 'autocomplete="current-password"' in html


def test_cookies_of_a_session_are_out_of_reach(ann):
    client = Client()
    log_in(client, "ann", "ann")
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
