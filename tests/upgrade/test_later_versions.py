"""Versions after the first are upgraded with what they brought: products merged and archived, drafts,
languages, matches to look through."""

from collections.abc import Iterator

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command

from common.models import FormDraft
from customers.models import DoubtfulMatch
from integrations.models import StoreConnection
from inventory.models import Product, ProductEvent, ProductKey
from orders.models import Order, Preferences
from tests.upgrade.versions import FIRST, FOLDER, Version, empty_database

pytestmark = pytest.mark.slow
LATER = Version("f2862ed")


@pytest.fixture(scope="module", autouse=True)
def upgraded(django_db_setup, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock(), empty_database():
        LATER.load()
        call_command("migrate", verbosity=0)
        yield


def test_each_version_that_lies_here_is_upgraded():
    assert {path.stem for path in FOLDER.glob("*.json")} == {FIRST.commit, LATER.commit}


def test_what_a_later_version_brought_is_as_it_was():
    products = Product.objects.select_related("merged_into").order_by("pk")
    assert [
        (each.name, each.merged_into and each.merged_into.name, bool(each.archived_at))
        for each in products
    ] == [
        ("Battery", None, False),
        ("Display – Black", None, False),
        ("Cable", "Display – Black", False),
        ("Screen", None, True),
    ]
    events = ProductEvent.objects.order_by("pk").values_list("kind", "by__username")
    assert list(events) == [("merged", "ada"), ("archived", "ada")]
    draft = FormDraft.objects.get()
    assert (draft.user.username, draft.fields) == (
        "full",
        {"note": ["Screen is cracked"]},
    )
    assert DoubtfulMatch.objects.get().number == "0000000000"
    assert StoreConnection.objects.get().shop_id == "gid://shopify/Shop/1"
    ada = Preferences.objects.get(user__username="ada")
    assert (ada.language, ada.time_zone) == ("de", "Europe/Vienna")


def test_what_came_before_is_there_too():
    assert (Order.objects.count(), ProductKey.objects.count()) == (7, 3)
    assert get_user_model().objects.get(username="full").has_perm("orders.view_order")
