"""The one search box: what people type, against what orders.domain.totals folded into ``Order.search``."""

import re

from django.db.models import F, Q, Value
from django.db.models.functions import StrIndex, Substr
from django.db.models.lookups import GreaterThan

from common.text import fold, national
from orders.domain.totals import CONTACT_SEPARATOR
from orders.models import OrderQuerySet

SHORTEST = 3
"""A trigram index needs three characters; text of shorter words only is looked up exactly."""
MAX_WORDS = 6
LONGEST = 200
PHONE = re.compile(r"\+?[\d\s()/.\-]{5,}", re.ASCII)
NUMBER = re.compile(r"#?\d{1,18}", re.ASCII)
RUN = re.compile(r"[^\W_]{3,}")
MAX_DIGITS = 7
"""Of a long number its end is enough for the index: each further digit is one more of its longest lists to
read."""


def apply_search(orders: OrderQuerySet, text: str, *, contact_data: bool) -> OrderQuerySet:
    """Orders in which every word of ``text`` occurs. A text without words changes nothing.

    Without ``contact_data`` nothing is found by e-mail or phone: nobody can find out by searching whose they
    are.
    """
    text = text.replace("\x00", " ").strip()[:LONGEST]
    if not contact_data:
        public = Substr("search", StrIndex("search", Value(CONTACT_SEPARATOR)) + 1)
        orders = orders.alias(public=public).filter(search__contains=CONTACT_SEPARATOR)
    column = "search" if contact_data else "public"
    if NUMBER.fullmatch(text):
        return orders.filter(_by_number(text, column))
    if PHONE.fullmatch(text) and national(text):
        return orders.filter(_by_phone(text, column))
    words = [word.removeprefix("#") or word for word in fold(text).split()][:MAX_WORDS]
    if words and all(len(word) < SHORTEST for word in words):
        return orders.filter(external_number__in=[each for word in words for each in _spellings(word)])
    # Words with digits in them are rare, and say enough: the index need not read its long lists for the
    # frequent ones.
    telling = [word for word in words if _has_digits(_run(word))] or words
    for word in words:
        orders = orders.filter(_having(word, column) if word in telling else _containing(word, column))
    return orders


def searched_number(text: str) -> str:
    """The number of a store's order that ``text`` asks for; empty if it asks for something else."""
    return text if NUMBER.fullmatch(text) else ""


def _by_number(text: str, column: str) -> Q:
    digits = text.removeprefix("#")
    found = Q(external_number__in=_spellings(digits))
    if not text.startswith("#"):
        found |= Q(pk=int(digits))
    if len(digits) >= 6:  # may as well be a phone number or a barcode
        found |= _having(digits.lstrip("0") or digits, column)
    return found


def _by_phone(text: str, column: str) -> Q:
    number = national(text)
    # As typed too, for what could not be understood as a number and was stored as it was written.
    return (
        _having(number, column) if number in text else _having(fold(text), column) | _having(number, column)
    )


def _spellings(number: str) -> list[str]:
    """An external number as typed and as platforms write it."""
    return [number, number.upper(), f"#{number}", f"#{number.upper()}"]


def _having(word: str, column: str) -> Q:
    """Rows that contain the folded ``word`` in ``column``, found by the index of the column ``search`` if it
    can serve."""
    run = _run(word)
    # ``contains`` escapes LIKE's wildcards; on PostgreSQL the trigram index serves it.
    found = Q(search__contains=run) if run else Q()
    return found if (run, column) == (word, "search") else found & _containing(word, column)


def _containing(word: str, column: str) -> Q:
    return Q(GreaterThan(StrIndex(F(column), Value(word)), 0))


def _run(word: str) -> str:
    """The part of a folded ``word`` to look up in the index: letters and digits without anything between
    them, the rarest by the looks of it. Empty if no part is long enough."""
    runs = RUN.findall(word.partition("@")[0]) or RUN.findall(word)
    run = max(runs, key=lambda each: (_has_digits(each), len(each)), default="")
    return run[-MAX_DIGITS:] if run.isdigit() else run


def _has_digits(text: str) -> bool:
    return any(char.isdigit() for char in text)
