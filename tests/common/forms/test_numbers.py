"""Typed numbers: each has one meaning in the reader's language, or is refused with a sentence (O12)."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils.translation import override

from common.forms.number_fields import (
    Amount,
    Discount,
    Percent,
    TypedNumber,
    WholeNumber,
)
from common.forms.numbers import NumberError, read_amount, read_number
from inventory.forms import Quantity
from inventory.messages import plain, plain_cost


@pytest.mark.parametrize(
    ("language", "text", "number"),
    [
        ("de", "1.250", "1250"),
        ("de", "1.250,50", "1250.50"),
        ("de", "1250,5", "1250.5"),
        ("de", "12.345.678,9", "12345678.9"),
        ("de", "1 250,50", "1250.50"),
        ("de", "1\u00a0250,50", "1250.50"),
        ("de", "1\u202f250", "1250"),
        ("de", "1'250", "1250"),
        ("de", "1\u2019250,50", "1250.50"),
        ("de", ",5", "0.5"),
        ("de", "0,125", "0.125"),
        ("de", "12,555", "12.555"),
        ("en", "1,250.50", "1250.50"),
        ("en", "1,250", "1250"),
        ("en", "1250.5", "1250.5"),
        ("en", "12,555", "12555"),
        ("en", "1 250.50", "1250.50"),
        ("en", ".5", "0.5"),
        ("en", " 7 ", "7"),
        ("en", "007", "7"),
        ("en", "-3", "-3"),
        ("en", "\u2212 3.5", "-3.5"),
        ("en", "+3", "3"),
    ],
)
def test_number_is_read_as_the_language_writes_it(language, text, number):
    with override(language):
        assert read_number(text, decimals=3) == Decimal(number)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "1.25.0"),
        ("de", "12.5"),
        ("de", "12.50"),
        ("de", "0.125"),
        ("de", "1250.000,5.0"),
        ("de", "1,250.50"),
        ("de", "1.250 000"),
        ("de", "12,"),
        ("en", "1.25.0"),
        ("en", "1,5"),
        ("en", "1,2500"),
        ("en", "0,125"),
        ("en", "1.250,50"),
        ("en", "1,25,000"),
        ("en", "1, 250"),
        ("en", "5."),
        *[
            (language, text)
            for language in ["de", "en"]
            for text in ["", "-", ",", ".", "1e3", "NaN", "Infinity", "0x10", "1_000"]
        ],
        *[("en", text) for text in ["--1", "1-", "1/2", "½", "٣", "3²", "9" * 41]],
        ("en", "12%"),
        ("en", "2 pcs"),
    ],
)
def test_what_is_not_one_number_is_refused(language, text):
    with override(language), pytest.raises(NumberError):
        read_number(text, decimals=3)


@pytest.mark.parametrize(
    ("currency", "language", "text", "amount"),
    [
        ("EUR", "de", "1.250,50 €", "1250.50"),
        ("EUR", "de", "€ 1.250", "1250"),
        ("EUR", "en", "EUR 5.5", "5.5"),
        ("EUR", "en", "5.5eur", "5.5"),
        ("EUR", "en", "-€5", "-5"),
        ("EUR", "en", "€-5", "-5"),
        ("USD", "en", "$5", "5"),
        ("USD", "en", "US$ 5", "5"),
        ("JPY", "en", "¥1,250", "1250"),
        ("JPY", "de", "1.250", "1250"),
        ("KWD", "en", "1.125", "1.125"),
    ],
)
def test_amount_may_name_our_currency(settings, currency, language, text, amount):
    settings.CURRENCY = currency
    with override(language):
        assert read_amount(text) == Decimal(amount)


@pytest.mark.parametrize(
    ("currency", "language", "text", "sentence"),
    [
        ("EUR", "de", "12,555", "Ein Betrag in EUR hat höchstens 2 Nachkommastellen."),
        ("EUR", "en", "12.555", "An amount in EUR has at most 2 decimals."),
        ("EUR", "en", "1.250", "An amount in EUR has at most 2 decimals."),
        ("EUR", "en", "1e3", "Enter an amount in EUR, such as 1,250.50."),
        (
            "EUR",
            "de",
            "1e3",
            "Geben Sie einen Betrag in EUR ein, zum Beispiel 1.250,50.",
        ),
        (
            "EUR",
            "de",
            "12.50",
            "Geben Sie einen Betrag in EUR ein, zum Beispiel 1.250,50.",
        ),
        ("EUR", "en", "1.25.0", "Enter an amount in EUR, such as 1,250.50."),
        ("EUR", "en", "$5", "Enter an amount in EUR, such as 1,250.50."),
        ("EUR", "en", "-€-5", "Enter an amount in EUR, such as 1,250.50."),
        ("EUR", "en", "€", "Enter an amount in EUR, such as 1,250.50."),
        ("EUR", "en", "-0.01", "An amount cannot be negative."),
        ("EUR", "en", "9999999999999", "Enter a number below 1,000,000,000,000."),
        ("EUR", "en", "1e12", "Enter an amount in EUR, such as 1,250.50."),
        (
            "EUR",
            "en",
            "1000000000000",
            "Enter a number below 1,000,000,000,000.",
        ),
        ("JPY", "en", "12.5", "An amount in JPY has no decimals."),
        ("JPY", "de", "12,5", "Ein Betrag in JPY hat keine Nachkommastellen."),
        ("JPY", "en", "much", "Enter an amount in JPY, such as 1,250."),
        ("KWD", "en", "1.1234", "An amount in KWD has at most 3 decimals."),
    ],
)
def test_amount_is_refused_with_a_sentence(
    settings, currency, language, text, sentence
):
    settings.CURRENCY = currency
    with override(language), pytest.raises(ValidationError) as refused:
        Amount().clean(text)
    assert refused.value.messages == [sentence]


@pytest.mark.parametrize(
    ("field", "language", "text", "sentence"),
    [
        (TypedNumber, "en", "1.2345", "At most 3 decimals are possible."),
        (TypedNumber, "de", "1.2", "Geben Sie eine Zahl ein, zum Beispiel 1.250,5."),
        (Quantity, "en", "1,5", "Enter a number, such as 1,250.5."),
        (Quantity, "de", "1,0005", "Höchstens 3 Nachkommastellen sind möglich."),
        (WholeNumber, "en", "60.0", "Enter a whole number, such as 1,250."),
        (
            WholeNumber,
            "de",
            "1.5",
            "Geben Sie eine ganze Zahl ein, zum Beispiel 1.250.",
        ),
        (Discount, "en", "101%", "A discount is between 0 and 100 %."),
        (Discount, "de", "-1 %", "Ein Rabatt liegt zwischen 0 und 100 %."),
        (Discount, "en", "%", "Enter an amount in EUR, such as 1,250.50."),
        (Discount, "en", "5.555", "An amount in EUR has at most 2 decimals."),
    ],
)
def test_other_numbers_are_refused_with_a_sentence(field, language, text, sentence):
    with override(language), pytest.raises(ValidationError) as refused:
        field().clean(text)
    assert refused.value.messages == [sentence]


@pytest.mark.parametrize(
    ("language", "text", "discount"),
    [
        ("en", "5.50", Decimal("5.50")),
        ("en", "10%", Percent(Decimal(10))),
        ("de", "12,5 %", Percent(Decimal("12.5"))),
        ("de", "12,5\u00a0%", Percent(Decimal("12.5"))),
        ("en", "", None),
    ],
)
def test_discount_is_an_amount_or_a_percentage(language, text, discount):
    with override(language):
        assert Discount(required=False).clean(text) == discount


@pytest.mark.parametrize(
    ("currency", "amount", "share"),
    [("EUR", "19.99", "2.50"), ("JPY", "1990", "249"), ("KWD", "1.990", "0.249")],
)
def test_percentage_is_rounded_half_up_to_the_currency(
    settings, currency, amount, share
):
    settings.CURRENCY = currency
    assert Percent(Decimal("12.5")).of(Decimal(amount)) == Decimal(share)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("text", ["0.5", "12.555", "1250", "1250.5", "999999999.999"])
def test_what_is_shown_in_a_quantity_reads_as_the_same(language, text):
    with override(language):
        assert Quantity().clean(plain(Decimal(text))) == Decimal(text)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("currency", ["EUR", "JPY"])
@pytest.mark.parametrize("text", ["0", "5", "1250", "1250000.000"])
def test_what_is_shown_in_an_amount_reads_as_the_same(
    settings, language, currency, text
):
    settings.CURRENCY = currency
    with override(language):
        assert Amount().clean(plain_cost(Decimal(text))) == Decimal(text)
