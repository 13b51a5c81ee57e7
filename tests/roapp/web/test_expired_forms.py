"""A form whose proof is out of date says what happened, and leads on."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.support.html import found, text_of
from tests.support.users import signed_in

pytestmark = pytest.mark.django_db
HERE = "http://testserver"
HAPPENED = (
    "Nothing was done: since the page was opened, somebody has logged in or out in this browser, "
    "or its cookies were deleted."
)
AGAIN, LOG_IN = ("Open the page again", "Log in")
KEPT = "What was typed there is kept for whoever typed it."
LOST = "What was typed there has to be typed again."


def answer_to(client: Client, page: str, address: str = "/logout/") -> str:
    client.handler.enforce_csrf_checks = True
    answer = client.post(address, headers={"Referer": page})
    assert answer.status_code == 403
    return answer.content.decode()


@pytest.mark.parametrize(
    ("page", "kept"),
    [
        ("/orders/?status=3", LOST),
        ("/customers/new/", LOST),
        ("/orders/create/", KEPT),
        ("/orders/7/", KEPT),
    ],
)
def test_page_is_opened_again_by_who_is_signed_in(client, page, kept):
    html = answer_to(client, HERE + page)
    said = text_of(found('id="explanation">(.*?)</p>', html))
    assert said == f"{HAPPENED} {AGAIN} and send it once more. {kept}"
    assert f'<a class="button primary" href="{page}">{AGAIN}</a>' in html


def test_who_is_signed_out_logs_in_and_comes_back():
    client = Client(headers={"Accept-Language": "en"})
    html = answer_to(client, f"{HERE}/orders/7/")
    said = text_of(found('id="explanation">(.*?)</p>', html))
    assert said == f"{HAPPENED} {LOG_IN} and send it once more. {KEPT}"
    login = reverse("login", query={"next": "/orders/7/"})
    assert f'<a class="button primary" href="{login}">{LOG_IN}</a>' in html


def test_page_that_needs_no_login_is_opened_again():
    client = Client(headers={"Accept-Language": "en"})
    page = "/login/?next=/orders/7/"
    html = answer_to(client, HERE + page, "/login/")
    assert f'<a class="button primary" href="{page}">{AGAIN}</a>' in html


@pytest.mark.parametrize("page", ["", "https://evil.example/orders/", f"{HERE}/no/"])
def test_where_the_page_is_not_known_the_orders_are_the_way_on(client, page):
    html = answer_to(client, page)
    assert '<a class="button primary" href="/">Go to the orders</a>' in html


def test_it_says_so_in_german(kim):
    html = answer_to(signed_in(kim, "de"), f"{HERE}/orders/7/")
    assert "Es ist nichts geschehen" in html
    assert "Seite neu öffnen</a>" in html
