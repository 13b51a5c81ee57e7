"""The columns of the order list (O1), in their usual order and in the one that people choose."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.http import SignedInRequest
from orders.preferences import load_preferences


class Growth(IntEnum):
    """What a column does in a window wider than its table needs."""

    NONE = 0
    SHARE = 1
    """It grows with the window, as others do."""
    REST_ELSE = 2
    REST = 3
    """It takes what is left; where it is not shown, REST_ELSE does."""


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    label: str | Promise
    width: int
    """In pixels: what its heading and most of its values need in either language; where the values are
    states, what the longest of them needs."""
    sort: str = ""
    """The sort of this column (orders.order_list.sorting.SORTS); empty if the list cannot be sorted by it."""
    growth: Growth = Growth.SHARE
    is_usual: bool = True
    """Whether it is shown to somebody who has chosen no columns."""


NUMBER = Column("number", _("Number"), 80, sort="number", growth=Growth.NONE)
COLUMNS = [
    NUMBER,
    Column("status", _("Status"), 158),
    Column("type", _("Type"), 92),
    Column("store", _("Store"), 92),
    Column("external", _("External ID"), 84, growth=Growth.NONE),
    Column("customer", _("Customer"), 138, sort="customer", growth=Growth.REST_ELSE),
    Column("items", _("Items"), 148, growth=Growth.REST),
    Column("total", _("Total"), 116, sort="total", growth=Growth.NONE),
    Column("payment", _("Payment"), 142, growth=Growth.NONE, is_usual=False),
    Column("fulfilment", _("Fulfilment"), 158, growth=Growth.NONE, is_usual=False),
    Column("at-store", _("At the store"), 180, growth=Growth.NONE, is_usual=False),
    Column("write-off", _("Write-off"), 180, growth=Growth.NONE, is_usual=False),
    Column("due", _("Due date"), 86, sort="due", growth=Growth.NONE),
    Column("created", _("Created"), 84, sort="created"),
    Column("updated", _("Last updated"), 100, sort="updated"),
    Column("assignee", _("Assignee"), 90),
]
TABLE = 1312
"""How many pixels a table has in a window of 1360."""
SELECT = 40
"""The column of the boxes by which rows are selected."""


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


def is_wide(columns: Sequence[Column]) -> bool:
    """Whether they need more than the table has, which then scrolls sideways within itself."""
    return SELECT + sum(column.width for column in columns) > TABLE


def column_widths(columns: Sequence[Column]) -> list[str]:
    """For each column, as HTML has it: pixels, a share of the table, or nothing for what is left of it. They
    are the same whatever stands in the columns."""
    if is_wide(columns):
        return [f"{column.width}" for column in columns]
    rest = max(columns, key=lambda column: column.growth)
    if rest.growth == Growth.NONE:
        whole = sum(column.width for column in columns)
        return [_share(column, whole) for column in columns]
    return ["" if each is rest else _width(each) for each in columns]


def _width(column: Column) -> str:
    if column.growth == Growth.NONE:
        return f"{column.width}"
    return _share(column, TABLE)


def _share(column: Column, whole: int) -> str:
    return f"{100 * column.width / whole:.2f}%"
