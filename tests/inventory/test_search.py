"""find_products and the search column: what people and scanners type finds what they mean."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Product
from inventory.search import find_products
from tests.support.stock import goods
from tests.support.times import DAY

pytestmark = pytest.mark.django_db


def names(text, limit=10):
    return [product.name for product in find_products(text, limit)]


def test_every_word_counts_whatever_its_case_and_accents():
    goods("Zubehör für Wärmepumpen", sku="WP-7")
    goods("Zubehör", sku="Z-1")
    assert names("ZUBEHOR warme") == ["Zubehör für Wärmepumpen"]
    assert names("wp-7") == ["Zubehör für Wärmepumpen"]
    assert names("zubehör") == ["Zubehör", "Zubehör für Wärmepumpen"]
    assert names("zubehör nothing") == []


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Öl 5W\u201130", "öl"),
        ("Öl 5W\u201130", "oel 5w-30"),
        ("Zündkerze für Łódź", "zuendkerze lodz"),
        ("Akkueinbau", "einbau"),
        ("电池 Battery", "电池"),
        ("Écran d’iPhone", "ecran d'iphone"),
    ],
)
def test_product_is_found_as_people_write_it(name, typed):
    goods(name), goods("Olive 5 W"), goods("Other")
    assert names(typed)[0] == name


def test_the_exact_sku_or_code_comes_first():
    goods("A case for X-1", sku="X-10")
    goods("Z itself", sku="X-1")
    goods("Y with its code", code="X-1")
    assert names("X-1") == ["Z itself", "Y with its code", "A case for X-1"]
    assert names("X-1", limit=1) == ["Z itself"]


def test_wildcards_control_characters_and_nothing_find_nothing_by_accident():
    goods("100% cotton", sku="C_1")
    goods("Other", sku="CX1")
    assert names("100%") == ["100% cotton"]
    assert names("c_1") == ["100% cotton"]
    assert names("\x00\ud800") == names("") == names("  ") == []
    assert names("%" * 500) == []


def test_finding_costs_two_queries():
    for number in range(30):
        goods(f"Display {number}", sku="D")
    with CaptureQueriesContext(connection) as queries:
        assert len(find_products("display", 12)) == 12
    assert len(queries) == 2


def test_saving_keeps_name_key_and_search_with_the_name_and_never_writes_stock():
    product = goods("Display", sku="D-1")
    stale = Product.objects.get()
    Product.objects.update(stock=7)
    stale.name = "Écran"
    stale.save()
    stale.code = "4711"
    stale.save(update_fields=["code"])
    product.refresh_from_db()
    assert (product.name, product.name_key, product.search, product.stock) == (
        "Écran",
        "écran",
        "ecran\nd 1\n4711\n",
        7,
    )
    assert product.created_at == DAY
