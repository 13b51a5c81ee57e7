"""A second platform, which lives in tests only: a small shop with a JSON API, and all that connects it."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from django.utils import timezone

from customers.matching import ContactDetails
from integrations.models import StoreConnection
from integrations.platforms.errors import StoreRefused, StoreUnavailable
from integrations.platforms.platform import Credential, Platform
from integrations.platforms.protocol import (
    Budget,
    Count,
    OrderPage,
    OrderReading,
    OrderTimestamp,
    Preview,
    ShopReport,
    StoreExports,
    Subscriptions,
    TimestampPage,
)
from inventory.product_matching import ProductDetails, ProductText
from orders.importing.admission import Admission
from orders.importing.incoming import (
    IncomingLine,
    IncomingOrder,
    Snapshot,
    StoreFigures,
)

ORDER = {
    "number": "K-1",
    "item": "Kettle",
    "price": "39.00",
    "buyer": "Grace Hopper",
    "city": "Bonn",
}


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Kiosk(Platform):
    """Kiosk: one API key, no webhooks, no API versions, every order readable."""

    slug = "kiosk"
    label = "Kiosk"
    address_example = "my-shop.kiosk.example"
    address_help = "The shop's address at Kiosk."
    invalid_address = "Enter an address like my-shop.kiosk.example."
    credentials = (
        Credential("access_token", "API key", "Found in the shop's settings."),
    )
    credential_sets = (("access_token",),)
    credentials_required = "Enter the API key."
    base_url = ""
    """Where the shop of a test listens."""

    def is_address(self, domain: str) -> bool:
        return domain.isascii() and domain.endswith(".kiosk.example")

    def gateway(self, connection: StoreConnection) -> "KioskGateway":
        return KioskGateway(self.base_url, connection)

    def order_link(self, connection: StoreConnection) -> str:
        return f"https://{connection.domain}/orders/{{id}}/"


class KioskGateway:
    """One shop of Kiosk behind the neutral protocol."""

    customer_data_refused = without_customers = False
    served_api_version = ""
    page_size = 2
    budget = Budget(0, 0, 0, 0, 0)

    def __init__(self, url: str, connection: StoreConnection) -> None:
        self.url, self.connection = url, connection

    @property
    def exports(self) -> StoreExports:
        raise AssertionError("Kiosk writes no exports")

    def _get(self, path: str, **query: object) -> Any:  # noqa: ANN401  JSON
        headers = {"Authorization": f"Bearer {self.connection.access_token}"}
        try:
            answer = requests.get(
                self.url + path, params=query, headers=headers, timeout=5
            )
        except requests.RequestException:
            raise StoreUnavailable("Kiosk does not answer.", code="no_answer") from None
        if answer.status_code == 401:
            raise StoreRefused("Kiosk refuses the API key.", code="token_refused")
        return answer.json()

    def _changed(
        self, since: datetime, before: datetime | None
    ) -> list[dict[str, Any]]:
        found = self._get("/orders", since=since.isoformat())
        return [
            each for each in found if before is None or _time(each["changed"]) < before
        ]

    def preview(self, admission: Admission) -> Preview:
        found = [_time(each["placed"]) for each in self._changed(EPOCH, None)]
        since = admission.since
        admitted = sum(since is None or at >= since for at in found)
        nothing = {"test_order": Count(0, True)}
        return Preview(
            Count(admitted, True), nothing, Count(len(found) - admitted, True)
        )

    def check(self) -> ShopReport:
        shop = self._get("/shop")
        return ShopReport(
            id=shop.get("id", ""),
            name=shop["name"],
            domain=self.connection.domain,
            currency=shop["currency"],
            country="DE",
            plan="",
            missing_scopes=(),
            reads_all_orders=True,
            customer_data_readable=True,
            newest_order="",
            newest_order_at=None,
            api_version="",
            api_version_served="",
        )

    def changed_orders(
        self, since: datetime, *, before: datetime | None = None, position: str = ""
    ) -> Iterator[OrderPage]:
        """The cursor is how many orders have been read."""
        fetched_at = timezone.now()
        found = self._changed(since, before)
        start = int(position or 0)
        while start < len(found) or not found:
            behind = start + self.page_size
            page = tuple(self._snapshot(each) for each in found[start:behind])
            yield OrderPage(
                page, fetched_at, str(behind) if behind < len(found) else ""
            )
            if behind >= len(found):
                return
            start = behind

    def order_stamps(
        self, since: datetime, *, before: datetime, position: str = ""
    ) -> Iterator[TimestampPage]:
        found = self._changed(since, before)
        yield TimestampPage(
            tuple(
                OrderTimestamp(each["id"], each["number"], _time(each["changed"]))
                for each in found
            )
        )

    def count_orders(self, since: datetime, *, before: datetime | None = None) -> Count:
        return Count(len(self._changed(since, before)), exact=True)

    def find(self, number: str) -> OrderReading:
        fetched_at = timezone.now()
        found = [
            each
            for each in self._get("/orders")
            if number in {each["id"], each["number"]}
        ]
        return OrderReading(
            tuple(self._snapshot(each) for each in found), frozenset(), fetched_at
        )

    def orders(self, external_ids: Sequence[str]) -> OrderReading:
        fetched_at = timezone.now()
        found = [
            each for each in self._get("/orders") if each["id"] in set(external_ids)
        ]
        gone = frozenset(external_ids) - {each["id"] for each in found}
        return OrderReading(
            tuple(self._snapshot(each) for each in found), gone, fetched_at
        )

    def complete(self, snapshots: Sequence[Snapshot]) -> Sequence[Snapshot]:
        return snapshots

    def describe(self, product_ids: Sequence[str]) -> Mapping[str, ProductText]:
        return {each: ProductText(category="Kitchen") for each in product_ids}

    def subscribe(self, address: str, *, wanted: bool) -> Subscriptions:
        return Subscriptions()

    def _snapshot(self, raw: dict[str, Any]) -> Snapshot:
        digest = blake2b(json.dumps(raw).encode(), digest_size=8).digest()
        return Snapshot(
            external_id=raw["id"],
            number=raw["number"],
            updated_at=_time(raw["changed"]),
            fingerprint=int.from_bytes(digest, "big", signed=True),
            read=lambda: self._order(raw),
            placed_at=_time(raw["placed"]),
        )

    def _order(self, raw: dict[str, Any]) -> IncomingOrder:
        price, zero = Decimal(raw["price"]), Decimal("0.00")
        first, _space, last = raw["buyer"].partition(" ")
        key, item = self.connection.key, raw["item"]
        product = ProductDetails(
            key=f"{key}:{item}", external_id="7", name=item, parent=f"{key}:product:7"
        )
        return IncomingOrder(
            external_id=raw["id"],
            number=raw["number"],
            placed_at=_time(raw["placed"]),
            updated_at=_time(raw["changed"]),
            currency="EUR",
            figures=StoreFigures(
                price, zero, zero, zero, zero, zero, price, tax_included=True
            ),
            lines=(IncomingLine(f"{raw['id']}-1", item, "", 1, price, zero, product),),
            contact=ContactDetails(
                key=f"{key}:{last}", first_name=first, last_name=last
            ),
            delivery_address=raw["city"],
        )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


class KioskShop:
    """A shop whose orders a test places and changes; ``url`` is where it listens while it is served."""

    def __init__(self) -> None:
        self.orders: list[dict[str, Any]] = []
        self.api_key = "kiosk-key"

    def place(self, **values: str) -> dict[str, Any]:
        now = timezone.now().isoformat()
        order = (
            ORDER
            | {"id": str(len(self.orders) + 501), "placed": now, "changed": now}
            | values
        )
        self.orders.append(order)
        return order

    def change(self, order: dict[str, Any], **values: str) -> None:
        order |= values | {"changed": timezone.now().isoformat()}

    def answer(self, url: str) -> object:
        parts = urlsplit(url)
        if parts.path == "/shop":
            return {"name": "Corner Kiosk", "currency": "EUR"}
        (since,) = parse_qs(parts.query).get("since", ["0001-01-01T00:00:00+00:00"])
        changed = [
            each for each in self.orders if _time(each["changed"]) >= _time(since)
        ]
        return sorted(changed, key=lambda each: str(each["changed"]))

    @contextmanager
    def serving(self) -> Iterator[str]:
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                known = self.headers.get("Authorization") == f"Bearer {shop.api_key}"
                self.send_response(200 if known else 401)
                self.end_headers()
                self.wfile.write(
                    json.dumps(shop.answer(self.path) if known else {}).encode()
                )

            def log_message(self, *_args: object) -> None:
                """Nobody reads it."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(
                target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
            )
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_address[1]}"
            finally:
                server.shutdown()
                thread.join()
