"""The shape of Shopify's answers, as far as we ask: JSON -> structs of the same names, and nothing more."""

import json
import math
import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import msgspec
from django.utils.translation import gettext_noop

from integrations.shopify.money import MoneyBag
from orders.importing.incoming import UnreadableError

T = TypeVar("T")
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time without its offset could be any of two dozen."""
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""No shop has orders of before or of from then on; far beyond, no calendar has such days."""
NO_DATE = gettext_noop(
    "Shopify's answer is malformed: a date lies outside the years 1970 to 2199."
)
NO_JSON = gettext_noop("Shopify's answer is malformed: it is no proper JSON.")
LACKS_PART = gettext_noop("Shopify's answer is malformed: a part of it is missing.")
DATE_UNREADABLE = gettext_noop(
    "Shopify's answer is malformed: a date cannot be read as one."
)
OTHER_KIND = gettext_noop(
    "Shopify's answer is malformed: a value is of another kind than it should be."
)
NO_ID = gettext_noop("Shopify's answer is malformed: an order has no id.")
NO_NUMBER = gettext_noop("Shopify's answer is malformed: an id has no number.")
MISSING = re.compile(r"Object missing required field `([^`]*)`")
MAX_DIGITS = 20
"""Of an id or any other whole number: Shopify's are of 64 bits."""
NONE = msgspec.Raw(b"null")


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


class Company(Struct):
    id: str
    name: str = ""


class PurchasingEntity(Struct):
    """Who bought: ``company`` is that of a B2B order, with or without a person; None for anybody else."""

    company: Company | None = None


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
    created_at: Moment
    updated_at: Moment
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
    cancelled_at: Moment | None = None
    closed_at: Moment | None = None
    note: str | None = None
    po_number: str | None = None
    customer_locale: str | None = None
    custom_attributes: list[Entry] = []
    tags: list[str] = []
    shipping_line: ShippingLine | None = None
    email: str | None = None
    phone: str | None = None
    customer: Customer | None = None
    purchasing_entity: PurchasingEntity | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None


class FirstLines(Struct):
    page_info: PageInfo


class Skimmed(Struct):
    """What tells whether an order changed, and whether all its lines are here."""

    legacy_resource_id: str
    name: str
    updated_at: Moment
    line_items: FirstLines
    created_at: Moment | None = None


class Identity(Struct):
    """What tells which order a node is, whatever else of it makes sense."""

    id: msgspec.Raw = NONE
    legacy_resource_id: msgspec.Raw = NONE
    name: msgspec.Raw = NONE
    created_at: msgspec.Raw = NONE
    updated_at: msgspec.Raw = NONE

    @property
    def number(self) -> str:
        """The order's id as a number. Raises ValueError if it has none."""
        for part in [self.legacy_resource_id, self.id]:
            with suppress(ValueError):
                return number_of(readable(part, str) or "")
        raise UnreadableError(NO_ID)


def decode(raw: bytes | msgspec.Raw, kind: type[T]) -> T:
    """The JSON text as ``kind``. Raises ValueError, its text without a word of the content.

    What JSON of Shopify's should not hold is repaired, so that it spoils no more than the order it is part
    of: lone surrogates and bytes that are no UTF-8 are left out, and numbers that are none become null.
    """
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        pass
    try:
        return msgspec.json.decode(_repaired(bytes(raw)), type=kind)
    except (ValueError, msgspec.DecodeError, RecursionError) as error:
        is_json = isinstance(error, msgspec.ValidationError)
        raise (_misfit(str(error)) if is_json else UnreadableError(NO_JSON)) from None


def _misfit(words: str) -> UnreadableError:
    """What msgspec says of a part that is not as we read it: "Expected `int`, got `str` - at `$.a[0].b`"."""
    what, _at, place = words.partition(" - at ")
    place = place.strip("`").removeprefix("$").lstrip(".")
    if found := MISSING.match(what):
        return UnreadableError(LACKS_PART, ".".join(filter(None, [place, found[1]])))
    no_date = what.startswith("Invalid RFC3339") or "`datetime`" in what
    return UnreadableError(DATE_UNREADABLE if no_date else OTHER_KIND, place)


def _repaired(raw: bytes) -> bytes:
    content = json.loads(
        raw.decode("utf-8", "ignore"),
        parse_int=_whole,
        parse_float=_finite,
        parse_constant=lambda _: None,
        strict=False,
    )
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "ignore")


def _whole(text: str) -> int | None:
    return int(text) if len(text) <= MAX_DIGITS else None


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def readable(raw: msgspec.Raw, kind: type[T]) -> T | None:
    """The part as ``kind``; None if it makes no sense."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def understood(raw: msgspec.Raw, kind: type[T]) -> T | None:
    """A part of an answer that one can do without: None if it is null or makes no sense."""
    try:
        return None if is_nothing(raw) else decode(raw, kind)
    except ValueError:
        return None


def is_moment(at: datetime) -> bool:
    return EARLIEST <= at < LATEST


def moment(at: datetime) -> datetime:
    """The same time. Raises ValueError for one that no shop can mean."""
    if not is_moment(at):
        raise UnreadableError(NO_DATE)
    return at


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


class OrdersPreview(Struct):
    older: CountOfOrders
    all: CountOfOrders
    real: CountOfOrders
    wanted: CountOfOrders
    admitted: CountOfOrders


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
    id: str
    description_html: str = ""
    product_type: str = ""
    category: Category | None = None


class Plan(Struct):
    public_display_name: str = ""


class ShopAddress(Struct):
    country_code_v2: str | None = msgspec.field(default=None, name="countryCodeV2")


class Shop(Struct):
    id: str
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
    last_name: str | None = None


class NewestOrder(Struct):
    name: str
    created_at: Moment
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
    if not number.isascii() or not number.isdigit() or len(number) > MAX_DIGITS:
        raise UnreadableError(NO_NUMBER)
    return number
