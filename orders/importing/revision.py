"""The pure decision how a known order changes when its store sends it again. No database, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from msgspec import Struct

from orders.domain.events import plain
from orders.importing.incoming import IncomingLine, IncomingOrder
from orders.models import FOLLOWED_FIELDS, ORDER_FIELDS, EventKind, Order, OrderLine

REPORTED_FIELDS = {
    "payment",
    "fulfilment",
    "cancelled_at",
    "closed_at",
    "store_note",
    "delivery_address",
    "store_refunded",
    "buyer_entries",
    "purchase_order",
    "store_paid",
    "store_due",
}
"""Fields whose changes are recorded as events."""
SINCE_PAID = {"buyer_entries", "purchase_order", "store_paid", "store_due"}
"""Those of them that orders from before do not have yet."""


class Change(Struct, frozen=True):
    """An event to record. ``field`` is empty for an added or a vanished line."""

    kind: EventKind
    subject: str
    field: str = ""
    old: str = ""
    new: str = ""


@dataclass(slots=True)
class Revision:
    """What to write: values of the order, values by line, and lines to add. Empty if nothing changed for
    us."""

    order: dict[str, Any] = field(default_factory=dict)
    lines: list[tuple[OrderLine, dict[str, Any]]] = field(default_factory=list)
    added: list[IncomingLine] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.order or self.lines or self.added)


def store_values(incoming: IncomingOrder) -> dict[str, Any]:
    """The columns of an order that only its store sets, by name."""
    figures = incoming.figures
    return {
        "external_number": incoming.number,
        "store_note": incoming.note,
        "delivery_address": incoming.delivery_address,
        "delivery_method": incoming.delivery_method,
        "delivery_cost": incoming.delivery_cost,
        "payment": incoming.payment,
        "fulfilment": incoming.fulfilment,
        "cancelled_at": incoming.cancelled_at,
        "closed_at": incoming.closed_at,
        "store_items": figures.items,
        "store_discounts": figures.discounts,
        "store_shipping": figures.shipping,
        "store_tax": figures.tax,
        "store_tip": figures.tip,
        "store_refunded": figures.refunded,
        "store_total": figures.total,
        "store_tax_included": figures.tax_included,
        "store_duties": figures.duties,
        "store_fees": figures.fees,
        "store_goodwill": figures.goodwill,
        "store_tip_is_line": figures.tip_is_line,
        "store_paid": figures.paid,
        "store_due": figures.due,
        "buyer_entries": incoming.buyer_entries,
        "purchase_order": incoming.purchase_order,
        "gone_at": None,
    }


def revise(
    known: Order, lines: Sequence[OrderLine], incoming: IncomingOrder
) -> Revision:
    """Carry over what the *store* has changed since the last sync, except on written-off lines and in
    staff's values.

    A value of ours that differs from the store's previous one was set by staff and stays (P6). What the
    store changes there, or on a written-off line, is kept as a difference for a person to decide (P5), and
    so is what it does to an order of which goods are written off (I7).
    """
    revision = Revision()
    _revise_order(revision, known, incoming)
    if any(line.written_off_at for line in lines):
        _note_difference(revision, known)
    by_id = {line.external_id: line for line in lines if line.external_id}
    for incoming_line in incoming.lines:
        line = by_id.pop(incoming_line.external_id, None)
        if line is None:
            revision.added.append(incoming_line)
            revision.changes.append(
                Change(
                    EventKind.CHANGED,
                    incoming_line.name,
                    "line",
                    "",
                    str(incoming_line.quantity),
                )
            )
        else:
            _revise_line(
                revision,
                line,
                {name: getattr(incoming_line, name) for name in FOLLOWED_FIELDS},
                _described(line, incoming_line, known),
            )
    for vanished in by_id.values():
        _revise_line(
            revision, vanished, {"quantity": Decimal(0), "discount": Decimal(0)}, {}
        )
    return revision


def _revise_order(revision: Revision, known: Order, incoming: IncomingOrder) -> None:
    values = store_values(incoming)
    if not incoming.delivery_address and incoming.contact.is_empty:
        # The store withholds its customers' data: that says nothing about the address.
        del values["delivery_address"]
    revision.order = {
        name: value for name, value in values.items() if getattr(known, name) != value
    }
    for name, value in revision.order.items():
        if name in REPORTED_FIELDS and (name not in SINCE_PAID or not _is_first(known)):
            revision.changes.append(
                Change(
                    EventKind.CHANGED,
                    "",
                    name,
                    plain(getattr(known, name)),
                    plain(value),
                )
            )
    if revision.order.keys() & {"delivery_method", "delivery_cost"}:
        revision.changes.append(
            Change(
                EventKind.DELIVERY,
                incoming.delivery_method,
                "delivery_cost",
                plain(known.delivery_cost),
                plain(incoming.delivery_cost),
            )
        )


def _note_difference(revision: Revision, known: Order) -> None:
    difference = dict(known.difference or {})
    for name in ORDER_FIELDS:
        if name in revision.order:
            old, *_ = difference.pop(name, [plain(getattr(known, name))])
            new = plain(revision.order[name])
            if old != new:
                difference[name] = [old, new]
    if difference != (known.difference or {}):
        revision.order["difference"] = difference or None


def _revise_line(
    revision: Revision,
    line: OrderLine,
    store_says: dict[str, object],
    described: dict[str, object],
) -> None:
    changes_at_store = {
        name: value
        for name, value in store_says.items()
        if name not in described and value != getattr(line, f"store_{name}")
    }
    if not (changes_at_store or described):
        return
    written = described | {
        f"store_{name}": value for name, value in changes_at_store.items()
    }
    kept = {
        name: value
        for name, value in changes_at_store.items()
        if line.written_off_at or not is_the_stores(line, name)
    }
    written |= {
        name: value for name, value in changes_at_store.items() if name not in kept
    }
    difference = _difference(line, kept)
    if difference != line.difference:
        written["difference"] = difference
    revision.lines.append((line, written))
    for name, value in changes_at_store.items():
        old = getattr(line, f"store_{name}")
        if line.written_off_at or value != getattr(
            line, name
        ):  # else the store has come to what stands here already
            revision.changes.append(
                Change(_kind(line, name), line.name, name, plain(old), plain(value))
            )


def _described(line: OrderLine, incoming: IncomingLine, known: Order) -> dict[str, Any]:
    """What describes the line and is followed without an event, until the line is written off.

    An order from before the buyer's entries were taken over is filled up without a word: its store has
    changed nothing.
    """
    is_first = _is_first(known)
    if line.written_off_at and not is_first:
        return {}
    values: dict[str, Any] = {
        name: getattr(incoming, name)
        for name in ("bundle", "bundle_id", "is_gift_card")
    }
    if is_first:
        entered = incoming.buyer_entries
        values |= {"buyer_entries": entered, "store_buyer_entries": entered}
    return {
        name: value for name, value in values.items() if getattr(line, name) != value
    }


def _is_first(known: Order) -> bool:
    """Whether the order has not been read since buyers' entries and payments are taken over."""
    return known.store_paid is None


def is_the_stores(line: OrderLine, name: str) -> bool:
    """Whether this value of the line is the store's latest, and so follows it; otherwise staff have set it
    (P6)."""
    return bool(getattr(line, name) == getattr(line, f"store_{name}"))


def _kind(line: OrderLine, name: str) -> EventKind:
    if line.written_off_at:
        return EventKind.ATTENTION
    return EventKind.CHANGED if is_the_stores(line, name) else EventKind.KEPT


def _difference(
    line: OrderLine, kept: dict[str, object]
) -> dict[str, list[str]] | None:
    """What the store has changed since the write-off, or since staff set the value: old and new. A change
    back to the old value, or to ours, is none."""
    difference = dict(line.difference or {})
    for name, value in kept.items():
        old = difference.pop(name, [plain(getattr(line, f"store_{name}"))])[0]
        if old != plain(value) and value != getattr(line, name):
            difference[name] = [old, plain(value)]
    return difference or None
