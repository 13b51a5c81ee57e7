"""What staff do to customers: create them, change fields, add and remove phone numbers. Keys, search columns
and events are kept up to date.

Call these functions inside a transaction. ``by_id`` is the id of the user.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from customers import events, search
from customers.models import Customer, CustomerEventKind, CustomerKey, RemovedKey
from customers.phones import main_number, numbers_in, phone_key

FIELDS = ["first_name", "last_name", "company", "email", "address"]
"""What is edited as text; phone numbers have functions of their own."""


class PhoneInUseError(Exception):
    """The number names another customer."""

    def __init__(self, owner: Customer) -> None:
        self.owner = owner
        super().__init__(f"customer {owner.pk}")


def lock_customer(customer_id: int) -> Customer:
    """The customer, locked until the transaction ends, so that no merge and no erasure comes in between.

    A merged customer stands for the one it was merged into. Raises Customer.DoesNotExist.
    """
    customer = Customer.objects.select_for_update().get(pk=customer_id)
    if customer.merged_into_id:
        return lock_customer(customer.merged_into_id)
    return customer


def create_customer(
    values: Mapping[str, str], phone: str, *, by_id: int | None, now: datetime
) -> Customer:
    """Create a customer with these FIELDS and, unless it is empty, this number (E.164).

    Raises PhoneInUseError.
    """
    fields = {name: values.get(name, "") for name in FIELDS}
    customer = Customer(**fields, phone=phone, created_at=now)
    search.index(customer, [phone] if phone else [])
    with transaction.atomic():
        customer.save()
        if phone:
            _add_key(customer, phone)
    events.record_event(customer, CustomerEventKind.CREATED, by_id=by_id, now=now)
    return customer


def change_customer(
    customer: Customer, values: Mapping[str, str], *, by_id: int | None, now: datetime
) -> bool:
    """Set the FIELDS of a locked customer; returns whether anything changed."""
    changes: dict[str, tuple[str, str]] = {}
    for name in FIELDS:
        old, new = getattr(customer, name), values[name]
        if old != new:
            changes[name] = (old, new)
            setattr(customer, name, new)
    if not changes:
        return False
    save(customer, [*changes])
    events.record_changes(customer, changes, by_id=by_id, now=now)
    return True


def add_phone(
    customer: Customer, phone: str, *, by_id: int | None, now: datetime
) -> None:
    """Give a locked customer another number (E.164); the first one becomes the main number.

    Raises PhoneInUseError.
    """
    if phone_key(phone) in keys_of_customer(customer):
        return
    _add_key(customer, phone)
    RemovedKey.objects.filter(customer=customer, key=phone_key(phone)).delete()
    if not customer.phone:
        customer.phone = phone
    save(customer, ["phone"])
    event = events.phone_added_event(customer, phone, by_id=by_id, now=now)
    events.record_events([event])


def remove_phone(
    customer: Customer, phone: str, *, by_id: int | None, now: datetime
) -> None:
    """Remove a number from a locked customer: it no longer names them, and no import brings it back."""
    key = phone_key(phone)
    removed_keys, _by_model = CustomerKey.objects.filter(
        customer=customer, key=key
    ).delete()
    was_main = main_number(customer) == phone
    if not removed_keys and not was_main:
        return
    RemovedKey.objects.bulk_create(
        [RemovedKey(customer=customer, key=key)], ignore_conflicts=True
    )
    if was_main:
        others = phones_naming(customer)
        customer.phone = others[0] if others else ""
    save(customer, ["phone"])
    events.record_event(
        customer, CustomerEventKind.PHONE_REMOVED, by_id=by_id, now=now, old=phone
    )


def set_main_phone(
    customer: Customer, phone: str, *, by_id: int | None, now: datetime
) -> None:
    """Make one of a locked customer's numbers the main one; any other text changes nothing."""
    if phone == customer.phone or phone not in phones_naming(customer):
        return
    change = {"phone": (customer.phone, phone)}
    events.record_changes(customer, change, by_id=by_id, now=now)
    customer.phone = phone
    save(customer, ["phone"])


def phones_naming(customer: Customer) -> list[str]:
    """The numbers (E.164) that name this customer, in a fixed order."""
    return numbers_in(keys_of_customer(customer))


def keys_of_customer(customer: Customer) -> list[str]:
    """Every key of the customer, in a fixed order."""
    rows = CustomerKey.objects.filter(customer=customer).order_by("id")
    return list(rows.values_list("key", flat=True))


def save(customer: Customer, fields: list[str]) -> None:
    """Store these fields and the search columns."""
    search.index(customer, phones_naming(customer))
    customer.save(update_fields=[*fields, *search.COLUMNS])


def _add_key(customer: Customer, phone: str) -> None:
    """The unique constraint decides whose number it is."""
    key = phone_key(phone)
    try:
        with transaction.atomic():
            CustomerKey.objects.create(key=key, customer=customer)
    except IntegrityError:
        used = CustomerKey.objects.select_related("customer").filter(key=key).first()
        if used is None:
            raise
        raise PhoneInUseError(used.customer) from None
