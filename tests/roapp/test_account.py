"""What people do with their own account, and what one without a role sees."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from orders.models import Preferences
from tests.support.html import page, text_of
from tests.support.users import create_user, signed_in

LONG = "correct horse battery"


def change_password(client, old, new, again=None):
    return client.post(
        "/password/",
        {"old_password": old, "new_password1": new, "new_password2": again or new},
        follow=True,
    )


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
