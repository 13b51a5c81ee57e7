"""Texts without a person: whatever the spelling, and nothing but the person."""

import pytest

from orders.customer_data.redaction import Traces

pytestmark = pytest.mark.once
ADA = Traces(
    names=["Ada", "Lovelace-King"],
    phones=["+4915123456789", "ask next door"],
    texts=["Ätherwerk GmbH", "ada@example.com", "Hauptstr. 1\n10115 Berlin\nDE"],
)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Ada called", "[…] called"),
        ("ADA LOVELACE-KING, lovelace", "[…] […], […]"),
        ("Ada's and Kings phone", "[…] and […] phone"),
        ("call 0151 23456789 or +49 (0)151/234-567-89", "call […] or […]"),
        ("0049 151 23456789, 15123456789", "[…], […]"),
        ("write to Ada@Example.com!", "write to […]!"),
        ("A\u0308therwerk  GmbH", "[…]"),
        ("bring it to Hauptstr. 1, 10115 Berlin, DE", "bring it to […]"),
        ("Hauptstr. 1\n3rd floor", "[…]\n3rd floor"),
        ("ask next door", "[…]"),
    ],
)
def test_traces_are_replaced(text, left):
    assert ADA.without(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Adapter, Canada",
        "Kingston",
        "order 9151234567890123",
        "DE",
        "E\u0301clair for Berlin",
        "Hauptstr. 12",
    ],
)
def test_other_texts_stay_as_they_are(text):
    assert ADA.without(text) == text


def test_nobody_leaves_no_traces():
    assert (
        Traces(names=["", "X"], phones=[], texts=["", "12"]).without("X 12") == "X 12"
    )


def test_characters_with_a_meaning_in_patterns_are_only_characters():
    assert (
        Traces(names=["A.*"], phones=[], texts=["(a+)+$ [x"]).without(
            "A.* Abc (a+)+$ [x"
        )
        == "[…] Abc […]"
    )
