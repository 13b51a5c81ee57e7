"""The one search box: what people type, against what orders.summary folded into ``Order.search``."""

import re

from lists.folding import fold, national
from orders.queries import OrderQuerySet

SHORTEST = 3
"""A trigram index needs three characters; text of shorter words only is looked up exactly."""
MOST_WORDS = 6
LONGEST = 200
PHONE = re.compile(r"\+?[\d\s()/.\-]{5,}", re.ASCII)
NUMBER = re.compile(r"#?\d{1,18}", re.ASCII)


def apply_search(orders: OrderQuerySet, text: str) -> OrderQuerySet:
    """Orders in which every word of ``text`` occurs. A text without words changes nothing."""
    text = text.replace("\x00", " ").strip()[:LONGEST]
    if NUMBER.fullmatch(text):
        return _by_number(orders, text)
    if PHONE.fullmatch(text) and national(text):
        return _having(orders, text) | _having(orders, national(text))
    words = [word.removeprefix("#") or word for word in fold(text).split()][:MOST_WORDS]
    if words and all(len(word) < SHORTEST for word in words):
        return orders.filter(external_number__in=[each for word in words for each in _spellings(word)])
    for word in words:
        orders = _having(orders, word)
    return orders


def _by_number(orders: OrderQuerySet, text: str) -> OrderQuerySet:
    digits = text.removeprefix("#")
    found = orders.filter(external_number__in=_spellings(digits))
    if not text.startswith("#"):
        found = found | orders.filter(pk=int(digits))
    if len(digits) >= 6:  # may as well be a phone number or a barcode
        found = found | _having(orders, digits.lstrip("0") or digits)
    return found


def _spellings(number: str) -> list[str]:
    """An external number as typed and as platforms write it."""
    return [number, number.upper(), f"#{number}", f"#{number.upper()}"]


def _having(orders: OrderQuerySet, text: str) -> OrderQuerySet:
    # ``contains`` escapes LIKE's wildcards; on PostgreSQL the trigram index serves it.
    return orders.filter(search__contains=fold(text))
