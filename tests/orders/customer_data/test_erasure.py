"""A person's rights: everything told, and everything gone for good."""

import json
from datetime import timedelta

import pytest
from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction

from customers import editing
from customers.matching import ContactDetails
from customers.models import Customer, CustomerEvent, CustomerKey, ErasureRecord
from orders.customer_data.data_export import export_person
from orders.customer_data.erasure import erase_contact, erase_person, find_person
from orders.customer_data.merging import merge, undo
from orders.domain.editing import ActionRefusedError
from orders.domain.lines import remove_line
from orders.importing.importer import import_orders
from orders.importing.types import Result
from orders.models import BulkActionOrder, Order, OrderEvent, OrderLine
from tests.support.incoming import arrival, line, order
from tests.support.phones import typed
from tests.support.times import DAY

pytestmark = pytest.mark.django_db
NOW = DAY + timedelta(hours=1)
ADA = ContactDetails(
    key="shopify:1:9",
    first_name="Ada",
    last_name="Lovelace",
    company="Analytical Engines",
    phone="+4915123456789",
    email="ada@example.com",
    address="Hauptstr. 1\n10115 Berlin",
    country="DE",
)
ADDRESS = "Ada Lovelace\nHauptstr. 1\n10115 Berlin"
PERSONAL = [
    "ada",
    "lovelace",
    "byron",
    "augusta",
    "analytical",
    "15123456789",
    "30901820",
    "1790000001",
    "ada@",
    "countess",
    "hauptstr",
    "10115",
    "shopify:1:9",
    "shopify:1:8",
]


def bring(rules, *incoming, fetched_at=NOW):
    with transaction.atomic():
        outcomes = import_orders(
            [arrival(each) for each in incoming],
            rules=rules,
            fetched_at=fetched_at,
            now=NOW,
        )
    return [outcome.result for outcome in outcomes]


def sold(number=1, **values):
    """An order of Ada's."""
    return order(
        number,
        **{"contact": ADA, "delivery_address": ADDRESS, "note": "For Ada, please ring"}
        | values,
    )


def the(number) -> Order:
    return Order.objects.get(external_number=f"#{1000 + number}")


def texts():
    """Every text in every table of ours, with where it stands; erasure records hold only digests."""
    for model in apps.get_models():
        if model._meta.app_label not in {
            "customers",
            "inventory",
            "orders",
            "integrations",
        }:
            continue
        columns = [
            field.attname
            for field in model._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField | models.JSONField)
            and field.attname != "digest"
        ]
        for row in model.objects.values(*columns) if columns else []:
            yield from (
                (f"{model._meta.label}.{name}", str(value))
                for name, value in row.items()
                if value
            )


def traces() -> set[str]:
    return {
        f"{where}: {text}"
        for where, text in texts()
        for word in PERSONAL
        if word in text.casefold()
    }


def a_whole_life(rules) -> Customer:
    """Ada with orders, a former name, more numbers, notes, comments, and a customer merged into her."""
    free = line(2, product=None, name="Engraving “Ada Lovelace”", sku="")
    bring(rules, sold(1, lines=(line(1, name="Adapter"), free)), sold(2))
    bring(
        rules,
        sold(
            1,
            lines=(line(1, name="Adapter"), free),
            note="Countess Ada",
            delivery_address="Ada\nHauptstr. 1",
            updated_at=DAY + timedelta(minutes=1),
        ),
    )
    ada = the(1).customer
    details = dict.fromkeys(editing.FIELDS, "") | {"email": "ada@example.com"}
    with transaction.atomic():
        editing.change_customer(
            ada,
            details | {"first_name": "Augusta", "last_name": "Byron"},
            by_id=None,
            now=NOW,
        )
        editing.change_customer(
            ada,
            details
            | {
                "first_name": "Ada",
                "last_name": "Lovelace",
                "company": "Analytical Engines",
            },
            by_id=None,
            now=NOW,
        )
        editing.add_phone(ada, typed("+4930901820"), by_id=None, now=NOW)
        editing.remove_phone(ada, "+4930901820", by_id=None, now=NOW)
    twin = ContactDetails(
        key="shopify:1:8",
        first_name="Ada B.",
        email="countess@example.com",
        phone="+491790000001",
    )
    bring(rules, order(3, contact=twin))
    merge(ada.pk, the(3).customer_id, by_id=None, now=NOW)
    Order.objects.filter(pk=the(1).pk).update(
        note="Mrs Lovelace, 0151/234 567 89; screen is cracked"
    )
    OrderEvent.objects.create(
        order=the(2),
        kind="comment",
        at=NOW,
        new="Mrs Byron will fetch it, ada@example.com",
    )
    ada.refresh_from_db()
    return ada


def test_nothing_in_any_table_tells_who_was_erased(rules):
    ada = a_whole_life(rules)
    assert len(traces()) == 50
    lines = list(
        OrderLine.objects.order_by("id").values_list(
            "id", "order", "quantity", "price", "total", "product"
        )
    )
    totals = list(
        Order.objects.order_by("id").values_list(
            "id", "external_number", "total", "status", "placed_at"
        )
    )
    erase_person(ada, by_id=None, now=NOW)
    assert {
        each
        for each in traces()
        if "Adapter" not in each.partition(": ")[2] and "adapter" not in each
    } == set()
    assert (
        list(
            OrderLine.objects.order_by("id").values_list(
                "id", "order", "quantity", "price", "total", "product"
            )
        )
        == lines
    )
    assert (
        list(
            Order.objects.order_by("id").values_list(
                "id", "external_number", "total", "status", "placed_at"
            )
        )
        == totals
    )


def test_what_is_not_about_the_person_stays(rules):
    ada = a_whole_life(rules)
    bring(rules, order(7))
    erase_person(ada, by_id=None, now=NOW)
    first = the(1)
    assert first.note == "Mrs […], […]; screen is cracked"
    assert first.items == "Adapter, Engraving “[…] […]”"
    assert (
        first.customer,
        str(first.customer),
        first.customer_name,
        first.delivery_address,
    ) == (
        ada,
        "Erased",
        "",
        "",
    )
    assert OrderEvent.objects.get(kind="comment").new == "Mrs […] will fetch it, […]"
    assert (the(7).customer.name, the(7).customer.keys.count()) == ("Ada Nr7", 2)
    assert ada.events.values_list("kind", "old", "new", "record")[0] == (
        "erased",
        "",
        "",
        None,
    )
    assert (
        CustomerEvent.objects.exclude(old="", new="").count(),
        Customer.objects.filter(erased_at=NOW).count(),
    ) == (0, 2)


def test_erased_is_nobody_twice_and_nobody_who_was_merged_away(rules):
    ada = a_whole_life(rules)
    with pytest.raises(ActionRefusedError, match="merged into"):
        erase_person(ada.merged.get(), by_id=None, now=NOW)
    erase_person(ada, by_id=None, now=NOW)
    with pytest.raises(ActionRefusedError, match="already been erased"):
        erase_person(ada, by_id=None, now=NOW)
    with pytest.raises(ActionRefusedError):
        undo(CustomerEvent.objects.get(kind="merged"), by_id=None, now=NOW)


def test_same_order_again_brings_nobody_back(rules):
    bring(rules, sold(1))
    erase_person(the(1).customer, by_id=None, now=NOW)
    later = {"updated_at": DAY + timedelta(hours=2), "payment": "refunded"}
    assert bring(rules, sold(1, note="Ada again", **later)) == [Result.UPDATED]
    stored = the(1)
    assert (
        stored.payment,
        stored.customer_name,
        stored.delivery_address,
        stored.store_note,
    ) == (
        "refunded",
        "",
        "",
        "",
    )
    assert stored.store_customer == ""
    assert (Customer.objects.count(), CustomerKey.objects.count(), traces()) == (
        1,
        0,
        set(),
    )


def test_older_order_that_was_not_here_yet_belongs_to_the_erased_one(rules):
    bring(rules, sold(1))
    gone = the(1).customer
    erase_person(gone, by_id=None, now=NOW)
    guest = ContactDetails(first_name="Ada", phone="0151 23456789", country="DE")
    mail = ContactDetails(first_name="Ada", email="ADA@example.com")
    other = ContactDetails(key="shopify:1:77", first_name="Ada", phone="+4915123456789")
    bring(
        rules,
        *(
            sold(n, contact=who)
            for n, who in enumerate([ADA, guest, mail, other], start=2)
        ),
    )
    assert {the(number).customer for number in [2, 3, 4, 5]} == {gone}
    assert (Customer.objects.count(), traces()) == (1, set())


def test_account_that_we_know_is_not_taken_for_an_erased_one_with_its_number(rules):
    bring(
        rules,
        sold(1),
        order(2, contact=ContactDetails(key="shopify:1:10", first_name="Ben")),
    )
    erase_person(the(1).customer, by_id=None, now=NOW)
    bring(
        rules,
        sold(
            3,
            contact=ContactDetails(
                key="shopify:1:10", first_name="Ben", phone="+4915123456789"
            ),
        ),
    )
    assert (the(3).customer.name, the(3).delivery_address) == ("Ben", ADDRESS)


def test_who_orders_again_afterwards_is_a_new_customer(rules):
    bring(rules, sold(1))
    gone = the(1).customer
    erase_person(gone, by_id=None, now=NOW)
    bring(
        rules,
        sold(
            2,
            placed_at=NOW + timedelta(minutes=1),
            updated_at=NOW + timedelta(minutes=1),
        ),
    )
    new = the(2).customer
    assert (new.pk != gone.pk, new.name, the(2).delivery_address) == (
        True,
        "Ada Lovelace",
        ADDRESS,
    )
    bring(
        rules, sold(1, payment="refunded", updated_at=DAY + timedelta(hours=2)), sold(3)
    )
    assert (the(1).customer, the(1).delivery_address, the(3).customer) == (
        gone,
        "",
        gone,
    )
    erase_person(new, by_id=None, now=NOW + timedelta(hours=1))
    assert traces() == set()


def test_order_that_staff_gave_to_somebody_else_loses_the_persons_data_too(rules):
    bring(rules, sold(1))
    ada = the(1).customer
    with transaction.atomic():
        ben = editing.create_customer({"first_name": "Ben"}, by_id=None, now=NOW)
    Order.objects.update(customer=ben, customer_name="Ben")
    OrderEvent.objects.create(
        order=the(1),
        kind="changed",
        at=NOW,
        field="customer",
        old="Ada Lovelace",
        new="Ben",
    )
    erase_person(ada, by_id=None, now=NOW)
    assert (the(1).customer, the(1).customer_name, traces()) == (ben, "Ben", set())
    bring(rules, sold(1, payment="refunded", updated_at=DAY + timedelta(hours=2)))
    assert (the(1).customer, the(1).delivery_address, traces()) == (ben, "", set())


def test_erasure_records_tell_nobody_who_was_erased_and_know_no_secret_key(
    rules, settings
):
    bring(rules, sold(1))
    erase_person(the(1).customer, by_id=None, now=NOW)
    assert ErasureRecord.objects.count() == 3  # id at the store, phone, e-mail
    settings.SECRET_KEY = "another"
    bring(rules, sold(2))
    assert the(2).customer == the(1).customer


def test_a_store_may_ask_for_the_erasure_of_somebody_who_was_never_here(rules):
    gone = erase_contact(ADA, by_id=None, now=NOW)
    assert (str(gone), ErasureRecord.objects.count(), traces()) == ("Erased", 3, set())
    bring(rules, sold(1))
    assert (the(1).customer, traces()) == (gone, set())


def test_a_store_may_ask_for_the_erasure_of_somebody_who_is_here_more_than_once(rules):
    bring(rules, sold(1))
    ada = the(1).customer
    who = ContactDetails(key="shopify:1:9")
    assert find_person(who) == ada
    assert erase_contact(who, by_id=None, now=NOW) == ada
    assert find_person(who) is None
    assert (the(1).customer, traces()) == (ada, set())
    erase_contact(who, by_id=None, now=NOW)
    assert traces() == set()


def test_import_without_erased_people_asks_one_question_more(rules):
    with connection.execute_wrapper(counter := Counter()):
        bring(rules, sold(1))
    assert counter.erasure_queries == 1


class Counter:
    erasure_queries = 0

    def __call__(self, execute, sql, params, many, context):
        self.erasure_queries += "customers_erasure" in sql
        return execute(sql, params, many, context)


def test_export_holds_everything_and_stands_in_the_feed(rules):
    ada = a_whole_life(rules)
    person = json.loads(
        json.dumps(
            export_person(ada, by_id=None, now=NOW), default=DjangoJSONEncoder().default
        )
    )
    assert person["customer"]["email"] == "ada@example.com"
    assert person["phone_numbers"] == ["+4915123456789", "+491790000001"]
    assert person["ids_at_stores"] == ["shopify:1:9", "shopify:1:8"]
    assert [each["email"] for each in person["merged_customers"]] == [
        "countess@example.com"
    ]
    assert [each["external_number"] for each in person["orders"]] == [
        "#1001",
        "#1002",
        "#1003",
    ]
    first, second, _third = person["orders"]
    assert first["note"] == "Mrs Lovelace, 0151/234 567 89; screen is cracked"
    assert (first["store_note"], second["delivery_address"]) == (
        "Countess Ada",
        ADDRESS,
    )
    assert [(each["name"], each["total"]) for each in first["lines"]] == [
        ("Adapter", "10.000"),
        ("Engraving “Ada Lovelace”", "10.000"),
    ]
    assert "Mrs Byron will fetch it, ada@example.com" in [
        each.get("new") for each in second["history"]
    ]
    assert {each["kind"] for each in person["history"]} == {
        "changed",
        "phone_added",
        "phone_removed",
        "merged",
        "exported",
    }
    assert ada.events.filter(kind="exported").count() == 1


def test_line_that_was_removed_cannot_be_brought_back_after_the_erasure(rules, kim):
    bring(rules, sold(1))
    row = the(1).lines.get()
    remove_line(the(1).pk, row.pk, by=kim, now=NOW)
    [remembered] = BulkActionOrder.objects.all()
    assert remembered.before["lines"][str(row.pk)]["was"]["quantity"] == "1"
    erase_person(the(1).customer, by_id=None, now=NOW)
    remembered.refresh_from_db()
    assert remembered.before is None
