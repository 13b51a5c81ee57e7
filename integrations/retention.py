"""What is kept for how long (settings.KEEP_DAYS), and the nightly job that deletes the rest."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from common import sessions
from common.forms import drafts, one_time_keys
from integrations.models import (
    Heartbeat,
    ImportJob,
    ImportStatus,
    PrivacyRequest,
    UnimportedOrder,
    WebhookDelivery,
)
from orders.bulk import engine
from orders.models import BulkAction
from orders.order_page.live import delete_old_presences

log = logging.getLogger("roapp.retention")
AT_ONCE = 1_000
"""Rows that one statement deletes, so that none holds its locks for long."""
CLEANED = "cleaned "
"""Before the name of what was cleaned up, a heartbeat's."""
Rows = QuerySet[Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows that are kept for some days: those from before then are old."""

    name: str
    old: Callable[[datetime], list[Rows]]


KEPT = [
    Kept("sessions", lambda at: [Session.objects.filter(expire_date__lt=at)]),
    Kept(
        "logins",
        lambda at: [
            AccessAttempt.objects.filter(attempt_time__lt=at),
            AccessLog.objects.filter(attempt_time__lt=at),
        ],
    ),
    Kept(
        "imports",
        # An export that is still to be cleared away is found by its job.
        lambda at: [ImportJob.objects.filter(finished_at__lt=at, export_id="")],
    ),
    Kept(
        "skipped",
        lambda at: [
            UnimportedOrder.objects.filter(
                status=ImportStatus.SKIPPED, due_at__isnull=True, last_at__lt=at
            )
        ],
    ),
    Kept("webhooks", lambda at: [WebhookDelivery.objects.filter(received_at__lt=at)]),
    Kept("actions", lambda at: [BulkAction.objects.filter(done_at__lt=at)]),
    Kept("privacy", lambda at: [PrivacyRequest.objects.filter(done_at__lt=at)]),
]


def clean_up(now: datetime) -> dict[str, int]:
    """Delete what is old; how many rows of each kind, which /metrics reports too."""
    counts = {}
    for each in KEPT:
        before = now - timedelta(days=settings.KEEP_DAYS[each.name])
        counts[each.name] = sum(_delete(rows) for rows in each.old(before))
    engine.delete_old_drafts(now)
    delete_old_presences(now)
    one_time_keys.delete_old(now)
    drafts.delete_old(now)
    sessions.delete_old(now)
    for name, count in counts.items():
        Heartbeat.objects.update_or_create(
            name=CLEANED + name, defaults={"at": now, "count": count}
        )
    log.info(
        "cleaned up: %s", ", ".join(f"{name} {count}" for name, count in counts.items())
    )
    return counts


def _delete(rows: Rows) -> int:
    deleted = 0
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        rows.model._default_manager.filter(pk__in=ids).delete()
        deleted += len(ids)
    return deleted
