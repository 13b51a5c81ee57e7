"""Shopify as a platform: addresses, credentials, limits, and the sentences about them."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from integrations.models import StoreConnection
from integrations.platforms.platform import Credential, Platform
from integrations.platforms.protocol import Message
from integrations.platforms.tokens import token_source
from integrations.shopify import webhook_payload
from integrations.shopify.bulk_file import sweep
from integrations.shopify.client import ShopifyClient, grant_token
from integrations.shopify.gateway import ShopifyGateway
from integrations.shopify.transport import Transport, is_shop_domain, shop_domain_in


class Shopify(Platform):
    slug = "shopify"
    label = "Shopify"

    address_example = "my-shop.myshopify.com"
    address_help = _(
        "As in Shopify's admin, like my-shop.myshopify.com. It cannot be changed later: another "
        "shop is another store."
    )
    invalid_address = _("Enter the store's own address, like my-shop.myshopify.com.")

    credentials = (
        Credential("access_token", _("Access token")),
        Credential("client_id", _("Client ID")),
        Credential("client_secret", _("Client secret")),
        Credential(
            "webhook_secret",
            _("Webhook secret"),
            _(
                "The app's client secret, also called API secret key. Needed only with an access token."
            ),
        ),
    )
    credential_sets = (("access_token",), ("client_id", "client_secret"))
    credentials_help = _(
        "An access token, or the client ID and secret of an app in the Dev Dashboard."
    )
    credentials_required = _(
        "Enter an access token, or a client ID and its secret, not both."
    )

    scopes_missing = _(
        "The app lacks a scope that RO App needs. Check connection names it; add it, install the app again, "
        "then check once more."
    )
    scopes_missing_named = _(
        "The app in Shopify lacks the scopes %(scopes)s; add them, install the app again and check once more."
    )
    customer_data_withheld = _(
        "Shopify gives RO App no customer data of this store, as it does on the Basic plan. Its customers "
        "read Unknown; a later update fills them in when the data becomes readable."
    )

    exports_orders = True

    # https://shopify.dev/docs/api/usage/access-scopes: read_all_orders
    recent_orders = timedelta(days=60)
    recent_orders_only = _(
        "orders of the last 60 days only, without the scope read_all_orders"
    )
    order_hidden = _(
        "It was created more than 60 days ago, and the store shows RO App no orders as old as that without "
        "the scope read_all_orders."
    )
    orders_hidden = _(
        "Orders created before %(day)s are hidden from RO App without the scope read_all_orders."
    )

    @property
    def api_version(self) -> str:
        return str(settings.SHOPIFY_API_VERSION)

    def end_of_support(self, api_version: str) -> date | None:
        """Shopify serves a version ("2026-10") for twelve months:
        https://shopify.dev/docs/api/usage/versioning."""
        year, month = (int(part) for part in api_version.split("-"))
        return date(year + 1, month, 1)

    def address_in(self, typed: str) -> str:
        return shop_domain_in(typed)

    def is_address(self, domain: str) -> bool:
        return is_shop_domain(domain)

    def gateway(self, connection: StoreConnection) -> ShopifyGateway:
        transport = _transport(connection)
        tokens = token_source(
            connection,
            lambda: grant_token(
                transport, connection.client_id, connection.client_secret
            ),
        )
        return ShopifyGateway(
            ShopifyClient(transport, tokens, version=self.api_version),
            key=connection.key,
            country=connection.country or settings.COUNTRY,
            page_size=connection.page_size,
            without_customers=not connection.may_ask_for_customers(timezone.now()),
            spool_folder=_download_folder(),
        )

    def order_link(self, connection: StoreConnection) -> str:
        return f"{_transport(connection).base_url}/admin/orders/{{id}}"

    def read_message(
        self,
        connection: StoreConnection,
        headers: Mapping[str, str],
        body: bytes,
        *,
        now: datetime,
    ) -> Message:
        secrets = connection.signing_secrets(now)
        return webhook_payload.read_message(
            headers, body, domain=connection.domain, secrets=secrets
        )

    def sweep_downloads(self, *, erased_at: datetime | None) -> int:
        return sweep(_download_folder(), erased_at=erased_at)


def _transport(connection: StoreConnection) -> Transport:
    return Transport(connection.domain, settings.SHOPIFY_URL)


def _download_folder() -> Path:
    return Path(settings.VAR_DIR) / "exports"
