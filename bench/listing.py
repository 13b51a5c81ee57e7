"""The order list on PostgreSQL with a million orders, beside Django's own changelist on the same tables in the same run."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.filling import fill
from bench.tables import show
from tests.postgres import private_postgres

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "15"))
ROUNDS_OF_ADMIN = 5
FIRST, DEEP = "newest first", "a page near the end"
SIZES = [int(size) for size in os.environ.get("BENCH_ORDERS", "10000,1000000").split(",")]
SETTINGS = [
    "shared_buffers=1GB",
    "work_mem=16MB",
    "fsync=off",
    "jit=off",
    "random_page_cost=1.1",
    "effective_cache_size=4GB",
    "max_wal_size=8GB",
    "maintenance_work_mem=512MB",
]
"""As a server with an SSD is set up. fsync is off while rows are made; reading is what is timed."""


@dataclass(frozen=True)
class Case:
    """A question put to the list and, where the admin can answer it too, to the admin's changelist."""

    name: str
    url: str
    admin: str | None = None


def cases(status: int, staff: int) -> list[Case]:
    return [
        Case(FIRST, "", ""),
        Case("sorted by number", "sort=-number", "o=-1"),
        Case("sorted by customer", "sort=customer", "o=6"),
        Case("sorted by total", "sort=-total", "o=-8"),
        Case("sorted by last updated", "sort=-updated", "o=-10"),
        Case("store", "store=1", "store__id__exact=1"),
        Case("connected stores", "store=connected"),
        Case("made in RO App", "store=here"),
        Case("status", f"status={status}", f"status__id__exact={status}"),
        Case("status group", "group=pending&group=in_progress"),
        Case("order type", "type=1", "order_type__id__exact=1"),
        Case("assignee", f"assignee={staff}"),
        Case("assignee: nobody", "assignee=none"),
        Case("customer", "customer=4711"),
        Case("a month", "from=2026-03-01&to=2026-03-31"),
        Case("nothing written off", "write_off=0"),
        Case("partly written off", "write_off=1"),
        Case("needs attention", "attention=1", "needs_attention__exact=1"),
        Case("overdue", "due=overdue"),
        Case("store, status and month", f"store=1&status={status}&from=2026-03-01&to=2026-03-31"),
        Case("store and assignee, by total", f"store=2&assignee={staff}&sort=-total"),
        Case("status group, nothing written off, by last updated", "group=pending&write_off=0&sort=-updated"),
        Case("search: number", "q=%23800123", "q=800123"),
        Case("search: customer", "q=M%C3%BCller-4711", "q=M%C3%BCller-4711"),
        Case("search: phone as typed", "q=0151+000+04711"),
        Case("search: e-mail", "q=ben.4711%40web.de"),
        Case("search: product and SKU", "q=display+sku-1234"),
        Case("search: nothing found", "q=zzzyyyxxx", "q=zzzyyyxxx"),
        Case("search in a store", "q=weber&store=2", "q=weber&store__id__exact=2"),
    ]


def main() -> None:
    print("\n## The order list on PostgreSQL")
    measured = [_of_size(size) for size in SIZES]
    for size, questions in zip(SIZES, measured, strict=True):
        show(
            f"{size:,} orders, {3 * size:,} lines, {size // 5:,} customers",
            ["question", "queries", "slowest query ms", "request p50 ms", "p95 ms", "admin p50 ms", "ours to admin's"],
            [_row(each) for each in questions],
        )
    _summary(measured)


def _of_size(size: int) -> list[dict[str, Any]]:
    with private_postgres(SETTINGS) as url:
        environment = {**os.environ, "DEBUG": "1", "DATABASE_URL": url, "LOG_LEVEL": "ERROR", "TIME_ZONE": "UTC"}
        done = subprocess.run(
            [sys.executable, "-m", "bench.listing", str(size)], env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
    return list(json.loads(done.stdout.splitlines()[-1]))


def _row(each: dict[str, Any]) -> list[str]:
    admin = [f"{each['admin']:.0f}", f"1/{each['admin'] / each['p50']:.1f}"] if each["admin"] else ["–", "–"]
    return [each["name"], each["queries"], f"{each['slowest']:.1f}", f"{each['p50']:.1f}", f"{each['p95']:.1f}", *admin]


def _summary(measured: Sequence[Sequence[dict[str, Any]]]) -> None:
    """What performance is promised, and what of it the largest size keeps."""
    small, large = measured[0], measured[-1]
    first = next(each for each in large if each["name"] == FIRST)
    deep = next(each for each in large if each["name"] == DEEP)
    shares = {
        kind: [each["p50"] / each["admin"] for each in large if each["admin"] and each["is_search"] == kind]
        for kind in (False, True)
    }
    grown = max(zip(large, small, strict=True), key=lambda pair: pair[0]["p50"] / pair[1]["p50"])
    slowest = max(large, key=lambda each: each["slowest"])
    show(
        f"Of {SIZES[-1]:,} orders",
        ["", "worst", "where"],
        [
            ["slowest query", f"{slowest['slowest']:.1f} ms", slowest["name"]],
            ["queries", max(each["queries"] for each in large), ""],
            [
                "request to the admin's, without a search",
                f"1/{1 / max(shares[False]):.1f}",
                f"median 1/{1 / statistics.median(shares[False]):.1f}",
            ],
            ["search to the admin's", f"1/{1 / max(shares[True]):.1f}", f"median 1/{1 / statistics.median(shares[True]):.1f}"],
            ["deep page to the first", f"{deep['p50'] / first['p50']:.2f}", ""],
            [f"request to that of {SIZES[0]:,}", f"{grown[0]['p50'] / grown[1]['p50']:.2f}", grown[0]["name"]],
        ],
    )


def measure(size: int) -> list[dict[str, Any]]:
    """In a process of its own, whose Django knows this database."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "roapp.settings"
    django.setup()
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.test import Client

    from roapp.memory import settle

    # As in production: no debugging, templates cached.
    settings.DEBUG = settings.WHITENOISE_USE_FINDERS = False
    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("migrate", verbosity=0)
    fill(size)
    _register_peer()
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("bench"))
    for url in ["/orders/", "/admin/orders/order/"]:
        _get(client, url)  # Everything is imported by now.
    settle()

    from orders.models import Status

    status = Status.objects.order_by("position")[3].pk
    staff = get_user_model().objects.get(username="staff3").pk
    deep = Case(DEEP, f"after={_deep_cursor(size)}", f"p={size // 100 * 95 // 100}")
    return [_measured(client, case) for case in [*cases(status, staff), deep]]


def _register_peer() -> None:
    """The changelist that one would write in ten minutes for the same work: the list's columns, filters and page size."""
    from django.contrib import admin

    from orders.models import Order

    class Changelist(admin.ModelAdmin):
        list_display = (
            *["id", "status", "order_type", "store", "external_number", "customer_name", "items"],
            *["total", "placed_at", "synced_at", "assignee"],
        )
        list_filter = ("store", "status", "order_type", "assignee", "write_off", "needs_attention")
        list_select_related = ("status", "order_type", "store", "assignee")
        search_fields = ("=id", "external_number", "customer_name")
        list_per_page = 50

    admin.site.unregister(Order)
    admin.site.register(Order, Changelist)


def _measured(client: Any, case: Case) -> dict[str, Any]:
    def ours() -> None:
        _get(client, f"/orders/?{case.url}")

    def admin() -> None:
        _get(client, f"/admin/orders/order/?{case.admin}")

    ours()
    tries = [_queries(ours) for _ in range(3)]
    p50, p95 = _times(ours)
    return {
        **{"name": case.name, "is_search": "q=" in case.url, "queries": len(tries[0])},
        "slowest": max(min(times) for times in zip(*tries, strict=True)),
        **{"p50": p50, "p95": p95, "admin": None if case.admin is None else _times(admin, ROUNDS_OF_ADMIN)[0]},
    }


def _queries(call: Callable[[], object]) -> list[float]:
    """How long each query of this took, in milliseconds."""
    from django.db import connection

    taken: list[float] = []

    def timed(execute: Any, *args: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(*args)
        finally:
            taken.append((time.perf_counter() - began) * 1_000)

    with connection.execute_wrapper(timed):
        call()
    return taken


def _deep_cursor(size: int) -> str:
    from urllib.parse import quote

    from lists.paging import write_cursor
    from orders.models import Order
    from orders.paging import read_sort

    order = Order.objects.get(pk=max(1, size // 20))
    return quote(write_cursor(order, read_sort("-created")))


def _get(client: object, url: str) -> None:
    response = client.get(url)  # type: ignore[attr-defined]
    if response.status_code != 200:
        raise RuntimeError(f"{url} answered {response.status_code}")
    response.getvalue() if response.streaming else response.content


def _times(call: Callable[[], object], rounds: int = ROUNDS) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds, after one warm-up."""
    call()
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        taken.append((time.perf_counter() - began) * 1_000)
    return statistics.median(taken), sorted(taken)[min(len(taken) - 1, round(len(taken) * 0.95))]


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
