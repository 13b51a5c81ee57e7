"""Money: Decimal in RO App's one currency, rounded to that currency's own digits."""

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel.numbers import get_currency_precision
from django.conf import settings


@lru_cache
def smallest_unit(currency: str) -> Decimal:
    """0.01 for EUR, 1 for JPY, 0.001 for KWD."""
    return Decimal(1).scaleb(-get_currency_precision(currency))


def round_money(amount: Decimal, currency: str | None = None) -> Decimal:
    """``amount`` rounded half up to the digits of ``currency`` (RO App's own if not given)."""
    return amount.quantize(smallest_unit(currency or settings.CURRENCY), ROUND_HALF_UP)
