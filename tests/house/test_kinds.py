"""While an installation is upgraded, the version before meets kinds that only the next one knows: it shows
such rows plainly, and no page fails."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db.models import CharField, Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import Customer, CustomerEvent
from integrations.models import (
    ImportJob,
    PrivacyRequest,
    StoreConnection,
    StoreEvent,
)
from inventory.models import ProductEvent, StockMovement
from orders.models import BulkAction, Order, OrderEvent, Store
from tests.support.html import page, text_of
from tests.support.stock import goods, main_warehouse
from tests.support.users import create_user, signed_in

pytestmark = pytest.mark.django_db
NEW = "made_up"
HIDDEN = "Told-by-nobody"
"""A value of such a row: what it means only the newer version knows."""
LAST_YEAR = datetime(2025, 3, 14, 12, 0, tzinfo=UTC)
Pages = list[str]


def with_kinds() -> list[type[Model]]:
    """Our models whose rows say by a kind what they are."""
    return [
        model
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, CharField) and field.name == "kind" and field.choices
    ]


@pytest.fixture
def ada(db) -> User:
    return create_user("ada", is_superuser=True, is_staff=True, last_name="Lovelace")


@pytest.fixture
def boss(ada) -> Client:
    return signed_in(ada)


def order_event(order: Order, by: User) -> Pages:
    order.events.create(
        kind=NEW, at=LAST_YEAR, by=by, subject=HIDDEN, field=HIDDEN, old=HIDDEN
    )
    return [order.get_absolute_url()]


def customer_event(_order: Order, by: User) -> Pages:
    customer = Customer.objects.create(first_name="Carl", created_at=LAST_YEAR)
    record = {"left": {HIDDEN: HIDDEN}, HIDDEN: HIDDEN}
    values = {"field": "phone", "old": HIDDEN, "new": HIDDEN, "record": record}
    customer.events.create(kind=NEW, at=LAST_YEAR, by=by, **values)
    return [customer.get_absolute_url()]


def product_event(_order: Order, by: User) -> Pages:
    product = goods()
    values = {"field": HIDDEN, "old": HIDDEN, "subject": HIDDEN, "record": {}}
    product.events.create(kind=NEW, at=LAST_YEAR, by=by, **values)
    return [product.get_absolute_url()]


def movement(_order: Order, by: User) -> Pages:
    product = goods()
    where = main_warehouse()
    product.movements.create(kind=NEW, at=LAST_YEAR, by=by, warehouse=where, quantity=1)
    return [product.get_absolute_url()]


def store_event(order: Order, by: User) -> Pages:
    store = order.store
    store.history.create(kind=NEW, at=LAST_YEAR, by=by)
    Store.objects.filter(pk=store.pk).update(is_connected=False)
    change = "admin:integrations_storeconnection_change"
    return [
        reverse("stores:list"),
        reverse("stores:runs", args=[store.pk]),
        reverse(change, args=[StoreConnection.objects.get().pk]),
    ]


def import_job(order: Order, by: User) -> Pages:
    times = {"since": LAST_YEAR, "made_at": LAST_YEAR, "due_at": timezone.now()}
    store = order.store
    ImportJob.objects.create(kind=NEW, store=store, by=by, reason=HIDDEN, **times)
    disconnect = "admin:integrations_storeconnection_disconnect"
    return [
        reverse("stores:list"),
        reverse("stores:runs", args=[store.pk]),
        reverse(disconnect, args=[StoreConnection.objects.get().pk]),
    ]


def bulk_action(order: Order, by: User) -> Pages:
    now = timezone.now()
    times = {"asked_at": now - timedelta(days=1), "fixed_at": now, "done_at": now}
    action = BulkAction.objects.create(
        kind=NEW, by=by, warehouse=main_warehouse(), **times
    )
    action.orders.create(order_id=order.pk, outcome="changed")
    return [reverse("orders:bulk"), reverse("orders:bulk-action", args=[action.pk])]


def privacy_request(_order: Order, by: User) -> Pages:
    row = PrivacyRequest.objects.create(
        kind=NEW,
        domain="gadget.myshopify.com",
        customer_id="7",
        received_at=LAST_YEAR,
        due_at=LAST_YEAR,
    )
    return [reverse("admin:integrations_privacyrequest_change", args=[row.pk])]


MADE: dict[type[Model], Callable[[Order, User], Pages]] = {
    OrderEvent: order_event,
    CustomerEvent: customer_event,
    ProductEvent: product_event,
    StockMovement: movement,
    StoreEvent: store_event,
    ImportJob: import_job,
    BulkAction: bulk_action,
    PrivacyRequest: privacy_request,
}
"""Makes a row of a kind that is not there, and says which pages show it."""
EVENTS = {OrderEvent, CustomerEvent, ProductEvent, StoreEvent, StockMovement}
"""Who, what and when."""


@pytest.mark.parametrize("model", with_kinds(), ids=lambda model: model.__name__)
def test_row_of_a_kind_that_is_not_known_is_a_plain_line(
    model, boss, ada, made_here, store
):
    order = made_here(store=store, external_id="1")
    for path in MADE[model](order, ada):
        shown = text_of(page(boss, path))
        assert "newer version" in shown, path
        assert NEW not in shown
        if model in EVENTS:
            assert HIDDEN not in shown
            assert "14 Mar 2025" in shown
            assert "Ada Lovelace" in shown


def test_lists_of_such_rows_are_shown_too(boss, ada, made_here, store):
    order = made_here(store=store, external_id="1")
    for make in MADE.values():
        make(order, ada)
    for name in ["orders:list", "stores:list", "inventory:products", "customers:list"]:
        page(boss, reverse(name))
    page(boss, "/admin/integrations/privacyrequest/")
    assert StoreConnection.objects.get().last_event


def test_in_german(ada, made_here, store):
    order = made_here(store=store)
    [path] = order_event(order, ada)
    assert "Von einer neueren Version geändert" in page(signed_in(ada, "de"), path)
