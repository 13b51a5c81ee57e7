"""A shop at a Shopify of our own: what it sells, who buys, what the merchant does, and how the platform
answers an app."""

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from fakeshop.bulk import Bulk
from fakeshop.cost import Bucket
from fakeshop.records import (
    Bundle,
    Company,
    Customer,
    Line,
    Order,
    Product,
    Refund,
    Variant,
)
from fakeshop.webhooks import Postman, customer_message, order_message, refund_message

SCOPES = ("read_orders", "read_products", "read_customers")


@dataclass
class Request:
    """A request that the shop has answered. ``operation`` is the document's name; ``cost`` what it asked for,
    in points."""

    operation: str
    variables: dict[str, Any]
    cost: int = 0
    token: str = ""


def spelled(amount: Decimal) -> str:
    """As Shopify writes a decimal: without surplus zeros, but with a digit behind the point."""
    plain = format(amount.normalize(), "f")
    return plain if "." in plain else f"{plain}.0"


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
        webhook_secret: str = "demo-secret",
        scopes: Sequence[str] = SCOPES,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.domain, self.name, self.currency, self.country, self.plan = (
            domain,
            name,
            currency,
            country,
            plan,
        )
        self.id = 700_000_001
        self.tokens = {token}
        self.client_id, self.client_secret, self.scopes, self.clock = (
            client_id,
            client_secret,
            set(scopes),
            clock,
        )
        self.products: dict[int, Product] = {}
        self.customers: dict[int, Customer] = {}
        self.companies: list[Company] = []
        self.orders: dict[int, Order] = {}
        self.last_id = 5_000_000_000
        self.last_number = 1_000
        self.lock = threading.RLock()
        self.spell: Callable[[Decimal], str] = spelled
        """How amounts are written: "13.5" is Shopify's way, "13.50" says the same."""
        # How the platform answers
        self.customer_data = "open"
        """"open"; "nulls" (Basic plan); "fields_refused" or "customer_refused" (nulls with an error for
        each); "wiped" (no data at all)."""
        self.sells_to_companies = True
        """Whether the shop has B2B; without it the companies of former orders are kept back."""
        self.approved = True
        self.bucket = Bucket(maximum=1e9, restore_rate=1e9)
        self.max_cost: int | None = None
        self.hidden_before: datetime | None = None
        """Orders created before are not shown, as without read_all_orders."""
        self.result_limit = 25_000
        self.seconds_per_answer = 0.0
        self.search_lag = timedelta()
        """How long after it was placed an order is not yet found by a search; by its id it is there at once.
        """
        self.unsearchable: set[int] = set()
        """Ids of orders that the search does not show; by their ids they are there."""
        self.search_length: int | None = None
        """So many characters a search may have."""
        self.version_served = ""
        self.post = Postman(domain, client_secret or webhook_secret, self.new_id, clock)
        """Its webhooks."""
        self.bulk = Bulk(self.new_id, self.post.notify)
        self.spoilt: dict[int, dict[str, Any]] = {}
        """What stands in the answers in place of fields, by the id of the order or line: anything that JSON
        can hold, and a few things that it should not."""
        self.failing: dict[int, str] = {}
        """A field of an order, by the order's id, with which the platform has an error of its own."""
        self.says_where = True
        """Whether such an error names the place in the answer."""
        self.says_throttle = True
        """Whether an answer's cost says what is left of the bucket."""
        self.faults: deque[Callable[..., Any]] = deque()
        self.before_answer: Callable[[Request], None] | None = None
        self.after_answer: Callable[[Request], None] | None = None
        """Called when what to answer is fixed and before it is sent: whoever waits here makes the answer an
        old one."""
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
        made = [
            Variant(self.new_id(), name, sku, Decimal(price))
            for name, sku, price in variants
        ]
        product = Product(
            self.new_id(), title, made, category, product_type, description_html
        )
        self.products[product.id] = product
        return product

    def add_customer(self, first_name: str, last_name: str, **values: Any) -> Customer:
        customer = Customer(self.new_id(), first_name, last_name, **values)
        self.customers[customer.id] = customer
        return customer

    def add_company(self, name: str) -> Company:
        company = Company(self.new_id(), name)
        self.companies.append(company)
        return company

    def line(
        self,
        product: Product,
        quantity: int = 1,
        *,
        variant: int = 0,
        discount: str = "0",
        taxable: bool = True,
        **values: Any,
    ) -> Line:
        """A line that sells a product's variant; ``discount`` is for the whole line, ``values`` are further
        fields of Line. Gift cards are not taxable."""
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
            taxable=taxable,
            **values,
        )

    def gift_card(self, product: Product, quantity: int = 1) -> Line:
        return self.line(product, quantity, taxable=False, is_gift_card=True)

    def bundle(self, title: str, lines: Sequence[Line], **entries: str) -> list[Line]:
        """The lines as parts of one bundle, for which the buyer has entered ``entries``."""
        bundle = Bundle(self.new_id(), title, [*entries.items()])
        for line in lines:
            line.bundle = bundle
        return [*lines]

    def custom_line(self, title: str, price: str, quantity: int = 1) -> Line:
        """A line without a product."""
        return Line(self.new_id(), title, "", "", Decimal(price), quantity, quantity)

    def tip_line(self, amount: str, title: str = "Tip") -> Line:
        """A tip as Shopify's checkout takes it: a line without a product, in the words of the buyer's
        language."""
        return Line(
            self.new_id(),
            title,
            "",
            "",
            Decimal(amount),
            1,
            1,
            taxable=False,
            is_tip=True,
        )

    def place_order(
        self, lines: Sequence[Line], customer: Customer | None = None, **values: object
    ) -> Order:
        """``values`` are fields of Order; the customer's address is used for billing and delivery if none is
        given."""
        with self.lock:
            self.last_number += 1
            now = self.clock()
            address = customer.address if customer else None
            defaults: dict[str, Any] = {
                "name": f"#{self.last_number}",
                "created_at": now,
                "updated_at": now,
                "currency": self.currency,
                "billing": address,
                "shipping_address": address,
                "email": customer.email if customer else "",
            }
            order = Order(
                id=self.new_id(),
                lines=list(lines),
                customer_id=customer.id if customer else 0,
                **defaults | values,
            )
            self.orders[order.id] = order
            self._tell("ORDERS_CREATE", order)
            return order

    def change(self, order: Order, **values: object) -> None:
        """Any edit: the values and a new stamp."""
        with self.lock:
            for name, value in values.items():
                setattr(order, name, value)
            order.updated_at = max(self.clock(), order.updated_at)
            self._tell("ORDERS_UPDATED", order)

    def _tell(self, topic: str, order: Order) -> None:
        self.post.notify(
            topic, order_message(order, self.customers.get(order.customer_id))
        )

    def _edited(self, order: Order) -> None:
        self.change(order)
        self.post.notify(
            "ORDERS_EDITED", {"order_edit": {"id": self.new_id(), "order_id": order.id}}
        )

    def set_quantity(self, order: Order, index: int, quantity: int) -> None:
        with self.lock:
            line = order.lines[index]
            line.current_quantity = quantity
            line.quantity = max(line.quantity, quantity)
            self._edited(order)

    def add_line(self, order: Order, line: Line) -> None:
        with self.lock:
            order.lines.append(line)
            self._edited(order)

    def remove_line(self, order: Order, index: int) -> None:
        """Shopify keeps a removed line in its list, with nothing left of it."""
        self.set_quantity(order, index, 0)

    def discount_line(self, order: Order, index: int, amount: str) -> None:
        with self.lock:
            order.lines[index].discount += Decimal(amount)
            self.change(order)

    def discount_order(self, order: Order, amount: str) -> None:
        """Take ``amount`` off the items: each line bears its share of it, and the first ones what does not
        divide evenly."""
        with self.lock:
            lines = [line for line in order.lines if not line.is_tip]
            worth = [
                line.price * line.quantity - line.discount - line.order_discount
                for line in lines
            ]
            units = int(Decimal(amount) / order.unit)
            shares = [int(units * each / sum(worth)) for each in worth]
            for place, line in enumerate(lines):
                line.order_discount += order.unit * (
                    shares[place] + (place < units - sum(shares))
                )
            self.change(order)

    def discount_shipping(self, order: Order, amount: str) -> None:
        self.change(order, shipping_discount=order.shipping_discount + Decimal(amount))

    def cancel(self, order: Order) -> None:
        self.change(order, cancelled_at=self.clock())
        self._tell("ORDERS_CANCELLED", order)

    def pay(self, order: Order) -> None:
        self.change(order, financial="PAID")
        self._tell("ORDERS_PAID", order)

    def fulfil(self, order: Order) -> None:
        self.change(order, fulfillment="FULFILLED")

    def refund(
        self,
        order: Order,
        amount: str | None = None,
        *,
        lines: Mapping[int, int] | None = None,
        shipping: str = "0",
        restock: bool = True,
    ) -> Refund:
        """Take back so many pieces of lines (by their place) and so much of the shipping, and give ``amount``
        for it: what they are worth if not said otherwise. Without either it is money alone."""
        with self.lock:
            before = order.total
            for place, quantity in (lines or {}).items():
                order.lines[place].current_quantity -= quantity
            order.shipping_refunded += Decimal(shipping)
            worth = before - order.total
            given = worth if amount is None else Decimal(amount)
            quantities = {
                order.lines[place].id: quantity
                for place, quantity in (lines or {}).items()
            }
            order.refunds.append(Refund(self.new_id(), given, quantities, restock))
            received = order.total + order.returned + worth
            refunded = order.refunded + given
            state = "REFUNDED" if refunded >= received else "PARTIALLY_REFUNDED"
            self.change(
                order,
                refunded=refunded,
                returned=order.returned + worth,
                financial=state,
            )
            self.post.notify("REFUNDS_CREATE", refund_message(order, order.refunds[-1]))
            return order.refunds[-1]

    def delete(self, order: Order) -> None:
        with self.lock:
            del self.orders[order.id]
            self.post.notify("ORDERS_DELETE", {"id": order.id})

    def change_customer(self, customer: Customer, **values: object) -> None:
        with self.lock:
            for name, value in values.items():
                setattr(customer, name, value)
            self.post.notify("CUSTOMERS_UPDATE", customer_message(customer))

    def change_shop(self, **values: object) -> None:
        """``name``, ``currency``, ``plan`` and the like."""
        for name, value in values.items():
            setattr(self, name, value)
        self.post.notify(
            "SHOP_UPDATE", {"id": 1, "name": self.name, "email": "owner@example.com"}
        )

    def uninstall(self) -> None:
        """The app is thrown out: its tokens end, and so do its subscriptions."""
        self.tokens.clear()
        self.post.notify(
            "APP_UNINSTALLED",
            {"id": 1, "name": self.name, "email": "owner@example.com"},
        )
        self.post.subscriptions.clear()

    def delete_product(self, product: Product) -> None:
        with self.lock:
            del self.products[product.id]

    # What a test asks of the platform

    def fail_next(self, fault: Callable[..., object], times: int = 1) -> None:
        """Answer the next requests with ``fault`` (fakeshop.faults)."""
        self.faults.extend([fault] * times)

    def spoil(self, what: Order | Line, **fields: object) -> None:
        """Let the answers hold this of the order or line, by Shopify's names of its fields."""
        self.spoilt.setdefault(what.id, {}).update(fields)

    def fail_at(self, order: Order, field: str = "shippingAddress") -> None:
        """Have an error of the platform's own at this field of the order."""
        self.failing[order.id] = field

    def heal(self) -> None:
        """No order is spoilt, and the platform has no error of its own."""
        self.spoilt.clear()
        self.failing.clear()

    def revoke_tokens(self) -> None:
        self.tokens.clear()

    def asked(self) -> list[str]:
        """The names of the documents that were asked, in order."""
        return [request.operation for request in self.requests]

    def visible(self) -> list[Order]:
        with self.lock:
            return [
                order
                for order in self.orders.values()
                if not self.hidden_before or order.created_at >= self.hidden_before
            ]
