"""Inventory in the administration: products can be edited, what stock consists of can only be read."""

import pytest
from django.test import Client

from inventory.models import Product, StockLevel, StockMovement, Warehouse
from tests.support.invariants.stock import differences
from tests.support.stock import come_in, goods, main_warehouse
from tests.support.users import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(admin_user) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(admin_user)
    return client


def test_movements_and_levels_can_only_be_read(admin):
    come_in((goods(), 5))
    for row in [StockMovement.objects.get(), StockLevel.objects.get()]:
        url = f"/admin/inventory/{row._meta.model_name}/"
        assert "Display" in admin.get(url).content.decode()
        assert admin.get(f"{url}{row.pk}/change/").status_code == 200
        assert (
            admin.post(f"{url}{row.pk}/change/", {"quantity": "9"}).status_code == 403
        )
        assert admin.post(f"{url}{row.pk}/delete/", {"post": "yes"}).status_code == 403
        assert admin.get(f"{url}add/").status_code == 403
    assert (
        StockMovement.objects.get().quantity,
        StockLevel.objects.get().quantity,
        differences(),
    ) == (
        5,
        5,
        [],
    )


def test_product_edited_in_the_administration_keeps_its_stock_and_is_found(admin):
    product = goods(sku="old")
    come_in((product, 5))
    fields = {
        "name": "Écran",
        "sku": "new",
        "code": "",
        "description": "",
        "unit": "pcs",
        "category": "",
    }
    assert (
        admin.post(f"/admin/inventory/product/{product.pk}/change/", fields).status_code
        == 302
    )
    product.refresh_from_db()
    assert (product.name, product.search, product.stock) == ("Écran", "ecran\nnew\n", 5)
    assert admin.post("/admin/inventory/product/add/", fields).status_code == 302
    assert Product.objects.latest("id").search == "ecran\nnew\n"


@pytest.mark.parametrize("category", ["x", '"\\ud800"', "9" * 50, "-1"])
def test_category_that_is_none_is_refused_in_words(admin, category):
    product = goods()
    fields = {"name": "Écran", "unit": "pcs", "category": category}
    answer = admin.post(f"/admin/inventory/product/{product.pk}/change/", fields)
    assert "Select a valid choice." in answer.content.decode()
    product.refresh_from_db()
    assert (product.name, product.category) == ("Display", None)


def test_what_has_movements_cannot_be_deleted(admin):
    product = goods()
    come_in((product, 5))
    for url in [f"product/{product.pk}", f"warehouse/{main_warehouse().pk}"]:
        admin.post(f"/admin/inventory/{url}/delete/", {"post": "yes"})
    empty = Warehouse.objects.create(name="Empty")
    admin.post(f"/admin/inventory/warehouse/{empty.pk}/delete/", {"post": "yes"})
    assert (
        Product.objects.count(),
        list(Warehouse.objects.values_list("name", flat=True)),
    ) == (
        1,
        ["Main warehouse"],
    )


@pytest.mark.parametrize(
    ("language", "typed", "position"),
    [
        ("en", "1,250", 1250),
        ("de", "1.250", 1250),
        ("en", "1.250", 0),
        ("de", "1e3", 0),
    ],
)
def test_whole_number_is_read_as_the_language_writes_it(
    admin_user, language, typed, position
):
    german = signed_in(admin_user, language)
    warehouse = main_warehouse()
    answer = german.post(
        f"/admin/inventory/warehouse/{warehouse.pk}/change/",
        {"name": "Main", "is_active": "on", "position": typed},
    )
    warehouse.refresh_from_db()
    assert (answer.status_code == 302, warehouse.position) == (bool(position), position)
