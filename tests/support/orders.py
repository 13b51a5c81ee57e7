"""Asking for orders as the database has them."""

from orders.models import Order


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
