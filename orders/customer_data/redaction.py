"""What a person leaves behind in free text, and texts without it. Pure: no database."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import phonenumbers

GONE = "[…]"
MIN_WORD_LENGTH, MIN_LINE_LENGTH = 2, 5
GAP = r"[\s()/.\-]*"
"""What people put between the digits of a phone number."""


class Traces:
    """A person's names, numbers and addresses, to be found in whatever spelling and case."""

    def __init__(
        self, *, names: Iterable[str], phones: Iterable[str], texts: Iterable[str]
    ) -> None:
        """``names`` are first and last names, each word of which counts; ``phones`` are numbers, E.164 where
        they are; ``texts`` (company, e-mail, address) count as a whole and line by line.
        """
        lines = {line for text in texts for line in _lines(text)}
        words = {word for name in names for word in _words(name)}
        # The long before the short, and whole lines first: a name inside of an e-mail address goes with it.
        patterns = [_phrase(line) for line in sorted(lines, key=len, reverse=True)]
        patterns += [pattern for phone in phones for pattern in _phone(phone)]
        patterns += [_word(word) for word in sorted(words, key=len, reverse=True)]
        self._pattern = (
            re.compile("|".join(patterns), re.IGNORECASE) if patterns else None
        )

    def without(self, text: str) -> str:
        """``text`` with every trace replaced; the very same text if there is none."""
        if not text or self._pattern is None:
            return text
        cleared, number = self._pattern.subn(GONE, unicodedata.normalize("NFC", text))
        return cleared if number else text


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """What is known of a person, present and former; ``texts`` are companies and addresses."""

    first_names: list[str]
    last_names: list[str]
    phones: list[str]
    emails: list[str]
    texts: list[str]

    def traces(self) -> Traces:
        """For texts about the person: each word of a name counts."""
        return Traces(
            names=[*self.first_names, *self.last_names],
            phones=self.phones,
            texts=[*self.emails, *self.texts],
        )

    def whole_traces(self, *, names: Iterable[str] = ()) -> Traces:
        """For texts that may be about others: full names, numbers, e-mail addresses, and these ``names``."""
        pairs = [
            pair
            for first in self.first_names
            for last in self.last_names
            for pair in [f"{first} {last}", f"{last} {first}"]
            if first and last
        ]
        return Traces(names=names, phones=self.phones, texts=[*pairs, *self.emails])

    def words(self) -> set[str]:
        """Each word of the names."""
        names = [*self.first_names, *self.last_names]
        return {word for name in names for word in _words(name)}


def _words(name: str) -> list[str]:
    """The words of a name, and the parts of one with hyphens."""
    words = name.split()
    parts = [part for word in words for part in re.split(r"[^\w]+", word)]
    return [each for each in [*words, *parts] if len(each) >= MIN_WORD_LENGTH]


def _word(word: str) -> str:
    return rf"(?<!\w){_literal(word)}(?:[’']?s)?(?!\w)"


def _lines(text: str) -> list[str]:
    """The text as a whole and line by line, with single spaces; short ones are left out."""
    texts = {text, *text.splitlines()}
    lines = {" ".join(each.split()) for each in texts}
    return [line for line in lines if len(line) >= MIN_LINE_LENGTH]


def _phrase(line: str) -> str:
    return (
        r"(?<!\w)" + r"[\s,]+".join(_literal(word) for word in line.split()) + r"(?!\w)"
    )


def _literal(text: str) -> str:
    return re.escape(unicodedata.normalize("NFC", text))


def _phone(phone: str) -> list[str]:
    """The number with or without its country's code, with whatever stands between its digits."""
    try:
        number = phonenumbers.parse(phone, None)
    except phonenumbers.NumberParseException:
        return [_phrase(line) for line in _lines(phone)]
    code, rest = (
        GAP.join(digits)
        for digits in [str(number.country_code), str(number.national_number)]
    )
    return [
        rf"(?<!\d)(?:(?:\+|00)?{GAP}{code}{GAP}(?:\(?0\)?{GAP})?|0{GAP})?{rest}(?!\d)"
    ]
