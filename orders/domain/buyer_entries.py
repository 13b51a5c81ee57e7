"""What a buyer entered at the store for a line or an order: device, IMEI, engraving (I2).

A name may occur twice, so it is a list of [name, value] and no mapping; None if nothing was entered.
"""

import re
from collections.abc import Iterable, Sequence

from common.text import fold

Entries = list[list[str]] | None
IDENTIFYING = re.compile(r"imei|meid|eid\b|seri|s/n|\bsnr?\b|\bvin\b|fahrgestell")
"""In the folded name of an entry that tells one device from all others, in the languages of Europe."""
MAX_IDENTIFIER = 64


def as_text(entries: Entries) -> str:
    """One entry a line, as events and files show them."""
    return "\n".join(f"{name}: {value}" for name, value in entries or [])


def is_hidden(name: str) -> bool:
    """Shops name what apps note for themselves with an underscore in front, and do not show it to buyers."""
    return name.startswith("_")


def shown(entries: Entries) -> list[list[str]]:
    return [entry for entry in entries or [] if not is_hidden(entry[0])]


def hidden(entries: Entries) -> list[list[str]]:
    return [entry for entry in entries or [] if is_hidden(entry[0])]


def identifiers(all_entries: Iterable[Entries]) -> list[str]:
    """The numbers of devices in these entries, as they were typed and without what stands between."""
    return [
        spelling
        for entries in all_entries
        for _name, value in identifying(entries)
        for spelling in _spellings(value)
    ]


def identifying(entries: Entries) -> list[tuple[str, str]]:
    """Those that tell a device from all others, each value as long as it is searched."""
    return [
        (name, value[:MAX_IDENTIFIER])
        for name, value in entries or []
        if IDENTIFYING.search(fold(name))
    ]


def _spellings(value: str) -> Sequence[str]:
    bare = re.sub(r"[\s./\-]", "", value)
    return [value, bare] if bare != value else [value]
