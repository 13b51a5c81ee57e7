"""What a page says when stock was not changed: what happened, and what to do."""

from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from django.conf import settings
from django.utils.formats import number_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.stock import (
    AlreadyPosted,
    AlreadyReversed,
    BadQuantity,
    InactiveWarehouse,
    NotEnough,
    NothingToReceive,
    NotReversible,
    ReceiptChanged,
    Shortage,
    StockError,
    UnknownProduct,
)

MAX_NAMED = 5


def plain(quantity: Decimal, *, grouped: bool = False) -> str:
    """A quantity without surplus zeros, as the reader's language writes it; ``grouped`` only where nobody
    types it back."""
    return number_format(f"{quantity.normalize():f}", force_grouping=grouped)


def plain_cost(cost: Decimal) -> str:
    """An amount as a person would type it: with the currency's digits, or more where it has more."""
    digits = max(get_currency_precision(settings.CURRENCY), -int(cost.normalize().as_tuple().exponent))
    return number_format(f"{cost:.{digits}f}")


SENTENCES: dict[type[StockError], Any] = {
    BadQuantity: gettext_lazy(
        "A quantity must be above zero, with at most three decimals, and below 1,000,000,000."
    ),
    UnknownProduct: gettext_lazy("A product does not exist any more. Reload the page."),
    InactiveWarehouse: gettext_lazy("The warehouse is not active. Choose another one, or activate it first."),
    NothingToReceive: gettext_lazy("The receipt has no lines. Add products first."),
    AlreadyPosted: gettext_lazy("This receipt is posted already; it was not posted again."),
    ReceiptChanged: gettext_lazy("Somebody has changed this receipt meanwhile. Look at it again first."),
    AlreadyReversed: gettext_lazy("This write-off is reversed already; it was not reversed again."),
    NotReversible: gettext_lazy("Only write-offs can be reversed. Correct the stock instead."),
}


def explain(error: StockError) -> str:
    return _not_enough(error.shortages) if isinstance(error, NotEnough) else str(SENTENCES[type(error)])


def _not_enough(shortages: list[Shortage]) -> str:
    named = [
        _("%(product)s: %(wanted)s wanted, %(there)s in stock")
        % {
            "product": each.product,
            "wanted": plain(each.wanted, grouped=True),
            "there": plain(each.there, grouped=True),
        }
        for each in shortages[:MAX_NAMED]
    ]
    more = len(shortages) - len(named)
    if more:
        named.append(_("%(count)s more") % {"count": more})
    return _("There is not enough in stock: %(products)s.") % {"products": get_text_list(named, _("and"))}
