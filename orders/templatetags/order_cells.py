"""How values of orders are written: money, moments, the outcome of the last update."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from math import ceil

from babel import Locale
from babel.dates import format_skeleton, format_timedelta
from babel.numbers import format_currency, format_decimal
from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, to_locale

from orders.domain.refresh_claim import REFRESH_INTERVAL
from orders.models import Order, Refresh, RefreshOutcome

register = template.Library()
OUTCOME_SHOWN_FOR = timedelta(minutes=10)


def _locale() -> Locale:
    return _locale_of(get_language() or settings.LANGUAGE_CODE)


@lru_cache
def _locale_of(language: str) -> Locale:
    return Locale.parse("en_GB" if language == "en" else to_locale(language))


@register.filter
def money(amount: Decimal | None) -> str:
    """The amount in RO App's currency, as the user's language writes it."""
    return "" if amount is None else _money(amount, settings.CURRENCY, _locale())


@lru_cache(maxsize=4_096)
def _money(amount: Decimal, currency: str, locale: Locale) -> str:
    return str(format_currency(amount, currency, locale=locale))


@register.filter
def signed_money(amount: Decimal) -> str:
    """An amount with its sign, also where it is positive."""
    return f"{'+' if amount > 0 else '−'}{money(abs(amount))}"


@register.filter
def dialable(phone: str) -> str:
    """What a tel: link may hold of a phone number, however it is written."""
    return "".join(char for char in phone if char.isascii() and (char.isdigit() or char in "+*#"))


@register.filter
def grouped(number: Decimal | int) -> str:
    """A number with its thousands grouped and no surplus zeros: 1,234 or 2.5."""
    plain = number.normalize() if isinstance(number, Decimal) else number
    return str(format_decimal(plain, locale=_locale()))


@register.filter
def said(text: str) -> str:
    """A fixed sentence that was stored in English, in the reader's language."""
    return gettext(text) if text else ""


@register.filter
def minutes(seconds: int) -> str:
    """Seconds as m:ss."""
    return f"{seconds // 60}:{seconds % 60:02}"


@register.filter
def roughly(seconds: float) -> str:
    """A length of time in one unit, as the reader's language says it: 40 seconds, 3 minutes, 2 hours."""
    return str(format_timedelta(timedelta(seconds=seconds), locale=_locale()))


@register.filter
def seconds_to_refresh(order: Order) -> int:
    """How many seconds it takes until the order may be updated by hand again; 0 means now."""
    refresh: Refresh | None = getattr(order, "refresh", None)
    if refresh is None or refresh.accepted_at is None:
        return 0
    return max(0, ceil((refresh.accepted_at + REFRESH_INTERVAL - timezone.now()).total_seconds()))


@register.simple_tag
def moment(at: datetime | None) -> str | SafeString:
    """A point in time in the user's zone: the time today, the day before that; exact on hovering."""
    return moments()(at)


def moments() -> Callable[[datetime | None], str | SafeString]:
    """``moment`` for many: the user's zone, day and language are asked for once."""
    zone, today, locale = timezone.get_current_timezone(), timezone.localdate(), _locale()

    def written(at: datetime | None) -> str | SafeString:
        if at is None:
            return "–"
        local = at.astimezone(zone)
        exact, brief = _exact(local, locale), _brief(local, today, locale)
        # Digits and names of months: nothing to escape.
        return SafeString(f'<time datetime="{local.isoformat()}" title="{exact}">{brief}</time>')

    return written


@register.simple_tag
def exact_moment(at: datetime | None) -> str | SafeString:
    """A point in time in the user's zone, date and time."""
    if at is None:
        return "–"
    local = timezone.localtime(at)
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), _exact(local, _locale()))


def _exact(local: datetime, locale: Locale) -> str:
    return f"{_day('yMMMd', local.date(), locale)}, {_clock(local)}"


def _brief(local: datetime, today: date, locale: Locale) -> str:
    if local.date() == today:
        return _clock(local)
    if local.year == today.year:
        return f"{_day('MMMd', local.date(), locale)}, {_clock(local)}"
    return _day("yMMMd", local.date(), locale)


def _clock(local: datetime) -> str:
    return f"{local.hour:02}:{local.minute:02}"


@lru_cache(maxsize=1_024)
def _day(skeleton: str, day: date, locale: Locale) -> str:
    return str(format_skeleton(skeleton, day, locale=locale))


@register.filter
def recent_refresh(order: Order) -> Refresh | None:
    """The last manual update of the order while it runs and for some minutes after."""
    refresh: Refresh | None = getattr(order, "refresh", None)
    return refresh if refresh and is_recent(refresh.outcome, refresh.done_at) else None


def is_recent(outcome: str | None, done_at: datetime | None) -> bool:
    """Whether a manual update with this outcome, None if there was none, still runs or ended some minutes ago at most."""
    return outcome == RefreshOutcome.PENDING or bool(outcome and done_at and done_at > timezone.now() - OUTCOME_SHOWN_FOR)


def outcome_word(outcome: str) -> str:
    return str(RefreshOutcome(outcome).label)


@register.filter
def initials(name: str) -> str:
    words = name.split()
    return "".join(word[0] for word in [words[0], words[-1]][: len(words)]).upper() if words else ""
