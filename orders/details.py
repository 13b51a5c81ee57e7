"""What else people say of an order: its customer, due date, note and comments."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from customers.contacts import ContactDetails, customers_for
from customers.keeping import hold
from customers.models import Customer
from orders.importing import lock_imports
from orders.models import EventKind
from orders.working import ChangedMeanwhile, at_work


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


def set_customer(order_id: int, customer: Customer | ContactDetails | None, *, by: Any, now: datetime) -> Customer | None:
    """Give the order a customer that we have, one with these contact data, or none; returns who it is now.

    Contact data with the phone number of a customer that we have mean that customer (C2).
    """
    with transaction.atomic():
        who = customer_of(customer, now=now)
        with at_work(order_id, by=by, now=now) as work:
            old = work.order.customer
            if (old.pk if old else None) != (who.pk if who else None):
                work.tell(EventKind.CUSTOMER, "", "customer", old.name if old else "", who.name if who else "")
                work.set(customer=who)
    return who


def customer_of(customer: Customer | ContactDetails | None, *, now: datetime) -> Customer | None:
    """The customer that is meant. Call it in the transaction that uses the answer, before any row is locked."""
    if customer is None:
        return None
    if isinstance(customer, Customer):
        return hold(customer.pk)  # No merge comes between, and an earlier one is followed.
    lock_imports()  # What we look up, no import can make meanwhile.
    return customers_for([customer], now=now)[0]


def comment(order_id: int, text: str, *, by: Any, now: datetime) -> None:
    with at_work(order_id, by=by, now=now) as work:
        work.tell(EventKind.COMMENT, new=text)
