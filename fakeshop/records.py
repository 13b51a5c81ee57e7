"""What a shop keeps: products, customers, and orders with the figures that Shopify reckons of them."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

TAX = Decimal("0.19")
DIGITS = {"JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3}
"""Currencies without two digits behind the point."""
ZERO = Decimal(0)


@dataclass
class Address:
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    address1: str = ""
    address2: str = ""
    zip: str = ""
    city: str = ""
    country: str = "DE"
    phone: str = ""


@dataclass
class Customer:
    id: int
    first_name: str
    last_name: str
    email: str = ""
    phone: str = ""
    address: Address | None = None


@dataclass
class Company:
    """A business that buys as one (B2B), with or without a person's account."""

    id: int
    name: str


@dataclass
class Variant:
    id: int
    title: str
    sku: str
    price: Decimal


@dataclass
class Product:
    id: int
    title: str
    variants: list[Variant]
    category: str = ""
    product_type: str = ""
    description_html: str = ""


@dataclass
class Bundle:
    """Lines that are sold as one; ``entries`` were entered for all of them."""

    id: int
    title: str
    entries: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Line:
    """``discount`` was taken off ``quantity`` pieces of this line, ``order_discount`` is its share of what
    was taken off the whole order; ``current_quantity`` is what edits and refunds have left. A tip is a line,
    but none of the items."""

    id: int
    title: str
    variant_title: str
    sku: str
    price: Decimal
    quantity: int
    current_quantity: int
    discount: Decimal = Decimal(0)
    product_id: int = 0
    variant_id: int = 0
    order_discount: Decimal = Decimal(0)
    taxable: bool = True
    is_tip: bool = False
    is_gift_card: bool = False
    entries: list[tuple[str, str]] = field(default_factory=list)
    """What the buyer entered, name and value."""
    bundle: Bundle | None = None

    def discount_left(self, unit: Decimal) -> Decimal:
        """The discounts of the pieces that are left. Where they do not divide evenly the first pieces have
        one ``unit`` more, and those are the first to go."""
        whole = self.discount + self.order_discount
        if not self.quantity or self.current_quantity == self.quantity:
            return whole if self.quantity else ZERO
        even, odd = divmod(int(whole / unit), self.quantity)
        gone = self.quantity - self.current_quantity
        return unit * (even * self.current_quantity + max(0, odd - gone))

    def left(self, unit: Decimal) -> Decimal:
        return self.price * self.current_quantity - self.discount_left(unit)


@dataclass
class Refund:
    """Money given back, with the goods (quantity by line id) that came back for it; restocked or not changes
    no figure."""

    id: int
    amount: Decimal
    quantities: dict[int, int]
    restocked: bool


@dataclass
class Order:
    """``tip`` is what was tipped without a line of its own; ``returned`` what the refunded goods and shipping
    were worth."""

    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    lines: list[Line]
    currency: str
    customer_id: int = 0
    company: Company | None = None
    email: str = ""
    phone: str = ""
    billing: Address | None = None
    shipping_address: Address | None = None
    delivery: str = ""
    shipping: Decimal = Decimal(0)
    tip: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    note: str = ""
    tags: list[str] = field(default_factory=list)
    test: bool = False
    taxes_included: bool = True
    financial: str = "PAID"
    fulfillment: str = "UNFULFILLED"
    cancelled_at: datetime | None = None
    closed_at: datetime | None = None
    shipping_discount: Decimal = Decimal(0)
    shipping_refunded: Decimal = Decimal(0)
    duties: Decimal = Decimal(0)
    duties_included: bool = False
    fees: Decimal = Decimal(0)
    returned: Decimal = Decimal(0)
    refunds: list[Refund] = field(default_factory=list)
    entries: list[tuple[str, str]] = field(default_factory=list)
    po_number: str = ""
    locale: str = ""
    """What the buyer reads, such as ``"de"`` or ``"pt-BR"``."""
    part_paid: Decimal = Decimal(0)
    """What came in so far of an order that is PARTIALLY_PAID."""
    presentment_currency: str = ""
    """What the customer paid in, at ``presentment_rate`` for one of the shop's; empty: the shop's own."""
    presentment_rate: Decimal = Decimal(1)

    @property
    def unit(self) -> Decimal:
        return Decimal(1).scaleb(-DIGITS.get(self.currency, 2))

    @property
    def items(self) -> Decimal:
        """After discounts; tips are none of them."""
        return sum(
            (line.left(self.unit) for line in self.lines if not line.is_tip), ZERO
        )

    @property
    def discounts(self) -> Decimal:
        return (
            sum((line.discount_left(self.unit) for line in self.lines), ZERO)
            + self.shipping_discount
        )

    @property
    def current_shipping(self) -> Decimal:
        return self.shipping - self.shipping_discount - self.shipping_refunded

    @property
    def tips_received(self) -> Decimal:
        """All that were ever given; a tip that was refunded is still one."""
        return self.tip + sum(
            (line.price * line.quantity for line in self.lines if line.is_tip), ZERO
        )

    @property
    def tax(self) -> Decimal:
        taxed = sum(
            (
                line.left(self.unit)
                for line in self.lines
                if line.taxable and not line.is_tip
            ),
            self.current_shipping,
        )
        return (
            taxed * TAX / (1 + TAX) if self.taxes_included else taxed * TAX
        ).quantize(self.unit, ROUND_HALF_UP)

    @property
    def total(self) -> Decimal:
        """What the order costs now; money that was given back without goods does not change it."""
        tips = self.tip + sum(
            (line.left(self.unit) for line in self.lines if line.is_tip), ZERO
        )
        extra = (
            (ZERO if self.taxes_included else self.tax)
            + (ZERO if self.duties_included else self.duties)
            + self.fees
        )
        return self.items + tips + self.current_shipping + extra

    @property
    def received(self) -> Decimal:
        """Money that came in, whether it was given back or not."""
        match self.financial:
            case "PAID" | "PARTIALLY_REFUNDED" | "REFUNDED":
                return self.total + self.returned
            case "PARTIALLY_PAID":
                return self.part_paid
            case _:
                return ZERO

    @property
    def outstanding(self) -> Decimal:
        """What is still to come in; nothing is expected of a payment that was voided."""
        match self.financial:
            case "PENDING" | "AUTHORIZED":
                return self.total
            case "PARTIALLY_PAID":
                return self.total - self.part_paid
            case _:
                return ZERO

    @property
    def refund_discrepancy(self) -> Decimal:
        """What the refunded goods were worth, less the money that was given back."""
        return self.returned - self.refunded
