"""The content of a customer's page."""

from django.db.models import Count, Max, Q, Sum

from common.http import Context
from customers.models import Customer, CustomerKey
from customers.phones import Phone, phone_key, phones_of
from customers.timeline import timeline_of

MAX_ORDERS = 10
CLOSED = "closed"
"""The group of statuses whose orders nobody works on any more."""


def page_context(customer: Customer, *, contact_data: bool) -> Context:
    """The page's values; without ``contact_data`` there is no number, e-mail or address among them."""
    phones = phones_of(customer, customer.keys.order_by("id")) if contact_data else []
    orders = customer.orders.select_related("status", "order_type", "store")
    return {
        "customer": customer,
        "contact_data": contact_data,
        "phones": phones,
        "namesake": _namesake(customer, phones),
        "orders": orders.order_by("-placed_at", "-id")[:MAX_ORDERS],
        "sums": order_figures(customer),
        "timeline": timeline_of(customer, contact_data=contact_data),
    }


def order_figures(customer: Customer) -> Context:
    """How many orders there are, their total, how many are open, and when the last was placed. One query."""
    is_open = ~Q(orders__status__group=CLOSED)
    return Customer.objects.filter(pk=customer.pk).aggregate(
        number=Count("orders"),
        total=Sum("orders__total"),
        open=Count("orders", filter=is_open),
        last=Max("orders__placed_at"),
    )


def _namesake(customer: Customer, phones: list[Phone]) -> Customer | None:
    """Who else has the main number, where it does not name this customer: probably the same person."""
    if customer.erased_at:
        return None
    for phone in phones:
        if phone.is_main and not phone.is_key:
            keys = CustomerKey.objects.select_related("customer")
            key = keys.filter(key=phone_key(phone.number)).first()
            return key.customer if key else None
    return None
