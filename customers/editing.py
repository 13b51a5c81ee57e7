"""What staff do to customers: create them, change fields, add and remove phone numbers. Keys, search columns
and events are kept up to date.

Call these functions inside a transaction. ``by_id`` is the id of the user.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from django.db import IntegrityError, transaction

from common.forms.seen import changes as changes_by_field
from customers import events, search
from customers.matching import (
    ContactDetails,
    email_key,
    guest_keys,
    said_of_empty,
)
from customers.models import (
    EMAIL,
    Customer,
    CustomerEvent,
    CustomerEventKind,
    CustomerKey,
    RemovedKey,
)
from customers.phones import (
    NO_PHONE,
    Reading,
    numbers_in,
    phone_key,
    read_phone,
    typed_by_number,
)

PHONE_FIELDS = ["phone", "phone_typed"]
FIELDS = ["first_name", "last_name", "company", "email", "address", "language"]
"""What is edited as text; phone numbers have functions of their own."""
NAMED_BY = ["first_name", "last_name", "company", "phone", "email"]
"""One of these is needed to recognise a customer by."""


class PhoneInUseError(Exception):
    """The number names another customer."""

    def __init__(self, owner: Customer) -> None:
        self.owner = owner
        super().__init__(f"customer {owner.pk}")


class UnidentifyingPhoneError(Exception):
    """The number identifies nobody (not valid, or with an extension), and there is another one already."""


class NamelessError(Exception):
    """Neither name nor company, phone number or e-mail address would be left."""


def lock_customer(customer_id: int) -> Customer:
    """The customer, locked until the transaction ends, so that no merge and no erasure comes in between.

    A merged customer stands for the one it was merged into. Raises Customer.DoesNotExist.
    """
    customer = Customer.objects.select_for_update().get(pk=customer_id)
    if customer.merged_into_id:
        return lock_customer(customer.merged_into_id)
    return customer


def create_customer(
    values: Mapping[str, str],
    phone: Reading = NO_PHONE,
    *,
    by_id: int | None,
    now: datetime,
) -> Customer:
    """Create a customer with these FIELDS and this number.

    Raises PhoneInUseError.
    """
    customer = Customer(
        **{name: values.get(name, "") for name in FIELDS},
        phone=phone.phone,
        phone_typed=phone.original,
        created_at=now,
    )
    search.index(customer, {})
    with transaction.atomic():
        customer.save()
        if phone.number:
            _add_key(customer, phone)
        else:
            _add_guest_keys(customer)
    events.record_event(customer, CustomerEventKind.CREATED, by_id=by_id, now=now)
    return customer


def change_customer(
    customer: Customer,
    values: Mapping[str, str],
    *,
    seen: Mapping[str, str] | None = None,
    by_id: int | None,
    now: datetime,
) -> bool:
    """Set those of the FIELDS that are in ``values`` of a locked customer; returns whether anything changed.

    ``seen`` is what the page showed of them. Raises FieldConflictError for what somebody else has changed
    since, and NamelessError if nothing would be left to recognise the customer by.
    """
    present = shown_values(customer)
    wanted = {name: values[name] for name in FIELDS if name in values}
    changes = changes_by_field(wanted, present, seen or {})
    if not changes:
        return False
    if seen is not None and not _is_known(customer, present | wanted):
        raise NamelessError
    for name, (_old, new) in changes.items():
        setattr(customer, name, new)
    if "email" in changes:
        _replace_guest_key(customer, changes["email"][0])
    save(customer, [*changes])
    events.record_changes(customer, changes, by_id=by_id, now=now)
    return True


def complete_customer(
    customer: Customer,
    contact: ContactDetails,
    *,
    by_id: int | None,
    now: datetime,
) -> None:
    """Fill what is empty of a locked customer with what a person typed of them (C3), and add the number. One
    that is another's, or identifies nobody beside the main number, is left out."""
    change_customer(customer, said_of_empty(customer, contact), by_id=by_id, now=now)
    phone = read_phone(contact.phone, contact.country)
    if phone:
        with suppress(PhoneInUseError, UnidentifyingPhoneError):
            add_phone(customer, phone, by_id=by_id, now=now)


def shown_values(customer: Customer) -> dict[str, str]:
    """The FIELDS as people edit them."""
    return {name: getattr(customer, name) for name in FIELDS}


def _is_known(customer: Customer, values: Mapping[str, str]) -> bool:
    known = {**values, "phone": customer.phone}
    return any(known[name] for name in NAMED_BY)


def add_phone(
    customer: Customer, phone: Reading, *, by_id: int | None, now: datetime
) -> None:
    """Give a locked customer another number; the first one becomes the main number.

    Raises PhoneInUseError, and UnidentifyingPhoneError for a number that identifies nobody beside another
    one: only the main number is kept without naming the customer.
    """
    if phone_key(phone.phone) in keys_of_customer(customer):
        return
    if phone.number:
        _add_key(customer, phone)
    elif customer.phone:
        raise UnidentifyingPhoneError
    RemovedKey.objects.filter(customer=customer, key=phone_key(phone.phone)).delete()
    if not customer.phone:
        customer.phone, customer.phone_typed = phone.phone, phone.original
    save(customer, PHONE_FIELDS)
    event = events.phone_added_event(customer, phone.phone, by_id=by_id, now=now)
    events.record_events([event])


def remove_phone(
    customer: Customer, phone: str, *, by_id: int | None, now: datetime
) -> CustomerEvent | None:
    """Remove a number from a locked customer: it no longer names them, and no import brings it back.

    Returns what ``restore_phone`` needs; None if it was none of theirs.
    """
    key = phone_key(phone)
    typed = typed_phones(customer).get(phone, "")
    removed_keys, _by_model = CustomerKey.objects.filter(
        customer=customer, key=key
    ).delete()
    was_main = customer.phone == phone
    if not removed_keys and not was_main:
        return None
    if was_main:
        typed = customer.phone_typed or typed
    RemovedKey.objects.bulk_create(
        [RemovedKey(customer=customer, key=key)], ignore_conflicts=True
    )
    if was_main:
        others = typed_phones(customer)
        customer.phone, customer.phone_typed = next(iter(others.items()), ("", ""))
    save(customer, PHONE_FIELDS)
    return events.record_event(
        customer,
        CustomerEventKind.PHONE_REMOVED,
        by_id=by_id,
        now=now,
        old=phone,
        record={"typed": typed, "was_main": was_main},
    )


def restore_phone(
    customer: Customer, event_id: int, *, by_id: int | None, now: datetime
) -> bool:
    """Give a locked customer back the number whose removal is this event, as the main one if it was that;
    whether it was theirs to come back.

    Raises PhoneInUseError, and UnidentifyingPhoneError as ``add_phone`` does.
    """
    removals = customer.events.filter(kind=CustomerEventKind.PHONE_REMOVED)
    removal = removals.filter(pk=event_id).first()
    if removal is None or removal.record is None or removal.old == customer.phone:
        return False
    phone = read_phone(removal.old, "")._replace(
        typed=removal.record["typed"] or removal.old
    )
    if phone.number or not removal.record["was_main"]:
        add_phone(customer, phone, by_id=by_id, now=now)
        if removal.record["was_main"]:
            set_main_phone(customer, phone.phone, by_id=by_id, now=now)
        return True
    # It names nobody, so it can only be the main number, which it was.
    customer.phone, customer.phone_typed = phone.phone, phone.original
    RemovedKey.objects.filter(customer=customer, key=phone_key(phone.phone)).delete()
    save(customer, PHONE_FIELDS)
    event = events.phone_added_event(customer, phone.phone, by_id=by_id, now=now)
    events.record_events([event])
    return True


def set_main_phone(
    customer: Customer, phone: str, *, by_id: int | None, now: datetime
) -> None:
    """Make one of a locked customer's numbers the main one; any other text changes nothing."""
    phones = typed_phones(customer)
    if phone == customer.phone or phone not in phones:
        return
    change = {"phone": (customer.phone, phone)}
    events.record_changes(customer, change, by_id=by_id, now=now)
    customer.phone, customer.phone_typed = phone, phones[phone]
    save(customer, PHONE_FIELDS)


def phones_naming(customer: Customer) -> list[str]:
    """The numbers (E.164) that name this customer, in a fixed order."""
    return numbers_in(keys_of_customer(customer))


def typed_phones(customer: Customer) -> dict[str, str]:
    """The same, each with what was typed where it was typed otherwise."""
    rows = CustomerKey.objects.filter(customer=customer).order_by("id")
    return typed_by_number(rows.values_list("key", "typed"))


def keys_of_customer(customer: Customer) -> list[str]:
    """Every key of the customer, in a fixed order."""
    rows = CustomerKey.objects.filter(customer=customer).order_by("id")
    return list(rows.values_list("key", flat=True))


def save(customer: Customer, fields: list[str]) -> None:
    """Store these fields and the search columns."""
    search.index(customer, typed_phones(customer))
    customer.save(update_fields=[*fields, *search.COLUMNS])


def _add_key(customer: Customer, phone: Reading) -> None:
    """The unique constraint decides whose number it is."""
    key = phone_key(phone.number)
    try:
        with transaction.atomic():
            CustomerKey.objects.create(key=key, customer=customer, typed=phone.original)
    except IntegrityError:
        used = CustomerKey.objects.select_related("customer").filter(key=key).first()
        if used is None:
            raise
        raise PhoneInUseError(used.customer) from None


def _add_guest_keys(customer: Customer) -> None:
    """Have the e-mail address name the customer of whom a store could know nothing else, unless it names
    another one already."""
    CustomerKey.objects.bulk_create(
        [CustomerKey(key=key, customer=customer) for key in guest_keys(customer.email)],
        ignore_conflicts=True,
    )


def _replace_guest_key(customer: Customer, former: str) -> None:
    """The former address no longer names the customer; the present one does where nothing else does."""
    CustomerKey.objects.filter(customer=customer, key=email_key(former)).delete()
    if all(key.startswith(EMAIL) for key in keys_of_customer(customer)):
        _add_guest_keys(customer)
