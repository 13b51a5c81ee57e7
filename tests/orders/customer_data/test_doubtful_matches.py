"""Customers who came together through a number that identifies nobody: found by the migration, looked through
by people."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers import editing
from customers.matching import ContactDetails
from customers.models import Customer, CustomerEvent, CustomerKey, DoubtfulMatch
from integrations.refresh.worker import refresh_store
from orders.customer_data.merging import merge
from orders.models import Order
from tests.support.html import text_of
from tests.support.incoming import order
from tests.support.phones import typed
from tests.support.shop import counts_of_poll
from tests.support.times import NOW
from tests.support.users import signed_in

pytestmark = pytest.mark.django_db
PAGE = "/customers/to-look-through/"


def find():
    module = import_module("customers.migrations.0009_find_doubtful_matches")
    module.list_doubtful(apps, None)
    rows = DoubtfulMatch.objects.order_by("customer", "number")
    return list(rows.values_list("customer__first_name", "number", "doubt"))


@pytest.fixture
def joined(bring):
    """``joined(name, number, *accounts)``: a customer as RO App made one of several before."""

    def joined(first_name, number, *accounts, address="", begin=1):
        customer = Customer.objects.create(
            first_name=first_name, phone=number, address=address, created_at=NOW
        )
        CustomerKey.objects.create(key=f"phone:{number}", customer=customer)
        for place, (account, name) in enumerate(accounts):
            if account:
                CustomerKey.objects.create(key=account, customer=customer)
            [made] = bring(
                order(
                    begin + place,
                    contact=ContactDetails(key="shopify:1:0", first_name="X"),
                    delivery_address=f"{name}\nRing 1\n{address or 'DE'}",
                )
            )
            Order.objects.filter(pk=made.pk).update(
                customer=customer, store_customer=account
            )
        return customer

    return joined


def test_those_who_came_together_are_listed_with_what_is_doubtful(joined):
    anna, ben = ("shopify:1:11", "Anna A"), ("shopify:1:12", "Ben B")
    joined("Invalid", "+10000000000", anna, ben)
    joined(
        "Country",
        "+496641234567",
        ("shopify:1:21", "Cleo"),
        ("shopify:1:22", "Dora"),
        address="AT",
        begin=3,
    )
    joined(
        "Extension",
        "+12078354259",
        ("shopify:1:31", "Emil"),
        ("shopify:1:32", "Fred"),
        begin=5,
    )
    joined("Guests", "+490000000000", ("", "Gina"), ("", "Hugo"), begin=7)
    # These are nobody but themselves, or rightly one.
    joined(
        "Family",
        "+4915123456789",
        ("shopify:1:41", "I"),
        ("shopify:1:42", "J"),
        begin=9,
    )
    joined("One", "+10000000001", ("shopify:1:51", "K"), begin=11)
    joined("guest", "+490000000001", ("", "Guest"), ("", "guest"), begin=12)
    assert find() == [
        ("Invalid", "+10000000000", "invalid"),
        ("Country", "+496641234567", "country"),
        ("Extension", "+12078354259", "extension"),
        ("Guests", "+490000000000", "invalid"),
    ]
    assert Customer.objects.filter(first_name="Invalid").get().keys.count() == 3
    assert len(find()) == 4


def test_whom_a_person_merged_is_not_listed(joined):
    kept = joined("Kept", "+10000000000", ("shopify:1:11", "Anna A"))
    other = editing.create_customer(
        {"first_name": "Other"}, typed("030 901820"), by_id=None, now=NOW
    )
    CustomerKey.objects.create(key="shopify:1:12", customer=other)
    merge(kept.pk, other.pk, by_id=None, now=NOW)
    assert find() == []


def test_page_lists_them_and_costs_the_same_however_many_there_are(joined, kim_client):
    def measure():
        with CaptureQueriesContext(connection) as queries:
            answer = kim_client.get(PAGE)
        return len(queries), text_of(answer.content.decode())

    joined(
        "Anna", "+10000000000", ("shopify:1:11", "Anna A"), ("shopify:1:12", "Ben B")
    )
    find()
    few, text = measure()
    assert "Orders of 1 customer came together" in text
    for words in [
        "+1 0000000000: The number is not valid",
        "Anna A Account shopify:1:11 1",
        "Ben B Account shopify:1:12 1",
    ]:
        assert words in text
    assert "1 customer to look through" in text_of(
        kim_client.get("/customers/").content.decode()
    )
    for place in range(3, 63, 2):
        joined(
            "More",
            f"+100000000{place:02}",
            (f"shopify:1:c{place}", "C"),
            (f"shopify:1:d{place}", "D"),
            begin=place,
        )
    find()
    many, text = measure()
    assert (many, "Orders of 31 customers" in text) == (few, True)
    assert "Further ones" in text
    last = DoubtfulMatch.objects.order_by("-customer")[0].customer_id
    assert "No further customers" in text_of(
        kim_client.get(f"{PAGE}?after={last}").content.decode()
    )


def test_who_was_looked_through_is_no_longer_listed(joined, kim_client, kim):
    anna = joined(
        "Anna", "+10000000000", ("shopify:1:11", "Anna A"), ("shopify:1:12", "Ben B")
    )
    find()
    kim_client.post(f"/customers/{anna.pk}/decide/")
    match = DoubtfulMatch.objects.get()
    assert (match.checked_by, match.checked_at is not None) == (kim, True)
    text = text_of(kim_client.get(PAGE).content.decode())
    assert "Nobody to look through" in text
    assert "to look through" not in kim_client.get("/customers/").content.decode()
    assert anna.keys.count() == 3


def test_who_may_not_merge_sees_and_does_nothing(joined, client):
    anna = joined(
        "Anna", "+10000000000", ("shopify:1:11", "Anna A"), ("shopify:1:12", "Ben B")
    )
    find()
    assert client.get(PAGE).status_code == 403
    path = f"/customers/{anna.pk}/decide/"
    assert client.post(path, {"separate": "shopify:1:12"}).status_code == 403
    assert "to look through" not in client.get("/customers/").content.decode()
    assert (Customer.objects.filter(first_name="").count(), anna.keys.count()) == (0, 3)


@pytest.mark.parametrize("key", ["shopify:1:99", "phone:+10000000000", "x\x00"])
def test_nothing_is_separated_that_is_not_there(joined, kim_client, key):
    anna = joined(
        "Anna", "+10000000000", ("shopify:1:11", "Anna A"), ("shopify:1:12", "Ben B")
    )
    number = Customer.objects.count()
    answer = kim_client.post(
        f"/customers/{anna.pk}/decide/", {"separate": key}, follow=True
    )
    assert "separated or merged meanwhile" in text_of(answer.content.decode())
    assert (Customer.objects.count(), anna.keys.count()) == (number, 3)


def test_the_only_account_is_not_separated(joined, kim_client):
    anna = joined("Anna", "+10000000000", ("shopify:1:11", "Anna A"))
    kim_client.post(f"/customers/{anna.pk}/decide/", {"separate": "shopify:1:11"})
    assert anna.orders.count() == 1


def test_an_account_becomes_a_customer_of_its_own_and_the_store_says_who(
    shop, connection, kim
):
    """As a store was imported before: two accounts with 0000000000 are one customer."""
    battery = list(shop.products.values())[1]
    anna, ben = (
        shop.add_customer(
            name, "", email=f"{name}@example.com".lower(), phone="0000000000"
        )
        for name in ["Anna", "Ben"]
    )
    for account in [anna, ben, ben]:
        shop.place_order([shop.line(battery)], account)
    counts_of_poll(connection)
    first, second = Customer.objects.order_by("id")
    keys = {f"{connection.key}:{each.id}" for each in [anna, ben]}
    CustomerKey.objects.filter(key__in=keys).update(customer=first)
    CustomerKey.objects.create(key="phone:+490000000000", customer=first)
    Order.objects.update(customer=first, customer_name="Anna")
    second.delete()
    assert find() == [("Anna", "+490000000000", "invalid")]
    browser = signed_in(kim)
    answer = browser.post(
        f"/customers/{first.pk}/decide/", {"separate": f"{connection.key}:{ben.id}"}
    )
    assert answer["Location"] == PAGE
    back = Customer.objects.exclude(pk=first.pk).get()
    assert [each.orders.count() for each in [first, back]] == [1, 2]
    events = CustomerEvent.objects.order_by("id").values_list("kind", "customer")
    assert list(events) == [("unmerged", first.pk), ("unmerged", back.pk)]
    refresh_store(connection.store_id)
    back.refresh_from_db()
    assert (back.name, back.email, back.phone) == (
        "Ben",
        "ben@example.com",
        "0000000000",
    )
    assert {each.customer_name for each in back.orders.all()} == {"Ben"}
