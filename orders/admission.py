"""Which orders of a store become work orders: a pure decision, taken once per order, when it is first seen."""

from dataclasses import dataclass
from datetime import datetime

from orders.incoming import IncomingOrder


@dataclass(frozen=True, slots=True)
class Admission:
    """A store's rules. ``since`` and ``open_before`` are times at the store; the former is null for no bound.

    An order created before ``open_before`` is taken only while it is open.
    """

    currency: str
    since: datetime | None
    open_before: datetime | None
    include_tests: bool
    excluded_tags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an order does not come in. Held ones wait for a person; skipped ones are meant to stay out."""

    held: bool
    code: str
    reason: str


def refusal(order: IncomingOrder, rules: Admission, *, wanted: bool = False) -> Refusal | None:
    """Why ``order`` stays out, or None if it comes in. Reasons are English sentences for the ledger.

    ``wanted``: someone wishes just this order imported, whatever would skip it; it is held all the same.
    """
    return (None if wanted else _skipped(order, rules)) or _held(order, rules)


def _skipped(order: IncomingOrder, rules: Admission) -> Refusal | None:
    if order.is_test and not rules.include_tests:
        return Refusal(False, "test_order", "It is a test order, and this store's settings leave test orders out.")
    tags = {tag.casefold() for tag in order.tags} & rules.excluded_tags
    if tags:
        return Refusal(False, "excluded_tag", f"It is tagged “{min(tags)}”, which this store's settings exclude.")
    if rules.since and order.placed_at < rules.since:
        return Refusal(False, "too_old", f"It was created before {rules.since:%Y-%m-%d}, where this store's import begins.")
    if rules.open_before and order.placed_at < rules.open_before and not order.is_open:
        return Refusal(
            False, "not_open", "It was already finished when the store was connected; the first import takes open orders."
        )
    return None


def _held(order: IncomingOrder, rules: Admission) -> Refusal | None:
    if order.currency != rules.currency:
        return Refusal(
            True, "currency", f"Its currency is {order.currency}, RO App's is {rules.currency}. Amounts are never converted."
        )
    return None
