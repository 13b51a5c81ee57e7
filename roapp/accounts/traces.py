"""Who has left traces: history names them, so their account stays (O10)."""

from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Exists, ForeignObjectRel, Q, QuerySet

OWN = "GOES_WITH_ITS_USER"
"""The attribute of a model with which it says which of its rows, as a Q, are nobody else's business: they are
no traces. Q() is all of them. Rows of a model without it are traces, so that none can be forgotten."""


def has_traces(user: User) -> bool:
    found = reduce(or_, (Exists(rows) for rows in _traces_of(user)), Q())
    return User.objects.filter(found, pk=user.pk).exists()


def personal_names() -> set[str]:
    """What the rows that go with a user without being worth a word are called, many of them."""
    return {
        str(each.related_model._meta.verbose_name_plural)
        for each in _relations()
        if getattr(each.related_model, OWN, None) == Q()
    }


def _traces_of(user: User) -> Iterator[QuerySet[Any]]:
    for each in _relations():
        rows = each.related_model._base_manager.filter(**{each.field.name: user.pk})
        own: Q | None = getattr(each.related_model, OWN, None)
        if own is None:
            yield rows
        elif own:
            yield rows.exclude(own)


def _relations() -> list[ForeignObjectRel]:
    """What points to users, without the tables that only hold who is in which group. Those with an index
    come first: mostly one of them answers already."""
    found = [
        each
        for each in User._meta.get_fields(include_hidden=True)
        if isinstance(each, ForeignObjectRel)
        and not each.related_model._meta.auto_created
    ]
    return sorted(found, key=lambda each: not getattr(each.field, "db_index", False))
