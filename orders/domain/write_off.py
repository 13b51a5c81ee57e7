"""Writing lines off a warehouse, and reversing that (P7). A written-off line is frozen until the reversal."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.utils.translation import gettext_noop

from inventory.models import StockMovement, Warehouse
from inventory.stock import Withdrawal, put_back, withdraw
from orders.domain.editing import EditConflictError, OrderEdit, edit_order
from orders.domain.events import plain
from orders.domain.permissions import BELOW_ZERO, require
from orders.domain.seen import SeenLines, require_all_seen, require_seen
from orders.domain.undo_record import remember
from orders.models import (
    BulkKind,
    BulkOutcome,
    EventKind,
    LineWriteOff,
    OrderEvent,
    OrderLine,
)

REASON = gettext_noop("Write-off reversed")
LINE_EVENTS = {
    EventKind.CHANGED,
    EventKind.LINE_ADDED,
    EventKind.LINE_CHANGED,
    EventKind.LINE_REMOVED,
    EventKind.REVERSED,
    EventKind.ACCEPTED,
    EventKind.UNDONE,
}
"""Events after which something else may be left to write off."""


def write_off(
    order_id: int,
    line_ids: Collection[int] | None,
    *,
    warehouse: Warehouse,
    by: User,
    now: datetime,
    below_zero: bool = False,
    seen: SeenLines | None = None,
    unchanged_since: datetime | None = None,
    undoable: bool = False,
) -> list[OrderLine]:
    """Write these lines off ``warehouse`` (None: all of them) at their present quantity; returns those
    written off.

    Gift cards, written-off and deleted lines, and those without quantity are skipped. A line without a
    product is written off too and moves no stock. ``seen`` is what a page showed (None: there was none): a
    line that is not as it showed it raises EditConflictError. So does a line that changed, came or went after
    ``unchanged_since``, for whoever chose orders and saw no lines. With ``undoable`` it is remembered as an
    action that can be undone. Raises InsufficientStockError and
    InactiveWarehouseError of inventory.stock, and MissingPermissionError for an imported order or for
    ``below_zero``, each with nothing changed.
    """
    with edit_order(order_id, by=by, now=now) as edit:
        if below_zero:
            require(by, BELOW_ZERO)
        lines = [line for line in edit.chosen(line_ids) if line.can_be_written_off]
        _require_seen(edit, lines, line_ids, seen)
        _require_unchanged(edit, lines, unchanged_since)
        freeze(edit, lines, warehouse=warehouse, below_zero=below_zero)
        for line in lines:
            place = warehouse.name if line.product_id else ""
            edit.add_event(
                EventKind.WRITTEN_OFF, line.name, "warehouse", line.quantity, place
            )
        if undoable and lines:
            remember(
                order_id,
                BulkKind.WRITE_OFF,
                {"lines": [line.pk for line in lines]},
                by=by,
                now=now,
                outcome=BulkOutcome.WRITTEN_OFF,
                warehouse=warehouse,
            )
    return lines


def reverse(
    order_id: int,
    line_ids: Collection[int] | None,
    *,
    by: User,
    now: datetime,
    seen: SeenLines | None = None,
    written_off_at: datetime | None = None,
) -> list[OrderLine]:
    """Reverse the write-off of these lines (None: all of them) into the same warehouses; returns the lines.

    The line follows the store again: what the store changed since the write-off is carried over now. Where
    staff had set the value, the difference stays for somebody to decide (P6). ``seen`` as for ``write_off``.
    With ``written_off_at`` each of ``line_ids`` has to be written off since then, or EditConflictError is
    raised. Raises AlreadyReversedError of inventory.stock and MissingPermissionError, with nothing changed.
    """
    with edit_order(order_id, by=by, now=now) as edit:
        lines = [line for line in edit.chosen(line_ids) if line.written_off_at]
        _require_seen(edit, lines, line_ids, seen)
        _require_written_off_at(edit, line_ids, written_off_at)
        for line, past in unfreeze(edit, lines):
            place = past.movement.warehouse.name if past.movement else ""
            edit.add_event(
                EventKind.REVERSED, line.name, "warehouse", past.quantity, place
            )
            _carry_over(edit, line)
        settle(edit)
    return lines


def _require_seen(
    edit: OrderEdit,
    lines: Sequence[OrderLine],
    line_ids: Collection[int] | None,
    seen: SeenLines | None,
) -> None:
    if seen is None or not lines:
        return
    if line_ids is None:
        require_all_seen(edit, seen)
    else:
        require_seen(lines, seen)


def _require_unchanged(
    edit: OrderEdit, lines: Sequence[OrderLine], since: datetime | None
) -> None:
    if since is None or not lines:
        return
    changes = OrderEvent.objects.filter(
        order=edit.order, kind__in=LINE_EVENTS, at__gt=since
    )
    # What concerns the order itself has no subject.
    if changed := list(changes.exclude(subject="").values_list("subject", flat=True)):
        raise EditConflictError({"lines": changed})


def _require_written_off_at(
    edit: OrderEdit, line_ids: Collection[int] | None, at: datetime | None
) -> None:
    if at is None:
        return
    standing = {line.pk for line in edit.lines if line.written_off_at == at}
    if gone := set(line_ids or ()) - standing:
        raise EditConflictError({"lines": sorted(gone)})


def freeze(
    edit: OrderEdit,
    lines: Sequence[OrderLine],
    *,
    warehouse: Warehouse | None,
    below_zero: bool,
) -> None:
    """Take the lines' quantities from stock, and freeze them. ``warehouse`` may be None if no line has a
    product."""
    stocked = [line for line in lines if line.product_id]
    withdrawals = [
        Withdrawal(line.product_id, line.quantity, edit.order.pk)
        for line in stocked
        if line.product_id
    ]
    movements: list[StockMovement] = []
    if warehouse and withdrawals:
        movements = withdraw(
            withdrawals,
            warehouse=warehouse,
            by_id=edit.by.pk,
            now=edit.now,
            below_zero=below_zero,
        )
    of_line = dict(zip([line.pk for line in stocked], movements, strict=True))
    LineWriteOff.objects.bulk_create(
        LineWriteOff(
            line=line,
            movement=of_line.get(line.pk),
            quantity=line.quantity,
            price=line.price,
            discount=line.discount,
            at=edit.now,
            by=edit.by,
        )
        for line in lines
    )
    _mark(lines, edit.now)


def unfreeze(
    edit: OrderEdit, lines: Sequence[OrderLine]
) -> list[tuple[OrderLine, LineWriteOff]]:
    """Put back what the lines' write-offs took, and end these; returns each with its line."""
    by_id = {line.pk: line for line in lines}
    running = list(
        LineWriteOff.objects.filter(
            line__in=by_id, reversed_at__isnull=True
        ).select_related("movement__warehouse")
    )
    put_back(
        [each.movement for each in running if each.movement],
        by_id=edit.by.pk,
        now=edit.now,
        reason=REASON,
    )
    LineWriteOff.objects.filter(pk__in=[each.pk for each in running]).update(
        reversed_at=edit.now, reversed_by=edit.by
    )
    _mark(lines, None)
    return [(by_id[each.line_id], each) for each in running]


def _mark(lines: Sequence[OrderLine], at: datetime | None) -> None:
    ids = [line.pk for line in lines]
    # Conditional, so that of two who want the same the database lets one through.
    changed = OrderLine.objects.filter(
        pk__in=ids, written_off_at__isnull=at is not None
    ).update(written_off_at=at)
    if changed != len(ids):
        raise AssertionError(f"lines {ids} were written off or put back under our lock")
    for line in lines:
        line.written_off_at = at


def settle(edit: OrderEdit) -> None:
    """Once everything is put back, nobody need look at what the store did to the order (I7)."""
    if edit.order.difference and not any(line.written_off_at for line in edit.lines):
        edit.set(difference=None)


def _carry_over(edit: OrderEdit, line: OrderLine) -> None:
    """Values that staff have not set follow the store's latest; the others keep their difference (P6)."""
    waiting = line.open_difference
    for name, (old, _new) in waiting.items():
        standing, latest = getattr(line, name), getattr(line, f"store_{name}")
        if plain(standing) == old:
            edit.add_event(EventKind.CHANGED, line.name, name, standing, latest)
            setattr(line, name, latest)
    edit.save_line(line, *waiting)
