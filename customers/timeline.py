"""Words for the feed of a customer: a CustomerEvent says what happened in stored words, this says it in the
reader's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer, CustomerEvent, CustomerEventKind
from customers.phones import written_phone

FIELDS: dict[str, str | Promise] = {
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "company": gettext_lazy("Company"),
    "phone": gettext_lazy("Main phone number"),
    "email": gettext_lazy("E-mail"),
    "address": gettext_lazy("Address"),
}
CONTACT_DATA = {"phone", "email", "address"}
"""Fields whose values only those see who may see contact data."""
ICONS: dict[str, str] = {
    CustomerEventKind.CREATED: "user-round-plus",
    CustomerEventKind.CHANGED: "pencil",
    CustomerEventKind.PHONE_ADDED: "phone",
    CustomerEventKind.PHONE_REMOVED: "phone-off",
    CustomerEventKind.MERGED: "merge",
    CustomerEventKind.UNMERGED: "undo-2",
    CustomerEventKind.EXPORTED: "download",
    CustomerEventKind.ERASED: "eraser",
}
MOST = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the feed. ``other`` is the other customer of a merge; ``undo`` is the event's id where it
    can be undone.

    ``left`` are fields of the merged customer that this one had filled already: name and value.
    """

    kind: str
    icon: str
    who: str
    at: datetime
    title: str
    old: str = ""
    new: str = ""
    other: Customer | None = None
    undo: int | None = None
    left: tuple[tuple[str, str], ...] = ()


def feed_of(customer: Customer, *, contact_data: bool) -> list[Entry]:
    """The customer's feed, newest first; without ``contact_data`` no number, e-mail or address is in it. One
    query."""
    events = list(customer.events.select_related("by", "other")[:MOST])
    told = list(entries(events, contact_data=contact_data))
    if len(events) < MOST and all(event.kind != CustomerEventKind.CREATED for event in events):
        # An import makes hundreds of customers at once and writes no line for each: this one goes without
        # saying.
        told.append(
            Entry("created", "user-round-plus", "RO App", customer.created_at, _("Came with an order"))
        )
    return told


def entries(events: Iterable[CustomerEvent], *, contact_data: bool) -> Iterable[Entry]:
    for event in events:
        who = (event.by.get_full_name() or event.by.get_username()) if event.by else "RO App"
        entry = Entry(
            event.kind,
            ICONS.get(event.kind, "history"),
            who,
            event.at,
            str(CustomerEventKind(event.kind).label),
        )
        yield _filled(entry, event, contact_data=contact_data)


TITLES: dict[str, str | Promise] = {
    CustomerEventKind.MERGED: gettext_lazy("Merged with"),
    CustomerEventKind.UNMERGED: gettext_lazy("Merge undone: separate again from"),
    CustomerEventKind.EXPORTED: gettext_lazy("All data of this person exported"),
    CustomerEventKind.ERASED: gettext_lazy(
        "Person erased: contact data, keys and mentions are gone, the orders are left"
    ),
}


def _filled(entry: Entry, event: CustomerEvent, *, contact_data: bool) -> Entry:
    match event.kind:
        case CustomerEventKind.CHANGED:
            entry = replace(entry, title=str(FIELDS.get(event.field, event.field)))
            is_shown = contact_data or event.field not in CONTACT_DATA
            return (
                replace(entry, old=_value(event.field, event.old), new=_value(event.field, event.new))
                if is_shown
                else entry
            )
        case CustomerEventKind.PHONE_ADDED | CustomerEventKind.PHONE_REMOVED:
            return (
                replace(entry, old=written_phone(event.old), new=written_phone(event.new))
                if contact_data
                else entry
            )
        case CustomerEventKind.MERGED if event.record:
            entry = replace(entry, undo=event.pk, left=_left(event.record, contact_data=contact_data))
    return replace(entry, title=str(TITLES.get(event.kind, entry.title)), other=event.other)


def _left(record: Mapping[str, Any], *, contact_data: bool) -> tuple[tuple[str, str], ...]:
    return tuple(
        (str(FIELDS.get(field, field)), _value(field, value))
        for field, value in record["left"].items()
        if contact_data or field not in CONTACT_DATA
    )


def _value(field: str, text: str) -> str:
    """A stored value as people read it; a dash for none."""
    return (written_phone(text) if field == "phone" else text) if text else "–"
