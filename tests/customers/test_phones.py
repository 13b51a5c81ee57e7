"""Phone numbers: read in any notation, written as people write them; only a valid one identifies (C2)."""

import pytest

from common.formats import dialable
from customers.phones import (
    normalise_phone,
    read_phone,
    searchable,
    typed_beside,
    written_phone,
)

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("typed", "country", "number"),
    [
        ("0151 23456789", "DE", "+4915123456789"),
        ("0151/234-567 89", "DE", "+4915123456789"),
        ("+49 (0)151 23456789", "US", "+4915123456789"),
        ("0049 151 23456789", "DE", "+4915123456789"),
        ("Tel. 0151 23456789", "DE", "+4915123456789"),
        ("+44 20 7946 0958", "DE", "+442079460958"),
        ("207-835-4259", "US", "+12078354259"),
        ("0664 1234567", "AT", "+436641234567"),
        ("0664 1234567", "DE", "+496641234567"),
        ("+2614784362", "DE", "+261204784362"),
        ("ask next door", "DE", ""),
        ("12", "DE", ""),
        ("+", "DE", ""),
        ("", "DE", ""),
        ("0000000000", "US", ""),
        ("000-000-0000", "US", ""),
        ("+10000000000", "US", ""),
        ("1234567890", "US", ""),
        ("555-555-5555", "US", ""),
        ("+490000000000", "DE", ""),
        ("+1 207-835-4259 ext. 11111", "US", ""),
        ("207-835-4259 x22222", "US", ""),
        ("+49 30 901820;12", "DE", ""),
        ("030 901820 App. 12", "DE", ""),
        ("030 901820 DW 12", "DE", ""),
        ("1-800-FLOWERS", "US", ""),
        ("030 123456 / 030 654321", "DE", ""),
        ("0151 23456789", "XX", ""),
    ],
)
def test_only_a_valid_number_without_extension_identifies(typed, country, number):
    assert normalise_phone(typed, country) == number


def test_without_a_country_the_installations_is_read(settings):
    settings.COUNTRY = "AT"
    assert normalise_phone("0664 1234567", "") == "+436641234567"
    assert normalise_phone("0151 23456789", "DE") == "+4915123456789"


def test_what_was_typed_is_kept_where_it_is_not_the_number_itself():
    kept = [
        (reading.phone, reading.original)
        for reading in [
            read_phone(" 0664 1234567 ", "AT"),
            read_phone("+436641234567", "AT"),
            read_phone("+1 207-835-4259 ext. 11111", "US"),
            read_phone("", "US"),
        ]
    ]
    assert kept == [
        ("+436641234567", "0664 1234567"),
        ("+436641234567", ""),
        ("+1 207-835-4259 ext. 11111", ""),
        ("", ""),
    ]


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        ("+4915123456789", "01512 3456789"),
        ("+442079460958", "+44 20 7946 0958"),
        ("ask next door", "ask next door"),
        ("000-000-0000", "000-000-0000"),
        ("", ""),
    ],
)
def test_numbers_are_written_nationally_at_home_and_internationally_abroad(
    stored, written
):
    assert written_phone(stored) == written


@pytest.mark.parametrize(
    ("typed", "number", "beside"),
    [
        ("0664 1234567", "+436641234567", "0664 1234567"),
        ("0049 151 23456789", "+4915123456789", "0049 151 23456789"),
        ("0151/23 45 67 89", "+4915123456789", ""),
        ("+49 (0)151 23456789", "+4915123456789", ""),
        ("", "+4915123456789", ""),
    ],
)
def test_what_was_typed_stands_beside_the_number_if_it_says_more(typed, number, beside):
    assert typed_beside(typed, number) == beside


@pytest.mark.parametrize(
    ("phone", "typed", "found_by"),
    [
        ("+436641234567", "0664 1234567", ["+436641234567"]),
        (
            "+436641234567",
            "011 43 664 1234567",
            ["+436641234567", "011 43 664 1234567"],
        ),
        ("207-835-4259 x5", "", ["207-835-4259 x5", "20783542595"]),
    ],
)
def test_a_number_is_found_by_all_its_digits(phone, typed, found_by):
    assert searchable(phone, typed) == found_by


@pytest.mark.parametrize(
    ("phone", "dialled"),
    [
        ("+1 207-835-4259 ext. 11111", "+12078354259"),
        ("207-835-4259x5", "2078354259"),
        ("+49 30 901820;12", "+4930901820"),
        ("Tel. 030/90 18 20", "030901820"),
        ("+436641234567", "+436641234567"),
        ("*100#", "*100#"),
        ("ask next door", ""),
    ],
)
def test_what_is_dialled_has_no_extension(phone, dialled):
    assert dialable(phone) == dialled
