"""The fake shop and a connection to it, for tests that talk to a store over HTTP."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management import call_command
from django.utils import timezone

from fakeshop.records import Order
from fakeshop.shop import FakeShop
from integrations.models import StoreConnection
from integrations.sync.polling import poll
from orders.models import OrderType

DOMAIN = "gadget-garage.myshopify.com"


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **values: float) -> datetime:
        self.now += timedelta(**values)
        return self.now


def sell(shop: FakeShop, *products: int, **values: Any) -> Order:
    """A new order of Ada's: one piece of each of these products, by their place in the shop."""
    sold = list(shop.products.values())
    (customer, *_) = shop.customers.values()
    return shop.place_order(
        [shop.line(sold[number]) for number in products or [0]], customer, **values
    )


def sold_before(shop: FakeShop, *ages: timedelta, **values: Any) -> list[Order]:
    """Orders that were placed and last changed so long before now."""
    now = shop.clock.now
    orders = []
    for age in sorted(ages, reverse=True):
        shop.clock.now = now - age
        orders.append(sell(shop, 0, **values))
    shop.clock.now = now
    return orders


def store_form(**values: str) -> dict[str, Any]:
    """What the form of a new connection in the administration sends."""
    return {
        "name": "Gadget Garage",
        "domain": DOMAIN,
        "access_token": "demo-token",
        "enabled": "on",
        "order_type": OrderType.objects.get(name="Online order").pk,
        "identify_by": "sku",
        "poll_seconds": "60",
        "first_import": "open",
        "excluded_tags": "",
        **values,
    }


def connect(**options: Any) -> StoreConnection:
    """Connect the shop; without ``options`` it has no first import, and its polls begin on 1 November."""
    defaults = {
        "name": "Gadget Garage",
        "token": "demo-token",
        "order_type": "Online order",
        "identify_by": "sku",
        "yes": True,
    }
    since = {"since": datetime(2026, 11, 1, tzinfo=UTC), "no_first_import": True}
    call_command(
        "connect_store",
        DOMAIN,
        verbosity=0,
        stdout=_Nowhere(),
        **defaults | since | options,
    )
    return StoreConnection.objects.select_related("store").get()


class _Nowhere:
    def write(self, text: str) -> None:
        """Commands print; tests of what they print look at it themselves."""


def counts_of_poll(
    connection: StoreConnection, now: Callable[[], datetime] = timezone.now
) -> dict[str, int]:
    """Poll the store: how many orders had which outcome."""
    result = poll(connection.pk, now=now)
    assert result is not None
    return {str(key): count for key, count in result.counts.items()}
