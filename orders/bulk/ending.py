"""What becomes of the orders of an action, as whatever performs it tells the engine."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from orders.models import BulkOutcome


class Ending(NamedTuple):
    outcome: BulkOutcome
    values: Mapping[str, Any] = {}
    """What the order's row is to remember beside it: before, reason or shortages. One UPDATE stores it all:
    at a second one of the same row PostgreSQL locks the action too, which whoever undoes it has locked."""


Endings = Mapping[int, Ending]
"""By the order's id. An order without an ending no longer exists."""


def endings_of(outcomes: Mapping[int, BulkOutcome]) -> Endings:
    return {pk: Ending(outcome) for pk, outcome in outcomes.items()}
