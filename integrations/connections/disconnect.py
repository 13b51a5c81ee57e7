"""Disconnecting a store (S7): nothing goes to it or comes from it, and all that came from it stays."""

from datetime import datetime, timedelta

from django.db import transaction

from common.leases import RELEASED
from integrations.imports import lifecycle
from integrations.models import (
    StoreConnection,
    StoreEvent,
    StoreEventKind,
)
from integrations.platforms.errors import StoreError
from integrations.platforms.registry import gateway_for
from integrations.sync.outages import end_outage
from integrations.sync.store_state import NO_TROUBLE
from orders.models import Store

LATER = timedelta(hours=1)
WITHOUT_CREDENTIALS = {
    "access_token": "",
    "client_id": "",
    "client_secret": "",
    "granted_token": "",
    "granted_until": None,
    "granting_until": None,
    "token_renewed_at": None,
    "webhook_secret": "",
    "former_secret": "",
    "former_secret_until": None,
}
NOTHING_TO_TELL = {
    **NO_TROUBLE,
    "customer_data_refused_at": None,
    "customer_data_readable": True,
    "served_api_version": "",
    "shop_domain": "",
}
WITHOUT_WEBHOOKS = {
    "use_webhooks": False,
    "webhook_address": "",
    "webhooks_due_at": None,
    "webhooks_problem": "",
}


def disconnect(
    connection: StoreConnection, *, by_id: int | None, now: datetime
) -> StoreError | None:
    """Remove the store's subscriptions at its platform, delete its credentials and cancel its imports.

    Returns why the subscriptions could not be removed, if so; the store is disconnected all the same, and
    nothing tries again. Nothing happens to a store that is disconnected already.
    """
    if not connection.store.is_connected:
        return None
    trouble = _unsubscribe(connection, now)
    with transaction.atomic():
        if Store.objects.filter(pk=connection.store_id, is_connected=True).update(
            is_connected=False
        ):
            _forget(connection, now)
            StoreEvent.objects.create(
                store_id=connection.store_id,
                kind=StoreEventKind.DISCONNECTED,
                at=now,
                by_id=by_id,
            )
    connection.refresh_from_db()
    return trouble


def _unsubscribe(connection: StoreConnection, now: datetime) -> StoreError | None:
    """While there are credentials. No worker shall make them again meanwhile; should we die here, one removes
    them later."""
    if not connection.webhook_address:
        return None
    connection.use_webhooks, connection.webhooks_due_at = False, now + LATER
    connection.save(update_fields=["use_webhooks", "webhooks_due_at"])
    try:
        gateway_for(connection).subscribe(connection.webhook_address, wanted=False)
    except StoreError as error:
        return error
    return None


def _forget(connection: StoreConnection, now: datetime) -> None:
    connection.refresh_from_db(fields=["failing_since"])
    end_outage(connection, now=now)
    # Without its lease a poll that is under way stores nothing of what it still reads.
    StoreConnection.objects.filter(pk=connection.pk).update(
        enabled=False,
        **RELEASED,
        **WITHOUT_CREDENTIALS,
        **NOTHING_TO_TELL,
        **WITHOUT_WEBHOOKS,
    )
    lifecycle.cancel_all(connection.store_id, now=now)
