"""How text is searched: what people type and what rows hold are folded alike and then compared as they
are."""

import re
import unicodedata


def fold(text: str) -> str:
    """``text`` as it is searched: compatible forms unified, case folded, without accents (Ü, ü and u are
    one)."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(
        char
        for char in unicodedata.normalize("NFKD", decomposed)
        if not unicodedata.combining(char)
    )
    return unicodedata.normalize("NFC", bare)


def national(phone: str) -> str:
    """The digits that every notation of ``phone`` shares with E.164: without +, (0), 00 and a leading 0."""
    return re.sub(r"\D", "", phone.replace("(0)", "")).lstrip("0")


def printable(text: str, longest: int) -> str:
    """What was typed into a search box, on one line: without control characters and lone surrogates."""
    seen = "".join(
        char if unicodedata.category(char) not in {"Cc", "Cs"} else " " for char in text
    )
    return " ".join(seen.split())[:longest]
