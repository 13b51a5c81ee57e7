"""Orders created in RO App (O9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext_noop

from orders.domain.attributes import Buyer, resolve_customer
from orders.domain.editing import ActionRefusedError, refusals_in_words
from orders.domain.events import NewEvent, record
from orders.domain.lines import FULL, MAX_LINES, NewLine, build_all, require_prices
from orders.domain.totals import summarise
from orders.models import EventKind, Order, OrderLine, OrderType

EMPTY = gettext_noop("The order is empty. Enter a customer, a line or a note.")


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed."""

    order_type: OrderType
    customer: Buyer = None
    assignee: User | None = None
    due_on: date | None = None
    note: str = ""
    lines: Sequence[NewLine] = ()


@refusals_in_words()
@transaction.atomic
def create_order(draft: Draft, *, by: User, now: datetime) -> Order:
    """Create the order, in its type's initial status and with a number of its own.

    Raises ActionRefusedError, MissingPermissionError for discounts without the permission,
    Product.DoesNotExist.
    """
    if draft.customer is None and not draft.lines and not draft.note.strip():
        raise ActionRefusedError(EMPTY)
    require_prices(draft.lines, by)
    customer = resolve_customer(draft.customer, by=by, now=now)
    order = Order(
        order_type=draft.order_type,
        status_id=draft.order_type.initial_status_id,
        customer=customer,
        assignee=draft.assignee,
        created_by=by,
        due_on=draft.due_on,
        note=draft.note,
        placed_at=now,
    )
    if len(draft.lines) > MAX_LINES:
        raise ActionRefusedError(FULL)
    lines = build_all(draft.lines)
    summarise(order, lines, customer)
    order.save(force_insert=True)
    for line in lines:
        line.order = order
    OrderLine.objects.bulk_create(lines)
    record([NewEvent(order.pk, EventKind.CREATED, now, by.pk)])
    return order
