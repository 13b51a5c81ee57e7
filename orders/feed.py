"""Words for the feed of an order: an OrderEvent says what happened in stored words, this says it in the reader's."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.models import EventKind, Order, OrderEvent, OrderLine
from orders.templatetags.order_cells import grouped, money
from orders.words import fulfilment_word, payment_word

FIELDS: dict[str, str | Promise] = {
    "payment": gettext_lazy("Payment"),
    "fulfilment": gettext_lazy("Fulfilment"),
    "cancelled_at": gettext_lazy("Cancelled at the store"),
    "closed_at": gettext_lazy("Archived at the store"),
    "store_note": gettext_lazy("Note"),
    "delivery_address": gettext_lazy("Delivery address"),
    "delivery_cost": gettext_lazy("Shipping"),
    "store_refunded": gettext_lazy("Refunded"),
    "customer": gettext_lazy("Customer"),
    "quantity": gettext_lazy("Quantity"),
    "price": gettext_lazy("Price"),
    "discount": gettext_lazy("Discount"),
}
"""What the fields of an event are called."""
MONEY = {"price", "discount", "store_refunded", "delivery_cost"}
ICONS: dict[str, str] = {
    EventKind.IMPORTED: "download",
    EventKind.DELIVERY: "truck",
    EventKind.CHANGED: "pencil",
    EventKind.ATTENTION: "triangle-alert",
    EventKind.REFRESHED: "refresh-cw",
    EventKind.GONE: "ban",
    EventKind.COMMENT: "message-square",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the feed. ``old`` and ``new`` are empty where there is nothing to compare; ``text`` is free text."""

    kind: str
    icon: str
    who: str
    at: datetime
    title: str
    subject: str = ""
    old: str = ""
    new: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class LineChange:
    """What the store changed on a written-off line, in words."""

    field: str
    old: str
    new: str


def changes_of(line: OrderLine) -> list[LineChange]:
    """The differences that wait for a person to decide (P5)."""
    return [
        LineChange(str(FIELDS.get(field, field)), _value(field, old), _value(field, new))
        for field, (old, new) in (line.difference or {}).items()
    ]


def feed_of(order: Order) -> list[Entry]:
    """The order's feed, newest first. One query."""
    return entries(order, order.events.select_related("by"))


def entries(order: Order, events: Iterable[OrderEvent]) -> list[Entry]:
    store = order.store.name if order.store else ""
    return [_entry(event, store) for event in events]


def _entry(event: OrderEvent, store: str) -> Entry:
    who = (event.by.get_full_name() or event.by.get_username()) if event.by else store or "RO App"
    entry = Entry(event.kind, ICONS.get(event.kind, "history"), who, event.at, title=str(EventKind(event.kind).label))
    match event.kind:
        case EventKind.IMPORTED:
            return replace(entry, title=_("Imported from %(store)s as %(number)s") % {"store": store, "number": event.subject})
        case EventKind.GONE:
            return replace(entry, title=_("Gone at the store: the order was deleted there and stays here"))
        case EventKind.REFRESHED | EventKind.COMMENT:
            return replace(entry, text=event.new)
        case EventKind.CHANGED if event.field == "line":
            return replace(entry, title=_("Line added at the store"), subject=event.subject, new=f"{_number(event.new)} ×")
    return _change(entry, event)


def _change(entry: Entry, event: OrderEvent) -> Entry:
    title = str(FIELDS.get(event.field, event.field))
    if event.kind == EventKind.DELIVERY:
        title = entry.title
    if event.kind == EventKind.ATTENTION:
        title = _("Changed at the store after the write-off, not taken over: %(field)s") % {"field": title}
    old, new = _value(event.field, event.old), _value(event.field, event.new)
    return replace(entry, title=title, subject=event.subject, old=old, new=new)


def _value(field: str, text: str) -> str:
    """A stored value as the reader writes it; a dash for none."""
    if not text:
        return "–"
    if field == "payment":
        return payment_word(text)
    if field == "fulfilment":
        return fulfilment_word(text)
    if field in MONEY:
        return _amount(text)
    if field == "quantity":
        return _number(text)
    moment = parse_datetime(text) if field.endswith("_at") else None
    return date_format(localtime(moment), "DATETIME_FORMAT") if moment else text


def _amount(text: str) -> str:
    try:
        return money(Decimal(text))
    except InvalidOperation:
        return text


def _number(text: str) -> str:
    try:
        return grouped(Decimal(text))
    except InvalidOperation:
        return text
