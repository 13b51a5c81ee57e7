"""*Update order*, from the click to the claim: which orders are read again now, and what the others are told."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.db import transaction

from integrations.models import State, StoreConnection
from orders.models import Order
from orders.refresh import claim_refresh


@dataclass(frozen=True, slots=True)
class RefreshAnswer:
    """Every outcome of one *Update order*, by order id. Together they are all the orders that were asked for."""

    accepted: frozenset[int] = frozenset()
    again_at: dict[int, datetime] = field(default_factory=dict)
    """Updated less than ten minutes ago, and when it is possible again."""
    not_from_store: frozenset[int] = frozenset()
    store_resting: frozenset[int] = frozenset()
    """The store is paused or needs attention."""


def request_refresh(order_ids: Collection[int], *, by: int | None, now: datetime) -> RefreshAnswer:
    """Claim what may be updated now and hint it to the workers. ``by`` is the asking user's id. Never needs the broker."""
    stores = _stores_of(order_ids)
    resting = set(
        StoreConnection.objects.exclude(enabled=True, state__in=[State.WORKING, State.WAITING]).values_list("store_id", flat=True)
    )
    reachable = set(StoreConnection.objects.values_list("store_id", flat=True)) - resting
    wanted = [pk for pk, store_id in stores.items() if store_id in reachable]
    with transaction.atomic():
        claim = claim_refresh(wanted, by=by, now=now)
        for store_id in {store_id for pk in claim.accepted if (store_id := stores[pk])}:
            transaction.on_commit(partial(_hint, store_id))
    return RefreshAnswer(
        accepted=claim.accepted,
        again_at=claim.again_at,
        not_from_store=frozenset(pk for pk, store_id in stores.items() if store_id is None),
        store_resting=frozenset(pk for pk, store_id in stores.items() if store_id and store_id not in reachable),
    )


def _stores_of(order_ids: Collection[int]) -> dict[int, int | None]:
    ids = list(order_ids)
    return {
        pk: store_id
        for start in range(0, len(ids), 1_000)
        for pk, store_id in Order.objects.filter(pk__in=ids[start : start + 1_000]).values_list("pk", "store_id")
    }


def _hint(store_id: int) -> None:
    from integrations.tasks import hint, refresh_store  # tasks lie above: they call sync, which calls us

    hint(refresh_store, store_id)
