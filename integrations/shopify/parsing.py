"""An order as Shopify sends it (answers.py) -> an order in our words (orders.importing.incoming)."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import blake2b

import msgspec
from django.utils import timezone
from django.utils.translation import gettext_noop

from common.text import shortened
from customers.matching import ContactDetails, company_key
from integrations.platforms.protocol import OrderTimestamp
from integrations.shopify.money import LARGEST, Amounts, Counted, even_out
from integrations.shopify.responses import (
    Address,
    Entry,
    Identity,
    Line,
    Moment,
    Order,
    Skimmed,
    decode,
    is_moment,
    moment,
    number_of,
    readable,
    understood,
)
from inventory.product_matching import ProductDetails, gone_variant
from orders.domain.buyer_entries import Entries
from orders.importing.incoming import (
    IncomingLine,
    IncomingOrder,
    Snapshot,
    StoreFigures,
    UnreadableError,
    UnservedError,
)

LONG, SHORT, CODE = 255, 64, 32
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
NO_CURRENCY = gettext_noop("Shopify's answer is malformed: a currency is no code.")
LINE_TOO_LARGE = gettext_noop(
    "Shopify's answer is malformed: a line's total is far too large."
)
CLOCKS_DIFFER = timedelta(days=1)
"""Further ahead of ours no clock goes."""
NOTE = 10_000
MAX_ENTRIES, ENTRY = 50, 2_000
"""Shops let apps add any number of entries, of any length."""
DEFAULT_VARIANT = "Default Title"
"""What Shopify calls the only variant of a product that has none."""
FINISHED_PAYMENTS = {"REFUNDED", "VOIDED"}


class Reader:
    """Reads the orders of one store. ``key`` prefixes what names a customer or variant over all stores
    (``"shopify:3"``). ``country`` (ISO 3166 alpha-2) is the store's: phone numbers without a prefix that
    stand in no address are read there. ``now`` is our clock."""

    def __init__(
        self, key: str, country: str, *, now: Callable[[], datetime] = timezone.now
    ) -> None:
        self.key, self.country, self.now = key, country, now

    def snapshot(self, raw: msgspec.Raw, *, external_id: str = "") -> Snapshot:
        """An order just skimmed; reading it in full waits until it is known to have changed. One that cannot
        be read is a snapshot all the same, whose ``read`` says why.

        Raises ValueError if it does not say which order it is; ``external_id`` says it instead.
        """
        # A copy: a view of the page would keep all of it in memory.
        node = msgspec.Raw(bytes(raw))
        try:
            skimmed = decode(node, Skimmed)
            changed_at = moment(skimmed.updated_at)
            at, is_dated = self._not_in_the_future(changed_at)
            return Snapshot(
                external_id=number_of(skimmed.legacy_resource_id),
                number=bounded(skimmed.name, SHORT),
                updated_at=at,
                fingerprint=_digest(node),
                read=lambda: self.order(decode(node, Order)),
                is_cut=skimmed.line_items.page_info.has_next_page,
                placed_at=moment(skimmed.created_at) if skimmed.created_at else None,
                is_dated=is_dated,
            )
        except ValueError as error:
            return self._failing(node, external_id, error)

    def unserved(self, raw: msgspec.Raw, *, external_id: str = "") -> Snapshot:
        """An order that the store could not serve in full; ``raw`` is what there is of it. Raises ValueError
        as ``snapshot`` does."""
        return self._failing(msgspec.Raw(bytes(raw)), external_id, UnservedError())

    def _failing(
        self, node: msgspec.Raw, external_id: str, error: ValueError
    ) -> Snapshot:
        timestamp = self.timestamp(node, external_id=external_id)
        identity = understood(node, Identity) or Identity()
        created_at = readable(identity.created_at, Moment)
        return Snapshot(
            external_id=timestamp.external_id,
            number=timestamp.number,
            updated_at=timestamp.updated_at or self.now(),
            fingerprint=_digest(node),
            read=raising(error),
            placed_at=created_at if created_at and is_moment(created_at) else None,
            is_dated=timestamp.updated_at is not None,
        )

    def timestamp(self, node: msgspec.Raw, *, external_id: str = "") -> OrderTimestamp:
        """That the order is there, and what it is called if it says so. Raises ValueError as ``snapshot``
        does."""
        try:
            identity = decode(node, Identity)
            number = identity.number
        except ValueError:
            if not external_id:
                raise
            identity, number = Identity(), external_id
        at = readable(identity.updated_at, Moment)
        is_dated = at and is_moment(at) and self._not_in_the_future(at)[1]
        name = bounded(readable(identity.name, str), SHORT)
        return OrderTimestamp(number, name or number, at if is_dated else None)

    def _not_in_the_future(self, at: datetime) -> tuple[datetime, bool]:
        """When it changed, and whether that is the store's word: a change of days ahead of our clock counts
        as of now, or no later one would ever replace it."""
        now = self.now()
        return (at, True) if at <= now + CLOCKS_DIFFER else (now, False)

    def order(self, order: Order, more: Sequence[Line] = ()) -> IncomingOrder:
        """The order in our words; ``more`` are lines that did not fit into it. Raises ValueError."""
        if not CURRENCY.fullmatch(order.currency_code):
            raise UnreadableError(NO_CURRENCY)
        amount = Amounts(order.currency_code)
        all_lines = [*order.line_items.nodes, *more]
        tips = _tip_lines(all_lines, amount.of(order.total_tip_received_set), amount)
        figures = _figures(order, amount, tip_is_line=bool(tips))
        firsts = _firsts_of_bundles(all_lines)
        lines = [
            Counted(self._line(line, amount, line.id in firsts), line.quantity)
            for line in all_lines
        ]
        come_to = figures.items + _worth(tips, amount, "current_quantity")
        return IncomingOrder(
            external_id=number_of(order.legacy_resource_id),
            number=bounded(order.name, SHORT),
            placed_at=moment(order.created_at),
            updated_at=self._not_in_the_future(moment(order.updated_at))[0],
            currency=order.currency_code,
            figures=figures,
            lines=tuple(even_out(lines, total=come_to, unit=amount.unit)),
            contact=self._contact(order),
            delivery_address="\n".join(
                _address_lines(order.shipping_address, with_name=True)
            ),
            delivery_method=bounded(
                order.shipping_line.title if order.shipping_line else None, LONG
            ),
            delivery_cost=amount.of(order.current_shipping_price_set),
            note=bounded(order.note, NOTE),
            buyer_entries=_entries(order.custom_attributes),
            purchase_order=bounded(order.po_number, LONG),
            payment=bounded(order.display_financial_status, CODE).lower(),
            fulfilment=bounded(order.display_fulfillment_status, CODE).lower(),
            cancelled_at=moment(order.cancelled_at) if order.cancelled_at else None,
            closed_at=moment(order.closed_at) if order.closed_at else None,
            is_open=_is_open(order),
            is_test=order.test,
            tags=tuple(bounded(tag, LONG) for tag in order.tags),
        )

    def _line(
        self, line: Line, amount: Amounts, is_first_of_bundle: bool
    ) -> IncomingLine:
        """The first line of a bundle carries what was entered for all of it."""
        price = amount.of(line.original_unit_price_set)
        if abs(price * line.current_quantity) >= LARGEST:
            raise UnreadableError(LINE_TOO_LARGE)
        name = _name(line)
        sku = bounded(line.sku, LONG)
        bundle = line.line_item_group
        entered = line.custom_attributes
        if bundle and is_first_of_bundle:
            entered = [*bundle.custom_attributes, *entered]
        return IncomingLine(
            external_id=number_of(line.id),
            name=name,
            sku=sku,
            quantity=line.current_quantity,
            price=price,
            discount=amount.left(
                [each.allocated_amount_set for each in line.discount_allocations],
                left=line.current_quantity,
                ordered=line.quantity,
            ),
            product=self._product(line, name, sku),
            buyer_entries=_entries(entered),
            bundle=bounded(bundle.title, LONG) if bundle else "",
            bundle_id=number_of(bundle.id) if bundle else "",
            is_gift_card=line.is_gift_card,
        )

    def _product(self, line: Line, name: str, sku: str) -> ProductDetails | None:
        if line.product is None or line.is_gift_card:  # A gift card has no stock.
            return None
        product_id = number_of(line.product.id)
        variant = (
            f"variant:{number_of(line.variant.id)}"
            if line.variant
            else f"gone:{gone_variant(product_id, sku, name)}"
        )
        return ProductDetails(
            key=f"{self.key}:{variant}",
            external_id=product_id,
            name=name,
            sku=sku,
            parent=f"{self.key}:product:{product_id}",
            has_variants=bool(_variant_title(line)),
            is_gone=line.variant is None,
        )

    def _contact(self, order: Order) -> ContactDetails:
        """The customer's own data first, then what the billing, the delivery address and the order itself
        say."""
        customer = order.customer
        billing, shipping = order.billing_address, order.shipping_address
        company = order.purchasing_entity and order.purchasing_entity.company
        first, last = next(
            (
                (who.first_name, who.last_name)
                for who in [customer, billing, shipping]
                if who is not None and (who.first_name or who.last_name)
            ),
            (None, None),
        )
        if company and not customer:
            # Who ordered is not told: a name in an address is somebody's there, not the company's.
            first = last = None
        emails = [
            customer.default_email_address.email_address
            if customer and customer.default_email_address
            else None,
            order.email,
        ]
        companies = [each.company for each in [billing, shipping] if each]
        if company:
            companies.insert(0, company.name)
        phone, country = self._phone(order)
        return ContactDetails(
            key=self._customer_key(order),
            first_name=bounded(first, LONG),
            last_name=bounded(last, LONG),
            company=bounded(next(filter(None, companies), None), LONG),
            phone=phone,
            email=bounded(next(filter(None, emails), None), LONG),
            address="\n".join(_address_lines(billing) or _address_lines(shipping)),
            country=country,
            language=_language(order.customer_locale),
        )

    def _customer_key(self, order: Order) -> str:
        """The person who ordered, else the company that did; empty for a guest."""
        if order.customer:
            return f"{self.key}:{number_of(order.customer.id)}"
        company = order.purchasing_entity and order.purchasing_entity.company
        return company_key(self.key, number_of(company.id)) if company else ""

    def _phone(self, order: Order) -> tuple[str, str]:
        """The first number that is given, and the country in which to read it: of the address in which it
        stands, else the store's."""
        own = order.customer and order.customer.default_phone_number
        addresses = [
            (address.phone, address.country_code_v2)
            for address in [order.billing_address, order.shipping_address]
            if address
        ]
        phones = [
            (own.phone_number if own else None, None),
            *addresses,
            (order.phone, None),
        ]
        phone, country = next((each for each in phones if each[0]), (None, None))
        return bounded(phone, SHORT), country or self.country


def raising(error: ValueError) -> Callable[[], IncomingOrder]:
    """What stands for reading an order that cannot be read."""

    def read() -> IncomingOrder:
        raise error

    return read


def _digest(node: msgspec.Raw) -> int:
    digest = blake2b(bytes(node), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _figures(order: Order, amount: Amounts, *, tip_is_line: bool) -> StoreFigures:
    return StoreFigures(
        items=amount.of(order.current_subtotal_price_set),
        discounts=amount.of(order.current_total_discounts_set),
        shipping=amount.of(order.current_shipping_price_set),
        tax=amount.of(order.current_total_tax_set),
        tip=amount.of(order.total_tip_received_set),
        refunded=amount.of(order.total_refunded_set),
        total=amount.of(order.current_total_price_set),
        tax_included=order.taxes_included,
        duties=amount.of(
            None if order.duties_included else order.current_total_duties_set
        ),
        fees=amount.of(order.current_total_additional_fees_set),
        goodwill=amount.zero - amount.of(order.refund_discrepancy_set),
        tip_is_line=tip_is_line,
        paid=amount.of(order.total_received_set),
        due=amount.of(order.total_outstanding_set),
    )


def _language(locale: str | None) -> str:
    """The language of a locale as Shopify writes it (``"de"``, ``"pt-BR"``), without the region."""
    language = (locale or "").partition("-")[0].lower()
    return language if len(language) <= 3 and language.isascii() else ""


def _firsts_of_bundles(lines: Sequence[Line]) -> set[str]:
    firsts: dict[str, str] = {}
    for line in lines:
        if line.line_item_group:
            firsts.setdefault(line.line_item_group.id, line.id)
    return {*firsts.values()}


def _entries(entered: Sequence[Entry]) -> Entries:
    """In the order in which they were entered, without empty ones; how many were left out is an entry."""
    entries = [
        [bounded(each.key, LONG), bounded(each.value, ENTRY)]
        for each in entered
        if bounded(each.value, ENTRY)
    ]
    left_out = len(entries) - MAX_ENTRIES
    if left_out > 0:
        entries = [*entries[:MAX_ENTRIES], ["…", f"+{left_out}"]]
    return entries or None


def _tip_lines(lines: Sequence[Line], tip: Decimal, amount: Amounts) -> list[Line]:
    """Those of the lines that are tips, empty if no line is: they have no product, and one title in the
    buyer's language."""
    by_title: dict[str, list[Line]] = {}
    for line in lines:
        if line.product is None:
            by_title.setdefault(line.title, []).append(line)
    return next(
        (
            each
            for each in by_title.values()
            if tip and _worth(each, amount, "quantity") == tip
        ),
        [],
    )


def _worth(lines: Sequence[Line], amount: Amounts, quantity: str) -> Decimal:
    return sum(
        (
            amount.of(line.original_unit_price_set) * getattr(line, quantity)
            for line in lines
        ),
        Decimal(0),
    )


def _is_open(order: Order) -> bool:
    finished = (
        order.display_financial_status in FINISHED_PAYMENTS
        or order.display_fulfillment_status == "FULFILLED"
    )
    return not (finished or order.cancelled_at or order.closed_at)


def _variant_title(line: Line) -> str:
    """Empty for the only variant of a product without options."""
    title = line.variant_title or ""
    return "" if title == DEFAULT_VARIANT else title


def _name(line: Line) -> str:
    variant = _variant_title(line)
    return bounded(f"{line.title} – {variant}" if variant else line.title, LONG) or "–"


def _address_lines(address: Address | None, *, with_name: bool = False) -> list[str]:
    if address is None:
        return []
    town = " ".join(part for part in [address.zip, address.city] if part)
    name = " ".join(part for part in [address.first_name, address.last_name] if part)
    lines = [
        *([name, address.company] if with_name else []),
        *[
            address.address1,
            address.address2,
            town,
            address.province,
            address.country_code_v2,
        ],
    ]
    return [bounded(line, LONG) for line in lines if line]


def bounded(text: str | None, longest: int) -> str:
    """``text`` without NUL, which PostgreSQL refuses, and no longer than ``longest``: what was cut off is
    marked by an ellipsis."""
    if not text:
        return ""
    return shortened(text.replace("\x00", "").strip(), longest)
