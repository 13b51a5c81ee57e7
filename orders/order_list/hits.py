"""Why a row of a searched list is there: the words that were searched, marked in what the row shows, and said
in a few words where they are in something that it does not show."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from common.formats import quantities
from common.lists.marks import (
    Span,
    marked,
    spans_of_bare,
    spans_of_short_word,
    spans_of_word,
)
from common.text import DIGITS
from customers.phones import written_phone
from orders.domain.buyer_entries import Entries, identifying
from orders.domain.external_numbers import digits_in
from orders.models import Order, Row
from orders.order_list.search import Term

Look = Callable[[str, Term], list[Span]]
"""Where a text has what is looked for."""
DIGIT = re.compile("[0-9]")
ROOMS = {"customer_name": 20, "customer__email": 20, "items": 36}
REASON = 18
"""How many characters of these texts, and of a reason, are seen in a column."""
HIDDEN = [
    *["id", "purchase_order", "buyer_entries", "customer__company"],
    *["lines__name", "lines__sku", "lines__buyer_entries"],
]
CONTACT = ["customer__email", "customer__phone", "customer__phone_typed"]

NO_REASON = ("", "")


class Hit(NamedTuple):
    """A row's texts with their marks, by the names that they have in the row."""

    id: str
    external_number: str
    customer_name: str
    customer__email: str
    buyer_name: str
    items: str
    phone: str
    """As people write it."""
    reason: str
    """Where else the words are, as far as there is room; then in full, without marks."""
    full_reason: str


class Field(NamedTuple):
    """A text that only the order's page shows, or another column."""

    label: str
    text: str
    look: Look


class Found(NamedTuple):
    """A text of the row, and where it has each of the terms."""

    text: str
    spans: list[list[Span]]


def in_text(text: str, term: Term) -> list[Span]:
    return [
        span
        for word in term.words
        for span in (
            spans_of_short_word(text, word.text)
            if word.starts_short
            else spans_of_word(text, word.text)
        )
    ]


def in_own_number(text: str, term: Term) -> list[Span]:
    return [(0, len(text))] if text == str(term.pk) else []


def in_store_number(text: str, term: Term) -> list[Span]:
    found = in_text(text, term)
    if not term.number:
        return found
    digits = digits_in(term.number)
    runs = [run for run in DIGITS.finditer(text) if digits_in(run[0]) == digits]
    return [*found, *(run.span() for run in runs)]


def in_identifier(text: str, term: Term) -> list[Span]:
    found = in_text(text, term)
    if found:
        return found
    words = [word for word in term.words if not word.starts_short]
    return [span for word in words for span in spans_of_bare(text, word.text)]


def in_phone(number: str) -> Look:
    """Looks in ``number`` as people write it: the stored one may begin with other digits, and ends alike."""
    stored = "".join(DIGIT.findall(number))

    def look(written: str, term: Term) -> list[Span]:
        shown = [digit.start() for digit in DIGIT.finditer(written)]
        at = stored.find(term.phone) if term.phone.isdigit() else -1
        if at < 0:
            return in_text(written, term) if written == number else []
        first = len(shown) - len(stored) + at
        end = first + len(term.phone)
        return [(shown[max(first, 0)], shown[end - 1] + 1)] if end > 0 else []

    return look


class Hits:
    """Finds ``terms`` in rows with these columns, for somebody who may see contact data or not."""

    def __init__(
        self, terms: Sequence[Term], columns: Collection[str], *, contact_data: bool
    ) -> None:
        self.terms, self.columns = terms, columns
        self.contact_data = contact_data

    def of(self, rows: Sequence[Row]) -> dict[int, Hit]:
        """By order. One query at most: where no row has hidden what was searched, none."""
        found = {row.id: self._found(row) for row in rows}
        missing = {
            row.id: terms for row in rows if (terms := self._hidden(row, found[row.id]))
        }
        reasons = self._reasons(missing, {row.id: row for row in rows})
        return {
            pk: _hit(texts, reasons.get(pk, NO_REASON)) for pk, texts in found.items()
        }

    def _found(self, row: Row) -> dict[str, Found]:
        """What the list has of a row, by the names of its texts."""
        phone = row.customer__phone or "" if self.contact_data else ""
        email = row.customer__email or "" if self.contact_data else ""
        return {
            "id": self._look(str(row.id), in_own_number),
            "external_number": self._look(row.external_number, in_store_number),
            "customer_name": self._look(row.customer_name, in_text),
            "customer__email": self._look(email, in_text),
            "buyer_name": self._look(row.buyer_name, in_text),
            "items": self._look(quantities(row.items), in_text),
            "phone": self._look(written_phone(phone), in_phone(phone)),
        }

    def _look(self, text: str, look: Look) -> Found:
        return Found(text, [look(text, term) for term in self.terms])

    def _hidden(self, row: Row, found: dict[str, Found]) -> list[Term]:
        """The terms that nobody sees in the row."""
        seen = [found[name].spans for name in self._shown(row)]
        return [
            term
            for place, term in enumerate(self.terms)
            if not any(spans[place] for spans in seen)
        ]

    def _shown(self, row: Row) -> Iterator[str]:
        """The texts that the row shows with these columns."""
        yield "id"
        if "external" in self.columns:
            yield "external_number"
        if "items" in self.columns:
            yield "items"
        if "customer" in self.columns:
            yield from ["customer_name", "buyer_name", "phone"]
            if (
                row.customer_id
                and not row.customer_name
                and not row.customer__erased_at
            ):
                yield "customer__email"

    def _reasons(
        self, missing: dict[int, list[Term]], rows: dict[int, Row]
    ) -> dict[int, tuple[str, str]]:
        """What to say of the orders that hide these terms."""
        if not missing:
            return {}
        columns = [*HIDDEN, *(CONTACT if self.contact_data else [])]
        found = Order.objects.filter(pk__in=missing).order_by("pk", "lines__position")
        fields: dict[int, list[Field]] = {}
        for values in found.values(*columns):
            pk = values["id"]
            if pk not in fields:
                fields[pk] = [*_of_row(rows[pk]), *_of_order(values)]
            fields[pk] += _of_line(values)
        return {pk: _said(each, missing[pk]) for pk, each in fields.items()}


def _hit(found: dict[str, Found], reason: tuple[str, str]) -> Hit:
    texts = {
        name: marked(text, chain.from_iterable(spans), ROOMS.get(name, 0))
        for name, (text, spans) in found.items()
    }
    return Hit(**texts, reason=reason[0], full_reason=reason[1])


def _of_row(row: Row) -> Iterator[Field]:
    """What a row has and shows only in some of the columns."""
    yield Field(gettext("External ID"), row.external_number, in_store_number)
    yield Field(gettext("Customer"), row.customer_name, in_text)
    yield Field(gettext("Buyer"), row.buyer_name, in_text)


def _of_order(values: dict[str, Any]) -> Iterator[Field]:
    phone = values.get("customer__phone") or ""
    typed = values.get("customer__phone_typed") or ""
    yield Field(gettext("Phone"), written_phone(phone), in_phone(phone))
    yield Field(gettext("Phone"), typed, in_phone(typed))
    yield Field(gettext("E-mail"), values.get("customer__email") or "", in_text)
    yield Field(gettext("Company"), values["customer__company"] or "", in_text)
    yield Field(gettext("Purchase order"), values["purchase_order"], in_text)
    yield from _entered(values["buyer_entries"])


def _of_line(values: dict[str, Any]) -> Iterator[Field]:
    yield Field(gettext("SKU"), values["lines__sku"] or "", in_text)
    yield from _entered(values["lines__buyer_entries"])
    yield Field(gettext("Item"), values["lines__name"] or "", in_text)


def _entered(entries: Entries) -> Iterator[Field]:
    for name, value in identifying(entries):
        yield Field(name.lstrip("_"), value, in_identifier)


def _said(fields: Sequence[Field], terms: Iterable[Term]) -> tuple[str, str]:
    """The first field that has each term: as a reason, and in full."""
    found: dict[int, list[Span]] = {}
    for term in terms:
        for place, field in enumerate(fields):
            if spans := field.look(field.text, term):
                found.setdefault(place, []).extend(spans)
                break
    said = [(fields[place], spans) for place, spans in found.items()]
    pieces = [
        f"{escape(each.label)} <bdi>{marked(each.text, at, REASON)}</bdi>"
        for each, at in said
    ]
    return (
        SafeString(" · ".join(pieces)),
        " · ".join(f"{each.label} {each.text}" for each, _spans in said),
    )
