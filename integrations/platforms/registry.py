"""The platforms that RO App knows: how a connection becomes a gateway."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_noop

from common.encrypted_field import Unreadable
from integrations.models import StoreConnection
from integrations.platforms.errors import StoreRefused
from integrations.platforms.protocol import Message, StoreGateway
from integrations.platforms.tokens import GrantedToken
from integrations.shopify import webhook_payload
from integrations.shopify.bulk_file import sweep
from integrations.shopify.client import ShopifyClient, StaticToken, TokenSource, grant_token
from integrations.shopify.gateway import ShopifyGateway
from integrations.shopify.transport import Transport

UNREADABLE = gettext_noop(
    "The stored credentials cannot be read with the keys in ENCRYPTION_KEYS. Put the old key back, or enter "
    "the credentials again."
)


def gateway_for(connection: StoreConnection) -> StoreGateway:
    """The gateway of a connection, saved or not.

    Raises StoreRefused for an address that no token may be sent to. Credentials that cannot be decrypted are
    refused when the store is asked.
    """
    return GATEWAYS[connection.store.platform](connection)


def _shopify(connection: StoreConnection) -> StoreGateway:
    transport = Transport(connection.domain, settings.SHOPIFY_URL)
    return ShopifyGateway(
        ShopifyClient(transport, _shopify_token(connection, transport), version=settings.SHOPIFY_API_VERSION),
        domain=connection.domain,
        key=connection.key,
        country=connection.country,
        page_size=connection.page_size,
        without_customers=not connection.may_ask_for_customers(timezone.now()),
        spool_folder=_spool_folder(),
    )


def _spool_folder() -> Path:
    return Path(settings.VAR_DIR) / "exports"


def sweep_exports() -> int:
    """Delete the files of exports that nothing has been written to for days; returns how many."""
    return sweep(_spool_folder())


def _shopify_token(connection: StoreConnection, transport: Transport) -> TokenSource:
    if isinstance(connection.access_token, Unreadable) or isinstance(connection.client_secret, Unreadable):
        return UnreadableToken()
    if connection.access_token:
        return StaticToken(connection.access_token)
    return GrantedToken(
        connection,
        lambda: grant_token(transport, connection.client_id, connection.client_secret),
        timezone.now,
    )


def read_message(
    connection: StoreConnection, headers: Mapping[str, str], body: bytes, *, now: datetime
) -> Message:
    """What the store of this connection says. Raises NotSigned if it did not sign it, ValueError if it makes
    no sense."""
    read = READERS[connection.store.platform]
    return read(headers, body, domain=connection.domain, secrets=connection.signing_secrets(now))


READERS: dict[str, Callable[..., Message]] = {"shopify": webhook_payload.read_message}


class UnreadableToken:
    """In place of a token that cannot be decrypted."""

    def token(self) -> str:
        raise StoreRefused(UNREADABLE, code="unreadable_secret")

    def renew(self, rejected: str) -> str:
        return ""


GATEWAYS: dict[str, Callable[[StoreConnection], StoreGateway]] = {"shopify": _shopify}
