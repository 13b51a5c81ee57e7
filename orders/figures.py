"""Our total of an imported order beside the store's own figures, and what they do not explain (O11)."""

from dataclasses import dataclass
from decimal import Decimal

from orders.models import Order


@dataclass(frozen=True, slots=True)
class Comparison:
    """``expected`` is our lines' sum with what the store adds to it; ``unexplained`` is how far the store's total is from that."""

    expected: Decimal
    unexplained: Decimal
    items_differ: Decimal
    """The store's sum of items less ours: other than 0 where staff changed lines, or changes stopped at a write-off."""


def compare(order: Order) -> Comparison | None:
    """None for an order made here, and for one whose store gave no total.

    The store's total is items + shipping + tax (unless the prices hold it already) + tip. Two parts may stand elsewhere: a
    tip may be a line of the order, and money may be refunded without a line being taken back.
    """
    if order.store_total is None:
        return None
    zero = Decimal(0)
    tax = zero if order.store_tax_included else order.store_tax or zero
    tip, refunded = order.store_tip or zero, order.store_refunded or zero
    expected = order.total + (order.store_shipping or zero) + tax + tip
    rest = order.store_total - expected
    explained = {zero, -tip, -refunded, -tip - refunded}
    return Comparison(
        expected=expected,
        unexplained=zero if rest in explained else rest,
        items_differ=(order.store_items or zero) - order.total,
    )
