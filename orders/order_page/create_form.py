"""The page of a new order: what was typed so far, with one line more or fewer, until the order is created.
Nothing is stored before."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from common.http import int_or_none
from customers.forms import NewCustomerForm
from customers.matching import ContactDetails
from customers.models import Customer
from inventory.messages import plain_cost
from orders.domain.create import Draft
from orders.domain.events import name_of
from orders.domain.lines import MAX_LINES
from orders.models import Order, OrderType
from orders.order_page.customer_picker import (
    contact_from_form,
    find_customer_by_id,
    find_customers,
    is_named,
)
from orders.order_page.forms import MAX_TEXT_LENGTH, Day, NewLineForm

LINE_FIELDS = ["product", "q", "quantity", "price", "discount"]


class Assignee(forms.ModelChoiceField):
    """Users by their names."""

    def label_from_instance(self, obj: Any) -> str:
        return name_of(obj)


class DraftForm(forms.Form):
    """The fields of a new order beside customer and lines."""

    type = forms.ModelChoiceField(
        OrderType.objects.all(), label=_("Type"), empty_label=None
    )
    due_on = Day(required=False, label=_("Due date"))
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=MAX_TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        people = get_user_model().objects.filter(is_active=True)
        self.fields["assignee"] = Assignee(
            people, label=_("Assignee"), required=False, empty_label=_("Nobody")
        )


class Drafting:
    """A new order as its page shows it. ``data`` is what was posted, or None for a fresh page."""

    def __init__(
        self, user: User, data: QueryDict | None, *, customer: str = ""
    ) -> None:
        self.user = user
        given = data if data is not None else QueryDict()
        self.form = DraftForm(data, initial={"type": _default_type(user)})
        self.lines = [self._line(given, number) for number in range(_count(given))]
        self.new_line_form = NewLineForm(auto_id="new-line-%s")
        self.found: Any = None
        chosen = (
            ""
            if "nobody" in given
            else given.get("customer", "") or given.get("chosen", "") or customer
        )
        self.customer: Customer | None = (
            find_customer_by_id(chosen, user) if chosen else None
        )
        self.customer_is_gone = bool(chosen) and self.customer is None
        named = data is not None and self.customer is None and is_named(given)
        self.new_customer_form = NewCustomerForm(given if named else None)
        self.who = find_customers(given.get("who", ""), user)

    def _line(self, data: QueryDict, number: int) -> NewLineForm:
        return NewLineForm(data, prefix=f"line-{number}", auto_id="%s")

    def add(self, form: NewLineForm) -> None:
        """Add the line of a valid form to the order."""
        line = form.line
        product = form.cleaned_data["product"]
        values = {
            "product": str(line.product_id or ""),
            "q": product.name if product else line.values.name,
            "quantity": form.data.get("quantity", "") or "1",
            "price": form.data.get("price", "") or plain_cost(line.values.price),
            "discount": form.data.get("discount", ""),
        }
        typed = QueryDict(mutable=True)
        typed.update(
            {
                f"line-{len(self.lines)}-{name}": str(value)
                for name, value in values.items()
            }
        )
        self.lines.append(self._line(typed, len(self.lines)))

    def remove(self, number: int) -> None:
        """Remove a line; the following ones move up."""
        kept = [form for place, form in enumerate(self.lines) if place != number]
        typed = QueryDict(mutable=True)
        for place, form in enumerate(kept):
            typed.update(
                {
                    f"line-{place}-{name}": form.data.get(f"{form.prefix}-{name}", "")
                    for name in LINE_FIELDS
                }
            )
        self.lines = [self._line(typed, place) for place in range(len(kept))]

    @property
    def is_full(self) -> bool:
        return len(self.lines) >= MAX_LINES

    @property
    def draft(self) -> Draft | None:
        """The order to create; None if a form is invalid, and the forms hold the errors."""
        checked = [form.is_valid() for form in [self.form, *self.lines]]
        if self.new_customer_form.is_bound:
            checked.append(self.new_customer_form.is_valid())
        if not all(checked):
            return None
        given = self.form.cleaned_data
        return Draft(
            order_type=given["type"],
            customer=self._customer(),
            assignee=given["assignee"],
            due_on=given["due_on"],
            note=given["note"].replace("\r\n", "\n"),
            lines=[form.line for form in self.lines],
        )

    def _customer(self) -> Customer | ContactDetails | None:
        if self.customer is None and self.new_customer_form.is_bound:
            return contact_from_form(self.new_customer_form, self.user)
        return self.customer


def _default_type(user: User) -> int | None:
    """The type of the user's last order; before the first one the oldest type."""
    made = (
        Order.objects.filter(created_by=user)
        .order_by("-pk")
        .values_list("order_type", flat=True)
        .first()
    )
    return made or OrderType.objects.order_by("pk").values_list("pk", flat=True).first()


def _count(data: QueryDict) -> int:
    return min(int_or_none(data.get("lines")) or 0, MAX_LINES)
