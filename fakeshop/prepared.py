"""``python -m fakeshop.prepared``: a large shop whose answers are ready before they are asked for, for the
benchmark.

Every page has been executed over Shopify's types once; afterwards only bytes are sent, so that the time which
is measured is the importer's and not the shop's.
"""

import argparse
import gzip
import json
import random
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from fakeshop.documents import operation_name
from fakeshop.execution import answer
from fakeshop.faults import send
from fakeshop.records import Address, Order
from fakeshop.shop import FakeShop, Request

PAGE = 250


def large_shop(orders: int, customers: int, products: int, seed: int = 1) -> FakeShop:
    """Orders of one to five lines, three on average, a second apart, by customers with phone numbers."""
    shop, pick = FakeShop(), random.Random(seed)
    for number in range(products):
        variants = [
            ("Default Title", f"SKU-{number}", f"{pick.randint(500, 20_000) / 100:.2f}")
        ]
        shop.add_product(
            f"Spare part {number}",
            variants,
            product_type=f"Shelf {number % 40}",
            description_html=f"<p>Part {number}</p>",
        )
    for number in range(customers):
        address = Address(
            "Nr", f"Customer {number}", "", f"Hauptstr. {number}", "", "10115", "Berlin"
        )
        shop.add_customer(
            "Nr",
            f"Customer {number}",
            email=f"c{number}@example.com",
            phone=f"+49151{number:08}",
            address=address,
        )
    began = datetime(2026, 11, 1, tzinfo=UTC)
    sold, buyers = list(shop.products.values()), list(shop.customers.values())
    for number in range(orders):
        lines = [
            shop.line(pick.choice(sold), pick.randint(1, 3))
            for _ in range(pick.randint(1, 5))
        ]
        at = began + timedelta(seconds=number)
        shop.place_order(
            lines,
            pick.choice(buyers),
            created_at=at,
            updated_at=at,
            delivery="DHL Paket",
            shipping=Decimal("4.90"),
        )
    return shop


class PreparedShop(ThreadingHTTPServer):
    """The ready answers to the pages of one query, as it is first asked for; any other question is executed.
    Products are answered by their ids."""

    daemon_threads = True

    def __init__(self, shop: FakeShop) -> None:
        self.shop = shop
        self.pages: dict[str | None, bytes] = {}
        self.asked = ""
        self.preparing = threading.Lock()
        self.texts: dict[str, str] = {}
        super().__init__(("127.0.0.1", 0), _Handler)

    def page(self, text: str, variables: dict[str, Any]) -> bytes:
        """All pages are made at the first question; the orders are few enough at a time to sort them only
        once."""
        with self.preparing:
            if not self.pages:
                self.asked = variables["query"]
                self._prepare(text, variables)
        if variables["query"] != self.asked:
            return self.executed(text, variables)
        return self.pages[variables.get("after")]

    def executed(self, text: str, variables: dict[str, Any]) -> bytes:
        return gzip.compress(
            json.dumps(answer(self.shop, text, variables, Request("", {}))).encode()
        )

    def _prepare(self, text: str, variables: dict[str, object]) -> None:
        everything = list(self.shop.orders.values())
        cursor: str | None = None
        for start in range(0, len(everything), PAGE):
            self.shop.orders = {order.id: order for order in _window(everything, start)}
            body = answer(
                self.shop, text, {**variables, "after": cursor}, Request("", {})
            )
            self.pages[cursor] = gzip.compress(json.dumps(body).encode(), 1)
            cursor = body["data"]["orders"]["pageInfo"]["endCursor"]
        self.shop.orders = {order.id: order for order in everything}

    def products(self, text: str, ids: list[str]) -> bytes:
        if not self.texts:
            every = [f"gid://shopify/Product/{pk}" for pk in self.shop.products]
            for start in range(0, len(every), PAGE):
                part = every[start : start + PAGE]
                nodes = answer(self.shop, text, {"ids": part}, Request("", {}))["data"][
                    "nodes"
                ]
                self.texts |= {
                    gid: json.dumps(node) for gid, node in zip(part, nodes, strict=True)
                }
        body = f'{{"data": {{"nodes": [{",".join(self.texts[gid] for gid in ids)}]}}, "extensions": {COST}}}'
        return gzip.compress(body.encode(), 1)


COST = json.dumps(
    {
        "cost": {
            "requestedQueryCost": 2,
            "actualQueryCost": 2,
            "throttleStatus": {
                "maximumAvailable": 1e9,
                "currentlyAvailable": 1e9,
                "restoreRate": 1e9,
            },
        }
    }
)


def _window(everything: list[Order], start: int) -> list[Order]:
    """One page and a little of the next, so that the page knows that there is a next."""
    return everything[start : start + PAGE + 1]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 256 * 1024
    server: PreparedShop

    def log_message(self, *_args: object) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text, variables = asked["query"], asked["variables"]
        match operation_name(text):
            case "ChangedOrders":
                body = self.server.page(text, variables)
            case "ProductTexts":
                body = self.server.products(text, variables["ids"])
            case _:
                body = self.server.executed(text, variables)
        send(
            self,
            200,
            body,
            "application/json",
            {"Content-Encoding": "gzip", "X-Shopify-API-Version": "2026-10"},
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="fakeshop.prepared")
    parser.add_argument("--orders", type=int, default=20_000)
    parser.add_argument("--customers", type=int, default=5_000)
    parser.add_argument("--products", type=int, default=2_000)
    options = parser.parse_args()
    with PreparedShop(
        large_shop(options.orders, options.customers, options.products)
    ) as server:
        print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
