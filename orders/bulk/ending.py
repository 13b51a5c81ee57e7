"""What becomes of the orders of an action, as whatever performs it tells the engine."""

from collections.abc import Mapping
from typing import NamedTuple

from inventory.messages import SENTENCES
from inventory.stock import StockError
from orders.domain.editing import ActionRefusedError, EditConflictError
from orders.domain.permissions import MissingPermissionError
from orders.domain.undo import ChangedSinceError
from orders.models import BulkOutcome, Order

REFUSALS = (
    Order.DoesNotExist,
    ChangedSinceError,
    EditConflictError,
    MissingPermissionError,
    ActionRefusedError,
    StockError,
)
"""Why what is done to one order is not done."""


class Ending(NamedTuple):
    outcome: BulkOutcome
    values: Mapping[str, object] = {}
    """What the order's row is to remember beside it: before, reason or shortages. One UPDATE stores it all:
    at a second one of the same row PostgreSQL locks the action too, which whoever undoes it has locked."""


Endings = Mapping[int, Ending]
"""By the order's id. An order without an ending no longer exists."""


def endings_of(outcomes: Mapping[int, BulkOutcome]) -> Endings:
    return {pk: Ending(outcome) for pk, outcome in outcomes.items()}


def refused(error: Exception) -> Ending:
    """What one of REFUSALS means for its order."""
    if isinstance(error, Order.DoesNotExist):
        return Ending(BulkOutcome.GONE)
    if isinstance(error, ChangedSinceError | EditConflictError):
        return Ending(BulkOutcome.CHANGED_SINCE)
    if isinstance(error, MissingPermissionError):
        return Ending(BulkOutcome.NOT_PERMITTED)
    reason = SENTENCES[type(error)] if isinstance(error, StockError) else str(error)
    return Ending(BulkOutcome.REFUSED, {"reason": reason})
