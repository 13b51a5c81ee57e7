"""What people ask of us through their store: to be told what is stored about them, or to be forgotten."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet

from integrations.gateway import News
from integrations.models import PrivacyKind, PrivacyRequest, StoreConnection, WebhookDelivery

DUE = timedelta(days=30)
"""https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance."""
KINDS = {
    News.PERSON_ASKS: PrivacyKind.EXPORT,
    News.PERSON_LEAVES: PrivacyKind.ERASE,
    News.SHOP_LEAVES: PrivacyKind.ERASE_SHOP,
}


def record(connection: StoreConnection, rows: Sequence[WebhookDelivery], *, now: datetime) -> None:
    """Note each of these requests, once; the 30 days count from when it came in."""
    requests = [
        PrivacyRequest(
            store=connection.store,
            domain=connection.domain,
            webhook_id=row.webhook_id,
            kind=KINDS[News(row.news)],
            customer_id=row.customer_id,
            order_ids=row.order_ids,
            received_at=row.received_at,
            due_at=row.received_at + DUE,
        )
        for row in rows
    ]
    PrivacyRequest.objects.bulk_create(requests, ignore_conflicts=True)


def finish(requests: QuerySet[PrivacyRequest], *, by: int | None, now: datetime) -> int:
    """Note that a person has carried these out; returns how many were not yet. ``by`` is that user's id."""
    return PrivacyRequest.objects.filter(pk__in=requests.values("pk"), done_at__isnull=True).update(done_at=now, done_by=by)
