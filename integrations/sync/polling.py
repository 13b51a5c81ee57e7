"""Polling: page by page through what has changed at a store since the high-water mark."""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from django.db import DatabaseError
from django.db.models import QuerySet
from django.utils import timezone

from common import leases
from common.prepared import prepared
from integrations import dispatch
from integrations.models import State, StoreConnection
from integrations.platforms.errors import StoreError, StoreUnavailable
from integrations.platforms.protocol import OrderPage, StoreGateway
from integrations.platforms.registry import gateway_for
from integrations.sync import unimported
from integrations.sync.import_page import (
    ImportSummary,
    import_page,
    newest_change,
)
from integrations.sync.outages import end_outage
from integrations.sync.store_state import FAULT, NO_TROUBLE, note_trouble
from integrations.sync.waiting_import import rules_in_force
from orders.importing.types import Outcome

log = logging.getLogger("roapp.sync")
Clock = Callable[[], datetime]

LEASE = timedelta(minutes=5)
OVERLAP = timedelta(minutes=3)
"""How far behind the high-water mark a poll begins: the store's search may lag, and its timestamps are whole
seconds."""
POLL_SECONDS = 20.0
"""A long poll stops after this and goes on behind the stores that wait."""
MAX_WAIT = timedelta(minutes=10)
FIRST = 80
"""Of so many due stores at most a tick tells the workers; who has polled some of them asks for others."""


class LeaseLost(Exception):
    """Another worker has taken this store over; nothing of this page was stored."""


def poll(
    connection_id: int, *, now: Clock = timezone.now, only_due: bool = False
) -> ImportSummary | None:
    """Bring in what changed at the store since the last poll; None if another worker is at it, the store is
    paused, or with ``only_due`` if it is not due.

    Raises StoreError when the store could not be read; what was stored until then stays, and the connection's
    state says what happened.
    """
    connection = take(connection_id, now(), only_due=only_due)
    if connection is None:
        return None
    try:
        gateway = gateway_for(connection)
        summary = _import_changes(connection, gateway, now)
    except StoreError as error:
        _note_failure(connection, error, now())
        raise
    except LeaseLost:
        return None
    except Exception:
        # A bug, or the database: the store's state says that something is wrong, and the log says what.
        with suppress(DatabaseError):
            _note_failure(connection, StoreUnavailable(FAULT, code="fault"), now())
        raise
    except BaseException:
        leases.release(
            StoreConnection.objects.filter(pk=connection.pk), connection.lease
        )
        raise
    return summary


def take(
    connection_id: int, now: datetime, *, only_due: bool = False
) -> StoreConnection | None:
    """The connection under our lease; None if another worker has it, or there is nothing to poll."""
    rows = _due(now) if only_due else StoreConnection.objects.filter(enabled=True)
    if not leases.claim(rows.filter(pk=connection_id), now=now, duration=LEASE):
        return None
    (connection,) = _connection(connection_id)
    return connection


@prepared
def _connection(pk: int) -> QuerySet[StoreConnection]:
    return StoreConnection.objects.select_related("store", "order_type").filter(pk=pk)


def _import_changes(
    connection: StoreConnection, gateway: StoreGateway, now: Clock
) -> ImportSummary:
    began = time.monotonic()
    summary = ImportSummary()
    rules = rules_in_force(connection)
    unimported.recheck_excluded(connection, rules.admission, now=now())
    since = (
        connection.synced_until - OVERLAP
        if connection.synced_until
        else connection.covered_from or connection.connected_at
    )
    newest = connection.newest_seen_at or connection.synced_until
    # What the search shows late may lie behind a poll that takes longer than OVERLAP: the mark stays where
    # the next poll still finds it.
    limit = connection.poll_began_at = connection.poll_began_at or now()
    for page in gateway.changed_orders(since, position=connection.cursor):
        newest = newest_change(page.snapshots, known=newest, limit=limit)
        # The last page has no cursor; the end of the poll is saved with its result.
        commit = (
            partial(_save_cursor, connection, page, newest, now())
            if page.position
            else None
        )
        summary.add(
            import_page(
                page.snapshots,
                rules=rules,
                gateway=gateway,
                fetched_at=page.fetched_at,
                now=now(),
                commit=commit,
            )
        )
        if page.position and time.monotonic() - began > POLL_SECONDS:
            _note_success(connection, gateway, now())
            return summary
    _note_success(connection, gateway, now(), ended=True, newest=newest)
    return summary


def _save_cursor(
    connection: StoreConnection,
    page: OrderPage,
    newest: datetime | None,
    now: datetime,
    _outcomes: Sequence[Outcome],
) -> None:
    """The cursor moves in the page's own transaction, and only under our lease."""
    rows = StoreConnection.objects.filter(pk=connection.pk, enabled=True)
    place = {
        "cursor": page.position,
        "newest_seen_at": newest,
        "poll_began_at": connection.poll_began_at,
    }
    if not leases.extend(rows, connection.lease, now=now, duration=LEASE, **place):
        raise LeaseLost


def _note_success(
    connection: StoreConnection,
    gateway: StoreGateway,
    now: datetime,
    *,
    ended: bool = False,
    newest: datetime | None = None,
) -> None:
    """Release the lease. At the last page the high-water mark moves to ``newest``, never back; a poll
    that is not over continues at once."""
    end_outage(connection, now=now)
    budget = gateway.budget
    values = {
        **NO_TROUBLE,
        "served_api_version": gateway.served_api_version,
        "last_poll_at": now,
        "due_at": _next_due(connection, now) if ended else now,
        "page_size": gateway.page_size,
        "points_available": budget.available,
        "points_maximum": budget.maximum,
        "customer_data_refused_at": now if gateway.customer_data_refused else None,
        "customer_fields_blocked_at": _fields_blocked_at(connection, gateway, now),
    }
    if ended:
        values |= {"cursor": "", "newest_seen_at": None, "poll_began_at": None}
        if newest:
            values["synced_until"] = (
                newest
                if not connection.synced_until
                else max(newest, connection.synced_until)
            )
    leases.release(
        StoreConnection.objects.filter(pk=connection.pk), connection.lease, **values
    )


def _next_due(connection: StoreConnection, now: datetime) -> datetime:
    """On the store's own beat: neither how long a poll takes nor how long it waited for a tick makes the next
    one later."""
    interval = timedelta(seconds=connection.poll_seconds)
    due_at = connection.due_at
    if due_at is None or due_at > now:  # polled by hand
        return now + interval
    return due_at + ((now - due_at) // interval + 1) * interval


def _fields_blocked_at(
    connection: StoreConnection, gateway: StoreGateway, now: datetime
) -> datetime | None:
    if not gateway.without_customers:
        return None
    return (
        now
        if connection.may_ask_for_customers(now)
        else connection.customer_fields_blocked_at
    )


def _note_failure(
    connection: StoreConnection, error: StoreError, now: datetime
) -> None:
    """Say what is wrong. A refused store stops polling until an admin acts; one that is only busy is asked
    again later."""
    attempts = connection.attempts + 1
    interval = timedelta(seconds=connection.poll_seconds)
    wait = leases.back_off(attempts, first=interval, longest=MAX_WAIT)
    rows = StoreConnection.objects.filter(pk=connection.pk)
    leases.release(rows, connection.lease, attempts=attempts, due_at=now + wait)
    note_trouble(connection, error, now=now)


def first_due(now: datetime) -> list[int]:
    """The first of ``due_connections``."""
    return list(due_connections(now).values_list("pk", flat=True)[:FIRST])


def due_connections(now: datetime) -> QuerySet[StoreConnection]:
    """Stores whose poll is due and that nobody polls at the moment, the longest due first."""
    return _due(now).filter(leases.is_free(now)).order_by("due_at", "pk")


def _due(now: datetime) -> QuerySet[StoreConnection]:
    """One that needs attention waits for an admin."""
    due = StoreConnection.objects.understood().filter(enabled=True, due_at__lte=now)
    return due.exclude(state=State.NEEDS_ATTENTION)


def poll_now(connection_id: int, *, now: datetime) -> bool:
    """Make a store's poll due, and have it made in the background; False for one that may not be asked
    now."""
    asked = (
        StoreConnection.objects.pollable(now)
        .filter(pk=connection_id)
        .update(due_at=now)
    )
    if asked:
        dispatch.enqueue("poll_stores", connection_id)
    return bool(asked)
