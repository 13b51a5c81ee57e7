"""How text is folded: spellings that people take for one are one; phone digits, and what is typed."""

import pytest

from common.lists.marks import folded as folded_by_letter
from common.text import (
    contract,
    digits_of,
    fold,
    national,
    plain_signs,
    printable,
    search_text,
)

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("SCREEN 12", "screen 12"),
        ("Lóvelace", "lovelace"),
        ("12″", "12"),
        ("ﬁne", "fine"),
        ("각", "^ac01"),
        ("", ""),
        ("Müller", "muller"),
        ("MU\u0308LLER", "muller"),
        ("Straße", "strasse"),
        ("STRASSE", "strasse"),
        ("Łukasz Đorđević", "lukasz dordevic"),
        ("Øster Æbelø", "oster aebelo"),
        ("Œuvre", "oeuvre"),
        ("Yılmaz İnci", "yilmaz inci"),
        ("O’Hara", "ohara"),
        ("O'Hara", "ohara"),
        ("O´Hara", "ohara"),
        ("O\u02bcHara", "ohara"),
        ("Anna\u2011Lena", "anna lena"),
        ("Anna-Lena", "anna lena"),
        ("Anna–Lena", "anna lena"),
        ("Anna\u00a0Lena", "anna lena"),
        ("Anna\u2009\u3000Lena\t", "anna lena"),
        ("An\u00adna\u200bLe\u200dna", "an nalena"),
        ("ＡＢＣ１２", "abc12"),
        ("李小龙", "^674e ^5c0f ^9f99"),
        ("iPhone小", "iphone ^5c0f"),
        ("김", "^ae40"),
        ("Ян", "ян"),
        ("\x1f\x00 ", ""),
        ("a\x1fb", "a b"),
        ("ä\x1fb", "a b"),
    ],
)
def test_text_is_folded_as_people_read_it(written, folded):
    assert fold(written) == folded
    assert folded_by_letter(written).text.rstrip() == folded


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller", "mueller"),
        ("Jäger", "JAEGER"),
        ("Öl", "oel"),
        ("Øster", "oester"),
        ("Æbelø", "abelo"),
        ("Œuvre", "ouvre"),
    ],
)
def test_ae_oe_and_ue_are_their_vowel(one, other):
    assert contract(fold(one)) == contract(fold(other))


def test_search_text_holds_each_text_once_and_its_contraction_behind():
    assert search_text(["Akkueinbau", "", "Müller", "MULLER"]) == (
        "akkueinbau\nmuller\nakkuinbau\n"
    )
    assert search_text(["", " - "]) == ""


@pytest.mark.parametrize(
    ("number", "digits"),
    [
        ("EN1001-A", ("1001", "")),
        ("#HH20978", ("20978", "")),
        ("#0042", ("42", "")),
        ("2024-1001", ("2024", "1001")),
        ("1001-24", ("1001", "24")),
        ("A1-1001-2", ("1001", "1")),
        ("#00", ("0", "")),
        ("Mist", ("", "")),
        ("", ("", "")),
    ],
)
def test_digits_of_a_number_are_its_longest_runs(number, digits):
    assert digits_of(number) == digits


def test_numbers_copied_from_elsewhere_are_as_from_a_keyboard():
    assert plain_signs("０１５１–234\u201156\u00a078") == "0151-234-56 78"


@pytest.mark.parametrize(
    ("phone", "digits"),
    [
        ("+49 151 234-567", "49151234567"),
        ("0049151234567", "49151234567"),
        ("0151/234 567", "151234567"),
        ("+49 (0) 151", "49151"),
        ("+49 (0)151 20", "4915120"),
        ("no number", ""),
    ],
)
def test_digits_that_every_notation_shares(phone, digits):
    assert national(phone) == digits


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("  two \t\n words ", "two words"),
        ("a\x00b\x07c\ud800d", "a b c d"),
        ("Grüße 🔧", "Grüße 🔧"),
        ("1234567890", "123456789"),
    ],
)
def test_typed_text_is_one_printable_line(typed, seen):
    assert printable(typed, 9) == seen
