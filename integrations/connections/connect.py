"""Connecting a store: ask it first, then save it whole. The admin's form and the command both come through
here."""

import copy
from contextlib import suppress
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext, gettext_noop

from integrations.connections.check import (
    check_connection,
    refusals,
    remember,
    shop_id_of,
    trouble,
)
from integrations.imports import lifecycle, worker
from integrations.imports.preview import Plain
from integrations.imports.preview import preview as count_preview
from integrations.models import (
    MOVING,
    FirstImport,
    ImportJob,
    JobKind,
    State,
    StoreConnection,
    StoreEvent,
    StoreEventKind,
)
from integrations.platforms.errors import StoreError, StoreRefused
from integrations.platforms.protocol import ShopReport
from integrations.platforms.registry import gateway_for, platform_of
from integrations.sync.import_page import rules_of
from integrations.sync.outages import end_outage
from integrations.sync.store_state import note_trouble
from integrations.sync.unimported import plain_rules
from orders.models import Store

FIRST_YEAR = 2000
"""No shop on any platform has orders from before; searches begin there, too."""
OPEN_REACH = timedelta(days=60)
"""How far back the default first import looks."""
CHECKED_AGAIN = timedelta(days=1)
SECRETS_OVERLAP = timedelta(days=7)
"""A platform may sign with the former secret until that is revoked there."""
SAME_SHOP = gettext_noop(
    "This shop is connected already, under another of its addresses."
)
OTHER_SHOP = gettext_noop(
    "Another shop answers under this address, and its orders would be taken for this store's. Connect that "
    "shop as a store of its own."
)
CREDENTIALS = ["access_token", "client_id", "client_secret"]
SECRETS = ["access_token", "client_secret", "webhook_secret"]
"""Credentials that are never shown again."""
GRANTED = ["granted_token", "granted_until"]
SETTINGS = [
    *CREDENTIALS,
    "enabled",
    "order_type",
    "identify_by",
    "poll_seconds",
    "first_import",
    "import_since",
    "include_test_orders",
    "excluded_tags",
    "use_webhooks",
    "webhook_secret",
]
"""What people set. An update writes these and not the cursor, which a worker may be moving at this moment."""


class SameShopError(StoreRefused):
    """This shop is connected already, as ``known``; ``report`` is what it said."""

    def __init__(self, known: StoreConnection, report: ShopReport) -> None:
        super().__init__(SAME_SHOP, code="same_shop")
        self.known, self.report = known, report


def day_is_wrong(day: date, *, today: date) -> str:
    """Why orders cannot be imported since this day, in the reader's language; empty if they can."""
    if day.year < FIRST_YEAR:
        text = gettext("Enter a date from the year %(year)s on.")
        return text % {"year": FIRST_YEAR}
    return gettext("Enter a date that is not in the future.") if day > today else ""


def import_since(
    first: str, since: datetime | None, *, connected_at: datetime
) -> datetime | None:
    """From when on orders are taken in; None only where *all since a date* lacks its date."""
    if first == FirstImport.OPEN:
        return connected_at - OPEN_REACH
    return since or (connected_at if first == FirstImport.NONE else None)


def examine(connection: StoreConnection) -> ShopReport:
    """Check a connection that is not saved yet, or has unsaved changes. Raises StoreError; saves nothing.

    A token granted on the way is put into the connection. SameShopError offers to go on under this address
    (``go_on``).
    """
    report = _ask(connection)
    _require_own_shop(connection, report)
    if reasons := refusals(report, platform_of(connection)):
        raise StoreRefused(
            " ".join(reasons), code="scopes" if report.missing_scopes else "currency"
        )
    return report


def _require_own_shop(connection: StoreConnection, report: ShopReport) -> None:
    """A shop is its id and not its address (I4). Raises SameShopError if another connection has it, and
    StoreRefused if the connection is another shop's."""
    shop_id = shop_id_of(connection, report)
    is_same = Q(domain=report.domain.lower())
    if shop_id:
        is_same |= Q(shop_id=shop_id)
    others = StoreConnection.objects.exclude(pk=connection.pk)
    if known := others.select_related("store").filter(is_same).first():
        raise SameShopError(known, report)
    if connection.pk and connection.shop_id and shop_id != connection.shop_id:
        raise StoreRefused(OTHER_SHOP, code="other_shop")


def go_on(
    known: StoreConnection,
    typed: StoreConnection,
    *,
    report: ShopReport,
    now: datetime,
    by_id: int | None = None,
) -> None:
    """Reach a connected shop under the address and with the credentials of ``typed`` from now on; its other
    settings and its orders stay."""
    for field in [*CREDENTIALS, *GRANTED]:
        setattr(known, field, getattr(typed, field))
    known.webhook_secret = typed.webhook_secret or known.webhook_secret
    _move(known, typed.domain, report, now=now, by_id=by_id)


def move(connection: StoreConnection, *, now: datetime) -> bool:
    """Reach the store under the address that the shop gives as its own, if it answers there; False if there
    is none. Raises StoreError."""
    if not connection.new_address:
        return False
    moved = copy.copy(connection)
    moved.domain = connection.new_address
    report = examine(moved)
    _move(connection, moved.domain, report, now=now, by_id=None)
    return True


def _move(
    connection: StoreConnection,
    domain: str,
    report: ShopReport,
    *,
    now: datetime,
    by_id: int | None,
) -> None:
    with transaction.atomic():
        connection.domain = domain
        connection.save(update_fields=["domain"])
        save(
            connection, name=connection.store.name, report=report, now=now, by_id=by_id
        )


def _ask(connection: StoreConnection) -> ShopReport:
    probe = copy.copy(connection)
    # A probe without a row cannot write its granted token, and may always renew it: a person asks.
    probe.pk = None
    if _credentials_changed(connection):
        probe.granted_token, probe.granted_until = "", None
    report = check_connection(probe)
    connection.granted_token, connection.granted_until = (
        probe.granted_token,
        probe.granted_until,
    )
    return report


def save(
    connection: StoreConnection,
    *,
    name: str,
    report: ShopReport | None,
    now: datetime,
    by_id: int | None = None,
    preview: Plain | None = None,
    asks: bool = False,
) -> None:
    """Store the settings under this name. With a report the store works again and is polled at once, also one
    that was disconnected; without one, such a store is left alone.

    A new store's first import begins, and another one when the settings now reach further back; with ``asks``
    it waits for someone; and so does one that ended because the store was disconnected. ``preview`` is what
    ``previewed`` found; ``by_id`` is the user's.
    """
    before = (
        StoreConnection.objects.select_related("store").filter(pk=connection.pk).first()
    )
    is_new = before is None or not before.store.is_connected
    if is_new and report is None:
        return  # It was disconnected meanwhile, and stays so.
    connection.enabled |= before is not None and is_new
    if before and (report or not connection.enabled):
        end_outage(before, now=now)
    fields = [*SETTINGS]
    if report:
        fields += [
            *remember(connection, report, now=now),
            *mark_healthy(connection, now),
            *GRANTED,
        ]
    fields += _look_at_webhooks(before, connection, now)
    platform = platform_of(connection)
    link = platform.order_link(connection)
    with transaction.atomic():
        if before:
            Store.objects.filter(pk=connection.store_id).update(
                name=name, order_link=link, is_connected=True
            )
            connection.store.name, connection.store.is_connected = name, True
            connection.save(update_fields=fields)
            connection.refresh_from_db(fields=["covered_from"])
        else:
            connection.store = Store.objects.create(
                name=name, platform=platform.slug, order_link=link
            )
            connection.covered_from = lifecycle.polled_from(connection, now=now)
            connection.rules_applied = plain_rules(
                connection, rules_of(connection).admission
            )
            connection.save()
        if is_new:
            StoreEvent.objects.create(
                store=connection.store,
                kind=StoreEventKind.CONNECTED,
                at=now,
                by_id=by_id,
            )
        if _has_first_import(before, connection):
            lifecycle.begin_first_import(
                connection, by_id=by_id, now=now, preview=preview, asks=asks
            )


def previewed(connection: StoreConnection) -> Plain | None:
    """What the first import would bring in that saving these settings would begin; None if none would, or the
    store could not count."""
    before = StoreConnection.objects.filter(pk=connection.pk).first()
    if connection.first_import == FirstImport.NONE or not _has_first_import(
        before, connection
    ):
        return None
    with suppress(StoreError):
        return count_preview(connection)
    return None


def first_import(connection: StoreConnection) -> ImportJob | None:
    """The store's first import while it is not over, counted if the store can be asked; its orders come in by
    itself."""
    job = ImportJob.objects.filter(
        store=connection.store_id, kind=JobKind.FIRST_IMPORT, state__in=MOVING
    ).first()
    if job:
        with suppress(StoreError):  # Then the worker counts.
            worker.count(job, gateway_for(connection))
    return job


def due_checks(now: datetime) -> list[int]:
    """Working stores that have not said for a day what they are: currency, scopes, plan and version may
    change."""
    working = StoreConnection.objects.filter(enabled=True, state=State.WORKING)
    return list(working.filter(_checked_long_ago(now)).values_list("pk", flat=True))


def _checked_long_ago(now: datetime) -> Q:
    return Q(checked_at=None) | Q(checked_at__lte=now - CHECKED_AGAIN)


def claim_check(connection_id: int, *, now: datetime) -> bool:
    """Whether the daily check is ours to make: one conditional UPDATE decides between workers."""
    return bool(
        StoreConnection.objects.filter(_checked_long_ago(now), pk=connection_id).update(
            checked_at=now
        )
    )


def recheck(connection: StoreConnection, *, now: datetime) -> ShopReport:
    """Ask a saved connection's store about itself, and let its state follow: a good answer lets it go on.

    Raises StoreError when the store gave no report.
    """
    if not connection.store.is_connected:
        raise StoreRefused(lifecycle.DISCONNECTED, code="disconnected")
    token = connection.granted_token
    try:
        report = _ask(connection)
        _require_own_shop(connection, report)
    except StoreError as error:
        note_trouble(connection, error, now=now)
        raise
    fields = remember(connection, report, now=now)
    if refusal := trouble(report, platform_of(connection)):
        note_trouble(connection, refusal, now=now)
    else:
        end_outage(connection, now=now)
        fields += mark_healthy(connection, now)
    # A token that was not renewed here may have been renewed by a poll meanwhile.
    if connection.granted_token != token:
        fields += GRANTED
    # Not into a store that was disconnected meanwhile.
    StoreConnection.objects.filter(pk=connection.pk, store__is_connected=True).update(
        **{field: getattr(connection, field) for field in fields}
    )
    return report


def mark_healthy(connection: StoreConnection, now: datetime) -> list[str]:
    connection.state, connection.reason_code, connection.reason = State.WORKING, "", ""
    connection.failing_since = connection.mailed_at = None
    connection.attempts, connection.due_at = 0, now
    connection.rate_limited_until = connection.token_renewed_at = None
    return [
        "state",
        "reason_code",
        "reason",
        "failing_since",
        "mailed_at",
        "attempts",
        "due_at",
        "rate_limited_until",
        "token_renewed_at",
    ]


def _look_at_webhooks(
    before: StoreConnection | None, after: StoreConnection, now: datetime
) -> list[str]:
    """Its subscriptions are looked at soon, and what signed its messages until now still does while a secret
    is changed."""
    if before is None or before.use_webhooks or after.use_webhooks:
        after.webhooks_due_at = now
    signed_with = (before.webhook_secret or before.client_secret) if before else ""
    if signed_with and signed_with not in [after.webhook_secret, after.client_secret]:
        after.former_secret, after.former_secret_until = (
            signed_with,
            now + SECRETS_OVERLAP,
        )
    return ["webhooks_due_at", "former_secret", "former_secret_until"]


def _has_first_import(before: StoreConnection | None, after: StoreConnection) -> bool:
    """Whether one begins when ``after`` is saved: the store is new, had to leave off, or gives more."""
    return (
        before is None
        or lifecycle.was_cut_off(after)
        or _reaches_further(before, after)
    )


def _reaches_further(before: StoreConnection, after: StoreConnection) -> bool:
    """Whether the new settings take in orders that earlier polls have passed by."""
    earlier = bool(
        after.import_since
        and before.import_since
        and after.import_since < before.import_since
    )
    return earlier or (
        before.first_import == FirstImport.OPEN
        and after.first_import == FirstImport.ALL
    )


def _credentials_changed(connection: StoreConnection) -> bool:
    before = (
        StoreConnection.objects.filter(pk=connection.pk).first()
        if connection.pk
        else None
    )
    return before is None or any(
        getattr(before, field) != getattr(connection, field) for field in CREDENTIALS
    )
