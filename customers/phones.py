"""Phone numbers: read in any notation, compared as E.164, shown as people write them.

A number identifies somebody only if it is valid and has no extension (C2). Any other is kept as it was typed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from django.conf import settings
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneNumber

from common.text import national
from customers.models import PHONE, Customer, CustomerKey

E164 = re.compile(r"\+[1-9][0-9]{7,14}", re.ASCII)
MAX_LENGTH = 64
FORMATTING = re.compile(r"\(0\)|[\s()/.\-\u2010-\u2015]")
"""What people put between the digits of a number without changing it."""
LONGEST_CODE = 3
"""Digits of a country's code."""


class Reading(NamedTuple):
    """A phone number as it was typed, and what was read in it."""

    number: str
    """E.164; empty where the number identifies nobody."""
    typed: str

    def __bool__(self) -> bool:
        """Whether anything was typed."""
        return bool(self.typed)

    @property
    def phone(self) -> str:
        """What stands as the customer's number: the number itself, else what was typed."""
        return self.number or self.typed

    @property
    def original(self) -> str:
        """What was typed, where that is not what stands as the number."""
        return self.typed if self.typed != self.phone else ""


NO_PHONE = Reading("", "")


def read_phone(text: str, country: str) -> Reading:
    """``text`` read in ``country`` (ISO 3166 alpha-2) where it has no prefix, else in the installation's."""
    typed = text.strip()[:MAX_LENGTH]
    return Reading(normalise_phone(typed, country), typed)


def normalise_phone(phone: str, country: str) -> str:
    """``phone`` as E.164 ("+4917612345678") if it identifies somebody: a valid number without extension. Else
    empty."""
    if E164.fullmatch(phone) and _is_valid(phone):
        return phone
    return _read(phone, country or settings.COUNTRY)


# The same people order again and again; parsing takes longer than the rest of an order.
@lru_cache(maxsize=16_384)
def _is_valid(number: str) -> bool:
    """Whether this text in E.164 is a valid number; what needs a closer look is said not to be."""
    for digits in range(1, LONGEST_CODE + 1):
        code, rest = int(number[1 : 1 + digits]), number[1 + digits :]
        if code in COUNTRY_CODE_TO_REGION_CODE:
            read = PhoneNumber(country_code=code, national_number=int(rest))
            return not rest.startswith("0") and phonenumbers.is_valid_number(read)
    return False


@lru_cache(maxsize=16_384)
def _read(phone: str, country: str) -> str:
    if _has_words(phone):
        return ""
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return ""
    if number.extension or not phonenumbers.is_valid_number(number):
        return ""
    read = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return read if E164.fullmatch(read) else ""


def _has_words(phone: str) -> bool:
    """Whether letters follow the first digit: an extension in any language. The parser would read letters as
    the digits on their keys."""
    _before, *behind = re.split(r"\d", phone, maxsplit=1)
    return any(char.isalpha() for char in "".join(behind))


def written_phone(phone: str) -> str:
    """A stored number as people read it: without the prefix in the installation's own country; what is no
    number stays."""
    return _written(phone, settings.COUNTRY) if E164.fullmatch(phone) else phone


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


def typed_beside(typed: str, phone: str) -> str:
    """What was typed, if it says more than the number that it stands beside; else empty."""
    if not typed or _signs(typed) == _signs(phone):
        return ""
    return "" if _signs(typed) == _signs(written_phone(phone)) else typed


def _signs(phone: str) -> str:
    return FORMATTING.sub("", phone)


def phone_key(phone: str) -> str:
    """The key of a number in E.164."""
    return f"{PHONE}{phone}"


def numbers_in(keys: Iterable[str]) -> list[str]:
    """The phone numbers among a customer's keys."""
    return [key.removeprefix(PHONE) for key in keys if key.startswith(PHONE)]


@dataclass(frozen=True, slots=True)
class Phone:
    """A customer's number. ``is_key`` tells whether it names this customer: another one may have had it
    before, or it identifies nobody."""

    number: str
    typed: str
    is_main: bool
    is_key: bool

    @property
    def written(self) -> str:
        return written_phone(self.number)

    @property
    def beside(self) -> str:
        return typed_beside(self.typed, self.number)


def typed_by_number(keys: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The phone numbers among a customer's keys, each with what was typed; ``keys`` are key and ``typed``."""
    return {
        key.removeprefix(PHONE): typed for key, typed in keys if key.startswith(PHONE)
    }


def phones_of(customer: Customer, keys: Iterable[CustomerKey]) -> list[Phone]:
    """The customer's numbers, the main one first. ``keys`` are all keys of the customer."""
    typed = typed_by_number((key.key, key.typed) for key in keys)
    main = customer.phone
    phones = [
        Phone(number, typed[number], is_main=False, is_key=True)
        for number in typed
        if number != main
    ]
    if main:
        first = Phone(main, customer.phone_typed, is_main=True, is_key=main in typed)
        phones.insert(0, first)
    return phones


def searchable(phone: str, typed: str) -> list[str]:
    """What a number is found by: itself, the digits of what is no number, and what was typed where that has
    other digits."""
    if not E164.fullmatch(phone):
        return [phone, re.sub(r"\D", "", phone)]
    return [phone] if national(typed) in phone else [phone, typed]
