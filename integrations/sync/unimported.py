"""The ledger: why an order that a store has shown is not here (I6). The only writer of its rows."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext_noop

from common.bulk_sql import any_of
from common.leases import RELEASED, back_off
from integrations.models import OVERRIDABLE, Fate, LedgerEntry, StoreConnection
from orders.importing.admission import Admission
from orders.importing.types import Outcome, Result
from orders.models import Store

FATES = {Result.HELD: Fate.HELD, Result.SKIPPED: Fate.SKIPPED, Result.FAILED: Fate.FAILED}
GONE = gettext_noop("The store no longer has this order: it was deleted before it could be imported.")
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(days=1)
REPORTED_FIELDS = [
    "number",
    "fate",
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


def record(outcomes: Sequence[Outcome], *, store: Store, now: datetime, tried: Collection[str] = ()) -> None:
    """Bring the ledger up to date, in the transaction that stores the orders. What it says already is not
    written again.

    ``tried`` are external ids of entries whose due try this is; only it answers what people asked of a held
    or skipped one.
    """
    known = {
        entry.external_id: entry
        for entry in LedgerEntry.objects.filter(
            any_of("external_id", [each.snapshot.external_id for each in outcomes]), store=store
        )
    }
    here = [
        known[each.snapshot.external_id].pk
        for each in outcomes
        if each.result not in FATES and each.snapshot.external_id in known
    ]
    if here:
        LedgerEntry.objects.filter(pk__in=here).delete()
    told, attempted = [], []
    for outcome in outcomes:
        if outcome.result in FATES:
            before = known.get(outcome.snapshot.external_id)
            entry = _entry(outcome, before, store, now)
            if outcome.snapshot.external_id in tried or entry.fate == Fate.FAILED:
                attempted.append((before, entry))
            else:
                told.append((before, entry))
    _write([entry for before, entry in told if not _says(before, entry)], REPORTED_FIELDS)
    due = [entry for before, entry in attempted if entry.external_id in tried or not _says(before, entry)]
    _write(due, TRIED)


def _entry(outcome: Outcome, before: LedgerEntry | None, store: Store, now: datetime) -> LedgerEntry:
    snapshot, fate = outcome.snapshot, FATES[outcome.result]
    attempts = before.attempts + 1 if before else 1
    wait = back_off(attempts, first=FIRST_WAIT, longest=LONGEST_WAIT)
    return LedgerEntry(
        store=store,
        external_id=snapshot.external_id,
        number=snapshot.number[:64],
        fate=fate,
        code=outcome.code,
        reason=outcome.reason,
        values=dict(outcome.values),
        placed_at=snapshot.placed_at,
        store_updated_at=snapshot.updated_at,
        fingerprint=snapshot.fingerprint,
        attempts=attempts,
        first_at=before.first_at if before else now,
        last_at=now,
        due_at=now + wait if fate == Fate.FAILED else None,
    )


def _says(before: LedgerEntry | None, entry: LedgerEntry) -> bool:
    return before is not None and all(
        getattr(before, field) == getattr(entry, field) for field in ["fate", "code", "fingerprint"]
    )


def _write(entries: list[LedgerEntry], fields: list[str]) -> None:
    if entries:
        LedgerEntry.objects.bulk_create(
            entries, update_conflicts=True, unique_fields=["store", "external_id"], update_fields=fields
        )


def ask(entries: QuerySet[LedgerEntry], *, by: int | None, now: datetime, all_the_same: bool) -> int:
    """Make the entries due that another try may help, and with ``all_the_same`` those that a rule skips;
    returns how many.

    ``by`` is the asking user's id.
    """
    wanted = entries.filter(fate__in=[Fate.HELD, Fate.FAILED]) | (
        entries.filter(fate=Fate.SKIPPED, code__in=OVERRIDABLE) if all_the_same else entries.none()
    )
    values: dict[str, Any] = {**RELEASED, "due_at": now, "asked_by": by, "asked_at": now}
    if all_the_same:
        values["all_the_same"] = True
    return wanted.update(**values)


def judge_anew(connection: StoreConnection, admission: Admission, *, now: datetime) -> None:
    """Make due what a rule kept out that has changed since the ledger was last judged: it may come in now."""
    before, rules = connection.rules_applied, plain_rules(connection, admission)
    if rules != before:
        codes = [code for code, rule in RULE_BEHIND.items() if rules[rule] != before.get(rule)]
        LedgerEntry.objects.filter(store=connection.store_id, code__in=codes).update(**RELEASED, due_at=now)
        StoreConnection.objects.filter(pk=connection.pk).update(rules_applied=rules)


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
    _give_up(store, external_ids, now, fate=Fate.SKIPPED, code="gone", reason=GONE)


def note_hidden(store: Store, external_ids: Collection[str], *, reason: str, now: datetime) -> None:
    """The store does not show us these: no try will bring them in while that is so."""
    _give_up(store, external_ids, now, fate=Fate.HELD, code="hidden", reason=reason)


def _give_up(store: Store, external_ids: Collection[str], now: datetime, **values: str) -> None:
    if external_ids:
        entries = LedgerEntry.objects.filter(store=store, external_id__in=external_ids)
        attempts = F("attempts") + 1
        entries.update(**values, values={}, attempts=attempts, last_at=now, due_at=None, **RELEASED)


def forget(store: Store, external_ids: Collection[str]) -> None:
    """These are here and up to date."""
    if external_ids:
        LedgerEntry.objects.filter(store=store, external_id__in=external_ids).delete()
