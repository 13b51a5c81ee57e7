"""Forms of the order page: what was typed, as values. An invalid form keeps what was typed."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from common.forms.day_field import Day
from common.forms.number_fields import MAX_AMOUNT, Amount, Discount, Percent
from common.http import int_or_none
from inventory.forms import Quantity
from inventory.messages import SENTENCES, plain_cost
from inventory.messages import plain as plain_quantity
from inventory.models import Product
from inventory.stock import UnknownProductError
from orders.domain.assignees import assignable
from orders.domain.editing import ActionRefusedError
from orders.domain.lines import (
    FIELDS,
    LineValues,
    NewLine,
    is_unpriced,
    rounded,
    total_of,
)
from orders.domain.money import round_money
from orders.models import OrderLine, OrderType, Status

MAX_TEXT_LENGTH = 10_000
MAX_DECIMALS = 9
ENTER_PRICE = _("Enter the price, 0 if it costs nothing.")
NUMBERS = ["quantity", "price", "discount"]


class StatusForm(forms.Form):
    """``seen`` is, in this form and the next ones, what the page showed as the present value."""

    seen = forms.IntegerField()
    status = forms.ModelChoiceField(Status.objects.filter(is_active=True))


class AssigneeForm(forms.Form):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["seen"] = forms.IntegerField(required=False)
        self.fields["assignee"] = forms.ModelChoiceField(assignable(), required=False)


class TypeForm(forms.Form):
    seen = forms.IntegerField()
    type = forms.ModelChoiceField(OrderType.objects.filter(is_active=True))


class DueForm(forms.Form):
    seen = forms.DateField(required=False, input_formats=["%Y-%m-%d"])
    due_on = Day(required=False, label=_("Due date"))


class NoteForm(forms.Form):
    """``seen`` is the note as it was when the page was drawn."""

    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=MAX_TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
        strip=True,
    )
    seen = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    @classmethod
    def sent(cls, data: Mapping[str, str]) -> "NoteForm":
        """The form with line ends as they are stored."""
        return cls(
            {
                name: data.get(name, "").replace("\r\n", "\n")
                for name in ["note", "seen"]
            }
        )

    def again(self, standing: str, error: str) -> "NoteForm":
        """The same form after the user has seen the present note."""
        form = NoteForm({"note": self.cleaned_data["note"], "seen": standing})
        form.add_error("note", error)
        return form


class CommentForm(forms.Form):
    text = forms.CharField(
        label=_("Comment"),
        max_length=MAX_TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Enter a comment.")},
    )


class LineForm(forms.Form):
    """One line. ``seen`` holds its values as of when the page was drawn, so that nobody overwrites
    another's changes."""

    name = forms.CharField(label=_("Name"), max_length=255)
    quantity = Quantity(label=_("Quantity"))
    price = Amount(
        label=_("Price"),
        error_messages={"required": ENTER_PRICE},
    )
    discount = Discount(label=_("Discount"), required=False)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        line: OrderLine,
        data: Mapping[str, str] | None = None,
        *,
        may_edit_prices: bool,
    ) -> None:
        self.line = line
        standing = typed(LineValues.of(line)) | {"seen": mark(LineValues.of(line))}
        # A field that was not sent keeps its value.
        self.sent = (
            standing | {name: data[name] for name in standing if name in data}
            if data is not None
            else None
        )
        super().__init__(self.sent, initial=standing, auto_id=f"line-{line.pk}-%s")
        if not may_edit_prices:
            fixed = ["discount"] if is_unpriced(line) else ["price", "discount"]
            for name in fixed:
                self.fields[name].widget.attrs["readonly"] = True

    @property
    def values(self) -> LineValues:
        """The values that the user wants."""
        given = self.cleaned_data
        line = LineValues(given["name"], given["quantity"], given["price"])
        return with_discount(line, given["discount"])

    @property
    def values_seen(self) -> LineValues:
        return unmark(self.cleaned_data["seen"]) or LineValues.of(self.line)

    def see(self, **values: Any) -> None:
        """From now on the user has seen these values."""
        if self.sent is not None:
            self.sent["seen"] = mark(replace(self.values_seen, **values))


def with_discount(values: LineValues, discount: Decimal | Percent | None) -> LineValues:
    """The line with this discount, whose percentage is of quantity × price."""
    if isinstance(discount, Percent):
        discount = discount.of(round_money(values.quantity * values.price))
    return replace(values, discount=discount or Decimal(0))


def typed(values: LineValues) -> dict[str, str]:
    """A line's values as a user would type them."""
    return {
        "name": values.name,
        "quantity": plain_quantity(values.quantity),
        "price": plain_cost(values.price),
        "discount": plain_cost(values.discount) if values.discount else "",
    }


def mark(values: LineValues) -> str:
    """A line's values as a page sends them back."""
    return json.dumps([str(getattr(values, name)) for name in FIELDS])


def unmark(text: str) -> LineValues | None:
    try:
        name, *numbers = json.loads(text)
        quantity, price, discount = (Decimal(number) for number in numbers)
    except (ValueError, TypeError, InvalidOperation):
        return None
    if not all(map(_is_storable, [quantity, price, discount])):
        return None
    return LineValues(str(name), quantity, price, discount)


def _is_storable(number: Decimal) -> bool:
    """Whether a line can hold it: a forged 1e999999 would keep the processor busy."""
    if not number.is_finite() or abs(number) >= MAX_AMOUNT:
        return False
    return int(number.as_tuple().exponent) >= -MAX_DECIMALS


class NewLineForm(forms.Form):
    """A line to add: of ``product``, or free text."""

    product = forms.ModelChoiceField(
        Product.objects.all(),
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": _(SENTENCES[UnknownProductError])},
    )
    q = forms.CharField(label=_("Product or service"), max_length=255, required=False)
    quantity = Quantity(label=_("Quantity"), required=False)
    price = Amount(label=_("Price"), required=False)
    discount = Discount(label=_("Discount"), required=False)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        product = given.get("product")
        if (
            "product" in self.errors
        ):  # which is hidden: it is said where its name stands
            self.add_error("q", self.errors["product"].as_data())
            return given
        if not product and not given.get("q") and "q" not in self.errors:
            self.add_error("q", _("Enter what was sold or done, or choose a product."))
        if given.get("price") is None and not product and "price" not in self.errors:
            self.add_error("price", _("A line without a product needs a price."))
        return given

    @property
    def is_unpriced(self) -> bool:
        """Of a valid line: nobody has said what its product costs, today or at a sale before."""
        product, price = self.cleaned_data["product"], self.cleaned_data["price"]
        return bool(product) and price is None and not known_prices([product.pk])

    @property
    def line(self) -> NewLine:
        given = self.cleaned_data
        product_id = given["product"].pk if given["product"] else None
        values = new_values("" if product_id else given["q"], given, product_id)
        return NewLine(values, product_id)

    @property
    def typed_total(self) -> Decimal | None:
        """What the line comes to as it is typed; None while its numbers make no line."""
        product_id = int_or_none(self["product"].data)
        try:
            given = {name: self.fields[name].clean(self[name].data) for name in NUMBERS}
            if given["price"] is None and not (
                product_id and known_prices([product_id])
            ):
                return None
            return total_of(rounded(new_values("", given, product_id)))
        except (ValidationError, ActionRefusedError):
            return None


class PricedLineForm(NewLineForm):
    """A line that needs a price: one that is typed, or that of earlier sales of its product."""

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if not self.errors and self.is_unpriced:
            self.add_error("price", ENTER_PRICE)
            # What is typed next.
            self.fields["price"].widget.attrs["data-first"] = True
        return given


def new_values(
    name: str, given: Mapping[str, Any], product_id: int | None
) -> LineValues:
    """A new line's values: of one piece at its product's usual price, unless ``given`` says else."""
    quantity, price = given["quantity"], given["price"]
    if price is None and product_id is not None:
        known = known_prices([product_id]).get(product_id)
        price = known.usual if known else Decimal(0)
    values = LineValues(name, Decimal(1) if quantity is None else quantity, price)
    return with_discount(values, given["discount"])


@dataclass(frozen=True, slots=True)
class Price:
    """What one piece of a product usually costs, and what it was last sold for."""

    usual: Decimal
    last: Decimal


def known_prices(product_ids: Collection[int]) -> dict[int, Price]:
    """The prices of those products that were ever sold. What was given away says nothing of them.

    Usual is what two of the last three sales were made at, so that what one customer got is not everybody's;
    else what the last one was made at.
    """
    lines = OrderLine.objects.filter(product=OuterRef("pk"), price__gt=0)
    prices = lines.order_by("-order", "-pk").values("price")
    products = Product.objects.filter(pk__in=product_ids).annotate(
        last=Subquery(prices[:1]),
        second_last=Subquery(prices[1:2]),
        third_last=Subquery(prices[2:3]),
    )
    sold = products.filter(last__isnull=False)
    rows = sold.values_list("pk", "last", "second_last", "third_last")
    return {product_id: _price(sales) for product_id, *sales in rows}


def _price(sales: Sequence[Decimal | None]) -> Price:
    """The newest of the sales comes first, and wins where no price is more frequent."""
    made = [price for price in sales if price is not None]
    return Price(max(made, key=made.count), made[0])
