"""*Update order*, from the click to the claim: a bulk action like the others, whose orders wait for their
store afterwards."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Max, Min, QuerySet

from integrations import dispatch
from integrations.models import State
from orders.bulk import engine
from orders.bulk.ending import Endings, endings_of
from orders.domain.refresh_claim import REFRESH_INTERVAL, claim_refresh
from orders.models import (
    AT_ONCE,
    BulkAction,
    BulkActionOrder,
    BulkKind,
    BulkOutcome,
    Order,
    Refresh,
    RefreshOutcome,
    Store,
)


def act(action: BulkAction, ids: Sequence[int], now: datetime) -> Endings:
    """What any bulk action does to these orders, as ``bulk_actions.continue_action`` wants it."""
    return (
        endings_of(_claim(action, ids, now))
        if action.kind == BulkKind.REFRESH
        else engine.change(action, ids, now)
    )


def _claim(
    action: BulkAction, ids: Sequence[int], now: datetime
) -> Mapping[int, BulkOutcome]:
    stores = dict(Order.objects.filter(pk__in=ids).values_list("pk", "store_id"))
    obstacles = _obstacles()
    accepted = claim_refresh(
        [pk for pk, store_id in stores.items() if store_id not in obstacles],
        by_id=action.by_id,
        now=now,
    )
    return {
        pk: BulkOutcome.ACCEPTED
        if pk in accepted
        else obstacles.get(store_id, BulkOutcome.TOO_SOON)
        for pk, store_id in stores.items()
    }


def _obstacles() -> Mapping[int | None, BulkOutcome]:
    """Why orders of these stores cannot be read, and those that are from none; one query."""
    found: dict[int | None, BulkOutcome] = {None: BulkOutcome.NOT_FROM_STORE}
    for pk, is_connected, enabled, state in Store.objects.values_list(
        "pk", "is_connected", "connection__enabled", "connection__state"
    ):
        if not is_connected:
            found[pk] = BulkOutcome.DISCONNECTED
        elif not enabled or state == State.NEEDS_ATTENTION:
            found[pk] = BulkOutcome.RESTING
    return found


def continue_action(action: BulkAction, *, clock: engine.Clock) -> None:
    """Claim as many of the action's orders as a request has time for, and hint to the workers what there is
    to read; the tick finds the rest. Never needs the broker."""
    engine.continue_action(action.pk, clock=clock, until=clock() + AT_ONCE, act=act)
    waiting = Refresh.objects.filter(
        outcome=RefreshOutcome.PENDING,
        order_id__in=_orders(action, BulkOutcome.ACCEPTED),
    )
    for store_id in waiting.values_list("order__store", flat=True).distinct():
        transaction.on_commit(partial(dispatch.enqueue, "refresh_store", store_id))


def again_between(action: BulkAction) -> tuple[datetime, datetime] | None:
    """From when until when the orders that were updated too recently may be updated again; None if there are
    none."""
    claims = Refresh.objects.filter(order_id__in=_orders(action, BulkOutcome.TOO_SOON))
    first, last = claims.aggregate(
        first=Min("accepted_at"), last=Max("accepted_at")
    ).values()
    return (first + REFRESH_INTERVAL, last + REFRESH_INTERVAL) if first else None


def _orders(action: BulkAction, outcome: BulkOutcome) -> QuerySet[BulkActionOrder, int]:
    return action.orders.filter(outcome=outcome).values_list("order_id", flat=True)
