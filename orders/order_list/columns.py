"""The columns of the order list (O1), in their usual order and in the one that people choose."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

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
    width: int = 100
    """How much of the table it takes, beside the others: pixels in a window of 1360."""
    is_usual: bool = True
    """Whether it is shown to somebody who has chosen no columns."""


NUMBER = Column("number", _("Number"), sort="number", width=76)
COLUMNS = [
    NUMBER,
    Column("status", _("Status"), width=162),
    Column("type", _("Type"), width=92),
    Column("store", _("Store"), width=92),
    Column("external", _("External ID"), width=84),
    Column("customer", _("Customer"), sort="customer", width=146),
    Column("items", _("Items"), width=148),
    Column("total", _("Total"), sort="total", width=122),
    Column("payment", _("Payment"), width=100, is_usual=False),
    Column("fulfilment", _("Fulfilment"), width=112, is_usual=False),
    Column("at-store", _("At the store"), width=112, is_usual=False),
    Column("write-off", _("Write-off"), width=112, is_usual=False),
    Column("due", _("Due date"), sort="due", width=94),
    Column("created", _("Created"), sort="created", width=84),
    Column("updated", _("Last updated"), sort="updated", width=108),
    Column("assignee", _("Assignee"), width=86),
]


def known(keys: Sequence[object]) -> list[str]:
    """Those of ``keys`` that are columns, in their order; the number always comes first."""
    return [column.key for column in columns_named(keys)]


def usual_columns(request: SignedInRequest) -> list[Column]:
    """The columns that the user has chosen; by default those that are usual."""
    chosen = load_preferences(request).columns
    if isinstance(chosen, list) and chosen:
        return columns_named(chosen)
    return columns_named([column.key for column in COLUMNS if column.is_usual])


def columns_named(keys: Sequence[object]) -> list[Column]:
    by_key: dict[object, Column] = {column.key: column for column in COLUMNS}
    found = dict.fromkeys(by_key[key] for key in keys if key in by_key)
    return [NUMBER, *(column for column in found if column is not NUMBER)]


def moved(keys: Sequence[str], key: str, *, by_places: int) -> list[str]:
    """``keys`` with this one so many places further on, as far as there is room; the first one stays."""
    order = [each for each in keys if each != key]
    if len(order) < len(keys):
        place = keys.index(key) + by_places
        order.insert(min(max(place, 1), len(order)), key)
    return order


def all_columns(shown: Sequence[Column]) -> list[Column]:
    """The columns shown, in their order, each of the others behind the one that it usually follows, and no
    number."""
    found = list(shown)
    for before, column in pairwise(COLUMNS):
        if column not in found:
            found.insert(found.index(before) + 1, column)
    return found[1:]


def column_widths(columns: Sequence[Column]) -> list[str]:
    """Of the table's width, for each column: the same whatever stands in them, and never more than all."""
    whole = sum(column.width for column in columns)
    return [f"{100 * column.width / whole:.2f}%" for column in columns]
