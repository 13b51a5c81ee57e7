"""Customers whose orders came together through a phone number that may identify nobody: who they may be, and
what a person does about it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Max
from django.utils.translation import gettext_noop

from customers import events
from customers.models import (
    COMPANY,
    EMAIL,
    PHONE,
    Customer,
    CustomerEventKind,
    CustomerKey,
    DoubtfulMatch,
)
from orders.customer_data.merging import undo
from orders.domain.editing import ActionRefusedError
from orders.domain.locking import lock_imports
from orders.domain.refresh_claim import claim_refresh
from orders.models import Order

SEPARATED = gettext_noop(
    "This was separated or merged meanwhile, or it is the customer's only one. Nothing was changed."
)
UNREAD = 0
"""A fingerprint that no snapshot has: the store's next word about the order is read anew."""
MAX_NAMES = 5


@dataclass(slots=True)
class Account:
    """Orders of one account at a store, or with an empty ``key`` those of guests. ``names`` are those in the
    delivery addresses, some of them."""

    key: str
    number: int
    last: datetime
    names: list[str] = field(default_factory=list)

    @property
    def is_company(self) -> bool:
        return COMPANY in self.key


@dataclass(frozen=True, slots=True)
class Suspect:
    """A customer to look through: the doubtful numbers, and whose orders came together."""

    customer: Customer
    matches: list[DoubtfulMatch]
    accounts: list[Account]

    @property
    def can_be_separated(self) -> bool:
        return len(self.accounts) > 1


def suspects(after: int, number: int) -> list[Suspect]:
    """So many customers to look through, from behind this id on. Three queries and one for the names."""
    waiting = DoubtfulMatch.objects.waiting()
    behind = waiting.filter(customer__gt=after).order_by("customer")
    ids = list(behind.values_list("customer", flat=True).distinct()[:number])
    matches = waiting.filter(customer__in=ids)
    by_customer: dict[Customer, list[DoubtfulMatch]] = {}
    for match in matches.select_related("customer").order_by("customer", "id"):
        by_customer.setdefault(match.customer, []).append(match)
    accounts = _accounts(ids)
    return [
        Suspect(customer, found, accounts.get(customer.pk, []))
        for customer, found in by_customer.items()
    ]


def _accounts(customer_ids: Sequence[int]) -> dict[int, list[Account]]:
    """Whose orders these customers have, by customer, the newest first."""
    orders = Order.objects.filter(customer__in=customer_ids, store__isnull=False)
    counted = orders.values_list("customer", "store_customer").annotate(
        number=Count("id"), last=Max("placed_at")
    )
    found = {
        (customer_id, key): Account(key, number, last)
        for customer_id, key, number, last in counted.order_by("-last")
    }
    addresses = orders.exclude(delivery_address="").order_by("-placed_at")
    rows = addresses.values_list("customer", "store_customer", "delivery_address")
    for customer_id, key, address in rows.distinct():
        names, name = found[customer_id, key].names, address.splitlines()[0]
        if name not in names and len(names) < MAX_NAMES:
            names.append(name)
    by_customer: dict[int, list[Account]] = {}
    for (customer_id, _key), account in found.items():
        by_customer.setdefault(customer_id, []).append(account)
    return by_customer


@transaction.atomic
def separate(
    customer_id: int, key: str, *, by_id: int | None, now: datetime
) -> Customer:
    """Make the account with this key a customer of its own, with its orders; as if a merge were undone.

    What its store says about it comes with the next update, which is asked for here. Raises
    ActionRefusedError.
    """
    lock_imports()
    kept = Customer.objects.select_for_update().filter(pk=customer_id).first()
    keys = CustomerKey.objects.filter(customer=customer_id)
    accounts = _accounts([customer_id]).get(customer_id, [])
    is_account = bool(key) and not key.startswith((PHONE, EMAIL))
    if (
        kept is None
        or not is_account
        or not keys.filter(key=key).exists()
        or len(accounts) < 2
    ):
        raise ActionRefusedError(SEPARATED)
    orders = list(
        Order.objects.filter(customer=kept, store_customer=key)
        .order_by("-placed_at")
        .values_list("pk", flat=True)
    )
    other = Customer.objects.create(created_at=now, merged_into=kept)
    merged = events.record_event(
        kept,
        CustomerEventKind.MERGED,
        by_id=by_id,
        now=now,
        other=other,
        record={
            "phone": kept.phone,
            "phone_typed": kept.phone_typed,
            "filled": {},
            "keys": [key],
            "removed": [],
            "orders": orders,
        },
    )
    back = undo(merged, by_id=by_id, now=now)
    # It was no person who merged them: that they are separate again is all there is to tell.
    merged.delete()
    Order.objects.filter(pk__in=orders[:1]).update(fingerprint=UNREAD)
    claim_refresh(orders[:1], by_id=by_id, now=now)
    return back


def look_through(customer_id: int, *, by_id: int | None, now: datetime) -> int:
    """A person has looked through this customer; returns how many doubtful numbers that were."""
    waiting = DoubtfulMatch.objects.filter(customer=customer_id, checked_at=None)
    return waiting.update(checked_at=now, checked_by_id=by_id)
