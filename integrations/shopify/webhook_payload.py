"""Shopify's webhooks: is a message genuine, what is it about, and who is to be told. Its content is
not used, but for whom a privacy request is about.

https://shopify.dev/docs/apps/build/webhooks. Signatures are made with the app's client secret over the raw
body.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence

import msgspec

from integrations.platforms.errors import SignatureError
from integrations.platforms.protocol import Message, WebhookEvent

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
EVENTS = {
    **dict.fromkeys(
        [
            "orders/create",
            "orders/updated",
            "orders/edited",
            "orders/cancelled",
            "orders/delete",
        ],
        WebhookEvent.ORDER,
    ),
    **dict.fromkeys(
        [
            "orders/paid",
            "orders/fulfilled",
            "orders/partially_fulfilled",
            "refunds/create",
        ],
        WebhookEvent.ORDER,
    ),
    "customers/update": WebhookEvent.CUSTOMER,
    "app/uninstalled": WebhookEvent.UNINSTALLED,
    "app/scopes_update": WebhookEvent.SHOP,
    "shop/update": WebhookEvent.SHOP,
    "bulk_operations/finish": WebhookEvent.EXPORT_DONE,
    "customers/data_request": WebhookEvent.CUSTOMER_DATA_REQUEST,
    "customers/redact": WebhookEvent.CUSTOMER_REDACT,
    "shop/redact": WebhookEvent.SHOP_REDACT,
}
"""By the topic's header. Any other, products/update among them, changes nothing here: products are never
overwritten (P2)."""
SHAPES = {
    WebhookEvent.CUSTOMER_DATA_REQUEST: (True, False),
    WebhookEvent.CUSTOMER_REDACT: (False, True),
    WebhookEvent.SHOP_REDACT: (False, False),
}
"""Whether the body of a privacy topic names orders requested, and orders to redact: the topic itself is not
signed, so that a body sent for another one would erase somebody."""
MAX_ID = 64
MAX_ORDERS = 10_000
MAX_CONTACT = 255


class Edit(msgspec.Struct):
    order_id: int | None = None


class Person(msgspec.Struct):
    id: int | None = None
    email: object = None
    phone: object = None


class Body(msgspec.Struct):
    """The ids in any of the messages."""

    id: int | str | None = None
    order_id: int | None = None
    order_edit: Edit | None = None
    customer: Person | None = None
    shop_domain: str = ""
    orders_requested: list[int] | None = None
    orders_to_redact: list[int] | None = None


def read_message(
    headers: Mapping[str, str], body: bytes, *, domain: str, secrets: Sequence[str]
) -> Message:
    """The message of the shop ``domain``, signed with one of these secrets. ``headers`` are looked up in any
    case.

    Raises SignatureError, and ValueError for a message that is signed but makes no sense.
    """
    if not _is_signed(
        headers.get("X-Shopify-Hmac-Sha256", ""), body, secrets
    ) or _is_for_another(headers, domain):
        raise SignatureError
    message_id, topic = (
        headers.get("X-Shopify-Webhook-Id", ""),
        headers.get("X-Shopify-Topic", ""),
    )
    if not 0 < len(message_id) <= MAX_ID or not 0 < len(topic) <= MAX_ID:
        raise ValueError("the message has no id or no topic")
    event = EVENTS.get(topic, WebhookEvent.NOTHING)
    try:
        content = msgspec.json.decode(body, type=Body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise ValueError("the message is no JSON of Shopify's") from None
    if event in SHAPES and content.shop_domain != domain:
        raise SignatureError  # One app in several shops has one secret for all of them.
    if event in SHAPES and _shape(content) != SHAPES[event]:
        raise ValueError("the message is one of another topic")
    return Message(
        message_id=message_id,
        topic=topic,
        event=event,
        order_ids=_orders(topic, event, content),
        customer_id=_customer(event, content),
        **_contact(event, content),
    )


def _is_signed(signature: str, body: bytes, secrets: Sequence[str]) -> bool:
    given = signature.encode("utf-8", "replace")
    good = [
        hmac.compare_digest(given, _signature(secret, body))
        for secret in secrets
        if secret
    ]
    return any(good)  # All are compared, so that time does not tell which.


def _signature(secret: str, body: bytes) -> bytes:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())


def _is_for_another(headers: Mapping[str, str], domain: str) -> bool:
    return headers.get("X-Shopify-Shop-Domain", domain).lower() != domain


def _shape(content: Body) -> tuple[bool, bool]:
    lists = content.orders_requested, content.orders_to_redact
    return lists[0] is not None, lists[1] is not None


def _orders(topic: str, event: WebhookEvent, content: Body) -> tuple[str, ...]:
    if event in SHAPES:
        named = content.orders_requested or content.orders_to_redact or []
        return tuple(str(each) for each in named[:MAX_ORDERS])
    if event != WebhookEvent.ORDER:
        return ()
    edit = content.order_edit or Edit()
    found = {"refunds/create": content.order_id, "orders/edited": edit.order_id}.get(
        topic, content.id
    )
    if not isinstance(found, int):
        raise ValueError("the message names no order")
    return (str(found),)


def _customer(event: WebhookEvent, content: Body) -> str:
    if event == WebhookEvent.CUSTOMER:
        return str(content.id or "")[:MAX_ID]
    return (
        str(content.customer.id or "") if event in SHAPES and content.customer else ""
    )


def _contact(event: WebhookEvent, content: Body) -> dict[str, str]:
    person = content.customer if event in SHAPES else None
    said = {"email": person.email, "phone": person.phone} if person else {}
    return {
        name: text[:MAX_CONTACT] for name, text in said.items() if isinstance(text, str)
    }
