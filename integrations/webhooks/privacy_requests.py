"""What people ask of us through their store: to be told what is stored about them, or to be forgotten."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from customers.matching import ContactDetails
from customers.models import Customer
from integrations.models import (
    PrivacyKind,
    PrivacyRequest,
    StoreConnection,
    WebhookDelivery,
)
from integrations.platforms.protocol import WebhookEvent
from orders.customer_data.erasure import erase_contact, find_person
from orders.domain.editing import ActionRefusedError
from orders.models import Order

DUE = timedelta(days=30)
"""The law gives a month (GDPR, article 12), and platforms ask for the same."""
KINDS = {
    WebhookEvent.CUSTOMER_DATA_REQUEST: PrivacyKind.EXPORT,
    WebhookEvent.CUSTOMER_REDACT: PrivacyKind.ERASE,
    WebhookEvent.SHOP_REDACT: PrivacyKind.ERASE_SHOP,
}

WHAT_TO_DO = {
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


def record(
    connection: StoreConnection, rows: Sequence[WebhookDelivery], *, now: datetime
) -> None:
    """Note each of these requests, once; the 30 days count from when it came in."""
    requests = [
        PrivacyRequest(
            store=connection.store,
            domain=connection.domain,
            webhook_id=row.webhook_id,
            kind=KINDS[WebhookEvent(row.event)],
            customer_id=row.customer_id,
            order_ids=row.order_ids,
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
                erase_contact(_contact(connection, request), by_id=None, now=now)
            except ActionRefusedError:
                continue
            if not _left(connection, request).exists():
                finish(
                    PrivacyRequest.objects.filter(pk=request.pk), by_id=None, now=now
                )


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
    ).update(done_at=now, done_by=by_id)
