"""The protocol a platform keeps: everything above it is neutral, everything below knows one platform."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from inventory.product_matching import ProductText
from orders.importing.admission import Admission
from orders.importing.incoming import Snapshot


@dataclass(frozen=True, slots=True)
class OrderPage:
    """A page of orders, oldest change first. ``position`` is where the next page begins; empty on the
    last one."""

    snapshots: tuple[Snapshot, ...]
    fetched_at: datetime
    """Our clock before the request was sent: the page is true as of then or later."""
    position: str = ""


@dataclass(frozen=True, slots=True)
class OrderTimestamp:
    """That an order is there, and in which state: what reconciling compares. ``updated_at`` is None where the
    store's date makes no sense."""

    external_id: str
    number: str
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class TimestampPage:
    """A page of timestamps, oldest change first; ``position`` as in OrderPage."""

    timestamps: tuple[OrderTimestamp, ...]
    position: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """How many orders; not ``exact`` means that there are more than ``number``, and the platform counts no
    further."""

    number: int
    exact: bool

    def __sub__(self, other: "Count") -> "Count | None":
        """How many of these are not among the others; None if nobody knows."""
        if not other.exact:
            return None
        return Count(max(0, self.number - other.number), self.exact)


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import with a store's rules would do: how many orders come in, and how many do not, by the code
    of the reason (orders.importing.admission); None where the platform counts no further. ``older`` ones
    are not looked at."""

    admitted: Count
    left_out: Mapping[str, Count | None]
    older: Count


@dataclass(frozen=True, slots=True)
class OrderReading:
    """Orders read by id: what the store still has, and the ids it no longer knows."""

    snapshots: tuple[Snapshot, ...]
    gone: frozenset[str]
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class ShopReport:
    """What *Check connection* found. ``missing_scopes`` are those the import cannot do without. ``id`` is the
    platform's own id of the shop, which stays when ``domain``, the address it gives as its own, changes."""

    id: str
    name: str
    domain: str
    currency: str
    country: str
    plan: str
    missing_scopes: tuple[str, ...]
    reads_all_orders: bool
    customer_data_readable: bool
    newest_order: str
    newest_order_at: datetime | None
    api_version: str
    api_version_served: str


@dataclass(frozen=True, slots=True)
class Budget:
    """The store's API allowance in points, as its last answer stated it; ``points_used`` is the gateway's own
    sum."""

    available: float
    maximum: float
    restore_rate: float
    points_used: float
    requests: int


class WebhookEvent(StrEnum):
    """What a message of a store is about; the message itself is never believed, the store is asked."""

    ORDER = "order"
    CUSTOMER = "customer"
    SHOP = "shop"
    """Something about the shop or what the app may do there."""
    UNINSTALLED = "uninstalled"
    EXPORT_DONE = "export_done"
    """A large export that RO App asked for has ended."""
    CUSTOMER_DATA_REQUEST = "customer_data_request"
    """A person wants to know what is stored about them."""
    CUSTOMER_REDACT = "customer_redact"
    """A person wants to be forgotten."""
    SHOP_REDACT = "shop_redact"
    """The shop is gone, and so shall be what is stored about its customers."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Message:
    """A store's message whose signature is good: ids and times, no word of its content.

    ``message_id`` is the same at every try. ``order_ids`` and ``customer_id`` are the store's own. ``email``
    and ``phone`` are of whom a privacy request is about: to be looked for at once, and never stored.
    """

    message_id: str
    topic: str
    event: WebhookEvent
    order_ids: tuple[str, ...] = ()
    customer_id: str = ""
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """What came of asking a store to send its messages here, by the platform's names of the topics.

    ``refused`` are topics that it will not send, each with its reason.
    """

    created: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


class ExportState(StrEnum):
    BUSY = "busy"
    """Not begun: the platform makes no more of them at once."""
    PREPARING = "preparing"
    WHOLE = "whole"
    PART = "part"
    """It has ended before its end; what it has is to be had."""
    REFUSED = "refused"
    """It has ended because the app may not see customer data."""
    LOST = "lost"
    """There is nothing, or no longer anything, to be had of it."""


@dataclass(frozen=True, slots=True)
class Export:
    """An export as the platform reports it. ``records`` are those written so far, ``orders`` the orders among
    them; ``url`` is where they lie, empty if there are none."""

    id: str
    state: ExportState
    records: int = 0
    orders: int = 0
    url: str = ""


class Fetched(StrEnum):
    ALL = "all"
    MORE = "more"
    """There was no time for the rest: it goes on there next time."""
    NOT_THERE = "not_there"
    """Its address leads to it no more, or to something else."""


class StoreExports(Protocol):
    """Orders that the platform writes into one file: for more of them than pages are good for. Raises as
    StoreGateway does."""

    def start(self, since: datetime, *, before: datetime | None) -> Export:
        """Have the orders written that ``changed_orders`` would yield."""

    def look(self, export_id: str) -> Export:
        """How it stands with it."""

    def cancel(self, export_id: str) -> None:
        """Stop it if it has not ended."""

    def is_here(self, export_id: str) -> bool:
        """Whether all that is to be had of it has been fetched to this machine."""

    def fetch(self, export: Export, *, seconds: float) -> Fetched:
        """Bring it to this machine, for so long at most."""

    def orders(
        self, export_id: str, *, fetched_at: datetime, position: str
    ) -> Iterator[OrderPage]:
        """Its orders from this machine, oldest change first, at least one page; ``position`` as in
        OrderPage."""

    def rest_from(self, export_id: str, since: datetime) -> datetime | None:
        """From which change on orders may be missing in it; None if it is whole."""

    def forget(self, export_id: str) -> None:
        """Delete what was fetched."""


class StoreGateway(Protocol):
    """One store, reachable. Every method raises StoreUnavailable or StoreRefused and nothing else of its
    own."""

    customer_data_refused: bool
    """True once an answer of this gateway kept customer data back."""
    without_customers: bool
    """True when customer data is not even asked for, because asking cost an answer its orders."""

    @property
    def exports(self) -> StoreExports:
        """Only asked for if the platform says ``exports_orders``."""

    @property
    def budget(self) -> Budget: ...

    @property
    def served_api_version(self) -> str:
        """The version in which the platform answered last, where it is not the one that was asked for; else
        empty."""

    @property
    def page_size(self) -> int:
        """Orders per page; falls when the platform says that a page is too expensive."""

    def check(self) -> ShopReport: ...

    def changed_orders(
        self, since: datetime, *, before: datetime | None = None, position: str = ""
    ) -> Iterator[OrderPage]:
        """Every order whose last change is at or after ``since``, and before ``before`` if given: page by
        page, oldest change first.

        With ``position`` it goes on behind that page; a refused position starts again from ``since``.
        """

    def order_stamps(
        self, since: datetime, *, before: datetime, position: str = ""
    ) -> Iterator[TimestampPage]:
        """The same pages, but only ids and timestamps."""

    def count_orders(self, since: datetime, *, before: datetime | None = None) -> Count:
        """How many orders those pages would hold."""

    def preview(self, admission: Admission) -> Preview:
        """How many orders these rules take in, and how many they do not: one request."""

    def find(self, number: str) -> OrderReading:
        """The orders with this number or external id, as a person types it; none if the store shows none. An
        order that was placed a moment ago may be missing: the platform's search lags behind."""

    def orders(self, external_ids: Sequence[str]) -> OrderReading:
        """The orders with these ids, read now."""

    def complete(self, snapshots: Sequence[Snapshot]) -> Sequence[Snapshot]:
        """The same orders, those that are cut with all their lines. Asks nothing if none is cut; an order
        that the store no longer has is left out."""

    def describe(self, product_ids: Sequence[str]) -> Mapping[str, ProductText]:
        """Texts of products by external id; products that the store no longer has are left out."""

    def subscribe(self, address: str, *, wanted: bool) -> Subscriptions:
        """Have the store's messages sent to this address, one subscription for each topic and no more; with
        ``wanted`` False none at all. Subscriptions that lead to the same path at another host are ours of
        old; all others are left alone."""
