"""Who is told of what happens at a shop: the app's webhook subscriptions, made, kept and removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from integrations.platforms.protocol import Subscriptions
from integrations.shopify import queries
from integrations.shopify.client import ShopifyClient
from integrations.shopify.responses import PageInfo, Struct
from integrations.shopify.webhook_payload import TOPICS

MAX_REASON = 200


class Subscription(Struct):
    id: str
    topic: str
    uri: str
    format: str = "JSON"
    include_fields: list[str] = []
    filter: str | None = None


class SubscriptionPage(Struct):
    nodes: list[Subscription]
    page_info: PageInfo


class SubscriptionList(Struct):
    webhook_subscriptions: SubscriptionPage


class UserError(msgspec.Struct):
    message: str = ""


class Payload(Struct):
    user_errors: list[UserError] = []


class Changed(Struct):
    """The answer to either mutation."""

    webhook_subscription_create: Payload | None = None
    webhook_subscription_delete: Payload | None = None


@dataclass(frozen=True, slots=True)
class Registrar:
    """Brings one shop's subscriptions into line."""

    client: ShopifyClient

    def settle(self, address: str, *, wanted: bool) -> Subscriptions:
        ours = self._ours(address)
        right = _one_each(
            [each for each in ours if wanted and _is_right(each, address)]
        )
        wrong = [each for each in ours if each not in right]
        for each in wrong:
            self._change(queries.WEBHOOK_DELETE, {"id": each.id})
        kept = {each.topic for each in right}
        missing = [topic for topic in TOPICS if topic not in kept] if wanted else []
        problems = {topic: self._create(topic, address) for topic in missing}
        # A try whose answer was lost has worked all the same: the shop's own list says what is there.
        there = (
            {each.topic for each in self._ours(address) if _is_right(each, address)}
            if missing
            else kept
        )
        return Subscriptions(
            created=tuple(topic for topic in missing if topic in there),
            kept=tuple(topic for topic in TOPICS if topic in kept),
            removed=tuple(sorted(each.topic for each in wrong)),
            refused=tuple(
                (topic, problems[topic]) for topic in missing if topic not in there
            ),
        )

    def _ours(self, address: str) -> list[Subscription]:
        """Those that lead to this address, or to its path at another host; an app may have others, of other
        software."""
        found: list[Subscription] = []
        after: str | None = None
        while True:
            answer = self.client.query(queries.WEBHOOK_SUBSCRIPTIONS, {"after": after})
            page = self.client.decoded(answer, SubscriptionList).webhook_subscriptions
            found += page.nodes
            if not page.page_info.has_next_page:
                return [
                    each
                    for each in found
                    if urlsplit(each.uri).path == urlsplit(address).path
                ]
            after = page.page_info.end_cursor

    def _create(self, topic: str, address: str) -> str:
        fields = TOPICS[topic]
        return self._change(
            queries.WEBHOOK_CREATE,
            {"topic": topic, "uri": address, "fields": list(fields) or None},
        )

    def _change(self, document: str, variables: dict[str, object]) -> str:
        """Why Shopify did not do it; empty if it did."""
        changed = self.client.decoded(self.client.query(document, variables), Changed)
        payload = (
            changed.webhook_subscription_create or changed.webhook_subscription_delete
        )
        return (
            " ".join(each.message for each in payload.user_errors)[:MAX_REASON]
            if payload
            else ""
        )


def _is_right(found: Subscription, address: str) -> bool:
    return (
        found.uri == address
        and found.topic in TOPICS
        and found.format == "JSON"
        and sorted(found.include_fields) == sorted(TOPICS[found.topic])
        and not found.filter
    )


def _one_each(found: Sequence[Subscription]) -> list[Subscription]:
    return list({each.topic: each for each in found}.values())
