"""Folding, phone digits and what is typed into a search box."""

import pytest

from common.text import fold, national, printable

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("SCREEN 12", "screen 12"),
        ("Übergröße", "ubergrosse"),
        ("U\u0308ber", "uber"),
        ("Lóvelace", "lovelace"),
        ("12″", "12′′"),
        ("ﬁne", "fine"),
        ("İ", "i"),
        ("각", "각"),
        ("", ""),
    ],
)
def test_folded(text, folded):
    assert fold(text) == folded


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
