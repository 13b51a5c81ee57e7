"""Erasing a person's data (and finding the person a store means)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop

from common.forms.one_time_keys import forget_answers
from customers import erasure_records, events
from customers.matching import ContactDetails, email_key, keys_of
from customers.models import (
    PHONE,
    Customer,
    CustomerEvent,
    CustomerEventKind,
    CustomerKey,
    RemovedKey,
)
from customers.phones import numbers_in
from orders.customer_data.redaction import KnownPerson, Traces
from orders.customer_data.staff_texts import clear_staff_texts
from orders.domain.customer_fields import chunks_of, lines_of
from orders.domain.editing import ActionRefusedError, refusals_in_words
from orders.domain.locking import lock_imports
from orders.domain.totals import FIELDS, summarise
from orders.models import (
    BulkAction,
    BulkActionOrder,
    BulkKind,
    Order,
    OrderEvent,
    OrderLine,
    Refresh,
)

ERASED = gettext_noop("This person has already been erased.")
MERGED = gettext_noop("This customer was merged into another one: erase that one.")
BLANK = [
    "first_name",
    "last_name",
    "company",
    "phone",
    "phone_typed",
    "email",
    "address",
    "language",
    "names",
    "search",
]
ON_LINES = [BulkKind.REMOVE_LINE, BulkKind.ACCEPT, BulkKind.DISMISS]
FORGOTTEN = {"delivery_address", "store_note", "buyer_entries", "purchase_order"}
"""Columns of an order that are emptied, together with their former values in events; of its lines, what the
buyer entered."""


def find_person(contact: ContactDetails) -> Customer | None:
    """Our customer for this contact: by id at the store, or by phone where there is none."""
    keys = [contact.key] if contact.key else keys_of(contact)
    key = CustomerKey.objects.select_related("customer").filter(key__in=keys).first()
    return key.customer if key else None


@transaction.atomic
def erase_contact(
    contact: ContactDetails, *, by_id: int | None, now: datetime
) -> Customer:
    """Erase the person named by a store, so that older orders cannot bring them back, whether they are
    stored here or not."""
    lock_imports()
    customer = find_person(contact) or Customer.objects.create(
        created_at=now, erased_at=now
    )
    if customer.erased_at is None:
        erase_person(customer, by_id=by_id, now=now)
    erasure_records.remember_erasure(
        customer, erasure_records.erasure_keys(contact), now=now
    )
    return customer


@refusals_in_words()
@transaction.atomic
def erase_person(customer: Customer, *, by_id: int | None, now: datetime) -> None:
    """Remove the person from everything: customers (merged ones too), orders, notes, comments, events,
    keys, and what staff keep in saved views and drafts.

    The orders stay with numbers, lines and amounts. No import brings the person back by an order placed
    before ``now``. Raises ActionRefusedError for a customer who is already erased, or merged into another.
    """
    lock_imports()
    forget_answers()
    customer = Customer.objects.select_for_update().get(pk=customer.pk)
    if customer.erased_at or customer.merged_into_id:
        raise ActionRefusedError(ERASED if customer.erased_at else MERGED)
    people = _with_merged(customer)
    ids = [each.pk for each in people]
    keys = list(
        CustomerKey.objects.filter(customer__in=ids).values_list("key", flat=True)
    )
    person = _known_person(people, keys)
    traces = person.traces()
    mine = Q(customer__in=ids) | Q(
        store_customer__in=[key for key in keys if not key.startswith(PHONE)]
    )
    for chunk in chunks_of(Order.objects.filter(mine).values_list("pk", flat=True)):
        _clear_orders(chunk, set(ids), traces)
    _clear_elsewhere(people, traces)
    clear_staff_texts(person, {str(pk) for pk in ids})
    erasure_records.remember_erasure(
        customer,
        [
            *keys,
            *(email_key(each.email) for each in people if each.email),
        ],
        now=now,
    )
    CustomerKey.objects.filter(customer__in=ids).delete()
    RemovedKey.objects.filter(customer__in=ids).delete()
    CustomerEvent.objects.filter(Q(customer__in=ids) | Q(other__in=ids)).update(
        old="", new="", record=None
    )
    Customer.objects.filter(pk__in=ids).update(
        **dict.fromkeys(BLANK, ""), erased_at=now
    )
    events.record_event(customer, CustomerEventKind.ERASED, by_id=by_id, now=now)


def _with_merged(customer: Customer) -> list[Customer]:
    """The customer and everyone merged into them, directly or indirectly."""
    people, latest = [customer], [customer]
    while latest:
        latest = list(
            Customer.objects.select_for_update().filter(merged_into__in=latest)
        )
        people += latest
    return people


def _known_person(people: list[Customer], keys: Iterable[str]) -> KnownPerson:
    """The person's present names and numbers, and former ones found in events."""
    former: dict[str, list[str]] = defaultdict(list)
    for event in CustomerEvent.objects.filter(customer__in=people):
        former[event.field or event.kind] += filter(None, [event.old, event.new])
    typed = CustomerKey.objects.filter(customer__in=people).exclude(typed="")
    addresses = [text for each in people for text in [each.company, each.address]]
    numbers = [each.phone_typed for each in people]
    return KnownPerson(
        first_names=[*(each.first_name for each in people), *former["first_name"]],
        last_names=[*(each.last_name for each in people), *former["last_name"]],
        phones=[
            *numbers_in(keys),
            *(each.phone for each in people if each.phone),
            *(text for kind in PHONES for text in former[kind]),
        ],
        emails=[*(each.email for each in people), *former["email"]],
        texts=[
            *addresses,
            *numbers,
            *typed.values_list("typed", flat=True),
            *former["company"],
            *former["address"],
        ],
    )


PHONES = ["phone", CustomerEventKind.PHONE_ADDED, CustomerEventKind.PHONE_REMOVED]


def _clear_orders(ids: list[int], people: set[int], traces: Traces) -> None:
    """The person's orders, and the store's data about them on orders that staff gave to somebody else."""
    rows = (
        Order.objects.select_for_update(of=("self",))
        .select_related("customer")
        .filter(pk__in=ids)
        .order_by("id")
    )
    lines = lines_of(ids)
    _clear_lines([line for each in lines.values() for line in each], traces)
    orders = list(rows)
    for order in orders:
        order.delivery_address = order.store_note = order.store_customer = ""
        order.purchase_order = order.buyer_name = ""
        order.buyer_entries = None
        order.note = traces.without(order.note)
        summarise(
            order,
            lines[order.pk],
            None if order.customer_id in people else order.customer,
        )
    columns = [*FORGOTTEN, "store_customer", "buyer_name", "note", *FIELDS]
    Order.objects.bulk_update(orders, columns)
    OrderEvent.objects.filter(order__in=ids, field__in=FORGOTTEN).update(old="", new="")
    _clear_texts(
        OrderEvent.objects.filter(order__in=ids), ["subject", "old", "new"], traces
    )
    _clear_texts(Refresh.objects.filter(order__in=ids), ["reason"], traces)
    # Nobody brings back a line that holds what the buyer entered.
    remembered = BulkAction.objects.filter(kind__in=ON_LINES)
    BulkActionOrder.objects.filter(action__in=remembered, order_id__in=ids).update(
        before=None
    )


def _clear_lines(lines: list[OrderLine], traces: Traces) -> None:
    """What the buyer entered, and names of free-text lines: those of products are not personal data."""
    for line in lines:
        if not line.product_id:
            line.name = traces.without(line.name)
        line.buyer_entries = line.store_buyer_entries = None
        waiting = line.difference or {}
        line.difference = {
            name: values for name, values in waiting.items() if name != "buyer_entries"
        } or None
    OrderLine.objects.bulk_update(
        lines, ["name", "buyer_entries", "store_buyer_entries", "difference"]
    )


def _clear_texts(rows: QuerySet[Any], columns: list[str], traces: Traces) -> None:
    changed = []
    for row in rows.iterator(chunk_size=1_000):
        texts = {name: getattr(row, name) for name in columns}
        cleared = {name: traces.without(text) for name, text in texts.items()}
        if cleared != texts:
            for name, text in cleared.items():
                setattr(row, name, text)
            changed.append(row)
    rows.model.objects.bulk_update(changed, columns, batch_size=500)


def _clear_elsewhere(people: list[Customer], traces: Traces) -> None:
    """Orders that used to be the person's: events of somebody else's orders name them as the former
    customer."""
    names = {each.name for each in people if each.name}
    changes = OrderEvent.objects.filter(
        Q(old__in=names) | Q(new__in=names), field="customer"
    )
    _clear_texts(changes, ["old", "new"], traces)
