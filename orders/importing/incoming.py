"""An order as its store sends it: plain values, without platform or database.

Money is ``Decimal`` in the order's own currency, rounded to that currency's digits. Times are aware UTC.
msgspec structs, because a page makes thousands: one costs a twentieth of a frozen dataclass.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext_noop
from msgspec import Struct

from customers.matching import ContactDetails
from inventory.product_matching import ProductDetails
from orders.domain.buyer_entries import Entries

UNSERVED = gettext_noop(
    "The store has an internal error for this order. It is retried automatically."
)


class UnreadableError(ValueError):
    """An order that makes no sense. ``sentence`` is English and marked for translation; ``detail`` is a word
    of no language: which part of it, or which kind of error."""

    def __init__(self, sentence: str, detail: str = "") -> None:
        super().__init__(f"{sentence} ({detail})" if detail else sentence)
        self.sentence, self.detail = sentence, detail


class UnservedError(ValueError):
    """The store could not say everything about an order: its fault, which may pass without a change to the
    order."""

    def __init__(self) -> None:
        super().__init__(UNSERVED)


class IncomingLine(Struct, frozen=True):
    """One line. ``quantity`` excludes refunded and removed pieces, so a removed line has quantity 0.

    ``discount`` is the total taken off the line (its share of order discounts included), for ``quantity``
    pieces. ``product`` is None for a line without a product at the store: a custom item, a tip, a deleted
    product.
    """

    external_id: str
    name: str
    sku: str
    quantity: int
    price: Decimal
    discount: Decimal
    product: ProductDetails | None = None
    buyer_entries: Entries = None
    bundle: str = ""
    """The title of the bundle that the line is a part of."""
    bundle_id: str = ""
    is_gift_card: bool = False


class StoreFigures(Struct, frozen=True):
    """The store's own figures of the order, in its currency, after edits and refunds.

    ``items`` is the sum of the lines after ``discounts``, with tax if ``tax_included``; it contains no tip,
    even where the tip is a line (``tip_is_line``). ``tip`` is the amount given, even if refunded since.
    ``paid`` is what was received, refunded or not, and ``due`` what is still to be paid: negative if the
    store owes it to the customer.
    ``duties`` are those on top of prices. ``goodwill`` is what was refunded beyond the value of the
    returned goods, negative where less was refunded; it does not change ``total``.
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
    paid: Decimal = Decimal(0)
    due: Decimal = Decimal(0)


class IncomingOrder(Struct, frozen=True):
    """One order in its state of ``updated_at``."""

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
    buyer_entries: Entries = None
    purchase_order: str = ""
    """The buyer's own number of the order."""
    payment: str = ""
    fulfilment: str = ""
    cancelled_at: datetime | None = None
    closed_at: datetime | None = None
    is_open: bool = True
    """Not fulfilled, cancelled, refunded or archived: what the initial import takes by default."""
    is_test: bool = False
    tags: tuple[str, ...] = ()


class Snapshot(Struct, frozen=True):
    """An order that is not parsed yet: enough to tell whether anything changed.

    ``fingerprint`` is a signed 64-bit digest of everything in the store's answer about the order. ``read``
    parses it and raises ``ValueError`` with a text fit for an admin if that is impossible, and UnservedError
    if the answer is not whole.
    """

    external_id: str
    number: str
    updated_at: datetime
    fingerprint: int
    read: Callable[[], IncomingOrder]
    is_cut: bool = False
    """The answer did not contain all lines; StoreGateway.complete must fetch the rest before ``read`` is
    called."""
    placed_at: datetime | None = None
    is_dated: bool = True
    """False where the store's date of the change makes no sense: ``updated_at`` is when it was fetched."""
