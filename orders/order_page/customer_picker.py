"""Choosing an order's customer: an existing one, found by typing, or a new one."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.http import QueryDict

from common.http import int_or_none
from common.lists.search import MAX_SEARCH_LENGTH
from common.text import printable
from customers.editing import NAMED_BY
from customers.forms import MIN_DIGITS, NewCustomerForm
from customers.matching import ContactDetails
from customers.models import Customer
from customers.same_person import is_told, unseen_twin
from customers.search import apply_search
from orders.domain.attributes import NewCustomer
from orders.domain.permissions import require

VIEW, ADD, SEE = (
    "customers.view_customer",
    "customers.add_customer",
    "customers.see_contact_data",
)
MAX_FOUND = 8


@dataclass(frozen=True, slots=True)
class Found:
    """Customers that match; ``is_cut`` if there are more."""

    text: str
    customers: list[Customer]
    is_cut: bool


def find_customers(text: str, user: User) -> Found:
    """One query; nobody for a text without words. Phone and e-mail are searched if the user may see them."""
    words = printable(text, MAX_SEARCH_LENGTH)
    if not words:
        return Found("", [], is_cut=False)
    contact_data = user.has_perm(SEE)
    found = apply_search(Customer.objects.living(), words, contact_data=contact_data)
    rows = list(
        found.for_list(contact_data=contact_data).order_by("names", "id")[
            : MAX_FOUND + 1
        ]
    )
    return Found(words, rows[:MAX_FOUND], is_cut=len(rows) > MAX_FOUND)


def find_customer_by_id(text: str, user: User) -> Customer | None:
    """The customer with this id, or the one they were merged into. Raises MissingPermissionError."""
    customer_id = int_or_none(text)
    if customer_id is None:
        return None
    require(user, VIEW)
    customer = (
        Customer.objects.select_related("merged_into")
        .filter(pk=customer_id, erased_at__isnull=True)
        .first()
    )
    return customer.merged_into or customer if customer else None


def is_named(data: QueryDict) -> bool:
    """Whether any field of a new customer was filled in."""
    return any(data.get(name, "").strip() for name in NAMED_BY)


def offered_contact(text: str) -> dict[str, str]:
    """The fields of a new customer, filled with what was typed to find them."""
    if "@" in text:
        return {"email": text}
    if sum(char.isdigit() for char in text) >= MIN_DIGITS:
        return {"phone": text}
    first, _space, last = text.rpartition(" ")
    return {"first_name": first, "last_name": last}


@dataclass(frozen=True, slots=True)
class Question:
    """Whether the new customer is this one, who has the same e-mail address."""

    customer: Customer
    email: str


def buyer_from_form(
    form: NewCustomerForm, data: QueryDict, user: User
) -> ContactDetails | NewCustomer | Question:
    """The new customer of a valid form, or what has to be asked first. ``same_email`` in ``data`` is the
    address of which the person was told that somebody has it, and wants another customer.

    Raises MissingPermissionError.
    """
    contact = _contact(form, user)
    told = data.get("same_email", "")
    if is_told(contact, told):
        return NewCustomer(contact)
    twin = unseen_twin(contact, told)
    return Question(twin, contact.email) if twin else contact


def _contact(form: NewCustomerForm, user: User) -> ContactDetails:
    require(user, ADD, SEE)
    given = dict(form.cleaned_data)
    phone = given.pop("phone")
    return ContactDetails(**given, phone=phone.typed)
