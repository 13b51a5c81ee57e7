"""Ways in which an answer is no answer, for ``FakeShop.fail_next``. Each writes to the handler in place of
the shop."""

import gzip
import json
import socket
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

Fault = Callable[[BaseHTTPRequestHandler], None]
UNRECOGNISED = {
    "errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"
}


def status(code: int, body: object = None, **headers: str) -> Fault:
    """An HTTP status with a JSON body; ``Retry_After="2"`` becomes a header."""

    def fail(handler: BaseHTTPRequestHandler) -> None:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        send(
            handler,
            code,
            json.dumps(
                body if body is not None else {"errors": "Not available"}
            ).encode(),
            "application/json",
            given,
        )

    return fail


def html(
    code: int = 200,
    text: str = "<!doctype html><title>Oops</title><h1>Something went wrong</h1>",
) -> Fault:
    return lambda handler: send(handler, code, text.encode(), "text/html")


def errors(code: str, message: str = "It failed", **extensions: object) -> Fault:
    """A GraphQL answer with status 200 that holds one error and no data."""
    body = {
        "data": None,
        "errors": [{"message": message, "extensions": {"code": code, **extensions}}],
    }
    return lambda handler: send(
        handler, 200, json.dumps(body).encode(), "application/json"
    )


def raw(body: bytes, content_type: str = "application/json") -> Fault:
    return lambda handler: send(handler, 200, body, content_type)


def redirect(location: str) -> Fault:
    return lambda handler: send(handler, 302, b"", "text/html", {"Location": location})


def cut_off(handler: BaseHTTPRequestHandler) -> None:
    """Half an answer, then the end of the connection."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"data": {"orders": {"nodes": [')
    handler.close_connection = True


def reset(handler: BaseHTTPRequestHandler) -> None:
    """The connection ends without a word."""
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def oversized(megabytes: int, *, compressed: bool = False) -> Fault:
    """Far more than any page; ``compressed`` makes it small on the way, a bomb."""

    def fail(handler: BaseHTTPRequestHandler) -> None:
        body = b" " * (megabytes * 1024 * 1024)
        headers = {"Content-Encoding": "gzip"} if compressed else {}
        try:
            send(
                handler,
                200,
                gzip.compress(body, 1) if compressed else body,
                "application/json",
                headers,
            )
        except OSError:
            handler.close_connection = True  # The reader had enough.

    return fail


def drip(seconds: float, pause: float = 0.05) -> Fault:
    """An answer that comes byte by byte for so many seconds."""

    def fail(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        until = time.monotonic() + seconds
        handler.close_connection = True
        try:
            while time.monotonic() < until:
                handler.wfile.write(b" ")
                handler.wfile.flush()
                time.sleep(pause)
        except OSError:
            return

    return fail


def send(
    handler: BaseHTTPRequestHandler,
    code: int,
    body: bytes,
    content_type: str,
    headers: dict[str, str] | None = None,
) -> None:
    handler.send_response(code)
    handler.send_header("Content-Type", content_type)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
