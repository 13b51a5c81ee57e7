"""The columns of the order list (O1), in their order."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.http import SignedInRequest
from orders.preferences import load_preferences


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    label: str | Promise
    sort: str = ""
    """The sort of this column (orders.order_list.sorting.SORTS); empty if the list cannot be sorted by it."""
    is_usual: bool = True
    """Whether it is shown to somebody who has chosen no columns."""


NUMBER = Column("number", _("Number"), sort="number")
COLUMNS = [
    NUMBER,
    Column("status", _("Status")),
    Column("type", _("Type")),
    Column("store", _("Store")),
    Column("external", _("External ID")),
    Column("customer", _("Customer"), sort="customer"),
    Column("items", _("Items")),
    Column("total", _("Total"), sort="total"),
    Column("payment", _("Payment"), is_usual=False),
    Column("fulfilment", _("Fulfilment"), is_usual=False),
    Column("at-store", _("At the store"), is_usual=False),
    Column("due", _("Due date"), sort="due", is_usual=False),
    Column("created", _("Created"), sort="created"),
    Column("updated", _("Last updated"), sort="updated"),
    Column("assignee", _("Assignee")),
]


def known(keys: Sequence[object]) -> list[str]:
    """Those of ``keys`` that are columns; the number is always shown."""
    return [column.key for column in COLUMNS if column is NUMBER or column.key in keys]


def usual_columns(request: SignedInRequest) -> list[Column]:
    """The columns that the user has chosen; by default those that are usual."""
    chosen = load_preferences(request).columns
    if isinstance(chosen, list) and chosen:
        return columns_named(chosen)
    return columns_named([column.key for column in COLUMNS if column.is_usual])


def columns_named(keys: Sequence[object]) -> list[Column]:
    names = known(keys)
    return [column for column in COLUMNS if column.key in names]
