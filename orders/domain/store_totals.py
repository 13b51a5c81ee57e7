"""Our total of an imported order beside the store's own figures, and what they do not explain (O11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.domain.totals import line_total
from orders.models import Order, OrderLine

ZERO = Decimal(0)


class Part(models.TextChoices):
    """What stands between our sum and the store's total."""

    LINES = "lines", _("Lines that differ from the store's")
    SHIPPING = "shipping", _("Shipping")
    TAX = "tax", _("Tax")
    TIP = "tip", _("Tip")
    DUTIES = "duties", _("Duties")
    FEES = "fees", _("Additional fees")


@dataclass(frozen=True, slots=True)
class Step:
    """One part of the calculation, and what it adds."""

    part: Part
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Comparison:
    """From our sum, step by step, to ``expected``; ``unexplained`` is how far the store's total is from
    that."""

    steps: tuple[Step, ...]
    expected: Decimal
    unexplained: Decimal
    differing: tuple[str, ...]
    """Names of the lines that come to something else here than at the store: staff changed them, or they are
    written off."""


def compare(order: Order, lines: Sequence[OrderLine]) -> Comparison | None:
    """None for an order made here, and for one whose store gave no total.

    A store's total is what is left of its lines, with shipping, duties and fees, and with tax unless the
    prices hold it already. A tip mostly is one of the lines, and then they hold it. Discounts are taken off
    in the lines and in the shipping. Goods that were refunded have left the lines; money that was given back
    without goods changes no total.
    """
    if order.store_total is None:
        return None
    differing = [line for line in lines if _at_store(line) != line.total]
    parts = {
        Part.LINES: sum((_at_store(line) - line.total for line in differing), ZERO),
        Part.SHIPPING: order.store_shipping,
        Part.TAX: ZERO if order.store_tax_included else order.store_tax,
        Part.TIP: ZERO if order.store_tip_is_line else order.store_tip,
        Part.DUTIES: order.store_duties,
        Part.FEES: order.store_fees,
    }
    steps = tuple(Step(part, amount) for part, amount in parts.items() if amount)
    expected = sum((step.amount for step in steps), order.total)
    return Comparison(steps, expected, order.store_total - expected, tuple(line.name for line in differing))


def _at_store(line: OrderLine) -> Decimal:
    """What the line comes to at the store; nothing if it was added here."""
    if line.store_quantity is None or line.store_price is None or line.store_discount is None:
        return ZERO
    return line_total(line.store_quantity, line.store_price, line.store_discount)
