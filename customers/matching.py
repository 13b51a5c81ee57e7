"""Who a store says the customer is, and which of our customers that is."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from msgspec import Struct

from common.bulk_sql import any_of, insert, take_ids
from customers import events, search
from customers.models import Customer, CustomerEvent, CustomerKey, RemovedKey
from customers.phones import normalise_phone, numbers_in, phone_key

COLUMNS = [field.attname for field in Customer._meta.concrete_fields]
FILLED = ["first_name", "last_name", "company", "phone", "email", "address"]


class ContactDetails(Struct, frozen=True):
    """Contact data as a store tells it; an empty text means: not said.

    ``key`` names the customer at the store, unique over all stores and platforms
    (``"acme:3:6940095564"``), or is empty for a guest. ``phone`` is as written; ``country`` (ISO 3166
    alpha-2) is where to read it without a prefix. ``address`` is postal lines separated by newlines.
    """

    key: str = ""
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    country: str = ""

    @property
    def is_empty(self) -> bool:
        """Nothing a person could be recognised by: the store keeps its customers' data to itself."""
        return not (self.first_name or self.last_name or self.company or self.phone or self.email)


def keys_of(contact: ContactDetails) -> list[str]:
    """What names this contact's customer, the strongest first: its id at the store, then its phone number."""
    phone = normalise_phone(contact.phone, contact.country) if contact.phone else ""
    return [key for key in [contact.key, phone_key(phone) if phone else ""] if key]


class Found(NamedTuple):
    customers: list[Customer | None]
    """One for each contact, in order; None for an empty contact."""
    completed: list[Customer]
    """Those who were known before and of whom something was learned: what else repeats it is to be told."""


def customers_for(contacts: Sequence[ContactDetails], *, now: datetime) -> Found:
    """Our customer for each contact: found by id at the store, else by phone, else made.

    Empty fields of a customer that was found are filled, filled ones are left alone (C3). The number of
    queries does not depend on the number of contacts. Call it inside a transaction that holds the import
    lock.
    """
    keys = {contact: keys_of(contact) for contact in contacts}
    known = _known_by({key for each in keys.values() for key in each})
    directory = _Directory(known, now)
    found = [None if contact.is_empty else directory.customer(contact, keys[contact]) for contact in contacts]
    directory.save()
    return Found(found, list(directory.filled.values()))


def _known_by(keys: set[str]) -> dict[str, Customer]:
    ids = (
        dict(CustomerKey.objects.filter(any_of("key", keys)).values_list("key", "customer_id"))
        if keys
        else {}
    )
    customers = (
        {customer.pk: customer for customer in Customer.objects.filter(any_of("pk", set(ids.values())))}
        if ids
        else {}
    )
    return {key: customers[pk] for key, pk in ids.items()}


def _removed_from(customers: set[int]) -> set[tuple[int, str]]:
    """Which numbers staff took away from these customers."""
    if not customers:
        return set()
    return set(RemovedKey.objects.filter(any_of("customer_id", customers)).values_list("customer_id", "key"))


class _Directory:
    """The customers of one page: what is known, what is new, and what has been learned of them."""

    def __init__(self, known: dict[str, Customer], now: datetime) -> None:
        # Several keys name one object: what one contact fills in, the next one sees.
        self.by_key = known
        self.removed = _removed_from({customer.pk for customer in known.values()})
        self.made: list[Customer] = []
        self.learned: dict[str, Customer] = {}
        self.filled: dict[int, Customer] = {}
        self.events: list[CustomerEvent] = []
        self.now = now

    def customer(self, contact: ContactDetails, keys: list[str]) -> Customer:
        customer = next((self.by_key[key] for key in keys if key in self.by_key), None)
        if customer is None:
            customer = Customer(created_at=self.now)
            self.made.append(customer)
        self._fill(customer, contact)
        for key in keys:
            if key not in self.by_key and (customer.pk, key) not in self.removed:
                self.by_key[key] = self.learned[key] = customer
                self._tell_learned(customer, key)
        return customer

    def _fill(self, customer: Customer, contact: ContactDetails) -> None:
        before = {name: getattr(customer, name) for name in FILLED}
        # A name is one thing: a first name is not put before another person's last name.
        if not (customer.first_name or customer.last_name):
            customer.first_name, customer.last_name = contact.first_name, contact.last_name
        phone = (normalise_phone(contact.phone, contact.country) or contact.phone)[:64]
        if not customer.phone and (customer.pk, phone_key(phone)) not in self.removed:
            customer.phone = phone
        for name in ["company", "email", "address"]:
            if not getattr(customer, name):
                setattr(customer, name, getattr(contact, name))
        changes = {
            name: (old, getattr(customer, name))
            for name, old in before.items()
            if old != getattr(customer, name)
        }
        if changes and customer.pk:
            self.filled[customer.pk] = customer
            self.events += [
                events.changed(customer, name, old, new, by=None, now=self.now)
                for name, (old, new) in changes.items()
                if name != "phone"
            ]

    def _tell_learned(self, customer: Customer, key: str) -> None:
        for phone in numbers_in([key]):
            if customer.pk:
                self.filled[customer.pk] = customer
                self.events.append(events.phone_added(customer, phone, by=None, now=self.now))

    def save(self) -> None:
        self._index()
        if self.made:
            for customer, pk in zip(self.made, take_ids(Customer, len(self.made)), strict=True):
                customer.pk = pk
            insert(Customer, COLUMNS, map(attrgetter(*COLUMNS), self.made))
        if self.learned:
            insert(
                CustomerKey,
                ["key", "customer_id"],
                [(key, self.learned[key].pk) for key in sorted(self.learned)],
            )
        if self.filled:
            Customer.objects.bulk_update(self.filled.values(), [*FILLED, *search.COLUMNS])
        events.tell_many(self.events)

    def _index(self) -> None:
        """What the customers are found by, new and completed ones alike."""
        keys: dict[int, list[str]] = {}
        for customer_id, key in (
            CustomerKey.objects.filter(any_of("customer_id", self.filled)).values_list("customer_id", "key")
            if self.filled
            else []
        ):
            keys.setdefault(id(self.filled[customer_id]), []).append(key)
        for key, customer in self.learned.items():
            keys.setdefault(id(customer), []).append(key)
        for customer in [*self.made, *self.filled.values()]:
            search.index(customer, sorted(numbers_in(keys.get(id(customer), []))))
