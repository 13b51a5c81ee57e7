"""A file of lines from Shopify's storage: only from there, without a token, bounded in time and per line."""

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import requests
import urllib3

from integrations.shopify.errors import BAD_ANSWER, DOWN, unavailable
from integrations.shopify.transport import CHUNK, LOOPBACK, TIMEOUT

HOSTS = {"storage.googleapis.com"}
"""Where Shopify lays the results of bulk operations,
https://shopify.dev/docs/api/usage/bulk-operations/queries."""
MAX_LINE = 4 * 1024 * 1024
NOTHING_BEHIND = 416
"""The answer to who asks for what is behind a file's last byte."""


class NoFileError(Exception):
    """The address leads to no file of ours."""


class Download:
    """The lines of the file at ``url`` from the byte ``offset`` on, each with the offset behind it; for
    ``seconds``, then it stops. ``at_loopback``: the file may also lie on this machine, for development.

    Raises NoFileError, and StoreUnavailable when the file does not come or is cut off: what was yielded is
    good.
    """

    def __init__(
        self, url: str, *, offset: int, seconds: float, at_loopback: bool
    ) -> None:
        self.url, self.offset, self.at_loopback = url, offset, at_loopback
        self.until = time.monotonic() + seconds
        self.is_at_end = False
        """Whether the last line has been yielded."""

    def __iter__(self) -> Iterator[tuple[bytes, int]]:
        if not _is_expected(self.url, at_loopback=self.at_loopback):
            raise NoFileError
        session = requests.Session()
        session.trust_env = not self.at_loopback
        headers = {"Accept-Encoding": "identity", "Range": f"bytes={self.offset}-"}
        if not self.offset:
            del headers["Range"]
        try:
            with session.get(
                self.url,
                headers=headers,
                timeout=TIMEOUT,
                stream=True,
                allow_redirects=False,
            ) as response:
                yield from self._lines(response)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError):
            # The exception's own text may hold the address, which is as good as a key.
            raise unavailable(DOWN, "no_answer") from None

    def _lines(self, response: requests.Response) -> Iterator[tuple[bytes, int]]:
        if response.status_code == 429 or response.status_code >= 500:
            raise unavailable(DOWN, "server_error")
        if response.status_code == NOTHING_BEHIND and self.offset:
            self.is_at_end = True
            return
        if (
            response.status_code not in {200, 206}
            or response.headers.get("Content-Encoding", "identity") != "identity"
        ):
            raise NoFileError
        behind = self.offset
        rest = b""
        for piece in self._pieces(response):
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                behind += len(line) + 1
                yield line, behind
            if len(rest) > MAX_LINE:
                raise NoFileError
            if time.monotonic() > self.until:
                if behind == self.offset:
                    raise unavailable(DOWN, "too_slow")
                return
        if rest:
            yield rest, behind + len(rest)
        self.is_at_end = True

    def _pieces(self, response: requests.Response) -> Iterator[bytes]:
        """The file from the offset on, checked for its length; a server that knows no ranges sends all of
        it."""
        skip = self.offset if response.status_code == 200 else 0
        size = 0
        while piece := response.raw.read1(CHUNK, decode_content=False):
            size += len(piece)
            kept = piece[skip:]
            skip -= len(piece) - len(kept)
            if kept:
                yield kept
        expected = response.headers.get("Content-Length", "")
        if skip or (expected.isdigit() and size < int(expected)):
            raise unavailable(BAD_ANSWER, "bad_answer")


def _is_expected(url: str, *, at_loopback: bool) -> bool:
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        return False
    if parts.username or parts.password:
        return False
    if at_loopback and parts.scheme in {"http", "https"} and host in LOOPBACK:
        return True
    return parts.scheme == "https" and host in HOSTS and port in {None, 443}
