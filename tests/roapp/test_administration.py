"""The administration's words, where Django's German lacks them or its models have none."""

import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import django
import pytest
from babel.messages.pofile import read_po
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import translation

from orders.models import Status
from tests.support.html import text_of
from tests.support.users import signed_in

pytestmark = pytest.mark.django_db
CONTRIB = Path(django.__file__).parent / "contrib"


@pytest.fixture
def german(admin_user) -> Client:
    return signed_in(admin_user, "de")


def lacking(app: str, domain: str) -> Iterator[str]:
    """What Django's German catalogue has no German for."""
    texts = {}
    for language in ["en", "de"]:
        path = CONTRIB / app / f"locale/{language}/LC_MESSAGES/{domain}.po"
        texts[language] = read_po(BytesIO(path.read_bytes()))
    for each in texts["en"]:
        known = texts["de"].get(each.id, each.context) if each.id else None
        if isinstance(each.id, str) and each.id and not (known and known.string):
            yield each.id


@pytest.mark.parametrize("app", ["admin", "auth"])
def test_what_djangos_german_lacks_is_german(app):
    texts = list(lacking(app, "django"))
    assert texts
    with translation.override("de"):
        assert [each for each in texts if translation.gettext(each) == each] == []


def test_scripts_of_the_administration_speak_german(german):
    script = german.get("/admin/jsi18n/").content.decode()
    catalog = json.loads(
        re.search(r"const newcatalog = (\{.*?\n {2}\});", script, re.S)[1]
    )
    assert [each for each in lacking("admin", "djangojs") if each not in catalog] == []
    assert catalog["Choose all %s"] == "Alle %s auswählen"
    assert catalog["Filter"] == "Filter"


def test_what_followers_are_chosen_from_is_called_statuses(german, admin_client):
    url = f"/admin/orders/status/{Status.objects.first().pk}/change/"
    for client, name in [(admin_client, "statuses"), (german, "Status")]:
        page = client.get(url).content.decode()
        assert f'data-field-name="{name}"' in page


def test_stores_are_filtered_by_a_state_with_a_name(german):
    page = german.get("/admin/integrations/storeconnection/").content.decode()
    assert "Zustand" in text_of(page)
    assert "„state“" not in page


def test_page_before_a_group_is_deleted_says_what_it_means(german):
    group = Group.objects.get(name="Manager")
    User.objects.create_user("kim").groups.add(group)
    page = text_of(german.get(f"/admin/auth/group/{group.pk}/delete/").content.decode())
    assert "object" not in page
    assert "Manager" in page


def test_link_in_its_message_is_a_link_on_our_own_pages_too(admin_client):
    url = f"/admin/orders/status/{Status.objects.get(name='New').pk}/change/"
    sent = {"name": "N<w", "group": "new", "colour": "red", "position": "1"}
    assert admin_client.post(url, sent).status_code == 302
    page = admin_client.get("/inventory/").content.decode()
    assert f'<a href="{url}">N&lt;w</a>' in page
