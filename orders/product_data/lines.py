"""Lines that follow their product when a match is corrected or products are merged."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db.models import Q

from inventory.models import Product, ProductKey
from orders.domain.events import NewEvent, record
from orders.models import EventKind, Order, OrderLine, StatusGroup

CHUNK = 500
OPEN = Q(written_off_at__isnull=True) & ~Q(order__status__group=StatusGroup.CLOSED)
"""Lines on which work is still to be done: not written off, of orders that are not closed."""


def lines_by(match: ProductKey) -> Q:
    """The lines that came to the match's product by this match.

    A line from before matches were kept with lines is recognised by its words, unless the store has no other
    variant matched with the product.
    """
    before = Q(match__isnull=True, order__store=match.store_id) & ~Q(external_id="")
    others = ProductKey.objects.filter(product=match.product_id).exclude(pk=match.pk)
    if any(other.store_id == match.store_id for other in others):
        before &= Q(name=match.name, sku=match.sku)
    return Q(product=match.product_id) & (Q(match=match.pk) | before)


def move_lines(
    condition: Q,
    *,
    out_of: Product,
    into: Product,
    by_id: int | None,
    now: datetime,
    match: ProductKey | None = None,
    skip_locked: bool = False,
) -> list[int]:
    """Give the lines of one product that meet ``condition`` to another (and to ``match``), with an event for
    each; returns their ids. Call it inside a transaction, before products are locked; afterwards only with
    ``skip_locked``, which leaves out orders that somebody else is changing.

    Orders are locked in the order of their ids, then their lines, as by everyone who changes lines.
    """
    mine = condition & Q(product=out_of)
    rows = OrderLine.objects.filter(mine).order_by("order_id", "id")
    pairs = list(rows.values_list("order_id", "pk"))
    values = {"product": into} | ({"match": match} if match else {})
    moved: list[int] = []
    for chunk in _chunks(pairs):
        order_ids = {order_id for order_id, _ in chunk}
        orders = Order.objects.select_for_update(skip_locked=skip_locked)
        locked = orders.filter(pk__in=order_ids).order_by("id")
        lines = list(
            OrderLine.objects.select_for_update(of=("self",))
            .filter(mine, pk__in=[pk for _, pk in chunk])
            .filter(order__in=list(locked.values_list("pk", flat=True)))
            .order_by("order_id", "id")
        )
        ids = [line.pk for line in lines]
        OrderLine.objects.filter(pk__in=ids).update(**values)
        record(_event(line, out_of, into, by_id, now) for line in lines)
        moved += ids
    return moved


def _chunks(
    pairs: Sequence[tuple[int, int]],
) -> Iterator[Sequence[tuple[int, int]]]:
    for start in range(0, len(pairs), CHUNK):
        yield pairs[start : start + CHUNK]


def _event(
    line: OrderLine,
    out_of: Product,
    into: Product,
    by_id: int | None,
    now: datetime,
) -> NewEvent:
    return NewEvent(
        line.order_id,
        EventKind.LINE_CHANGED,
        now,
        by_id,
        subject=line.name,
        field="product",
        old=out_of.name,
        new=into.name,
    )
