"""What became of orders that were read by id and that their store did not show: gone, or only hidden from
us."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from integrations.models import StoreConnection, UnimportedOrder
from integrations.platforms.protocol import OrderReading
from integrations.platforms.registry import platform_of
from integrations.sync import unimported
from orders.domain.events import NewEvent, record
from orders.models import EventKind, Order


@dataclass(frozen=True, slots=True)
class Missing:
    """External ids of orders that the store has deleted, and of those that are too old to be shown."""

    gone: frozenset[str]
    hidden: frozenset[str]
    hidden_because: str = ""
    """A sentence of the platform's, in English."""


def note_missing(
    connection: StoreConnection, reading: OrderReading, *, now: datetime
) -> Missing:
    """Record what became of the orders and unimported orders in ``reading.gone`` (I7)."""
    if not reading.gone:
        return Missing(frozenset(), frozenset())
    orders = list(
        Order.objects.filter(store=connection.store, external_id__in=reading.gone).only(
            "external_id", "placed_at"
        )
    )
    entries = list(
        UnimportedOrder.objects.filter(
            store=connection.store, external_id__in=reading.gone
        )
    )
    placed = {
        each.external_id: each.placed_at or each.store_updated_at for each in entries
    }
    placed |= {each.external_id: each.placed_at for each in orders}
    # Too old to be shown does not mean gone.
    platform = platform_of(connection)
    shown_from = platform.hidden_before(connection, now)
    old = {pk for pk, at in placed.items() if shown_from and at < shown_from}
    missing = Missing(reading.gone - old, reading.gone & old, platform.order_hidden)
    with transaction.atomic():
        _note_gone(
            [each for each in orders if each.external_id in missing.gone], reading, now
        )
        unimported.forget(connection.store, [each.external_id for each in orders])
        unimported.note_gone(connection.store, missing.gone, now=now)
        unimported.note_hidden(
            connection.store, missing.hidden, reason=missing.hidden_because, now=now
        )
    return missing


def _note_gone(orders: Collection[Order], reading: OrderReading, now: datetime) -> None:
    """Deleted at the store: the work order stays and says so."""
    ids = [order.pk for order in orders]
    news = (
        list(
            Order.objects.filter(pk__in=ids, gone_at__isnull=True).values_list(
                "pk", flat=True
            )
        )
        if ids
        else []
    )
    if news:
        Order.objects.filter(pk__in=news).update(
            gone_at=now, synced_at=reading.fetched_at
        )
        record(NewEvent(pk, EventKind.GONE, now) for pk in news)
