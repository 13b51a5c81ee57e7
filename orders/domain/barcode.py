"""The barcode of an order's number, which the list's search understands."""

import re
from itertools import groupby

from barcode.codex import Code128

QUIET = 10
"""White modules that a scanner needs on either side (ISO/IEC 15417)."""
SCANNED = re.compile(r"RO(\d{1,18})", re.ASCII | re.IGNORECASE)


def scan_code(number: int) -> str:
    """What a scanner types. The letters tell our numbers from those of stores; there are no others and no
    signs in it, since scanners type as if the keyboard were an American one."""
    return f"RO{number}"


def scanned_number(text: str) -> int | None:
    """The order's number in what a scanner typed; None if it is no code of ours."""
    found = SCANNED.fullmatch(text.strip())
    return int(found[1]) if found else None


def bars(code: str) -> tuple[int, list[tuple[int, int]]]:
    """Code 128 as the width of the whole and each bar's place and width, in modules, with the quiet zones."""
    modules = Code128(code).build()[0]
    found = []
    at = QUIET
    for module, run in groupby(modules):
        width = len(list(run))
        if module == "1":
            found.append((at, width))
        at += width
    return at + QUIET, found
