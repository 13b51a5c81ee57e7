"""One search box (O4): what an order is found by, and what only those find who may see contact data."""

import pytest
from django.utils import translation

from common.lists.search import Word
from customers.matching import ContactDetails
from orders.models import Order
from orders.order_list.search import Term, apply_search, searched_number, terms_of
from tests.support.incoming import line, numbered, order

pytestmark = pytest.mark.django_db
ADA = ContactDetails(
    first_name="Ada",
    last_name="Lóvelace",
    phone="+4915123456789",
    email="ada.l@example.com",
)
BEN = ContactDetails(first_name="Ben", last_name="Weiß", phone="+442079460958")
BY_CONTACT = [
    *[
        "+49 151 23456789",
        "0151 23456789",
        "0151/234-567 89",
        "(0151) 23 45 67 89",
        "004915123456789",
    ],
    *["ada.l@example.com", "ADA.L@EXAMPLE.COM", "ada.l@"],
]
"""A phone in any notation, and an e-mail."""
BY_OTHERS = [
    "#1001",
    "1001",
    "ada",
    "LOVELACE",
    "lóvelace",
    "ada lov",
    "Screen 12″",
    "screen",
    "scr-12-b",
    "SCR-12-B screen",
]


@pytest.fixture
def orders(bring) -> tuple[Order, Order]:
    first, second = bring(
        order(
            1, contact=ADA, lines=(line(1, name="Screen 12″ black", sku="SCR-12-B"),)
        ),
        order(2, contact=BEN, lines=(line(2, name="Battery", sku="BAT-7"),)),
    )
    return first, second


def found(text: str, *, contact_data: bool = True) -> set[int]:
    return set(
        apply_search(Order.objects.all(), text, contact_data=contact_data).values_list(
            "pk", flat=True
        )
    )


@pytest.mark.parametrize("text", [*BY_OTHERS, *BY_CONTACT])
def test_one_is_found_by(orders, text):
    assert found(text) == {orders[0].pk}


def test_own_number_finds(orders):
    assert found(str(orders[0].pk)) == {orders[0].pk}


@pytest.mark.parametrize(("language", "name"), [("en", "Order"), ("de", "auftrag")])
def test_what_pages_call_an_order_finds_it(orders, language, name):
    first = orders[0].pk
    with translation.override(language):
        assert found(f"{name} {first}") == {first}
        assert terms_of(f"{name} {first}") == [Term(pk=first)]
        assert found(f"{name} {first}x") == set()


@pytest.mark.parametrize("text", ["", "  ", "\x00"])
def test_nothing_typed_is_the_whole_list(orders, text):
    assert found(text) == {each.pk for each in orders}


@pytest.mark.parametrize(
    "text", ["ada battery", "ada ben", "%", "_____", "1003", "0151 23456780"]
)
def test_nobody_is_found_by(orders, text):
    assert found(text) == set()


def test_digits_are_looked_for_anywhere_from_six_on(orders):
    """Fewer are a number alone: they stand in half of all phone numbers."""
    assert (found("345678"), found("34567")) == ({orders[0].pk}, set())
    assert found("345678", contact_data=False) == set()
    six = Term([Word("345678", "345678")], "345678", 345678, "345678")
    assert terms_of("345678") == [six]
    assert terms_of("34567") == [Term(number="34567", pk=34567)]


def test_zeros_in_front_are_left_out_where_others_follow(orders):
    assert (found("0015123456789"), found("000000")) == ({orders[0].pk}, set())
    [of_phone], [of_zeros] = terms_of("0015123456789"), terms_of("000000")
    assert (of_phone.phone, of_zeros.phone) == ("15123456789", "000000")


def test_word_of_one_or_two_letters_is_in_no_phone():
    assert [each.phone for each in terms_of("wu +49-151")] == ["", "49151"]


@pytest.mark.parametrize(
    ("text", "number"),
    [("#1002", "#1002"), ("1002", "1002"), ("1002 ", ""), ("A1002", ""), ("ada", "")],
)
def test_number_that_may_be_meant(text, number):
    assert searched_number(text) == number


SPELLINGS = [
    ("Łukasz Nowak", ["lukasz", "ŁUKASZ", "łukasz nowak"]),
    ("Niels Øster", ["oster", "oester", "øster", "Niels ost"]),
    ("Ayşe Yılmaz", ["yilmaz", "YILMAZ", "yılmaz", "ayse"]),
    ("Maureen O’Hara", ["o'hara", "o’hara", "ohara", "O´HARA", "hara"]),
    ("Anna\u2011Lena Vogt", ["anna-lena", "anna\u2011lena", "anna lena", "Anna–Lena"]),
    ("Jörg Müller", ["mueller", "muller", "müller", "joerg", "jorg mueller"]),
    ("Eva Mueller", ["eva müller", "eva muller", "eva mueller"]),
    ("Dr. Weiß", ["weiss", "weiß"]),
    ("Luka Đorđević", ["dordevic", "đorđević"]),
    ("Æbe Œst", ["aebe", "abe", "oest", "ost", "æbe œst"]),
    ("Li Wu", ["Wu", "Li Wu", "wu li", "li", "WU"]),
    ("李小龙", ["小龙", "李小龙", "龙", "李"]),
    ("田中 さくら", ["さくら", "田中", "くら"]),
    ("Öl Handel", ["Öl", "ol", "oel handel"]),
]
"""Names as they came from the store, and how people type them."""


@pytest.mark.parametrize("contact_data", [True, False])
@pytest.mark.parametrize(
    ("name", "typed"), [(name, each) for name, typed in SPELLINGS for each in typed]
)
def test_name_is_found_as_people_write_it(bring, name, typed, contact_data):
    others = [
        ContactDetails(first_name="Wunibald", last_name="Lindner"),
        ContactDetails(first_name="大", last_name="山"),
    ]
    ours, *_others = bring(
        order(1, contact=ContactDetails(first_name=name)),
        *(order(n, contact=each) for n, each in enumerate(others, 2)),
    )
    assert found(typed, contact_data=contact_data) == {ours.pk}


def test_short_word_finds_beginnings_where_it_is_no_whole_word(bring):
    wunibald, li = bring(
        order(1, contact=ContactDetails(first_name="Wunibald")),
        order(2, contact=ContactDetails(first_name="Li", last_name="Wo")),
    )
    assert found("wu") == {wunibald.pk}
    assert found("l") == found("li") == {li.pk}
    assert found("u") == found("bald wu li") == set()
    assert found("nibald wu") == {wunibald.pk}


def test_compound_is_found_by_its_second_part(bring):
    (one,) = bring(
        order(1, lines=(line(1, name="Akkueinbau Neueinstellung", sku="BLUE-12"),))
    )
    for typed in ["einbau", "einstellung", "akkueinbau", "blue-12", "BLUE 12", "12"]:
        assert found(f"{typed} akku") == {one.pk}, typed


@pytest.mark.parametrize(
    ("number", "typed"),
    [
        ("EN1001-A", ["1001", "#1001", "EN1001-A", "en1001-a", "en1001"]),
        ("#HH20978", ["20978", "HH20978", "#hh20978", "020978"]),
        ("2024-1001", ["1001", "2024", "2024-1001"]),
        ("#1001", ["1001", "#1001", "１００１"]),
    ],
)
def test_digits_find_a_number_with_prefix_and_suffix(bring, number, typed):
    # Items whose names hold the digits are not orders with this number.
    ours, _other = bring(numbered(1, number), numbered(2, "#10017-B"))
    for text in typed:
        assert found(text) == found(text, contact_data=False) == {ours.pk}, text


def test_phone_is_found_with_any_hyphen(orders):
    assert found("0151–234\u201156789") == {orders[0].pk}


def test_second_person_of_a_shared_phone_is_found_by_name(bring):
    anna = ContactDetails(key="shopify:1:1", first_name="Anna", phone="+4915123456789")
    lee = ContactDetails(
        key="shopify:1:2", first_name="Lee", last_name="Müller", phone="+4915123456789"
    )
    first, second = bring(order(1, contact=anna), order(2, contact=lee))
    assert (second.customer, second.customer_name) == (first.customer, "Anna")
    assert (first.buyer_name, second.buyer_name) == ("", "Lee Müller")
    assert (
        found("lee mueller") == found("lee mueller", contact_data=False) == {second.pk}
    )
    assert found("anna") == {first.pk, second.pk}


BEFORE = (
    "+4915123456789\nada.l@example.com\x1f#1001\nada lovelace"
    "\nscreen 12′′ black\nscr-12-b\no’neill\nmueller"
)
"""What the version before wrote for an order."""


@pytest.mark.parametrize("contact_data", [True, False])
@pytest.mark.parametrize(
    "text", [*BY_OTHERS, "o’neill", "mueller", "black 12", "lovelace screen"]
)
def test_row_that_is_not_rewritten_yet_is_found_as_before(orders, text, contact_data):
    ours = Order.objects.filter(pk=orders[0].pk)
    ours.update(search=BEFORE, number_digits="")
    assert found(text, contact_data=contact_data) == {orders[0].pk}


@pytest.mark.parametrize("text", BY_CONTACT)
def test_contact_data_of_a_row_that_is_not_rewritten_yet_stays_behind_its_permission(
    orders, text
):
    Order.objects.filter(pk=orders[0].pk).update(search=BEFORE, number_digits="")
    assert found(text) == {orders[0].pk}
    assert found(text, contact_data=False) == set()


@pytest.mark.parametrize("text", BY_CONTACT)
def test_without_contact_data_phone_and_mail_find_nobody(orders, text):
    assert found(text, contact_data=False) == set()


@pytest.mark.parametrize("text", BY_OTHERS)
def test_without_contact_data_everything_else_finds(orders, text):
    assert found(text, contact_data=False) == {orders[0].pk}
