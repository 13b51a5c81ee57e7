from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from common.forms.seen import SeenForm
from customers.editing import FIELDS, NAMED_BY
from customers.phones import MAX_LENGTH, Reading, read_phone

MIN_DIGITS = 3
"""Fewer are no phone number, not even an emergency one."""


class CustomerForm(forms.Form):
    """What people write of a customer. Something to recognise them by is needed, nothing in particular."""

    first_name = forms.CharField(label=_("First name"), max_length=255, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=255, required=False)
    company = forms.CharField(label=_("Company"), max_length=255, required=False)
    email = forms.CharField(
        label=_("E-mail"), max_length=255, required=False, widget=forms.EmailInput
    )
    address = forms.CharField(
        label=_("Address"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Postal lines, as on an envelope."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _ask_no_browser(self)

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        # What a store sent may be no proper address; it may stay as it is.
        if email and not self.is_as_stored("email", email):
            validate_email(email)
        return email

    def is_as_stored(self, name: str, text: str) -> bool:
        return bool(text == self.initial.get(name))

    def clean_address(self) -> str:
        lines = self.cleaned_data["address"].splitlines()
        return "\n".join(line.strip() for line in lines if line.strip())

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        known = [*(given.get(name) for name in NAMED_BY), self.initial.get("phone")]
        if not self.errors and not any(known):
            raise ValidationError(NAMELESS)
        return given


NAMELESS = _("Enter a name, a company, a phone number or an e-mail address.")


class PhoneField(forms.CharField):
    """A number in any notation; its clean value is a Reading."""

    widget = forms.TextInput(attrs={"type": "tel"})

    def clean(self, value: object) -> Reading:
        text = super().clean(value)
        if text and sum(char.isdigit() for char in text) < MIN_DIGITS:
            raise ValidationError(
                _(
                    "Enter a valid phone number, such as 0151 23456789 or +44 20 7946 0958."
                )
            )
        return read_phone(text, settings.COUNTRY)


class NewCustomerForm(CustomerForm):
    phone = PhoneField(label=_("Phone"), max_length=MAX_LENGTH, required=False)

    field_order = ["first_name", "last_name", "company", "phone", "email", "address"]


class EditCustomerForm(SeenForm, CustomerForm):
    """``initial`` holds the customer's present values and its main number."""

    SHOWN = tuple(FIELDS)
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        help_text=_("What is printed for the customer is in this language."),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ChoiceField", self.fields["language"])
        known = [self.initial.get("language"), self.values_seen.get("language")]
        field.choices = _languages(known)
        self.show()

    def is_as_stored(self, name: str, text: str) -> bool:
        return name not in self.touched or super().is_as_stored(name, text)


class PhoneForm(forms.Form):
    phone = PhoneField(label=_("Phone number"), max_length=MAX_LENGTH)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _ask_no_browser(self)


def _languages(known: Iterable[str | None]) -> list[tuple[str, str | Promise]]:
    """Those that RO App speaks, and the one that a store has for this customer."""
    spoken = {
        code: capfirst(get_language_info(code)["name_translated"])
        for code, _name in settings.LANGUAGES
    }
    for code in known:
        if code:
            spoken.setdefault(code, code)
    return [("", _("Not known")), *spoken.items()]


def _ask_no_browser(form: forms.Form) -> None:
    """Staff write down other people's data: the browser must not offer their own."""
    for field in form.fields.values():
        field.widget.attrs["autocomplete"] = "off"
