"""What staff do to a customer: keys, search and feed keep in step, and the database decides whose a number
is."""

from datetime import UTC, datetime

import pytest

from customers import editing
from customers.models import Customer, CustomerEvent, CustomerKey
from tests.support.phones import typed

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def make(phone="", **values):
    return editing.create_customer(
        {"first_name": "Ada", **values}, typed(phone), by_id=None, now=NOW
    )


def feed(customer):
    return list(
        customer.events.order_by("id").values_list("kind", "field", "old", "new")
    )


def keys(customer):
    return sorted(customer.keys.values_list("key", flat=True))


def test_new_customer_is_found_by_everything_at_once():
    ada = make(
        "+4915123456789",
        last_name="Lovelace",
        company="Ätherwerk",
        email="Ada@Example.com",
    )
    assert ada.names == "ada lovelace\natherwerk\n"
    assert ada.search == "ada lovelace\natherwerk\nada@example.com\n+4915123456789\n"
    assert CustomerKey.objects.get().key == "phone:+4915123456789"
    assert feed(ada) == [("created", "", "", "")]


def test_new_customer_with_a_number_of_another_is_not_made():
    ada = make("+4915123456789")
    with pytest.raises(editing.PhoneInUseError) as taken:
        make("+4915123456789", first_name="Bob")
    assert (
        taken.value.owner,
        Customer.objects.count(),
        CustomerEvent.objects.count(),
    ) == (ada, 1, 1)


def test_change_tells_each_field_and_the_same_again_tells_nothing():
    ada = make()
    values = {
        "first_name": "Ada",
        "last_name": "King",
        "company": "",
        "email": "a@example.com",
        "address": "",
        "language": "",
    }
    assert editing.change_customer(ada, values, by_id=None, now=NOW) is True
    assert editing.change_customer(ada, values, by_id=None, now=NOW) is False
    assert feed(ada)[1:] == [
        ("changed", "last_name", "", "King"),
        ("changed", "email", "", "a@example.com"),
    ]
    assert Customer.objects.get().search == "ada king\na@example.com\n"


def test_first_number_is_the_main_one_and_the_next_takes_its_place():
    ada = make()
    editing.add_phone(ada, typed("+4915123456789"), by_id=None, now=NOW)
    editing.add_phone(ada, typed("+4930901820"), by_id=None, now=NOW)
    editing.add_phone(ada, typed("+4930901820"), by_id=None, now=NOW)  # again: nothing
    assert ada.phone == "+4915123456789"
    editing.set_main_phone(ada, "+4930901820", by_id=None, now=NOW)
    # not theirs: nothing
    editing.set_main_phone(ada, "+4900000000", by_id=None, now=NOW)
    assert ada.phone == "+4930901820"
    editing.remove_phone(ada, "+4930901820", by_id=None, now=NOW)
    editing.remove_phone(ada, "+4930901820", by_id=None, now=NOW)  # again: nothing
    stored = Customer.objects.get()
    assert (stored.phone, stored.search) == ("+4915123456789", "ada\n+4915123456789\n")
    assert feed(ada)[1:] == [
        ("phone_added", "", "", "+4915123456789"),
        ("phone_added", "", "", "+4930901820"),
        ("changed", "phone", "+4915123456789", "+4930901820"),
        ("phone_removed", "", "+4930901820", ""),
    ]


def test_a_number_of_another_is_refused_and_nothing_changes():
    ada, bob = make("+4915123456789"), make(first_name="Bob")
    with pytest.raises(editing.PhoneInUseError) as taken:
        editing.add_phone(bob, typed("+4915123456789"), by_id=None, now=NOW)
    bob.refresh_from_db()
    assert (taken.value.owner, bob.phone, bob.keys.count(), feed(bob)) == (
        ada,
        "",
        0,
        [("created", "", "", "")],
    )


def test_hold_follows_a_merge_to_the_one_who_is_left():
    ada, bob, cleo = make(), make(first_name="Bob"), make(first_name="Cleo")
    Customer.objects.filter(pk=ada.pk).update(merged_into=bob)
    Customer.objects.filter(pk=bob.pk).update(merged_into=cleo)
    assert editing.lock_customer(ada.pk) == cleo
    with pytest.raises(Customer.DoesNotExist):
        editing.lock_customer(999)


def test_a_number_that_identifies_nobody_stands_as_it_was_typed():
    ada = make("030 901820 App. 12")
    assert (ada.phone, ada.phone_typed, keys(ada)) == ("030 901820 App. 12", "", [])
    assert ada.search == "ada\n030 901820 app. 12\n03090182012\n"
    bob = make("030 901820 App. 12", first_name="Bob")
    assert (bob.phone, bob.pk != ada.pk) == ("030 901820 App. 12", True)


def test_what_was_typed_moves_with_the_main_number():
    ada = make("0049 151 23456789")
    assert (ada.phone, ada.phone_typed) == ("+4915123456789", "0049 151 23456789")
    editing.add_phone(ada, typed("0049 30 901820"), by_id=None, now=NOW)
    editing.set_main_phone(ada, "+4930901820", by_id=None, now=NOW)
    assert (ada.phone, ada.phone_typed) == ("+4930901820", "0049 30 901820")
    editing.remove_phone(ada, "+4930901820", by_id=None, now=NOW)
    ada.refresh_from_db()
    assert (ada.phone, ada.phone_typed) == ("+4915123456789", "0049 151 23456789")


def test_a_number_that_identifies_nobody_is_only_kept_alone():
    ada = make()
    editing.add_phone(ada, typed("0000"), by_id=None, now=NOW)
    assert (ada.phone, keys(ada)) == ("0000", [])
    before = feed(ada)
    with pytest.raises(editing.UnidentifyingPhoneError):
        editing.add_phone(ada, typed("030 901820 x5"), by_id=None, now=NOW)
    ada.refresh_from_db()
    assert (ada.phone, feed(ada)) == ("0000", before)
    editing.add_phone(ada, typed("030 901820"), by_id=None, now=NOW)
    assert (ada.phone, keys(ada)) == ("0000", ["phone:+4930901820"])
    editing.remove_phone(ada, "0000", by_id=None, now=NOW)
    assert (ada.phone, ada.phone_typed) == ("+4930901820", "030 901820")


def test_an_address_names_a_customer_without_number_and_follows_its_changes():
    ada = make(email="Ada@example.com")
    assert keys(ada) == ["email:ada@example.com"]
    values = dict.fromkeys(editing.FIELDS, "") | {"email": "a.lovelace@example.com"}
    editing.change_customer(ada, values, by_id=None, now=NOW)
    assert keys(ada) == ["email:a.lovelace@example.com"]
    bob = make("+4915123456789", first_name="Bob", email="bob@example.com")
    editing.change_customer(bob, values, by_id=None, now=NOW)
    assert keys(bob) == ["phone:+4915123456789"]
    cleo = make(first_name="Cleo", email="a.lovelace@example.com")
    assert (cleo.email, keys(cleo)) == ("a.lovelace@example.com", [])
