"""The worker's half of *Update order*: claimed orders of one store are read again, in batches, and each is
told its outcome."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from common import leases
from integrations.models import State, StoreConnection
from integrations.platforms.errors import StoreError, StoreUnavailable
from integrations.platforms.protocol import StoreGateway
from integrations.platforms.registry import gateway_for
from integrations.sync.deleted_orders import Missing, note_missing
from integrations.sync.import_page import UNSERVED_CODE, import_page
from integrations.sync.store_state import FAULT, note_trouble, pause_after
from integrations.sync.waiting_import import rules_in_force
from orders.domain.refresh_claim import give_back, note_ending
from orders.importing.incoming import UNSERVED
from orders.importing.types import Outcome, Result
from orders.models import Order, Refresh, RefreshOutcome

log = logging.getLogger("roapp.sync")
BATCH = 250
LEASE = timedelta(minutes=5)
WORK_SECONDS = 20.0
"""Then other stores get their turn, and this one goes on behind them."""
ATTEMPTS = 3
PAUSE = timedelta(seconds=20)
MAX_PAUSE = timedelta(minutes=1)
RESTING = gettext_noop(
    "The store is paused or needs attention, so the order was not read."
)
DISCONNECTED = gettext_noop("The store is disconnected, so the order was not read.")
NOT_THERE = gettext_noop("The store's answer did not contain the order.")


def refresh_store(store_id: int, *, now: Callable[[], datetime] = timezone.now) -> int:
    """Read the orders of this store that wait for a manual update, for a while; returns how many got an
    outcome.

    Safe to run several times at once: a batch is claimed in the database. A store that cannot be read gives
    the claims back after three tries, with the reason.
    """
    connection = (
        StoreConnection.objects.select_related("store", "order_type")
        .filter(store=store_id)
        .first()
    )
    done, began = 0, time.monotonic()
    while time.monotonic() - began < WORK_SECONDS and (
        batch := claim_batch(store_id, now())
    ):
        if (
            connection is None
            or not connection.enabled
            or connection.state == State.NEEDS_ATTENTION
        ):
            is_gone = connection is None or not connection.store.is_connected
            reason = DISCONNECTED if is_gone else RESTING
            give_back([each.pk for each in batch], reason=reason, now=now())
            continue
        if connection.rate_limited_until and connection.is_rate_limited(now()):
            _wait_or_give_back(
                batch,
                connection.rate_limited_until,
                reason=connection.reason,
                now=now(),
            )
            continue
        try:
            _reread(connection, gateway_for(connection), batch, now)
        except StoreError as error:
            _put_back(connection, batch, error, now())
            return done
        except Exception:
            _put_back(connection, batch, StoreUnavailable(FAULT, code="fault"), now())
            raise
        done += len(batch)
    return done


def stores_with_work(now: datetime) -> list[int]:
    """Ids of the stores with orders that wait for a manual update and that no worker has in hand."""
    free = _due(now).filter(leases.is_free(now))
    return list(free.values_list("order__store", flat=True).distinct())


def _due(now: datetime) -> QuerySet[Refresh]:
    return Refresh.objects.filter(outcome=RefreshOutcome.PENDING, due_at__lte=now)


def claim_batch(store_id: int, now: datetime) -> list[Refresh]:
    """Up to BATCH waiting orders of the store under a lease of ours."""
    rows = (
        _due(now).filter(order__store=store_id).select_related("order").order_by("pk")
    )
    return leases.claim_batch(rows, size=BATCH, now=now, duration=LEASE)


def _reread(
    connection: StoreConnection,
    gateway: StoreGateway,
    batch: Sequence[Refresh],
    now: Callable[[], datetime],
) -> None:
    reading = gateway.orders([each.order.external_id for each in batch])
    outcomes = import_page(
        reading.snapshots,
        rules=rules_in_force(connection),
        gateway=gateway,
        fetched_at=reading.fetched_at,
        now=now(),
    )
    failed = {
        each.snapshot.external_id: each
        for each in outcomes
        if each.result == Result.FAILED
    }
    read = {each.external_id for each in reading.snapshots} - failed.keys()
    Order.objects.filter(
        store=connection.store,
        external_id__in=read,
        synced_at__lt=reading.fetched_at,
    ).update(synced_at=reading.fetched_at)
    unserved = [pk for pk, each in failed.items() if each.code == UNSERVED_CODE]
    give_back(
        [each.pk for each in batch if each.order.external_id in unserved],
        reason=UNSERVED,
        now=now(),
    )
    missing = note_missing(connection, reading, now=now())
    results = {each.snapshot.external_id: each for each in outcomes}
    endings = {
        each.pk: _ending(each.order.external_id, missing, results)
        for each in batch
        if each.order.external_id not in unserved
    }
    _tell_outcomes(batch, endings, now())


Ending = tuple[RefreshOutcome, str]


def _ending(external_id: str, missing: Missing, results: dict[str, Outcome]) -> Ending:
    if external_id in missing.gone:
        return RefreshOutcome.GONE, ""
    if external_id in missing.hidden:
        return RefreshOutcome.FAILED, missing.hidden_because
    outcome = results.get(external_id)
    if outcome is None:
        return RefreshOutcome.FAILED, NOT_THERE
    match outcome.result:
        case Result.UNCHANGED:
            return RefreshOutcome.UNCHANGED, ""
        case Result.UPDATED | Result.IMPORTED:
            return RefreshOutcome.UPDATED, ""
        case _:
            return RefreshOutcome.FAILED, outcome.reason


def _tell_outcomes(
    batch: Sequence[Refresh], endings: dict[int, Ending], now: datetime
) -> None:
    """Only under our lease: a batch whose lease ran out may be another worker's by now."""
    for outcome, reason in set(endings.values()):
        ids = [pk for pk, ending in endings.items() if ending == (outcome, reason)]
        ours = Refresh.objects.filter(pk__in=ids, lease=batch[0].lease)
        with transaction.atomic():
            ended = list(ours.values_list("order_id", flat=True))
            leases.release(
                ours, batch[0].lease, outcome=outcome, reason=reason, done_at=now
            )
            note_ending(ended, outcome, reason=reason, now=now)


def _put_back(
    connection: StoreConnection,
    batch: Sequence[Refresh],
    error: StoreError,
    now: datetime,
) -> None:
    """A busy store is asked again soon; one that refuses, or stays busy, gives the claims back with the
    reason."""
    note_trouble(connection, error, now=now)
    for each in batch:
        each.attempts += 1
    if (
        isinstance(error, StoreUnavailable)
        and max(each.attempts for each in batch) < ATTEMPTS
    ):
        until = now + pause_after(error, at_least=PAUSE)
        _wait_or_give_back(batch, until, reason=str(error), now=now)
    else:
        give_back([each.pk for each in batch], reason=str(error), now=now)


def _wait_or_give_back(
    batch: Sequence[Refresh], until: datetime, *, reason: str, now: datetime
) -> None:
    """Somebody watches: a short pause is waited for, a long one is said."""
    if until - now > MAX_PAUSE:
        give_back([each.pk for each in batch], reason=reason, now=now)
        return
    attempts = max(each.attempts for each in batch)
    rows = Refresh.objects.filter(pk__in=[each.pk for each in batch])
    leases.release(rows, batch[0].lease, due_at=until, attempts=attempts)
