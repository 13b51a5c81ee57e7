"""Undoing an act: what it changed is set back where nobody has changed it since, and left elsewhere."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext_noop

from inventory.merged import lock_products
from inventory.stock import StockError
from orders.domain.differences import set_values
from orders.domain.editing import ActionRefusedError, OrderEdit, edit_order
from orders.domain.lines import FULL, MAX_LINES
from orders.domain.permissions import CHANGE, RESOLVE, WRITE_OFF
from orders.domain.totals import line_total
from orders.domain.undo_record import (
    COLUMNS,
    State,
    digest_of,
    state_of_line,
    state_of_order,
)
from orders.models import BulkAction, BulkKind, EventKind, OrderLine

NEEDED: Mapping[str, str] = {
    BulkKind.STATUS: CHANGE,
    BulkKind.ASSIGN: CHANGE,
    BulkKind.TYPE: CHANGE,
    BulkKind.DUE: CHANGE,
    BulkKind.WRITE_OFF: WRITE_OFF,
    BulkKind.REMOVE_LINE: CHANGE,
    BulkKind.ACCEPT: RESOLVE,
    BulkKind.DISMISS: RESOLVE,
}
"""What can be undone, and the permission that it needs: that of the act."""
NO_STOCK = gettext_noop(
    "There is not enough in stock to write the line off again as it was."
)
NO_PRODUCT = gettext_noop("The product of the line no longer exists.")


def action_tags(action: BulkAction, *, undoable: bool) -> str:
    """The extra tags of a message about the action, which then leads to its page and offers the undo
    (components/action_links.html)."""
    return f"{action.pk} undo" if undoable else str(action.pk)


class ChangedSinceError(Exception):
    """Somebody or the store has changed it since the act; nothing was set back."""


def set_back(
    order_id: int, before: Mapping[str, Any], *, by: User, now: datetime
) -> None:
    """Set back what an act changed of the order's lines and difference (undo_record.difference_between), all
    or nothing.

    Raises ChangedSinceError, Order.DoesNotExist, MissingPermissionError for an imported order,
    and ActionRefusedError.
    """
    with _stock_in_words(), edit_order(order_id, by=by, now=now) as edit:
        for pk, changed in before.get("lines", {}).items():
            if changed["now"]:
                line = _unchanged_line(edit, int(pk), changed["now"])
                _set_line_back(edit, line, changed["was"])
            else:
                _bring_back(edit, int(pk), changed["was"])
        if changed := before.get("order"):
            if digest_of(state_of_order(edit.order)) != changed["now"]:
                raise ChangedSinceError
            edit.set(difference=changed["was"]["difference"])
            edit.add_event(EventKind.UNDONE, field="difference")


@contextmanager
def _stock_in_words() -> Iterator[None]:
    try:
        yield
    except StockError:
        raise ActionRefusedError(NO_STOCK) from None


def _unchanged_line(edit: OrderEdit, pk: int, digest: str) -> OrderLine:
    """The line, if it is as the act left it."""
    try:
        line = edit.line(pk)
    except OrderLine.DoesNotExist:
        raise ChangedSinceError from None
    if digest_of(state_of_line(line)) != digest:
        raise ChangedSinceError
    return line


def _set_line_back(edit: OrderEdit, line: OrderLine, was: State) -> None:
    values = {
        name: _python(name, text) for name, text in was.items() if name in COLUMNS
    }
    for name, value in values.items():
        is_shown = name != "difference"
        old = getattr(line, name) if is_shown else None
        edit.add_event(
            EventKind.UNDONE, line.name, name, old, value if is_shown else None
        )
    written_off = was.get("is_written_off", line.written_off_at is not None)
    set_values(edit, line, values, written_off=written_off)
    edit.save_line(line, *values)


def _bring_back(edit: OrderEdit, pk: int, was: State) -> None:
    """Store the deleted line again under its own id. A product that was merged meanwhile gives way to the
    other."""
    if len(edit.lines) >= MAX_LINES:
        raise ActionRefusedError(FULL)
    values = {name: _python(name, was[name]) for name in COLUMNS if name in was}
    if product_id := values.get("product_id"):
        if not (product := lock_products({product_id}).get(product_id)):
            raise ActionRefusedError(NO_PRODUCT)
        values["product_id"] = product.pk
    line = OrderLine(pk=pk, order=edit.order, **values)
    line.total = line_total(line.quantity, line.price, line.discount)
    line.save(force_insert=True)
    edit.lines.append(line)
    edit.lines.sort(key=lambda each: (each.position, each.pk))
    edit.add_event(EventKind.UNDONE, line.name, "line", new=line.quantity)


def _python(name: str, value: object) -> Any:  # noqa: ANN401  as the column is
    return COLUMNS[name].to_python(value)
