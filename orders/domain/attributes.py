"""What else staff set on an order: its type, due date, note, customer, and comments."""

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext_noop

from customers.editing import FIELDS, complete_customer, create_customer, lock_customer
from customers.matching import ContactDetails, customers_for, is_known_by_phone
from customers.models import Customer
from customers.phones import read_phone
from orders.domain.customer_fields import update_denormalised_fields
from orders.domain.editing import ActionRefusedError, EditConflictError, edit_order
from orders.domain.locking import lock_imports
from orders.domain.permissions import CHANGE_CUSTOMER
from orders.domain.undo_record import remember
from orders.models import BulkAction, BulkKind, EventKind, OrderType

NO_CUSTOMER = gettext_noop("This customer no longer exists. Choose another one.")
STORES_TYPE = gettext_noop(
    "The type of an imported order comes from the store's settings and cannot be changed."
)


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """Contact data of somebody new, whoever has the same e-mail address. The phone number still means whom
    it names (C2)."""

    contact: ContactDetails


@dataclass(frozen=True, slots=True)
class SameCustomer:
    """Contact data of which a person says that they are this customer's: what is empty there is filled (C3),
    if that person may change customers."""

    customer: Customer
    contact: ContactDetails


Buyer = Customer | ContactDetails | NewCustomer | SameCustomer | None
"""Who an order is for: an existing customer, whoever has these contact data, or nobody."""


def set_type(
    order_id: int, order_type: OrderType, *, seen: int, by: User, now: datetime
) -> None:
    """Change the order's type; its status stays. Raises ActionRefusedError for an imported order: its type
    comes from the store's settings, and EditConflictError if the type is not the ``seen`` one any more."""
    with edit_order(order_id, by=by, now=now) as edit:
        if edit.order.store_id is not None:
            raise ActionRefusedError(STORES_TYPE)
        _require_seen("order_type_id", edit.order.order_type_id, seen, order_type.pk)
        old = OrderType.objects.get(pk=edit.order.order_type_id)
        if old != order_type:
            edit.add_event(EventKind.TYPE, old=old.name, new=order_type.name)
            edit.set(order_type=order_type)


def _require_seen(field: str, standing: object, seen: object, wanted: object) -> None:
    """Who wants what is already there overwrites nothing."""
    if standing not in (seen, wanted):
        raise EditConflictError({field: standing})


def set_due(
    order_id: int,
    due_on: date | None,
    *,
    seen: date | None,
    by: User,
    now: datetime,
) -> BulkAction | None:
    """Returns the act, which can be undone; None if that was the due date already. Raises EditConflictError
    if the due date is not the ``seen`` one any more."""
    with edit_order(order_id, by=by, now=now) as edit:
        old = edit.order.due_on
        _require_seen("due_on", old, seen, due_on)
        if old == due_on:
            return None
        edit.add_event(EventKind.DUE, "", "due_on", old, due_on)
        edit.set(due_on=due_on)
        return remember(
            order_id, BulkKind.DUE, {"due_on": old}, by=by, now=now, due_on=due_on
        )


def set_note(order_id: int, note: str, *, seen: str, by: User, now: datetime) -> None:
    """Raises EditConflictError if somebody else has changed the note that the user saw."""
    with edit_order(order_id, by=by, now=now) as edit:
        old = edit.order.note
        _require_seen("note", old, seen, note)
        if old != note:
            edit.add_event(EventKind.NOTE, "", "note", old, note)
            edit.set(note=note)


def set_customer(
    order_id: int,
    buyer: Buyer,
    *,
    seen: int | None,
    by: User,
    now: datetime,
) -> Customer | None:
    """Set the order's customer, and return them.

    Contact data with the phone number of an existing customer mean that customer (C2). Raises
    EditConflictError if the order's customer is not the ``seen`` one (its id) any more.
    """
    with transaction.atomic():
        who = resolve_customer(buyer, by=by, now=now)
        with edit_order(order_id, by=by, now=now) as edit:
            old = edit.order.customer
            wanted_id = who.pk if who else None
            _require_seen("customer_id", edit.order.customer_id, seen, wanted_id)
            if edit.order.customer_id != wanted_id:
                edit.add_event(
                    EventKind.CUSTOMER,
                    "",
                    "customer",
                    old.name if old else "",
                    who.name if who else "",
                )
                edit.set(customer=who)
    return who


def resolve_customer(buyer: Buyer, *, by: User, now: datetime) -> Customer | None:
    """The customer to use. Call it in the transaction that uses the result, before any order's row is
    locked.

    Raises ActionRefusedError for a customer who was erased or deleted.
    """
    if buyer is None:
        return None
    lock_imports()  # No import may create meanwhile what we look up; and imports lock orders first.
    if isinstance(buyer, Customer):
        return _locked(buyer)
    if isinstance(buyer, ContactDetails):
        return _named_by(buyer, now)
    if isinstance(buyer, SameCustomer):
        return _completed(buyer, by, now)
    return _new(buyer.contact, by, now)


def _named_by(contact: ContactDetails, now: datetime) -> Customer | None:
    found = customers_for([contact], now=now)
    update_denormalised_fields(found.completed)
    return found.customers[0]


def _new(contact: ContactDetails, by: User, now: datetime) -> Customer | None:
    if is_known_by_phone(contact):
        return _named_by(contact, now)
    phone = read_phone(contact.phone, contact.country or settings.COUNTRY)
    values = {name: getattr(contact, name) for name in FIELDS}
    return create_customer(values, phone, by_id=by.pk, now=now)


def _completed(buyer: SameCustomer, by: User, now: datetime) -> Customer:
    customer = _locked(buyer.customer)
    if by.has_perm(CHANGE_CUSTOMER):
        complete_customer(customer, buyer.contact, by_id=by.pk, now=now)
        update_denormalised_fields([customer])
    return customer


def _locked(customer: Customer) -> Customer:
    try:
        held = lock_customer(customer.pk)  # Locked: no merge may come in between.
    except Customer.DoesNotExist:
        raise ActionRefusedError(NO_CUSTOMER) from None
    if held.erased_at:
        raise ActionRefusedError(NO_CUSTOMER)
    return held


def comment(order_id: int, text: str, *, by: User, now: datetime) -> None:
    with edit_order(order_id, by=by, now=now) as edit:
        edit.add_event(EventKind.COMMENT, new=text)
