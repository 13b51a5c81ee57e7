"""The lists of the administration answer whatever stands in their addresses."""

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.urls import reverse

from common.admin import Listed
from orders.models import Preferences, Status

pytestmark = pytest.mark.django_db
LISTS = [
    "orders_order",
    "orders_deletedorder",
    "orders_status",
    "integrations_storeconnection",
]


def lists_and_filters() -> Iterator[tuple[str, str]]:
    for model, its_admin in admin.site._registry.items():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        url = reverse(f"admin:{name}_changelist")
        for field in filters_of(its_admin):
            for comparison in ["", "__exact", "__in", "__id__exact"]:
                yield url, f"{field}{comparison}"


def filters_of(its_admin: ModelAdmin) -> list[str]:
    found = [*its_admin.list_filter, its_admin.date_hierarchy or ""]
    return [str(each[0] if isinstance(each, tuple) else each) for each in found if each]


def test_filter_with_nul_is_answered(admin_client):
    known = list(lists_and_filters())
    assert ("/admin/orders/status/", "group__exact") in known
    for url, name in known:
        for value in ["\0", "a\0b"]:
            answer = admin_client.get(url, {name: value})
            assert answer.status_code in {200, 302}, (url, name)


def test_filter_with_nul_filters_nothing(admin_client):
    def shown(group: str) -> int:
        page = admin_client.get("/admin/orders/status/", {"group__exact": group})
        return int(page.context["cl"].result_count)

    everything = Status.objects.count()
    assert 0 < shown("new") < everything
    assert shown("new\0") == everything


@pytest.mark.parametrize(
    ("language", "headings"),
    [
        ("en", ["Orders", "Deleted orders", "Statuses", "Store connections"]),
        ("de", ["Aufträge", "Gelöschte Aufträge", "Status", "Geschäftsverbindungen"]),
    ],
)
def test_list_is_headed_by_what_it_lists(admin_client, admin_user, language, headings):
    Preferences.objects.create(user=admin_user, language=language)
    for kind, heading in zip(LISTS, headings, strict=True):
        page = admin_client.get(reverse(f"admin:{kind}_changelist"))
        assert f"<h1>{heading}</h1>" in page.content.decode()


def test_every_list_is_one_of_ours(rf):
    lists = {
        type(each).__name__: each.get_changelist(rf.get("/"))
        for each in admin.site._registry.values()
    }
    del lists["LetterheadAdmin"]  # has a single row, and shows it
    assert all(issubclass(each, Listed) for each in lists.values()), lists
