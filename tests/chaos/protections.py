"""The protections against losing, doubling and overwriting, each of which can be taken away: a chaos run
without one must show violations. ``take_away`` does so in this process only; ``undo_in_database`` takes what
stands in the database."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import connection


def _stale_guard() -> None:
    """What was read earlier may be stored over what was read later."""
    from orders.importing import importer

    importer._Page._is_older = lambda *_: False
    importer._is_newer = lambda snapshot, updated_at, fingerprint: (
        (updated_at, fingerprint) != (snapshot.updated_at, snapshot.fingerprint)
    )


def _overlap() -> None:
    """A poll begins where the last one ended, and never sees what the store's search found late."""
    from integrations.sync import polling

    polling.OVERLAP = timedelta(0)


def _unique() -> None:
    """Two imports may look up at once what neither has made yet."""
    from orders.importing import importer

    importer.lock_imports = lambda: None


def _lease() -> None:
    """Whoever is asked to poll polls."""
    from integrations import queues
    from integrations.models import StoreConnection
    from integrations.sync import polling

    def everyone(now: datetime) -> list[int]:
        return list(StoreConnection.objects.values_list("pk", flat=True))

    def take(connection_id: int, now: datetime, **_only_due: bool) -> StoreConnection:
        StoreConnection.objects.filter(pk=connection_id).update(
            lease=uuid.uuid4(), leased_until=None
        )
        return StoreConnection.objects.select_related("store", "order_type").get(
            pk=connection_id
        )

    polling.take = take
    queues.QUEUES[:] = [
        replace(queue, due=everyone) if queue.task == "poll_stores" else queue
        for queue in queues.QUEUES
    ]


def _throttle() -> None:
    """Every click updates."""
    from orders.domain import refresh_claim

    refresh_claim.REFRESH_INTERVAL = timedelta(0)


PROTECTIONS: dict[str, Callable[[], None]] = {
    "stale-guard": _stale_guard,
    "overlap": _overlap,
    "unique": _unique,
    "lease": _lease,
    "throttle": _throttle,
}


def take_away(name: str) -> None:
    """In this process; an empty name takes nothing."""
    if name:
        PROTECTIONS[name]()


def undo_in_database(name: str) -> None:
    if name == "unique":
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX order_once_per_store")
