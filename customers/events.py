"""The customer's feed: the only writer of CustomerEvent."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from customers.models import Customer, CustomerEvent, CustomerEventKind


def tell(
    customer: Customer | int,
    kind: CustomerEventKind,
    *,
    by: int | None,
    now: datetime,
    field: str = "",
    old: str = "",
    new: str = "",
    other: Customer | None = None,
    record: Mapping[str, Any] | None = None,
) -> CustomerEvent:
    """A line for the feed of one customer; ``by`` is the id of who did it, None for a store's order."""
    pk = customer if isinstance(customer, int) else customer.pk
    return CustomerEvent.objects.create(
        customer_id=pk, kind=kind, at=now, by_id=by, field=field, old=old, new=new, other=other, record=record
    )


def tell_changes(
    customer: Customer, changes: Mapping[str, tuple[str, str]], *, by: int | None, now: datetime
) -> None:
    """One line for each changed field, old -> new."""
    tell_many([changed(customer, field, old, new, by=by, now=now) for field, (old, new) in changes.items()])


def changed(
    customer: Customer, field: str, old: str, new: str, *, by: int | None, now: datetime
) -> CustomerEvent:
    """A line for ``tell_many``; it is not stored yet."""
    return CustomerEvent(
        customer=customer, kind=CustomerEventKind.CHANGED, at=now, by_id=by, field=field, old=old, new=new
    )


def phone_added(customer: Customer, phone: str, *, by: int | None, now: datetime) -> CustomerEvent:
    """A line for ``tell_many``; it is not stored yet."""
    return CustomerEvent(customer=customer, kind=CustomerEventKind.PHONE_ADDED, at=now, by_id=by, new=phone)


def tell_many(events: Sequence[CustomerEvent]) -> None:
    if events:
        CustomerEvent.objects.bulk_create(events)
