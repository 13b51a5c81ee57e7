"""The active filters as chips: their text, and the URL without them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.formats import grouped, short_day
from common.forms.filter_fields import KnownValues
from customers.models import Customer
from orders.models import Row
from orders.order_list.filters import NAMES, OrderFilter

LABELS: dict[str, str | Promise] = {
    "q": gettext_lazy("Search"),
    "store": gettext_lazy("Store"),
    "status": gettext_lazy("Status"),
    "group": gettext_lazy("Status group"),
    "type": gettext_lazy("Type"),
    "assignee": gettext_lazy("Assignee"),
    "customer": gettext_lazy("Customer"),
    "created": gettext_lazy("Created"),
    "from": gettext_lazy("From"),
    "to": gettext_lazy("Until"),
    "due": gettext_lazy("Due"),
    "payment": gettext_lazy("Payment"),
    "fulfilment": gettext_lazy("Fulfilment"),
    "at_store": gettext_lazy("At the store"),
    "write_off": gettext_lazy("Write-off"),
    "attention": "",
    "ids": gettext_lazy("Selected"),
}


@dataclass(frozen=True, slots=True)
class Chip:
    label: str
    value: str
    url: str


def filter_chips(
    filters: OrderFilter, url: QueryDict, rows: Sequence[Row], *, contact_data: bool
) -> list[Chip]:
    """One chip per filter value, in the order of the filters. ``url`` is the list's first page, ``rows``
    are the orders on the present one; without ``contact_data`` no e-mail stands for a name."""
    return [
        Chip(
            str(LABELS[name]),
            _words(filters, name, value, rows, contact_data=contact_data),
            _without(url, name, str(value)),
        )
        for name in NAMES
        for value in _values(name, filters.cleaned_data[name])
    ]


# A filter's value has whatever type its field makes of what was given.
def _values(name: str, given: Any) -> list[Any]:  # noqa: ANN401  see above
    if name == "ids":
        return [grouped(len(given))] if given else []
    if isinstance(given, list):
        return given
    return [given] if given else []


def _words(
    filters: OrderFilter,
    name: str,
    value: Any,  # noqa: ANN401  as _values has it
    rows: Sequence[Row],
    *,
    contact_data: bool,
) -> str:
    field = filters.fields[name]
    if isinstance(field, KnownValues):
        return next(label for key, label in field.offered if key == value)
    if name == "customer":
        return _name_of(value, rows, contact_data=contact_data)
    return short_day(value) if isinstance(value, date) else str(value)


def _name_of(customer: int, rows: Sequence[Row], *, contact_data: bool) -> str:
    # The page usually shows orders of this customer, and so knows the name.
    shown = next((row.customer_name for row in rows if row.customer_id == customer), "")
    if shown:
        return shown
    known = Customer.objects.filter(pk=customer).for_list(contact_data=contact_data)
    found = known.first()
    return found.known_as(contact_data=contact_data) if found else _("Unknown")


def _without(url: QueryDict, name: str, value: str) -> str:
    """The relative URL without one value of a filter."""
    left = url.copy()
    kept = [each for each in left.getlist(name) if each != value]
    left.setlist(name, [] if len(kept) == len(left.getlist(name)) else kept)
    return f"?{left.urlencode() or 'view=all'}"
