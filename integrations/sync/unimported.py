"""Unimported orders: why an order that a store has shown is not here (I6). The only writer of its rows."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext_noop

from common.bulk_sql import any_of
from common.leases import RELEASED, back_off
from common.text import digits_of
from integrations.models import (
    OVERRIDABLE,
    ImportStatus,
    StoreConnection,
    UnimportedOrder,
)
from orders.importing.admission import Admission
from orders.importing.types import Outcome, Result
from orders.models import Store

STATUSES = {
    Result.HELD: ImportStatus.HELD,
    Result.SKIPPED: ImportStatus.SKIPPED,
    Result.FAILED: ImportStatus.FAILED,
}
GONE = gettext_noop(
    "The store no longer has this order: it was deleted before it could be imported."
)
MIN_WAIT = timedelta(minutes=1)
MAX_WAIT = timedelta(days=1)
REPORTED_FIELDS = [
    "number",
    "number_digits",
    "more_digits",
    "status",
    "code",
    "reason",
    "values",
    "placed_at",
    "store_updated_at",
    "fingerprint",
    "attempts",
    "last_at",
]
TRIED = [*REPORTED_FIELDS, "due_at", *RELEASED]
RULE_BEHIND = {
    "test_order": "include_tests",
    "excluded_tag": "excluded_tags",
    "too_old": "since",
    "not_open": "open_before",
    "currency": "currency",
    "hidden": "reads_all_orders",
}
"""Which rule keeps an order with this code out."""


def record(
    outcomes: Sequence[Outcome],
    *,
    store: Store,
    now: datetime,
    tried: Collection[str] = (),
) -> None:
    """Bring the unimported orders up to date, in the transaction that stores the orders. What it says already
    is not written again.

    ``tried`` are external ids of entries whose due try this is; only it answers what people asked of a held
    or skipped one.
    """
    known = {
        entry.external_id: entry
        for entry in UnimportedOrder.objects.filter(
            any_of("external_id", [each.snapshot.external_id for each in outcomes]),
            store=store,
        )
    }
    here = [
        known[each.snapshot.external_id].pk
        for each in outcomes
        if each.result not in STATUSES and each.snapshot.external_id in known
    ]
    if here:
        UnimportedOrder.objects.filter(pk__in=here).delete()
    reported, attempted = [], []
    for outcome in outcomes:
        if outcome.result in STATUSES:
            before = known.get(outcome.snapshot.external_id)
            entry = _entry(outcome, before, store, now)
            if (
                outcome.snapshot.external_id in tried
                or entry.status == ImportStatus.FAILED
            ):
                attempted.append((before, entry))
            else:
                reported.append((before, entry))
    _write(
        [entry for before, entry in reported if not _says(before, entry)],
        REPORTED_FIELDS,
    )
    due = [
        entry
        for before, entry in attempted
        if entry.external_id in tried or not _says(before, entry)
    ]
    _write(due, TRIED)


def _entry(
    outcome: Outcome, before: UnimportedOrder | None, store: Store, now: datetime
) -> UnimportedOrder:
    snapshot, status = outcome.snapshot, STATUSES[outcome.result]
    number = snapshot.number[:64]
    digits, more_digits = digits_of(number)
    attempts = before.attempts + 1 if before else 1
    wait = back_off(attempts, first=MIN_WAIT, longest=MAX_WAIT)
    return UnimportedOrder(
        store=store,
        external_id=snapshot.external_id,
        number=number,
        number_digits=digits,
        more_digits=more_digits,
        status=status,
        code=outcome.code,
        reason=outcome.reason,
        values=dict(outcome.values),
        placed_at=snapshot.placed_at,
        store_updated_at=snapshot.updated_at,
        fingerprint=snapshot.fingerprint,
        attempts=attempts,
        last_at=now,
        due_at=now + wait if status == ImportStatus.FAILED else None,
    )


def _says(before: UnimportedOrder | None, entry: UnimportedOrder) -> bool:
    return before is not None and all(
        getattr(before, field) == getattr(entry, field)
        for field in ["status", "code", "fingerprint"]
    )


def _write(entries: list[UnimportedOrder], fields: list[str]) -> None:
    if entries:
        UnimportedOrder.objects.bulk_create(
            entries,
            update_conflicts=True,
            unique_fields=["store", "external_id"],
            update_fields=fields,
        )


def ask(
    entries: QuerySet[UnimportedOrder], *, now: datetime, override_rules: bool
) -> int:
    """Make the entries due that another try may help, and with ``override_rules`` those that a rule skips;
    returns how many."""
    wanted = entries.filter(status__in=[ImportStatus.HELD, ImportStatus.FAILED]) | (
        entries.filter(status=ImportStatus.SKIPPED, code__in=OVERRIDABLE)
        if override_rules
        else entries.none()
    )
    values: dict[str, Any] = {**RELEASED, "due_at": now, "asked_at": now}
    if override_rules:
        values["override_rules"] = True
    return wanted.update(**values)


def recheck_excluded(
    connection: StoreConnection, admission: Admission, *, now: datetime
) -> None:
    """Make due what a rule kept out that has changed since they were last checked: it may come in now."""
    before, rules = connection.rules_applied, plain_rules(connection, admission)
    if rules == before:
        return
    codes = [
        code for code, rule in RULE_BEHIND.items() if rules[rule] != before.get(rule)
    ]
    rows = StoreConnection.objects.filter(pk=connection.pk)
    with transaction.atomic():
        known = rows.select_for_update().values_list("rules_applied", flat=True).get()
        if known != before:
            return  # A first import was cancelled at this moment; the next poll knows what that means.
        entries = UnimportedOrder.objects.filter(store=connection.store_id)
        entries.filter(code__in=codes).update(**RELEASED, due_at=now)
        rows.update(rules_applied=rules)


def plain_rules(connection: StoreConnection, admission: Admission) -> dict[str, Any]:
    """What decides which orders come in, as StoreConnection.rules_applied keeps it."""
    return {
        "currency": admission.currency,
        "since": _plain(admission.since),
        "open_before": _plain(admission.open_before),
        "include_tests": admission.include_tests,
        "excluded_tags": sorted(admission.excluded_tags),
        "reads_all_orders": connection.reads_all_orders,
    }


def _plain(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat() if moment else ""


def note_gone(store: Store, external_ids: Collection[str], *, now: datetime) -> None:
    """The store has deleted these: no try will bring them in."""
    _give_up(
        store, external_ids, now, status=ImportStatus.SKIPPED, code="gone", reason=GONE
    )


def note_hidden(
    store: Store, external_ids: Collection[str], *, reason: str, now: datetime
) -> None:
    """The store does not show us these: no try will bring them in while that is so."""
    _give_up(
        store, external_ids, now, status=ImportStatus.HELD, code="hidden", reason=reason
    )


def _give_up(
    store: Store, external_ids: Collection[str], now: datetime, **values: str
) -> None:
    if external_ids:
        entries = UnimportedOrder.objects.filter(
            store=store, external_id__in=external_ids
        )
        attempts = F("attempts") + 1
        entries.update(
            **values, values={}, attempts=attempts, last_at=now, due_at=None, **RELEASED
        )


def forget(store: Store, external_ids: Collection[str]) -> None:
    """These are here and up to date."""
    if external_ids:
        UnimportedOrder.objects.filter(
            store=store, external_id__in=external_ids
        ).delete()
