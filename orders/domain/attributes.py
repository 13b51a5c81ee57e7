"""What else people say of an order: its customer, due date, note and comments."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop

from customers.editing import hold
from customers.matching import ContactDetails, customers_for
from customers.models import Customer
from orders.domain.customer_fields import retell_orders
from orders.domain.editing import ChangedMeanwhile, Refused, at_work
from orders.domain.locking import lock_imports
from orders.models import EventKind, OrderType

NO_CUSTOMER = gettext_noop("This customer is no longer there. Choose another one.")
STORES_TYPE = gettext_noop("The type of a store's order stays as the store's settings gave it.")


def set_type(order_id: int, order_type: OrderType, *, by: Any, now: datetime) -> None:
    """The status stays. Raises Refused for a store's order: its type is what the store's settings say."""
    with at_work(order_id, by=by, now=now) as work:
        if work.order.store_id is not None:
            raise Refused(STORES_TYPE)
        old = OrderType.objects.get(pk=work.order.order_type_id)
        if old != order_type:
            work.tell(EventKind.TYPE, old=old.name, new=order_type.name)
            work.set(order_type=order_type)


def set_due(order_id: int, due_on: date | None, *, by: Any, now: datetime) -> None:
    with at_work(order_id, by=by, now=now) as work:
        if work.order.due_on != due_on:
            work.tell(EventKind.DUE, "", "due_on", work.order.due_on, due_on)
            work.set(due_on=due_on)


def set_note(order_id: int, note: str, *, seen: str, by: Any, now: datetime) -> None:
    """Raises ChangedMeanwhile if others have rewritten the note that the person saw."""
    with at_work(order_id, by=by, now=now) as work:
        old = work.order.note
        if old not in (seen, note):
            raise ChangedMeanwhile({"note": old})
        if old != note:
            work.tell(EventKind.NOTE, "", "note", old, note)
            work.set(note=note)


def set_customer(
    order_id: int, customer: Customer | ContactDetails | None, *, by: Any, now: datetime
) -> Customer | None:
    """Give the order a customer that we have, one with these contact data, or none; returns who it is now.

    Contact data with the phone number of a customer that we have mean that customer (C2).
    """
    with transaction.atomic():
        who = customer_of(customer, now=now)
        with at_work(order_id, by=by, now=now) as work:
            old = work.order.customer
            if (old.pk if old else None) != (who.pk if who else None):
                work.tell(
                    EventKind.CUSTOMER, "", "customer", old.name if old else "", who.name if who else ""
                )
                work.set(customer=who)
    return who


def customer_of(customer: Customer | ContactDetails | None, *, now: datetime) -> Customer | None:
    """The customer that is meant. Call it in the transaction that uses the answer, before any order's row is
    locked.

    Raises Refused for a customer who was erased or is gone.
    """
    if customer is None:
        return None
    lock_imports()  # What we look up, no import can make meanwhile; and it locks orders before customers.
    if isinstance(customer, ContactDetails):
        found = customers_for([customer], now=now)
        retell_orders(found.completed)
        return found.customers[0]
    try:
        held = hold(customer.pk)  # No merge comes between, and an earlier one is followed.
    except Customer.DoesNotExist:
        raise Refused(NO_CUSTOMER) from None
    if held.erased_at:
        raise Refused(NO_CUSTOMER)
    return held


def comment(order_id: int, text: str, *, by: Any, now: datetime) -> None:
    with at_work(order_id, by=by, now=now) as work:
        work.tell(EventKind.COMMENT, new=text)
