"""Shopify's messages: which are genuine, what they are about, and how a shop comes to send them."""

import json

import pytest
from django.http.request import HttpHeaders

from fakeshop import faults
from fakeshop.webhooks import signature
from integrations.platforms.errors import SignatureError, StoreRefused
from integrations.platforms.protocol import Message, Subscriptions, WebhookEvent
from integrations.platforms.registry import gateway_for
from integrations.shopify.webhook_payload import TOPICS, read_message

DOMAIN = "gadget-garage.myshopify.com"
SECRET = "shpss_test_secret"
PATH = f"/stores/webhooks/{DOMAIN}/"
ADDRESS = f"https://ro.example.com{PATH}"


def headers(
    body: bytes, topic: str = "orders/updated", secret: str = SECRET, **values: str
) -> HttpHeaders:
    given = {
        "HTTP_X_SHOPIFY_TOPIC": topic,
        "HTTP_X_SHOPIFY_HMAC_SHA256": signature(secret, body),
        "HTTP_X_SHOPIFY_SHOP_DOMAIN": DOMAIN,
        "HTTP_X_SHOPIFY_WEBHOOK_ID": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "HTTP_X_SHOPIFY_TRIGGERED_AT": "2026-11-20T09:30:05.123456789Z",
    }
    return HttpHeaders(
        given
        | {f"HTTP_X_SHOPIFY_{name.upper()}": value for name, value in values.items()}
    )


def read(
    content: object,
    topic: str = "orders/updated",
    *,
    secrets: tuple[str, ...] = (SECRET,),
    **values: str,
) -> Message:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return read_message(
        headers(body, topic, **values), body, domain=DOMAIN, secrets=secrets
    )


def test_signature_is_shopifys():
    body = b'{"id":820982911946154508,"name":"#9999"}'
    given = headers(body, hmac_sha256="ynR1PMel7WVr1F1xdQeN9vLyaY7o7B3/WRdc5xl3VY8=")
    assert read_message(given, body, domain=DOMAIN, secrets=[SECRET]) == Message(
        message_id="b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        topic="orders/updated",
        event=WebhookEvent.ORDER,
        order_ids=("820982911946154508",),
    )


@pytest.mark.parametrize(
    "given",
    ["", "ynR1", "ynR1PMel7WVr1F1xdQeN9vLyaY7o7B3/WRdc5xl3VY8", "Ä" * 44, "\udcff"],
)
def test_any_other_signature_is_refused(given):
    with pytest.raises(SignatureError):
        read({"id": 1}, hmac_sha256=given)


def test_one_changed_byte_is_noticed():
    body = b'{"id": 1}'
    with pytest.raises(SignatureError):
        read_message(headers(body), b'{"id": 2}', domain=DOMAIN, secrets=[SECRET])


def test_either_of_two_secrets_is_good_and_an_empty_one_never():
    assert read({"id": 1}, secrets=("new", SECRET)).order_ids == ("1",)
    assert read({"id": 1}, secrets=(SECRET, "old")).order_ids == ("1",)
    for secrets in [(), ("",), ("new", "old")]:
        with pytest.raises(SignatureError):
            read({"id": 1}, secrets=secrets)
    with pytest.raises(SignatureError):
        read({"id": 1}, secret="", secrets=("",))


def test_message_for_another_shop_of_the_same_app_is_refused():
    with pytest.raises(SignatureError):
        read({"id": 1}, shop_domain="other.myshopify.com")
    for topic in ["customers/redact", "customers/data_request", "shop/redact"]:
        with pytest.raises(SignatureError):
            read({"shop_domain": "other.myshopify.com"}, topic)


@pytest.mark.parametrize(
    ("topic", "content", "event", "orders", "customer"),
    [
        ("orders/create", {"id": 5}, WebhookEvent.ORDER, ("5",), ""),
        ("orders/cancelled", {"id": 5}, WebhookEvent.ORDER, ("5",), ""),
        ("orders/delete", {"id": 5}, WebhookEvent.ORDER, ("5",), ""),
        ("orders/paid", {"id": 5}, WebhookEvent.ORDER, ("5",), ""),
        (
            "orders/edited",
            {"order_edit": {"id": 9, "order_id": 5}},
            WebhookEvent.ORDER,
            ("5",),
            "",
        ),
        ("refunds/create", {"id": 9, "order_id": 5}, WebhookEvent.ORDER, ("5",), ""),
        (
            "customers/update",
            {"id": 6, "email": "ada@example.com"},
            WebhookEvent.CUSTOMER,
            (),
            "6",
        ),
        ("products/update", {"id": 7}, WebhookEvent.NOTHING, (), ""),
        ("carts/update", {"id": "c1"}, WebhookEvent.NOTHING, (), ""),
        ("app/uninstalled", {"id": 1}, WebhookEvent.UNINSTALLED, (), ""),
        (
            "app/scopes_update",
            {"id": 1, "current": ["read_orders"]},
            WebhookEvent.SHOP,
            (),
            "",
        ),
        ("shop/update", {"id": 1}, WebhookEvent.SHOP, (), ""),
        (
            "bulk_operations/finish",
            {"admin_graphql_api_id": "gid://shopify/BulkOperation/1"},
            WebhookEvent.EXPORT_DONE,
            (),
            "",
        ),
        (
            "customers/data_request",
            {
                "shop_domain": DOMAIN,
                "orders_requested": [3, 4],
                "customer": {"id": 6, "email": "a@b.c"},
            },
            WebhookEvent.CUSTOMER_DATA_REQUEST,
            ("3", "4"),
            "6",
        ),
        (
            "customers/redact",
            {
                "shop_domain": DOMAIN,
                "orders_to_redact": [3],
                "customer": {"id": 6, "phone": "1"},
            },
            WebhookEvent.CUSTOMER_REDACT,
            ("3",),
            "6",
        ),
        ("shop/redact", {"shop_domain": DOMAIN}, WebhookEvent.SHOP_REDACT, (), ""),
    ],
)
def test_what_a_message_is_about(topic, content, event, orders, customer):
    message = read(content, topic)
    assert (message.event, message.order_ids, message.customer_id) == (
        event,
        orders,
        customer,
    )


@pytest.mark.parametrize(
    ("content", "topic"),
    [
        (b"", "orders/updated"),
        (b"no JSON", "orders/updated"),
        (b"[" * 200_000, "orders/updated"),
        (b"\xff\xfe", "orders/updated"),
        (b'{"id": NaN}', "orders/updated"),
        ({"id": None}, "orders/updated"),
        ({"id": "5' OR 1=1"}, "orders/updated"),
        ({"id": 9}, "refunds/create"),
        ({"order_edit": {}}, "orders/edited"),
        ({"id": 1}, ""),
        ({"id": 1}, "x" * 65),
    ],
)
def test_signed_nonsense_is_a_value_error(content, topic):
    with pytest.raises(ValueError, match="the message"):
        read(content, topic)


def test_message_without_an_id_cannot_be_told_from_another():
    for webhook_id in ["", "x" * 65]:
        with pytest.raises(ValueError, match="no id"):
            read({"id": 1}, webhook_id=webhook_id)


def subscribed(shop) -> dict[str, tuple[str, list[str]]]:
    return {
        each.topic: (each.uri, each.include_fields)
        for each in shop.post.subscriptions.values()
    }


def test_shop_is_asked_for_every_topic_once_and_for_ids_only(shop, connection):
    gateway = gateway_for(connection)
    found = gateway.subscribe(ADDRESS, wanted=True)
    assert found == Subscriptions(created=tuple(TOPICS))
    assert subscribed(shop) == {
        topic: (ADDRESS, list(fields)) for topic, fields in TOPICS.items()
    }
    assert subscribed(shop)["ORDERS_CREATE"] == (ADDRESS, ["id"])
    shop.requests.clear()
    assert gateway.subscribe(ADDRESS, wanted=True) == Subscriptions(kept=tuple(TOPICS))
    assert shop.asked() == ["WebhookSubscriptions"]


def test_lost_wrong_doubled_and_old_subscriptions_are_mended_and_others_left_alone(
    shop, connection
):
    gateway = gateway_for(connection)
    gateway.subscribe(ADDRESS, wanted=True)
    by_topic = {each.topic: each for each in shop.post.subscriptions.values()}
    del shop.post.subscriptions[by_topic["ORDERS_PAID"].id]
    by_topic["ORDERS_CREATE"].uri = f"https://old.example.com{PATH}"
    by_topic["SHOP_UPDATE"].include_fields = []
    by_topic["REFUNDS_CREATE"].format = "XML"
    shop.post.subscribe("CARTS_CREATE", ADDRESS, [])
    shop.post.subscribe("ORDERS_CREATE", "https://other.example.com/hooks/", [])
    found = gateway.subscribe(ADDRESS, wanted=True)
    assert found.created == (
        "ORDERS_CREATE",
        "ORDERS_PAID",
        "REFUNDS_CREATE",
        "SHOP_UPDATE",
    )
    assert found.removed == (
        "CARTS_CREATE",
        "ORDERS_CREATE",
        "REFUNDS_CREATE",
        "SHOP_UPDATE",
    )
    assert (len(found.kept), found.refused) == (len(TOPICS) - 4, ())
    everything = sorted(
        (each.topic, each.uri) for each in shop.post.subscriptions.values()
    )
    assert everything == sorted(
        [
            *((topic, ADDRESS) for topic in TOPICS),
            ("ORDERS_CREATE", "https://other.example.com/hooks/"),
        ]
    )


def test_subscriptions_are_taken_back(shop, connection):
    gateway = gateway_for(connection)
    gateway.subscribe(ADDRESS, wanted=True)
    assert gateway.subscribe(ADDRESS, wanted=False) == Subscriptions(
        removed=tuple(sorted(TOPICS))
    )
    assert shop.post.subscriptions == {}


def test_topic_that_the_shop_refuses_is_named_with_its_reason(shop, connection):
    shop.post.refused_topics["CUSTOMERS_UPDATE"] = (
        "You do not have permission to create webhooks with customers/update topic."
    )
    found = gateway_for(connection).subscribe(ADDRESS, wanted=True)
    assert found.refused == (
        (
            "CUSTOMERS_UPDATE",
            "You do not have permission to create webhooks with customers/update topic.",
        ),
    )
    assert len(found.created) == len(TOPICS) - 1


def test_creation_whose_answer_was_lost_is_not_doubled(shop, connection):
    lost = []

    def lose(request):
        if request.operation == "WebhookCreate" and not lost:
            lost.append(request)
            shop.post.subscribe(
                request.variables["topic"],
                request.variables["uri"],
                request.variables["fields"],
            )
            shop.fail_next(faults.reset)

    shop.before_answer = lose
    found = gateway_for(connection).subscribe(ADDRESS, wanted=True)
    assert (set(found.created), found.refused) == (set(TOPICS), ())
    assert len(shop.post.subscriptions) == len(TOPICS)


def test_more_subscriptions_than_a_page_holds_are_all_seen(shop, connection):
    for number in range(130):
        shop.post.subscribe("CARTS_UPDATE", f"https://other.example.com/{number}/", [])
    shop.post.subscribe("ORDERS_CREATE", ADDRESS, ["id"])
    found = gateway_for(connection).subscribe(ADDRESS, wanted=True)
    assert (found.kept, len(found.created)) == (("ORDERS_CREATE",), len(TOPICS) - 1)


def test_missing_scope_is_the_stores_refusal(shop, connection):
    access = "Access denied for webhookSubscriptions field. Required access: `read_orders` access scope."
    shop.fail_next(faults.errors("ACCESS_DENIED", access))
    with pytest.raises(StoreRefused) as caught:
        gateway_for(connection).subscribe(ADDRESS, wanted=True)
    assert caught.value.code == "scope_missing"


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("customers/redact", {"customer": {"id": 6}, "orders_requested": [3]}),
        ("customers/redact", {"customer": {"id": 6}}),
        ("customers/redact", {}),
        ("customers/data_request", {"customer": {"id": 6}, "orders_to_redact": [3]}),
        ("shop/redact", {"customer": {"id": 6}, "orders_to_redact": [3]}),
    ],
)
def test_body_of_another_privacy_topic_is_refused(topic, body):
    """The signature is over the body alone: whoever has one may send it again under another topic."""
    with pytest.raises(ValueError, match="another topic"):
        read({"shop_domain": DOMAIN, **body}, topic)
