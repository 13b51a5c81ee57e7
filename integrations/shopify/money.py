"""Shopify's money: amounts rounded to their currency's digits, and a line's discounts for what is left of the
line."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache

import msgspec
from django.utils.translation import gettext_noop
from msgspec.structs import replace

from orders.domain.money import smallest_unit
from orders.importing.incoming import IncomingLine, UnreadableError

LARGEST = Decimal(10) ** 12
"""No amount of an order reaches it, and sums of such amounts still fit into the database."""

NO_AMOUNT = gettext_noop(
    "Shopify's answer is malformed: an amount is no number, or far too large."
)


class Money(msgspec.Struct):
    amount: str


class MoneyBag(msgspec.Struct, rename="camel"):
    """One amount in the shop's currency and in the one that the customer saw; only the shop's counts."""

    shop_money: Money


class Amounts:
    """Amounts of one order, in the shop's currency when it was placed, rounded to that currency's digits."""

    def __init__(self, currency: str) -> None:
        self.unit = smallest_unit(currency)
        self.zero = Decimal(0).quantize(self.unit)

    def of(self, bag: MoneyBag | None) -> Decimal:
        """0 if there is none. Raises ValueError."""
        return _read(bag.shop_money.amount, self.unit) if bag else self.zero

    def left(
        self, discounts: Sequence[MoneyBag], *, left: int, ordered: int
    ) -> Decimal:
        """Shopify allocates discounts to the quantity that was ordered; ours are for what is left of it."""
        if not discounts or not ordered:
            return self.zero
        whole = sum((self.of(each) for each in discounts), self.zero)
        return (whole * left / ordered).quantize(self.unit)


# A shop has its prices, which come again and again; most of all it says 0.0.
@lru_cache(maxsize=4_096)
def _read(text: str, unit: Decimal) -> Decimal:
    try:
        amount = Decimal(text)
        if -LARGEST < amount < LARGEST:  # a comparison with NaN is an InvalidOperation
            return amount.quantize(unit)
    except InvalidOperation:
        pass
    raise UnreadableError(NO_AMOUNT)


class Counted(msgspec.Struct, frozen=True):
    """A line beside the quantity that was ordered."""

    line: IncomingLine
    ordered: int

    @property
    def is_shared(self) -> bool:
        """Whether only a part of the discount that Shopify names is left, which may leave a fraction of a
        cent."""
        return bool(self.line.discount) and 0 < self.line.quantity < self.ordered


def even_out(
    lines: Sequence[Counted], *, total: Decimal, unit: Decimal
) -> list[IncomingLine]:
    """The lines so that they come to ``total``, if only the rounding of shared discounts keeps them from it.

    Shopify gives the cents that do not divide evenly to some pieces and not to others, and does not say to
    which are left. The last shared discount takes up the difference. A difference that rounding cannot make
    is left for people to see.
    """
    shared = [place for place, each in enumerate(lines) if each.is_shared]
    even = [each.line for each in lines]
    over = (
        sum((line.quantity * line.price - line.discount for line in even), Decimal(0))
        - total
    )
    if shared and 0 < abs(over) <= unit * len(shared):
        last = even[shared[-1]]
        even[shared[-1]] = replace(last, discount=last.discount + over)
    return even
