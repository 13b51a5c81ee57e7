"""A search that finds nothing offers names spelled nearly like what was typed."""

from datetime import UTC, datetime

import pytest

from customers import editing
from customers.models import Customer
from customers.near_names import Near, near_names, near_searches
from tests.support.html import page, text_of
from tests.support.phones import typed

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def people():
    for first, last, company in [
        ("Clara", "Hoffmann", ""),
        ("Anna\u2011Lena", "Müller", ""),
        ("Maureen", "O’Hara", ""),
        ("Ada", "Lovelace", "Ätherwerk GmbH"),
    ]:
        values = {"first_name": first, "last_name": last, "company": company}
        editing.create_customer(values, typed(""), by_id=None, now=NOW)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Hofmann", ["Hoffmann"]),
        ("HOFFMAN", ["Hoffmann"]),
        ("Mullner", ["Müller"]),
        ("ohare", ["O’Hara"]),
        ("lovlace", ["Lovelace"]),
        ("Äterwerk", ["Ätherwerk"]),
        ("hoffmann", []),
        ("1042", []),
        ("ho", []),
        ("zzzyyyxxx", []),
        ("%%%", []),
        ("", []),
    ],
)
def test_name_is_near(text, names):
    assert near_names(text) == names


def test_erased_and_merged_people_are_near_to_nothing():
    clara, other = Customer.objects.order_by("id")[:2]
    Customer.objects.filter(pk=clara.pk).update(merged_into=other)
    assert near_names("Hofmann") == []


def test_texts_that_find_nothing_are_not_offered():
    found = {"Clara Hoffmann": 214, "Clara Hofmann": 0}
    assert near_searches("Clara Hofmann", lambda text: found.get(text, 0)) == [
        Near("Clara Hoffmann", 214, is_cut=False)
    ]
    assert near_searches("Hofmann", lambda _text: 1_001) == [
        Near("Hoffmann", 1_000, is_cut=True)
    ]


def test_list_of_customers_offers_near_names(client):
    html = page(client, "/customers/?q=Hofmann")
    assert "No customer matches Did you mean: Hoffmann? 1 customer" in text_of(html)
    assert 'href="?q=Hoffmann"' in html
    assert "Did you mean" not in page(client, "/customers/?q=zzzyyyxxx")
