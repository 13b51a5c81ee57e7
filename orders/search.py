"""The one search box: what people type, against what orders.summary folded into ``Order.search``."""

import re
from collections.abc import Sequence

from django.db.models import Q, Value
from django.db.models.functions import StrIndex, Substr

from lists.folding import fold, national
from orders.queries import OrderQuerySet
from orders.summary import BEHIND_CONTACT

SHORTEST = 3
"""A trigram index needs three characters; text of shorter words only is looked up exactly."""
MOST_WORDS = 6
LONGEST = 200
PHONE = re.compile(r"\+?[\d\s()/.\-]{5,}", re.ASCII)
NUMBER = re.compile(r"#?\d{1,18}", re.ASCII)


def apply_search(orders: OrderQuerySet, text: str, *, contact_data: bool) -> OrderQuerySet:
    """Orders in which every word of ``text`` occurs. A text without words changes nothing.

    Without ``contact_data`` nothing is found by e-mail or phone: nobody can find out by searching whose they are.
    """
    text = text.replace("\x00", " ").strip()[:LONGEST]
    if not contact_data:
        public = Substr("search", StrIndex("search", Value(BEHIND_CONTACT)) + 1)
        orders = orders.alias(public=public).filter(search__contains=BEHIND_CONTACT)
    # The index serves the column; what is left is looked at more closely.
    columns = ["search"] if contact_data else ["search", "public"]
    if NUMBER.fullmatch(text):
        return orders.filter(_by_number(text, columns))
    if PHONE.fullmatch(text) and national(text):
        return orders.filter(_having(text, columns) | _having(national(text), columns))
    words = [word.removeprefix("#") or word for word in fold(text).split()][:MOST_WORDS]
    if words and all(len(word) < SHORTEST for word in words):
        return orders.filter(external_number__in=[each for word in words for each in _spellings(word)])
    for word in words:
        orders = orders.filter(_having(word, columns))
    return orders


def _by_number(text: str, columns: Sequence[str]) -> Q:
    digits = text.removeprefix("#")
    found = Q(external_number__in=_spellings(digits))
    if not text.startswith("#"):
        found |= Q(pk=int(digits))
    if len(digits) >= 6:  # may as well be a phone number or a barcode
        found |= _having(digits.lstrip("0") or digits, columns)
    return found


def _spellings(number: str) -> list[str]:
    """An external number as typed and as platforms write it."""
    return [number, number.upper(), f"#{number}", f"#{number.upper()}"]


def _having(text: str, columns: Sequence[str]) -> Q:
    # ``contains`` escapes LIKE's wildcards; on PostgreSQL the trigram index serves it.
    return Q(**{f"{column}__contains": fold(text) for column in columns})
