"""Categories and warehouses."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Category, Warehouse
from tests.support.html import cells, notice, page, text_of
from tests.support.stock import come_in, goods, main_warehouse

pytestmark = pytest.mark.django_db


def test_categories_show_how_many_products_they_have(client):
    parts = Category.objects.create(name="Parts <i>")
    Category.objects.create(name="Cables")
    goods(category=parts), goods(category=parts)
    html = page(client, "/inventory/categories/")
    assert [cells(html, number) for number in [0, 1]] == [
        ["Cables", "0"],
        ["Parts &lt;i&gt;", "2"],
    ]
    assert f'href="/inventory/?category={parts.pk}"' in html
    assert "/inventory/categories/new/" not in html


def test_list_of_categories_costs_the_same_however_many(client):
    def count():
        with CaptureQueriesContext(connection) as queries:
            html = page(client, "/inventory/categories/")
        return len(queries), html.count("<tr>")

    Category.objects.bulk_create(
        Category(name=f"C{number}", key=f"c{number}") for number in range(3)
    )
    assert count() == (5, 4)  # session, who asks, permissions, the page, banners
    Category.objects.bulk_create(
        Category(name=f"D{number}", key=f"d{number}") for number in range(60)
    )
    assert count() == (6, 51)  # and the count


def test_category_is_added_and_renamed(kim_client):
    html = kim_client.post(
        "/inventory/categories/new/", {"name": " Spare   parts "}, follow=True
    ).content.decode()
    made = Category.objects.get()
    assert (made.name, made.key, notice(html)) == (
        "Spare parts",
        "spare parts",
        "The category is added.",
    )
    html = kim_client.post(
        f"/inventory/categories/{made.pk}/", {"name": "SPARE parts"}, follow=True
    ).content.decode()
    assert (Category.objects.get().name, notice(html)) == (
        "SPARE parts",
        "The category is renamed.",
    )


@pytest.mark.parametrize("name", ["CABLES", "  cables "])
def test_category_is_not_merged_by_its_name(kim_client, name):
    Category.objects.create(name="Cables")
    parts = Category.objects.create(name="Parts")
    for url in ["/inventory/categories/new/", f"/inventory/categories/{parts.pk}/"]:
        html = kim_client.post(url, {"name": name}).content.decode()
        assert (
            "There is a category of this name already. Categories cannot be merged; choose another name."
            in html
        )
        assert f'value="{name.strip()}"' in html or f'value="{name}"' in html
    assert list(Category.objects.values_list("name", flat=True)) == ["Cables", "Parts"]


def test_category_needs_a_name(kim_client):
    html = kim_client.post("/inventory/categories/new/", {"name": " "}).content.decode()
    assert "This field is required." in html
    assert Category.objects.count() == 0


def test_warehouses_show_state_and_whether_they_hold_stock(client):
    come_in((goods(), 1))
    Warehouse.objects.create(name="Van <i>", position=1, is_active=False)
    html = page(client, "/inventory/warehouses/")
    assert [cells(html, number) for number in [0, 1]] == [
        ["Main warehouse", "Active", "Holds stock"],
        ["Van &lt;i&gt;", "Not active", "Empty"],
    ]


def test_warehouse_is_added_last_and_renamed_and_deactivated(kim_client):
    come_in((goods(), 1))
    kim_client.post("/inventory/warehouses/new/", {"name": " Van  2 "})
    assert list(Warehouse.objects.values_list("name", "is_active", "position")) == [
        ("Main warehouse", True, 0),
        ("Van 2", True, 1),
    ]
    url = f"/inventory/warehouses/{main_warehouse().pk}/"
    html = kim_client.post(
        url, {"name": "Cellar", "position": "5"}, follow=True
    ).content.decode()
    assert list(Warehouse.objects.values_list("name", "is_active", "position")) == [
        ("Van 2", True, 1),
        ("Cellar", False, 5),
    ]
    assert "It still holds stock" in text_of(
        re.search(r'id="messages".*?</main>', html, re.DOTALL)[0]
    )


def test_warehouse_names_are_unique(kim_client):
    van = Warehouse.objects.create(name="Van")
    for url in ["/inventory/warehouses/new/", f"/inventory/warehouses/{van.pk}/"]:
        html = kim_client.post(
            url, {"name": "Main warehouse", "position": "0", "is_active": "on"}
        ).content.decode()
        assert "There is a warehouse of this name already. Choose another name." in html
    assert sorted(Warehouse.objects.values_list("name", flat=True)) == [
        "Main warehouse",
        "Van",
    ]


def test_specialist_changes_neither(client):
    for url in [
        "/inventory/categories/new/",
        "/inventory/warehouses/new/",
        f"/inventory/warehouses/{main_warehouse().pk}/",
    ]:
        assert client.post(url, {"name": "X", "position": "0"}).status_code == 403
    assert (
        Category.objects.count(),
        list(Warehouse.objects.values_list("name", flat=True)),
    ) == (
        0,
        ["Main warehouse"],
    )
