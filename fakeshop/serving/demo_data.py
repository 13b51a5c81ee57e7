"""What the demo holds: a login, a connected store with orders, goods to write off, and work that is done and
to be done."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext

from inventory.models import Product, Receipt, ReceiptLine, Warehouse
from inventory.stock import receive
from orders.domain.attributes import set_due
from orders.domain.write_off import write_off
from orders.models import Order, OrderType, StatusGroup
from orders.order_list.saved_views import create_view

DEMO_DOMAIN = "gadget-garage.myshopify.com"
DEMO_LOGIN = "demo"
DEMO_STOCK = 25
"""Pieces of each product."""
TAKEN_OUT, DUE = 3, 35
"""Orders whose goods are written off, and with a due date."""
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
    by = get_user_model().objects.get(username=DEMO_LOGIN)
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


def do_some_work() -> None:
    """Orders that are late or due soon, goods that were taken out for the newest ones (one of which its buyer
    changes afterwards: fakeshop.demo), and a view that all see."""
    by = get_user_model().objects.get(username=DEMO_LOGIN)
    now, today = timezone.now(), timezone.localdate()
    warehouse = Warehouse.objects.filter(is_active=True).first()
    orders = Order.objects.exclude(status__group=StatusGroup.CLOSED)
    newest = list(orders.order_by("-placed_at", "-pk")[: TAKEN_OUT + DUE])
    for order in newest[:TAKEN_OUT]:
        if warehouse:
            write_off(order.pk, None, warehouse=warehouse, by=by, now=now)
    for number, order in enumerate(newest[TAKEN_OUT:]):
        due_on = today + timedelta(days=number % 7 - 3)
        set_due(order.pk, due_on, seen=None, by=by, now=now)
    with translation.override(settings.LANGUAGE_CODE):
        name = gettext("Due in the next 7 days")
    create_view(name, "due=week&sort=due", is_shared=True, by=by)


def _online_order() -> str:
    """The order type that the demo store has, or at the first start the one that a fresh installation has for
    it."""
    connected = OrderType.objects.filter(storeconnection__domain=DEMO_DOMAIN).first()
    if connected:
        return connected.name
    with translation.override(settings.LANGUAGE_CODE):
        return gettext("Online order")  # as orders/migrations/0003_defaults.py calls it
