"""The stores' subscriptions: which of them send their messages here, made, looked at every day, and
mended."""

import logging
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from common.formats import day_and_time
from integrations.models import State, StoreConnection
from integrations.platforms.errors import StoreError, StoreRefused
from integrations.platforms.protocol import Subscriptions
from integrations.platforms.registry import gateway_for

log = logging.getLogger("roapp.sync")
AGAIN = timedelta(days=1)
SOON = timedelta(hours=1)
"""After a look that failed."""
FIELDS = ["webhook_address", "webhooks_due_at", "webhooks_problem"]


def address_of(connection: StoreConnection) -> str:
    """Where this store shall send its messages; empty if it shall not."""
    if not (settings.PUBLIC_URL and connection.use_webhooks):
        return ""
    return str(settings.PUBLIC_URL) + reverse("webhooks", args=[connection.domain])


def obstacle(connection: StoreConnection, *, now: datetime) -> str:
    """Why this store cannot send messages here, as an English sentence for the command line; empty if it
    can."""
    if not settings.PUBLIC_URL:
        return (
            "PUBLIC_URL is not set: stores cannot send messages to an installation "
            "without a public address."
        )
    if not connection.signing_secrets(now):
        return (
            f"{connection.domain} has no secret to check signatures with: give the webhook secret, the "
            "app's client secret."
        )
    return ""


def due_subscriptions(now: datetime) -> list[int]:
    """Ids of the connections whose subscriptions want looking at."""
    return list(
        _due(now)
        .filter(enabled=True)
        .exclude(state=State.NEEDS_ATTENTION)
        .values_list("pk", flat=True)
    )


def claim(connection_id: int, *, now: datetime) -> bool:
    """Whether this look is ours: one conditional UPDATE decides between workers."""
    return bool(_due(now).filter(pk=connection_id).update(webhooks_due_at=now + SOON))


def _due(now: datetime) -> QuerySet[StoreConnection]:
    return StoreConnection.objects.filter(webhooks_due_at__lte=now)


def settle(connection: StoreConnection, *, now: datetime) -> Subscriptions:
    """Bring the store's subscriptions into line with the settings, and note how that went. Raises StoreError.

    A store that refuses them is polled all the same.
    """
    address = address_of(connection)
    if not address and not connection.webhook_address:
        return _note(connection, Subscriptions(), address, now)
    former = connection.webhook_address
    try:
        gateway = gateway_for(connection)
        if former and address and urlsplit(former).path != urlsplit(address).path:
            # The store has another address, which its messages' path names.
            gateway.subscribe(former, wanted=False)
        found = gateway.subscribe(address or former, wanted=bool(address))
    except StoreError as error:
        connection.webhooks_problem = str(error)
        connection.webhooks_due_at = now + (
            AGAIN if isinstance(error, StoreRefused) else SOON
        )
        connection.save(update_fields=FIELDS)
        raise
    return _note(connection, found, address, now)


def _note(
    connection: StoreConnection, found: Subscriptions, address: str, now: datetime
) -> Subscriptions:
    connection.webhook_address = address
    connection.webhooks_due_at = now + AGAIN if address else None
    connection.webhooks_problem = "; ".join(
        f"{topic}: {reason}" for topic, reason in found.refused
    )
    connection.save(update_fields=FIELDS)
    if found.created or found.removed or found.refused:
        made, removed, about = (
            len(found.created),
            len(found.removed),
            {"store": connection.store_id, "domain": connection.domain},
        )
        log.info(
            "webhooks of store %s: %s made, %s removed",
            connection.store_id,
            made,
            removed,
            extra=about,
        )
    return found


def state_of_webhooks(connection: StoreConnection) -> str:
    """How the store's messages do, in words for an admin."""
    if connection.use_webhooks and not settings.PUBLIC_URL:
        return _("Off: this installation has no public address (PUBLIC_URL).")
    if connection.webhooks_problem:
        return _("Not in order: %(reason)s") % {"reason": connection.webhooks_problem}
    if address_of(connection) != connection.webhook_address:
        return _("Being set up or taken down in the background.")
    if not connection.webhook_address:
        return _("Off.")
    last = connection.deliveries.order_by("-received_at").first()
    if last is None:
        return _("On; the store has not sent any message yet.")
    return _("On; the last message came %(when)s.") % {
        "when": day_and_time(last.received_at)
    }
