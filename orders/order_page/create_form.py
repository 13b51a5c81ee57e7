"""The page of a new order: what was typed so far, with one line more or fewer, until the order is created.
Until then it is kept as a draft (common.forms.drafts)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from common.forms import drafts
from common.forms.day_field import Day
from common.http import ids_in, int_or_none
from customers.editing import NAMED_BY
from customers.forms import NewCustomerForm
from customers.models import Customer
from inventory.messages import plain_cost
from orders.domain.assignees import Choice, Names, Offer, assignable, offer
from orders.domain.attributes import Buyer
from orders.domain.create import Draft
from orders.domain.lines import MAX_LINES
from orders.models import Order, OrderType
from orders.order_list.colleagues import TYPED
from orders.order_page.customer_picker import (
    ADD,
    SEE,
    Question,
    buyer_from_form,
    find_customer_by_id,
    find_customers,
    is_named,
    offered_contact,
)
from orders.order_page.forms import MAX_TEXT_LENGTH, NewLineForm, PricedLineForm
from orders.order_page.line_actions import NEW_LINE_ID, recognised

NEW_LINE_FIELDS = ["q", "quantity", "price", "discount"]
LINE_FIELDS = ["product", *NEW_LINE_FIELDS]
NEW_CUSTOMER_FIELDS = [*NAMED_BY, "address"]
DRAFT = "new-order"
"""The kind of these drafts."""
MAX_OFFERED = 5
SOUGHT = {"q": 3, "who": 3}
"""Fields in which something is looked for, and how many letters of it are more than a beginning."""


class DraftForm(forms.Form):
    """The fields of a new order beside customer and lines."""

    type = forms.ModelChoiceField(
        OrderType.objects.filter(is_active=True), label=_("Type"), empty_label=None
    )
    due_on = Day(required=False, label=_("Due date"))
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=MAX_TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(
        self, *args: Any, people: Callable[[], list[Choice]], **options: Any
    ) -> None:
        """``people`` are listed to be the assignee."""
        super().__init__(*args, **options)
        assignee = forms.ModelChoiceField(
            assignable(), label=_("Assignee"), required=False
        )
        assignee.choices = lambda: [
            ("", _("Nobody")),
            *((each.pk, each.name) for each in people()),
        ]
        self.fields["assignee"] = assignee


@dataclass(frozen=True, slots=True)
class RunningTotal:
    """What the lines come to so far; ``uncounted`` of them have numbers that make no line yet."""

    total: Decimal
    uncounted: int


class Drafting:
    """A new order as its page shows it. ``data`` is what was posted, or None for a fresh page."""

    def __init__(
        self, user: User, data: QueryDict | None, *, customer: str = ""
    ) -> None:
        self.user = user
        given = data if data is not None else QueryDict()
        self.name = _draft_name(given.get("draft", ""), user)
        self.sealed_name = drafts.seal(user, self.name)
        self.colleague = given.get(TYPED, "")
        self.form = DraftForm(
            data,
            initial={"type": _default_type(user)},
            people=lambda: self.colleagues.people,
        )
        self.lines = [self._line(given, number) for number in range(_count(given))]
        self.typed_line = {name: given.get(name, "") for name in NEW_LINE_FIELDS}
        self.new_line_form = NewLineForm(initial=self.typed_line, auto_id=NEW_LINE_ID)
        self.found: object = None
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
        self.given = given
        self.question: Question | None = None

    @cached_property
    def colleagues(self) -> Offer:
        """Whom it may be assigned to."""
        return offer(self.user, self.colleague)

    @property
    def assignee(self) -> Choice | None:
        """Who was chosen."""
        chosen = int_or_none(self.form["assignee"].value())
        name = Names()[chosen] if chosen else ""
        return Choice(chosen, name) if chosen and name else None

    def _line(self, data: QueryDict, number: int) -> NewLineForm:
        return PricedLineForm(data, prefix=f"line-{number}", auto_id="%s")

    def offer_new_customer(self) -> None:
        """Where nobody was found, begin a new customer with what was typed, at the first empty field."""
        may_add = self.user.has_perms([ADD, SEE])
        if not self.unchosen_customer or self.who.customers or not may_add:
            return
        self.new_customer_form = NewCustomerForm(offered_contact(self.who.text))
        self.who = find_customers("", self.user)
        fields = self.new_customer_form.fields
        empty = (name for name in fields if not self.new_customer_form.data.get(name))
        fields[next(empty)].widget.attrs["autofocus"] = True

    def add(self, form: NewLineForm) -> None:
        """Add the line of a valid form to the order."""
        line = form.line
        product = form.cleaned_data["product"]
        price = "" if form.is_unpriced else plain_cost(line.values.price)
        values = {
            "product": str(line.product_id or ""),
            "q": product.name if product else line.values.name,
            "quantity": form.data.get("quantity", "") or "1",
            "price": form.data.get("price", "") or price,
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
        self.typed_line = {}
        self.new_line_form = NewLineForm(auto_id=NEW_LINE_ID)

    def add_unfinished_line(self) -> bool:
        """Add what stands where a line is typed; False if it makes no line yet, and its form says why."""
        if not any(value.strip() for value in self.typed_line.values()):
            return True
        data = QueryDict(mutable=True)
        data.update(self.typed_line)
        recognised(data)
        form = NewLineForm(data, auto_id=NEW_LINE_ID)
        if form.is_valid() and not self.is_full:
            self.add(form)
            return True
        self.new_line_form = form
        return False

    @property
    def unchosen_customer(self) -> str:
        """What was typed to find a customer, where nobody was chosen."""
        is_chosen = self.customer is not None or self.new_customer_form.is_bound
        return "" if is_chosen else self.who.text

    @property
    def typed(self) -> dict[str, str]:
        """Everything on the page as it was typed; empty where there is nothing worth keeping."""
        fields = dict(self.typed_line)
        for number, form in enumerate(self.lines):
            for name in LINE_FIELDS:
                fields[f"line-{number}-{name}"] = form.data.get(
                    f"{form.prefix}-{name}", ""
                )
        fields |= {name: self.form.data.get(name, "") for name in ["due_on", "note"]}
        fields |= {
            name: self.new_customer_form.data.get(name, "")
            for name in NEW_CUSTOMER_FIELDS
        }
        fields["chosen"] = str(self.customer.pk) if self.customer else ""
        fields["who"] = self.who.text
        if not _is_worth_keeping(fields):
            return {}
        choices = {name: self.form.data.get(name, "") for name in ["type", "assignee"]}
        return fields | choices | {"lines": str(len(self.lines) or "")}

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
    def running_total(self) -> RunningTotal:
        """Of all lines as they are typed, the unfinished one too as soon as it has a price."""
        forms = [*self.lines]
        if self.typed_line.get("price", "").strip():
            forms.append(NewLineForm(self.typed_line))
        totals = [form.typed_total for form in forms]
        counted = [total for total in totals if total is not None]
        return RunningTotal(sum(counted, Decimal(0)), len(totals) - len(counted))

    @property
    def is_full(self) -> bool:
        return len(self.lines) >= MAX_LINES

    def finish(self) -> Draft | None:
        """The order to create, with the unfinished line. None if a form is invalid, and the forms hold the
        errors; or if ``question`` has to be answered first."""
        checked = [self.add_unfinished_line()]
        checked += [form.is_valid() for form in [self.form, *self.lines]]
        if self.new_customer_form.is_bound:
            checked.append(self.new_customer_form.is_valid())
        if not all(checked):
            return None
        buyer = self._buyer()
        if isinstance(buyer, Question):
            self.question = buyer
            return None
        given = self.form.cleaned_data
        return Draft(
            order_type=given["type"],
            customer=buyer,
            assignee=given["assignee"],
            due_on=given["due_on"],
            note=given["note"].replace("\r\n", "\n"),
            lines=[form.line for form in self.lines],
        )

    def _buyer(self) -> Buyer | Question:
        if self.customer is None and self.new_customer_form.is_bound:
            return buyer_from_form(self.new_customer_form, self.given, self.user)
        return self.customer


def _default_type(user: User) -> int | None:
    """The type of the user's last order; before the first one the oldest type."""
    made = (
        Order.objects.filter(created_by=user, order_type__is_active=True)
        .order_by("-pk")
        .values_list("order_type", flat=True)
        .first()
    )
    offered = OrderType.objects.filter(is_active=True).order_by("pk")
    return made or offered.values_list("pk", flat=True).first()


def _draft_name(sealed: str, user: User) -> str:
    """The draft that the page belongs to; of a page that is new, a new one."""
    user_id, name = drafts.unseal(sealed) or (None, "")
    return name if user_id == user.pk else drafts.new_name(DRAFT)


@dataclass(frozen=True, slots=True)
class OfferedDraft:
    """A new order that its user has not finished. ``token`` names it in an address."""

    token: str
    summary: str
    changed_at: datetime


def offered_drafts(user: User) -> list[OfferedDraft]:
    return [
        OfferedDraft(row.name.partition("/")[2], _summary(row.fields), row.changed_at)
        for row in drafts.newest(user, DRAFT, MAX_OFFERED)
    ]


def _summary(fields: drafts.Fields) -> str:
    """Who and what is in it, as far as it was typed."""
    customer = Customer.objects.filter(
        pk__in=ids_in([fields.get("chosen", "")])
    ).first()
    typed = [fields.get(name, "") for name in ["first_name", "last_name", "company"]]
    who = str(customer) if customer else " ".join(filter(None, typed))
    what = [text for name, text in fields.items() if name.endswith("-q")]
    given = [
        who or fields.get("who", ""),
        *what,
        fields.get("q", ""),
        fields.get("note", ""),
    ]
    texts = [" ".join(text.split()) for text in given if text.strip()]
    return Truncator(" · ".join(texts)).chars(120)


def load_draft(user: User, token: str) -> QueryDict | None:
    """What was typed into this draft of the user, as its page would send it; None if it is not there."""
    name = f"{DRAFT}/{token}"
    fields = drafts.load(user, name)
    if fields is None:
        return None
    data = QueryDict(mutable=True)
    data.update({**fields, "draft": drafts.seal(user, name)})
    return data


def _count(data: QueryDict) -> int:
    return min(int_or_none(data.get("lines")) or 0, MAX_LINES)


def _is_worth_keeping(fields: Mapping[str, str]) -> bool:
    """Whether there is more in them than the beginning of a search."""
    return any(
        len(value.strip()) >= SOUGHT.get(name, 1) for name, value in fields.items()
    )
