"""Orders as the database has them, and what staff do to them."""

from datetime import datetime

from django.contrib.auth.models import User

from orders.domain.write_off import write_off
from orders.models import Order, OrderLine
from tests.support.stock import main_warehouse
from tests.support.times import NOW


def order_numbers() -> set[str]:
    """The store's numbers of the orders that are here."""
    return set(Order.objects.values_list("external_number", flat=True))


def events_of(order: Order) -> list[tuple[str, str, str, str, str]]:
    """The order's events, oldest first: kind, subject, field, old, new."""
    return list(
        order.events.order_by("id").values_list(
            "kind", "subject", "field", "old", "new"
        )
    )


def write_off_lines(
    order: Order, *names: str, by: User, now: datetime = NOW
) -> list[OrderLine]:
    """Write off the lines with these names, all lines without any, whatever is in stock."""
    lines = order.lines.filter(name__in=names) if names else order.lines.all()
    return write_off(
        order.pk,
        list(lines.values_list("pk", flat=True)),
        warehouse=main_warehouse(),
        by=by,
        now=now,
        below_zero=True,
    )
