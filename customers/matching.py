"""Which of our customers a store's contact data names."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import chain
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
    """Contact data as a store states it; an empty text means: not stated.

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
        return not (
            self.first_name
            or self.last_name
            or self.company
            or self.phone
            or self.email
        )


def keys_of(contact: ContactDetails) -> list[str]:
    """What names this contact's customer, the strongest first: its id at the store, then its phone number."""
    phone = normalise_phone(contact.phone, contact.country) if contact.phone else ""
    return [key for key in [contact.key, phone_key(phone) if phone else ""] if key]


class Match(NamedTuple):
    customers: list[Customer | None]
    """One for each contact, in order; None for an empty contact."""
    completed: list[Customer]
    """Known customers that were completed: denormalised copies of their fields need an update."""


def customers_for(contacts: Sequence[ContactDetails], *, now: datetime) -> Match:
    """Our customer for each contact: found by id at the store, else by phone, else created.

    Empty fields of a customer that was found are filled, filled ones are left alone (C3). The number of
    queries does not depend on the number of contacts. Call it inside a transaction that holds the import
    lock.
    """
    keys = {contact: keys_of(contact) for contact in contacts}
    all_keys = set(chain.from_iterable(keys.values()))
    directory = _Directory(_customers_by_key(all_keys), now)
    customers = [
        None if contact.is_empty else directory.customer(contact, keys[contact])
        for contact in contacts
    ]
    directory.save()
    return Match(customers, list(directory.completed.values()))


def _customers_by_key(keys: set[str]) -> dict[str, Customer]:
    if not keys:
        return {}
    rows = CustomerKey.objects.filter(any_of("key", keys))
    ids = dict(rows.values_list("key", "customer_id"))
    if not ids:
        return {}
    customers = Customer.objects.filter(any_of("pk", set(ids.values())))
    by_id = {customer.pk: customer for customer in customers}
    return {key: by_id[customer_id] for key, customer_id in ids.items()}


def _removed_keys(customer_ids: set[int]) -> set[tuple[int, str]]:
    """Which keys staff removed from these customers."""
    if not customer_ids:
        return set()
    rows = RemovedKey.objects.filter(any_of("customer_id", customer_ids))
    return set(rows.values_list("customer_id", "key"))


class _Directory:
    """The customers of one page of orders: known ones, new ones, and what the page adds to them."""

    def __init__(self, known: dict[str, Customer], now: datetime) -> None:
        # Several keys name one object: what one contact fills in, the next one sees.
        self.by_key = known
        self.removed = _removed_keys({customer.pk for customer in known.values()})
        self.new: list[Customer] = []
        self.new_keys: dict[str, Customer] = {}
        self.completed: dict[int, Customer] = {}
        self.events: list[CustomerEvent] = []
        self.now = now

    def customer(self, contact: ContactDetails, keys: list[str]) -> Customer:
        customer = self._known(keys)
        if customer is None:
            customer = Customer(created_at=self.now)
            self.new.append(customer)
        self._complete(customer, contact)
        for key in keys:
            if key not in self.by_key and (customer.pk, key) not in self.removed:
                self._add_key(customer, key)
        return customer

    def _known(self, keys: list[str]) -> Customer | None:
        for key in keys:
            if key in self.by_key:
                return self.by_key[key]
        return None

    def _complete(self, customer: Customer, contact: ContactDetails) -> None:
        before = {name: getattr(customer, name) for name in FILLED}
        self._fill(customer, contact)
        changes = {
            name: (old, getattr(customer, name))
            for name, old in before.items()
            if old != getattr(customer, name)
        }
        if not changes or not customer.pk:
            return
        self.completed[customer.pk] = customer
        changes.pop("phone", None)
        self.events += [
            events.change_event(customer, name, old, new, by_id=None, now=self.now)
            for name, (old, new) in changes.items()
        ]

    def _fill(self, customer: Customer, contact: ContactDetails) -> None:
        # A name is one thing: a first name is not put before another person's last name.
        if not (customer.first_name or customer.last_name):
            customer.first_name = contact.first_name
            customer.last_name = contact.last_name
        phone = (normalise_phone(contact.phone, contact.country) or contact.phone)[:64]
        if not customer.phone and (customer.pk, phone_key(phone)) not in self.removed:
            customer.phone = phone
        for name in ["company", "email", "address"]:
            if not getattr(customer, name):
                setattr(customer, name, getattr(contact, name))

    def _add_key(self, customer: Customer, key: str) -> None:
        self.by_key[key] = customer
        self.new_keys[key] = customer
        if not customer.pk:
            return
        for phone in numbers_in([key]):
            self.completed[customer.pk] = customer
            event = events.phone_added_event(customer, phone, by_id=None, now=self.now)
            self.events.append(event)

    def save(self) -> None:
        self._index()
        if self.new:
            self._insert_customers()
        if self.new_keys:
            rows = [(key, self.new_keys[key].pk) for key in sorted(self.new_keys)]
            insert(CustomerKey, ["key", "customer_id"], rows)
        if self.completed:
            Customer.objects.bulk_update(
                self.completed.values(), [*FILLED, *search.COLUMNS]
            )
        events.record_events(self.events)

    def _insert_customers(self) -> None:
        ids = take_ids(Customer, len(self.new))
        for customer, customer_id in zip(self.new, ids, strict=True):
            customer.pk = customer_id
        insert(Customer, COLUMNS, map(attrgetter(*COLUMNS), self.new))

    def _index(self) -> None:
        """Set the search columns of new and completed customers."""
        keys = self._stored_keys()
        for key, customer in self.new_keys.items():
            keys[id(customer)].append(key)
        for customer in [*self.new, *self.completed.values()]:
            phones = numbers_in(keys[id(customer)])
            search.index(customer, sorted(phones))

    def _stored_keys(self) -> dict[int, list[str]]:
        """The keys that completed customers have in the database, by the id of the object."""
        keys: dict[int, list[str]] = defaultdict(list)
        if self.completed:
            rows = CustomerKey.objects.filter(any_of("customer_id", self.completed))
            for customer_id, key in rows.values_list("customer_id", "key"):
                keys[id(self.completed[customer_id])].append(key)
        return keys
