"""Rows that others point to, such as statuses and warehouses: in use they cannot be deleted, and are retired
instead (S10).

What is retired is offered no more; where it is used it is still shown, and filters still find it. Which rows
use it is read from the models: whatever points to it with PROTECT, and is not a part of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.lists.pagination import count_up_to

MAX_COUNTED = 100_000


class Retirable(models.Model):
    is_active = models.BooleanField(_("active"), default=True, db_default=True)
    """False: retired."""

    GIVES: ClassVar[Mapping[str, Q]] = {}
    """Foreign keys that new rows are given: what they point to cannot be retired while the row is as the
    condition says."""

    class Meta:
        abstract = True

    @property
    def shown_name(self) -> str:
        """Its name, with a word where it is retired."""
        if self.is_active:
            return str(self)
        return gettext("%(name)s (retired)") % {"name": self}


@dataclass(frozen=True, slots=True)
class Use:
    """How many rows of a model point to a row with the foreign key ``field``; from ``MAX_COUNTED`` on that
    many or more."""

    model: type[models.Model]
    field: str
    count: int

    @property
    def is_capped(self) -> bool:
        return self.count > MAX_COUNTED


def uses_of(row: models.Model) -> list[Use]:
    """What keeps the row from being deleted, the most frequent first; empty if nothing does."""
    found = [
        Use(model, field, count_up_to(rows, MAX_COUNTED))
        for model, field, rows in _pointing_to(row)
    ]
    return sorted((use for use in found if use.count), key=lambda use: -use.count)


def is_in_use(row: models.Model) -> bool:
    return any(rows.exists() for _model, _field, rows in _pointing_to(row))


def _pointing_to(
    row: models.Model,
) -> list[tuple[type[models.Model], str, QuerySet[Any]]]:
    return [
        (
            each.related_model,
            each.field.name,
            each.related_model._base_manager.filter(**{each.field.name: row}),
        )
        for each in row._meta.related_objects
        if each.on_delete is models.PROTECT and not each.one_to_one
    ]


def givers_of(row: models.Model) -> Sequence[models.Model]:
    """The rows that give this one to new ones, such as the order types that begin with a status."""
    found: list[models.Model] = []
    for model, field, rows in _pointing_to(row):
        gives: Mapping[str, Q] = getattr(model, "GIVES", {})
        if field in gives:
            found += rows.filter(gives[field])
    return found


def retire(row: Retirable) -> str:
    """Offer it no more; why that is not possible, in the reader's language, else an empty text."""
    if givers := givers_of(row):
        names = ", ".join(
            gettext("%(kind)s “%(name)s”")
            % {"kind": each._meta.verbose_name, "name": each}
            for each in givers
        )
        return gettext(
            "“%(name)s” cannot be retired: new orders get it from %(givers)s. Choose another one there "
            "first."
        ) % {"name": row, "givers": names}
    _set(row, is_active=False)
    return ""


def restore(row: Retirable) -> str:
    """Offer it again; otherwise as ``retire``."""
    for field in row.GIVES:
        given = getattr(row, field)
        if not given.is_active:
            return gettext(
                "“%(name)s” cannot be brought back: “%(given)s”, which it gives to new orders, is retired."
            ) % {"name": row, "given": given}
    _set(row, is_active=True)
    return ""


def _set(row: Retirable, *, is_active: bool) -> None:
    row.is_active = is_active
    type(row)._default_manager.filter(pk=row.pk).update(is_active=is_active)
