"""What the history of a store connection in the administration says: in the installation's language, with
values before and after, and never a secret."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext, override

from common.formats import day
from integrations.connections import connect

UNTOLD = {"kept", "go_on"}
"""Fields of the form that are no settings."""
NAMED_ONLY = {*connect.SECRETS, *connect.CREDENTIALS}
MAX_VALUE = 200


def changes_in_words(form: forms.ModelForm) -> list[str]:
    """ "Enabled: yes → no" for each field that was changed; secrets by their names alone."""
    with override(settings.LANGUAGE_CODE):
        return list(_changes(form))


def said_in_words(msgid: str) -> str:
    """In the installation's language, as an entry keeps it."""
    with override(settings.LANGUAGE_CODE):
        return gettext(msgid)


def _changes(form: forms.ModelForm) -> Iterator[str]:
    for name in form.changed_data:
        if name in UNTOLD:
            continue
        label = _label(form, name)
        if name in NAMED_ONLY:
            yield label
            continue
        field = form.fields[name]
        before = _in_words(field, form.get_initial_for_field(field, name))
        after = _in_words(field, form.cleaned_data.get(name))
        if before != after:
            yield f"{label}: {before} → {after}"


def _label(form: forms.ModelForm, name: str) -> str:
    """A model's label is kept in whatever language the form was made; its own is translated here."""
    known = {field.name: field for field in form._meta.model._meta.get_fields()}
    own = getattr(known.get(name), "verbose_name", None)
    return str(capfirst(str(own or form.fields[name].label or name)))


def _in_words(field: forms.Field, value: object) -> str:
    if isinstance(field, forms.ModelChoiceField):
        return _name_of(field, value)
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if value is None or value == "":
        return "–"
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices  # a list of pairs: none of ours has groups
        labels = {str(key): label for key, label in choices}
        return str(labels.get(str(value), value))
    return day(value) if isinstance(value, date) else str(value)[:MAX_VALUE]


def _name_of(field: forms.ModelChoiceField, value: object) -> str:
    """Of a row, or of a row's key, which may be offered no more."""
    assert field.queryset is not None  # noqa: S101  ours have one
    key = getattr(value, "pk", value)
    return str(field.queryset.model._default_manager.filter(pk=key).first() or "–")
