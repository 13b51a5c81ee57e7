"""The only writer of the feed: what people and the synchronisation did to an order, in stored words that
last.

Names are stored as they were (a status may be renamed, a person may leave); orders.order_page.timeline puts
the reader's words to the rest.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.contrib.auth.models import User

from common.bulk_sql import insert
from orders.models import OrderEvent

MAX_SUBJECT_LENGTH = 255


class NewEvent(NamedTuple):
    """A row of OrderEvent on its way in. ``by_id`` is null for the synchronisation."""

    order_id: int
    kind: str
    at: datetime
    by_id: int | None = None
    subject: str = ""
    field: str = ""
    old: str = ""
    new: str = ""


def record(events: Iterable[NewEvent]) -> None:
    """Write them, however many, with one statement. Call it in the transaction of what they tell."""
    rows = [event._replace(subject=event.subject[:MAX_SUBJECT_LENGTH]) for event in events]
    if rows:
        insert(OrderEvent, NewEvent._fields, rows)


def plain(value: Any) -> str:
    """A value as the feed keeps it: decimals without surplus zeros, times in ISO 8601, nothing for
    nothing."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def name_of(user: User | None) -> str:
    """A user as the feed names them; empty for nobody."""
    return (user.get_full_name() or user.get_username()) if user else ""
