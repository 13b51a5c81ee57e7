"""Form fields for numbers that people type (common.forms.numbers); what is refused is told in a sentence."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.formats import grouped
from common.forms.numbers import (
    NumberError,
    TooManyDecimalsError,
    currency_decimals,
    example,
    read_amount,
    read_number,
)

MAX_AMOUNT = Decimal(10) ** 12
"""No amount that people type reaches it."""


def why_too_large(limit: Decimal) -> str:
    return _("Enter a number below %(limit)s.") % {"limit": grouped(limit)}


class TypedNumber(forms.Field):
    """A number as the reader's language writes it, with at most ``decimals`` decimals; None if empty."""

    decimals = 3
    max_length = 20

    def __init__(self, **options: Any) -> None:
        attributes = {
            "inputmode": "decimal",
            "autocomplete": "off",
            "maxlength": self.max_length,
        }
        widget = forms.TextInput(attrs=attributes)
        super().__init__(widget=widget, localize=True, **options)

    def to_python(self, value: object) -> object:
        text = str(value or "").strip()
        if not text:
            return None
        try:
            return self.read(text)
        except TooManyDecimalsError as error:
            raise ValidationError(self.why_too_fine(), "max_decimal_places") from error
        except NumberError as error:
            raise ValidationError(self.why_no_number(), "invalid") from error

    def read(self, text: str) -> object:
        """Raises NumberError."""
        return read_number(text, decimals=self.decimals)

    def why_too_fine(self) -> str:
        text = ngettext(
            "At most %(count)d decimal is possible.",
            "At most %(count)d decimals are possible.",
            self.decimals,
        )
        return text % {"count": self.decimals}

    def why_no_number(self) -> str:
        return _("Enter a number, such as %(example)s.") % {"example": example(1)}


class WholeNumber(TypedNumber):
    """A whole number; takes the limits that a model's field gives to its form field."""

    decimals = 0

    def __init__(
        self,
        *,
        min_value: int | None = None,
        max_value: int | None = None,
        **options: object,
    ) -> None:
        super().__init__(**options)
        if min_value is not None:
            self.validators.append(MinValueValidator(min_value))
        if max_value is not None:
            self.validators.append(MaxValueValidator(max_value))

    def read(self, text: str) -> int:
        return int(read_number(text, decimals=self.decimals))

    def why_too_fine(self) -> str:
        return self.why_no_number()

    def why_no_number(self) -> str:
        return _("Enter a whole number, such as %(example)s.") % {"example": example(0)}


class Amount(TypedNumber):
    """An amount in RO App's currency, zero or above, with no more decimals than the currency has."""

    max_length = 24

    def read(self, text: str) -> object:
        return read_amount(text)

    def validate(self, value: Decimal | None) -> None:
        super().validate(value)
        if value is not None and value < 0:
            raise ValidationError(_("An amount cannot be negative."))
        if value is not None and value >= MAX_AMOUNT:
            raise ValidationError(why_too_large(MAX_AMOUNT))

    def why_too_fine(self) -> str:
        digits = currency_decimals()
        text = ngettext(
            "An amount in %(currency)s has at most %(count)d decimal.",
            "An amount in %(currency)s has at most %(count)d decimals.",
            digits,
        )
        if not digits:
            text = _("An amount in %(currency)s has no decimals.")
        return text % {"currency": settings.CURRENCY, "count": digits}

    def why_no_number(self) -> str:
        sentence = _("Enter an amount in %(currency)s, such as %(example)s.")
        shown = example(currency_decimals())
        return sentence % {"currency": settings.CURRENCY, "example": shown}


@dataclass(frozen=True, slots=True)
class Percent:
    """A share of something, of 100."""

    value: Decimal

    def of(self, amount: Decimal) -> Decimal:
        """This share of ``amount``, rounded half up to the currency's decimals."""
        smallest = Decimal(1).scaleb(-currency_decimals())
        return (amount * self.value / 100).quantize(smallest, ROUND_HALF_UP)


class Discount(Amount):
    """An amount, or a Percent of what the line costs without it: 5.50 or 10%."""

    def read(self, text: str) -> object:
        if not text.endswith("%"):
            return super().read(text)
        return Percent(read_number(text.removesuffix("%"), decimals=3))

    def validate(self, value: Decimal | Percent | None) -> None:
        if not isinstance(value, Percent):
            super().validate(value)
        elif not 0 <= value.value <= 100:
            raise ValidationError(_("A discount is between 0 and 100 %."))
