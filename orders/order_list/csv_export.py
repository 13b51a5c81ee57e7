"""CSV export: the columns that the user sees, streamed, with no cell that a spreadsheet would run as a
formula."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from io import StringIO
from itertools import islice
from operator import attrgetter
from typing import Any, Protocol

from babel.numbers import get_decimal_symbol
from django.db.models import Value as Text
from django.db.models.functions import Coalesce, Concat, NullIf, Trim
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import (
    get_language,
    gettext_lazy,
    pgettext_lazy,
    to_locale,
)

from common.bulk_sql import any_of
from common.formats import quantities
from common.kinds import label
from common.lists.pagination import Sort, iterate
from customers.phones import typed_beside
from orders.domain.buyer_entries import Entries, as_text, shown
from orders.domain.labels import Labels, fulfilment_label, payment_label
from orders.domain.money import round_money
from orders.models import OrderLine, OrderQuerySet, WriteOff
from orders.order_list.columns import Column
from orders.order_list.store_states import COLUMNS as STATE_COLUMNS
from orders.order_list.store_states import AtStore, StoreState, states_of

APOSTROPHE = "'"
HIDDEN_FORMULA = re.compile(r"""(?<=[;,\t|"'])(?=\s*(?:[=@＝＠]|[-+－＋][\w(]))""")
"""Not 5,- as prices are written."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
"""First characters of text that a spreadsheet may read as a formula,
https://owasp.org/www-community/attacks/CSV_Injection."""
SIGN_OF_FORMULA = re.compile(f"[{re.escape(''.join(FORMULA))}]")
"""Text without any of them is no formula; most texts are without."""
BYTE_ORDER_MARK = "\ufeff"
"""Excel does not recognise UTF-8 without it."""
CHUNK = 1_000
NAME = Coalesce(
    NullIf(
        Trim(Concat("assignee__first_name", Text(" "), "assignee__last_name")), Text("")
    ),
    "assignee__username",
)
"""A user's name as everywhere: first and last name, else the user name."""
Value = str | int | Decimal | datetime | date | None


class _Row(AtStore, Protocol):
    """What words are made of. A row has those of these fields that its cells ask for."""

    @property
    def items(self) -> str: ...
    @property
    def fulfilment(self) -> str: ...
    @property
    def write_off(self) -> int: ...
    @property
    def customer_name(self) -> str: ...
    @property
    def customer__phone(self) -> str | None: ...
    @property
    def customer__phone_typed(self) -> str | None: ...
    @property
    def customer__email(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of each row. An empty ``label`` means that of the list's column."""

    value: str
    """Its field in a query."""
    label: str | Promise = ""
    is_contact: bool = False
    words: Callable[[_Row, "Words"], str] | None = None
    """Makes words of the row, where the field holds a code or is not enough."""
    also: Sequence[str] = ()
    """Further fields that ``words`` reads."""


class Words:
    """Words for codes in the user's language, as one file needs them."""

    def __init__(self) -> None:
        self.payment = Labels(payment_label)
        self.fulfilment = Labels(fulfilment_label)
        self.write_off = Labels(partial(label, WriteOff))
        self.state = {state: str(state.label) for state in StoreState}


def _payment(row: _Row, words: Words) -> str:
    return words.payment[row.payment] if row.payment else ""


def _fulfilment(row: _Row, words: Words) -> str:
    return words.fulfilment[row.fulfilment] if row.fulfilment else ""


def _write_off(row: _Row, words: Words) -> str:
    return words.write_off[row.write_off] if row.write_off else ""


def _states(row: _Row, words: Words) -> str:
    return ", ".join(words.state[state] for state in states_of(row))


def _phone(row: _Row, _words: Words) -> str:
    """The customer's number with what was typed beside it."""
    phone = row.customer__phone or ""
    typed = typed_beside(row.customer__phone_typed or "", phone)
    return f"{phone} ({typed})" if typed else phone


def _known_as(row: _Row, _words: Words) -> str:
    return row.customer_name or row.customer__email or ""


NAMED = Cell("customer_name", words=_known_as, also=["customer__email"])
"""The customer, by e-mail where nothing else is known: for those who may see it."""
CELLS: dict[str, list[Cell]] = {
    "number": [Cell("id")],
    "status": [Cell("status__name")],
    "type": [Cell("order_type__name")],
    "store": [Cell("store__name")],
    "external": [
        Cell("external_number"),
        Cell("purchase_order", gettext_lazy("Purchase order")),
    ],
    "customer": [
        Cell("customer_name"),
        Cell(
            "customer__phone",
            gettext_lazy("Phone"),
            is_contact=True,
            words=_phone,
            also=["customer__phone_typed"],
        ),
        Cell("customer__email", gettext_lazy("E-mail"), is_contact=True),
    ],
    "items": [
        Cell("items", words=lambda row, _words: quantities(row.items)),
        Cell("buyer_entries", gettext_lazy("Entered by the buyer")),
    ],
    "total": [
        Cell("total"),
        Cell("store_paid", pgettext_lazy("amount", "Paid")),
        Cell("store_due", gettext_lazy("Still due")),
    ],
    "payment": [Cell("payment", words=_payment)],
    "fulfilment": [Cell("fulfilment", words=_fulfilment)],
    "at-store": [Cell("payment", words=_states, also=STATE_COLUMNS)],
    "write-off": [Cell("write_off", words=_write_off)],
    "due": [Cell("due_on")],
    "created": [Cell("placed_at")],
    "updated": [Cell("synced_at")],
    "assignee": [Cell("assignee_name")],
}
"""The cells of each column of the list."""


def csv_rows(
    orders: OrderQuerySet, *, columns: Sequence[Column], sort: Sort, contact_data: bool
) -> Iterator[str]:
    """The file, its heading first and then a CHUNK of lines at a time: memory does not grow with the number
    of orders.

    Numbers and separators follow the user's language, times the user's zone. Phone and e-mail stand beside
    the customer only with ``contact_data``.
    """
    cells = [
        (column, NAMED if contact_data and cell.value == "customer_name" else cell)
        for column in columns
        for cell in CELLS[column.key]
        if contact_data or not cell.is_contact
    ]
    # Where decimals have a comma, Excel expects semicolons between cells.
    delimiter = ";" if get_language() == "de" else ","
    heading = [_inert(str(cell.label or column.label)) for column, cell in cells]
    yield BYTE_ORDER_MARK + _lines([heading], delimiter)
    names = {name for _column, cell in cells for name in [cell.value, *cell.also]}
    rows = orders.annotate(assignee_name=NAME).values_list(
        *{*names, "id", sort.column.field}, named=True
    )
    words = Words()
    read = [_reader(cell, words) for _column, cell in cells]
    written = _writers()
    every = iterate(rows, sort=sort, chunk=CHUNK)
    while chunk := list(islice(every, CHUNK)):
        if "buyer_entries" in names:
            chunk = _with_entries_of_lines(chunk)
        found = ([cell(row) for cell in read] for row in chunk)
        yield _lines(
            ([written[type(value)](value) for value in values] for values in found),
            delimiter,
        )


def _reader(cell: Cell, words: Words) -> Callable[[Any], Value]:
    if (in_words := cell.words) is None:
        return attrgetter(cell.value)
    return lambda row: in_words(row, words)


def _lines(rows: Iterable[Sequence[str | int]], delimiter: str) -> str:
    file = StringIO(newline="")
    csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    return file.getvalue()


def _with_entries_of_lines(rows: Sequence[Any]) -> list[Any]:
    """The rows with all that buyers entered, for the order and for its lines, as one text."""
    entered = _entered_for_lines(rows)
    return [
        row._replace(
            buyer_entries=_in_one_line(
                [*(row.buyer_entries or []), *entered.get(row.id, [])]
            )
        )
        if row.buyer_entries or row.id in entered
        else row
        for row in rows
    ]


def _in_one_line(entries: Entries) -> str:
    return as_text(shown(entries)).replace("\n", "; ")


def _entered_for_lines(rows: Sequence[Any]) -> dict[int, list[list[str]]]:
    """What buyers entered for the lines of these orders, by order."""
    lines = OrderLine.objects.filter(
        any_of("order_id", [row.id for row in rows]), buyer_entries__isnull=False
    )
    found: dict[int, list[list[str]]] = {}
    for order_id, entries in lines.order_by("order_id", "position", "id").values_list(
        "order_id", "buyer_entries"
    ):
        found.setdefault(order_id, []).extend(entries or [])
    return found


def _writers() -> Mapping[type, Callable[[Any], str | int]]:
    """How values of each type are written for the user who reads the file."""
    zone = timezone.get_current_timezone()
    separator = get_decimal_symbol(to_locale(get_language() or "en"))

    def amount(value: Decimal) -> str:
        return f"{round_money(value):f}".replace(".", separator)

    return {
        type(None): lambda _nothing: "",
        int: lambda number: number,
        Decimal: amount,
        datetime: lambda moment: moment.astimezone(zone).isoformat(" ")[:16],
        date: date.isoformat,
        str: _inert,
    }


def _inert(text: str) -> str:
    """A spreadsheet shows text after an apostrophe as it is. One that takes another sign for the separator
    begins a cell in the middle of a text."""
    if not text or not SIGN_OF_FORMULA.search(text):
        return text
    if text.lstrip(" ").startswith(FORMULA):
        return f"'{text[0]}{HIDDEN_FORMULA.sub(APOSTROPHE, text[1:])}"
    return HIDDEN_FORMULA.sub(APOSTROPHE, text)
