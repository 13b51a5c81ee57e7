"""How text is searched: what people type and what rows hold are folded alike and then compared as they
are."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

QUOTES = "'\"`´‘’‚‛“”„‟′″‴‵ʹʺʻʼʽˈˊˋ՚׳״‹›«»＇＂"
"""Signs that stand for an apostrophe, and marks that stand where one may: O’Hara, OHara."""
LETTERS = {
    "æ": "ae",
    "œ": "oe",
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "ħ": "h",
    "ı": "i",
    "ŧ": "t",
    "þ": "th",
}
"""Letters that no form of Unicode takes apart."""
HYPHENS = "\u00ad\u2212\u30fb"
"""Soft hyphen, minus and the dot between Japanese names, which Unicode does not count among the dashes."""
CJK = [(0x2E80, 0x9FFF), (0xAC00, 0xD7A3), (0x20000, 0x3FFFF)]
DIGRAPH = re.compile("([aou])e")
DIGITS = re.compile("[0-9]+")


def without_accents(text: str) -> str:
    """``text`` with compatible forms unified, case folded, without accents: Ü, ü and u are one."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(
        char
        for char in unicodedata.normalize("NFKD", decomposed)
        if not unicodedata.combining(char)
    )
    return unicodedata.normalize("NFC", bare)


class _Signs(dict[int, str]):
    """What stands for a character in folded text; each is looked up once."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _folded(chr(code))
        return folded


def _folded(char: str) -> str:
    if char in QUOTES:
        return ""
    category = unicodedata.category(char)
    if category in {"Pd", "Zs", "Zl", "Zp", "Cc"} or char in HYPHENS:
        return " "
    if category == "Cf":
        return ""
    if any(first <= ord(char) <= last for first, last in CJK):
        # A word of its own that a trigram index holds, whatever the database takes for a letter.
        return f" ^{ord(char):x} "
    return LETTERS.get(char, char)


SIGNS = _Signs()
APOSTROPHES = {ord(char): "" for char in QUOTES}
STANDING_FOR = re.compile("['\"`\\-\x00-\x08\x0e-\x1b\x7f]")
"""The ASCII characters that folding does not leave as they are; blanks are split at."""


def fold(text: str) -> str:
    """``text`` as it is searched and sorted, on one line: without case, accents and apostrophes; hyphens and
    spaces of every kind are one space, and each Chinese, Japanese or Korean sign is a word."""
    if not text.isascii():
        # A lone accent that stands for an apostrophe would become a space and an accent.
        text = without_accents(text.translate(APOSTROPHES)).translate(SIGNS)
    elif STANDING_FOR.search(text):
        text = text.translate(SIGNS)
    return " ".join(text.lower().split())


@lru_cache(maxsize=1_024)
def fold_letter(letter: str) -> str:
    """A letter with its accents, folded; a sign that is a word of its own with its spaces."""
    bare = without_accents(letter.translate(APOSTROPHES)).translate(SIGNS)
    return bare.lower()


def contract(folded: str) -> str:
    """A folded text with ae, oe and ue as a, o and u: so Mueller is Müller, and Oester is Øster."""
    if "ae" in folded or "oe" in folded or "ue" in folded:
        return DIGRAPH.sub(r"\1", folded)
    return folded


# An import meets the same products again and again.
@lru_cache(maxsize=8_192)
def both(text: str) -> tuple[str, str]:
    """``text`` folded, and contracted."""
    folded = fold(text)
    return folded, contract(folded)


def search_text(texts: Iterable[str]) -> str:
    """What a row is found by that is known by these texts: each of them folded, and again contracted where
    that differs (Akkueinbau is found by "einbau", too). The first line is the first text, to sort by; every
    line has its end, as an index does not look for the end of a text."""
    pairs = [both(text) for text in texts if text]
    lines = dict.fromkeys([folded for folded, _contracted in pairs])
    lines |= dict.fromkeys([contracted for _folded, contracted in pairs])
    lines.pop("", None)
    return "\n".join([*lines, ""])


def shortened(text: str, longest: int) -> str:
    """No more than ``longest`` signs; what was cut off is marked by an ellipsis."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def plain_signs(text: str) -> str:
    """What was typed with digits, spaces and hyphens as keyboards have them: numbers are copied from
    everywhere."""
    if text.isascii():
        return text
    unified = unicodedata.normalize("NFKC", text)
    return "".join(
        "-" if unicodedata.category(char) == "Pd" or char in HYPHENS else char
        for char in unified
    )


def digits_of(number: str) -> tuple[str, str]:
    """The two longest runs of digits in an order's number, without leading zeros: which of them counts the
    orders, and which belongs to a prefix or suffix ("2024-1001"), only the shop knows. Empty where there is
    none."""
    runs = dict.fromkeys(run.lstrip("0") or "0" for run in DIGITS.findall(number))
    longest = sorted(runs, key=len, reverse=True)
    first, second, *_rest = [*longest, "", ""]
    return first, second


def national(phone: str) -> str:
    """The digits that every notation of ``phone`` shares with E.164: without +, (0), 00 and a leading 0."""
    return re.sub(r"\D", "", phone.replace("(0)", "")).lstrip("0")


def printable(text: str, longest: int) -> str:
    """What was typed into a search box, on one line: without control characters and lone surrogates."""
    seen = "".join(
        char if unicodedata.category(char) not in {"Cc", "Cs"} else " " for char in text
    )
    return " ".join(seen.split())[:longest]
