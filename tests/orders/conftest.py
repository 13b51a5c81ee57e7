"""Orders with lines from inventory, stock to write off, and people of every kind."""

from orders.models import Order
from tests.pages.conftest import bring, made_here, store
from tests.workshop import kim, main, person, rita, sam, screen, stocked, with_line

__all__ = [
    "bring",
    "kim",
    "made_here",
    "main",
    "person",
    "rita",
    "sam",
    "screen",
    "stocked",
    "store",
    "with_line",
]


def told(order: Order) -> list[tuple[str, str, str, str, str]]:
    """The order's feed, oldest first: kind, subject, field, old, new."""
    return list(order.events.order_by("id").values_list("kind", "subject", "field", "old", "new"))
