"""The inbox: what stores have sent us, kept as rows of ids, and looked at by a worker. Polling finds all of
it too, later."""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from common import leases
from customers.models import CustomerKey
from integrations.connections import connect
from integrations.connections.check import check_connection
from integrations.imports import bulk_export
from integrations.models import State, StoreConnection, WebhookDelivery
from integrations.platforms.errors import StoreError, StoreRefused
from integrations.platforms.protocol import Message, WebhookEvent
from integrations.platforms.registry import gateway_for
from integrations.sync.deleted_orders import note_missing
from integrations.sync.import_page import import_page
from integrations.sync.store_state import note_trouble, pause_after
from integrations.sync.waiting_import import rules_in_force
from integrations.webhooks import privacy_requests
from orders.models import Order

log = logging.getLogger("roapp.sync")
READ_AT_ONCE = 250
MAX_AT_ONCE = 5_000
"""Messages of one store that are looked at together: a thousand of them about a hundred orders are one read.
"""
LEASE = timedelta(minutes=5)
WORK_SECONDS = 20.0
"""Then other stores get their turn; the next tick finds the rest."""
PAUSE = timedelta(seconds=20)
ORDERS_OF_A_CUSTOMER = 20
"""Read again when a customer has changed, the newest first: what the customer lacks here is filled in from
them (C3)."""
READING = [WebhookEvent.ORDER, WebhookEvent.CUSTOMER]
"""WebhookEvent for which the store is read; they wait while it is paused or needs attention."""
PRIVATE = [
    WebhookEvent.CUSTOMER_DATA_REQUEST,
    WebhookEvent.CUSTOMER_REDACT,
    WebhookEvent.SHOP_REDACT,
]
UNINSTALLED = gettext_noop(
    "The app was removed from the store. Install it there again, then press Check connection."
)


def keep(message: Message, connection: StoreConnection, *, now: datetime) -> bool:
    """Store the message, once, and nothing else; whether it is the only one that waits, so that a worker
    should be told."""
    if message.event == WebhookEvent.NOTHING:
        return False
    row = WebhookDelivery(
        connection=connection,
        webhook_id=message.message_id,
        topic=message.topic,
        event=message.event,
        order_ids=list(message.order_ids),
        customer_id=message.customer_id,
        match_ids=privacy_requests.matches(message, connection),
        received_at=now,
        due_at=now,
    )
    WebhookDelivery.objects.bulk_create([row], ignore_conflicts=True)
    waiting = _due(now).filter(leases.is_free(now), connection=connection)
    others = waiting.exclude(webhook_id=message.message_id)
    return not others.exists()


def connections_with_messages(now: datetime) -> list[int]:
    """Ids of the connections with messages that a worker can look at now and that none has in hand."""
    in_peace = Q(
        connection__rate_limited_until__isnull=False,
        connection__rate_limited_until__gt=now,
    )
    readable = (
        Q(connection__enabled=True)
        & ~Q(connection__state=State.NEEDS_ATTENTION)
        & ~in_peace
    )
    rows = _due(now).filter(leases.is_free(now), readable | ~Q(event__in=READING))
    return list(rows.values_list("connection", flat=True).distinct())


def drain(connection_id: int, *, now: Callable[[], datetime] = timezone.now) -> int:
    """Look at what this store has sent us, for a while; returns how many messages.

    Safe to job several times at once: messages are claimed in the database. While the store cannot be read,
    those that need it wait.
    """
    done, began = 0, time.monotonic()
    while time.monotonic() - began < WORK_SECONDS:
        connection = (
            StoreConnection.objects.select_related("store", "order_type")
            .filter(pk=connection_id)
            .first()
        )
        rows = claim(connection, now()) if connection else []
        if connection is None or not rows:
            return done
        try:
            _look_at(connection, rows, now)
        except StoreError as error:
            _put_back(connection, rows, error, now())
            return done
        done += len(rows)
    return done


def _due(now: datetime) -> QuerySet[WebhookDelivery]:
    # What only a later version understands is left to its workers.
    known = WebhookDelivery.objects.filter(event__in=[*WebhookEvent])
    return known.filter(drained_at__isnull=True, due_at__lte=now)


def claim(connection: StoreConnection, now: datetime) -> list[WebhookDelivery]:
    """Waiting messages of the store under a lease of ours."""
    rows = _due(now).filter(connection=connection).order_by("id")
    if not connection.may_be_read(now):
        rows = rows.exclude(event__in=READING)
    return leases.claim_batch(rows, size=MAX_AT_ONCE, now=now, duration=LEASE)


def _look_at(
    connection: StoreConnection,
    rows: Sequence[WebhookDelivery],
    now: Callable[[], datetime],
) -> None:
    """People's requests first, then the shop itself, then its orders: what fails later leaves the earlier
    done."""
    events = {row.event for row in rows}
    requests = [row for row in rows if row.event in PRIVATE]
    if requests:
        privacy_requests.record(connection, requests, now=now())
        privacy_requests.erase_who_leaves(connection, now=now())
    _settle(requests, now())
    if events & {WebhookEvent.SHOP, WebhookEvent.UNINSTALLED}:
        _ask_the_shop(
            connection, uninstalled=WebhookEvent.UNINSTALLED in events, now=now()
        )
    if WebhookEvent.EXPORT_DONE in events:
        bulk_export.wake_waiting_jobs(connection.store_id, now=now())
    _settle([row for row in rows if row.event not in [*READING, *PRIVATE]], now())
    reading = [row for row in rows if row.event in READING]
    if reading and connection.may_be_read(now()):
        _read_orders(connection, _order_ids(connection, reading), now)
        _settle(reading, now())


def _settle(rows: Sequence[WebhookDelivery], now: datetime) -> None:
    """Only under our lease: a batch whose lease ran out may be another worker's by now."""
    for part in _parts([row.pk for row in rows]):
        leases.release(
            WebhookDelivery.objects.filter(pk__in=part), rows[0].lease, drained_at=now
        )


def _ask_the_shop(
    connection: StoreConnection, *, uninstalled: bool, now: datetime
) -> None:
    """What the shop says of itself decides; a message alone stops nothing."""
    if uninstalled and not _answers(connection, now):
        return
    with suppress(StoreRefused):  # Its state says so.
        connect.recheck(connection, now=now)
    connection.refresh_from_db(fields=["state"])


def _answers(connection: StoreConnection, now: datetime) -> bool:
    """Whether the app is still let in; if it is not, the store needs attention and says why."""
    try:
        check_connection(connection)
    except StoreRefused as error:
        note_trouble(
            connection,
            StoreRefused(UNINSTALLED, code="uninstalled", request_id=error.request_id),
            now=now,
        )
        connection.state = State.NEEDS_ATTENTION
        return False
    return True


def _order_ids(
    connection: StoreConnection, rows: Iterable[WebhookDelivery]
) -> list[str]:
    """The store's ids of the orders that these messages are about, each once, the newest message last."""
    ids: dict[str, None] = {}
    customers = {
        row.customer_id: None
        for row in rows
        if row.event == WebhookEvent.CUSTOMER and row.customer_id
    }
    for row in rows:
        ids |= dict.fromkeys(row.order_ids)
    for customer_id in customers:
        ids |= dict.fromkeys(_orders_of(connection, customer_id))
    return list(ids)


def _orders_of(connection: StoreConnection, customer_id: str) -> list[str]:
    key = f"{connection.key}:{customer_id}"
    known = CustomerKey.objects.filter(key=key).values("customer")
    orders = Order.objects.filter(
        customer__in=known, store=connection.store, store_customer=key
    )
    return list(
        orders.order_by("-placed_at", "-id").values_list("external_id", flat=True)[
            :ORDERS_OF_A_CUSTOMER
        ]
    )


def _read_orders(
    connection: StoreConnection, ids: Sequence[str], now: Callable[[], datetime]
) -> None:
    gateway = gateway_for(connection)
    rules = rules_in_force(connection)
    for part in _parts(ids):
        reading = gateway.orders(part)
        import_page(
            reading.snapshots,
            rules=rules,
            gateway=gateway,
            fetched_at=reading.fetched_at,
            now=now(),
        )
        note_missing(connection, reading, now=now())


def _put_back(
    connection: StoreConnection,
    rows: Sequence[WebhookDelivery],
    error: StoreError,
    now: datetime,
) -> None:
    """What was not looked at waits until the store may be asked again."""
    note_trouble(connection, error, now=now)
    left = WebhookDelivery.objects.filter(
        connection=connection, drained_at__isnull=True
    )
    leases.release(left, rows[0].lease, due_at=now + pause_after(error, at_least=PAUSE))


def _parts(ids: Sequence[int] | Sequence[str]) -> Iterable[Sequence]:
    return (
        ids[start : start + READ_AT_ONCE] for start in range(0, len(ids), READ_AT_ONCE)
    )
