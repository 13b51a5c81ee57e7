"""Editing one order: it is locked, changed, summarised and its events are recorded, all or nothing."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import DataError, OperationalError, transaction
from django.utils.translation import gettext_noop

from customers.models import Customer
from orders.domain.events import NewEvent, plain, record
from orders.domain.permissions import permissions_for_store, require
from orders.domain.totals import FIELDS, line_total, summarise
from orders.domain.undo_record import difference_between, remember, states_of
from orders.models import BulkAction, BulkKind, EventKind, Order, OrderLine

LIMIT = Decimal(10) ** 15
"""An order's total stays below this, as the column does."""
TOO_MUCH = gettext_noop("The total of the order is too large for RO App.")
NOT_STORABLE = gettext_noop(
    "The database does not take one of these values; nothing was changed."
)
CONFLICT = gettext_noop(
    "Somebody else changed the same at this moment; nothing was changed. Please try again."
)
CONFLICTS = {"40001", "40P01"}
"""PostgreSQL's codes for a transaction that had to give way to another one."""


class ActionRefusedError(Exception):
    """The action is not possible in the order's present state; nothing was changed. The text is a msgid,
    fit for users."""


class EditConflictError(Exception):
    """What the user saw has changed meanwhile; nothing was changed. ``now`` holds the present values by
    field."""

    def __init__(self, now: dict[str, Any]) -> None:
        self.now = now
        super().__init__(", ".join(now))


@dataclass(slots=True)
class OrderEdit:
    """A locked order, its lines, and the events to record."""

    order: Order
    lines: list[OrderLine]
    by: User
    now: datetime
    events: list[NewEvent] = field(default_factory=list)
    columns: set[str] = field(default_factory=set)
    """Changed columns of the order, beside those of the summary."""
    changed_lines: dict[int, OrderLine] = field(default_factory=dict)
    line_columns: set[str] = field(default_factory=set)
    """Changed columns of the changed lines."""
    action: BulkAction | None = None
    """The act, if it can be undone; known when the edit has ended."""

    @property
    def customer(self) -> Customer | None:
        return self.order.customer

    def line(self, pk: int) -> OrderLine:
        """Raises OrderLine.DoesNotExist if the line does not (or no longer) belong to this order."""
        for line in self.lines:
            if line.pk == pk:
                return line
        raise OrderLine.DoesNotExist

    def chosen(self, ids: Collection[int] | None) -> list[OrderLine]:
        """Those of these lines that still exist; all of them for None."""
        return [line for line in self.lines if ids is None or line.pk in ids]

    def set(self, **values: object) -> None:
        """Set values of the order; they are saved with it."""
        for name, value in values.items():
            setattr(self.order, name, value)
        self.columns |= values.keys()

    def save_line(self, line: OrderLine, *columns: str) -> None:
        """Have these columns of the line saved with the order, and its total. A difference to whose value the
        line has come is none any more."""
        line.total = line_total(line.quantity, line.price, line.discount)
        left = {
            name: [old, new]
            for name, (old, new) in line.open_difference.items()
            if plain(getattr(line, name)) != new
        }
        line.difference = left or None
        self.changed_lines[line.pk] = line
        self.line_columns |= {*columns, "difference", "total"}

    def save(self) -> None:
        """Save the order and its changed lines, and record the events. The number of queries does not depend
        on the number of lines."""
        if self.changed_lines:
            # Under our lock, so that a column that did not change is as it was read.
            OrderLine.objects.bulk_update(
                self.changed_lines.values(), sorted(self.line_columns)
            )
        self.order.save(update_fields=[*FIELDS, *self.columns])
        record(self.events)

    def add_event(
        self,
        kind: EventKind,
        subject: str = "",
        field: str = "",
        old: object = None,
        new: object = None,
    ) -> None:
        self.events.append(
            NewEvent(
                self.order.pk,
                kind,
                self.now,
                self.by.pk,
                subject,
                field,
                plain(old),
                plain(new),
            )
        )


@contextmanager
def refusals_in_words() -> Iterator[None]:
    """Around a transaction of somebody's action: what the database refuses, or has undone because of another
    transaction, becomes an ActionRefusedError. A database that is gone stays one."""
    try:
        yield
    except DataError:
        raise ActionRefusedError(NOT_STORABLE) from None
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") not in CONFLICTS:
            raise
        raise ActionRefusedError(CONFLICT) from None


@contextmanager
def edit_order(
    order_id: int, *, by: User, now: datetime, undoable: BulkKind | None = None
) -> Iterator[OrderEdit]:
    """Open the order for editing by the user ``by``; at the end the changes are summarised, recorded and
    saved. With ``undoable`` what they replaced is remembered as an action of this kind.

    The order's row is locked first, then its lines, as the import does: two who edit one order wait for
    each other. Raises Order.DoesNotExist, and MissingPermissionError for an imported order without the
    permission to work with those.
    """
    with refusals_in_words(), transaction.atomic():
        # Without its customer: a joined row would be as it was before we waited for the lock.
        order = Order.objects.select_for_update().get(pk=order_id)
        require(by, *permissions_for_store(order.store_id))
        lines = list(
            order.lines.select_for_update(of=("self",)).order_by("position", "id")
        )
        edit = OrderEdit(order, lines, by, now)
        before = states_of(order, lines) if undoable else None
        yield edit
        summarise(order, edit.lines, order.customer)
        if abs(order.total) >= LIMIT:
            raise ActionRefusedError(TOO_MUCH)
        edit.save()
        if undoable and before:
            changed = difference_between(before, states_of(order, edit.lines))
            if changed:
                edit.action = remember(order_id, undoable, changed, by=by, now=now)
