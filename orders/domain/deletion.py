"""Deleting an order that was created here; the administration lists who deleted which."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext_noop

from orders.domain.editing import ActionRefusedError
from orders.domain.permissions import DELETE, require
from orders.domain.seen import line_token
from orders.models import DeletedOrder, LineWriteOff, Order, OrderLine

FROM_STORE = gettext_noop("An order from a store cannot be deleted.")
WRITTEN_OFF = gettext_noop(
    "Products of this order were written off, and stock movements name it. It cannot be deleted."
)
CHANGED = gettext_noop(
    "The order has changed meanwhile, and was not deleted. Look at it again first."
)


def obstacle(order: Order) -> str:
    """Why nobody can delete this order, as a msgid; empty if it can be deleted."""
    if order.store_id is not None:
        return FROM_STORE
    if LineWriteOff.objects.filter(line__order=order).exists():
        return WRITTEN_OFF
    return ""


def deletion_token(order: Order, lines: Sequence[OrderLine]) -> str:
    """Stands for what the page asks about; another one when any of it changes."""
    shown = [str(order.customer_id), order.note, *map(line_token, lines)]
    return blake2b("\n".join(shown).encode(), digest_size=8).hexdigest()


@transaction.atomic
def delete_order(order_id: int, *, seen: str, by: User, now: datetime) -> DeletedOrder:
    """Delete the order with its lines and events; its number is not used again.

    ``seen`` is the token of what the person was asked about. Raises Order.DoesNotExist,
    MissingPermissionError, and ActionRefusedError for an order of a store, one with write-offs, and one that
    has changed meanwhile.
    """
    require(by, DELETE)
    order = Order.objects.select_for_update().get(pk=order_id)
    lines = list(order.lines.select_for_update(of=("self",)))
    if why := obstacle(order):
        raise ActionRefusedError(why)
    if seen != deletion_token(order, lines):
        raise ActionRefusedError(CHANGED)
    deleted = DeletedOrder.objects.create(
        number=order.pk,
        customer_id=order.customer_id,
        total=order.total,
        placed_at=order.placed_at,
        at=now,
        by=by,
    )
    order.delete()
    return deleted
