"""The timeline of a product: its events in the reader's language."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.formats import person_name
from common.kinds import is_known, kind_label
from inventory.models import Product, ProductEvent, ProductEventKind

ICONS: dict[str, str] = {
    ProductEventKind.CREATED: "plus",
    ProductEventKind.CHANGED: "pencil",
    ProductEventKind.MATCH_CAME: "arrow-right",
    ProductEventKind.MATCH_LEFT: "arrow-right",
    ProductEventKind.MATCH_REMOVED: "minus",
    ProductEventKind.MATCH_CONFIRMED: "check",
    ProductEventKind.MERGED: "merge",
    ProductEventKind.UNMERGED: "undo-2",
    ProductEventKind.ARCHIVED: "archive",
    ProductEventKind.RESTORED: "archive-restore",
}
TITLES: dict[str, str | Promise] = {
    ProductEventKind.MATCH_CAME: gettext_lazy("Match moved here from"),
    ProductEventKind.MATCH_LEFT: gettext_lazy("Match moved to"),
    ProductEventKind.MERGED: gettext_lazy("Merged with"),
    ProductEventKind.UNMERGED: gettext_lazy("Merge undone: separate again from"),
}
"""Titles after which another product is named."""
FIELDS: dict[str, str | Promise] = {
    "name": gettext_lazy("Name"),
    "sku": gettext_lazy("SKU"),
    "code": gettext_lazy("Code"),
    "unit": gettext_lazy("Unit"),
    "category": gettext_lazy("Category"),
    "description": gettext_lazy("Description"),
}
MAX_EVENTS = 100


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of the timeline. ``other`` is the product that the title ends with, ``subject`` the variant
    whose match it is, ``old`` and ``new`` the values of a changed field; ``undo`` is the event's id where a
    merge can be undone."""

    kind: str
    icon: str
    who: str
    at: datetime
    title: str
    subject: str = ""
    old: str = ""
    new: str = ""
    other: Product | None = None
    undo: int | None = None


def timeline_of(product: Product) -> list[TimelineEntry]:
    """The product's timeline, newest first, down to its arrival. One query."""
    rows = product.events.select_related("by", "other")
    events = list(rows.defer("other__description", "other__search")[:MAX_EVENTS])
    timeline = [_entry(event) for event in events]
    is_complete = len(events) < MAX_EVENTS
    if is_complete and all(event.kind != ProductEventKind.CREATED for event in events):
        # An import adds hundreds of products at once and records no event for that.
        timeline.append(
            TimelineEntry("added", "plus", "RO App", product.created_at, _("Added"))
        )
    return timeline


def _entry(event: ProductEvent) -> TimelineEntry:
    entry = TimelineEntry(
        kind=event.kind,
        icon=ICONS.get(event.kind, "history"),
        who=person_name(event.by) or "RO App",
        at=event.at,
        title=_title(event),
    )
    if not is_known(event):
        return entry
    return replace(
        entry,
        subject=event.subject,
        old=_value(event.old, event),
        new=_value(event.new, event),
        other=event.other,
        undo=event.pk if event.record else None,
    )


def _title(event: ProductEvent) -> str:
    if event.kind == ProductEventKind.CHANGED:
        return str(FIELDS.get(event.field, event.field))
    return str(TITLES.get(event.kind) or kind_label(event))


def _value(text: str, event: ProductEvent) -> str:
    """A changed field's value as people read it; a dash for none."""
    return text or ("–" if event.old or event.new else "")
