"""Forms that two people may have open at once (O14): what the page showed comes back with what was typed, so
that only what the person changed is written, and nothing that somebody else changed meanwhile."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.text import Truncator
from django.utils.translation import gettext as _

MAX_SHOWN = 200
"""Characters of somebody else's value in a sentence."""


class FieldConflictError(Exception):
    """Somebody else has changed these fields since the page showed them; nothing was changed. ``now`` holds
    the present values by field."""

    def __init__(self, now: Mapping[str, str]) -> None:
        self.now = now
        super().__init__(", ".join(now))


def changes(
    wanted: Mapping[str, str], present: Mapping[str, str], seen: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """The present and the wanted value of each field where they differ. ``seen`` is what the page showed;
    a field that is not in it is written whatever it was.

    Raises FieldConflictError.
    """
    differing = {
        name: (present[name], value)
        for name, value in wanted.items()
        if value != present[name]
    }
    conflicts = {
        name: now
        for name, (now, _value) in differing.items()
        if _lines(seen.get(name, now)) != _lines(now)
    }
    if conflicts:
        raise FieldConflictError(conflicts)
    return differing


class SeenForm(forms.Form):
    """A form whose page sends back what it showed. ``initial`` holds the present values of SHOWN, as they
    stand in their fields; a page that does not say what it showed has everything written."""

    SHOWN: tuple[str, ...] = ()
    seen = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.is_in_conflict = False

    def show(self) -> None:
        """Have the page say what it shows; call it when ``initial`` is complete."""
        self.initial["seen"] = json.dumps(
            {name: self.initial[name] for name in self.SHOWN}
        )

    @property
    def values_seen(self) -> dict[str, str]:
        try:
            known = json.loads(self.data.get("seen", ""))
            return {name: str(known[name]) for name in self.SHOWN if name in known}
        except (ValueError, TypeError):
            return {}

    @property
    def touched(self) -> list[str]:
        """The fields that the person changed."""
        seen = self.values_seen
        return [
            name
            for name in self.SHOWN
            if name not in seen or _lines(self.data.get(name, "")) != _lines(seen[name])
        ]

    @property
    def wanted(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in self.touched}

    def show_conflict(
        self, conflict: FieldConflictError, present: Mapping[str, str]
    ) -> None:
        """Show the others' values beside what was typed, and in the fields that the person left alone; all
        of them count as seen from now on."""
        touched, seen = self.touched, self.values_seen
        left_alone = {name: present[name] for name in self.SHOWN if name not in touched}
        now_seen = json.dumps(seen | left_alone | dict(conflict.now))
        typed = {name: self.data[name] for name in self.data}
        self.data = typed | left_alone | {"seen": now_seen}
        self.is_in_conflict = True
        for name, value in conflict.now.items():
            self.add_error(name, _sentence(value))


def _sentence(value: str) -> str:
    if not value:
        return _("Somebody else has emptied this. Save again to replace it.")
    text = _("Somebody else has changed this to %(value)s. Save again to replace it.")
    return text % {"value": Truncator(value).chars(MAX_SHOWN)}


def _lines(text: str) -> str:
    """The text without what browsers and fields change at its lines' ends."""
    return "\n".join(line.strip() for line in text.splitlines()).strip()
