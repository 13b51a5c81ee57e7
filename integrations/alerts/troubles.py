"""What is wrong with the stores at this moment and must be told to somebody (I6, S4). Paused stores are left
out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, OuterRef, QuerySet, Subquery

from common.prepared import prepared
from integrations.models import ImportStatus, State, StoreConnection, UnimportedOrder

SILENT_AFTER = timedelta(hours=1)
WAITING = [ImportStatus.HELD, ImportStatus.FAILED]


@dataclass(frozen=True, slots=True)
class KeptOut:
    """How many orders of a store are held and how many have failed: somebody has to look at them."""

    store_id: int
    store: str
    held: int
    failed: int

    @property
    def count(self) -> int:
        return self.held + self.failed

    @property
    def status(self) -> str:
        """The one status that all of them have; empty if they have both."""
        if self.held and self.failed:
            return ""
        return ImportStatus.HELD if self.held else ImportStatus.FAILED


def with_counts() -> QuerySet[StoreConnection]:
    """The stores that are not paused, by name, with the numbers of their orders held and failed."""
    return (
        StoreConnection.objects.filter(enabled=True)
        .select_related("store")
        .annotate(**{status: _number_of(status) for status in WAITING})
        .order_by("store__name")
    )


def _number_of(status: ImportStatus) -> Subquery:
    """Read from the partial index ``unimported_kept_out``: a store may have skipped a million others."""
    orders = UnimportedOrder.objects.filter(store=OuterRef("store"), status=status)
    counted = orders.order_by().values("store").annotate(number=Count("pk"))
    return Subquery(counted.values("number"))


def kept_out_of(connection: StoreConnection) -> KeptOut | None:
    """Of a connection from ``with_counts``; None if nothing is kept out."""
    held, failed = (getattr(connection, status) or 0 for status in WAITING)
    if not held and not failed:
        return None
    return KeptOut(connection.store_id, connection.store.name, held, failed)


def kept_out() -> list[KeptOut]:
    """The stores with held or failed orders, by name."""
    return [found for each in _stores() if (found := kept_out_of(each))]


@prepared
def _stores() -> QuerySet[StoreConnection]:
    return with_counts().only("store__name")


def is_silent(connection: StoreConnection, now: datetime) -> bool:
    """Whether a store has failed to answer for an hour; one that needs attention says so itself."""
    since = connection.failing_since
    is_waiting = connection.state == State.WAITING
    return is_waiting and since is not None and since <= now - SILENT_AFTER
