"""How values are written for people, in their language and time zone: money, numbers, points and lengths of
time."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from urllib.parse import quote

from babel import Locale
from babel.dates import format_skeleton, format_timedelta
from babel.numbers import format_currency, format_decimal
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, to_locale

MINUS = "−"
DIALLED = re.compile(r"[+*#\d](?:[^;,\w]|\d)*")
"""The beginning of a phone number up to its extension."""
FRACTION = re.compile(r"(?:^|(?<=, ))[0-9]+\.[0-9]+(?= × )")


def babel_locale() -> Locale:
    return _locale_of(get_language() or settings.LANGUAGE_CODE)


@lru_cache
def _locale_of(language: str) -> Locale:
    return Locale.parse("en_GB" if language == "en" else to_locale(language))


def money(amount: Decimal | None) -> str:
    """The amount in RO App's currency, as the user's language writes it."""
    return "" if amount is None else _money(amount, settings.CURRENCY, babel_locale())


@lru_cache(maxsize=4_096)
def _money(amount: Decimal, currency: str, locale: Locale) -> str:
    return _with_minus(format_currency(amount, currency, locale=locale))


def signed_money(amount: Decimal) -> str:
    """An amount with its sign, also where it is positive."""
    sign = "+" if amount > 0 else MINUS
    return f"{sign}{money(abs(amount))}"


def exact_money(amount: Decimal) -> str:
    """An amount of which fractions of the smallest coin stay: what one unit cost."""
    return _with_minus(
        format_currency(
            amount.normalize(),
            settings.CURRENCY,
            locale=babel_locale(),
            decimal_quantization=False,
        )
    )


def grouped(number: Decimal | int) -> str:
    """A number with its thousands grouped and no surplus zeros: 1,234 or 2.5."""
    plain = number.normalize() if isinstance(number, Decimal) else number
    return _with_minus(format_decimal(plain, locale=babel_locale()))


def quantities(items: str) -> str:
    """An order's items as the list holds them ("1.5 × Cable, Case"), with quantities as the user's language
    writes them."""
    if "." not in items:
        return items
    return FRACTION.sub(lambda found: grouped(Decimal(found[0])), items)


def signed_number(number: Decimal) -> str:
    """A number with its sign, also where it is positive."""
    sign = "+" if number > 0 else MINUS
    return f"{sign}{grouped(abs(number))}"


def _with_minus(written: str) -> str:
    """The Unicode data has a hyphen for the sign, which is too short beside digits."""
    return written.replace("-", MINUS)


def one_decimal(number: float) -> str:
    """A measured number, rounded: 2.5 or 12.0."""
    return str(format_decimal(number, format="0.0", locale=babel_locale()))


def translated(text: str) -> str:
    """A fixed sentence that was stored in English, in the reader's language."""
    return gettext(text) if text else ""


def person_name(user: User | None) -> str:
    """What a user is called; empty for nobody."""
    return (user.get_full_name() or user.get_username()) if user else ""


def dialable(phone: str) -> str:
    """What a tel: link may hold of a phone number, however it is written; an extension is no part of what is
    dialled."""
    number = DIALLED.search(phone)
    if number is None:
        return ""
    return "".join(
        char
        for char in number[0]
        if char.isascii() and (char.isdigit() or char in "+*#")
    )


def mailable(address: str) -> str:
    """An e-mail address as a mailto: link holds it."""
    return quote(address, safe="@+")


def minutes(seconds: int) -> str:
    """Seconds as m:ss."""
    return f"{seconds // 60}:{seconds % 60:02}"


def roughly(seconds: float) -> str:
    """A length of time in one unit, as the reader's language says it: 40 seconds, 3 minutes, 2 hours."""
    return str(format_timedelta(timedelta(seconds=seconds), locale=babel_locale()))


def day(at: date | datetime) -> str:
    """A day in words; of a point in time the day that it is in the user's zone."""
    local = timezone.localtime(at) if isinstance(at, datetime) else at
    return date_format(local, "DATE_FORMAT")


def day_and_time(at: datetime | None) -> str:
    """A point in time in the user's zone as a sentence holds it; empty for none."""
    return date_format(timezone.localtime(at), "DATETIME_FORMAT") if at else ""


def short_day(at: date) -> str:
    return date_format(at, "SHORT_DATE_FORMAT")


def clock(at: datetime) -> str:
    """The time of day that it is at this point in time in the user's zone."""
    return date_format(timezone.localtime(at), "TIME_FORMAT")


def moment(at: datetime | None) -> str | SafeString:
    """A point in time in the user's zone: the time today, the day before that; exact on hovering."""
    return moments()(at)


def moments() -> Callable[[datetime | None], str | SafeString]:
    """``moment`` for many: the user's zone, day and language are asked for once."""
    zone, today, locale = (
        timezone.get_current_timezone(),
        timezone.localdate(),
        babel_locale(),
    )

    def written(at: datetime | None) -> str | SafeString:
        if at is None:
            return "–"
        local = at.astimezone(zone)
        exact, brief = _exact(local, locale), _brief(local, today, locale)
        # Digits and names of months: nothing to escape.
        return SafeString(
            f'<time datetime="{local.isoformat(timespec="seconds")}" title="{exact}">{brief}</time>'
        )

    return written


def days() -> Callable[[date], str]:
    """Writes days briefly, without the year where it is this one; the language is asked for once."""
    today, locale = timezone.localdate(), babel_locale()

    def written(at: date) -> str:
        return _day("MMMd" if at.year == today.year else "yMMMd", at, locale)

    return written


def exact_moment(at: datetime | None) -> str | SafeString:
    """A point in time in the user's zone, date and time."""
    if at is None:
        return "–"
    local = timezone.localtime(at)
    return format_html(
        '<time datetime="{}">{}</time>',
        local.isoformat(),
        _exact(local, babel_locale()),
    )


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
