"""How values of inventory are written."""

from decimal import Decimal

from babel.numbers import format_currency
from django import template
from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, to_locale

from inventory.messages import plain
from inventory.rich_text import shown_html

register = template.Library()


@register.filter
def described(html: str) -> SafeString:
    """A stored description as HTML that can do no harm."""
    return mark_safe(shown_html(html))  # noqa: S308  cleaned in this very line


@register.filter
def cost(amount: Decimal) -> str:
    """What one unit cost, in RO App's currency; fractions of its smallest coin stay."""
    locale = to_locale(get_language() or settings.LANGUAGE_CODE)
    return str(
        format_currency(amount.normalize(), settings.CURRENCY, locale=locale, decimal_quantization=False)
    )


@register.filter
def signed(quantity: Decimal) -> str:
    """A quantity with its sign, also where it is positive."""
    return f"{'+' if quantity > 0 else '−'}{plain(abs(quantity), grouped=True)}"
