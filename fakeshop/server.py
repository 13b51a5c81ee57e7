"""The shop over HTTP on a loopback address, like https://{domain}: GraphQL, tokens, and a page for each
order."""

import gzip
import html
import json
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from fakeshop.documents import operation_name
from fakeshop.execution import answer
from fakeshop.faults import UNRECOGNISED, send
from fakeshop.shop import FakeShop, Request

GRANTED_FOR = 86_399


class ShopServer(ThreadingHTTPServer):
    """Serves one shop, at a port or at a socket that listens already. Raises OSError when the port is
    taken."""

    daemon_threads = True
    block_on_close = False
    # Taken means taken: a second server on the same port would answer every other request.
    allow_reuse_address = True
    allow_reuse_port = False

    def __init__(
        self, shop: FakeShop, port: int = 0, *, listening: int | None = None
    ) -> None:
        self.shop = shop
        super().__init__(
            ("127.0.0.1", port), Handler, bind_and_activate=listening is None
        )
        if listening is not None:
            self.socket.close()
            self.socket = socket.socket(fileno=listening)
            self.server_address = self.socket.getsockname()
        shop.bulk.address = self.url

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no news; this is a shop for tests."""


@contextmanager
def serving(shop: FakeShop, port: int = 0) -> Iterator[str]:
    """The shop's address while the block runs."""
    with ShopServer(shop, port) as server:
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Without it each answer waits for the acknowledgement of its headers.
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    server: ShopServer

    def log_message(self, *_args: object) -> None:
        """Quiet: the shop keeps its own list of requests."""

    @property
    def shop(self) -> FakeShop:
        return self.server.shop

    def do_GET(self) -> None:
        if self.path.startswith("/bulk/"):
            return self.shop.bulk.serve(self)
        order = next(
            (
                each
                for each in self.shop.visible()
                if self.path == f"/admin/orders/{each.id}"
            ),
            None,
        )
        if order is None:
            return send(self, 404, b"<h1>Not Found</h1>", "text/html")
        lines = "".join(
            f"<li>{line.current_quantity} × {html.escape(line.title)}</li>"
            for line in order.lines
        )
        page = (
            f"<!doctype html><meta charset=utf-8><title>{order.name}</title><h1>{self.shop.name}: order "
            f"{order.name}</h1><ul>{lines}</ul>"
        )
        return send(self, 200, page.encode(), "text/html")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        time.sleep(self.shop.seconds_per_answer)
        if self.path == "/admin/oauth/access_token":
            return self._token(parse_qs(body.decode()))
        if not self.path.startswith("/admin/api/") or not self.path.endswith(
            "/graphql.json"
        ):
            return send(self, 404, b'{"errors":"Not Found"}', "application/json")
        return self._graphql(json.loads(body))

    def _token(self, form: dict[str, list[str]]) -> None:
        """The client-credentials grant; Shopify refuses in HTML."""
        if self.shop.faults:
            self.shop.faults.popleft()(self)
            return None
        given = [
            form.get(name, [""])[0]
            for name in ["grant_type", "client_id", "client_secret"]
        ]
        if given[1] != self.shop.client_id:
            return self._oauth_error("application_cannot_be_found")
        if given != [
            "client_credentials",
            self.shop.client_id,
            self.shop.client_secret,
        ]:
            return self._oauth_error("invalid_request")
        token = secrets.token_hex(16)
        self.shop.tokens.add(token)
        self.shop.requests.append(Request("access_token", {}))
        granted = {
            "access_token": token,
            "scope": ",".join(sorted(self.shop.scopes)),
            "expires_in": GRANTED_FOR,
        }
        return send(self, 200, json.dumps(granted).encode(), "application/json")

    def _oauth_error(self, code: str) -> None:
        page = (
            f"<!doctype html><title>400 - Oauth error {code}</title><p>Oauth error {code}: it was "
            "refused.</p>"
        )
        send(self, 400, page.encode(), "text/html")

    def _graphql(self, asked: dict[str, Any]) -> None:
        shop = self.shop
        token = self.headers.get("X-Shopify-Access-Token", "")
        request = Request(
            operation_name(asked["query"]), asked.get("variables") or {}, token=token
        )
        shop.requests.append(request)
        if shop.before_answer:
            shop.before_answer(request)
        if shop.faults:
            fault = shop.faults.popleft()
            self._answered(request)
            fault(self)
            return None
        if token not in shop.tokens:
            self._answered(request)
            return send(
                self,
                401,
                json.dumps(UNRECOGNISED).encode(),
                "application/json",
                self._headers(),
            )
        content = json.dumps(
            answer(shop, asked["query"], request.variables, request)
        ).encode()
        self._answered(request)
        headers = self._headers()
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            content, headers["Content-Encoding"] = gzip.compress(content, 1), "gzip"
        return send(self, 200, content, "application/json", headers)

    def _answered(self, request: Request) -> None:
        if self.shop.after_answer:
            self.shop.after_answer(request)

    def _headers(self) -> dict[str, str]:
        version = self.shop.version_served or self.path.split("/")[3]
        return {
            "X-Request-Id": f"request-{len(self.shop.requests)}",
            "X-Shopify-API-Version": version,
        }
