"""Webhooks as Shopify sends them: subscriptions, signed deliveries over HTTP, tries that end, and no promise
of order."""

import base64
import hashlib
import hmac
import json
import threading
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fakeshop.records import Customer, Order, Refund

TIMEOUT = 5
"""Seconds that Shopify waits for an answer."""
TRIES = 8
"""Failures in a row after which Shopify deletes a subscription that an app has made."""
Json = dict[str, Any]


@dataclass
class Subscription:
    id: int
    topic: str
    uri: str
    include_fields: list[str] = field(default_factory=list)
    format: str = "JSON"
    failures: int = 0


@dataclass(frozen=True)
class Delivery:
    """One message, the same at every try. ``topic`` is written as in its header: orders/updated."""

    topic: str
    uri: str
    body: bytes
    triggered_at: datetime
    webhook_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    event_id: str = field(default_factory=lambda: str(uuid.uuid4()))


def signature(secret: str, body: bytes) -> str:
    return base64.b64encode(
        hmac.new(secret.encode(), body, hashlib.sha256).digest()
    ).decode()


class Postman:
    """Carries a shop's webhooks. What happens at the shop is put into ``outbox``; ``deliver`` sends it."""

    def __init__(
        self,
        domain: str,
        secret: str,
        new_id: Callable[[], int],
        clock: Callable[[], datetime],
    ) -> None:
        self.domain, self.secret, self.new_id, self.clock = (
            domain,
            secret,
            new_id,
            clock,
        )
        self.subscriptions: dict[int, Subscription] = {}
        self.outbox: list[Delivery] = []
        self.refused_topics: dict[str, str] = {}
        """Topics that this app may not subscribe to, and what Shopify says then."""
        self.at_once = False
        """Whether each message is sent as soon as it is written, by a thread of its own."""
        self.lock = threading.Lock()

    # What the app asks

    def subscribe(
        self, topic: str, uri: str, include_fields: list[str], kind: str = "JSON"
    ) -> str:
        """An empty text, or why there is no such subscription."""
        if topic in self.refused_topics:
            return self.refused_topics[topic]
        if not uri.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
            return "Address protocol http:// is not supported"
        if any(
            (each.topic, each.uri) == (topic, uri)
            for each in self.subscriptions.values()
        ):
            return "Address for this topic has already been taken"
        made = Subscription(self.new_id(), topic, uri, include_fields, kind)
        self.subscriptions[made.id] = made
        return ""

    def unsubscribe(self, number: int) -> str:
        return (
            ""
            if self.subscriptions.pop(number, None)
            else "Webhook subscription does not exist"
        )

    # What happens at the shop

    def notify(self, topic: str, content: Json) -> None:
        """Write a message to everyone who has subscribed to this topic of the enum."""
        for each in list(self.subscriptions.values()):
            if each.topic == topic:
                wanted = each.include_fields
                kept = {
                    name: value
                    for name, value in content.items()
                    if not wanted or name in wanted
                }
                self.write(header_of(topic), kept, each.uri)

    def write(self, topic: str, content: Json, uri: str) -> Delivery:
        """A message to ``uri`` whether or not somebody has subscribed, as for the privacy topics of an app's
        configuration."""
        delivery = Delivery(topic, uri, json.dumps(content).encode(), self.clock())
        with self.lock:
            self.outbox.append(delivery)
        if self.at_once:
            threading.Thread(target=self.deliver, daemon=True).start()
        return delivery

    # What a test asks of the postman

    def deliver(
        self, *, times: int = 1, backwards: bool = False, secret: str = ""
    ) -> list[int]:
        """Send what is in the outbox, each message so many ``times``; the statuses that came back, 0 for no
        answer.

        With ``secret`` the messages are signed with that one. What was not taken stays in the outbox for
        another try.
        """
        with self.lock:
            sent, self.outbox = self.outbox, []
        statuses = []
        for delivery in reversed(sent) if backwards else sent:
            answers = [self.send(delivery, secret=secret) for _ in range(times)]
            statuses += answers
            self._note(delivery, taken=200 <= answers[-1] < 300)
        return statuses

    def send(self, delivery: Delivery, *, secret: str = "", **headers: str) -> int:
        """One try; ``headers`` stand in for Shopify's own, with underscores for hyphens."""
        given = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": delivery.topic,
            "X-Shopify-Hmac-Sha256": signature(secret or self.secret, delivery.body),
            "X-Shopify-Shop-Domain": self.domain,
            "X-Shopify-API-Version": "2026-10",
            "X-Shopify-Webhook-Id": delivery.webhook_id,
            "X-Shopify-Event-Id": delivery.event_id,
            "X-Shopify-Triggered-At": delivery.triggered_at.strftime(
                "%Y-%m-%dT%H:%M:%S.%f000Z"
            ),
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(delivery.uri, delivery.body, given)  # noqa: S310  a test's own address
        try:
            with urllib.request.build_opener(_Stay).open(
                request, timeout=TIMEOUT
            ) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return 0

    def _note(self, delivery: Delivery, *, taken: bool) -> None:
        for each in list(self.subscriptions.values()):
            if (header_of(each.topic), each.uri) == (delivery.topic, delivery.uri):
                each.failures = 0 if taken else each.failures + 1
                if each.failures >= TRIES:
                    del self.subscriptions[each.id]
                    return
        if not taken:
            with self.lock:
                self.outbox.append(delivery)


class _Stay(urllib.request.HTTPRedirectHandler):
    """A redirect is a failure."""

    def redirect_request(self, *_args: object) -> None:
        return None


def header_of(topic: str) -> str:
    """ORDERS_CREATE as its header writes it: orders/create."""
    resources = [
        "BULK_OPERATIONS",
        "ORDERS",
        "REFUNDS",
        "PRODUCTS",
        "CUSTOMERS",
        "SHOP",
        "APP",
    ]
    resource = next(each for each in resources if topic.startswith(f"{each}_"))
    return f"{resource}/{topic.removeprefix(resource)[1:]}".lower()


def order_message(order: Order, customer: Customer | None) -> Json:
    """What Shopify sends of an order, in the words of its old API; the app has no use for most of it."""
    person = (
        {"id": customer.id, "first_name": customer.first_name, "email": customer.email}
        if customer
        else None
    )
    return {
        "id": order.id,
        "admin_graphql_api_id": f"gid://shopify/Order/{order.id}",
        "name": order.name,
        "updated_at": order.updated_at.isoformat(),
        "email": order.email,
        "note": order.note,
        "customer": person,
        "line_items": [
            {
                "id": each.id,
                "title": each.title,
                "current_quantity": each.current_quantity,
            }
            for each in order.lines
        ],
    }


def refund_message(order: Order, refund: Refund) -> Json:
    return {
        "id": refund.id,
        "order_id": order.id,
        "refund_line_items": [
            {"line_item_id": line, "quantity": number}
            for line, number in refund.quantities.items()
        ],
    }


def customer_message(customer: Customer) -> Json:
    return {
        "id": customer.id,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "email": customer.email,
    }
