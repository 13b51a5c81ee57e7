"""Log lines for machines: one JSON object each, with what the line is about in fields of its own."""

import json
import logging
import re
import sys
import threading
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse

ABOUT = ("store", "domain", "job", "order", "request_id", "request")
"""``store`` and ``job`` are RO App's numbers, ``order`` and ``request_id`` the platform's: what its support
asks for. ``request`` is the id of the request to us in which the line was written."""
REQUEST: ContextVar[str] = ContextVar("request", default="")
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class JsonLines(logging.Formatter):
    """Of a fault the type and the places: its own words may quote a customer."""

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(
                timespec="milliseconds"
            ),
            "level": record.levelname,
            "logger": record.name,
            "message": _without_words(record.getMessage(), error),
            **{
                name: getattr(record, name)
                for name in ABOUT
                if getattr(record, name, None) not in {None, ""}
            },
        }
        if error:
            line["traceback"] = "".join(_places(error))
        return json.dumps(line, ensure_ascii=False, default=str)


class OfRequest(logging.Filter):
    """Tells each line the request in which it is written."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request = REQUEST.get()
        return True


def requests_numbered(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: a request has the id that a proxy gave it, or one of ours, in log lines and in its
    answer."""

    def answer(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        number = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        token = REQUEST.set(number)
        try:
            response = get_response(request)
        finally:
            REQUEST.reset(token)
        response["X-Request-ID"] = number
        return response

    return answer


def log_what_nobody_caught() -> None:
    """Faults that end a process or a thread, and warnings, become lines like any other."""
    log = logging.getLogger("roapp")
    logging.captureWarnings(True)
    sys.excepthook = lambda *error: log.critical("the process ended", exc_info=error)
    threading.excepthook = lambda caught: log.error(
        "a thread ended",
        exc_info=caught.exc_value,
    )
    sys.unraisablehook = lambda ignored: log.error(
        "a fault that could not be raised",
        exc_info=ignored.exc_value,
    )


def _without_words(message: str, error: BaseException | None) -> str:
    """Some lines quote the fault that they are about."""
    for each in _chain(error):
        for words in (repr(each), str(each)):
            message = message.replace(words, type(each).__name__) if words else message
    return message


def _places(error: BaseException | None) -> Iterator[str]:
    """Of the error and of what caused it the type and the places, without their words."""
    for each in _chain(error):
        yield f"{type(each).__name__}\n"
        yield from traceback.format_tb(each.__traceback__)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what caused it; Celery wraps what another process has raised."""
    seen: set[int] = set()
    while error and id(error) not in seen:
        seen.add(id(error))
        yield error
        inner = getattr(error, "exc", None)
        if not isinstance(inner, BaseException):
            inner = error.__cause__ or error.__context__
        error = inner
