"""The events of a product: the only writer of ProductEvent. inventory.timeline shows them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from inventory.models import Product, ProductEvent, ProductEventKind

MAX_SUBJECT_LENGTH = 255
LONG = {"description"}
"""Fields whose values are not kept."""


def record_event(
    product: Product,
    kind: ProductEventKind,
    *,
    by_id: int | None,
    now: datetime,
    subject: str = "",
    other: Product | None = None,
    record: Mapping[str, object] | None = None,
) -> ProductEvent:
    """Store an event; ``by_id`` is the user who caused it."""
    return ProductEvent.objects.create(
        product=product,
        kind=kind,
        at=now,
        by_id=by_id,
        subject=subject[:MAX_SUBJECT_LENGTH],
        other=other,
        record=record,
    )


def record_changes(
    product: Product,
    changes: Mapping[str, tuple[str, str]],
    *,
    by_id: int | None,
    now: datetime,
) -> None:
    """Store one event for each changed field, with its old and new value; a description is too long for
    that."""
    ProductEvent.objects.bulk_create(
        ProductEvent(
            product=product,
            kind=ProductEventKind.CHANGED,
            at=now,
            by_id=by_id,
            field=field,
            old="" if field in LONG else old,
            new="" if field in LONG else new,
        )
        for field, (old, new) in changes.items()
    )


def take_record(merge: ProductEvent) -> dict[str, Any] | None:
    """The record of a merge, for one undoing only. Call it inside a transaction."""
    merges = ProductEvent.objects.filter(pk=merge.pk, kind=ProductEventKind.MERGED)
    found = merges.select_for_update().first()
    if found is None or found.record is None:
        return None
    record: dict[str, Any] = found.record
    merges.update(record=None)
    return record
