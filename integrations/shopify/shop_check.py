"""The check of a connection: which shop answers, what the app may read there, and the newest order."""

import re

from integrations.platforms.protocol import ShopReport
from integrations.shopify import parsing, queries, responses
from integrations.shopify.client import ShopifyClient
from integrations.shopify.errors import FaultyAnswer

SCOPES = ("read_orders", "read_products", "read_customers")
MAX_NAME, MAX_PLAN = 255, 64
CURRENCY, COUNTRY = re.compile("[A-Z]{3}", re.ASCII), re.compile("[A-Z]{2}", re.ASCII)
NO_CODE = "???"
"""In place of a currency that is none."""


def check(client: ShopifyClient) -> ShopReport:
    """As the store answers now. Raises StoreError where it does not."""
    answer = client.decoded(client.query(queries.SHOP), responses.ShopAnswer)
    shop = answer.shop
    granted = {scope.handle for scope in answer.current_app_installation.access_scopes}
    missing = tuple(scope for scope in SCOPES if not _is_granted(scope, granted))
    newest, readable = (None, False) if missing else _newest(client)
    return ShopReport(
        id=responses.number_of(shop.id),
        name=parsing.bounded(shop.name, MAX_NAME),
        domain=parsing.bounded(shop.myshopify_domain, MAX_NAME),
        currency=_code(shop.currency_code, CURRENCY) or NO_CODE,
        country=_code(shop.shop_address.country_code_v2 or "", COUNTRY),
        plan=parsing.bounded(shop.plan.public_display_name, MAX_PLAN),
        missing_scopes=missing,
        reads_all_orders="read_all_orders" in granted,
        customer_data_readable=readable,
        newest_order=parsing.bounded(newest.name, MAX_PLAN) if newest else "",
        newest_order_at=newest.created_at if newest else None,
        api_version=client.version,
        api_version_served=client.version_served,
    )


def _is_granted(scope: str, granted: set[str]) -> bool:
    """Who may write may read."""
    return scope in granted or scope.replace("read", "write") in granted


def _newest(client: ShopifyClient) -> tuple[responses.NewestOrder | None, bool]:
    """The newest order, and whether customer data can be read; of a shop without orders, or whose newest one
    cannot be read, it is taken to be so."""
    try:
        answer = client.query(queries.NEWEST_ORDER, in_parts=True)
        if answer.is_empty:
            return None, False
        found = responses.decode(answer.data, responses.NewestAnswer)
        newest = next(iter(found.orders.nodes), None)
        if newest:
            responses.moment(newest.created_at)
    except (FaultyAnswer, ValueError) as error:
        client.warn(f"the newest order cannot be read: {error}")
        return None, True
    nameless = (
        newest is not None
        and newest.customer is not None
        and newest.customer.first_name is None
        and newest.customer.last_name is None
    )
    return newest, not (answer.customers_refused or nameless)


def _code(text: str, pattern: re.Pattern[str]) -> str:
    """The code; empty if it is none."""
    return text if pattern.fullmatch(text) else ""
