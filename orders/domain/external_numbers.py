"""An order's number at its store, as people type it and as shops write it: "1001" is EN1001-A."""

import re

from django.db.models import Q

from common.text import digits_of, plain_signs

DIGITS = re.compile(r"#?([0-9]+)", re.ASCII)


def bare(number: str) -> str:
    """What two spellings of one number have in common."""
    return plain_signs(number).strip().removeprefix("#").casefold()


def digits_in(text: str) -> str:
    """The digits, where ``text`` is a number of digits alone; else empty."""
    match = DIGITS.fullmatch(text)
    return (match[1].lstrip("0") or "0") if match else ""


def spelled(text: str, column: str = "external_number") -> Q:
    """Rows with the number ``text`` in ``column``, as it was typed or as platforms write it."""
    number = text.removeprefix("#")
    ways = {way for each in [number, number.upper()] for way in [each, f"#{each}"]}
    return Q((f"{column}__in", sorted(ways)))


def with_digits(text: str) -> Q:
    """Rows whose number has these digits, whatever stands around them; none if ``text`` is anything else."""
    digits = digits_in(text)
    if not digits:
        return Q(pk__in=[])
    # The second condition names what a partial index holds.
    return Q(number_digits=digits) | Q(more_digits=digits, more_digits__gt="")


def is_named(number: str, text: str) -> bool:
    """Whether ``number`` is just the one that was typed, not only one with the same digits."""
    return bare(number) == bare(text)


def has_digits(number: str, text: str) -> bool:
    """Whether ``text`` is the digits of ``number``."""
    digits = digits_in(text)
    return bool(digits) and digits in digits_of(number)
