"""A new status for many orders, as a worker sets it: by one hand, by two, and its undo. On PostgreSQL, in a
process of its own; autovacuum works beside it, as it does anywhere."""

import json
import os
import time
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext

from bench.filling import fill
from bench.processes import environment, told_by
from bench.tables import show
from tests.support.postgres import private_postgres

ORDERS = int(os.environ.get("BENCH_BULK_ORDERS", "200000"))
SELECTED = int(os.environ.get("BENCH_BULK_SELECTED", "100000"))
TURNS = int(os.environ.get("BENCH_TURNS", "2"))
SETTINGS = ["shared_buffers=512MB", "max_wal_size=4GB", "jit=off"]
HEAD = ["", "seconds", "µs an order", "of these RO App's CPU"]


def main() -> None:
    with private_postgres(SETTINGS) as url:
        found = told_by(["-m", "bench.bulk"], environment(url))
    rows = [
        [
            name,
            f"{seconds:.1f}",
            f"{seconds / SELECTED * 1e6:.0f}",
            f"{cpu / SELECTED * 1e6:.0f}",
        ]
        for name, seconds, cpu in found
    ]
    show(f"{SELECTED:,} of {ORDERS:,} orders", HEAD, rows)


def measure() -> list[tuple[str, float, float]]:
    """For each action its name, and the seconds and CPU seconds that it took."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "roapp.settings"
    django.setup()
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.utils import timezone

    from orders.bulk.engine import ask, ask_undo, second_hand
    from orders.models import BulkKind, Order, Status
    from roapp.memory import tune_garbage_collector

    settings.DEBUG = False  # Django keeps every query in memory otherwise.
    call_command("migrate", verbosity=0)
    fill(ORDERS)
    boss = get_user_model().objects.create_superuser("boss")
    tune_garbage_collector()
    first = Order.objects.order_by("pk").values_list("pk", flat=True)[ORDERS - SELECTED]
    selected = Order.objects.filter(pk__gte=first)
    # None that is a usual one: each order's changes.
    statuses = iter(
        Status.objects.create(name=f"Bench {number}", position=100 + number)
        for number in range(2 * TURNS)
    )
    found = []
    for _turn in range(TURNS):
        hands: dict[str, AbstractContextManager[Executor | None]] = {
            "by one hand": nullcontext(),
            "by two": second_hand(),
        }
        for name, hand in hands.items():
            action = ask(
                selected,
                kind=BulkKind.STATUS,
                status=next(statuses),
                by=boss,
                now=timezone.now(),
            )
            found.append((f"a status, {name}", *_done(action.pk, hand)))
        undo = ask_undo(action.pk, by=boss, now=timezone.now())
        found.append(("undoing that, by two", *_done(undo.pk, second_hand())))
    return found


def _done(
    action_id: int, hand: AbstractContextManager[Executor | None]
) -> tuple[float, float]:
    from django.db import connection
    from django.utils import timezone

    from orders.bulk.engine import continue_action

    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    began, cpu = time.perf_counter(), time.process_time()
    with hand as second:
        continue_action(action_id, clock=timezone.now, second=second)
    return time.perf_counter() - began, time.process_time() - cpu


if __name__ == "__main__":
    print(json.dumps(measure()))
