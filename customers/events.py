"""The events of a customer: the only writer of CustomerEvent. customers.timeline shows them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from customers.models import Customer, CustomerEvent, CustomerEventKind


def record_event(
    customer: Customer,
    kind: CustomerEventKind,
    *,
    by_id: int | None,
    now: datetime,
    old: str = "",
    other: Customer | None = None,
    record: Mapping[str, object] | None = None,
) -> CustomerEvent:
    """Store an event; ``by_id`` is the user who caused it, None for a store's order."""
    return CustomerEvent.objects.create(
        customer=customer,
        kind=kind,
        at=now,
        by_id=by_id,
        old=old,
        other=other,
        record=record,
    )


def record_changes(
    customer: Customer,
    changes: Mapping[str, tuple[str, str]],
    *,
    by_id: int | None,
    now: datetime,
) -> None:
    """Store one event for each changed field, with its old and new value."""
    events = [
        change_event(customer, field, old, new, by_id=by_id, now=now)
        for field, (old, new) in changes.items()
    ]
    record_events(events)


def change_event(
    customer: Customer,
    field: str,
    old: str,
    new: str,
    *,
    by_id: int | None,
    now: datetime,
) -> CustomerEvent:
    """An event for ``record_events``, not stored yet."""
    return CustomerEvent(
        customer=customer,
        kind=CustomerEventKind.CHANGED,
        at=now,
        by_id=by_id,
        field=field,
        old=old,
        new=new,
    )


def phone_added_event(
    customer: Customer, phone: str, *, by_id: int | None, now: datetime
) -> CustomerEvent:
    """An event for ``record_events``, not stored yet."""
    return CustomerEvent(
        customer=customer,
        kind=CustomerEventKind.PHONE_ADDED,
        at=now,
        by_id=by_id,
        new=phone,
    )


def record_events(events: Sequence[CustomerEvent]) -> None:
    if events:
        CustomerEvent.objects.bulk_create(events)
