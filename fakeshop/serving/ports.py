"""Ports of this machine. A port is taken by listening at it: nobody else gets it between looking and using,
and whoever calls before a program of ours answers has to wait."""

import os
import socket

from django.core.management.base import CommandError

PORTS_TRIED = 20
FOR_ANYBODY, HIGHEST = 1_024, 65_535
USUAL = 8_000


def port_of(text: str) -> int | None:
    """None for an empty text. Raises CommandError for what is no port."""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= HIGHEST):
        raise CommandError(
            f"PORT must be a number from 1 to {HIGHEST}; it is “{text}”."
        )
    return int(text)


def taken(port: int) -> socket.socket:
    """Raises CommandError if it cannot be had."""
    try:
        return _listening(port)
    except OSError as error:
        is_like_others = FOR_ANYBODY <= port <= HIGHEST - PORTS_TRIED
        with first_free(port + 1 if is_like_others else USUAL) as free:
            another = free.getsockname()[1]
        why = os.strerror(error.errno or 0).lower()
        raise CommandError(
            f"Port {port} cannot be used ({why}). This one can: make run PORT={another}"
        ) from None


def first_free(port: int) -> socket.socket:
    """``port``, or the next one that is free."""
    last = min(port + PORTS_TRIED, HIGHEST + 1)
    for each in range(port, last):
        try:
            return _listening(each)
        except OSError:
            continue
    raise CommandError(
        f"None of the ports {port} to {last - 1} is free. Name one that is: make run PORT=…"
    )


def _listening(port: int) -> socket.socket:
    return socket.create_server(("127.0.0.1", port))
