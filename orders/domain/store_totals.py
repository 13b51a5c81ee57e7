"""Our total of an imported order compared with the store's own figures, and what remains unexplained
(O11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.domain.totals import line_total
from orders.models import Order, OrderLine

ZERO = Decimal(0)


class Part(models.TextChoices):
    """What lies between our total and the store's."""

    LINES = "lines", _("Lines that differ from the store's")
    SHIPPING = "shipping", _("Shipping")
    TAX = "tax", _("Tax")
    TIP = "tip", _("Tip")
    DUTIES = "duties", _("Duties")
    FEES = "fees", _("Additional fees")


@dataclass(frozen=True, slots=True)
class Step:
    """One part of the calculation, and the amount that it adds."""

    part: Part
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Comparison:
    """From our total, step by step, to ``expected``; ``unexplained`` is the store's total minus that."""

    steps: tuple[Step, ...]
    expected: Decimal
    unexplained: Decimal
    differing: tuple[str, ...]
    """Names of the lines whose total differs from the store's: staff changed them, or they are written off.
    """


class StoreLine(Protocol):
    """What a store says of a line, whether it is stored or about to be inserted."""

    @property
    def store_quantity(self) -> Decimal | int | None: ...
    @property
    def store_price(self) -> Decimal | None: ...
    @property
    def store_discount(self) -> Decimal | None: ...


def unexplained(order: Order, lines: Sequence[StoreLine]) -> Decimal:
    """How much of the store's total its own parts do not explain; what staff changed here plays no part."""
    return unexplained_beside(order, sum((_at_store(line) for line in lines), ZERO))


def unexplained_beside(order: Order, lines_total: Decimal) -> Decimal:
    """The same, where it is known what the lines come to at the store."""
    if order.store_total is None:
        return ZERO
    return order.store_total - sum(_beside_lines(order).values(), lines_total)


def compare(order: Order, lines: Sequence[OrderLine]) -> Comparison | None:
    """None for an order created here, and for one without a total from its store.

    A store's total is the sum of the remaining lines, shipping, duties and fees, and of tax unless prices
    include it. A tip is usually one of the lines and then part of their sum. Discounts are already deducted
    from lines and shipping. Refunded goods are no longer in the lines; money refunded without goods changes
    no total.
    """
    if order.store_total is None:
        return None
    differing = [line for line in lines if _at_store(line) != line.total]
    lines_differ = sum((_at_store(line) - line.total for line in differing), ZERO)
    parts = {Part.LINES: lines_differ} | _beside_lines(order)
    steps = tuple(Step(part, amount) for part, amount in parts.items() if amount)
    expected = sum((step.amount for step in steps), order.total)
    return Comparison(
        steps,
        expected,
        order.store_total - expected,
        tuple(line.name for line in differing),
    )


def _beside_lines(order: Order) -> dict[Part, Decimal]:
    """The parts of the store's total beside its lines."""
    parts = {
        Part.SHIPPING: order.store_shipping,
        Part.TAX: ZERO if order.store_tax_included else order.store_tax,
        Part.TIP: ZERO if order.store_tip_is_line else order.store_tip,
        Part.DUTIES: order.store_duties,
        Part.FEES: order.store_fees,
    }
    return {part: amount or ZERO for part, amount in parts.items()}


def _at_store(line: StoreLine) -> Decimal:
    """The line's total at the store; zero if it was added here."""
    if (
        line.store_quantity is None
        or line.store_price is None
        or line.store_discount is None
    ):
        return ZERO
    return line_total(line.store_quantity, line.store_price, line.store_discount)
