"""Phone numbers: read in any notation, written as people write them."""

import pytest

from customers.phones import normalise_phone, typed_phone, written_phone

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0151 23456789", "+4915123456789"),
        ("0151/234-567 89", "+4915123456789"),
        ("+49 (0)151 23456789", "+4915123456789"),
        ("0049 151 23456789", "+4915123456789"),
        ("+44 20 7946 0958", "+442079460958"),
        ("ask next door", ""),
        ("12", ""),
        ("+", ""),
    ],
)
def test_what_staff_type_is_read_with_the_installations_country(typed, number):
    assert typed_phone(typed) == number


def test_country_decides_how_a_number_without_prefix_is_read(settings):
    settings.COUNTRY = "AT"
    assert typed_phone("0664 1234567") == "+436641234567"
    assert normalise_phone("0151 23456789", "DE") == "+4915123456789"


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        ("+4915123456789", "01512 3456789"),
        ("+442079460958", "+44 20 7946 0958"),
        ("ask next door", "ask next door"),
        ("", ""),
    ],
)
def test_numbers_are_written_nationally_at_home_and_internationally_abroad(
    stored, written
):
    assert written_phone(stored) == written
