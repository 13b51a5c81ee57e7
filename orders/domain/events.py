"""Events of orders: what staff and the synchronisation did. The only writer of OrderEvent.

Names are stored as they were at that time (a status may be renamed, a person may leave).
orders.order_page.timeline shows events in the reader's language.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from common.bulk_sql import insert
from orders.domain.buyer_entries import as_text
from orders.models import OrderEvent

MAX_SUBJECT_LENGTH = 255


class NewEvent(NamedTuple):
    """A row of OrderEvent to insert. ``by_id`` is null for the synchronisation."""

    order_id: int
    kind: str
    at: datetime
    by_id: int | None = None
    subject: str = ""
    field: str = ""
    old: str = ""
    new: str = ""


def record(events: Iterable[NewEvent]) -> None:
    """Insert the events with one statement. Call it in the transaction of what they report."""
    rows = [
        event
        if len(event.subject) <= MAX_SUBJECT_LENGTH
        else event._replace(subject=event.subject[:MAX_SUBJECT_LENGTH])
        for event in events
    ]
    if rows:
        insert(OrderEvent, NewEvent._fields, rows)


def plain(value: object) -> str:
    """A value as events store it: decimals without trailing zeros, times in ISO 8601, an empty text for
    None; what a buyer entered one entry a line."""
    if value is None:
        return ""
    if isinstance(value, list):
        return as_text(value)
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
