"""The demo store: a stock of orders from the last weeks, and something new now and then."""

import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec

from fakeshop.records import Address, Company, Customer, Line, Order, Product
from fakeshop.shop import FakeShop
from fakeshop.stock import (
    ABROAD,
    COMPANIES,
    DELIVERIES,
    DEVICES,
    ENGRAVINGS,
    GIFT_CARD,
    NOTES,
    PEOPLE,
    PRODUCTS,
)

DAYS = 30
SHOWN = 2
"""Orders whose life is known beforehand."""


class State(msgspec.Struct):
    """What a restart goes on with."""

    products: dict[int, Product]
    customers: dict[int, Customer]
    orders: dict[int, Order]
    last_id: int
    last_number: int
    companies: list[Company] = []


def load(shop: FakeShop, file: Path) -> bool:
    """Fill ``shop`` from ``file``; False if there is none. Raises ValueError if the file makes no sense."""
    if not file.exists():
        return False
    state = msgspec.json.decode(file.read_bytes(), type=State)
    shop.products, shop.customers, shop.orders = (
        state.products,
        state.customers,
        state.orders,
    )
    shop.companies = state.companies
    shop.last_id, shop.last_number = state.last_id, state.last_number
    return True


def save(shop: FakeShop, file: Path) -> None:
    """Write all or nothing: a store that is killed keeps its last whole state."""
    with shop.lock:
        content = msgspec.json.encode(
            State(
                shop.products,
                shop.customers,
                shop.orders,
                shop.last_id,
                shop.last_number,
                shop.companies,
            )
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(".part")
    half.write_bytes(content)
    os.replace(half, file)


class Demo:
    """Makes the shop's life up, from one seed."""

    def __init__(self, shop: FakeShop, seed: int = 7) -> None:
        self.shop, self.random = shop, random.Random(seed)
        self.coming: list[Callable[[], object]] = []
        """What happens first."""

    def stock(self, orders: int) -> None:
        """Products, customers, and so many orders over the last DAYS days."""
        for title, kind, variants, description in PRODUCTS:
            self.shop.add_product(
                title,
                variants,
                product_type=kind,
                description_html=f"<p>{description}</p>",
            )
        at_home = [(*person, "DE") for person in PEOPLE]
        for first, last, phone, street, postcode, town, country in at_home + ABROAD:
            address = Address(
                first, last, "", street, "", postcode, town, country, phone
            )
            email = f"{first}.{last}@example.com".lower().replace(" ", ".")
            self.shop.add_customer(first, last, email=email, phone="", address=address)
        for name in COMPANIES:
            self.shop.add_company(name)
        now = datetime.now(UTC).replace(microsecond=0)
        ages = sorted(
            (self.random.random() ** 1.5 * DAYS for _ in range(orders - SHOWN)),
            reverse=True,
        )
        for age in ages:
            order = self.order()
            order.created_at = order.updated_at = now - timedelta(days=age)
            self.settle(order, age)
        self.coming = self.showcase()

    def showcase(self) -> list[Callable[[], object]]:
        """Two more orders, and what happens to them: one is refunded; one grows, twice, so that it
        does after its goods were written off too."""
        refunded, growing = self.plain_order(), self.plain_order()

        def grow() -> None:
            self.shop.set_quantity(growing, 0, growing.lines[0].current_quantity + 1)

        return [grow, lambda: self.shop.refund(refunded, str(refunded.total)), grow]

    def plain_order(self) -> Order:
        product = next(iter(self.shop.products.values()))
        line = self.shop.line(product, 1)
        line.entries = [("Device", DEVICES[0]), ("IMEI", "356938035643809")]
        delivery, shipping = DELIVERIES[0]
        return self.shop.place_order(
            [line],
            self.random.choice(list(self.shop.customers.values())),
            delivery=delivery,
            shipping=Decimal(shipping),
        )

    def order(self) -> Order:
        """A new order of some customer; sometimes a guest's, sometimes with a wish."""
        pick = self.random
        lines = [
            self.line()
            for _ in range(pick.choices([1, 2, 3, 5, 28], [50, 25, 14, 10, 1])[0])
        ]
        delivery, shipping = pick.choice(DELIVERIES)
        if pick.random() < 0.08:
            lines.append(self.shop.tip_line(f"{pick.choice([1, 2, 5])}.00"))
        if pick.random() < 0.08:
            lines.append(
                self.shop.custom_line("Diagnosis of a defective device", "29.00")
            )
        known = pick.choice(list(self.shop.customers.values()))
        guest = pick.random() < 0.12
        self.enter(lines)
        lines += self.kit() if pick.random() < 0.06 else []
        financial = pick.choices(
            ["PAID", "PENDING", "AUTHORIZED", "PARTIALLY_PAID"], [75, 13, 5, 7]
        )[0]
        on_account = pick.random() < 0.06
        companies = [*self.shop.companies, None]
        company = pick.choice(companies) if on_account else None
        address = known.address if not guest or pick.random() < 0.8 else None
        return self.shop.place_order(
            lines,
            None if guest or company else known,
            company=company,
            email=known.email,
            billing=None if company else address,
            shipping_address=address,
            delivery=delivery,
            shipping=Decimal(shipping),
            note=pick.choice(NOTES) if pick.random() < 0.2 else "",
            tags=["express"] if delivery == "DHL Express" else [],
            financial=financial,
            part_paid=Decimal(5) if financial == "PARTIALLY_PAID" else Decimal(0),
            locale="de" if address and address.country in {"DE", "AT"} else "en",
            po_number=f"PO-{pick.randint(1000, 9999)}" if on_account else "",
            entries=[("Engraving", pick.choice(ENGRAVINGS))]
            if pick.random() < 0.06
            else [],
        )

    def enter(self, lines: list[Line]) -> None:
        """For every third order the buyer says which device it is for."""
        pick = self.random
        if pick.random() < 0.35:
            imei = "35" + "".join(str(pick.randrange(10)) for _ in range(13))
            lines[0].entries = [
                ("Device", pick.choice(DEVICES)),
                ("IMEI", imei),
                ("_upload_id", f"u-{pick.randrange(10**6)}"),
            ]

    def kit(self) -> list[Line]:
        return self.shop.bundle("Repair kit", [self.line(), self.line()])

    def line(self) -> Line:
        pick = self.random
        product = pick.choice(list(self.shop.products.values()))
        if product.product_type == GIFT_CARD:
            return self.shop.gift_card(product)
        number = pick.randrange(len(product.variants))
        quantity = pick.choices([1, 2, 3, 10], [80, 13, 5, 2])[0]
        price = product.variants[number].price * quantity
        discount = (
            (price * Decimal("0.1")).quantize(Decimal("0.01"))
            if pick.random() < 0.15
            else Decimal(0)
        )
        return self.shop.line(product, quantity, variant=number, discount=str(discount))

    def settle(self, order: Order, age: float) -> None:
        """What has become of an order that is ``age`` days old."""
        pick = self.random.random()
        stamp = order.updated_at
        if (age > 12 and pick < 0.9) or (age > 4 and pick < 0.3):
            order.fulfillment, order.financial = "FULFILLED", "PAID"
        elif pick > 0.97:
            order.cancelled_at = stamp + timedelta(hours=2)
            order.financial = "VOIDED"
        elif pick > 0.93:
            order.refunded = min(Decimal("9.90"), order.total)
            order.financial = "PARTIALLY_REFUNDED"
        order.updated_at = stamp + timedelta(
            hours=self.random.random() * 3 * min(age, 1)
        )

    def happen(self) -> None:
        """One thing that happens at a shop: mostly a new order, sometimes a change of a recent one."""
        if self.coming:
            self.coming.pop(0)()
            return
        recent = list(self.shop.orders.values())[-12:]
        order = self.random.choice(recent)
        changes: list[Callable[[], object]] = [
            lambda: self.shop.fulfil(order),
            lambda: self.shop.pay(order),
            lambda: self.shop.set_quantity(
                order, 0, order.lines[0].current_quantity + 1
            ),
            lambda: self.shop.change(order, note=self.random.choice(NOTES)),
            lambda: self.shop.add_line(order, self.line()),
        ]
        if self.random.random() < 0.7:
            self.order()
        else:
            self.random.choice(changes)()
