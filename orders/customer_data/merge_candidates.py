"""Customers to merge with: the search, and a comparison side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.http import int_or_none
from common.text import fold
from customers.detail import order_figures
from customers.models import Customer
from customers.phones import phones_of
from customers.search import apply_search
from customers.timeline import FIELDS
from orders.customer_data.merging import filling

MOST = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One field of the comparison."""

    label: str | Promise
    texts: Sequence[str]
    """The kept customer's value, the other's, and the value after the merge."""


def chosen(text: str | None, customer: Customer) -> Customer | None:
    """The customer with this id, unless it is ``customer`` itself or no longer exists."""
    customer_id = int_or_none(text)
    if customer_id is None:
        return None
    return (
        Customer.objects.living().exclude(pk=customer.pk).filter(pk=customer_id).first()
    )


def found(customer: Customer, words: str) -> list[Customer]:
    """Customers matching ``words``; without words, those of the same name or e-mail. Each with its number
    of orders."""
    others = Customer.objects.living().exclude(pk=customer.pk)
    others = (
        apply_search(others, words, contact_data=True)
        if words
        else others.filter(_alike(customer))
    )
    first = [each.pk for each in others.order_by("names", "id")[:MOST]]
    return list(
        Customer.objects.filter(pk__in=first)
        .annotate(number=Count("orders"))
        .order_by("names", "id")
    )


def _alike(customer: Customer) -> Q:
    alike = Q(pk__in=[])
    if name := fold(customer.name):
        alike |= Q(names=name) | Q(names__startswith=f"{name}\n")
    if customer.email:
        alike |= Q(search__contains=fold(customer.email))
    return alike


def comparison(kept: Customer, gone: Customer) -> dict[str, Any]:
    """Both customers side by side. First and last name are one field, and no phone number is lost."""
    filled = filling(kept, gone)
    rows = [
        _row(name, kept, gone, filled)
        for name in ["first_name", "last_name", "company", "email", "address"]
    ]
    ours, theirs = _written(kept), _written(gone)
    rows.append(
        Row(
            _("Phone"),
            [
                "\n".join(dict.fromkeys(each))
                for each in [ours, theirs, [*ours, *theirs]]
            ],
        )
    )
    sums = [order_figures(kept), order_figures(gone)]
    number = sum(each["number"] for each in sums)
    return {
        "customer": kept,
        "other": gone,
        "rows": rows,
        "sums": sums,
        "number": number,
    }


def _row(name: str, kept: Customer, gone: Customer, filled: dict[str, str]) -> Row:
    ours = getattr(kept, name)
    return Row(FIELDS[name], [ours, getattr(gone, name), filled.get(name, ours)])


def _written(customer: Customer) -> list[str]:
    return [
        f"{phone.written} ({phone.beside})" if phone.beside else phone.written
        for phone in phones_of(customer, customer.keys.order_by("id"))
    ]
