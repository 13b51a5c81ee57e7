"""What people ask of us through their store: to be told what is stored about them, or to be forgotten."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.matching import ContactDetails, named_by_contact
from customers.models import Customer
from integrations.models import (
    PrivacyKind,
    PrivacyRequest,
    StoreConnection,
    WebhookDelivery,
)
from integrations.platforms.protocol import Message, WebhookEvent
from orders.customer_data.erasure import erase_contact, find_person
from orders.domain.editing import ActionRefusedError
from orders.models import Order

DUE = timedelta(days=30)
"""The law gives a month (GDPR, article 12), and platforms ask for the same."""
MATCHES = 10
KINDS: dict[str, PrivacyKind] = {
    WebhookEvent.CUSTOMER_DATA_REQUEST: PrivacyKind.EXPORT,
    WebhookEvent.CUSTOMER_REDACT: PrivacyKind.ERASE,
    WebhookEvent.SHOP_REDACT: PrivacyKind.ERASE_SHOP,
}

NOBODY = _("Nobody with this ID is here.")
IF_THE_SAME: dict[str, str | Promise] = {
    PrivacyKind.EXPORT: _(
        "Nobody with this ID is here, but customers with the same e-mail address or phone number. Check "
        "whether they are the same person. If so, export their data on their page and send it to the "
        "customer; if not, answer that nothing is stored. Then mark this request as completed."
    ),
    PrivacyKind.ERASE: _(
        "Nobody with this ID is here, but customers with the same e-mail address or phone number. Check "
        "whether they are the same person, and erase them if so. Then mark this request as completed."
    ),
}
"""What to do where only the message's contact data names somebody: nobody is erased by a guess."""
IF_NOBODY = _(
    "Nobody with this ID is here. Answer that nothing is stored, then mark this request as completed."
)
WHAT_TO_DO: dict[str, str | Promise] = {
    PrivacyKind.EXPORT: _(
        "Export the customer's data on their page, send it to the customer, then mark this request as "
        "completed."
    ),
    PrivacyKind.ERASE: _(
        "RO App could not erase everything automatically. Check the customer and these orders, erase what "
        "is left, then mark this request as completed."
    ),
    PrivacyKind.ERASE_SHOP: _(
        "RO App has not erased anything: the orders stay. Erase the shop's customers that belong to no "
        "other store, then mark this request as completed."
    ),
}
FOR_A_NEWER_VERSION = _(
    "A newer version of RO App noted this request and says what to do. "
    "Open this page again after the upgrade."
)


def record(
    connection: StoreConnection, rows: Sequence[WebhookDelivery], *, now: datetime
) -> None:
    """Note each of these requests, once; the 30 days count from when it came in."""
    requests = [
        PrivacyRequest(
            store=connection.store,
            domain=connection.domain,
            webhook_id=row.webhook_id,
            kind=KINDS[row.event],
            customer_id=row.customer_id,
            order_ids=row.order_ids,
            match_ids=row.match_ids,
            received_at=row.received_at,
            due_at=row.received_at + DUE,
        )
        for row in rows
    ]
    PrivacyRequest.objects.bulk_create(requests, ignore_conflicts=True)


def erase_who_leaves(connection: StoreConnection, *, now: datetime) -> None:
    """Erase those whom this store has asked us to forget. A request is carried out when nothing of the orders
    that it names is left; what a person must decide stays to be done."""
    for request in PrivacyRequest.objects.filter(
        domain=connection.domain, kind=PrivacyKind.ERASE, done_at__isnull=True
    ):
        if not request.customer_id:
            continue
        with transaction.atomic():
            try:
                _erase(connection, request, now=now)
            except ActionRefusedError:
                continue
            is_left = _left(connection, request).exists()
            is_doubtful = not request.is_known and matches_of(request).exists()
            if not is_left and not is_doubtful:
                finish(
                    PrivacyRequest.objects.filter(pk=request.pk), by_id=None, now=now
                )


def _erase(
    connection: StoreConnection, request: PrivacyRequest, *, now: datetime
) -> None:
    """Whoever is not here is forgotten in advance, once: the request may stay open."""
    contact = _contact(connection, request)
    person = find_person(contact)
    if request.is_known is not None and not person:
        return
    erase_contact(contact, by_id=None, now=now)
    if request.is_known is None:
        request.is_known = person is not None
        request.save(update_fields=["is_known"])


def matches(message: Message, connection: StoreConnection) -> list[int] | None:
    """Our ids of the customers whom the contact data of a privacy request names, however weakly; None for any
    other message."""
    if message.event not in KINDS:
        return None
    named = ContactDetails(
        email=message.email, phone=message.phone, country=connection.country
    )
    found = named_by_contact(named).order_by("pk").values_list("pk", flat=True)
    return list(found[:MATCHES])


def matches_of(request: PrivacyRequest) -> QuerySet[Customer]:
    """Of those whom the message's contact data named, the ones that are still here."""
    return (
        Customer.objects.living().filter(pk__in=request.match_ids or []).order_by("pk")
    )


def what_to_do(request: PrivacyRequest) -> str:
    kind = request.kind
    if kind in IF_THE_SAME and request.customer_id and not person_of(request):
        if matches_of(request).exists():
            return str(IF_THE_SAME[kind])
        if kind == PrivacyKind.EXPORT:
            return str(IF_NOBODY)
    return str(WHAT_TO_DO.get(kind, FOR_A_NEWER_VERSION))


def person_of(request: PrivacyRequest) -> Customer | None:
    """Who among our customers the store means, if its connection is still here."""
    connection = (
        StoreConnection.objects.select_related("store")
        .filter(domain=request.domain)
        .first()
    )
    return (
        find_person(_contact(connection, request))
        if connection and request.customer_id
        else None
    )


def _contact(connection: StoreConnection, request: PrivacyRequest) -> ContactDetails:
    return ContactDetails(key=f"{connection.key}:{request.customer_id}")


def _left(connection: StoreConnection, request: PrivacyRequest) -> QuerySet[Order]:
    """The orders of the request that still name somebody: another customer's here, or nobody's but with
    words of theirs."""
    affected = Order.objects.filter(
        store=connection.store, external_id__in=request.order_ids
    )
    somebody = Q(customer__isnull=False, customer__erased_at__isnull=True)
    return affected.filter(somebody | ~Q(delivery_address="") | ~Q(store_note=""))


def finish(
    requests: QuerySet[PrivacyRequest], *, by_id: int | None, now: datetime
) -> int:
    """Note that a person has carried these out; returns how many were not yet. ``by`` is that user's id."""
    return PrivacyRequest.objects.filter(
        pk__in=requests.values("pk"), done_at__isnull=True
    ).update(done_at=now, done_by=by_id, match_ids=None)
