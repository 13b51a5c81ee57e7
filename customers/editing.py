"""What staff do to a customer: make one, change fields, add and remove phone numbers. Keys, search and feed
keep in step.

Call these functions inside a transaction. ``by`` is the id of who does it.
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


def create_customer(values: Mapping[str, str], phone: str, *, by: int | None, now: datetime) -> Customer:
    """Create a customer with these FIELDS and, unless it is empty, this number (E.164).

    Raises PhoneInUseError.
    """
    customer = Customer(**{name: values.get(name, "") for name in FIELDS}, phone=phone, created_at=now)
    search.index(customer, [phone] if phone else [])
    with transaction.atomic():
        customer.save()
        if phone:
            _take(customer, phone)
    events.tell(customer, CustomerEventKind.CREATED, by=by, now=now)
    return customer


def change_customer(customer: Customer, values: Mapping[str, str], *, by: int | None, now: datetime) -> bool:
    """Set FIELDS of a customer that is held; tells whether anything changed."""
    changes = {
        name: (getattr(customer, name), values[name])
        for name in FIELDS
        if getattr(customer, name) != values[name]
    }
    for name, (_old, new) in changes.items():
        setattr(customer, name, new)
    if changes:
        save(customer, [*changes])
        events.tell_changes(customer, changes, by=by, now=now)
    return bool(changes)


def add_phone(customer: Customer, phone: str, *, by: int | None, now: datetime) -> None:
    """Give a customer that is held one more number (E.164); the first one is the main one. Raises
    PhoneInUseError."""
    if phone_key(phone) in keys_of_customer(customer):
        return
    _take(customer, phone)
    RemovedKey.objects.filter(customer=customer, key=phone_key(phone)).delete()
    if not customer.phone:
        customer.phone = phone
    save(customer, ["phone"])
    events.tell_many([events.phone_added(customer, phone, by=by, now=now)])


def remove_phone(customer: Customer, phone: str, *, by: int | None, now: datetime) -> None:
    """Take a number away from a customer that is held: it no longer names them, and no import brings it
    back."""
    key = phone_key(phone)
    was_key = CustomerKey.objects.filter(customer=customer, key=key).delete()[0]
    was_main = main_number(customer) == phone
    if not (was_key or was_main):
        return
    RemovedKey.objects.bulk_create([RemovedKey(customer=customer, key=key)], ignore_conflicts=True)
    if was_main:
        customer.phone = next(iter(numbers_of(customer)), "")
    save(customer, ["phone"])
    events.tell(customer, CustomerEventKind.PHONE_REMOVED, by=by, now=now, old=phone)


def make_main(customer: Customer, phone: str, *, by: int | None, now: datetime) -> None:
    """Let one of the numbers of a customer that is held be the main one; any other text changes nothing."""
    if phone == customer.phone or phone not in numbers_of(customer):
        return
    events.tell_changes(customer, {"phone": (customer.phone, phone)}, by=by, now=now)
    customer.phone = phone
    save(customer, ["phone"])


def numbers_of(customer: Customer) -> list[str]:
    """The numbers (E.164) that name this customer, in a fixed order."""
    return numbers_in(keys_of_customer(customer))


def keys_of_customer(customer: Customer) -> list[str]:
    """Every key of the customer, in a fixed order."""
    return list(CustomerKey.objects.filter(customer=customer).order_by("id").values_list("key", flat=True))


def save(customer: Customer, fields: list[str]) -> None:
    """Store these fields with what the customer is found by."""
    search.index(customer, numbers_of(customer))
    customer.save(update_fields=[*fields, *search.COLUMNS])


def _take(customer: Customer, phone: str) -> None:
    """The unique key decides whose number it is."""
    key = phone_key(phone)
    try:
        with transaction.atomic():
            CustomerKey.objects.create(key=key, customer=customer)
    except IntegrityError:
        taken = CustomerKey.objects.select_related("customer").filter(key=key).first()
        if taken is None:
            raise
        raise PhoneInUseError(taken.customer) from None
