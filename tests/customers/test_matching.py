"""Who a store's customer is: keys decide, filled fields stay, and what staff took away does not come back."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers import editing
from customers.matching import ContactDetails, customers_for, named_by_contact
from customers.models import Customer, CustomerEvent, CustomerKey, RemovedKey
from tests.support.phones import typed

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
ADA = ContactDetails(
    key="shopify:1:9",
    first_name="Ada",
    last_name="Lovelace",
    phone="0151 23456789",
    country="DE",
)


def bring(*contacts):
    return customers_for(contacts, now=NOW).customers


def keys_of(customer):
    return sorted(customer.keys.values_list("key", flat=True))


def test_customer_is_made_once_with_number_and_store_id_and_found_by_either():
    first, again, by_phone, by_id = bring(
        ADA,
        ADA,
        ContactDetails(phone="+49 151 23456789"),
        ContactDetails(key="shopify:1:9", first_name="A."),
    )
    assert first.pk == again.pk == by_phone.pk == by_id.pk
    assert keys_of(first) == ["phone:+4915123456789", "shopify:1:9"]
    assert (first.name, first.phone) == ("Ada Lovelace", "+4915123456789")
    assert (first.names, first.search) == (
        "ada lovelace\n",
        "ada lovelace\n+4915123456789\n",
    )


def test_filled_fields_stay_and_empty_ones_are_filled_and_told():
    [ada] = bring(ADA)
    bring(
        ContactDetails(
            key="shopify:1:9",
            first_name="Augusta",
            email="ada@example.com",
            address="Hauptstr. 1",
        )
    )
    ada.refresh_from_db()
    assert (ada.name, ada.email, ada.address) == (
        "Ada Lovelace",
        "ada@example.com",
        "Hauptstr. 1",
    )
    assert "ada@example.com" in ada.search
    events = CustomerEvent.objects.order_by("field").values_list(
        "kind", "field", "old", "new", "by"
    )
    assert list(events) == [
        ("changed", "address", "", "Hauptstr. 1", None),
        ("changed", "email", "", "ada@example.com", None),
    ]


def test_a_second_number_becomes_a_key_and_the_main_one_stays():
    [ada] = bring(ADA)
    bring(ContactDetails(key="shopify:1:9", phone="030 901820", country="DE"))
    ada.refresh_from_db()
    assert ada.phone == "+4915123456789"
    assert keys_of(ada) == ["phone:+4915123456789", "phone:+4930901820", "shopify:1:9"]
    assert "+4930901820" in ada.search
    assert CustomerEvent.objects.values_list("kind", "new").get() == (
        "phone_added",
        "+4930901820",
    )


def test_a_number_that_staff_removed_names_nobody_and_is_not_brought_back():
    [ada] = bring(ADA)
    editing.remove_phone(ada, "+4915123456789", by_id=None, now=NOW)
    [same] = bring(ADA)
    same.refresh_from_db()
    assert (same.pk, same.phone, keys_of(same)) == (ada.pk, "", ["shopify:1:9"])
    [other] = bring(
        ContactDetails(first_name="Bob", phone="0151 23456789", country="DE")
    )
    assert (other.pk != ada.pk, other.phone, keys_of(other)) == (
        True,
        "+4915123456789",
        ["phone:+4915123456789"],
    )


def test_a_number_that_staff_added_again_is_theirs_again():
    [ada] = bring(ADA)
    editing.remove_phone(ada, "+4915123456789", by_id=None, now=NOW)
    editing.add_phone(ada, typed("+4915123456789"), by_id=None, now=NOW)
    assert (ada.phone, RemovedKey.objects.count()) == ("+4915123456789", 0)
    [found] = bring(ContactDetails(phone="0151 23456789", country="DE"))
    assert found.pk == ada.pk


def test_a_removed_number_that_is_no_number_stays_away_too():
    odd = ContactDetails(key="shopify:1:9", first_name="Ada", phone="ask next door")
    [ada] = bring(odd)
    assert (ada.phone, keys_of(ada)) == ("ask next door", ["shopify:1:9"])
    editing.remove_phone(ada, "ask next door", by_id=None, now=NOW)
    bring(odd)
    ada.refresh_from_db()
    assert ada.phone == ""


def test_queries_do_not_grow_with_the_contacts():
    def count(numbers):
        contacts = [
            ContactDetails(
                key=f"shopify:1:{n}", first_name=f"Nr {n}", phone=f"+4915100000{n:03}"
            )
            for n in numbers
        ]
        more = [
            ContactDetails(
                key=f"shopify:1:{n}", phone=f"+4915200000{n:03}", email="x@example.com"
            )
            for n in numbers
        ]
        with CaptureQueriesContext(connection) as first:
            bring(*contacts)
        with CaptureQueriesContext(connection) as second:
            bring(*more)
        return len(first), len(second)

    assert count(range(3)) == count(range(100, 120))
    assert (Customer.objects.count(), CustomerKey.objects.count()) == (23, 69)


def test_request_names_whom_its_number_or_address_names():
    """Perhaps the person, perhaps their family: all of them, and nobody else."""
    ada, bert, carl, dora = (
        editing.create_customer(
            {"first_name": name, "email": email}, typed(phone), by_id=None, now=NOW
        )
        for name, email, phone in [
            ("Ada", "ada-may@example.com", "+4915123456789"),
            ("Bert", "ADA-MAY@Example.com", ""),
            ("Carl", "ada-may@example.com.au", ""),
            ("Dora", "me@hp.de", ""),
        ]
    )

    def named(**contact: str) -> list[Customer]:
        found = named_by_contact(ContactDetails(country="DE", **contact))
        return list(found.order_by("pk"))

    assert named(email=" Ada-May@example.com ") == [ada, bert]
    assert named(phone="0151 23456789") == [ada]
    assert named(phone="0151 23456789", email="me@hp.de") == [ada, dora]
    assert named(email="ada-may@example.com.au") == [carl]
    assert named(email="may@example.com") == named(email="#") == named() == []
    Customer.objects.filter(pk=bert.pk).update(erased_at=NOW)
    assert named(email="ada-may@example.com") == [ada]


@pytest.mark.skipif("connection.vendor != 'postgresql'")
@pytest.mark.parametrize(
    "contact",
    [
        {"email": "Ada.7@example.com"},
        {"email": "me@hp.de"},
        {"phone": "0151 23456789"},
        {"email": "ada.7@example.com", "phone": "0151 23456789"},
    ],
)
def test_whom_a_request_names_is_looked_up_in_indexes(contact):
    emails = [f"ada.{n}@example.com" for n in range(30_000)]
    Customer.objects.bulk_create(
        Customer(email=each, search=f"ada\n{each}\n", created_at=NOW) for each in emails
    )
    ada, *others = Customer.objects.order_by("pk")[:5_000]
    CustomerKey.objects.create(key="phone:+4915123456789", customer=ada)
    CustomerKey.objects.bulk_create(
        CustomerKey(key=f"phone:+49{each.pk}", customer=each) for each in others
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE customers_customer, customers_customerkey")
    found = named_by_contact(ContactDetails(country="DE", **contact))
    plan = found.order_by("pk").values_list("pk")[:10].explain()
    assert "Seq Scan" not in plan, plan
    assert ("customer_search" in plan) == ("email" in contact), plan
    assert ("customers_customerkey_key" in plan) == ("phone" in contact), plan
