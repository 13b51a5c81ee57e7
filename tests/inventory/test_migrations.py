"""What migrations do to the rows that are there already."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group

from inventory.models import Product, Warehouse
from tests.support.stock import goods

pytestmark = pytest.mark.django_db


def test_products_from_before_the_search_column_are_found():
    goods("Zubehör", sku="Z-1", code="4711"), goods("Plain")
    Product.objects.update(search="")
    import_module("inventory.migrations.0005_search_index").fill(apps, None)
    assert list(Product.objects.order_by("id").values_list("search", flat=True)) == [
        "zubehor\nz-1\n4711",
        "plain",
    ]


def test_fresh_installation_has_one_warehouse():
    assert list(Warehouse.objects.values_list("name", "is_active")) == [
        ("Main warehouse", True)
    ]


@pytest.mark.parametrize(
    ("name", "granted", "refused"),
    [
        (
            "Specialist",
            {"view_product", "view_category", "view_warehouse", "view_receipt"},
            {"add_product", "post_receipt", "correct_stock"},
        ),
        (
            "Manager",
            {
                "view_receipt",
                "add_product",
                "change_warehouse",
                "post_receipt",
                "correct_stock",
            },
            {"delete_product"},
        ),
        (
            "Admin",
            {"change_category", "add_receipt", "post_receipt", "correct_stock"},
            {"delete_warehouse"},
        ),
        ("Full access", {"delete_product", "post_receipt", "correct_stock"}, set()),
    ],
)
def test_groups_may_do_what_their_work_needs(name, granted, refused):
    ours = Group.objects.get(name=name).permissions.filter(
        content_type__app_label="inventory"
    )
    codenames = set(ours.values_list("codename", flat=True))
    assert granted <= codenames
    assert not refused & codenames
