"""Another try for unimported orders: failed ones by themselves, any other when a person asks or a rule has
changed."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from common import leases
from integrations import dispatch
from integrations.models import StoreConnection, UnimportedOrder
from integrations.platforms.errors import StoreError
from integrations.platforms.protocol import StoreGateway
from integrations.platforms.registry import gateway_for
from integrations.sync import unimported
from integrations.sync.deleted_orders import note_missing
from integrations.sync.import_page import ImportSummary, import_page
from integrations.sync.store_state import note_trouble, pause_after
from integrations.sync.waiting_import import rules_in_force
from orders.importing.types import Result

log = logging.getLogger("roapp.sync")
BATCH = 250
LEASE = timedelta(minutes=5)
PAUSE = timedelta(minutes=1)
WORK_SECONDS = 20.0
"""A long list of due entries goes on at the next tick."""


def retry(
    entries: QuerySet[UnimportedOrder], *, now: datetime, override_rules: bool = False
) -> int:
    """Try the held and failed ones among ``entries`` again, now and in the background; returns how many will
    be.

    With ``override_rules`` orders that a rule skips are imported too, whatever the rule says; never one in
    another currency.
    """
    with transaction.atomic():
        asked = unimported.ask(entries, now=now, override_rules=override_rules)
        for store_id in (
            _due(now).filter(asked_at=now).values_list("store", flat=True).distinct()
        ):
            transaction.on_commit(partial(dispatch.enqueue, "retry_store", store_id))
    return asked


def stores_with_due_entries(now: datetime) -> list[int]:
    """Ids of the stores that have something to try again and that may be asked."""
    pollable = StoreConnection.objects.pollable(now).values("store")
    free = _due(now).filter(leases.is_free(now), store__in=pollable)
    return list(free.values_list("store", flat=True).distinct())


def retry_entries(
    store_id: int, *, now: Callable[[], datetime] = timezone.now
) -> ImportSummary:
    """Try what is due at this store; the outcome stands on each row, or the row is gone because the order is
    here.

    Safe to job several times at once: a batch is claimed in the database. While a store cannot be read the
    rows stay due.
    """
    summary = ImportSummary()
    pollable = StoreConnection.objects.pollable(now()).select_related(
        "store", "order_type"
    )
    if (connection := pollable.filter(store=store_id).first()) is None:
        return summary
    gateway = gateway_for(connection)
    began = time.monotonic()
    while time.monotonic() - began < WORK_SECONDS and (
        batch := claim_batch(store_id, now())
    ):
        try:
            summary.counts.update(_try_again(connection, gateway, batch, now).counts)
        except StoreError as error:
            _put_back(connection, batch, error, now())
            break
    return summary


def _due(now: datetime) -> QuerySet[UnimportedOrder]:
    return UnimportedOrder.objects.filter(due_at__lte=now)


def claim_batch(store_id: int, now: datetime) -> list[UnimportedOrder]:
    """Up to BATCH due entries of the store. Should we die, they are due again when the lease has run out."""
    rows = _due(now).filter(store=store_id).order_by("due_at", "pk")
    return leases.claim_batch(rows, size=BATCH, now=now, duration=LEASE)


def _try_again(
    connection: StoreConnection,
    gateway: StoreGateway,
    batch: Sequence[UnimportedOrder],
    now: Callable[[], datetime],
) -> ImportSummary:
    reading = gateway.orders([each.external_id for each in batch])
    note_missing(connection, reading, now=now())
    wanted = frozenset(each.external_id for each in batch if each.override_rules)
    outcomes = import_page(
        reading.snapshots,
        rules=replace(rules_in_force(connection), wanted=wanted),
        gateway=gateway,
        fetched_at=reading.fetched_at,
        now=now(),
        tried=[each.external_id for each in batch],
    )
    unimported.forget(
        connection.store,
        [
            each.snapshot.external_id
            for each in outcomes
            if each.result == Result.UNCHANGED
        ],
    )
    summary = ImportSummary()
    summary.add(outcomes)
    return summary


def _put_back(
    connection: StoreConnection,
    batch: Sequence[UnimportedOrder],
    error: StoreError,
    now: datetime,
) -> None:
    """The store's fault is no try of the order's: the rows are due again as soon as the store may be asked
    again."""
    note_trouble(connection, error, now=now)
    rows = UnimportedOrder.objects.filter(pk__in=[each.pk for each in batch])
    leases.release(
        rows, batch[0].lease, due_at=now + pause_after(error, at_least=PAUSE)
    )
