"""Merging two customers, and undoing that. Both hold the import lock, since keys decide which customer an
import finds."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop

from customers import editing, events
from customers.models import (
    Customer,
    CustomerEvent,
    CustomerEventKind,
    CustomerKey,
    RemovedKey,
)
from customers.phones import phone_key
from orders.domain.customer_fields import (
    move_orders,
    order_ids,
    update_denormalised_fields,
)
from orders.domain.editing import ActionRefusedError, refusals_in_words
from orders.domain.locking import lock_imports

SAME = gettext_noop("A customer cannot be merged with itself.")
NOT_THERE = gettext_noop(
    "One of the two was merged or erased meanwhile. Nothing was changed."
)
UNDONE = gettext_noop("This merge was undone already, or can no longer be undone.")
KEPT_WAS_MERGED = gettext_noop(
    "The customer was itself merged into another one since. Undo that merge first."
)
FILLED = ["company", "phone", "email", "address", "language"]
"""Fields that are filled one by one; first and last name are filled together."""


@refusals_in_words()
@transaction.atomic
def merge(keep: int, gone: int, *, by_id: int | None, now: datetime) -> CustomerEvent:
    """Merge the customer ``gone`` into ``keep`` (ids): orders and keys move, empty fields are filled.

    The row of ``gone`` stays as it was, marked as merged, and leaves lists and search. Returns the event of
    ``keep``, whose record ``undo`` needs. Raises ActionRefusedError.
    """
    kept, other = _lock(keep, gone)
    if keep == gone:
        raise ActionRefusedError(SAME)
    if (
        kept is None
        or other is None
        or any(each.merged_into_id or each.erased_at for each in [kept, other])
    ):
        raise ActionRefusedError(NOT_THERE)
    filled = filling(kept, other)
    record: dict[str, Any] = {
        "phone": kept.phone,
        "phone_typed": kept.phone_typed,
        "filled": filled,
    }
    keys = editing.keys_of_customer(other)
    CustomerKey.objects.filter(customer=other).update(customer=kept)
    removed = _take_removed(kept, other)
    other.merged_into = kept
    other.save(update_fields=["merged_into"])
    for name, value in filled.items():
        setattr(kept, name, value)
    editing.save(kept, [*filled])
    if filled:
        update_denormalised_fields([kept])
    moved = move_orders(order_ids(other), out_of=other, into=kept)
    record |= {
        "keys": keys,
        "removed": removed,
        "orders": moved,
        "left": left_out(kept, other, keys),
    }
    return events.record_event(
        kept, CustomerEventKind.MERGED, by_id=by_id, now=now, other=other, record=record
    )


@refusals_in_words()
@transaction.atomic
def undo(event: CustomerEvent, *, by_id: int | None, now: datetime) -> Customer:
    """Undo a merge: what it moved moves back, unless it has been given to another customer since.

    Later orders and keys stay, and so do fields that were changed later. Returns the customer who is back.
    Raises ActionRefusedError.
    """
    kept, other = _lock(event.customer_id, event.other_id)
    record = _take_record(event)
    if (
        kept is None
        or other is None
        or record is None
        or other.merged_into_id != kept.pk
    ):
        raise ActionRefusedError(UNDONE)
    if kept.merged_into_id:
        raise ActionRefusedError(KEPT_WAS_MERGED)
    CustomerKey.objects.filter(customer=kept, key__in=record["keys"]).update(
        customer=other
    )
    RemovedKey.objects.filter(customer=kept, key__in=record["removed"]).delete()
    other.merged_into = None
    editing.save(other, ["merged_into"])
    changed = _empty_again(kept, record)
    editing.save(kept, changed)
    move_orders(record["orders"], out_of=kept, into=other)
    if changed:
        update_denormalised_fields([kept])
    events.record_event(
        kept, CustomerEventKind.UNMERGED, by_id=by_id, now=now, other=other
    )
    events.record_event(
        other, CustomerEventKind.UNMERGED, by_id=by_id, now=now, other=kept
    )
    return other


def filling(kept: Customer, other: Customer) -> dict[str, str]:
    """The empty fields of ``kept`` that ``other`` can fill, with their values."""
    filled = {
        name: getattr(other, name)
        for name in FILLED
        if not getattr(kept, name) and getattr(other, name)
    }
    if "phone" in filled:
        filled["phone_typed"] = other.phone_typed
    if not (kept.first_name or kept.last_name) and (
        other.first_name or other.last_name
    ):
        filled |= {"first_name": other.first_name, "last_name": other.last_name}
    return filled


def left_out(kept: Customer, other: Customer, keys: list[str]) -> dict[str, str]:
    """What ``other`` says differently from ``kept``, after the filling; it stays on its own row, and in the
    feed."""
    names = ["first_name", "last_name", *FILLED]
    left = {
        name: getattr(other, name)
        for name in names
        if getattr(other, name) not in {"", getattr(kept, name)}
    }
    if phone_key(other.phone) in keys:
        left.pop("phone", None)
    return left


def _lock(*ids: int | None) -> list[Customer | None]:
    """The customers with these ids under our locks, in this order; None for one that is not there."""
    lock_imports()
    rows = {
        each.pk: each
        for each in Customer.objects.select_for_update()
        .filter(pk__in=[*ids])
        .order_by("id")
    }
    return [rows.get(pk) if pk else None for pk in ids]


def _take_record(event: CustomerEvent) -> dict[str, Any] | None:
    """The record of a merge, for one undoing only."""
    found = (
        CustomerEvent.objects.select_for_update()
        .filter(pk=event.pk, kind=CustomerEventKind.MERGED)
        .first()
    )
    if found is None or found.record is None:
        return None
    record: dict[str, Any] = found.record
    found.record = None
    found.save(update_fields=["record"])
    return record


def _take_removed(kept: Customer, other: Customer) -> list[str]:
    """Numbers that staff took away from ``other`` are not to come back by ``kept`` either; which ones are new
    to it."""
    theirs = set(
        RemovedKey.objects.filter(customer=other).values_list("key", flat=True)
    )
    known = {
        *RemovedKey.objects.filter(customer=kept).values_list("key", flat=True),
        *editing.keys_of_customer(kept),
    }
    new = sorted(theirs - known)
    RemovedKey.objects.bulk_create([RemovedKey(customer=kept, key=key) for key in new])
    return new


def _empty_again(kept: Customer, record: dict[str, Any]) -> list[str]:
    """Empty the fields of ``kept`` that the merge filled, as far as they still say the same; which ones
    changed.

    A main number that has moved away meanwhile gives way to the one before the merge.
    """
    filled = record["filled"]
    changed = [name for name, value in filled.items() if getattr(kept, name) == value]
    if {"first_name", "last_name"} & filled.keys() and not {
        "first_name",
        "last_name",
    } <= set(changed):
        changed = [name for name in changed if name not in {"first_name", "last_name"}]
    for name in changed:
        setattr(kept, name, "")
    was_moved = phone_key(kept.phone) in record["keys"]
    if was_moved and kept.phone != record["phone"]:
        # Merges of former versions kept no record of what was typed.
        kept.phone, kept.phone_typed = record["phone"], record.get("phone_typed", "")
        changed += editing.PHONE_FIELDS
    if not kept.phone and (numbers := editing.typed_phones(kept)):
        kept.phone, kept.phone_typed = next(iter(numbers.items()))
        changed += editing.PHONE_FIELDS
    return list(dict.fromkeys(changed))
