"""The warehouse that a person writes off from: those that are offered, and the last one comes first."""

from collections.abc import MutableMapping, Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.prepared import prepared
from inventory.messages import SENTENCES
from inventory.models import Warehouse
from inventory.stock import InactiveWarehouseError

LAST = "warehouse"
"""The session's key of the warehouse last written off from."""
Session = MutableMapping[str, Any]


class WarehouseForm(forms.Form):
    warehouse = forms.ModelChoiceField(
        Warehouse.objects.filter(is_active=True),
        label=pgettext_lazy("warehouse", "From"),
        empty_label=None,
        error_messages={
            "required": _("Choose a warehouse."),
            "invalid_choice": _(SENTENCES[InactiveWarehouseError]),
        },
    )


@prepared
def offered_warehouses() -> QuerySet[Warehouse]:
    return Warehouse.objects.filter(is_active=True)


def proposed(warehouses: Sequence[Warehouse], session: Session) -> Warehouse | None:
    """Of these the one that the person chose last, else the first."""
    last = session.get(LAST)
    first = warehouses[0] if warehouses else None
    return next((each for each in warehouses if each.pk == last), first)


def remember(warehouse: Warehouse, session: Session) -> None:
    session[LAST] = warehouse.pk
