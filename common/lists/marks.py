"""Where text that is found by searching holds what was typed: places in the text as it is shown, for words
that were folded as the search folds them (common.text)."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple
from unicodedata import combining

from django.utils.html import escape
from django.utils.safestring import SafeString

from common.text import DIGRAPH, both, fold_letter

Span = tuple[int, int]
"""From a character up to the one that is no part of it."""
EDGE = "[^ #-]"
BEFORE = 8
"""How many characters of a long word stand before its mark where its beginning is left out."""


class Folded(NamedTuple):
    """A folded text, and of each of its characters the place that it has in the text as it is shown."""

    text: str
    places: list[Span]

    def contracted(self) -> "Folded":
        """With ae, oe and ue as a, o and u."""
        places = list(self.places)
        dropped = [match.end() - 1 for match in DIGRAPH.finditer(self.text)]
        for each in dropped:
            places[each - 1] = (places[each - 1][0], places[each][1])
        return self.only(lambda at: at not in dropped, places)

    def only(
        self, is_kept: Callable[[int], bool], places: list[Span] | None = None
    ) -> "Folded":
        kept = [at for at in range(len(self.text)) if is_kept(at)]
        places = places or self.places
        return Folded(
            "".join(self.text[at] for at in kept), [places[at] for at in kept]
        )

    def span(self, start: int, end: int) -> Span:
        return self.places[start][0], self.places[end - 1][1]

    def spans_of(self, pattern: re.Pattern[str]) -> list[Span]:
        return [self.span(*each.span()) for each in pattern.finditer(self.text)]


@lru_cache(maxsize=2_048)
def folded(text: str) -> Folded:
    """``text`` folded, as ``common.text.fold`` does."""
    chars: list[str] = []
    places: list[Span] = []
    for start, end in _letters(text):
        for char in fold_letter(text[start:end]):
            if char != " " or (chars and chars[-1] != " "):
                chars.append(char)
                places.append((start, end))
    return Folded("".join(chars), places)


def _letters(text: str) -> Iterator[Span]:
    """The letters of ``text``, each with the accents behind it."""
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or not combining(text[end]):
            yield start, end
            start = end


def spans_of_word(text: str, word: str) -> list[Span]:
    """Where ``text`` has the folded and contracted ``word``, within words too."""
    return _found(text, word, _pattern(word))


def spans_of_short_word(text: str, word: str) -> list[Span]:
    """Where ``text`` has ``word`` as a whole word; else, where words begin with it."""
    begins = f"(?<!{EDGE})"
    whole = _found(text, word, _pattern(word, begins, f"(?!{EDGE})"))
    return whole or _found(text, word, _pattern(word, begins))


@lru_cache(maxsize=256)
def _pattern(word: str, before: str = "", behind: str = "") -> re.Pattern[str]:
    return re.compile(f"{before}{re.escape(word)}{behind}")


def _found(text: str, word: str, pattern: re.Pattern[str]) -> list[Span]:
    plain, contracted = both(text)
    # Most texts do not have the word, and to know that costs next to nothing.
    found = folded(text).spans_of(pattern) if word in plain else []
    if contracted != plain and word in contracted:
        found += folded(text).contracted().spans_of(pattern)
    return found


def spans_of_bare(text: str, word: str) -> list[Span]:
    """Where ``text`` has ``word``, whatever spaces, dots, slashes and hyphens stand between."""
    plain = folded(text)
    bare = plain.only(lambda at: plain.text[at] not in " ./")
    return bare.spans_of(_pattern(word))


def marked(text: str, spans: Iterable[Span], room: int = 0) -> str:
    """``text`` with marks at these places, escaped piece by piece; without places it is the plain text. Where
    the first mark would end behind ``room`` characters, what is before its word is left out."""
    places = _merged(spans)
    if not places:
        return text
    at = _beginning(text, places[0]) if room and places[0][1] > room else 0
    pieces = ["… "] if at else []
    for start, end in places:
        pieces += [escape(text[at:start]), "<mark>", escape(text[start:end]), "</mark>"]
        at = end
    return SafeString("".join([*pieces, escape(text[at:])]))


def _beginning(text: str, span: Span) -> int:
    return max(text.rfind(" ", 0, span[0]) + 1, span[0] - BEFORE)


def _merged(spans: Iterable[Span]) -> list[Span]:
    """In their order, those that touch as one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found
