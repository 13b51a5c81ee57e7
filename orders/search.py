"""The one search box: what people type, against what orders.summary folded into ``Order.search``."""

import re
import unicodedata

from orders.queries import OrderQuerySet

SHORTEST = 3
"""Trigrams need three characters; shorter words and plain numbers are looked up exactly."""
MOST_WORDS = 6
BIGGEST_ID = 2**63 - 1
PHONE = re.compile(r"\+?[\d\s()/.\-]{5,}")


def fold(text: str) -> str:
    """``text`` as it is searched: compatible forms unified, case folded, without accents (Ü, ü and u are one)."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return unicodedata.normalize("NFKC", bare)


def apply_search(orders: OrderQuerySet, text: str) -> OrderQuerySet:
    """Orders in which every word of ``text`` occurs. A text without words changes nothing."""
    text = text.replace("\x00", " ").strip()
    if _is_number(text):
        return _by_number(orders, text)
    if PHONE.fullmatch(text):
        return _having(orders, national(text))
    for word in fold(text).split()[:MOST_WORDS]:
        bare = word.lstrip("#") or word
        if len(bare) < SHORTEST:
            orders = orders.filter(external_number__in=_spellings(bare))
        else:
            orders = _having(orders, bare)
    return orders


def national(phone: str) -> str:
    """The digits that every notation of ``phone`` shares: no +, no (0), no leading 00, country 49 or 0."""
    digits = re.sub(r"\D", "", phone.replace("(0)", ""))
    if phone.strip().startswith("+") or digits.startswith("00"):
        return digits.lstrip("0")
    return digits.lstrip("0") or digits


def _is_number(text: str) -> bool:
    bare = text.removeprefix("#")
    return bare.isascii() and bare.isdigit() and not (bare.startswith("0") and len(bare) >= 5)


def _by_number(orders: OrderQuerySet, text: str) -> OrderQuerySet:
    digits = text.removeprefix("#")
    by_number = orders.filter(external_number__in=_spellings(digits))
    if len(digits) < 19 and not text.startswith("#"):
        by_number = by_number | orders.filter(pk=int(digits))
    if len(digits) >= 7:  # may as well be a phone number or a barcode
        by_number = by_number | _having(orders, digits)
    return by_number


def _spellings(number: str) -> list[str]:
    """An external number as typed and as platforms write it."""
    return [number, number.upper(), f"#{number}", f"#{number.upper()}"]


def _having(orders: OrderQuerySet, folded: str) -> OrderQuerySet:
    # ``contains`` escapes LIKE's wildcards; the trigram index serves it.
    return orders.filter(search__contains=folded)
