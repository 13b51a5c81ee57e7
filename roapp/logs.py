"""Log lines for machines: one JSON object each, with what the line is about in fields of its own."""

import json
import logging
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime

ABOUT = ("store", "domain", "job", "order", "request_id")
"""``store`` and ``job`` are RO App's numbers, ``order`` and ``request_id`` the platform's: what its support
asks for."""


class JsonLines(logging.Formatter):
    """Of a fault the type and the places: its own words may quote a customer."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(
                timespec="milliseconds"
            ),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **{
                name: getattr(record, name)
                for name in ABOUT
                if getattr(record, name, None) not in {None, ""}
            },
        }
        if record.exc_info:
            line["traceback"] = "".join(_places(record.exc_info[1]))
        return json.dumps(line, ensure_ascii=False, default=str)


def _places(error: BaseException | None) -> Iterator[str]:
    """Of the error and of what caused it the type and the places, without their words."""
    seen: set[int] = set()
    while error and id(error) not in seen:
        seen.add(id(error))
        yield f"{type(error).__name__}\n"
        yield from traceback.format_tb(error.__traceback__)
        error = error.__cause__ or error.__context__
