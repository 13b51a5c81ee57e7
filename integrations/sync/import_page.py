"""A page of orders from a store, on its way to import_orders: skimmed, read, described, stored. Every way in
ends here."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import OperationalError, transaction
from django.utils.translation import gettext_noop, pgettext_lazy

from common import counters
from integrations.models import FirstImport, StoreConnection
from integrations.platforms.protocol import StoreGateway
from integrations.sync import unimported
from inventory.product_matching import ProductText, unknown_products
from orders.importing.admission import Admission
from orders.importing.importer import import_orders, unchanged
from orders.importing.incoming import Snapshot, UnreadableError, UnservedError
from orders.importing.types import Outcome, ParsedOrder, Result, Rules

TRIES = 3
UNSERVED_CODE = "unserved"
"""Of an outcome that is the store's fault: what it could not serve it may serve at another time."""
NO_NUMBERS = gettext_noop("Its numbers make no sense.")
ORDERS = counters.Counter(
    "roapp_store_orders_total",
    "Orders read from stores, by what became of them",
    "result",
)
Commit = Callable[[Sequence[Outcome]], None]


WORDS = {
    Result.IMPORTED: pgettext_lazy("orders", "imported"),
    Result.UPDATED: pgettext_lazy("orders", "updated"),
    Result.UNCHANGED: pgettext_lazy("orders", "unchanged"),
    Result.HELD: pgettext_lazy("orders", "held"),
    Result.SKIPPED: pgettext_lazy("orders", "skipped"),
    Result.FAILED: pgettext_lazy("orders", "failed"),
}


@dataclass(slots=True)
class ImportSummary:
    """How many orders ended how."""

    counts: Counter[Result] = field(default_factory=Counter)

    def add(self, outcomes: Sequence[Outcome]) -> None:
        self.counts.update(outcome.result for outcome in outcomes)

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> "ImportSummary":
        """From the counts that an ImportJob keeps; what only a newer version counts is left out."""
        return cls(Counter({each: counts[each] for each in Result if each in counts}))

    def __str__(self) -> str:
        return ", ".join(f"{WORDS[each]} {self.counts[each]}" for each in Result)


def rules_of(
    connection: StoreConnection, *, all_since: datetime | None = None
) -> Rules:
    """What the settings of this store ask of the import; orders created since ``all_since`` come in whenever
    they were made."""
    first = connection.first_import
    since = connection.import_since or (
        connection.connected_at if first == FirstImport.NONE else None
    )
    open_before = connection.connected_at if first == FirstImport.OPEN else None
    admission = Admission(
        currency=settings.CURRENCY,
        since=min(since, all_since) if since and all_since else since,
        open_before=min(open_before, all_since)
        if open_before and all_since
        else open_before,
        include_tests=connection.include_test_orders,
        excluded_tags=connection.tags_excluded,
    )
    return Rules(
        store=connection.store,
        order_type=connection.order_type,
        identify_by=connection.identify_by,
        admission=admission,
    )


def newest_change(
    snapshots: Iterable[Snapshot], *, known: datetime | None, limit: datetime
) -> datetime | None:
    """The newest change that these orders show, or that is ``known`` already. What a store dates after
    ``limit`` counts as of then: a high-water mark in the future would end polling."""
    changes = [min(each.updated_at, limit) for each in snapshots if each.is_dated]
    return max([*changes, known] if known else changes, default=None)


def import_page(
    snapshots: Sequence[Snapshot],
    *,
    rules: Rules,
    gateway: StoreGateway,
    fetched_at: datetime,
    now: datetime,
    commit: Commit | None = None,
    tried: Collection[str] = (),
) -> list[Outcome]:
    """Bring these orders in; one outcome for each. ``commit`` is told them in the same transaction: what it
    moves, moves with them. ``tried`` as in unimported.record.

    Orders that have not changed cost one query and no write. Raises what the gateway raises; then nothing was
    stored.
    """
    same = unchanged(snapshots, store=rules.store)
    outcomes = [
        Outcome(each, Result.UNCHANGED)
        for each in snapshots
        if each.external_id in same
    ]
    arrivals, failed = _read(
        gateway.complete([each for each in snapshots if each.external_id not in same])
    )
    texts = _texts_of(arrivals, gateway)
    if not arrivals and not failed:
        if commit:
            commit(outcomes)
        return _counted(outcomes)

    def store() -> list[Outcome]:
        news = [
            *import_orders(
                arrivals, rules=rules, fetched_at=fetched_at, now=now, texts=texts
            ),
            *failed,
        ]
        unimported.record(news, store=rules.store, now=now, tried=tried)
        if commit:
            commit([*outcomes, *news])
        return [*outcomes, *news]

    return _counted(_in_transaction(store))


def _counted(outcomes: list[Outcome]) -> list[Outcome]:
    for result, number in Counter(each.result for each in outcomes).items():
        ORDERS.add(result, by=number)
    return outcomes


def _in_transaction(store: Callable[[], list[Outcome]]) -> list[Outcome]:
    for attempt in range(1, TRIES + 1):
        try:
            with transaction.atomic():
                return store()
        except OperationalError:
            # A deadlock with staff's own work: the whole page again. A database that is gone fails each time.
            if attempt == TRIES:
                raise
    raise AssertionError("unreachable")


def _read(snapshots: Sequence[Snapshot]) -> tuple[list[ParsedOrder], list[Outcome]]:
    arrivals, failed = [], []
    for snapshot in snapshots:
        try:
            arrivals.append(ParsedOrder(snapshot, snapshot.read()))
        except UnservedError as error:
            failed.append(Outcome(snapshot, Result.FAILED, UNSERVED_CODE, str(error)))
        except UnreadableError as error:
            failed.append(_unreadable(snapshot, error.sentence, error.detail))
        except ValueError as error:
            failed.append(_unreadable(snapshot, str(error)))
        except ArithmeticError:
            failed.append(_unreadable(snapshot, NO_NUMBERS))
    return arrivals, failed


def _unreadable(snapshot: Snapshot, reason: str, detail: str = "") -> Outcome:
    values = {"detail": detail} if detail else {}
    return Outcome(snapshot, Result.FAILED, "unreadable", reason, values)


def _texts_of(
    arrivals: Sequence[ParsedOrder], gateway: StoreGateway
) -> Mapping[str, ProductText]:
    """Of the products that we do not know yet, fetched all at once."""
    unknown = unknown_products(
        line.product
        for arrival in arrivals
        for line in arrival.order.lines
        if line.product
    )
    return gateway.describe(unknown) if unknown else {}
