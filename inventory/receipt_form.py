"""The form of a receipt's draft: its head, its lines, and the product that is being added, in one."""

from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.http import QueryDict
from django.utils.translation import gettext as _

from common.forms.numbers import NumberError, read_number
from common.http import MAX_INTEGER, int_or_none
from common.lists.search import typed_words
from inventory.forms import ReceiptForm, ReceiptLineForm
from inventory.messages import plain, plain_cost
from inventory.models import Product, Receipt
from inventory.receipts import HEAD, DraftLine
from inventory.search import exactly

MAX_LINES = 250
"""Three fields each: Django refuses forms with more than 1,000."""
LineForms = formset_factory(
    ReceiptLineForm,
    extra=0,
    can_delete=True,
    max_num=MAX_LINES,
    validate_max=True,
    absolute_max=MAX_LINES + 1,
)


class Draft:
    """A receipt as a person writes it. ``posted`` is what they sent, None to show what is stored.

    What is sent may hold ``product`` (the id of one to add) or ``find`` with a search text ``q`` (added if it
    is the SKU or code of exactly one product). Adding a product that stands there already counts one more.
    """

    def __init__(self, receipt: Receipt, posted: QueryDict | None) -> None:
        self.receipt = receipt
        self.unmatched = ""
        """The search text that named no single product."""
        values = posted.copy() if posted is not None else None
        if values is not None:
            self._add(values)
        self.form = ReceiptForm(values, instance=receipt)
        self.line_forms: BaseFormSet[Any] = LineForms(
            values,
            prefix="line",
            initial=None if values is not None else self._stored(),
        )
        self._name_products()

    def _stored(self) -> list[dict[str, Any]]:
        if not self.receipt.pk:
            return []
        rows = self.receipt.lines.values_list("product", "quantity", "cost")
        return [
            {
                "product": product,
                "quantity": plain(quantity),
                "cost": "" if cost is None else plain_cost(cost),
            }
            for product, quantity, cost in rows
        ]

    def _add(self, values: QueryDict) -> None:
        wanted = values.get("product", "")
        text = typed_words(values)
        if not wanted and text and "find" in values:
            matches = list(exactly(text)[:2])
            wanted = str(matches[0].pk) if len(matches) == 1 else ""
            self.unmatched = "" if wanted else text
        total = int_or_none(values.get("line-TOTAL_FORMS"), most=9_999)
        if not wanted or total is None:
            return
        for number in range(total):
            is_it = (
                values.get(f"line-{number}-product") == wanted
                and f"line-{number}-DELETE" not in values
            )
            if is_it and (
                one_more := _one_more(values.get(f"line-{number}-quantity", ""))
            ):
                values[f"line-{number}-quantity"] = one_more
                return
        values["line-TOTAL_FORMS"] = str(int(total) + 1)
        values[f"line-{total}-product"], values[f"line-{total}-quantity"] = wanted, "1"

    def _name_products(self) -> None:
        """Give each line's form its product, all in one query."""
        ids = [
            (form, int_or_none(str(form["product"].value())))
            for form in self.line_forms
        ]
        products = Product.objects.defer("description", "search").in_bulk(
            {pk for _form, pk in ids if pk}
        )
        for form, pk in ids:
            form.product_row = products.get(pk) if pk else None

    @property
    def trouble(self) -> str:
        """What is wrong with the lines as a whole."""
        errors = self.line_forms.non_form_errors()
        if any(error.code == "too_many_forms" for error in errors.as_data()):
            return _(
                "A receipt has at most %(count)d lines. Write the others on a second one."
            ) % {"count": MAX_LINES}
        return " ".join(str(error) for error in errors)

    @property
    def size(self) -> int:
        """How many lines it has, with those that are wrong or to be removed."""
        return len(self.line_forms.forms)

    @property
    def version(self) -> int:
        """Of the draft that the person has seen."""
        seen = int_or_none(self.form.data.get("version"), most=MAX_INTEGER)
        return -1 if seen is None else seen

    def is_valid(self) -> bool:
        is_valid = self.form.is_valid() & self.line_forms.is_valid()
        for form in self.line_forms:
            if not form.product_row and not self._is_deleted(form):
                form.add_error(
                    None, _("This product does not exist any more. Remove the line.")
                )
                is_valid = False
        return is_valid

    def _is_deleted(self, form: forms.Form) -> bool:
        return bool(form.data.get(form.add_prefix("DELETE")))

    @property
    def head(self) -> dict[str, Any]:
        return {name: self.form.cleaned_data[name] for name in HEAD}

    @property
    def lines(self) -> list[DraftLine]:
        return [
            DraftLine(
                form.product_row.pk,
                form.cleaned_data["quantity"],
                form.cleaned_data["cost"],
            )
            for form in self.line_forms
            if not self._is_deleted(form)
        ]


def _one_more(typed: str) -> str:
    """The quantity one higher; empty if ``typed`` is no whole number."""
    try:
        return plain(read_number(typed, decimals=0) + 1)
    except NumberError:
        return ""
