"""What goes into the import of a store's orders, and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one order; ``code`` and ``reason``, an English sentence, say why it is held, skipped or
    failed.

    ``values`` are what the sentence says of this order, for saying it in another language
    (orders.importing.admission.SENTENCES).
    """

    snapshot: Snapshot
    result: Result
    code: str = ""
    reason: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a store's settings ask of the import. ``identify_by`` is an inventory.IdentifyBy.

    ``wanted`` are external ids of orders that come in although a rule would skip them.
    """

    store: Store
    order_type: OrderType
    identify_by: str
    admission: Admission
    wanted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ParsedOrder:
    """An order read in full, beside the snapshot it was read from."""

    snapshot: Snapshot
    order: IncomingOrder

    def without_person(self) -> "ParsedOrder":
        """The same order without what tells whose it is."""
        return ParsedOrder(
            self.snapshot, replace(self.order, contact=ContactDetails(), delivery_address="", note="")
        )
