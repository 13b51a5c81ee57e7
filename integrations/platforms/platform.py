"""What a platform says of itself, so that nothing above it needs to know which one a store is on."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

from integrations.models import StoreConnection
from integrations.platforms.errors import SignatureError
from integrations.platforms.protocol import Message, StoreGateway


@dataclass(frozen=True, slots=True)
class Credential:
    """What an admin enters to reach a store, or to verify its messages: a field of StoreConnection.

    ``field`` is one of access_token, client_id, client_secret and webhook_secret.
    """

    field: str
    label: str
    help_text: str = ""


class Platform(ABC):
    """One platform. A subclass is named in settings.PLATFORMS and made once, without arguments.

    Texts are English and marked for translation; whoever shows them translates them.
    """

    slug: ClassVar[str]
    """What Store.platform holds. Keys of customers and products begin with it, so it never changes."""
    label: ClassVar[str]
    """The platform's name, as people write it."""

    address_example: ClassVar[str]
    address_help: ClassVar[str]
    invalid_address: ClassVar[str]

    credentials: ClassVar[Sequence[Credential]]
    credential_sets: ClassVar[Sequence[Sequence[str]]]
    """Fields that reach a store together; a connection has exactly one of these sets."""
    credentials_help: ClassVar[str] = ""
    credentials_required: ClassVar[str]

    scopes_missing: ClassVar[str] = ""
    """A sentence for the store's state when the app lacks scopes."""
    scopes_missing_named: ClassVar[str] = ""
    """The same for the admin who connects it, with %(scopes)s."""
    customer_data_withheld: ClassVar[str] = ""
    """Why customers of a store may be unknown."""

    recent_orders: ClassVar[timedelta | None] = None
    """How old an order may be and still be shown to an app that may not read all orders; None: all are."""
    recent_orders_only: ClassVar[str] = ""
    """That limit, as a finding of *Check connection*."""
    order_hidden: ClassVar[str] = ""
    """That limit, as the reason why an order was not imported."""
    orders_hidden: ClassVar[str] = ""
    """That limit, with %(day)s: no order created before that day is shown."""

    exports_orders: ClassVar[bool] = False
    """Whether its gateways have ``exports``; without them, very many orders are read page by page too."""

    @property
    def api_version(self) -> str:
        """The API version that is requested; empty if the platform has none."""
        return ""

    def end_of_support(self, api_version: str) -> date | None:
        """The first day on which this version may no longer be served; None if that is not known."""
        return None

    def address_in(self, typed: str) -> str:
        """The shop's host name in what a person typed or pasted, as far as it is recognised; whether it
        is one of the platform's own says ``is_address``."""
        return typed.strip().lower()

    @abstractmethod
    def is_address(self, domain: str) -> bool:
        """Whether credentials may be sent to this host: only the platform's own ones qualify."""

    @abstractmethod
    def gateway(self, connection: StoreConnection) -> StoreGateway:
        """How the store of this connection is read, saved or not.

        Raises StoreRefused for an address that no credentials may be sent to.
        """

    @abstractmethod
    def order_link(self, connection: StoreConnection) -> str:
        """Where a person opens an order at the platform; ``{id}`` stands for the order's external id."""

    def read_message(
        self,
        connection: StoreConnection,
        headers: Mapping[str, str],
        body: bytes,
        *,
        now: datetime,
    ) -> Message:
        """A webhook's message from this store. ``headers`` are looked up in any case.

        Raises SignatureError if the store did not sign it, ValueError if it is malformed.
        """
        raise SignatureError

    def sweep_downloads(self, *, erased_at: datetime | None) -> int:
        """Delete this machine's downloaded files that nothing has been written to for days, or since
        ``erased_at``, when a person was erased last; returns how many."""
        return 0

    def credential(self, field: str) -> Credential | None:
        """What this platform says of that field; None if it does not use it."""
        return next((found for found in self.credentials if found.field == field), None)

    def hidden_before(
        self, connection: StoreConnection, now: datetime
    ) -> datetime | None:
        """Orders created before this are not shown to us; None if all are."""
        if self.recent_orders is None or connection.reads_all_orders:
            return None
        return now - self.recent_orders
