"""Writing off many orders, and reversing that: each order by itself, as on its page."""

from collections.abc import Sequence
from datetime import datetime

from inventory.stock import InsufficientStockError
from orders.bulk.ending import REFUSALS, Ending, Endings, refused
from orders.domain.events import plain
from orders.domain.write_off import reverse, write_off
from orders.models import BulkAction, BulkOutcome


def write_off_orders(action: BulkAction, ids: Sequence[int], now: datetime) -> Endings:
    """Write off all that is left of these orders, unless their lines changed after they were chosen."""
    return {pk: _write_off(action, pk, now) for pk in ids}


def reverse_write_offs(
    action: BulkAction, ids: Sequence[int], now: datetime
) -> Endings:
    """Reverse what ``action.undoes`` wrote off of these orders, where all of it still stands."""
    assert action.undoes is not None  # noqa: S101  such an action is made with one
    rows = action.undoes.orders.filter(order_id__in=ids)
    return {
        pk: _reverse(action, pk, (before or {}).get("lines", []), ended_at, now)
        for pk, before, ended_at in rows.values_list("order_id", "before", "ended_at")
    }


def _write_off(action: BulkAction, order_id: int, now: datetime) -> Ending:
    assert action.warehouse is not None  # noqa: S101  such an action is started with one
    try:
        done = write_off(
            order_id,
            None,
            warehouse=action.warehouse,
            by=action.by,
            now=now,
            unchanged_since=action.fixed_at,
        )
    except InsufficientStockError as error:
        return Ending(BulkOutcome.SHORT, {"shortages": _shortages(error)})
    except REFUSALS as error:
        return refused(error)
    if not done:
        return Ending(BulkOutcome.NOTHING_LEFT)
    return Ending(
        BulkOutcome.WRITTEN_OFF, {"before": {"lines": [line.pk for line in done]}}
    )


def _reverse(
    action: BulkAction,
    order_id: int,
    line_ids: Sequence[int],
    written_off_at: datetime | None,
    now: datetime,
) -> Ending:
    try:
        reverse(
            order_id, line_ids, by=action.by, now=now, written_off_at=written_off_at
        )
    except REFUSALS as error:
        return refused(error)
    return Ending(BulkOutcome.UNDONE)


def _shortages(error: InsufficientStockError) -> list[list[str]]:
    return [
        [each.product.name, plain(each.wanted), plain(each.available)]
        for each in error.shortages
    ]
