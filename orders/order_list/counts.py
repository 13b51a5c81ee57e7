"""Numbers of orders that open tabs ask for again and again. They are remembered while no order changes, for a
few seconds where others change some, and never for somebody who has just changed one."""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from orders.order_list.lookups import Lookups

T = TypeVar("T")

UNCHANGED, CHANGED = 90.0, 5.0
"""For how many seconds numbers are good while no order has changed, and while others change orders."""
JUST_NOW = timedelta(seconds=10)
"""Whoever has done nothing for so long may see what was counted before."""
LATEST_EVENTS = 500
"""Among how many events somebody's own are looked for."""
MOST = 2_000

LATEST = """SELECT (SELECT max(id) FROM orders_orderevent),
                   (SELECT max(id) FROM customers_customerevent),
                   (SELECT max(id) FROM orders_order),
                   (SELECT max(id) FROM orders_deletedorder),
                   (SELECT max(at) FROM orders_orderevent
                     WHERE id > (SELECT max(id) - %s FROM orders_orderevent) AND by_id = %s),
                   (SELECT max(at) FROM orders_deletedorder WHERE by_id = %s)"""


@dataclass(frozen=True, slots=True)
class _Counted:
    version: Hashable
    at: float
    value: Any


_remembered: dict[Hashable, _Counted] = {}
"""Of one process, for all its threads."""


class Counts:
    """What one request counts. One query."""

    def __init__(self, user: User, known: Lookups, *, now: datetime) -> None:
        with connection.cursor() as cursor:
            cursor.execute(LATEST, [LATEST_EVENTS, user.pk, user.pk])
            *version, changed_at, deleted_at = cursor.fetchone()
        self._user_id = user.pk
        self._version = tuple(version)
        self._has_acted = any(
            at is not None and _utc(at) > now - JUST_NOW
            for at in [changed_at, deleted_at]
        )
        self._basis = (
            timezone.localdate(),
            str(timezone.get_current_timezone()),
            *((each.pk, each.group) for each in known.statuses),
            *(each.pk for each in known.types),
            *(each.pk for each in known.stores),
        )

    def of(self, query: str, kind: str, count: Callable[[], T]) -> T:
        """What ``count`` finds of the orders of this query of the list, by this ``kind`` of counting."""
        is_personal = "me" in query or "q=" in query
        key = (kind, query, self._user_id if is_personal else None, self._basis)
        known = _remembered.get(key)
        if known and not self._has_acted and self._is_good(known):
            found: T = known.value
            return found
        at, value = time.monotonic(), count()
        if len(_remembered) >= MOST:
            _remembered.clear()
        _remembered[key] = _Counted(self._version, at, value)
        return value

    def _is_good(self, known: _Counted) -> bool:
        most = UNCHANGED if known.version == self._version else CHANGED
        return time.monotonic() - known.at < most


def forget() -> None:
    """Count anew from now on, in this process."""
    _remembered.clear()


def _utc(at: datetime | str) -> datetime:
    """SQLite has texts."""
    found = datetime.fromisoformat(at) if isinstance(at, str) else at
    return found if found.tzinfo else found.replace(tzinfo=UTC)
