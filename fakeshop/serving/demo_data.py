"""What the demo holds: a login, a connected store with orders, and goods to write off."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext

from inventory.models import Product, Receipt, ReceiptLine, Warehouse
from inventory.stock import receive
from orders.models import OrderType

DEMO_DOMAIN = "gadget-garage.myshopify.com"
DEMO_LOGIN = "demo"
DEMO_STOCK = 25
"""Pieces of each product."""
SECRETS = {"SHOPIFY_TOKEN": "demo-token", "SHOPIFY_WEBHOOK_SECRET": "demo-secret"}
IMPORT = ["import_orders", DEMO_DOMAIN]


def make_login() -> None:
    users = get_user_model().objects
    if not users.filter(username=DEMO_LOGIN).exists():
        users.create_superuser(
            DEMO_LOGIN, password=DEMO_LOGIN, first_name="Robin", last_name="Demo"
        )


def connecting() -> list[str]:
    """The command that connects the demo store, or mends its connection; it takes SECRETS from its
    environment."""
    chosen = ["--order-type", _online_order(), "--identify-by", "sku"]
    named = ["connect_store", DEMO_DOMAIN, "--name", "Gadget Garage"]
    return [*named, *chosen, "--webhooks", "--yes"]


def has_goods() -> bool:
    return Receipt.objects.exists()


def receive_goods() -> None:
    """Stock of all that the demo store has sold, so that there is something to write off."""
    products = list(Product.objects.order_by("id"))
    warehouse = Warehouse.objects.filter(is_active=True).first()
    if not (products and warehouse):
        return
    by: Any = get_user_model().objects.get(username=DEMO_LOGIN)
    now = timezone.now()
    with transaction.atomic():
        receipt = Receipt.objects.create(
            warehouse=warehouse,
            supplier="Parts & More",
            reference="PM-2026-118",
            created_at=now,
            by=by,
        )
        ReceiptLine.objects.bulk_create(
            ReceiptLine(receipt=receipt, product=each, quantity=DEMO_STOCK)
            for each in products
        )
        receive(receipt, by_id=by.pk, now=now)


def _online_order() -> str:
    """The order type that the demo store has, or at the first start the one that a fresh installation has for
    it."""
    connected = OrderType.objects.filter(storeconnection__domain=DEMO_DOMAIN).first()
    if connected:
        return connected.name
    with translation.override(settings.LANGUAGE_CODE):
        return gettext("Online order")  # as orders/migrations/0003_defaults.py calls it
