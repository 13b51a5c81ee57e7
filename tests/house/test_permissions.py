"""Every address says who may use it: anonymous visitors are sent to the login, others are refused what their
groups lack."""

from html import unescape

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from roapp.permissions import NEEDED, name_of
from tests.support.addresses import addresses, url_of

pytestmark = pytest.mark.once


def test_the_table_names_every_address_and_no_other():
    assert set(NEEDED) == set(addresses())


@pytest.mark.parametrize("name", NEEDED)
def test_anonymous_visitor_is_sent_to_the_login(name, db):
    for answer in [Client().get(url_of(name)), Client().post(url_of(name))]:
        assert (answer.status_code, answer.url.partition("?")[0]) == (
            302,
            reverse("login"),
        )


@pytest.mark.parametrize(
    ("name", "permission"),
    [(name, each) for name, needed in NEEDED.items() for each in needed],
)
def test_who_lacks_one_permission_is_refused_by_its_name(name, permission, db):
    user = get_user_model().objects.create_user("all-but-one")
    app, codename = permission.split(".")
    user.user_permissions.set(
        Permission.objects.exclude(codename=codename, content_type__app_label=app)
    )
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    for answer in [client.get(url_of(name)), client.post(url_of(name))]:
        assert answer.status_code == 403
        assert name_of(permission) in unescape(answer.content.decode())
