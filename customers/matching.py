"""Which of our customers a store's contact data names."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from msgspec import Struct

from common.bulk_sql import any_of, insert, take_ids
from common.text import fold
from customers import events, search
from customers.models import (
    COMPANY,
    EMAIL,
    Customer,
    CustomerEvent,
    CustomerKey,
    CustomerQuerySet,
    RemovedKey,
)
from customers.phones import (
    Reading,
    normalise_phone,
    numbers_in,
    phone_key,
    read_phone,
    typed_by_number,
)

COLUMNS = [field.attname for field in Customer._meta.concrete_fields]
FILLED = [
    "first_name",
    "last_name",
    "company",
    "phone",
    "phone_typed",
    "email",
    "address",
    "language",
]
UNTOLD = {"phone", "phone_typed", "language"}
"""Fields of which no change is recorded when an order brings it: numbers have events of their own, and the
language only says how to print."""
EMAIL_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
MAX_KEY_LENGTH = 255


class ContactDetails(Struct, frozen=True):
    """Contact data as a store states it; an empty text means: not stated.

    ``key`` names the customer at the store, unique over all stores and platforms: a person
    (``"acme:3:6940095564"``), or the company that ordered without one (``company_key``). It is empty for a
    guest. ``phone`` is as written; ``country`` (ISO 3166 alpha-2) is where to read it without a prefix.
    ``address`` is postal lines separated by newlines; ``language`` is an ISO 639 code.
    """

    key: str = ""
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    country: str = ""
    language: str = ""

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


def company_key(store: str, company_id: str) -> str:
    """The key of a company at the store whose ids are prefixed with ``store`` (``"acme:3"``)."""
    return f"{store}{COMPANY}{company_id}"


def email_key(email: str) -> str:
    """The key of a guest's e-mail address."""
    return f"{EMAIL}{email.strip().casefold()}"


def keys_of(contact: ContactDetails) -> list[str]:
    """What names this contact's customer, the strongest first: its id at the store, its phone number, and
    for a guest without one the e-mail address (C2)."""
    phone = normalise_phone(contact.phone, contact.country) if contact.phone else ""
    keys = [key for key in [contact.key, phone_key(phone) if phone else ""] if key]
    return keys or guest_keys(contact.email)


def is_known_by_phone(contact: ContactDetails) -> bool:
    """Whether the contact's number names one of our customers."""
    number = normalise_phone(contact.phone, contact.country) if contact.phone else ""
    keys = CustomerKey.objects.filter(key=phone_key(number))
    return bool(number) and keys.exists()


def guest_keys(email: str) -> list[str]:
    """What names a guest of whom nothing else is known than this address; nothing if it is none."""
    key = email_key(email)
    is_address = EMAIL_ADDRESS.fullmatch(email.strip()) and len(key) <= MAX_KEY_LENGTH
    return [key] if is_address else []


def named_by_contact(contact: ContactDetails) -> CustomerQuerySet:
    """Customers with this phone number or e-mail address: perhaps the person, perhaps their family."""
    number = normalise_phone(contact.phone, contact.country) if contact.phone else ""
    email = contact.email.strip()
    keys = CustomerKey.objects.filter(key=phone_key(number)) if number else None
    same = search.holding_email(email) & Q(email__iexact=email)
    others = Customer.objects.filter(same) if email else Customer.objects.none()
    # Joined by OR, neither would be looked up in an index.
    found: QuerySet[Any, Any] = others.values("pk")
    if keys is not None:
        found = keys.values("customer").union(found)
    return Customer.objects.living().filter(pk__in=found)


def buyer_name(contact: ContactDetails, customer: Customer | None) -> str:
    """The name in ``contact`` where ``customer`` has another one: families share a phone. Else empty."""
    name = f"{contact.first_name} {contact.last_name}".strip() or contact.company
    known = [customer.name, customer.company] if customer else []
    if name in known or (customer and customer.erased_at):
        return ""
    if fold(name) in map(fold, known):
        return ""
    return name[:255]


def said_of_empty(customer: Customer, contact: ContactDetails) -> dict[str, str]:
    """What the contact says where the customer's fields are empty."""
    names = ["company", "email", "address", "language"]
    # A name is one thing: a first name is not put before another person's last name.
    if not (customer.first_name or customer.last_name):
        names = ["first_name", "last_name", *names]
    return {
        name: value
        for name in names
        if not getattr(customer, name) and (value := getattr(contact, name))
    }


class Match(NamedTuple):
    customers: list[Customer | None]
    """One for each contact, in order; None for an empty contact."""
    completed: list[Customer]
    """Known customers that were completed: denormalised copies of their fields need an update."""


def customers_for(contacts: Sequence[ContactDetails], *, now: datetime) -> Match:
    """Our customer for each contact: found by id at the store, else by phone or as a guest by e-mail, else
    created.

    Empty fields of a customer that was found are filled, filled ones are left alone (C3). The number of
    queries does not depend on the number of contacts. Call it inside a transaction that holds the import
    lock.
    """
    keys = {contact: keys_of(contact) for contact in contacts}
    all_keys = set(chain.from_iterable(keys.values()))
    known = _customers_by_key(all_keys)
    directory = _Directory(known, now)
    directory.note_companies(_company_keys(known, all_keys))
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
    by_id = {customer.id: customer for customer in customers}
    return {key: by_id[customer_id] for key, customer_id in ids.items()}


def _company_keys(known: dict[str, Customer], keys: set[str]) -> list[tuple[str, int]]:
    """The keys of companies that these customers have, with the customers' ids; none where ``keys`` ask for
    no company."""
    ids = {customer.id for customer in known.values()}
    if not ids or not any(COMPANY in key for key in keys):
        return []
    rows = CustomerKey.objects.filter(any_of("customer_id", ids), key__contains=COMPANY)
    return list(rows.values_list("key", "customer_id"))


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
        self.companies: dict[int, set[str]] = defaultdict(set)
        """The keys of companies that a customer has, by the id of the object."""
        self.removed = _removed_keys({customer.id for customer in known.values()})
        self.new: list[Customer] = []
        self.new_keys: dict[str, Customer] = {}
        self.typed: dict[str, str] = {}
        """The numbers among the new keys as they were typed, by key."""
        self.completed: dict[int, Customer] = {}
        self.events: list[CustomerEvent] = []
        self.now = now

    def note_companies(self, keys: Iterable[tuple[str, int]]) -> None:
        """Which companies the known customers are: keys, with the customers' ids."""
        by_id = {customer.id: customer for customer in self.by_key.values()}
        for key, customer_id in keys:
            self.companies[id(by_id[customer_id])].add(key)

    def customer(self, contact: ContactDetails, keys: list[str]) -> Customer:
        customer = self._known(contact, keys)
        if customer is None:
            customer = Customer(created_at=self.now)
            self.new.append(customer)
        reading = read_phone(contact.phone, contact.country)
        self._complete(customer, contact, reading)
        for key in keys:
            if key not in self.by_key and (customer.id, key) not in self.removed:
                self._add_key(customer, key, reading)
        return customer

    def _known(self, contact: ContactDetails, keys: list[str]) -> Customer | None:
        for key in keys:
            customer = self.by_key.get(key)
            if customer and not self._is_another_company(customer, contact.key):
                return customer
        return None

    def _is_another_company(self, customer: Customer, key: str) -> bool:
        """Whether the customer is a company of the store where ``key`` names another one: companies share
        phone numbers."""
        store, company, _id = key.partition(COMPANY)
        ours = self.companies[id(customer)] if company else set()
        return key not in ours and any(
            each.startswith(store + company) for each in ours
        )

    def _complete(
        self, customer: Customer, contact: ContactDetails, phone: Reading
    ) -> None:
        said = said_of_empty(customer, contact) | self._phone(customer, phone)
        for name, value in said.items():
            setattr(customer, name, value)
        if not said or not customer.id:
            return
        self.completed[customer.id] = customer
        self.events += [
            events.change_event(customer, name, "", value, by_id=None, now=self.now)
            for name, value in said.items()
            if name not in UNTOLD
        ]

    def _phone(self, customer: Customer, phone: Reading) -> dict[str, str]:
        if not phone:
            return {}
        if customer.phone:
            is_same = customer.phone == phone.number and not customer.phone_typed
            return {"phone_typed": phone.original} if is_same and phone.original else {}
        if (customer.id, phone_key(phone.phone)) in self.removed:
            return {}
        return {"phone": phone.phone, "phone_typed": phone.original}

    def _add_key(self, customer: Customer, key: str, phone: Reading) -> None:
        self.by_key[key] = customer
        self.new_keys[key] = customer
        if COMPANY in key:
            self.companies[id(customer)].add(key)
        if key == phone_key(phone.number):
            self.typed[key] = phone.original
        if not customer.id:
            return
        for number in numbers_in([key]):
            self.completed[customer.id] = customer
            event = events.phone_added_event(customer, number, by_id=None, now=self.now)
            self.events.append(event)

    def save(self) -> None:
        self._index()
        if self.new:
            self._insert_customers()
        if self.new_keys:
            rows = [
                (key, self.new_keys[key].pk, self.typed.get(key, ""))
                for key in sorted(self.new_keys)
            ]
            insert(CustomerKey, ["key", "customer_id", "typed"], rows)
        if self.completed:
            Customer.objects.bulk_update(
                self.completed.values(), [*FILLED, *search.COLUMNS]
            )
        events.record_events(self.events)

    def _insert_customers(self) -> None:
        ids = take_ids(Customer, len(self.new))
        for customer, customer_id in zip(self.new, ids, strict=True):
            customer.id = customer_id
        insert(Customer, COLUMNS, map(attrgetter(*COLUMNS), self.new))

    def _index(self) -> None:
        """Set the search columns of new and completed customers."""
        keys = self._stored_keys()
        for key, customer in self.new_keys.items():
            keys[id(customer)].append((key, self.typed.get(key, "")))
        for customer in [*self.new, *self.completed.values()]:
            phones = typed_by_number(sorted(keys[id(customer)]))
            search.index(customer, phones)

    def _stored_keys(self) -> dict[int, list[tuple[str, str]]]:
        """The keys that completed customers have in the database, each with what was typed, by the id of the
        object."""
        keys: dict[int, list[tuple[str, str]]] = defaultdict(list)
        if self.completed:
            rows = CustomerKey.objects.filter(any_of("customer_id", self.completed))
            for customer_id, *key in rows.values_list("customer_id", "key", "typed"):
                keys[id(self.completed[customer_id])].append((key[0], key[1]))
        return keys
