"""A first import that waits holds back what its rule takes in, until somebody begins it (I3)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from integrations.imports import lifecycle
from integrations.imports.worker import to_the_end
from integrations.models import ImportJob, StoreConnection, UnimportedOrder
from integrations.sync.order_lookup import explain
from integrations.sync.polling import poll
from integrations.sync.retry import retry_entries
from orders.models import Order
from tests.support.shop import connect, sell, store_form
from tests.support.users import create_user, read_in, signed_in

ADD = reverse("admin:integrations_storeconnection_add")
STORES = reverse("stores:list")
WAITS = "It waits for the initial import, which nobody has begun yet."


@pytest.fixture
def admin(db):
    return signed_in(create_user("root", is_staff=True, is_superuser=True))


@pytest.fixture
def old(shop):
    """The shop three hours ago, with an open and a finished order of ten days before."""
    shop.clock.now = timezone.now() - timedelta(days=10)
    sell(shop, 0)
    sell(shop, 0, fulfillment="FULFILLED")
    shop.clock.now = timezone.now()
    return shop


@pytest.fixture
def skipping(old, admin):
    """The shop, connected for its open orders; a poll has seen that two finished ones changed, and one test
    order, and skipped all three."""
    connection = connect(since=None, no_first_import=False)
    to_the_end(ImportJob.objects.get().pk)
    finished = list(old.orders.values())[1]
    sell(old, 0, test=True)
    other = sell(
        old, 0, fulfillment="FULFILLED", created_at=timezone.now() - timedelta(days=5)
    )
    old.change(finished)
    old.change(other)
    poll(connection.pk, now=old.clock)
    assert codes() == {"#1002": "not_open", "#1003": "test_order", "#1004": "not_open"}
    assert numbers() == {"#1001"}
    return old


def save_since(admin, shop, **values) -> ImportJob:
    """All orders of the last ninety days, saved in the store's settings; a first import waits."""
    since = timezone.localdate() - timedelta(days=90)
    pk = StoreConnection.objects.get().pk
    address = reverse("admin:integrations_storeconnection_change", args=[pk])
    form = store_form(first_import="all", import_since=since.isoformat(), **values)
    assert admin.post(address, form).status_code == 302
    job = ImportJob.objects.order_by("pk").last()
    assert (job.state, job.reason_code) == ("paused", "asks")
    return job


def go_on(shop) -> None:
    """A poll, and the tries that it has made due."""
    connection = StoreConnection.objects.get()
    shop.clock.now = timezone.now()
    poll(connection.pk, now=shop.clock)
    retry_entries(connection.store_id, now=shop.clock)


def numbers() -> set[str]:
    return {*Order.objects.values_list("external_number", flat=True)}


def codes() -> dict[str, str]:
    return dict(UnimportedOrder.objects.values_list("number", "code"))


def test_new_rule_brings_nothing_in_before_its_import_is_begun(skipping, admin):
    job = save_since(admin, skipping)
    for _poll in range(2):
        go_on(skipping)
        assert numbers() == {"#1001"}
        assert codes()["#1002"] == codes()["#1004"] == "not_open"
        due = UnimportedOrder.objects.filter(due_at__isnull=False)
        assert not due.exists()
    lifecycle.begin_reconcile(
        StoreConnection.objects.get(), by_id=None, now=timezone.now()
    )
    to_the_end(ImportJob.objects.order_by("pk").last().pk)
    assert numbers() == {"#1001"}
    assert lifecycle.resume(job, now=timezone.now())
    go_on(skipping)
    assert numbers() == {"#1001", "#1002", "#1004"}
    assert codes() == {"#1003": "test_order"}


def test_preview_does_not_call_what_is_here_still_to_come(skipping, admin):
    save_since(admin, skipping)
    html = admin.get(STORES).content.decode()
    kept = "those that are here already stay as they are."
    assert f"Orders at the store that match: 3; {kept}" in html
    assert "Orders that come in" not in html
    read_in(admin, "de")
    assert (
        "Passende Bestellungen im Geschäft: 3; die schon hier sind, bleiben, wie sie sind."
        in admin.get(STORES).content.decode()
    )


def test_other_rules_do_not_wait_for_the_import(skipping, admin):
    save_since(admin, skipping, include_test_orders="on")
    go_on(skipping)
    assert numbers() == {"#1001", "#1003"}
    assert codes() == {"#1002": "not_open", "#1004": "not_open"}


def test_cancelled_import_leaves_out_what_was_kept_out_and_its_rule_holds_from_then_on(
    skipping, admin
):
    job = save_since(admin, skipping)
    go_on(skipping)
    answer = admin.post(reverse("stores:run", args=[job.pk]), {"act": "cancel"})
    assert answer.status_code == 302
    quiet = list(skipping.orders.values())[1]
    # What a poll sees again is taken as the rules say now; what lies behind it is not looked for.
    sell(skipping, 0)
    skipping.clock.now += timedelta(minutes=10)
    sell(skipping, 0)
    go_on(skipping)
    assert UnimportedOrder.objects.filter(due_at__isnull=False).count() == 0
    applied = StoreConnection.objects.get().rules_applied
    assert applied["open_before"] == ""
    skipping.change(quiet)
    go_on(skipping)
    assert quiet.name in numbers()


def test_order_of_a_store_whose_first_import_waits_is_not_imported_by_a_question(
    old, admin
):
    admin.post(ADD, store_form())
    job = ImportJob.objects.get()
    assert (job.state, job.reason_code) == ("paused", "asks")
    answer = admin.post(reverse("stores:find"), {"number": "1001"})
    html = answer.content.decode()
    assert WAITS in html
    assert f'href="{STORES}#run-{job.pk}"' in html
    assert f'id="run-{job.pk}"' in html
    assert "was missing" not in html
    assert (Order.objects.count(), UnimportedOrder.objects.count()) == (0, 0)
    read_in(admin, "de")
    html = admin.post(reverse("stores:find"), {"number": "1001"}).content.decode()
    assert "Sie wartet auf den Erstimport, den noch niemand begonnen hat." in html
    assert lifecycle.resume(job, now=timezone.now())
    (found,) = explain("1001", connection=None, now=timezone.now())
    assert (found.verdict, numbers()) == ("here", {"#1001"})


def test_what_the_waiting_import_would_not_take_is_explained_as_ever(old, admin):
    admin.post(ADD, store_form())
    (finished,) = explain("1002", connection=None, now=timezone.now())
    assert (finished.verdict, finished.entry.code) == ("not_here", "not_open")
    sell(old, 0)
    (new,) = explain("1003", connection=None, now=timezone.now())
    assert (new.verdict, new.just_now, numbers()) == ("here", True, {"#1003"})


def test_skipped_order_says_that_an_import_waits_which_may_take_it_in(skipping, admin):
    job = save_since(admin, skipping)
    (found,) = explain("1002", connection=None, now=timezone.now())
    assert found.text.endswith(
        " An initial import that may take it in waits to be begun."
    )
    assert (found.verdict, found.waits_for) == ("not_here", job)
    with translation.override("de"):
        (found,) = explain("1002", connection=None, now=timezone.now())
    assert found.text.endswith(
        " Ein Erstimport, der sie übernehmen könnte, wartet darauf, begonnen zu werden."
    )
    assert numbers() == {"#1001"}
