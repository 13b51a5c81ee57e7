"""Logging in is throttled by name and address and by address alone, says so, and is noted."""

import logging

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import Client

from roapp.web.clients import forwarded_for, network_of
from tests.support.users import create_user, signed_in

pytestmark = pytest.mark.django_db
NOON = "2026-11-20 12:00:00+00:00"


@pytest.fixture(autouse=True)
def throttled(settings) -> None:
    settings.AXES_ENABLED = True
    for name in ["kim", "rita"]:
        create_user(name, is_staff=True)


def attempt(
    name: str,
    password: str,
    page: str = "/login/",
    address: str = "192.0.2.1",
    **headers: str,
) -> int:
    client = Client(headers={"Accept-Language": "en", **headers}, REMOTE_ADDR=address)
    answer = client.post(page, {"username": name, "password": password})
    if answer.status_code == 429:
        assert "Too many attempts" in answer.content.decode()
    return answer.status_code


UNDONE = "You had been logged out: what you did last was not done."
"""What the login page says to who was in the middle of an act."""


@pytest.mark.parametrize(
    ("address", "referer", "login"),
    [
        (
            "/orders/bulk/",
            "http://testserver/orders/?status=3",
            "/login/?next=%2Forders%2F%3Fstatus%3D3&undone=1",
        ),
        ("/orders/bulk/", "", "/login/?next=%2F&undone=1"),
        ("/orders/bulk/", "https://evil.example/orders/", "/login/?next=%2F&undone=1"),
        ("/orders/bulk/", "http://testserver.evil/", "/login/?next=%2F&undone=1"),
        ("/orders/bulk/", "http://testserver//evil/", "/login/?next=%2F&undone=1"),
        ("/orders/bulk/", "http://[", "/login/?next=%2F&undone=1"),
        # An open page asks by itself.
        (
            "/orders/1/live/",
            "http://testserver/orders/1/",
            "/login/?next=%2Forders%2F1%2F",
        ),
    ],
)
def test_who_was_logged_out_in_the_middle_of_an_act_hears_that_it_was_not_done(
    address, referer, login
):
    client = Client(headers={"Accept-Language": "en", "Referer": referer})
    answer = client.post(address, {"id": "1"})
    assert (answer.status_code, answer["Location"]) == (302, login)
    page = client.get(login).content.decode()
    assert (UNDONE in page) == ("undone" in login)
    answer = client.post(login, {"username": "kim", "password": "wrong"})
    assert UNDONE not in answer.content.decode()


@pytest.mark.parametrize("page", ["/login/", "/admin/login/"])
def test_ten_wrong_passwords_lock_one_user_at_one_address_for_a_quarter_of_an_hour(
    page, time_machine
):
    time_machine.move_to(NOON, tick=False)
    assert [attempt("kim", "wrong", page) for _ in range(10)] == [200] * 9 + [429]
    assert attempt("kim", "kim", page) == 429
    assert attempt("rita", "rita", page) == 302
    assert attempt("kim", "kim", page, "192.0.2.2") == 302
    time_machine.move_to("2026-11-20 12:14:00+00:00", tick=False)
    assert attempt("kim", "wrong", page) == 429  # which does not lock any longer
    time_machine.move_to("2026-11-20 12:15:01+00:00", tick=False)
    assert attempt("kim", "kim", page) == 302


@pytest.mark.parametrize("page", ["/login/", "/admin/login/"])
def test_name_is_found_however_it_is_written(page):
    create_user("max.muster@example.com", is_staff=True)
    password = "max.muster@example.com"
    assert attempt("Max.Muster@Example.com", password, page) == 302
    assert attempt("max.muster@example.com", password, page) == 302
    create_user("Max.Muster@Example.com", is_staff=True)
    # Written exactly, each is one; written otherwise, both are meant.
    assert attempt("Max.Muster@Example.com", "Max.Muster@Example.com", page) == 302
    assert attempt("max.muster@example.com", password, page) == 302
    assert attempt("MAX.MUSTER@example.com", password, page) == 200


def test_tries_are_counted_for_one_name_however_it_is_written():
    names = ["kim", "Kim", "KIM", "kIm", "kiM"] * 2
    assert [attempt(name, "wrong") for name in names] == [200] * 9 + [429]
    for name in ["kim", "kIM"]:
        assert attempt(name, "kim") == 429
    assert AccessAttempt.objects.get().username == "kim"


def test_right_password_forgives_the_wrong_ones_before():
    for _ in range(3):
        assert [attempt("kim", "wrong") for _ in range(9)] == [200] * 9
        assert attempt("kim", "kim") == 302


@pytest.mark.slow
def test_one_password_cannot_be_tried_on_many_names(time_machine):
    time_machine.move_to(NOON, tick=False)
    tried = [attempt(f"name-{number}", "Summer2026!") for number in range(120)]
    assert tried == [200] * 30 + [429] * 90
    assert attempt("kim", "kim") == 429
    assert attempt("kim", "kim", address="192.0.2.2") == 302
    time_machine.move_to("2026-11-20 12:15:01+00:00", tick=False)
    assert attempt("kim", "kim") == 302


def test_own_right_password_does_not_forgive_an_address(time_machine):
    time_machine.move_to(NOON, tick=False)
    for number in range(30):
        attempt(f"name-{number}", "Summer2026!")
        if number < 29:
            assert attempt("rita", "rita") == 302
    assert attempt("rita", "rita") == 429


def test_ipv6_is_counted_by_the_network():
    for number in range(30):
        attempt(f"name-{number}", "wrong", address=f"2001:db8:1:2::{number}")
    assert attempt("kim", "kim", address="2001:db8:1:2:ffff::1") == 429
    assert attempt("kim", "kim", address="2001:db8:1:3::1") == 302


def test_behind_a_proxy_each_client_is_counted_by_their_own_address(settings):
    settings.PROXY_COUNT = 1
    proxy = {"address": "10.0.0.1"}
    for number in range(10):
        # What the stranger writes stands left of what the proxy appends.
        attempt(
            "kim", "wrong", **proxy, **{"X-Forwarded-For": f"1.1.1.{number}, 6.6.6.6"}
        )
    assert attempt("kim", "kim", **proxy, **{"X-Forwarded-For": "6.6.6.6"}) == 429
    assert attempt("kim", "kim", **proxy, **{"X-Forwarded-For": "7.7.7.7"}) == 302


def test_without_a_proxy_nobody_chooses_the_address_to_be_counted_by(settings):
    settings.PROXY_COUNT = 0
    for number in range(10):
        attempt("kim", "wrong", **{"X-Forwarded-For": f"1.1.1.{number}"})
    assert attempt("kim", "kim", **{"X-Forwarded-For": "7.7.7.7"}) == 429


@pytest.mark.parametrize(
    ("header", "proxies", "client"),
    [
        ("6.6.6.6", 1, "6.6.6.6"),
        ("1.1.1.1, 6.6.6.6", 1, "6.6.6.6"),
        ("1.1.1.1, 6.6.6.6, 10.0.0.9", 2, "6.6.6.6"),
        ("2001:DB8::1", 1, "2001:db8::1"),
        ("6.6.6.6", 2, ""),
        ("6.6.6.6", 0, ""),
        ("", 1, ""),
        ("6.6.6.6, unknown", 1, ""),
        ("6.6.6.6\r\nX", 1, ""),
    ],
)
def test_client_is_whom_the_outermost_of_our_proxies_has_answered(
    header, proxies, client
):
    assert forwarded_for(header, proxies=proxies) == client


def test_addresses_are_counted_in_one_notation():
    known = ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8:1:2:3::4", ""]
    assert [network_of(each) for each in known] == [
        "192.0.2.1",
        "192.0.2.1",
        "2001:db8:1:2::",
        None,
    ]


def lock(name: str) -> None:
    for _ in range(10):
        attempt(name, "wrong")
    assert attempt(name, name) == 429


def test_new_password_ends_the_lock(admin_user):
    lock("kim")
    lock("rita")
    kim = User.objects.get(username="kim")
    signed_in(admin_user).post(
        f"/admin/auth/user/{kim.pk}/password/",
        {"password1": "Quite-New-9", "password2": "Quite-New-9"},
    )
    assert attempt("kim", "Quite-New-9") == 302
    assert attempt("rita", "rita") == 429


def test_lock_is_ended_in_the_administration_by_who_may_change_users(admin_user):
    lock("kim")
    chosen = {
        "action": "end_locks",
        "_selected_action": AccessAttempt.objects.get().pk,
    }
    other = create_user("ina", group="Manager", is_staff=True)
    assert (
        signed_in(other).post("/admin/axes/accessattempt/", chosen).status_code == 403
    )
    assert attempt("kim", "kim") == 429
    page = signed_in(admin_user).get("/admin/axes/accessattempt/").content.decode()
    assert "192.0.2.1" in page
    signed_in(admin_user).post("/admin/axes/accessattempt/", chosen)
    assert attempt("kim", "kim") == 302


def test_logins_are_noted_with_who_and_from_where(caplog):
    caplog.set_level(logging.INFO, "roapp.login")
    attempt("kim", "wrong", address="192.0.2.7")
    attempt('x\nlogin succeeded: "boss"', "wrong", address="192.0.2.7")
    attempt("kim", "kim", address="192.0.2.7")
    assert caplog.messages == [
        'login failed: "kim" from 192.0.2.7',
        'login failed: "x\\nlogin succeeded: \\"boss\\"" from 192.0.2.7',
        'login succeeded: "kim" from 192.0.2.7',
    ]
    assert "wrong" not in caplog.text
