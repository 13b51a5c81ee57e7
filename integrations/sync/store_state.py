"""What a store's state says after it could not be read, whoever tried."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_noop

from integrations.models import State, StoreConnection
from integrations.platforms.errors import StoreError, StoreRefused, StoreUnavailable

log = logging.getLogger("roapp.sync")
FAULT = gettext_noop(
    "RO App failed while it read the store; it tries again automatically. See the log."
)

NO_TROUBLE: Mapping[str, object] = {
    "state": State.WORKING,
    "reason_code": "",
    "reason": "",
    "failing_since": None,
    "mailed_at": None,
    "attempts": 0,
    "rate_limited_until": None,
}
"""What the columns of a store say whose last attempt was good."""


def pause_after(error: StoreError, *, at_least: timedelta) -> timedelta:
    """How long rows wait that a store could not be read for: as long as the store asks, if it does."""
    asked = error.retry_after if isinstance(error, StoreUnavailable) else 0
    return max(at_least, timedelta(seconds=asked))


def note_trouble(
    connection: StoreConnection, error: StoreError, *, now: datetime
) -> None:
    """Put the error into the store's state; what needs attention stays so until a check or a poll is good."""
    state = State.NEEDS_ATTENTION if isinstance(error, StoreRefused) else State.WAITING
    row = StoreConnection.objects.filter(pk=connection.pk, store__is_connected=True)
    row.exclude(state=State.NEEDS_ATTENTION).update(
        state=state, reason_code=error.code, reason=str(error)
    )
    row.update(failing_since=Coalesce("failing_since", Value(now)))
    if isinstance(error, StoreUnavailable) and error.retry_after:
        rest = now + timedelta(seconds=error.retry_after)
        row.update(rate_limited_until=rest)
        row.filter(due_at__lt=rest).update(due_at=rest)
    about = {
        "store": connection.store_id,
        "domain": connection.domain,
        "request_id": error.request_id,
    }
    log.warning(
        "store %s %s: %s %s",
        connection.store_id,
        state,
        error.code,
        error.request_id,
        extra=about,
    )
