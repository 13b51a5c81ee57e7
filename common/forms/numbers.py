"""Numbers as people type them, read as their language writes them: 1.250,50 in German, 1,250.50 in English.

A text has one meaning or is refused: what could be two numbers is never guessed (O12).
"""

import re
from decimal import Decimal

from babel.numbers import get_currency_precision, get_currency_symbol
from django.conf import settings
from django.utils.formats import get_format, number_format

from common.formats import babel_locale

SPACES = re.compile(r"[\s\u2007\u202f\u2060\ufeff]+")
"""Every kind of space, also those that \\s does not know."""
SIGNS = {"+": 1, "-": -1, "\u2212": -1}
GROUPING_EVERYWHERE = " '\u2019"
"""What may group thousands in any language, since it is a decimal sign in none."""
MAX_LENGTH = 40


class NumberError(ValueError):
    """The text is not one number, as the reader's language writes them."""


class TooManyDecimalsError(NumberError):
    """It is a number, with more decimals than are possible."""


def read_number(text: str, *, decimals: int) -> Decimal:
    """The number in ``text``, typed with at most so many decimals; its thousands may be grouped, all or none.

    Raises NumberError.
    """
    sign, digits = _sign_and_digits(_spaced(text))
    whole, point, fraction = digits.partition(get_format("DECIMAL_SEPARATOR"))
    whole = _ungrouped(whole) if whole or not point else "0"
    if len(digits) > MAX_LENGTH or not whole or (point and not _is_digits(fraction)):
        raise NumberError(text)
    if len(fraction) > decimals:
        raise TooManyDecimalsError(text)
    return sign * Decimal(f"{whole}.{fraction or 0}")


def read_amount(text: str) -> Decimal:
    """An amount in RO App's currency, which may be named before or after it. Raises NumberError."""
    return read_number(_without_currency(_spaced(text)), decimals=currency_decimals())


def currency_decimals() -> int:
    return int(get_currency_precision(settings.CURRENCY))


def example(decimals: int) -> str:
    """How the reader writes a number with so many decimals."""
    return number_format("1250.500"[: 5 + decimals].rstrip("."), force_grouping=True)


def _spaced(text: str) -> str:
    return SPACES.sub(" ", text).strip()


def _sign_and_digits(text: str) -> tuple[int, str]:
    if text[:1] in SIGNS:
        return SIGNS[text[:1]], text[1:].lstrip()
    return 1, text


def _ungrouped(whole: str) -> str:
    """The digits without what groups them; empty if that does not stand before every third from the right."""
    if _is_digits(whole):
        return whole
    for separator in [get_format("THOUSAND_SEPARATOR"), *GROUPING_EVERYWHERE]:
        # 0.125 is not 125, whoever wrote it.
        if re.fullmatch(
            rf"[1-9][0-9]{{0,2}}({re.escape(separator)}[0-9]{{3}})+", whole
        ):
            return whole.replace(separator, "")
    return ""


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _without_currency(text: str) -> str:
    """Without the sign or code of RO App's currency at one end; the number's own sign may be outside."""
    number_sign = text[:1] if text[:1] in SIGNS else ""
    bare = text.removeprefix(number_sign).lstrip()
    for name in _currency_names():
        if bare.upper().startswith(name):
            return number_sign + bare[len(name) :].lstrip()
        if bare.upper().endswith(name):
            return number_sign + bare[: -len(name)].rstrip()
    return text


def _currency_names() -> list[str]:
    """Its code, and its symbols: here US$ and, where it is at home, $."""
    code = settings.CURRENCY
    here = get_currency_symbol(code, babel_locale())
    at_home = get_currency_symbol(code, "en_US")
    return [code, here, at_home]
