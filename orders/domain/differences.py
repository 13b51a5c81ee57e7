"""What a store changed that does not follow it any more, and what a person decides about it: values of a
written-off line (P5), values that staff have set (P6), and an order of which goods are written off (I7)."""

from collections.abc import Mapping
from datetime import datetime

from django.contrib.auth.models import User

from inventory.models import Warehouse
from orders.domain.editing import EditConflictError, OrderEdit, edit_order
from orders.domain.permissions import BELOW_ZERO, require
from orders.domain.seen import line_token, order_token
from orders.domain.write_off import freeze, settle, unfreeze
from orders.models import BulkKind, EventKind, LineWriteOff, OrderLine


def accept(
    order_id: int,
    line_id: int,
    *,
    seen: str,
    by: User,
    now: datetime,
    below_zero: bool = False,
) -> OrderLine:
    """Give the line the store's values. If it is written off and the quantity differs, the write-off is
    reversed and made again.

    ``seen`` is the line_token of what the user saw; EditConflictError if it has changed since. Raises
    InsufficientStockError (if more is taken from stock than before) and InactiveWarehouseError of
    inventory.stock, MissingPermissionError and OrderLine.DoesNotExist, each with nothing changed.
    """
    with edit_order(order_id, by=by, now=now, undoable=BulkKind.ACCEPT) as edit:
        if below_zero:
            require(by, BELOW_ZERO)
        line, waiting = _waiting(edit, line_id, seen)
        for name in waiting:
            edit.add_event(
                EventKind.ACCEPTED,
                line.name,
                name,
                getattr(line, name),
                getattr(line, f"store_{name}"),
            )
        values = {name: getattr(line, f"store_{name}") for name in waiting}
        set_values(
            edit,
            line,
            values | {"difference": None},
            written_off=line.written_off_at is not None,
            below_zero=below_zero,
        )
        edit.save_line(line, *waiting)
        settle(edit)
    return line


def dismiss(
    order_id: int, line_id: int, *, seen: str, by: User, now: datetime
) -> OrderLine:
    """Keep the line as it is: its values are staff's from now on. Raises as ``accept`` does."""
    with edit_order(order_id, by=by, now=now, undoable=BulkKind.DISMISS) as edit:
        line, waiting = _waiting(edit, line_id, seen)
        for name, (old, new) in waiting.items():
            edit.add_event(EventKind.DISMISSED, line.name, name, old, new)
        line.difference = None
        edit.save_line(line)
    return line


def accept_of_order(order_id: int, *, seen: str, by: User, now: datetime) -> None:
    """Somebody has looked at what the store did to the order: it needs no attention for that any more.

    ``seen`` is the order_token of what the user saw; EditConflictError if there is something else by now.
    """
    with edit_order(order_id, by=by, now=now, undoable=BulkKind.ACCEPT) as edit:
        waiting = edit.order.open_difference
        if not waiting or order_token(edit.order) != seen:
            raise EditConflictError({"difference": edit.order.difference})
        for name, (old, new) in waiting.items():
            edit.add_event(EventKind.ACCEPTED, "", name, old, new)
        edit.set(difference=None)


def _waiting(
    edit: OrderEdit, line_id: int, seen: str
) -> tuple[OrderLine, dict[str, list[str]]]:
    line = edit.line(line_id)
    if not line.difference or line_token(line) != seen:
        raise EditConflictError({"difference": line.difference})
    return line, line.open_difference


def set_values(
    edit: OrderEdit,
    line: OrderLine,
    values: Mapping[str, object],
    *,
    written_off: bool,
    below_zero: bool = False,
) -> None:
    """Give the line these values, without saving them; its write-off goes with them. ``written_off`` says
    whether the line is to be written off afterwards: a line without quantity is only put back."""
    if "quantity" in values and (written_off or line.written_off_at):
        _redo_write_off(edit, line, values, below_zero=below_zero)
        return
    _give(line, values)
    LineWriteOff.objects.filter(line=line, reversed_at__isnull=True).update(
        price=line.price, discount=line.discount
    )


def _give(line: OrderLine, values: Mapping[str, object]) -> None:
    for name, value in values.items():
        setattr(line, name, value)


def _redo_write_off(
    edit: OrderEdit, line: OrderLine, values: Mapping[str, object], *, below_zero: bool
) -> None:
    """Write off again from the same warehouse."""
    last = (
        LineWriteOff.objects.filter(line=line)
        .select_related("movement__warehouse")
        .order_by("pk")
        .last()
    )
    taken = line.quantity if line.written_off_at else 0
    unfreeze(edit, [line] if line.written_off_at else [])
    _give(line, values)
    if line.quantity:
        warehouse = last.movement.warehouse if last and last.movement else None
        # Whoever takes less than before brings stock no further below zero.
        takes_less = line.quantity <= taken
        freeze(edit, [line], warehouse=warehouse, below_zero=below_zero or takes_less)


def warehouse_of(line_id: int) -> Warehouse | None:
    """The warehouse that the line was written off from, if it is written off and has a product."""
    running = (
        LineWriteOff.objects.filter(line=line_id, reversed_at__isnull=True)
        .select_related("movement__warehouse")
        .first()
    )
    return running.movement.warehouse if running and running.movement else None
