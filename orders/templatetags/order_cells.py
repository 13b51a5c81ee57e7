"""How values of orders are written: money, moments, the outcome of the last update."""

from datetime import datetime, timedelta
from decimal import Decimal

from babel import Locale
from babel.dates import format_skeleton
from babel.numbers import format_currency
from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, to_locale

from orders.models import Order, Refresh, RefreshOutcome

register = template.Library()
OUTCOME_SHOWN_FOR = timedelta(minutes=10)


def _locale() -> Locale:
    return Locale.parse(to_locale(get_language() or settings.LANGUAGE_CODE))


@register.filter
def money(amount: Decimal | None) -> str:
    """The amount in RO App's currency, as the user's language writes it."""
    return "" if amount is None else str(format_currency(amount, settings.CURRENCY, locale=_locale()))


@register.simple_tag
def moment(at: datetime | None) -> str | SafeString:
    """A point in time in the user's zone: the time today, the day before that; exact on hovering."""
    if at is None:
        return "–"
    local, now = timezone.localtime(at), timezone.localtime()
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', local.isoformat(), date_format(local, "DATETIME_FORMAT"), _brief(local, now)
    )


def _brief(local: datetime, now: datetime) -> str:
    if local.date() == now.date():
        return date_format(local, "TIME_FORMAT") if get_language() == "en" else f"{local:%H:%M}"
    day = str(format_skeleton("MMMd" if local.year == now.year else "yMMMd", local, locale=_locale()))
    return f"{day}, {local:%H:%M}" if local.year == now.year else day


@register.filter
def recent_refresh(order: Order) -> Refresh | None:
    """The last manual update of the order while it runs and for some minutes after."""
    refresh: Refresh | None = getattr(order, "refresh", None)
    if refresh is None or refresh.outcome == RefreshOutcome.PENDING:
        return refresh
    return refresh if refresh.done_at and refresh.done_at > timezone.now() - OUTCOME_SHOWN_FOR else None


@register.filter
def initials(name: str) -> str:
    words = name.split()
    return "".join(word[0] for word in [words[0], words[-1]][: len(words)]).upper() if words else ""
