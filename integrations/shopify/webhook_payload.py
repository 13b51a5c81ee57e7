"""Shopify's webhooks: is a message genuine, what is it about, and who is to be told. Its content is never
used.

https://shopify.dev/docs/apps/build/webhooks. Signatures are made with the app's client secret over the raw
body.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from integrations.platforms.errors import SignatureError
from integrations.platforms.protocol import Message, News

ID_ONLY = ("id",)
TOPICS: dict[str, tuple[str, ...]] = {
    "ORDERS_CREATE": ID_ONLY,
    "ORDERS_UPDATED": ID_ONLY,
    "ORDERS_EDITED": (),
    "ORDERS_CANCELLED": ID_ONLY,
    "ORDERS_DELETE": ID_ONLY,
    "ORDERS_PAID": ID_ONLY,
    "REFUNDS_CREATE": ("id", "order_id"),
    "CUSTOMERS_UPDATE": ID_ONLY,
    "APP_UNINSTALLED": ID_ONLY,
    "APP_SCOPES_UPDATE": (),
    "SHOP_UPDATE": ID_ONLY,
    "BULK_OPERATIONS_FINISH": (),
}
"""What RO App subscribes to, and the fields that it wants to be sent: no more than ids, where the rest would
be personal. None named means all; those messages hold nothing personal. The privacy topics are set in the
app's configuration."""
NEWS = {
    **dict.fromkeys(
        ["orders/create", "orders/updated", "orders/edited", "orders/cancelled", "orders/delete"], News.ORDER
    ),
    **dict.fromkeys(
        ["orders/paid", "orders/fulfilled", "orders/partially_fulfilled", "refunds/create"], News.ORDER
    ),
    "customers/update": News.CUSTOMER,
    "app/uninstalled": News.UNINSTALLED,
    "app/scopes_update": News.SHOP,
    "shop/update": News.SHOP,
    "bulk_operations/finish": News.EXPORT_DONE,
    "customers/data_request": News.PERSON_ASKS,
    "customers/redact": News.PERSON_LEAVES,
    "shop/redact": News.SHOP_LEAVES,
}
"""By the topic's header. Any other, products/update among them, changes nothing here: products are never
overwritten (P2)."""
PRIVACY = {News.PERSON_ASKS, News.PERSON_LEAVES, News.SHOP_LEAVES}
LONGEST_ID = 64
MOST_ORDERS = 10_000


class Edit(msgspec.Struct):
    order_id: int | None = None


class Person(msgspec.Struct):
    id: int | None = None


class Body(msgspec.Struct):
    """The ids in any of the messages."""

    id: int | str | None = None
    order_id: int | None = None
    order_edit: Edit | None = None
    customer: Person | None = None
    shop_domain: str = ""
    orders_requested: list[int] = []
    orders_to_redact: list[int] = []


def read_message(headers: Mapping[str, str], body: bytes, *, domain: str, secrets: Sequence[str]) -> Message:
    """The message of the shop ``domain``, signed with one of these secrets. ``headers`` are looked up in any
    case.

    Raises SignatureError, and ValueError for a message that is signed but makes no sense.
    """
    if not _is_signed(headers.get("X-Shopify-Hmac-Sha256", ""), body, secrets) or _is_for_another(
        headers, domain
    ):
        raise SignatureError
    message_id, topic = headers.get("X-Shopify-Webhook-Id", ""), headers.get("X-Shopify-Topic", "")
    if not 0 < len(message_id) <= LONGEST_ID or not 0 < len(topic) <= LONGEST_ID:
        raise ValueError("the message has no id or no topic")
    news = NEWS.get(topic, News.NOTHING)
    try:
        content = msgspec.json.decode(body, type=Body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise ValueError("the message is no JSON of Shopify's") from None
    if news in PRIVACY and content.shop_domain != domain:
        raise SignatureError  # One app in several shops has one secret for all of them.
    return Message(
        message_id=message_id,
        topic=topic,
        news=news,
        order_ids=_orders(topic, news, content),
        customer_id=_customer(news, content),
        triggered_at=_time(headers.get("X-Shopify-Triggered-At", "")),
    )


def _is_signed(signature: str, body: bytes, secrets: Sequence[str]) -> bool:
    given = signature.encode("utf-8", "replace")
    good = [hmac.compare_digest(given, _signature(secret, body)) for secret in secrets if secret]
    return any(good)  # All are compared, so that time does not tell which.


def _signature(secret: str, body: bytes) -> bytes:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())


def _is_for_another(headers: Mapping[str, str], domain: str) -> bool:
    return headers.get("X-Shopify-Shop-Domain", domain).lower() != domain


def _orders(topic: str, news: News, content: Body) -> tuple[str, ...]:
    if news in PRIVACY:
        return tuple(
            str(each) for each in [*content.orders_requested, *content.orders_to_redact][:MOST_ORDERS]
        )
    if news != News.ORDER:
        return ()
    edit = content.order_edit or Edit()
    found = {"refunds/create": content.order_id, "orders/edited": edit.order_id}.get(topic, content.id)
    if not isinstance(found, int):
        raise ValueError("the message names no order")
    return (str(found),)


def _customer(news: News, content: Body) -> str:
    if news == News.CUSTOMER:
        return str(content.id or "")[:LONGEST_ID]
    return str(content.customer.id or "") if news in PRIVACY and content.customer else ""


def _time(text: str) -> datetime | None:
    """Shopify writes nanoseconds."""
    try:
        return datetime.fromisoformat(text[:19] + "+00:00") if text.endswith("Z") else None
    except ValueError:
        return None
