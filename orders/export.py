"""Orders as CSV: the columns that the user sees, streamed, and no cell that a spreadsheet would take for a formula."""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from babel.numbers import format_decimal
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, to_locale

from lists.paging import Sort, walk
from orders.columns import Column
from orders.models import Order
from orders.money import round_money
from orders.queries import OrderQuerySet

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
"""How text begins that a spreadsheet may read as a formula, https://owasp.org/www-community/attacks/CSV_Injection."""
BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes UTF-8 for something else."""
CHUNK = 1_000
Value = str | int | Decimal | datetime | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of each row. An empty ``label`` means the list column's own."""

    value: Callable[[Order], Value]
    label: str | Promise = ""
    is_contact: bool = False


CELLS: dict[str, list[Cell]] = {
    "number": [Cell(lambda order: order.pk)],
    "status": [Cell(lambda order: order.status.name)],
    "type": [Cell(lambda order: order.order_type.name)],
    "store": [Cell(lambda order: order.store.name if order.store else "")],
    "external": [Cell(lambda order: order.external_number)],
    "customer": [
        Cell(lambda order: order.customer_name),
        Cell(lambda order: order.customer.phone if order.customer else "", gettext_lazy("Phone"), is_contact=True),
        Cell(lambda order: order.customer.email if order.customer else "", gettext_lazy("E-mail"), is_contact=True),
    ],
    "items": [Cell(lambda order: order.items)],
    "total": [Cell(lambda order: order.total)],
    "created": [Cell(lambda order: order.placed_at)],
    "updated": [Cell(lambda order: order.synced_at)],
    "assignee": [Cell(lambda order: (order.assignee.get_full_name() or order.assignee.get_username()) if order.assignee else "")],
}
"""What each column of the list becomes in the file."""


def csv_lines(orders: OrderQuerySet, *, columns: Sequence[Column], sort: Sort, contact_data: bool) -> Iterator[str]:
    """The file line by line, a heading first. Read by the chunk: memory does not grow with the number of orders.

    Numbers and separators are as the user's language writes them, times in the user's zone. Phone and e-mail stand beside
    the customer only with ``contact_data``.
    """
    cells = [(column, cell) for column in columns for cell in CELLS[column.key] if contact_data or not cell.is_contact]
    # Where a comma separates decimals, Excel expects semicolons between cells.
    writer = csv.writer(_Lines(), delimiter=";" if get_language() == "de" else ",")
    yield BYTE_ORDER_MARK + writer.writerow([_inert(str(cell.label or column.label)) for column, cell in cells])
    for order in walk(orders.for_list().with_names(), sort=sort, chunk=CHUNK):
        yield writer.writerow([_written(cell.value(order)) for _column, cell in cells])


class _Lines:
    """A file that hands each line straight back to who writes it."""

    def write(self, line: str) -> str:
        return line


def _written(value: Value) -> str | int:
    match value:
        case None:
            return ""
        case int():
            return value
        case Decimal():
            amount = round_money(value)
            digits = "0" * -int(amount.as_tuple().exponent)
            return str(format_decimal(amount, format=f"0.{digits}".rstrip("."), locale=to_locale(get_language() or "en")))
        case datetime():
            return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
        case str():
            return _inert(value)


def _inert(text: str) -> str:
    """An apostrophe makes a spreadsheet show the rest as text."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text
