"""Ten million orders on PostgreSQL: what they take on the disk, and how long each query takes, of the list's
pages and of a poll, an update and a reconciliation of another store beside them. Times are the server's
processor time, which what else runs on the machine does not change; all is in memory.

``python -m bench.large`` measures the database of DATABASE_URL, which ``fill`` has filled, again.
"""

import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from bench.importing import prepare, prepared_shop
from bench.listing import cases
from bench.processes import environment
from bench.tables import show
from tests.support.postgres import private_postgres

T = TypeVar("T")

ORDERS = int(os.environ.get("BENCH_LARGE_ORDERS", "10000000"))
SETTINGS = [
    "shared_buffers=3GB",
    "maintenance_work_mem=1GB",
    "max_wal_size=8GB",
    "fsync=off",
    "jit=off",
    "work_mem=16MB",
    "max_parallel_workers_per_gather=0",
    "random_page_cost=1.1",
    "effective_cache_size=12GB",
]
LIMIT = 15.0
"""Milliseconds that a query may take."""
FILL = """
import django
django.setup()
from django.core.management import call_command
from bench.filling import fill
call_command("migrate", verbosity=0)
fill({orders})
"""


def main() -> None:
    with (
        private_postgres(SETTINGS) as url,
        prepared_shop(2_000) as shop,
        tempfile.TemporaryDirectory() as folder,
    ):
        settings = environment(url, SHOPIFY_URL=shop, VAR_DIR=folder)
        for command in [["-c", FILL.format(orders=ORDERS)], ["-m", "bench.large"]]:
            subprocess.run([sys.executable, *command], env=settings, check=True)


def measure() -> None:
    import django

    django.setup()
    from django.conf import settings

    settings.DEBUG = settings.WHITENOISE_USE_FINDERS = False
    settings.ALLOWED_HOSTS = ["testserver"]
    _sizes()
    _list()
    _work()


def _sizes() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_live_tup, pg_table_size(relid), pg_indexes_size(relid)"
            " FROM pg_stat_user_tables WHERE pg_total_relation_size(relid) > 10000000"
            " ORDER BY pg_total_relation_size(relid) DESC"
        )
        tables = cursor.fetchall()
        cursor.execute(
            "SELECT indexrelname, pg_relation_size(indexrelid) FROM pg_stat_user_indexes"
            " ORDER BY 2 DESC LIMIT 12"
        )
        indexes = cursor.fetchall()
    rows = [
        (name, f"{count:,}", *(f"{size / 1e9:.2f}" for size in sizes))
        for name, count, *sizes in tables
    ]
    show("On the disk", ["table", "rows", "GB", "GB of indexes"], rows)
    show("Indexes", ["", "GB"], [(name, f"{size / 1e9:.2f}") for name, size in indexes])


def _list() -> None:
    from django.contrib.auth import get_user_model
    from django.test import Client

    from orders.models import Status

    client = Client()
    user = get_user_model().objects.get_or_create(
        username="bench", defaults={"is_superuser": True, "is_staff": True}
    )[0]
    client.force_login(user)
    status = Status.objects.order_by("position")[3].pk
    staff = get_user_model().objects.get(username="staff3").pk
    rows = []
    for case in cases(status, staff):
        for _ in range(4):
            with _timed() as taken:
                client.get(f"/orders/?{case.url}")
        text, slowest = max(
            ((text, max(times)) for text, times in taken.items()),
            key=lambda each: each[1],
        )
        rows.append((case.name, f"{slowest:.1f}", text if slowest > LIMIT else ""))
    show(
        "The list, each page's slowest query",
        ["", "ms", f"which, over {LIMIT} ms"],
        rows,
    )


def _work() -> None:
    """Of another store, connected beside the others; each statement's median and worst."""
    from django.core.management import call_command
    from django.db import transaction
    from django.utils import timezone

    from integrations.models import StoreConnection
    from integrations.refresh.worker import refresh_store
    from integrations.sync import polling
    from orders.domain.refresh_claim import claim_refresh
    from orders.models import Order

    if not StoreConnection.objects.exists():
        prepare()
    store = StoreConnection.objects.get()

    def poll() -> None:
        StoreConnection.objects.update(synced_until=None, cursor="")
        polling.poll(store.pk)

    def update() -> None:
        newest = Order.objects.filter(store=store.store_id).order_by("-pk")
        ids = list(newest.values_list("pk", flat=True)[:250])
        with transaction.atomic():
            claim_refresh(ids, by_id=None, now=timezone.now())
        refresh_store(store.store_id)

    def reconcile() -> None:
        call_command("reconcile", store.domain)

    for name, action in [
        ("a poll of new orders, by the page of 250", poll),
        ("the same, unchanged", poll),
        ("Update order of 250", update),
        ("a reconciliation", reconcile),
    ]:
        _show_statements(name, action)


def _show_statements(name: str, action: Callable[[], object]) -> None:
    with _timed() as taken:
        action()
    rows = [
        (
            f"`{text}`",
            len(times),
            f"{sorted(times)[len(times) // 2]:.1f}",
            f"{max(times):.1f}",
        )
        for text, times in sorted(taken.items(), key=lambda each: -max(each[1]))
    ]
    show(name, ["statement", "times", "median ms", "worst ms"], rows[:8])


@contextmanager
def _timed() -> Iterator[dict[str, list[float]]]:
    from django.db import connection

    taken: dict[str, list[float]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")

    def timed(execute: Callable[..., T], sql: str, *rest: object) -> T:
        began = int(backend.read_text().split()[0])
        try:
            return execute(sql, *rest)
        finally:
            passed = int(backend.read_text().split()[0]) - began
            words = sql.replace('"', "").split(" WHERE ")
            text = (
                f"{words[0][:40]} … {words[-1][:60]}" if words[1:] else words[0][:100]
            )
            taken[text].append(passed / 1e6)

    with connection.execute_wrapper(timed):
        yield taken


if __name__ == "__main__":
    measure()
