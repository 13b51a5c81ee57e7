"""The timeline of a customer: its events in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.formats import person_name
from common.kinds import is_known, kind_label
from customers.models import Customer, CustomerEvent, CustomerEventKind
from customers.phones import written_phone

FIELDS: dict[str, str | Promise] = {
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "company": gettext_lazy("Company"),
    "phone": gettext_lazy("Main phone number"),
    "email": gettext_lazy("E-mail"),
    "address": gettext_lazy("Address"),
    "language": gettext_lazy("Language"),
}
CONTACT_DATA = {"phone", "email", "address"}
"""Fields whose values need the permission to see contact data."""
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
MAX_EVENTS = 100


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of the timeline. ``other`` is the other customer of a merge; ``undo`` is the event's id where
    it can be undone.

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


def timeline_of(customer: Customer, *, contact_data: bool) -> list[TimelineEntry]:
    """The customer's timeline, newest first; without ``contact_data`` no number, e-mail or address is in it.
    One query."""
    events = list(customer.events.select_related("by", "other")[:MAX_EVENTS])
    timeline = [_entry(event, contact_data=contact_data) for event in events]
    is_complete = len(events) < MAX_EVENTS
    if is_complete and all(event.kind != CustomerEventKind.CREATED for event in events):
        # An import creates hundreds of customers at once and records no event for that.
        timeline.append(_created_by_import(customer))
    return timeline


def _created_by_import(customer: Customer) -> TimelineEntry:
    return TimelineEntry(
        kind=CustomerEventKind.CREATED,
        icon=ICONS[CustomerEventKind.CREATED],
        who="RO App",
        at=customer.created_at,
        title=_("Came with an order"),
    )


TITLES: dict[str, str | Promise] = {
    CustomerEventKind.MERGED: gettext_lazy("Merged with"),
    CustomerEventKind.UNMERGED: gettext_lazy("Merge undone: separate again from"),
    CustomerEventKind.EXPORTED: gettext_lazy("All data of this person exported"),
    CustomerEventKind.ERASED: gettext_lazy(
        "Person erased: contact data, keys and mentions are removed, the orders stay"
    ),
}


def _entry(event: CustomerEvent, *, contact_data: bool) -> TimelineEntry:
    entry = TimelineEntry(
        kind=event.kind,
        icon=ICONS.get(event.kind, "history"),
        who=person_name(event.by) or "RO App",
        at=event.at,
        title=str(TITLES.get(event.kind) or kind_label(event)),
    )
    if not is_known(event):
        return entry
    match event.kind:
        case CustomerEventKind.CHANGED:
            return _changed(entry, event, contact_data=contact_data)
        case CustomerEventKind.PHONE_ADDED | CustomerEventKind.PHONE_REMOVED if (
            contact_data
        ):
            return replace(
                entry, old=written_phone(event.old), new=written_phone(event.new)
            )
        case CustomerEventKind.PHONE_ADDED | CustomerEventKind.PHONE_REMOVED:
            return entry
        case CustomerEventKind.MERGED if event.record:
            left = _left(event.record, contact_data=contact_data)
            return replace(entry, other=event.other, undo=event.pk, left=left)
    return replace(entry, other=event.other)


def _changed(
    entry: TimelineEntry, event: CustomerEvent, *, contact_data: bool
) -> TimelineEntry:
    entry = replace(entry, title=str(FIELDS.get(event.field, event.field)))
    if event.field in CONTACT_DATA and not contact_data:
        return entry
    old = _value(event.field, event.old)
    new = _value(event.field, event.new)
    return replace(entry, old=old, new=new)


def _left(
    record: Mapping[str, Any], *, contact_data: bool
) -> tuple[tuple[str, str], ...]:
    return tuple(
        (str(FIELDS.get(field, field)), _value(field, value))
        for field, value in record["left"].items()
        if contact_data or field not in CONTACT_DATA
    )


def _value(field: str, text: str) -> str:
    """A stored value as people read it; a dash for none."""
    if not text:
        return "–"
    return written_phone(text) if field == "phone" else text
