"""Finding customers: what people type, against the columns ``names`` and ``search`` of a customer; the only
writer of both."""

import re
from collections.abc import Mapping

from django.db.models import Q

from common.lists.search import MAX_SEARCH_LENGTH, narrow, words_of
from common.text import national, plain_signs, search_text
from customers.models import Customer, CustomerQuerySet
from customers.phones import searchable

COLUMNS = ["names", "search"]
PHONE = re.compile(r"\+?[\d\s()/.\-]{4,}", re.ASCII)


def index(customer: Customer, phones: Mapping[str, str]) -> None:
    """Set the columns COLUMNS of ``customer`` from its fields and its ``phones``: those that name it, in
    E.164, each with what was typed. Nothing is saved."""
    numbers = [
        text
        for phone, typed in {customer.phone: customer.phone_typed, **phones}.items()
        for text in searchable(phone, typed)
    ]
    names = [customer.name, customer.company]
    customer.names = search_text(names)[:511]
    customer.search = search_text([*names, customer.email, *numbers])


def apply_search(
    customers: CustomerQuerySet, text: str, *, contact_data: bool
) -> CustomerQuerySet:
    """Customers in whom every word of ``text`` occurs: in names and company, and with ``contact_data`` in
    phones and e-mail too.

    Without it nobody can find out by searching which number or address belongs to whom.
    """
    text = plain_signs(text).replace("\x00", " ").strip()[:MAX_SEARCH_LENGTH]
    if contact_data and PHONE.fullmatch(text) and national(text):
        return customers.filter(search__contains=national(text))
    column = "search" if contact_data else "names"
    return narrow(customers, text, index=column, column=column)


def holding_email(email: str) -> Q:
    """Customers found by this e-mail address: those who have it, and perhaps a few more. As a whole it
    selects enough for the index, however many have an address that begins or ends alike."""
    words = words_of(plain_signs(email).replace("\x00", " "))
    found = Q() if words else Q(pk__in=[])
    for word in words:
        found &= Q(search__contains=word.text) | Q(search__contains=word.old)
    return found


def with_email(email: str) -> Customer | None:
    """The oldest customer with this e-mail address, whatever its case; None if there is none."""
    wanted = email.strip().casefold()
    if not wanted:
        return None
    found = Customer.objects.living().filter(holding_email(email))
    same = [
        each
        for each in found.only("email").iterator()
        if each.email.strip().casefold() == wanted
    ]
    oldest = min(same, key=lambda each: each.pk, default=None)
    return Customer.objects.get(pk=oldest.pk) if oldest else None
