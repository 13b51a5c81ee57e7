"""What stands on a customer's page."""

from typing import Any

from django.db.models import Count, Max, Q, Sum

from customers.models import Customer, CustomerKey
from customers.phones import Phone, phone_key, phones_of
from customers.timeline import feed_of

MOST_ORDERS = 10
CLOSED = "closed"
"""The group of statuses whose orders nobody works on any more."""


def page_of(customer: Customer, *, contact_data: bool) -> dict[str, Any]:
    """The page's values; without ``contact_data`` there is no number, e-mail or address among them."""
    phones = phones_of(customer, customer.keys.order_by("id")) if contact_data else []
    return {
        "customer": customer,
        "contact_data": contact_data,
        "phones": phones,
        "namesake": _namesake(customer, phones),
        "orders": customer.orders.select_related("status", "order_type", "store").order_by(
            "-placed_at", "-id"
        )[:MOST_ORDERS],
        "sums": sums_of(customer),
        "feed": feed_of(customer, contact_data=contact_data),
    }


def sums_of(customer: Customer) -> dict[str, Any]:
    """How many orders, how much they come to, how many are open, and when the last one was made. One
    query."""
    return Customer.objects.filter(pk=customer.pk).aggregate(
        number=Count("orders"),
        total=Sum("orders__total"),
        open=Count("orders", filter=~Q(orders__status__group=CLOSED)),
        last=Max("orders__placed_at"),
    )


def _namesake(customer: Customer, phones: list[Phone]) -> Customer | None:
    """Who else has the main number, where it does not name this customer: probably the same person."""
    main = next((phone for phone in phones if phone.is_main and not phone.is_key), None)
    if main is None or customer.erased_at:
        return None
    key = CustomerKey.objects.select_related("customer").filter(key=phone_key(main.number)).first()
    return key.customer if key else None
