"""What open tabs cost: each asks every ten seconds what has changed. On PostgreSQL, in a process of its own;
the CPU time is that of the whole request, with middleware, as the test client sends it."""

import json
import os
import time
from collections.abc import Callable
from typing import TypeVar

from bench.filling import fill
from bench.processes import environment, told_by
from bench.tables import show
from tests.support.postgres import private_postgres

T = TypeVar("T")

ORDERS = int(os.environ.get("BENCH_TAB_ORDERS", "20000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "300"))
TABS, EVERY = 300, 10
"""How many tabs are open, and every how many seconds each asks."""
HEAD = ["open tab", "SQL ms", "CPU ms", f"of a core, {TABS} tabs"]


def main() -> None:
    with private_postgres(["fsync=off", "jit=off"]) as url:
        found = told_by(["-m", "bench.tabs"], environment(url))
    rows = [
        [name, f"{sql:.2f}", f"{cpu:.2f}", f"{cpu / 1_000 * TABS / EVERY:.1%}"]
        for name, (sql, cpu) in found.items()
    ]
    show(f"Open tabs, {ORDERS:,} orders", HEAD, rows)


def measure() -> dict[str, tuple[float, float]]:
    """Milliseconds of SQL and of CPU for one request of each kind of tab."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "roapp.settings"
    django.setup()
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group
    from django.core.management import call_command
    from django.test import Client
    from django.utils import timezone

    from orders.domain.events import NewEvent, record
    from orders.models import Order
    from orders.order_list.live import Marks
    from roapp.memory import tune_garbage_collector

    settings.DEBUG = settings.WHITENOISE_USE_FINDERS = False
    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("migrate", verbosity=0)
    fill(ORDERS)
    user = get_user_model().objects.create_user("tab")
    user.groups.add(Group.objects.get(name__in=["Manager", "Leitung"]))
    client = Client()
    client.force_login(user)
    shown = list(Order.objects.order_by("-pk").values_list("pk", flat=True)[:50])
    before = Marks.latest()
    list_tab = {"shown": ".".join(str(pk) for pk in shown), "since": "0"}

    def ask(marks: Marks) -> None:
        data = list_tab | {"before": str(marks), "mark": str(marks)}
        client.get("/orders/live/", data, headers={"HX-Request": "true"})

    page = f"/orders/{shown[0]}/live/"
    client.post(page)
    tune_garbage_collector()
    latest = Marks.latest()
    quiet = _measured(lambda: ask(latest))
    record([NewEvent(shown[3], "comment", timezone.now(), new="Changed")])
    banners = _measured(lambda: client.get("/stores/banners/"))
    badges = _measured(lambda: client.get("/orders/badges/"))
    return {
        "the list, nothing changed": quiet,
        "the list, one row changed": _measured(lambda: ask(before)),
        "an order's page": _measured(
            lambda: client.post(page, {"seen": latest.event, "state": "0"})
        ),
        "the banners": banners,
        "the badges": badges,
        "a tab of the list where nothing changes, in turns": _mean(
            [*[quiet] * 4, badges, banners]
        ),
    }


def _mean(turns: list[tuple[float, float]]) -> tuple[float, float]:
    """Of one round of a tab (TURNS of static/js/live.js)."""
    sql, cpu = (sum(each) / len(turns) for each in zip(*turns, strict=True))
    return sql, cpu


def _measured(call: Callable[[], object]) -> tuple[float, float]:
    from django.db import connection

    taken: list[float] = []

    def timed(execute: Callable[..., T], *args: object) -> T:
        began = time.perf_counter()
        try:
            return execute(*args)
        finally:
            taken.append(time.perf_counter() - began)

    for _ in range(20):
        call()
    began = time.process_time()
    for _ in range(ROUNDS):
        call()
    cpu = time.process_time() - began
    with connection.execute_wrapper(timed):
        for _ in range(ROUNDS):
            call()
    return sum(taken) / ROUNDS * 1_000, cpu / ROUNDS * 1_000


if __name__ == "__main__":
    print(json.dumps(measure()))
