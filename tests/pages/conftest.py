"""A store with its connection, staff with and without the permission to work, and a way to bring orders
in."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client

from integrations.models import Heartbeat, StoreConnection
from orders.importing.admission import Admission
from orders.importing.importer import import_orders
from orders.importing.types import Rules
from orders.models import Order, OrderType, Status, Store
from tests.incoming import DAY, arrival
from tests.workshop import kim, main, person, rita, sam, screen, stocked, with_line

__all__ = ["kim", "main", "person", "rita", "sam", "screen", "stocked", "with_line"]

NOW = DAY + timedelta(hours=1)


@pytest.fixture
def store(db) -> Store:
    store = Store.objects.create(
        name="Gadget Garage", platform="shopify", order_link="https://gadget.myshopify.com/admin/orders/{id}"
    )
    StoreConnection.objects.create(
        store=store, domain="gadget.myshopify.com", order_type=OrderType.objects.get(name="Online order")
    )
    return store


@pytest.fixture
def bring(store):
    """Import orders as the store shows them; returns our rows in the order of their numbers."""

    def bring(*incoming, fetched_at=NOW):
        admission = Admission(
            currency="EUR", since=None, open_before=None, include_tests=True, excluded_tags=frozenset()
        )
        rules = Rules(
            store=store,
            order_type=OrderType.objects.get(name="Online order"),
            identify_by="sku",
            admission=admission,
        )
        with transaction.atomic():
            import_orders(
                [arrival(each) for each in incoming], rules=rules, fetched_at=fetched_at, now=fetched_at
            )
        return list(
            Order.objects.filter(external_id__in=[each.external_id for each in incoming]).order_by("id")
        )

    return bring


@pytest.fixture
def made_here(db):
    def made_here(**values):
        defaults = {
            "order_type": OrderType.objects.get(name="Repair"),
            "status": Status.objects.get(name="New"),
            "placed_at": NOW,
        }
        return Order.objects.create(**defaults | values)

    return made_here


@pytest.fixture
def ann(db):
    """A specialist: may work with orders, by her group."""
    user = get_user_model().objects.create_user("ann", first_name="Ann", last_name="Baker")
    user.groups.add(Group.objects.get(name="Specialist"))
    return user


@pytest.fixture
def bob(db):
    """May log in, and nothing else."""
    return get_user_model().objects.create_user("bob", first_name="Bob", last_name="Reader")


@pytest.fixture
def manager(db) -> Client:
    """Keeps products and stock, by her group."""
    user = get_user_model().objects.create_user("mia", first_name="Mia", last_name="Koch")
    user.groups.add(Group.objects.get(name="Manager"))
    return signed_in(user)


def signed_in(user) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


@pytest.fixture
def client(ann) -> Client:
    return signed_in(ann)


@pytest.fixture
def reader(bob) -> Client:
    return signed_in(bob)


@pytest.fixture
def alive(db) -> None:
    """Background work shows signs of life."""
    Heartbeat.objects.create(name="worker", at=NOW)
