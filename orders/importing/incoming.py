"""An order as a store tells it: plain values, no platform, no database.

Money is ``Decimal`` in the order's own currency, already rounded to that currency's digits. Times are aware
UTC. They are msgspec's structs because a page makes thousands: one costs a twentieth of a frozen dataclass.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from customers.matching import ContactDetails
from inventory.product_matching import ProductDetails


class IncomingLine(Struct, frozen=True):
    """One line. ``quantity`` excludes what was refunded or removed, so a removed line has quantity 0.

    ``discount`` is the money taken off the whole line (its share of order discounts included), for
    ``quantity`` pieces. ``product`` is None for what has no product at the store: a custom item, a tip, a
    deleted product.
    """

    external_id: str
    name: str
    sku: str
    quantity: int
    price: Decimal
    discount: Decimal
    product: ProductDetails | None = None


class StoreFigures(Struct, frozen=True):
    """What the store itself says the order comes to, each amount in the order's currency, after edits and
    refunds.

    ``items`` is the sum of the lines with their ``discounts`` already taken off, tax as ``tax_included``
    says; it holds no tip, even where the tip is a line (``tip_is_line``). ``tip`` is what was given, whether
    or not it was given back since. ``duties`` are those that come on top. ``goodwill`` is what was refunded
    beyond the worth of the goods that came back, negative where less was refunded; it leaves ``total`` as it
    is.
    """

    items: Decimal
    discounts: Decimal
    shipping: Decimal
    tax: Decimal
    tip: Decimal
    refunded: Decimal
    total: Decimal
    tax_included: bool
    duties: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    goodwill: Decimal = Decimal(0)
    tip_is_line: bool = False


class IncomingOrder(Struct, frozen=True):
    """One order as the store shows it at ``updated_at``."""

    external_id: str
    number: str
    placed_at: datetime
    updated_at: datetime
    currency: str
    figures: StoreFigures
    lines: tuple[IncomingLine, ...]
    contact: ContactDetails
    delivery_address: str = ""
    delivery_method: str = ""
    delivery_cost: Decimal = Decimal(0)
    note: str = ""
    payment: str = ""
    fulfilment: str = ""
    cancelled_at: datetime | None = None
    closed_at: datetime | None = None
    is_open: bool = True
    """Not fulfilled, cancelled, refunded or archived: what the first import takes by default."""
    is_test: bool = False
    tags: tuple[str, ...] = ()


class Snapshot(Struct, frozen=True):
    """An order before it has been read in full: enough to tell whether anything changed.

    ``fingerprint`` is a signed 64-bit digest of everything the store said of the order; ``read`` parses it in
    full and raises ``ValueError`` with a text fit for an admin if it makes no sense.
    """

    external_id: str
    number: str
    updated_at: datetime
    fingerprint: int
    read: Callable[[], IncomingOrder]
    is_cut: bool = False
    """The answer did not hold all its lines; StoreGateway.complete fetches the rest before it may be read."""
    placed_at: datetime | None = None
