"""An installation of an earlier release is upgraded with its data.

It is that of the first version that landed: a store with its first import done, polled orders, some of them
failed or skipped, people of every group, stock, and something waiting in each queue.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import transaction

from customers.models import Customer, CustomerKey, RemovedKey
from integrations.connections import connect
from integrations.imports import lifecycle
from integrations.models import (
    ImportJob,
    PrivacyRequest,
    StoreConnection,
    UnimportedOrder,
    WebhookDelivery,
)
from integrations.refresh import worker as refresh
from integrations.sync import polling, retry
from integrations.webhooks import inbox, subscriptions
from inventory.models import Product, Receipt, StockLevel, StockMovement, Warehouse
from orders.bulk import engine
from orders.models import (
    BulkAction,
    BulkActionOrder,
    Order,
    OrderEvent,
    OrderLine,
    Preferences,
    Refresh,
)
from tests.upgrade.versions import FIRST, empty_database

pytestmark = pytest.mark.slow

NOW = datetime.fromisoformat(FIRST.content["now"])


@pytest.fixture(scope="module", autouse=True)
def upgraded(django_db_setup, django_db_blocker) -> Iterator[None]:
    """All tests of this module read one upgraded database, and none of them writes."""
    with django_db_blocker.unblock(), empty_database():
        FIRST.load()
        call_command("migrate", verbosity=0)
        yield


def test_orders_are_as_they_were():
    assert list(
        Order.objects.order_by("pk").values_list(
            "external_number", "total", "customer_name"
        )
    ) == [
        ("#1001", Decimal("114.800"), "Ada Lovelace"),
        ("#1002", Decimal("114.800"), "Ada Lovelace"),
        ("#1003", Decimal("114.800"), "Ada Lovelace"),
        ("#1004", Decimal("89.900"), "Ada Lovelace"),
        ("#1005", Decimal("34.800"), "Ada Lovelace"),
        ("", Decimal("50.000"), "Grace Hopper"),
        ("", Decimal("0.000"), ""),
    ]
    assert (OrderLine.objects.count(), OrderEvent.objects.count()) == (11, 12)
    assert Order.objects.get(gone_at__isnull=False).external_number == "#1001"


def test_customers_are_as_they_were():
    assert CustomerKey.objects.count() == 3
    grace = Customer.objects.get(first_name="Grace")
    assert Customer.objects.get(merged_into__isnull=False).merged_into == grace
    assert Customer.objects.filter(erased_at__isnull=False).count() == 1
    assert RemovedKey.objects.get().key == "phone:+4915123456789"


def test_stock_is_as_it_was():
    screen = Product.objects.get(sku="S-1")
    assert (screen.stock, screen.category.name) == (Decimal(8), "Spare parts 2")
    assert StockLevel.objects.get().quantity == Decimal(8)
    assert [each.quantity for each in StockMovement.objects.order_by("pk")] == [
        Decimal(10),
        Decimal(-2),
    ]
    assert Receipt.objects.get(posted_at__isnull=True).warehouse.name == "Van"
    assert Warehouse.objects.count() == 2


def test_new_rows_get_ids_of_their_own():
    """The ids come from a sequence, which the fixture's rows have moved on."""
    with transaction.atomic():
        assert Warehouse.objects.create(name="Shelf").pk == 3
        transaction.set_rollback(True)


def test_store_is_connected_as_before():
    store = StoreConnection.objects.select_related("store").get()
    assert (store.domain, store.store.name) == (
        "gadget-garage.myshopify.com",
        "Gadget Garage",
    )
    assert (store.access_token, store.webhook_secret, store.granted_token) == (
        "demo-token",
        "shpss_test_secret",
        "granted-1",
    )
    assert (store.synced_until, store.cursor) == (
        datetime(2026, 11, 20, 9, 35, tzinfo=UTC),
        "cursor-1",
    )
    assert store.newest_seen_at == datetime(2026, 11, 20, 10, 4, tzinfo=UTC)
    assert store.rate_limited_until == datetime(2026, 11, 20, 10, 5, 55, tzinfo=UTC)
    assert store.served_api_version == "2026-07"
    assert store.customer_fields_blocked_at == datetime(2026, 11, 20, 7, 6, tzinfo=UTC)
    assert (store.excluded_tags, store.page_size) == ("wholesale", 2)


def test_what_waited_in_a_queue_is_still_due():
    store = StoreConnection.objects.get()
    assert polling.first_due(NOW) == [store.pk]
    assert refresh.stores_with_work(NOW) == [store.store_id]
    assert retry.stores_with_due_entries(NOW) == [store.store_id]
    assert inbox.connections_with_messages(NOW) == [store.pk]
    assert subscriptions.due_subscriptions(NOW) == [store.pk]
    assert engine.unfinished(NOW) == [2]
    assert (connect.due_checks(NOW), connect.due_checks(NOW + timedelta(days=1))) == (
        [],
        [store.pk],
    )


def test_lease_that_a_worker_held_runs_out():
    assert lifecycle.due_runs(NOW) == []
    assert lifecycle.due_runs(NOW + timedelta(minutes=5)) == [2]


def test_what_is_not_here_says_why_and_when_it_is_tried_again():
    rows = UnimportedOrder.objects.order_by("number")
    assert list(
        rows.values_list(
            "number", "status", "code", "attempts", "due_at", "override_rules"
        )
    ) == [
        (
            "#1006",
            "skipped",
            "test_order",
            1,
            datetime(2026, 11, 20, 10, 5, tzinfo=UTC),
            True,
        ),
        ("#1007", "skipped", "excluded_tag", 1, None, False),
        (
            "#1008",
            "failed",
            "unreadable",
            1,
            datetime(2026, 11, 20, 9, 36, tzinfo=UTC),
            False,
        ),
        (
            "#1009",
            "failed",
            "unreadable",
            1,
            datetime(2026, 11, 20, 9, 36, tzinfo=UTC),
            False,
        ),
    ]


def test_imports_are_as_they_were():
    assert list(
        ImportJob.objects.order_by("pk").values_list("kind", "method", "state", "done")
    ) == [
        ("first_import", "pages", "done", 3),
        ("reconcile", "pages", "running", 0),
        ("manual", "pages", "cancelled", 0),
        ("manual", "bulk", "paused", 0),
    ]


def test_updates_and_bulk_actions_keep_their_outcomes():
    assert list(
        Refresh.objects.order_by("pk").values_list("order__external_number", "outcome")
    ) == [
        ("#1004", "unchanged"),
        ("#1005", "pending"),
        ("#1001", "gone"),
    ]
    assert list(BulkAction.objects.order_by("pk").values_list("kind", "done_at")) == [
        ("assign", datetime(2026, 11, 20, 10, 5, tzinfo=UTC)),
        ("status", None),
    ]
    assert BulkActionOrder.objects.filter(action=2, outcome="").count() == 7


def test_messages_of_the_store_keep_their_kind():
    rows = WebhookDelivery.objects.order_by("pk")
    assert list(
        rows.filter(drained_at__isnull=False).values_list("event", flat=True)
    ) == [
        "order",
        "customer_data_request",
    ]
    assert list(
        rows.filter(drained_at__isnull=True).values_list("event", flat=True)
    ) == [
        "order",
        "customer",
        "customer_data_request",
        "customer_redact",
        "shop_redact",
        "uninstalled",
    ]
    assert PrivacyRequest.objects.get().kind == "export"


def permissions_of(username: str) -> set[str]:
    permissions = get_user_model().objects.get(username=username).get_all_permissions()
    return {each for each in permissions if each.startswith("integrations.")}


def test_single_permissions_and_those_of_own_groups_stay():
    assert permissions_of("rita") == {
        "integrations.view_unimportedorder",
        "integrations.view_importjob",
        "integrations.delete_importjob",
        "integrations.view_webhookdelivery",
        "integrations.change_privacyrequest",
    }


@pytest.mark.parametrize(
    ("username", "count"), [("ada", 83), ("kim", 35), ("sam", 14), ("full", 163)]
)
def test_groups_may_do_what_they_might(username, count):
    assert (
        len(get_user_model().objects.get(username=username).get_all_permissions())
        == count
    )


def test_every_permission_is_of_a_model_and_each_once():
    for permission in Permission.objects.select_related("content_type"):
        model = permission.content_type.model_class()
        assert model is not None, permission
        own = {codename for codename, _name in model._meta.permissions}
        usual = {
            f"{action}_{model._meta.model_name}"
            for action in model._meta.default_permissions
        }
        assert permission.codename in own | usual


def test_preferences_stay():
    preferences = Preferences.objects.get(user__username="kim")
    assert (preferences.columns, preferences.time_zone) == (
        ["number", "customer", "total"],
        "Europe/Lisbon",
    )
