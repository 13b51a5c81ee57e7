"""The search box: what people type, compared with the folded ``Order.search`` (orders.domain.totals)."""

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
MAX_SEARCH_LENGTH = 200
PHONE = re.compile(r"\+?[\d\s()/.\-]{5,}", re.ASCII)
NUMBER = re.compile(r"#?\d{1,18}", re.ASCII)
RUN = re.compile(r"[^\W_]{3,}")
MAX_DIGITS = 7
"""The last digits of a long number are enough for the index: each further one is another of its longest
lists."""


def apply_search(
    orders: OrderQuerySet, text: str, *, contact_data: bool
) -> OrderQuerySet:
    """Orders that contain every word of ``text``; a text without words changes nothing.

    Without ``contact_data`` e-mail and phone are not searched, so that nobody can find out by searching
    whose they are.
    """
    text = text.replace("\x00", " ").strip()[:MAX_SEARCH_LENGTH]
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
        return orders.filter(
            external_number__in=[each for word in words for each in _spellings(word)]
        )
    # Words with digits are rare and select enough: the index need not read its long lists for frequent
    # words.
    telling = [word for word in words if _has_digits(_run(word))] or words
    for word in words:
        orders = orders.filter(
            _having(word, column) if word in telling else _containing(word, column)
        )
    return orders


def searched_number(text: str) -> str:
    """The external number that ``text`` may be; empty if it is something else."""
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
    # As typed too, for numbers that were stored as written because they are not valid.
    return (
        _having(number, column)
        if number in text
        else _having(fold(text), column) | _having(number, column)
    )


def _spellings(number: str) -> list[str]:
    """An external number as typed, and as platforms write it."""
    return [number, number.upper(), f"#{number}", f"#{number.upper()}"]


def _having(word: str, column: str) -> Q:
    """Rows with the folded ``word`` in ``column``, by the index on the column ``search`` where it can
    serve."""
    run = _run(word)
    # ``contains`` escapes LIKE's wildcards; on PostgreSQL the trigram index serves it.
    found = Q(search__contains=run) if run else Q()
    return (
        found
        if (run, column) == (word, "search")
        else found & _containing(word, column)
    )


def _containing(word: str, column: str) -> Q:
    return Q(GreaterThan(StrIndex(F(column), Value(word)), 0))


def _run(word: str) -> str:
    """The part of a folded ``word`` to look up in the index: the run of letters and digits that is likely
    to be the rarest. Empty if none is long enough."""
    runs = RUN.findall(word.partition("@")[0]) or RUN.findall(word)
    run = max(runs, key=lambda each: (_has_digits(each), len(each)), default="")
    return run[-MAX_DIGITS:] if run.isdigit() else run


def _has_digits(text: str) -> bool:
    return any(char.isdigit() for char in text)
