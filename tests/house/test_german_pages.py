"""A German reader finds no English: every page, mail and command as it is rendered, with data."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from customers.models import Customer
from fakeshop.records import Address
from integrations.alerts.mails import send_due_mails
from integrations.imports.lifecycle import begin_import
from integrations.models import ImportJob, StoreConnection
from integrations.shopify.errors import TOKEN_REFUSED
from inventory.models import Category, Product, Receipt, ReceiptLine, Warehouse
from orders.domain.write_off import write_off
from orders.models import BulkAction, Order, OrderType, Status
from tests.support.addresses import PATTERNS, addresses
from tests.support.english import english_in, texts_of
from tests.support.shop import DOMAIN, connect, counts_of_poll
from tests.support.users import create_user

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def _german(settings) -> Iterator[None]:
    settings.LANGUAGE_CODE = "de"
    yield
    translation.deactivate()


@pytest.fixture
def installation(db) -> None:
    """What a fresh installation starts with, as one that is German has it."""
    with translation.override("de"):
        for model in [Status, OrderType, Group, Warehouse]:
            for row in model.objects.all():
                row.name = gettext(row.name)
                row.save()


@pytest.fixture
def german_shop(installation, shop):
    """What a German shop sells, and to whom."""
    shop.products.clear()
    shop.customers.clear()
    shop.name = "Werkstattladen"
    display = shop.add_product(
        "Anzeige",
        [("Schwarz", "A-1", "89.90")],
        product_type="Ersatzteile",
        description_html="<p>Neu</p>",
    )
    card = shop.add_product("Geschenkkarte", [("50 €", "GK-50", "50.00")])
    address = Address(
        "Ada",
        "Krüger",
        "Krüger GmbH",
        "Hauptstr. 1",
        "",
        "10115",
        "Berlin",
        "DE",
        "0151 23456789",
    )
    ada = shop.add_customer("Ada", "Krüger", email="ada@example.com", address=address)
    shop.sold = shop.place_order(
        [
            shop.line(
                display, 2, discount="1.00", entries=[("Gerät", "Fono 12"), ("_x", "1")]
            ),
            *shop.bundle("Set", [shop.line(display)]),
            shop.gift_card(card),
            shop.custom_line("Diagnose", "29.00"),
            shop.tip_line("2.00", "Trinkgeld"),
        ],
        ada,
        entries=[("Gravur", "Ada")],
        po_number="B-17",
        financial="PARTIALLY_PAID",
        part_paid=Decimal(50),
        delivery="DHL Paket",
        shipping=Decimal("4.90"),
        note="Bitte klingeln",
        duties=Decimal(3),
        fees=Decimal(2),
    )
    shop.guest = shop.place_order([shop.custom_line("Reparatur", "9.00")], None)
    shop.place_order([shop.line(display)], ada, currency="USD")
    shop.place_order([shop.line(display)], ada, test=True)
    return shop


@pytest.fixture
def store(german_shop) -> StoreConnection:
    return connect(name="Werkstattladen", order_type="Online-Bestellung")


@pytest.fixture
def busy(store, german_shop) -> dict[str, int]:
    """Orders in every state; the rows that pages are about, by the part of the address."""
    shop = german_shop
    counts_of_poll(store)
    boss = User.objects.create_superuser("chefin", password="x")
    order = Order.objects.get(external_number=shop.sold.name)
    line = order.lines.first()
    product = Product.objects.get(sku="A-1")
    warehouse = Warehouse.objects.get()
    write_off(
        order.pk,
        [line.pk],
        warehouse=warehouse,
        by=boss,
        now=shop.clock.now,
        below_zero=True,
    )
    shop.set_quantity(shop.sold, 0, 5)
    shop.refund(shop.sold, "1.00")
    shop.cancel(shop.guest)
    shop.clock.forward(minutes=1)
    counts_of_poll(store)
    receipt = Receipt.objects.create(
        warehouse=warehouse, created_at=shop.clock.now, by=boss
    )
    ReceiptLine.objects.create(receipt=receipt, product=product, quantity=2)
    client = german("chefin")
    begin_import(
        store,
        all_since=shop.clock.now - timedelta(days=9),
        by_id=boss.pk,
        now=shop.clock.now,
    )
    status = Status.objects.last()
    client.post("/orders/bulk/", {"id": [order.pk], "status": status.pk})
    return {
        "orders": order.pk,
        "bulk": BulkAction.objects.get().pk,
        "customers": Customer.objects.get(last_name="Krüger").pk,
        "product": product.pk,
        "category": Category.objects.get().pk,
        "warehouse": warehouse.pk,
        "receipt": receipt.pk,
        "stores": store.pk,
        "run": ImportJob.objects.latest("id").pk,
        "line": line.pk,
    }


def german(name: str) -> Client:
    client = Client(headers={"Accept-Language": "de"})
    client.force_login(User.objects.get(username=name))
    return client


def row_of(name: str, rows: dict[str, int]) -> int:
    space, _, page = name.partition(":")
    part = {"people": "customers", "goods": "product"}.get(space, space)
    if space == "inventory":
        part = page.partition("-")[0]
    if name in {"stores:run", "orders:bulk-action"}:
        part = {"stores:run": "run"}.get(name, "bulk")
    return rows[part]


def url(name: str, rows: dict[str, int]) -> str:
    wanted = addresses()[name].pattern.converters
    values = {**PATTERNS, "line": rows["line"]}
    if "pk" in wanted:
        values["pk"] = row_of(name, rows)
    return reverse(name, kwargs={key: values[key] for key in wanted})


def admin_urls() -> list[str]:
    found = [reverse("admin:index"), reverse("admin:password_change")]
    for model in admin.site._registry:
        prefix = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        found += [reverse(f"{prefix}_changelist"), reverse(f"{prefix}_add")]
        if row := model._default_manager.first():
            found += [
                reverse(f"{prefix}_{page}", args=[row.pk])
                for page in ["change", "delete", "history"]
            ]
    return found


def read(client: Client, address: str) -> set[str]:
    """What the page says, as it opens and as it answers to an empty form."""
    said: set[str] = set()
    for method in [client.get, client.post]:
        for headers in [{}, {"HX-Request": "true"}]:
            with transaction.atomic():
                answer = method(address, headers=headers, follow=True)
                transaction.set_rollback(True)
            content = b"".join(answer) if answer.streaming else answer.content
            if answer.headers.get("Content-Type", "").startswith("text/html"):
                said |= texts_of(content.decode())
    return said


@pytest.mark.slow
def test_no_page_says_an_english_word(busy):
    create_user("ina", group="Fachkraft")
    create_user("niemand")
    pages = [url(name, busy) for name in addresses()]
    pages += [
        "/orders/?q=nichts",
        "/orders/?q=1001",
        "/stores/find/?q=%231001",
        "/stores/find/?q=77",
        "/orders/?due=overdue&payment=paid&store=connected&from=2026-01-01",
        f"/orders/?customer={busy['customers']}",
    ]
    english: dict[str, list[str]] = {}
    for name, more in [("chefin", admin_urls()), ("ina", []), ("niemand", ["/admin/"])]:
        client = german(name)
        for address in [*pages, *more]:
            for text in english_in(read(client, address)):
                english.setdefault(text, []).append(f"{name} {address}")
    for address in ["/login/", "/admin/login/", "/nothing-here/"]:
        for text in english_in(
            read(Client(headers={"Accept-Language": "de"}), address)
        ):
            english.setdefault(text, []).append(address)
    said = "\n".join(f"{text} ({where[0]})" for text, where in english.items())
    assert not said, f"English is left:\n{said}"


def said(command: str, *arguments: str) -> set[str]:
    """The lines that the command prints, or the sentence with which it refuses."""
    out = StringIO()
    try:
        call_command(command, *arguments, stdout=out, stderr=out)
    except CommandError as error:
        out.write(str(error))
    return {line.strip() for line in out.getvalue().splitlines()} - {""}


def test_no_command_says_an_english_word(store, german_shop):
    connecting = ["--name=Werkstattladen", "--token=demo-token"]
    connecting += ["--order-type=Online-Bestellung"]
    texts = set()
    for command, *arguments in [
        ["connect_store", DOMAIN, *connecting],
        ["connect_store", DOMAIN, *connecting, "--since=2999-01-01"],
        ["connect_store", DOMAIN, *connecting[:2], "--order-type=Unbekannt"],
        ["connect_store", "other.myshopify.com", *connecting[::2]],
        ["sync_store", DOMAIN],
        ["sync_store", "other.myshopify.com"],
        ["import_orders", DOMAIN, "--since=2026-01-01"],
        ["import_orders", DOMAIN, "--number=77"],
        ["reconcile", DOMAIN],
        ["register_webhooks", DOMAIN],
    ]:
        lines = said(command, *arguments)
        assert lines, command
        texts |= lines
    assert english_in(texts) == []
    assert "importiert 2, aktualisiert 0, unverändert 0" in " ".join(texts)


def test_no_mail_says_an_english_word(store, german_shop, settings, mailoutbox):
    settings.ADMINS = [("Chefin", "chefin@example.com")]
    counts_of_poll(store)
    StoreConnection.objects.update(
        state="needs_attention", reason_code="token", reason=TOKEN_REFUSED
    )
    send_due_mails(german_shop.clock.now + timedelta(days=1))
    assert mailoutbox
    lines = {
        line.strip()
        for each in mailoutbox
        for line in [each.subject, *each.body.splitlines()]
    }
    assert english_in(lines - {""}) == []
