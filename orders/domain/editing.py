"""A person works on one order: it is locked, changed, summed up and told, all or nothing."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext_noop

from customers.models import Customer
from orders.domain.events import NewEvent, plain, record
from orders.domain.permissions import permissions_for_store, require
from orders.domain.totals import FIELDS, line_total, summarise
from orders.models import EventKind, Order, OrderLine

LIMIT = Decimal(10) ** 15
"""Sums stay below this, as the columns do."""
TOO_MUCH = gettext_noop("The order would come to more than RO App can hold.")


class ActionRefusedError(Exception):
    """The act makes no sense as things stand; nothing was changed. The text is a msgid, fit for the
    person."""


class EditConflictError(Exception):
    """What the person saw is no longer so. ``now`` holds what stands there instead, by field; nothing was
    changed."""

    def __init__(self, now: dict[str, Any]) -> None:
        self.now = now
        super().__init__(", ".join(now))


@dataclass(slots=True)
class OrderEdit:
    """An order under our lock, its lines, and what is to be told."""

    order: Order
    lines: list[OrderLine]
    by: User
    now: datetime
    events: list[NewEvent] = field(default_factory=list)
    columns: set[str] = field(default_factory=set)
    """Columns of the order that were changed, beside the summary's."""

    @property
    def customer(self) -> Customer | None:
        return self.order.customer

    def line(self, pk: int) -> OrderLine:
        """Raises OrderLine.DoesNotExist if it is not (or no longer) one of this order's."""
        for line in self.lines:
            if line.pk == pk:
                return line
        raise OrderLine.DoesNotExist

    def chosen(self, ids: Collection[int] | None) -> list[OrderLine]:
        """These lines as far as they are still there; all for None."""
        return [line for line in self.lines if ids is None or line.pk in ids]

    def set(self, **values: Any) -> None:
        """Give the order these values; they are saved with it."""
        for name, value in values.items():
            setattr(self.order, name, value)
        self.columns |= values.keys()

    def save_line(self, line: OrderLine, *columns: str) -> None:
        """Save these columns of the line, and the total that follows from them."""
        line.total = line_total(line.quantity, line.price, line.discount)
        line.save(update_fields=[*columns, "total"])

    def add_event(
        self, kind: EventKind, subject: str = "", field: str = "", old: Any = None, new: Any = None
    ) -> None:
        self.events.append(
            NewEvent(self.order.pk, kind, self.now, self.by.pk, subject, field, plain(old), plain(new))
        )


@contextmanager
def edit_order(order_id: int, *, by: User, now: datetime) -> Iterator[OrderEdit]:
    """Open the order for the user ``by``; what they have changed by the end is summed up, told and stored.

    The order's row is the lock, taken before its lines' as the import does: whoever works on one order, waits
    for each other. Raises Order.DoesNotExist, and Lacking for an imported order without the permission to
    work with those.
    """
    with transaction.atomic():
        # Without its customer: joined, they would be as they were before the wait for the lock.
        order = Order.objects.select_for_update().get(pk=order_id)
        require(by, *permissions_for_store(order.store_id))
        lines = list(order.lines.select_for_update(of=("self",)).order_by("position", "id"))
        edit = OrderEdit(order, lines, by, now)
        yield edit
        summarise(order, edit.lines, order.customer)
        if abs(order.total) >= LIMIT:
            raise ActionRefusedError(TOO_MUCH)
        order.save(update_fields=[*FIELDS, *edit.columns])
        record(edit.events)
