"""Logging in is throttled by user name and address, and says so."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def throttled(settings, django_user_model) -> None:
    settings.AXES_ENABLED = True
    for name in ["kim", "rita"]:
        django_user_model.objects.create_user(
            name, password="right-password", is_staff=True
        )


def attempt(
    name: str, password: str, page: str = "/login/", address: str = "192.0.2.1"
) -> int:
    client = Client(headers={"Accept-Language": "en"}, REMOTE_ADDR=address)
    answer = client.post(page, {"username": name, "password": password})
    if answer.status_code == 429:
        assert "Too many attempts" in answer.content.decode()
    return answer.status_code


@pytest.mark.parametrize("page", ["/login/", "/admin/login/"])
def test_ten_wrong_passwords_lock_one_user_at_one_address_for_a_quarter_of_an_hour(
    page, time_machine
):
    time_machine.move_to("2026-11-20 12:00:00+00:00", tick=False)
    assert [attempt("kim", "wrong", page) for _ in range(10)] == [200] * 9 + [429]
    assert attempt("kim", "right-password", page) == 429
    assert attempt("rita", "right-password", page) == 302
    assert attempt("kim", "right-password", page, "192.0.2.2") == 302
    time_machine.move_to("2026-11-20 12:15:01+00:00", tick=False)
    assert attempt("kim", "right-password", page) == 302


def test_right_password_forgives_the_wrong_ones_before():
    for _ in range(3):
        assert [attempt("kim", "wrong") for _ in range(9)] == [200] * 9
        assert attempt("kim", "right-password") == 302
