"""Names spelled nearly as what was typed, for a search that finds nothing: "Hofmann" for Hoffmann."""

import re
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from itertools import islice
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Q

from common.text import contract, fold
from customers.models import Customer, CustomerQuerySet

MAX_NEAR = 3
MAX_COUNTED = 1_000
MAX_WORDS = 3
SHORTEST = 3
MAX_READ = 1_000
"""Customers that are looked at, so that a frequent name costs no more than a rare one."""
NEAR = 0.3
"""Of two words, the share of trigrams that they have in common: Meyer and Meier have a third."""
ALIKE = 0.7
"""The same, where letters are compared instead."""
PIECES = re.compile("[ \n]+")
# The index finds customers with a word somewhat like the typed one; then each of their words is compared.
STATEMENT = """
SELECT piece, min(id) FROM (
  SELECT id, unnest(string_to_array(translate(names, E'\\n', ' '), ' ')) AS piece
  FROM customers_customer
  WHERE %(word)s <%% names AND merged_into_id IS NULL AND erased_at IS NULL
  LIMIT %(most)s
) AS pieces
WHERE similarity(piece, %(word)s) >= %(near)s AND piece <> %(word)s
GROUP BY piece ORDER BY similarity(piece, %(word)s) DESC, count(*) DESC, piece LIMIT %(limit)s
"""


class Near(NamedTuple):
    """Another search text, and how many rows it finds; ``is_cut``: there are more than ``number``."""

    text: str
    number: int
    is_cut: bool


def near_searches(text: str, count: Callable[[str], int]) -> list[Near]:
    """At most MAX_NEAR texts near ``text`` that find something, nearest first. ``count`` says how many rows a
    text finds; it need not count beyond MAX_COUNTED."""
    counted = ((each, count(each)) for each in _near_texts(text))
    found = (
        Near(each, min(number, MAX_COUNTED), number > MAX_COUNTED)
        for each, number in counted
        if number
    )
    return list(islice(found, MAX_NEAR))


def _near_texts(text: str) -> Iterator[str]:
    """``text`` with one of its words replaced by a customer's name spelled nearly like it."""
    typed = text.split()
    for place, word in enumerate(typed[:MAX_WORDS]):
        for name in near_names(word):
            yield " ".join([*typed[:place], name, *typed[place + 1 :]])


def near_names(typed: str) -> list[str]:
    """Up to MAX_NEAR words of customers' names, as they are written. None for a number or a short word."""
    word = contract(fold(typed))
    if len(word) < SHORTEST or not word.isalpha():
        return []
    found = _by_index(word) if _has_trigrams() else _one_by_one(word)
    customers = Customer.objects.in_bulk(found.values())
    names = [_written(piece, customers[pk]) for piece, pk in found.items()]
    return list({contract(fold(name)): name for name in names if name}.values())


def _by_index(word: str) -> dict[str, int]:
    """Near words of names, folded, each with a customer who has it."""
    values: dict[str, str | float] = {
        **{"word": word, "near": NEAR, "most": MAX_READ, "limit": MAX_NEAR}
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", ["0.4"]
        )
        cursor.execute(STATEMENT, values)
        return dict(cursor.fetchall())


def _has_trigrams() -> bool:
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
        return cursor.fetchone() is not None


def _one_by_one(word: str) -> dict[str, int]:
    """The same where no index knows what is near: words that begin alike are compared letter by letter."""
    first = word[0]
    begins = (
        Q(names__startswith=first)
        | Q(names__contains=f" {first}")
        | Q(names__contains=f"\n{first}")
    )
    rows: CustomerQuerySet = Customer.objects.living().filter(begins).order_by("id")
    pieces: dict[str, int] = {}
    for pk, names in rows.values_list("pk", "names")[:MAX_READ]:
        for piece in PIECES.split(names):
            pieces.setdefault(piece, pk)
    pieces.pop(word, None)
    near = {piece: SequenceMatcher(None, word, piece).ratio() for piece in pieces}
    close = sorted((-share, piece) for piece, share in near.items() if share >= ALIKE)
    return {piece: pieces[piece] for _share, piece in close[:MAX_NEAR]}


def _written(piece: str, customer: Customer) -> str:
    """The word of the customer's names that is folded to ``piece``."""
    names = f"{customer.first_name} {customer.last_name} {customer.company}"
    for word in re.split(r"[\s\-‐‑–]+", names):
        if piece in {fold(word), contract(fold(word))}:
            return word
    return ""
