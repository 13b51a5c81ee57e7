"""The timeline of an order: its stored events in the reader's language."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from common.formats import day, day_and_time, grouped, money, person_name
from common.kinds import is_known, kind_label
from orders.domain.events import plain
from orders.domain.labels import fulfilment_label, payment_label
from orders.models import EventKind, Order, OrderEvent, OrderLine

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
    "name": gettext_lazy("Name"),
    "buyer_entries": gettext_lazy("Entered by the buyer"),
    "purchase_order": gettext_lazy("Purchase order"),
    "store_paid": pgettext_lazy("amount", "Paid"),
    "store_due": gettext_lazy("Still due"),
    "product": gettext_lazy("Product"),
    "due_on": gettext_lazy("Due date"),
    "note": gettext_lazy("Note"),
}
"""Labels of the fields of events."""
UNDONE_FIELDS: dict[str, str | Promise] = {
    "status": gettext_lazy("Status"),
    "assignee": gettext_lazy("Assignee"),
    "type": gettext_lazy("Type"),
}
"""Labels of what has a kind of its own where it is done."""
ICONS: dict[str, str] = {
    EventKind.IMPORTED: "download",
    EventKind.DELIVERY: "truck",
    EventKind.CHANGED: "pencil",
    EventKind.ATTENTION: "triangle-alert",
    EventKind.REFRESHED: "refresh-cw",
    EventKind.GONE: "ban",
    EventKind.KEPT: "pencil-off",
    EventKind.CREATED: "file-plus",
    EventKind.STATUS: "circle-dot",
    EventKind.ASSIGNED: "user-check",
    EventKind.TYPE: "tag",
    EventKind.CUSTOMER: "user-round",
    EventKind.DUE: "calendar",
    EventKind.NOTE: "sticky-note",
    EventKind.LINE_ADDED: "plus",
    EventKind.LINE_CHANGED: "pencil",
    EventKind.LINE_REMOVED: "minus",
    EventKind.WRITTEN_OFF: "package-check",
    EventKind.REVERSED: "undo-2",
    EventKind.ACCEPTED: "check",
    EventKind.DISMISSED: "x",
    EventKind.UNDONE: "undo-2",
    EventKind.COMMENT: "message-square",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. ``old`` and ``new`` are empty where there is nothing to compare; ``text`` is free text."""

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
    """What the store changed on a line that does not follow it, in words; ``ours`` is the line's value."""

    field: str
    old: str
    new: str
    ours: str


def open_changes(line: OrderLine) -> list[LineChange]:
    """The differences that wait for a decision (P5, P6)."""
    return [
        LineChange(
            str(FIELDS.get(field, field)),
            format_value(field, old),
            format_value(field, new),
            format_value(field, plain(getattr(line, field))),
        )
        for field, (old, new) in line.open_difference.items()
    ]


def open_changes_of_order(order: Order) -> list[str]:
    """What the store did to the order that waits for somebody to accept it (I7), as sentences."""
    sentences = []
    for field, (old, new) in order.open_difference.items():
        if field == "store_refunded":
            amount = money(Decimal(new or 0) - Decimal(old or 0))
            sentences.append(_("%(amount)s was refunded.") % {"amount": amount})
        else:
            time = format_value(field, new)
            sentences.append(_("The order was cancelled: %(time)s.") % {"time": time})
    return sentences


CONTACT_DATA = {"delivery_address"}
"""Fields whose values only users who may see contact data see."""


def entries(
    order: Order, events: Iterable[OrderEvent], *, contact_data: bool
) -> list[Entry]:
    """The timeline of these events of the order; without ``contact_data`` it contains no address."""
    store = order.store.name if order.store else ""
    shown = []
    for event in events:
        if event.field in CONTACT_DATA and not contact_data:
            event.old = event.new = ""
        if event.kind == EventKind.IMPORTED and event.field:
            shown.append(_first_delivery(event, store))
        shown.append(_entry(event, store))
    return shown


def _first_delivery(event: OrderEvent, store: str) -> Entry:
    """What the event of an import says of the delivery: its old value is how the order is delivered, its new
    one for how much."""
    return Entry(
        EventKind.DELIVERY,
        ICONS[EventKind.DELIVERY],
        store or "RO App",
        event.at,
        title=str(EventKind.DELIVERY.label),
        subject=event.old,
        old=format_value(event.field, ""),
        new=format_value(event.field, event.new),
    )


def _entry(event: OrderEvent, store: str) -> Entry:
    entry = Entry(
        event.kind,
        ICONS.get(event.kind, "history"),
        person_name(event.by) or store or "RO App",
        event.at,
        title=kind_label(event),
    )
    if not is_known(event):
        return entry
    entry = replace(entry, subject=event.subject)
    if event.kind == EventKind.IMPORTED:
        title = _("Imported from %(store)s as %(number)s") % {
            "store": store,
            "number": event.subject,
        }
        return replace(entry, title=title, subject="")
    return WORDS.get(event.kind, _change)(entry, event)


def _gone(entry: Entry, _event: OrderEvent) -> Entry:
    return replace(
        entry, title=_("Gone at the store: the order was deleted there and stays here")
    )


def _created(entry: Entry, _event: OrderEvent) -> Entry:
    return replace(entry, title=_("Order created"))


def _said(entry: Entry, event: OrderEvent) -> Entry:
    return replace(entry, text=event.new)


def _counted(entry: Entry, event: OrderEvent) -> Entry:
    return replace(entry, new=f"{_number(event.new or event.old)} ×")


def _changed(entry: Entry, event: OrderEvent) -> Entry:
    if event.field != "line":
        return _change(entry, event)
    return replace(_counted(entry, event), title=_("Line added at the store"))


def _moved(entry: Entry, event: OrderEvent) -> Entry:
    """The quantity that was written off or put back, and the warehouse: the event's old and new value."""
    words = {"quantity": _number(event.old), "warehouse": event.new}
    text = (
        _("%(quantity)s × from %(warehouse)s")
        if event.kind == EventKind.WRITTEN_OFF
        else _("%(quantity)s × to %(warehouse)s")
    )
    return replace(entry, new=text % words if event.new else f"{words['quantity']} ×")


def _undone(entry: Entry, event: OrderEvent) -> Entry:
    """What was set back: the value that is there again, or what else is there again."""
    if event.field == "line":
        return replace(_counted(entry, event), title=_("Undone: line removed"))
    if event.field == "difference":
        title = _("Undone: the store's change waits for a decision again")
        return replace(entry, title=title)
    what = str(UNDONE_FIELDS.get(event.field) or FIELDS.get(event.field, event.field))
    shown = _change(entry, event)
    return replace(shown, title=_("Undone: %(what)s") % {"what": what})


def _change(entry: Entry, event: OrderEvent) -> Entry:
    """A field, old -> new."""
    field = str(FIELDS.get(event.field, event.field))
    own_title = event.kind == EventKind.DELIVERY or not event.field
    title = (
        entry.title
        if own_title
        else str(TITLES.get(event.kind, "%(field)s")) % {"field": field}
    )
    return replace(
        entry,
        title=title,
        old=format_value(event.field, event.old),
        new=format_value(event.field, event.new),
    )


WORDS: dict[str, Callable[[Entry, OrderEvent], Entry]] = {
    EventKind.GONE: _gone,
    EventKind.CREATED: _created,
    EventKind.REFRESHED: _said,
    EventKind.COMMENT: _said,
    EventKind.CHANGED: _changed,
    EventKind.LINE_ADDED: _counted,
    EventKind.LINE_REMOVED: _counted,
    EventKind.WRITTEN_OFF: _moved,
    EventKind.REVERSED: _moved,
    EventKind.UNDONE: _undone,
}
TITLES: dict[str, str | Promise] = {
    EventKind.ATTENTION: gettext_lazy(
        "Changed at the store after the write-off, not taken over: %(field)s"
    ),
    EventKind.KEPT: gettext_lazy(
        "Changed at the store, but set by staff here, so not taken over: %(field)s"
    ),
    EventKind.ACCEPTED: gettext_lazy("Change of the store accepted: %(field)s"),
    EventKind.DISMISSED: gettext_lazy("Change of the store dismissed: %(field)s"),
}
"""Titles that contain the field's label."""


def format_value(field: str, text: str) -> str:
    """A stored value as the reader's language writes it; a dash for none."""
    if not text:
        return "–"
    if field in VALUES:
        return VALUES[field](text)
    moment = parse_datetime(text) if field.endswith("_at") else None
    return day_and_time(moment) if moment else text


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


def _day(text: str) -> str:
    return day(date.fromisoformat(text))


VALUES: dict[str, Callable[[str], str]] = {
    "payment": payment_label,
    "fulfilment": fulfilment_label,
    "price": _amount,
    "discount": _amount,
    "store_refunded": _amount,
    "delivery_cost": _amount,
    "store_paid": _amount,
    "store_due": _amount,
    "quantity": _number,
    "due_on": _day,
}
"""How the values of a field are formatted; others are shown as stored."""
