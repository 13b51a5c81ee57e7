"""Who may do what: every address with everyone's group, as the groups of a fresh installation are."""

import json
import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.core import serializers
from django.db import transaction
from django.test import Client
from django.urls import reverse

from customers.models import Customer
from inventory.models import Category, Product, ProductKey, Receipt
from orders.models import Order, OrderLine
from roapp.permissions import NEEDED
from tests.support.addresses import url_of
from tests.support.incoming import order
from tests.support.times import DAY

pytestmark = pytest.mark.once

GROUPS = {"n": "", "S": "Specialist", "M": "Manager", "A": "Admin", "F": "Full access"}
"""n: signed in, but in no group."""
MAY = """
orders:list              SMAF
orders:detail            SMAF
orders:go-to             SMAF
orders:keys              SMAF
orders:live              SMAF
orders:order-live        SMAF
orders:count             SMAF
orders:neighbours        SMAF
orders:print             SMAF
orders:slip-pdf          SMAF
orders:print-selection   SMAF
orders:slips-pdf         SMAF
orders:logo              SMAF
orders:scan              SMAF
orders:display           SMAF
orders:views             SMAF
orders:view              SMAF
orders:time-zone        nSMAF
stores:banners          nSMAF
orders:badges            SMAF
orders:bulk-progress     SMAF
orders:bulk-action       SMAF
orders:create            SMAF
orders:statuses          SMAF
orders:people            SMAF
orders:colleagues        SMAF
orders:find-colleague    SMAF
orders:days              SMAF
orders:status            SMAF
orders:assignee          SMAF
orders:type              SMAF
orders:customer          SMAF
orders:find-product      SMAF
orders:find-customer     SMAF
orders:due               SMAF
orders:note              SMAF
orders:comment           SMAF
orders:line-add          SMAF
orders:line-change       SMAF
orders:line-remove       SMAF
orders:write-off         SMAF
orders:reverse           SMAF
orders:bulk              SMAF
orders:write-off-selection SMAF
orders:due-of-selection  SMAF
orders:undo              SMAF
orders:line-decide        MAF
orders:accept             MAF
orders:export             MAF
stores:refresh           SMAF
stores:refresh-progress  SMAF
stores:list               MAF
stores:cards              MAF
stores:find               MAF
stores:unimported         MAF
stores:weeks              MAF
stores:runs               MAF
stores:poll                AF
stores:compare             AF
stores:retry               AF
stores:run                 AF
inventory:products       SMAF
inventory:find           SMAF
inventory:product        SMAF
inventory:categories     SMAF
inventory:warehouses     SMAF
inventory:receipts       SMAF
inventory:receipt        SMAF
inventory:product-new     MAF
inventory:product-edit    MAF
inventory:product-correct MAF
inventory:product-archive MAF
inventory:product-restore MAF
goods:move                MAF
goods:confirm             MAF
goods:remove              MAF
goods:merge               MAF
goods:undo                MAF
inventory:category-new    MAF
inventory:category-edit   MAF
inventory:warehouse-new   MAF
inventory:warehouse-edit  MAF
inventory:receipt-new     MAF
inventory:receipt-edit    MAF
inventory:receipt-post    MAF
inventory:receipt-discard MAF
customers:list           SMAF
customers:new            SMAF
customers:detail         SMAF
people:edit              SMAF
people:phones            SMAF
people:merge              MAF
people:undo               MAF
people:doubtful           MAF
people:decide             MAF
orders:delete              AF
people:export              AF
people:erase               AF
"""
ON_AN_ORDER = [
    *[
        "orders:status",
        "orders:assignee",
        "orders:type",
        "orders:customer",
        "orders:due",
        "orders:note",
        "orders:comment",
    ],
    *[
        "orders:line-add",
        "orders:line-change",
        "orders:line-remove",
        "orders:line-decide",
        "orders:accept",
        "orders:write-off",
        "orders:reverse",
    ],
]
TABLE = {
    name: set(who) for name, who in (line.split() for line in MAY.strip().splitlines())
}


@pytest.fixture
def rows(store, made_here, main):
    """One row of what an address names by the number 1: an order made here with a line, and what may stand in
    it."""
    Category.objects.create(pk=1, name="Displays")
    product = Product.objects.create(pk=1, name="Cable", created_at=DAY)
    ProductKey.objects.create(pk=1, key="shopify:1:variant:1", product=product)
    Receipt.objects.create(pk=1, warehouse=main, created_at=DAY)
    made_here(
        pk=1, customer=Customer.objects.create(pk=1, first_name="Ada", created_at=DAY)
    )
    OrderLine.objects.create(
        pk=1, order_id=1, product=product, name="Cable", quantity=1, price=9, total=9
    )


@pytest.fixture
def imported(bring) -> Order:
    return bring(order(1))[0]


def everything() -> str:
    """All rows of all our tables and of users and groups, as text."""
    models = [
        model
        for label in ["customers", "inventory", "orders", "integrations", "auth"]
        for model in apps.get_app_config(label).get_models()
    ]
    return json.dumps(
        [
            serializers.serialize("json", model._base_manager.order_by("pk"))
            for model in models
        ]
    )


def test_the_table_knows_every_address():
    assert set(TABLE) == set(NEEDED)


@pytest.mark.slow
@pytest.mark.parametrize("letter", [*GROUPS, "-"])
def test_what_a_group_may_do(letter, person, rows):
    client = Client(headers={"Accept-Language": "en"})
    if letter != "-":
        client.force_login(person("kay", group=GROUPS[letter]))
    before = everything()
    for name, who in TABLE.items():
        for method in ["get", "post"]:
            with transaction.atomic():
                answer = getattr(client, method)(url_of(name))
                if letter in who:
                    assert answer.status_code not in {403, 500}, (
                        f"{GROUPS[letter]} may {name} ({method})"
                    )
                    transaction.set_rollback(True)
            if letter == "-":
                assert (answer.status_code, answer.url.partition("?")[0]) == (
                    302,
                    reverse("login"),
                ), name
            elif letter not in who:
                assert answer.status_code == 403, (
                    f"{GROUPS[letter]} may not {name} ({method})"
                )
                assert "An administrator can give" in answer.content.decode(), name
    assert everything() == before


@pytest.mark.slow
def test_who_only_asks_changes_nothing(person, rows):
    client = Client()
    client.force_login(person("kay", group="Full access"))
    before = everything()
    for name in TABLE:
        client.get(url_of(name))
        assert everything() == before, name


def test_nothing_of_a_stores_order_can_be_touched_without_the_permission_for_it(
    person, imported
):
    user = person("kay")
    user.user_permissions.set(
        Permission.objects.exclude(codename="add_without_write_off")
    )
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    line = imported.lines.first().pk
    before = everything()
    for name in ON_AN_ORDER:
        url = reverse(
            name,
            kwargs={
                "pk": imported.pk,
                **(
                    {"line": line}
                    if "line-" in name and name != "orders:line-add"
                    else {}
                ),
            },
        )
        answer = client.post(url)
        assert answer.status_code == 403, name
        assert "“Can add products without write-off”" in answer.content.decode(), name
    assert (
        client.post(reverse("stores:refresh"), {"id": imported.pk}).status_code == 403
    )
    assert everything() == before
    shown = (
        client.get(imported.get_absolute_url())
        .content.decode()
        .partition('id="order"')[2]
    )
    assert shown
    # But for what the page asks about others.
    acts = set(re.findall(r'hx-post="([^"]*)"', shown))
    assert acts == {reverse("orders:order-live", args=[imported.pk])}
    assert 'method="post"' not in shown
    assert "data-menu" not in client.get("/orders/").content.decode()


def test_full_access_holds_every_permission_of_ours(db):
    ours = Permission.objects.filter(
        content_type__app_label__in=["customers", "inventory", "orders", "integrations"]
    )
    assert (
        set(ours) - set(Group.objects.get(name="Full access").permissions.all())
        == set()
    )


def test_admins_open_every_page_of_the_administration(person):
    user = person("ada", group="Admin")
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    client = Client()
    client.force_login(user)
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        assert client.get(reverse(name), follow=True).status_code == 200, name
    assert user.has_perm("integrations.change_privacyrequest")
