"""Finding customers: by name, company, e-mail and phone in any notation, and by names alone without the
permission."""

from datetime import UTC, datetime

import pytest

from customers import editing
from customers.models import Customer
from customers.search import apply_search
from tests.support.phones import typed

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def people():
    for values, phone in [
        (
            {"first_name": "Jörg", "last_name": "Müller", "email": "joerg@example.com"},
            "+4915123456789",
        ),
        ({"first_name": "Li", "last_name": "Wu"}, "+442079460958"),
        ({"company": "Ätherwerk 100% GmbH"}, ""),
    ]:
        editing.create_customer(values, typed(phone), by_id=None, now=NOW)


def names(text, *, contact_data=True):
    return sorted(
        each.name
        for each in apply_search(
            Customer.objects.living(), text, contact_data=contact_data
        )
    )


@pytest.mark.parametrize(
    "text",
    [
        "muller",
        "MÜLLER jörg",
        "jorg mull",
        "0151 23456789",
        "+49 (0)151 / 234 56-789",
        "0049151 23456789",
        "15123456",
        "joerg@example",
    ],
)
def test_one_is_found_by(text):
    assert names(text) == ["Jörg Müller"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("li", ["Li Wu"]),
        ("wu li", ["Li Wu"]),
        ("+44 20 7946 0958", ["Li Wu"]),
        ("100%", ["Ätherwerk 100% GmbH"]),
        ("1_0", []),
        ("\x00", ["Jörg Müller", "Li Wu", "Ätherwerk 100% GmbH"]),
        ("nobody", []),
    ],
)
def test_others_are_found_by(text, found):
    assert names(text) == found


@pytest.mark.parametrize(
    "text", ["0151 23456789", "15123456789", "joerg@example.com", "example", "+4420"]
)
def test_without_contact_data_numbers_and_addresses_find_nobody(text):
    assert names(text, contact_data=False) == []


def test_without_contact_data_names_and_companies_find():
    assert names("muller", contact_data=False) == ["Jörg Müller"]
    assert names("atherwerk", contact_data=False) == ["Ätherwerk 100% GmbH"]


def test_merged_and_erased_customers_are_found_by_nothing():
    one, other = Customer.objects.order_by("id")[:2]
    Customer.objects.filter(pk=one.pk).update(merged_into=other)
    Customer.objects.filter(pk=other.pk).update(erased_at=NOW)
    assert (names("muller"), names("wu")) == ([], [])


@pytest.mark.parametrize("contact_data", [True, False])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Łukasz", "lukasz"),
        ("Øster", "oester"),
        ("Yılmaz", "yilmaz"),
        ("O’Hara", "o'hara"),
        ("Anna\u2011Lena", "anna-lena"),
        ("Großmüller", "grossmueller"),
        ("李小龙", "小龙"),
        ("Öl", "öl"),
        ("Öl", "oel"),
    ],
)
def test_name_is_found_as_people_write_it(name, text, contact_data):
    editing.create_customer({"last_name": name}, typed(""), by_id=None, now=NOW)
    assert names(text, contact_data=contact_data) == [name]


def test_names_are_sorted_as_they_are_written():
    for name in ["Baumann", "Bauer", "Bär"]:
        editing.create_customer({"company": name}, typed(""), by_id=None, now=NOW)
    found = apply_search(Customer.objects.living(), "ba", contact_data=True)
    assert [each.company for each in found.order_by("names", "id")] == [
        "Bär",
        "Bauer",
        "Baumann",
    ]


def test_customer_who_is_not_rewritten_yet_is_found_as_before():
    Customer.objects.filter(last_name="Müller").update(
        names="jorg muller\no’neill-e",
        search="jorg muller\no’neill-e\njoerg@example.com",
    )
    for text in ["muller", "jorg mull", "o’neill-e"]:
        assert names(text) == names(text, contact_data=False) == ["Jörg Müller"]
    assert names("joerg@example") == ["Jörg Müller"]
    assert names("joerg@example", contact_data=False) == []
