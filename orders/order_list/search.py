"""The search box: what people type, compared with the folded ``Order.search`` (orders.domain.totals)."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import Q, Value
from django.db.models.functions import StrIndex, Substr
from django.utils.translation import gettext

from common.lists.search import MAX_SEARCH_LENGTH, Word, having, narrow, words_of
from common.text import contract, fold, national, plain_signs, without_accents
from orders.domain.barcode import scanned_number
from orders.domain.external_numbers import spelled, with_digits
from orders.domain.totals import CONTACT_SEPARATOR
from orders.models import OrderQuerySet

PHONE = re.compile(r"\+?[\d\s()/.\-]{5,}", re.ASCII)
NUMBER = re.compile(r"#?\d{1,18}", re.ASCII)
LONG_NUMBER = 6
"""Digits of what may as well be a phone number or a barcode."""


class Term(NamedTuple):
    """What an order must have to be found. Any one of these will do."""

    words: Sequence[Word] = ()
    """Anywhere in what is searched."""
    number: str = ""
    """The number at the store."""
    pk: int | None = None
    """The order's own number."""
    phone: str = ""
    """Digits of a phone number."""


def apply_search(
    orders: OrderQuerySet, text: str, *, contact_data: bool
) -> OrderQuerySet:
    """Orders that contain every word of ``text``; a text without words changes nothing.

    Without ``contact_data`` e-mail and phone are not searched, so that nobody can find out by searching
    whose they are.
    """
    text = _typed(text)
    if not contact_data:
        public = Substr("search", StrIndex("search", Value(CONTACT_SEPARATOR)) + 1)
        orders = orders.alias(public=public).filter(search__contains=CONTACT_SEPARATOR)
    column = "search" if contact_data else "public"
    if ours := _own_number(text):
        return orders.filter(pk=ours)
    if NUMBER.fullmatch(text):
        return orders.filter(_by_number(text, column))
    if PHONE.fullmatch(text) and national(text):
        return orders.filter(_by_phone(text, column))
    return narrow(orders, text, column=column)


def _typed(text: str) -> str:
    return plain_signs(text).replace("\x00", " ").strip()[:MAX_SEARCH_LENGTH]


def _own_number(text: str) -> int | None:
    """The number in a scanned code of ours, or in what pages call an order ("Order 90") in the reader's
    language."""
    name = re.escape(gettext("Order %(number)s")).replace(
        r"%\(number\)s", r"(\d{1,18})"
    )
    titled = re.fullmatch(name, text, re.IGNORECASE | re.ASCII)
    return int(titled[1]) if titled else scanned_number(text)


def terms_of(text: str) -> list[Term]:
    """What ``apply_search`` looks for, each of which an order has that it finds."""
    text = _typed(text)
    if ours := _own_number(text):
        return [Term(pk=ours)]
    if NUMBER.fullmatch(text):
        return [_number_term(text)]
    if PHONE.fullmatch(text) and (number := national(text)):
        words = [_as_it_is(number), Word(contract(fold(text)), "")]
        return [Term(words=words, phone=number)]
    return [Term([word], phone=_in_phone(word)) for word in words_of(text)]


def _in_phone(word: Word) -> str:
    """What a phone number has of a word beside others."""
    return "" if word.starts_short else word.text.removeprefix("+").replace(" ", "")


def _number_term(text: str) -> Term:
    digits = text.removeprefix("#")
    pk = int(digits) if digits == text else None
    if len(digits) < LONG_NUMBER:
        return Term(number=text, pk=pk)
    anywhere = digits.lstrip("0") or digits
    return Term([_as_it_is(anywhere)], text, pk, anywhere)


def searched_number(text: str) -> str:
    """The external number that ``text`` may be; empty if it is something else."""
    text = plain_signs(text)
    return text if NUMBER.fullmatch(text) else ""


def _by_number(text: str, column: str) -> Q:
    found = spelled(text) | with_digits(text)
    digits = text.removeprefix("#")
    if not text.startswith("#"):
        found |= Q(pk=int(digits))
    if len(digits) >= LONG_NUMBER:
        found |= having(_as_it_is(digits.lstrip("0") or digits), column=column)
    return found


def _by_phone(text: str, column: str) -> Q:
    number = national(text)
    # As typed too, for numbers that were stored as written because they are not valid.
    found = having(_as_it_is(number), column=column)
    if number in text:
        return found
    return found | having(Word(fold(text), without_accents(text)), column=column)


def _as_it_is(digits: str) -> Word:
    return Word(digits, digits)
