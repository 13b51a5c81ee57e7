"""Form fields for filters whose state is the URL: what they do not understand filters nothing, and they never
refuse."""

from collections.abc import Iterable
from datetime import date
from typing import cast

from django import forms

from common.http import ids_in
from common.lists.search import MAX_SEARCH_LENGTH
from common.text import printable

EARLIEST, LATEST = date(1970, 1, 1), date(2200, 1, 1)


class KnownValues(forms.MultipleChoiceField):
    """Any of the known choices; unknown values are dropped instead of refused."""

    @property
    def offered(self) -> list[tuple[str, str]]:
        """Value and label of every choice."""
        return [
            (str(key), str(label))
            for key, label in cast("Iterable[tuple[object, object]]", self.choices)
        ]

    def clean(self, value: Iterable[str] | None) -> list[str]:
        known = {key for key, _label in self.offered}
        return [each for each in dict.fromkeys(value or []) if each in known]


class Ids(forms.Field):
    widget = forms.MultipleHiddenInput

    def clean(self, value: Iterable[str] | None) -> list[int]:
        return ids_in(value or [])[:50]


class Day(forms.Field):
    def clean(self, value: str | None) -> date | None:
        try:
            day = date.fromisoformat(value or "")
        except ValueError:
            return None
        return day if EARLIEST <= day <= LATEST else None


class Words(forms.Field):
    def clean(self, value: str | None) -> str:
        return printable(value or "", MAX_SEARCH_LENGTH)


class IdRanges(forms.Field):
    """Row ids, those that follow each other as a range: "7.10-12"."""

    MAX_IDS = 1_000

    def clean(self, value: str | None) -> list[int]:
        found: dict[int, None] = {}
        for part in (value or "").split("."):
            first, _dash, last = part.partition("-")
            ends = ids_in([first, last or first])
            if ends and ends[-1] - ends[0] < self.MAX_IDS - len(found):
                found.update(dict.fromkeys(range(ends[0], ends[-1] + 1)))
        return list(found)
