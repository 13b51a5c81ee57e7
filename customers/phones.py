"""Phone numbers: read in any notation, compared as E.164, shown as people write them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from django.conf import settings

from customers.models import PHONE, Customer, CustomerKey

E164 = re.compile(r"\+[1-9][0-9]{7,14}", re.ASCII)


def normalise_phone(phone: str, country: str) -> str:
    """``phone`` as E.164 ("+4917612345678"), read with ``country`` where it has no prefix; empty if it is no
    number."""
    if E164.fullmatch(phone):
        return phone  # As stores mostly write it; parsing would cost more than the rest of the order.
    try:
        number = phonenumbers.parse(phone, country or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    read = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # Some countries know numbers of two digits; as a key, "12" would make strangers one customer.
    return read if E164.fullmatch(read) else ""


def typed_phone(text: str) -> str:
    """What a member of staff typed, as E.164, read with the installation's country; empty if it is no
    number."""
    return normalise_phone(text.strip(), settings.COUNTRY)


def written_phone(phone: str) -> str:
    """A stored number as people read it: without the prefix in the installation's own country; what is no
    number stays."""
    return _written(phone, settings.COUNTRY)


# A page of a list has up to a hundred numbers, and reading one takes a while.
@lru_cache(maxsize=4_096)
def _written(phone: str, country: str) -> str:
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return phone
    if not phonenumbers.is_possible_number(number):
        return phone
    at_home = number.country_code == phonenumbers.country_code_for_region(country)
    form = (
        phonenumbers.PhoneNumberFormat.NATIONAL
        if at_home
        else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    return phonenumbers.format_number(number, form)


def phone_key(phone: str) -> str:
    """The key of a number in E.164."""
    return f"{PHONE}{phone}"


def numbers_in(keys: Iterable[str]) -> list[str]:
    """The phone numbers among a customer's keys."""
    return [key.removeprefix(PHONE) for key in keys if key.startswith(PHONE)]


@dataclass(frozen=True, slots=True)
class Phone:
    """A customer's number. ``is_key`` tells whether it names this customer: another one may have had it
    before."""

    number: str
    is_main: bool
    is_key: bool

    @property
    def written(self) -> str:
        return written_phone(self.number)


def main_number(customer: Customer) -> str:
    """The main number in E.164; as it is written if it is no number."""
    return normalise_phone(customer.phone, settings.COUNTRY) or customer.phone


def phones_of(customer: Customer, keys: Iterable[CustomerKey]) -> list[Phone]:
    """The customer's numbers, the main one first. ``keys`` are all keys of the customer."""
    known = numbers_in(key.key for key in keys)
    main = main_number(customer)
    others = [
        Phone(number, is_main=False, is_key=True) for number in known if number != main
    ]
    return [
        *([Phone(main, is_main=True, is_key=main in known)] if main else []),
        *others,
    ]
