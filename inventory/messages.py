"""What a page says when stock was not changed: why, and what to do."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from babel.numbers import get_currency_precision
from django.conf import settings
from django.utils.formats import number_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from inventory.stock import (
    AlreadyPostedError,
    AlreadyReversedError,
    EmptyReceiptError,
    InactiveWarehouseError,
    InsufficientStockError,
    InvalidQuantityError,
    LevelChangedError,
    NotReversibleError,
    ReceiptChangedError,
    Shortage,
    StockError,
    UnknownProductError,
)

MAX_NAMED = 5


def plain(quantity: Decimal, *, grouped: bool = False) -> str:
    """A quantity without surplus zeros, as the reader's language writes it; ``grouped`` only where nobody
    types it back."""
    digits = f"{quantity.normalize():f}"
    return number_format(digits, force_grouping=grouped)


def plain_cost(cost: Decimal) -> str:
    """An amount as a person would type it: with the currency's digits, or more where it has more."""
    currency_digits = get_currency_precision(settings.CURRENCY)
    own_digits = -int(cost.normalize().as_tuple().exponent)
    digits = max(currency_digits, own_digits)
    return number_format(f"{cost:.{digits}f}")


SENTENCES: Mapping[type[StockError], str] = {
    InvalidQuantityError: gettext_noop(
        "A quantity must be above zero, with at most three decimals, and below 1,000,000,000."
    ),
    UnknownProductError: gettext_noop(
        "A product does not exist any more. Reload the page."
    ),
    InactiveWarehouseError: gettext_noop(
        "The warehouse is not active. Choose another one, or activate it first."
    ),
    EmptyReceiptError: gettext_noop("The receipt has no lines. Add products first."),
    AlreadyPostedError: gettext_noop(
        "This receipt is posted already; it was not posted again."
    ),
    ReceiptChangedError: gettext_noop(
        "Somebody has changed this receipt meanwhile. Look at it again first."
    ),
    AlreadyReversedError: gettext_noop(
        "This write-off is reversed already; it was not reversed again."
    ),
    NotReversibleError: gettext_noop(
        "Only write-offs can be reversed. Correct the stock instead."
    ),
}
"""Msgids. What is not enough, and what has changed, is said by explain."""


def explain(error: StockError) -> str:
    if isinstance(error, InsufficientStockError):
        return _explain_shortages(error.shortages)
    if isinstance(error, LevelChangedError):
        return _(
            "The stock has changed to %(level)s since this page was opened. Correct it again if your count "
            "still holds."
        ) % {"level": plain(error.level, grouped=True)}
    return _(SENTENCES[type(error)])


def _explain_shortages(shortages: Sequence[Shortage]) -> str:
    named = [
        missing(each.product.name, each.wanted, each.available)
        for each in shortages[:MAX_NAMED]
    ]
    more = len(shortages) - len(named)
    if more:
        named.append(_("%(count)s more") % {"count": more})
    products = get_text_list(named, _("and"))
    return _("There is not enough in stock: %(products)s.") % {"products": products}


def missing(product: str, wanted: Decimal, there: Decimal) -> str:
    """What there is not enough of."""
    values = {
        "product": product,
        "wanted": plain(wanted, grouped=True),
        "there": plain(there, grouped=True),
    }
    return _("%(product)s: %(wanted)s wanted, %(there)s in stock") % values
