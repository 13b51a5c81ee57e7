"""Finding customers: what people type, against the columns ``names`` and ``search`` of a customer; the only
writer of both."""

import re
from collections.abc import Mapping

from common.text import fold, national
from customers.models import Customer, CustomerQuerySet
from customers.phones import searchable

MAX_SEARCH_LENGTH = 200
MAX_WORDS = 6
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
    names = "\n".join(
        dict.fromkeys(each for each in [customer.name, customer.company] if each)
    )
    contact = dict.fromkeys(each for each in [customer.email, *numbers] if each)
    customer.names = fold(names)[:511]
    customer.search = fold("\n".join([names, *contact]))


def apply_search(
    customers: CustomerQuerySet, text: str, *, contact_data: bool
) -> CustomerQuerySet:
    """Customers in whom every word of ``text`` occurs: in names and company, and with ``contact_data`` in
    phones and e-mail too.

    Without it nobody can find out by searching which number or address belongs to whom.
    """
    text = text.replace("\x00", " ").strip()[:MAX_SEARCH_LENGTH]
    if contact_data and PHONE.fullmatch(text) and national(text):
        return customers.filter(search__contains=national(text))
    column = "search" if contact_data else "names"
    for word in fold(text).split()[:MAX_WORDS]:
        customers = customers.filter(**{f"{column}__contains": word})
    return customers
