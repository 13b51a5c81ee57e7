"""The neutral loops: poll a store for what changed, and re-read the orders that staff asked for."""

import logging
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from django.core.mail import mail_admins
from django.db import DatabaseError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from integrations import ledger
from integrations.errors import StoreError, StoreRefused, StoreUnavailable
from integrations.gateway import OrderPage, StoreGateway
from integrations.models import State, StoreConnection
from integrations.pages import Tally, import_page, rules_of
from integrations.platforms import gateway_for
from orders.importing.types import Outcome

log = logging.getLogger("roapp.sync")
Clock = Callable[[], datetime]

LEASE = timedelta(minutes=5)
OVERLAP = timedelta(minutes=3)
"""How far behind the mark a walk begins: the store's search may lag, and its stamps have whole seconds."""
WALK_SECONDS = 150.0
"""A long walk ends after this and goes on at the next tick, well below the task's time limit."""
FAULT = gettext_noop("RO App itself met a fault while it read the store; it tries again by itself. The log says more.")
LONGEST_WAIT = timedelta(minutes=10)


class LeaseLost(Exception):
    """Another worker has taken this store over; nothing of this page was stored."""


def poll(connection_id: int, *, now: Clock = timezone.now) -> Tally | None:
    """Bring in what changed at the store since the last poll; None if another worker is at it or the store is paused.

    Raises StoreError when the store could not be read; what was stored until then stays, and the connection's state
    says what happened.
    """
    connection = _take(connection_id, now())
    if connection is None:
        return None
    try:
        gateway = gateway_for(connection)
        tally = _walk(connection, gateway, now)
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
        StoreConnection.objects.filter(pk=connection.pk, lease=connection.lease).update(lease=None, leased_until=None)
        raise
    return tally


def _take(connection_id: int, now: datetime) -> StoreConnection | None:
    """The connection under our lease: one conditional UPDATE decides between workers."""
    lease = uuid.uuid4()
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=now)
    taken = StoreConnection.objects.filter(free, pk=connection_id, enabled=True).update(lease=lease, leased_until=now + LEASE)
    if not taken:
        return None
    return StoreConnection.objects.select_related("store", "order_type").get(pk=connection_id)


def _walk(connection: StoreConnection, gateway: StoreGateway, now: Clock) -> Tally:
    began = time.monotonic()
    tally = Tally()
    rules = rules_of(connection)
    ledger.judge_anew(connection, rules.admission, now=now())
    since = connection.mark - OVERLAP if connection.mark else connection.covered_from or connection.connected_at
    newest = connection.walk_newest or connection.mark
    for page in gateway.changed_orders(since, position=connection.walk_position):
        newest = max([each.updated_at for each in page.snapshots] + ([newest] if newest else []), default=None)
        # The last page is committed together with the end of the walk.
        commit = partial(_keep_position, connection, page, newest, now()) if page.position else None
        tally.add(import_page(page.snapshots, rules=rules, gateway=gateway, fetched_at=page.fetched_at, now=now(), commit=commit))
        if page.position and time.monotonic() - began > WALK_SECONDS:
            _note_success(connection, gateway, now())
            return tally
    _note_success(connection, gateway, now(), ended=True, newest=newest)
    return tally


def _keep_position(
    connection: StoreConnection, page: OrderPage, newest: datetime | None, now: datetime, _outcomes: Sequence[Outcome]
) -> None:
    """The cursor moves in the page's own transaction, and only under our lease."""
    kept = StoreConnection.objects.filter(pk=connection.pk, lease=connection.lease, enabled=True).update(
        walk_position=page.position, walk_newest=newest, leased_until=now + LEASE
    )
    if not kept:
        raise LeaseLost


def _note_success(
    connection: StoreConnection, gateway: StoreGateway, now: datetime, *, ended: bool = False, newest: datetime | None = None
) -> None:
    """Release the lease. At the walk's end the mark moves to ``newest``, never back; a walk that is not over goes on at once."""
    budget = gateway.budget
    values = {
        "lease": None,
        "leased_until": None,
        "state": State.WORKING,
        "reason_code": "",
        "reason": "",
        "failures": 0,
        "rests_until": None,
        "fallen_version": gateway.fallen_version,
        "last_poll_at": now,
        "next_poll_at": now + timedelta(seconds=connection.poll_seconds) if ended else now,
        "page_size": gateway.page_size,
        "points_available": budget.available,
        "points_maximum": budget.maximum,
        "customer_data_refused_at": now if gateway.customer_data_refused else None,
        "customers_wiped_at": _wiped_at(connection, gateway, now),
    }
    if ended:
        values |= {"walk_position": "", "walk_newest": None}
        if newest:
            values["mark"] = newest if not connection.mark else max(newest, connection.mark)
    StoreConnection.objects.filter(pk=connection.pk, lease=connection.lease).update(**values)


def _wiped_at(connection: StoreConnection, gateway: StoreGateway, now: datetime) -> datetime | None:
    if not gateway.without_customers:
        return None
    return now if connection.may_ask_for_customers(now) else connection.customers_wiped_at


def _note_failure(connection: StoreConnection, error: StoreError, now: datetime) -> None:
    """Say what is wrong. A refused store stops polling until an admin acts; one that is only busy is asked again later."""
    failures = connection.failures + 1
    wait = min(LONGEST_WAIT, timedelta(seconds=connection.poll_seconds) * 2 ** min(failures - 1, 8))
    StoreConnection.objects.filter(pk=connection.pk, lease=connection.lease).update(
        lease=None, leased_until=None, failures=failures, next_poll_at=now + wait
    )
    note_trouble(connection, error, now=now)


def note_trouble(connection: StoreConnection, error: StoreError, *, now: datetime) -> None:
    """Put the error into the store's state; the first to find that it needs attention mails the admins, and only that one."""
    state = State.NEEDS_ATTENTION if isinstance(error, StoreRefused) else State.WAITING
    row = StoreConnection.objects.filter(pk=connection.pk)
    first = row.exclude(state=State.NEEDS_ATTENTION).update(state=state, reason_code=error.code, reason=str(error))
    if isinstance(error, StoreUnavailable) and error.retry_after:
        rest = now + timedelta(seconds=error.retry_after)
        row.update(rests_until=rest)
        row.filter(next_poll_at__lt=rest).update(next_poll_at=rest)
    about = {"store": connection.store_id, "domain": connection.domain, "request_id": error.request_id}
    log.warning("store %s %s: %s %s", connection.store_id, state, error.code, error.request_id, extra=about)
    if first and state == State.NEEDS_ATTENTION:
        mail_admins(
            f"Store {connection.store.name} needs attention",
            f"{error}\n\nOrders of {connection.domain} are not synchronised until this is mended.",
            fail_silently=True,
        )
