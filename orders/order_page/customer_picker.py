"""Choosing an order's customer: an existing one, found by typing, or a new one."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import QueryDict
from django.utils.translation import gettext as _

from common.http import SignedInRequest, int_or_none
from common.lists.search import MAX_SEARCH_LENGTH
from common.text import printable
from customers.editing import NAMED_BY
from customers.forms import MIN_DIGITS, NewCustomerForm
from customers.matching import ContactDetails
from customers.models import Customer
from customers.phones import normalise_phone
from customers.same_person import fillable, is_told, lacking, twin_of
from customers.search import apply_search
from orders.domain.attributes import (
    NO_CUSTOMER,
    Buyer,
    NewCustomer,
    SameCustomer,
)
from orders.domain.editing import ActionRefusedError
from orders.domain.permissions import CHANGE_CUSTOMER, require

VIEW, ADD, SEE = (
    "customers.view_customer",
    "customers.add_customer",
    "customers.see_contact_data",
)
MAX_FOUND = 8
ANSWERS = {"same_customer", "same_email"}
"""The buttons of a Question."""


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
    """Whether the new customer is this one, who has the same e-mail address; and what would become of what
    was typed if so."""

    customer: Customer
    email: str
    added: str
    unsaved: str


def buyer_from_form(
    form: NewCustomerForm, data: QueryDict, user: User
) -> ContactDetails | NewCustomer | SameCustomer | Question:
    """The new customer of a valid form, or what has to be asked first. ``data`` has the answer:
    ``same_customer`` is the id of the one who was meant, and ``same_email`` the address of which the person
    was told that somebody has it, and wants another customer.

    Raises MissingPermissionError, and ActionRefusedError for a customer who is gone.
    """
    contact = _contact(form, user)
    if "same_customer" in data:
        customer = find_customer_by_id(data.get("same_customer", ""), user)
        if customer is None:
            raise ActionRefusedError(NO_CUSTOMER)
        return SameCustomer(customer, contact)
    if is_told(contact, data.get("same_email", "")):
        return NewCustomer(contact)
    twin = twin_of(contact)
    return _question(twin, contact, user) if twin else contact


def _question(customer: Customer, contact: ContactDetails, user: User) -> Question:
    filled = fillable(customer, contact) if user.has_perm(CHANGE_CUSTOMER) else set()
    typed = lacking(customer, contact)
    return Question(
        customer,
        contact.email,
        added=_in_words(contact, [name for name in typed if name in filled]),
        unsaved=_in_words(contact, [name for name in typed if name not in filled]),
    )


def _in_words(contact: ContactDetails, names: list[str]) -> str:
    """What was typed in these fields, on one line."""
    labels = NewCustomerForm.base_fields
    return " · ".join(
        f"{labels[name].label}: {getattr(contact, name).replace(chr(10), ', ')}"
        for name in names
    )


def tell_whose_data(
    request: SignedInRequest, buyer: Buyer, customer: Customer | None
) -> None:
    """Where contact data turned out to be of somebody who is there already: say so, and what was typed and
    is not saved."""
    if buyer is None or customer is None or isinstance(buyer, Customer):
        return
    contact = buyer if isinstance(buyer, ContactDetails) else buyer.contact
    name = customer.known_as(contact_data=True)
    typed_name = f"{contact.first_name} {contact.last_name}".strip() or contact.company
    if not isinstance(buyer, SameCustomer) and customer.name != typed_name:
        text = (
            _("This phone number belongs to %(name)s, who is the order's customer now.")
            if normalise_phone(contact.phone, contact.country)
            else _(
                "This e-mail address belongs to %(name)s, who is the order's customer now."
            )
        )
        messages.info(request, text % {"name": name})
    if unsaved := _in_words(contact, lacking(customer, contact)):
        text = _("%(name)s keeps what is there already. Not saved: %(typed)s")
        messages.warning(request, text % {"name": name, "typed": unsaved})


def _contact(form: NewCustomerForm, user: User) -> ContactDetails:
    require(user, ADD, SEE)
    given = dict(form.cleaned_data)
    phone = given.pop("phone")
    return ContactDetails(**given, phone=phone.typed)
