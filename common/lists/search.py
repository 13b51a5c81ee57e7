"""Finding rows by what people type, against a column of folded text (common.text.search_text) with a trigram
index. Orders, customers and products are searched by the same rules."""

import re
from typing import Any, NamedTuple, TypeVar

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan
from django.http import QueryDict

from common.text import contract, fold, printable, without_accents

Rows = TypeVar("Rows", bound=QuerySet[Any])
MAX_SEARCH_LENGTH = 200
"""Of what is typed into a search box."""
MAX_WORDS = 6
SHORTEST = 3
"""A trigram index finds that many characters anywhere, and fewer at the edges of words."""
RUN = re.compile(r"[^\W_]{3,}")
MAX_DIGITS = 7
"""The last digits of a long number are enough for the index: each further one is another of its longest
lists."""
EDGE = "[ \n\x1f#-]"
"""What stands between words; an index can look behind it, unlike a class such as \\W."""


def typed_words(values: QueryDict) -> str:
    """What a person typed into the search box ``q`` of a page."""
    return printable(values.get("q", ""), MAX_SEARCH_LENGTH)


class Word(NamedTuple):
    """A word as it was typed, with hyphens in it ("anna-lena") perhaps several, side by side."""

    text: str
    """As rows hold it."""
    old: str
    """As rows hold it that were written before hyphens, apostrophes and ae, oe, ue were folded."""

    @property
    def starts_short(self) -> bool:
        return len(self.text.partition(" ")[0]) < SHORTEST


def words_of(text: str) -> list[Word]:
    typed = text[:MAX_SEARCH_LENGTH].split()
    words = [
        Word(contract(fold(each)).lstrip("#"), without_accents(each).lstrip("#"))
        for each in typed
    ]
    return [word for word in words if word.text][:MAX_WORDS]


def narrow(
    rows: Rows, text: str, *, index: str = "search", column: str = "search"
) -> Rows:
    """Those of ``rows`` that contain every word of ``text``; a text without words changes nothing.

    Words of one or two characters are looked for as whole words and, where no row has them all, as
    beginnings of words, which costs a query. ``index`` is the indexed column, ``column`` the part of it (a
    column or an alias) that may be searched.
    """
    words = words_of(text)
    long = [word for word in words if not word.starts_short]
    short = [_pattern(word) for word in words if word.starts_short]
    # Words with digits are rare and select enough: the index need not read its long lists for frequent words.
    telling = [word for word in long if _has_digits(_run(word.text))]
    if not short:
        return _holding(rows, long, telling or long, index, column)
    # A whole word is rare, too, as far as it is so short; a beginning is not.
    whole = _holding(rows, long, telling, index, column)
    for pattern in short:
        whole = _matching(whole, f"{pattern}{EDGE}", index, column)
    if whole.exists():
        return whole
    rows = _holding(rows, long, telling or long, index, column)
    for pattern in short:
        rows = _matching(rows, pattern, index, column)
    return rows


def _holding(
    rows: Rows, words: list[Word], by_index: list[Word], index: str, column: str
) -> Rows:
    for word in words:
        found = having(word, index, column) if word in by_index else _in(column, word)
        rows = rows.filter(found)
    return rows


def having(word: Word, index: str = "search", column: str = "search") -> Q:
    """Rows with ``word`` in ``column``, by the index on ``index`` where it can serve."""
    runs = dict.fromkeys(run for each in _spellings(word) if (run := _run(each)))
    # ``contains`` escapes LIKE's wildcards; on PostgreSQL the trigram index serves it.
    found = Q(*[(f"{index}__contains", run) for run in runs], _connector=Q.OR)
    is_all = index == column and set(runs) == set(_spellings(word))
    return found if is_all else found & _in(column, word)


def _in(column: str, word: Word) -> Q:
    places = [
        Q(GreaterThan(StrIndex(F(column), Value(each)), 0)) for each in _spellings(word)
    ]
    return Q(*places, _connector=Q.OR)


def _spellings(word: Word) -> list[str]:
    """The word as rows hold it and, if the index can find it, as they held it before."""
    if word.old == word.text or not _run(word.old):
        return [word.text]
    return [word.text, word.old]


def _pattern(word: Word) -> str:
    """With the hyphens that rows held before."""
    return "[ -]".join(map(re.escape, word.text.split()))


def _matching(rows: Rows, pattern: str, index: str, column: str) -> Rows:
    """Rows with this pattern at the beginning of a word."""
    for each in dict.fromkeys([index, column]):
        rows = rows.filter(**{f"{each}__regex": f"(^|{EDGE}){pattern}"})
    return rows


def _run(word: str) -> str:
    """The part of a folded ``word`` to look up in the index: the run of letters and digits that is likely
    to be the rarest. Empty if none is long enough."""
    runs = RUN.findall(word.partition("@")[0]) or RUN.findall(word)
    run = max(runs, key=lambda each: (_has_digits(each), len(each)), default="")
    return run[-MAX_DIGITS:] if run.isdigit() else run


def _has_digits(text: str) -> bool:
    return any(char.isdigit() for char in text)
