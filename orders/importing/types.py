"""What goes into an import, and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from customers.matching import ContactDetails
from orders.importing.admission import Admission
from orders.importing.incoming import IncomingOrder, Snapshot
from orders.models import OrderType, Store


class Result(StrEnum):
    IMPORTED = "imported"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    HELD = "held"
    SKIPPED = "skipped"
    FAILED = "failed"

    __hash__ = str.__hash__
    """Enum's own is written in Python, and outcomes are counted order by order."""


class Outcome(Struct, frozen=True):
    """What became of one order; ``code`` and ``reason`` (English) say why it is held, skipped or failed.

    ``values`` fill the sentence's placeholders in any language (orders.importing.admission.SENTENCES);
    ``detail`` among them is a word of no language that stands behind the sentence.
    """

    snapshot: Snapshot
    result: Result
    code: str = ""
    reason: str = ""
    values: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Rules:
    """The import rules of a store's settings. ``identify_by`` is an inventory.IdentifyBy.

    ``wanted`` are external ids of orders to be imported even if a rule would skip them.
    """

    store: Store
    order_type: OrderType
    identify_by: str
    admission: Admission
    wanted: frozenset[str] = frozenset()


class ParsedOrder(Struct, frozen=True):
    """An order parsed in full, with the snapshot it was parsed from."""

    snapshot: Snapshot
    order: IncomingOrder

    def without_person(self) -> "ParsedOrder":
        """The same order without personal data."""
        return ParsedOrder(
            self.snapshot,
            replace(
                self.order,
                contact=ContactDetails(),
                delivery_address="",
                note="",
                buyer_entries=None,
                purchase_order="",
                lines=tuple(
                    replace(line, buyer_entries=None) for line in self.order.lines
                ),
            ),
        )
