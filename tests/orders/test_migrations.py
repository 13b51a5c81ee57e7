"""Search texts of before are written anew: those of closed, gone and very old orders, too."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.db.models.functions import Lower
from django.test.utils import CaptureQueriesContext

from customers.matching import ContactDetails
from customers.models import Customer
from inventory.models import Product
from orders.models import Order, Status
from orders.order_list.search import apply_search
from tests.support.incoming import line, numbered, order
from tests.support.stock import goods
from tests.support.times import NOW

pytestmark = pytest.mark.django_db
MARK = "\x1f"


def found(text: str, *, contact_data: bool) -> int:
    return apply_search(Order.objects.all(), text, contact_data=contact_data).count()


@pytest.fixture
def old(bring) -> list[Order]:
    """39 orders of Jürgen, a closed and a gone one among them, and one of Ada."""
    juergen = ContactDetails(
        key="shopify:1:7", first_name="Jürgen", last_name="Groß", email="j@example.com"
    )
    ada = ContactDetails(first_name="Ada", phone="+4915123456789")
    orders = bring(
        *(numbered(n, f"EN{1000 + n}-A", contact=juergen) for n in range(1, 40)),
        order(40, contact=ada, lines=(line(1, name="Screen 12″", sku="SCR-12-B"),)),
    )
    Order.objects.filter(pk=orders[0].pk).update(
        status=Status.objects.get(name="Closed")
    )
    Order.objects.filter(pk=orders[1].pk).update(gone_at=NOW)
    return orders


def as_before_0012() -> None:
    """All words of an order stood together, folded; 0012 put public ones behind them, only lowered."""
    for each in Order.objects.select_related("customer"):
        words = [
            each.external_number,
            each.customer_name,
            each.customer.email,
            "scr-12-b",
        ]
        before = "\n".join(words).casefold().replace("ü", "u")
        Order.objects.filter(pk=each.pk).update(search=before, number_digits="")
    import_module("orders.migrations.0012_contact_words_apart").part(apps, None)


def write_anew(app: str, number: str) -> None:
    module = import_module(f"{app}.migrations.{number}_search_as_people_write")
    module.write_anew(apps, SimpleNamespace(connection=connection))


def test_people_without_contact_data_find_orders_of_before_0012(old):
    right = list(Order.objects.order_by("pk").values_list("search", "number_digits"))
    as_before_0012()
    # The database had lowered Ü to ü at best, and what is typed is folded to u.
    assert (
        found("Jürgen", contact_data=True),
        found("Jürgen", contact_data=False),
    ) == (39, 0)
    write_anew("orders", "0026")
    for typed in ["Jürgen", "juergen", "JURGEN gross"]:
        assert found(typed, contact_data=True) == found(typed, contact_data=False) == 39
    assert (
        found("1001", contact_data=False),
        found("j@example", contact_data=False),
    ) == (1, 0)
    assert found("j@example", contact_data=True) == 39
    assert (
        list(Order.objects.order_by("pk").values_list("search", "number_digits"))
        == right
    )


def test_order_is_rewritten_as_it_would_be_written_today(bring, made_here):
    anna = ContactDetails(
        key="s:1", first_name="Anna", phone="+4915123456789", company="A & B"
    )
    lee = ContactDetails(
        key="s:2", first_name="Lee", phone="+4915123456789", email="l@x.de"
    )
    orders = bring(
        order(1, contact=anna, lines=(line(1, name="Öl 5W-30"), line(2, name="李"))),
        numbered(2, "2024-1001", contact=lee),
    )
    orders.append(made_here())
    columns = ["search", "number_digits", "more_digits", "buyer_name"]
    right = list(Order.objects.order_by("pk").values_list(*columns))
    assert right[1][0].splitlines()[-1] == "d 1"
    Order.objects.update(search="x", number_digits="", more_digits="")
    write_anew("orders", "0026")
    assert list(Order.objects.order_by("pk").values_list(*columns)) == right


def test_rows_are_rewritten_in_chunks_and_only_where_they_differ(bring, monkeypatch):
    bring(*(order(n) for n in range(1, 8)))
    right = dict(Order.objects.values_list("pk", "search"))
    monkeypatch.setattr("common.migrations.FIRST_CHUNK", 3)
    Order.objects.update(search="x")
    write_anew("orders", "0026")
    assert dict(Order.objects.values_list("pk", "search")) == right
    with CaptureQueriesContext(connection) as again:
        write_anew("orders", "0026")
    statements = [query["sql"] for query in again.captured_queries]
    # Three rows, then the other four, since no chunk after the first is smaller than ten.
    assert sum('FROM "orders_order"' in sql for sql in statements) == 2
    assert not [sql for sql in statements if sql.startswith("UPDATE")]


def test_customers_and_products_are_rewritten(bring):
    bring(order(1, contact=ContactDetails(first_name="Łukasz", phone="+4915123456789")))
    product = goods("Öl 5W‑30", sku="ÖL-5")
    right = Customer.objects.values_list("names", "search").get()
    assert right == ("lukasz\n", "lukasz\n+4915123456789\n")
    Customer.objects.update(names="łukasz", search="łukasz")
    Product.objects.filter(pk=product.pk).update(search=Lower("name"))
    write_anew("customers", "0010")
    write_anew("inventory", "0009")
    assert Customer.objects.values_list("names", "search").get() == right
    assert Product.objects.get(pk=product.pk).search == "ol 5w 30\nol 5\n"
