"""One HTTP exchange with a store that does no harm: no redirects, bounded in bytes and in time, only to the
store's own host."""

import os.path
import re
import time
from dataclasses import dataclass
from functools import cache
from ssl import SSLContext
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import DEFAULT_CA_BUNDLE_PATH, HTTPAdapter
from urllib3.util.ssl_ import create_urllib3_context

from integrations.shopify.errors import (
    BAD_ANSWER,
    DOWN,
    SHOP_UNKNOWN,
    refused,
    unavailable,
)

SHOP_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com", re.ASCII)
ADMIN_ADDRESS = re.compile(
    r"(?:https?://)?admin\.shopify\.com/store/([a-z0-9-]+)(?:[/?#].*)?"
)
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
TIMEOUT = (3.05, 15.0)
"""Seconds to connect, and between two bytes."""
DEADLINE = 40.0
"""Seconds for a whole answer: a timeout between bytes does not stop a slow drip."""
MAX_BYTES = 32 * 1024 * 1024
"""After decompression; a page of 250 orders of 20 lines has about 4 MB."""
CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, read to its end. ``headers`` are looked up in any case."""

    status: int
    headers: requests.structures.CaseInsensitiveDict[str]
    body: bytes

    @property
    def request_id(self) -> str:
        return self.headers.get("X-Request-Id", "")[:64]

    @property
    def retry_after(self) -> float:
        try:
            seconds = float(self.headers.get("Retry-After", "0"))
        except ValueError:
            return 0.0
        return min(seconds, 3_600.0) if seconds > 0 else 0.0  # NaN is not above 0


@cache
def authorities(bundle: str) -> SSLContext:
    """Who may vouch for a host: the certificates in this file or folder."""
    context = create_urllib3_context()
    if os.path.isdir(bundle):
        context.load_verify_locations(capath=bundle)
    else:
        context.load_verify_locations(cafile=bundle)
    return context


class Adapter(HTTPAdapter):
    """Reads the certificates of authorities once in a process. ``requests`` reads them for each connection,
    which takes 20 ms, several times what the rest of a poll takes."""

    def build_connection_pool_key_attributes(
        self,
        request: requests.PreparedRequest,
        verify: bool | str,
        cert: str | tuple[str, str] | None = None,
    ) -> Any:  # noqa: ANN401  its types are only in the stubs
        host, tls = super().build_connection_pool_key_attributes(request, verify, cert)
        if host["scheme"] == "https" and verify:
            bundle = verify if isinstance(verify, str) else DEFAULT_CA_BUNDLE_PATH
            context = authorities(bundle)
            return host, {"cert_reqs": "CERT_REQUIRED", "ssl_context": context}
        return host, tls

    def cert_verify(self, conn: object, url: str, verify: object, cert: object) -> None:
        """The connection has it all; what is named here would be read."""


class Transport:
    """Sends to one store. ``base_url`` empty means https://{domain}; else it must be a loopback address, for
    development.

    Raises StoreRefused for a domain that is not Shopify's and for any other address: the token would go
    there.
    """

    def __init__(
        self, domain: str, base_url: str = "", *, deadline: float = DEADLINE
    ) -> None:
        self.base_url, self.domain = _allowed(domain, base_url), domain
        self.deadline = deadline
        self.session = requests.Session()
        self.session.mount("https://", Adapter())
        self.is_here = bool(base_url)
        """Whether the shop stands on this machine, for development."""
        # A proxy of the environment is for the way to Shopify.
        self.session.trust_env = not self.is_here

    def post(self, path: str, *, body: bytes, headers: dict[str, str]) -> Reply:
        """The answer, whatever its status. Raises StoreUnavailable when there is none, or none that can be
        read."""
        until = time.monotonic() + self.deadline
        try:
            with self.session.post(
                self.base_url + path,
                data=body,
                headers=headers,
                timeout=TIMEOUT,
                stream=True,
                allow_redirects=False,
            ) as response:
                return Reply(
                    response.status_code, response.headers, _read(response, until)
                )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError):
            # The exception's own text may hold the address and headers; it is not passed on.
            raise unavailable(DOWN, "no_answer") from None


SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):(?!\d)", re.ASCII)
"""What begins an address that is none of the web's: javascript:, mailto:. Behind a host stands a port."""


def shop_domain_in(typed: str) -> str:
    """The shop's host name in an address as people paste it: of the shop, of a page of its administration, or
    the part before .myshopify.com. Empty if it is no address."""
    text = typed.strip().lower()
    if admin := ADMIN_ADDRESS.fullmatch(text):
        return f"{admin[1]}.myshopify.com"
    if (scheme := SCHEME.match(text)) and scheme[1] not in {"http", "https"}:
        return ""
    try:
        parts = urlsplit(text if "//" in text else f"//{text}")
    except ValueError:
        return ""
    host = "" if "@" in parts.netloc else parts.hostname or ""
    return f"{host}.myshopify.com" if host and "." not in host else host


def is_shop_domain(domain: str) -> bool:
    """Whether this is a host name of Shopify's own: tokens are sent to no other."""
    return SHOP_DOMAIN.fullmatch(domain) is not None


def _allowed(domain: str, base_url: str) -> str:
    if not is_shop_domain(domain):
        raise refused(SHOP_UNKNOWN, "shop_unknown")
    if not base_url:
        return f"https://{domain}"
    parts = urlsplit(base_url)
    if (
        parts.scheme not in {"http", "https"}
        or parts.hostname not in LOOPBACK
        or parts.username
    ):
        raise refused(SHOP_UNKNOWN, "shop_unknown")
    return base_url.rstrip("/")


def _read(response: requests.Response, until: float) -> bytes:
    """The body, decompressed piece by piece, so that a small bomb cannot become a large one in memory."""
    pieces: list[bytes] = []
    size = 0
    while piece := response.raw.read1(CHUNK, decode_content=True):
        pieces.append(piece)
        size += len(piece)
        if size > MAX_BYTES or time.monotonic() > until:
            raise unavailable(BAD_ANSWER, "bad_answer")
    expected = response.headers.get("Content-Length", "")
    if (
        expected.isdigit()
        and "Content-Encoding" not in response.headers
        and size < int(expected)
    ):
        raise unavailable(BAD_ANSWER, "bad_answer")
    return b"".join(pieces)
