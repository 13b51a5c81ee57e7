"""The shape of Shopify's answers, as far as we ask: JSON -> structs of the same names, and nothing more."""

import json
from datetime import datetime
from typing import TypeVar

import msgspec

from integrations.shopify.money import MoneyBag

T = TypeVar("T")


class Struct(msgspec.Struct, rename="camel"):
    """Field names as Shopify writes them."""


class PageInfo(Struct):
    has_next_page: bool = False
    end_cursor: str | None = None


class Discount(Struct):
    allocated_amount_set: MoneyBag


class Reference(Struct):
    id: str


class Entry(Struct):
    """What a buyer entered, or an app on the buyer's behalf."""

    key: str
    value: str | None = None


class LineGroup(Struct):
    id: str
    title: str
    custom_attributes: list[Entry] = []


class Line(Struct):
    id: str
    title: str
    quantity: int
    current_quantity: int
    original_unit_price_set: MoneyBag
    variant_title: str | None = None
    sku: str | None = None
    discount_allocations: list[Discount] = []
    is_gift_card: bool = False
    custom_attributes: list[Entry] = []
    line_item_group: LineGroup | None = None
    product: Reference | None = None
    variant: Reference | None = None


class Lines(Struct):
    nodes: list[Line]
    page_info: PageInfo = msgspec.field(default_factory=PageInfo)


class EmailAddress(Struct):
    email_address: str | None = None


class PhoneNumber(Struct):
    phone_number: str | None = None


class Customer(Struct):
    id: str
    first_name: str | None = None
    last_name: str | None = None
    default_email_address: EmailAddress | None = None
    default_phone_number: PhoneNumber | None = None


class Address(Struct):
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    zip: str | None = None
    city: str | None = None
    province: str | None = None
    country_code_v2: str | None = msgspec.field(default=None, name="countryCodeV2")
    phone: str | None = None


class ShippingLine(Struct):
    title: str | None = None


class Order(Struct):
    id: str
    legacy_resource_id: str
    name: str
    created_at: datetime
    updated_at: datetime
    currency_code: str
    taxes_included: bool
    duties_included: bool
    display_fulfillment_status: str
    current_total_price_set: MoneyBag
    current_subtotal_price_set: MoneyBag | None
    current_total_discounts_set: MoneyBag
    current_shipping_price_set: MoneyBag
    current_total_tax_set: MoneyBag
    total_refunded_set: MoneyBag
    refund_discrepancy_set: MoneyBag
    total_received_set: MoneyBag
    total_outstanding_set: MoneyBag
    line_items: Lines
    test: bool = False
    display_financial_status: str | None = None
    total_tip_received_set: MoneyBag | None = None
    current_total_duties_set: MoneyBag | None = None
    current_total_additional_fees_set: MoneyBag | None = None
    cancelled_at: datetime | None = None
    closed_at: datetime | None = None
    note: str | None = None
    po_number: str | None = None
    custom_attributes: list[Entry] = []
    tags: list[str] = []
    shipping_line: ShippingLine | None = None
    email: str | None = None
    phone: str | None = None
    customer: Customer | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None


class FirstLines(Struct):
    page_info: PageInfo


class Skimmed(Struct):
    """What tells whether an order changed, and whether all its lines are here."""

    legacy_resource_id: str
    name: str
    updated_at: datetime
    line_items: FirstLines
    created_at: datetime | None = None


def decode(raw: bytes | msgspec.Raw, kind: type[T]) -> T:
    """The JSON text as ``kind``. Raises ValueError, its text without a word of the content.

    Texts with lone surrogates, which JSON allows and UTF-8 does not, are read without them.
    """
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, RecursionError):
        pass
    try:
        repaired = json.dumps(json.loads(bytes(raw)), ensure_ascii=False).encode(
            "utf-8", "ignore"
        )
        return msgspec.json.decode(repaired, type=kind)
    except (ValueError, msgspec.DecodeError, RecursionError) as error:
        words = (
            str(error)
            if isinstance(error, msgspec.ValidationError)
            else "it is no proper JSON"
        )
        raise ValueError(f"Shopify's answer makes no sense: {words}.") from None


class OrderPages(Struct):
    nodes: list[msgspec.Raw]
    page_info: PageInfo


class ChangedOrders(Struct):
    orders: OrderPages


class CountOfOrders(Struct):
    count: int
    precision: str


class OrdersCount(Struct):
    orders_count: CountOfOrders


class Stamped(Struct):
    legacy_resource_id: str
    name: str
    updated_at: datetime


class Nodes(Struct):
    """The answer to ``nodes(ids:)``: in the order asked for, null for what is not there."""

    nodes: list[msgspec.Raw]


class OrderWithLines(Struct):
    line_items: Lines


class OrderLines(Struct):
    order: OrderWithLines | None


class Category(Struct):
    name: str


class Product(Struct):
    id: str = ""
    description_html: str = ""
    product_type: str = ""
    category: Category | None = None


class Products(Struct):
    nodes: list[Product | None]


class Plan(Struct):
    public_display_name: str = ""


class ShopAddress(Struct):
    country_code_v2: str | None = msgspec.field(default=None, name="countryCodeV2")


class Shop(Struct):
    name: str
    myshopify_domain: str
    currency_code: str
    plan: Plan
    shop_address: ShopAddress


class Scope(Struct):
    handle: str


class Installation(Struct):
    access_scopes: list[Scope]


class ShopAnswer(Struct):
    shop: Shop
    current_app_installation: Installation


class NewestCustomer(Struct):
    first_name: str | None = None


class NewestOrder(Struct):
    name: str
    created_at: datetime
    customer: NewestCustomer | None = None


class NewestOrders(Struct):
    nodes: list[NewestOrder]


class NewestAnswer(Struct):
    orders: NewestOrders


def is_nothing(raw: msgspec.Raw) -> bool:
    """Whether a node is null, or of another kind than the fragment asked for."""
    return bytes(raw) in {b"null", b"{}"}


def product_id(product: Product) -> str:
    return number_of(product.id)


def number_of(gid: str) -> str:
    """The number at the end of Shopify's ``gid://shopify/Order/450789469``; it may be followed by a query."""
    number = gid.rpartition("/")[2].partition("?")[0]
    if not number.isascii() or not number.isalnum():
        raise ValueError("Shopify's answer makes no sense: an id has no number.")
    return number
