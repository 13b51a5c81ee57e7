"""A shop at a Shopify of our own: what it sells, who buys, what the merchant does, and how the platform answers an app."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from fakeshop.cost import Bucket

CENT = Decimal("0.01")
TAX = Decimal("0.19")
SCOPES = ("read_orders", "read_products", "read_customers")


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
class Line:
    """``discount`` is what was taken off ``quantity`` pieces; ``current_quantity`` is what edits and refunds have left."""

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


@dataclass
class Order:
    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    lines: list[Line]
    currency: str
    customer_id: int = 0
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

    @property
    def items(self) -> Decimal:
        return sum((line.price * line.current_quantity for line in self.lines), Decimal(0)) - self.discounts

    @property
    def discounts(self) -> Decimal:
        return sum(
            (_cents(line.discount * line.current_quantity / line.quantity) for line in self.lines if line.quantity), Decimal(0)
        )

    @property
    def tax(self) -> Decimal:
        taxed = self.items + self.shipping
        return _cents(taxed * TAX / (1 + TAX) if self.taxes_included else taxed * TAX)

    @property
    def total(self) -> Decimal:
        return self.items + self.shipping + self.tip + (0 if self.taxes_included else self.tax)


@dataclass
class Request:
    """A request that the shop has answered. ``operation`` is the document's name; ``cost`` what it asked for, in points."""

    operation: str
    variables: dict[str, Any]
    cost: int = 0
    token: str = ""


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


class FakeShop:
    """The state of one shop. Every change stamps the order with ``clock``. Safe for several threads."""

    def __init__(
        self,
        *,
        domain: str = "gadget-garage.myshopify.com",
        name: str = "Gadget Garage",
        currency: str = "EUR",
        country: str = "DE",
        plan: str = "Grow",
        token: str = "demo-token",
        client_id: str = "",
        client_secret: str = "",
        scopes: Sequence[str] = SCOPES,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.domain, self.name, self.currency, self.country, self.plan = domain, name, currency, country, plan
        self.tokens = {token}
        self.client_id, self.client_secret, self.scopes, self.clock = client_id, client_secret, set(scopes), clock
        self.products: dict[int, Product] = {}
        self.customers: dict[int, Customer] = {}
        self.orders: dict[int, Order] = {}
        self.last_id = 5_000_000_000
        self.last_number = 1_000
        self.lock = threading.RLock()
        # How the platform answers
        self.customer_data = "open"
        """"open"; "nulls" (Basic plan); "fields_refused" or "customer_refused" (nulls with an error for each); "wiped" (no data at all)."""
        self.approved = True
        self.bucket = Bucket(maximum=1e9, restore_rate=1e9)
        self.max_cost: int | None = None
        self.hidden_before: datetime | None = None
        """Orders created before are not shown, as without read_all_orders."""
        self.result_limit = 25_000
        self.version_served = ""
        self.faults: deque[Callable[..., Any]] = deque()
        self.before_answer: Callable[[Request], None] | None = None
        self.requests: list[Request] = []

    def new_id(self) -> int:
        with self.lock:
            self.last_id += 1
            return self.last_id

    # What the merchant and the buyers do

    def add_product(
        self,
        title: str,
        variants: Sequence[tuple[str, str, str]] = (),
        *,
        category: str = "",
        product_type: str = "",
        description_html: str = "",
    ) -> Product:
        """``variants`` are (title, SKU, price); a product without options has one, called "Default Title"."""
        made = [Variant(self.new_id(), name, sku, Decimal(price)) for name, sku, price in variants]
        product = Product(self.new_id(), title, made, category, product_type, description_html)
        self.products[product.id] = product
        return product

    def add_customer(self, first_name: str, last_name: str, **values: Any) -> Customer:
        customer = Customer(self.new_id(), first_name, last_name, **values)
        self.customers[customer.id] = customer
        return customer

    def line(self, product: Product, quantity: int = 1, *, variant: int = 0, discount: str = "0") -> Line:
        """A line that sells a product's variant; ``discount`` is for the whole line."""
        sold = product.variants[variant]
        return Line(
            id=self.new_id(),
            title=product.title,
            variant_title=sold.title,
            sku=sold.sku,
            price=sold.price,
            quantity=quantity,
            current_quantity=quantity,
            discount=Decimal(discount),
            product_id=product.id,
            variant_id=sold.id,
        )

    def custom_line(self, title: str, price: str, quantity: int = 1) -> Line:
        """A line without a product: a custom item, a tip."""
        return Line(self.new_id(), title, "", "", Decimal(price), quantity, quantity)

    def place_order(self, lines: Sequence[Line], customer: Customer | None = None, **values: Any) -> Order:
        """``values`` are fields of Order; the customer's address is used for billing and delivery if none is given."""
        with self.lock:
            self.last_number += 1
            now = self.clock()
            address = customer.address if customer else None
            defaults: dict[str, Any] = {
                "created_at": now,
                "updated_at": now,
                "currency": self.currency,
                "billing": address,
                "shipping_address": address,
                "email": customer.email if customer else "",
            }
            order = Order(
                id=self.new_id(),
                name=f"#{self.last_number}",
                lines=list(lines),
                customer_id=customer.id if customer else 0,
                **defaults | values,
            )
            self.orders[order.id] = order
            return order

    def change(self, order: Order, **values: Any) -> None:
        """Any edit: the values and a new stamp."""
        with self.lock:
            for name, value in values.items():
                setattr(order, name, value)
            order.updated_at = max(self.clock(), order.updated_at)

    def set_quantity(self, order: Order, index: int, quantity: int) -> None:
        with self.lock:
            line = order.lines[index]
            line.current_quantity = quantity
            line.quantity = max(line.quantity, quantity)
            self.change(order)

    def add_line(self, order: Order, line: Line) -> None:
        with self.lock:
            order.lines.append(line)
            self.change(order)

    def cancel(self, order: Order) -> None:
        self.change(order, cancelled_at=self.clock())

    def fulfil(self, order: Order) -> None:
        self.change(order, fulfillment="FULFILLED")

    def refund(self, order: Order, amount: str) -> None:
        refunded = order.refunded + Decimal(amount)
        self.change(order, refunded=refunded, financial="REFUNDED" if refunded >= order.total else "PARTIALLY_REFUNDED")

    def delete(self, order: Order) -> None:
        with self.lock:
            del self.orders[order.id]

    def delete_product(self, product: Product) -> None:
        with self.lock:
            del self.products[product.id]

    # What a test asks of the platform

    def fail_next(self, fault: Callable[..., Any], times: int = 1) -> None:
        """Answer the next requests with ``fault`` (fakeshop.faults)."""
        self.faults.extend([fault] * times)

    def revoke_tokens(self) -> None:
        self.tokens.clear()

    def asked(self) -> list[str]:
        """The names of the documents that were asked, in order."""
        return [request.operation for request in self.requests]

    def visible(self) -> list[Order]:
        with self.lock:
            return [order for order in self.orders.values() if not self.hidden_before or order.created_at >= self.hidden_before]
