"""Requests that once were answered with an error of ours."""

import pytest
from axes.models import AccessAttempt
from django.db import DataError, IntegrityError, OperationalError
from django.test import Client
from django.urls import reverse

from inventory.models import Category
from orders.models import OrderLine
from tests.support.users import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(admin_user) -> Client:
    return signed_in(admin_user)


@pytest.mark.parametrize("page", ["/login/", "/admin/login/"])
def test_name_that_no_account_can_have_is_not_kept(page, settings):
    settings.AXES_ENABLED = True
    answer = Client(headers={"Accept-Language": "en"}).post(
        page, {"username": "x" * 256, "password": "x"}
    )
    assert answer.status_code == 200
    assert "Please enter" in answer.content.decode()
    assert not AccessAttempt.objects.exists()


@pytest.mark.parametrize("target", ["abc", "?page=2", "//evil.example/", "http://["])
def test_way_back_is_a_path_of_ours(client, target):
    answer = client.post("/orders/bulk/", {"next": target})
    assert (answer.status_code, answer.url) == (302, reverse("orders:list"))


@pytest.mark.parametrize("url", ["http://[", "//[", "http://testserver/?id=\x00"])
def test_badges_are_shown_whatever_the_browser_says_of_its_address(client, url):
    answer = client.get("/orders/badges/", headers={"HX-Current-URL": url})
    assert answer.status_code == 200


def test_category_in_another_case_is_refused_in_the_administration(boss):
    Category.objects.create(name="Spare parts")
    answer = boss.post("/admin/inventory/category/add/", {"name": "SPARE  Parts"})
    assert answer.status_code == 200
    assert "There is a category of this name already." in answer.content.decode()
    assert Category.objects.count() == 1


def test_forged_number_that_a_page_showed_does_not_count(
    kim_client, made_here, with_line
):
    line = with_line(made_here())
    sent = {"quantity": "2", "price": "5.00", "discount": "", "name": "Labour"}
    for number in ["1e999999", "1e-999999", "NaN"]:
        seen = f'["Labour", "{number}", "{number}", "{number}"]'
        url = reverse("orders:line-change", args=[line.order_id, line.pk])
        assert kim_client.post(url, {**sent, "seen": seen}).status_code == 302
    assert OrderLine.objects.get().price == 5


def test_zero_bytes_find_nothing(boss):
    urls = ["/inventory/find/?q=%00", "/orders/?q=%00", "/customers/?q=%00"]
    urls += [
        f"/admin/{model}/?{query}=%00"
        for model in ["inventory/product", "orders/order", "auth/user"]
        for query in ["q", "username", "status__exact", "id__exact"]
    ]
    for url in urls:
        assert boss.get(url).status_code in {200, 302, 400}, url


@pytest.mark.parametrize(
    ("charset", "status"), [("utf-16", 400), ("utf-7", 400), ("nonsense", 302)]
)
def test_form_in_another_charset_is_refused(client, charset, status):
    content_type = f"application/x-www-form-urlencoded; charset={charset}"
    answer = client.generic("POST", "/orders/bulk/", b"a=1", content_type)
    assert answer.status_code == status


@pytest.mark.slow
@pytest.mark.parametrize("number", [1_001, 10_001])
def test_many_parameters_are_read_or_refused(client, number):
    many = "&".join(["id=1"] * number)
    for url in ["/orders/", "/orders/export/", "/customers/"]:
        assert client.get(f"{url}?{many}").status_code in {200, 302, 400, 403}
    answer = client.post("/orders/bulk/", {"id": ["1"] * number})
    assert answer.status_code == (302 if number < 10_000 else 400)


@pytest.mark.parametrize(
    ("error", "status"),
    [(OperationalError, 503), (DataError, 500), (IntegrityError, 500)],
)
def test_only_a_database_that_does_not_answer_is_said_to_be_gone(
    error, status, monkeypatch, ann
):
    def fail(*_args, **_values):
        raise error

    monkeypatch.setattr("orders.order_list.views.load_lookups", fail)
    client = signed_in(ann)
    client.raise_request_exception = False
    answer = client.get("/orders/")
    assert answer.status_code == status
    assert ("The database does not answer" in answer.content.decode()) == (
        status == 503
    )
