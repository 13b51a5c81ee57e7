"""The ledger: why an order that a store has shown is not here (I6). The only writer of its rows."""

from collections.abc import Sequence
from datetime import datetime

from integrations.models import Fate, LedgerEntry
from orders.importing import Outcome, Result
from orders.models import Store

FATES = {Result.HELD: Fate.HELD, Result.SKIPPED: Fate.SKIPPED, Result.FAILED: Fate.FAILED}


def record(outcomes: Sequence[Outcome], *, store: Store, now: datetime) -> None:
    """Bring the ledger up to date, in the transaction that stores the orders. What it says already is not written again."""
    known = {
        entry.external_id: entry
        for entry in LedgerEntry.objects.filter(store=store, external_id__in=[each.snapshot.external_id for each in outcomes])
    }
    here = [
        known[each.snapshot.external_id].pk
        for each in outcomes
        if each.result not in FATES and each.snapshot.external_id in known
    ]
    if here:
        LedgerEntry.objects.filter(pk__in=here).delete()
    entries = [_entry(each, known.get(each.snapshot.external_id), store, now) for each in outcomes if each.result in FATES]
    news = [entry for entry in entries if entry]
    if news:
        LedgerEntry.objects.bulk_create(
            news,
            update_conflicts=True,
            unique_fields=["store", "external_id"],
            update_fields=["number", "fate", "code", "reason", "store_updated_at", "fingerprint", "tries", "last_at"],
        )


def _entry(outcome: Outcome, known: LedgerEntry | None, store: Store, now: datetime) -> LedgerEntry | None:
    """The row to write, or None when the ledger says just this already."""
    snapshot = outcome.snapshot
    fate = FATES[outcome.result]
    same = known and (known.fate, known.code, known.fingerprint) == (fate, outcome.code, snapshot.fingerprint)
    if same and fate != Fate.FAILED:
        return None
    return LedgerEntry(
        store=store,
        external_id=snapshot.external_id,
        number=snapshot.number[:64],
        fate=fate,
        code=outcome.code,
        reason=outcome.reason,
        store_updated_at=snapshot.updated_at,
        fingerprint=snapshot.fingerprint,
        tries=known.tries + 1 if known else 1,
        first_at=known.first_at if known else now,
        last_at=now,
    )
