"""The order list on PostgreSQL with a million orders, beside Django's own changelist on the same tables in
the same run."""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.test import Client

from bench.filling import fill
from bench.processes import environment, told_by
from bench.tables import show
from tests.support.postgres import private_postgres

T = TypeVar("T")

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))
"""Of each the admin's request once and ours some times, one after the other: a machine's speed changes from
one second to the next."""
OURS_PER_ROUND = 3
ENOUGH = 10_000
"""Milliseconds of the admin's after which it is not asked again: some of its searches take ten seconds each.
"""
SEARCHES_LINES = os.environ.get("BENCH_ADMIN_SEARCH", "all") == "all"
"""Whether the admin searches what the list is searched by; else only the order's own columns, which is less
work than ours."""
PART = {"HX-Request": "true", "HX-Target": "results"}
"""How the browser asks for the list anew when somebody chooses a filter, sorts or searches: only for what
that changes."""
FIRST, DEEP = "newest first", "a page near the end"
SIZES = [
    int(size) for size in os.environ.get("BENCH_ORDERS", "10000,1000000").split(",")
]
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
        Case("due in the next 7 days", "due=week"),
        Case("sorted by due date", "sort=due"),
        Case("sorted by due date, one store", "sort=due&store=2"),
        Case("to write off", "write_off=open"),
        Case("payment: paid", "payment=paid"),
        Case("payment: voided, the rarest", "payment=voided"),
        Case("payment and fulfilment", "payment=pending&fulfilment=unfulfilled"),
        Case("fulfilment: on hold, the rarest", "fulfilment=on_hold"),
        Case("cancelled", "at_store=cancelled"),
        Case("refunded or partly", "at_store=refunded&at_store=partly_refunded"),
        Case("archived", "at_store=archived"),
        Case("gone, all of them long ago", "at_store=gone"),
        Case("totals differ", "at_store=differs"),
        Case("gone or cancelled", "at_store=gone&at_store=cancelled"),
        Case("archived, by total", "at_store=archived&sort=-total"),
        Case("refunded, by total", "at_store=refunded&sort=-total"),
        Case(
            "store, status and month",
            f"store=1&status={status}&from=2026-03-01&to=2026-03-31",
        ),
        Case("store and assignee, by total", f"store=2&assignee={staff}&sort=-total"),
        Case(
            "status group, nothing written off, by last updated",
            "group=pending&write_off=0&sort=-updated",
        ),
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
            [
                *[
                    "question",
                    "queries",
                    "slowest query ms",
                    "page p50 ms",
                    "p95 ms",
                    "results p50 ms",
                    "p95 ms",
                ],
                *["admin p50 ms", "page to admin's", "results to admin's"],
            ],
            [_row(each) for each in questions],
        )
    _summary(measured)


def _of_size(size: int) -> list[dict[str, Any]]:
    with private_postgres(SETTINGS) as url:
        return list(told_by(["-m", "bench.listing", str(size)], environment(url)))


def _row(each: dict[str, Any]) -> list[str]:
    admin = ["–", "–", "–"]
    if each["admin"]:
        admin = [
            f"{each['admin']:.0f}",
            *(
                f"1/{each['admin'] / each[kind]['p50']:.1f}"
                for kind in ["page", "part"]
            ),
        ]
    ours = [
        f"{each[kind][share]:.1f}"
        for kind in ["page", "part"]
        for share in ["p50", "p95"]
    ]
    return [each["name"], each["queries"], f"{each['slowest']:.1f}", *ours, *admin]


def _summary(measured: Sequence[Sequence[dict[str, Any]]]) -> None:
    """What performance is promised, and what of it the largest size keeps."""
    small, large = measured[0], measured[-1]
    first = next(each for each in large if each["name"] == FIRST)
    deep = next(each for each in large if each["name"] == DEEP)
    # What takes longer because more is found shows more rows: only pages of as many rows are compared.
    alike = [
        pair
        for pair in zip(large, small, strict=True)
        if pair[0]["rows"] == pair[1]["rows"]
    ]
    grown = max(alike, key=_growth)
    slowest = max(large, key=lambda each: each["slowest"])
    show(
        f"Of {SIZES[-1]:,} orders",
        ["", "worst", "where"],
        [
            ["slowest query", f"{slowest['slowest']:.1f} ms", slowest["name"]],
            ["queries", max(each["queries"] for each in large), ""],
            _beside_admin(
                "page to the admin's, without a search", large, "page", is_search=False
            ),
            _beside_admin(
                "results to the admin's, without a search",
                large,
                "part",
                is_search=False,
            ),
            _beside_admin("search to the admin's", large, "part", is_search=True),
            [
                "deep page to the first",
                f"{deep['page']['p50'] / first['page']['p50']:.2f}",
                "",
            ],
            [
                f"page to that of {SIZES[0]:,}",
                f"{_growth(grown):.2f}",
                f"{grown[0]['name']}, of {len(alike)} with as many rows",
            ],
        ],
    )


def _growth(pair: tuple[dict[str, Any], dict[str, Any]]) -> float:
    large, small = pair
    return float(large["page"]["p50"] / small["page"]["p50"])


def _beside_admin(
    label: str, measured: Sequence[dict[str, Any]], kind: str, *, is_search: bool
) -> list[str]:
    shares = {
        each["name"]: each["admin"] / each[kind]["p50"]
        for each in measured
        if each["admin"] and each["is_search"] == is_search
    }
    worst = min(shares, key=lambda name: shares[name])
    return [
        label,
        f"1/{shares[worst]:.1f}",
        f"{worst}; median 1/{statistics.median(shares.values()):.1f}",
    ]


def measure(size: int) -> list[dict[str, Any]]:
    """In a process of its own, whose Django knows this database."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "roapp.settings"
    django.setup()
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    from roapp.memory import tune_garbage_collector

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
    tune_garbage_collector()

    from orders.models import Status

    status = Status.objects.order_by("position")[3].pk
    staff = get_user_model().objects.get(username="staff3").pk
    deep = Case(DEEP, f"after={_deep_cursor(size)}", f"p={size // 100 * 95 // 100}")
    return [_measured(client, case) for case in [*cases(status, staff), deep]]


def _register_peer() -> None:
    """The changelist that one would write in ten minutes for the same work: the list's columns, filters and
    page size, and a search in what the list is searched by (O4)."""
    from django.contrib import admin

    from orders.models import Order
    from roapp import urls  # noqa: F401  ours is registered with its addresses

    class Changelist(admin.ModelAdmin):
        list_display = (
            *[
                "id",
                "status",
                "order_type",
                "store",
                "external_number",
                "customer_name",
                "items",
            ],
            *["total", "placed_at", "synced_at", "assignee"],
        )
        list_filter = (
            "store",
            "status",
            "order_type",
            "assignee",
            "write_off",
            "needs_attention",
        )
        list_select_related = ("status", "order_type", "store", "assignee")
        search_fields = (
            *["=id", "external_number", "customer_name"],
            *(
                ["customer__phone", "customer__email", "lines__name", "lines__sku"]
                if SEARCHES_LINES
                else []
            ),
        )
        list_per_page = 50

    admin.site.unregister(Order)
    admin.site.register(Order, Changelist)


def _measured(client: Client, case: Case) -> dict[str, Any]:
    def page() -> None:
        _get(client, f"/orders/?{case.url}")

    def part() -> None:
        _get(client, f"/orders/?{case.url}", **PART)

    def admin() -> None:
        _get(client, f"/admin/orders/order/?{case.admin}")

    rows = _get(client, f"/orders/?{case.url}").count(b'<tr id="order-')
    tries = [_queries(page) for _ in range(3)]
    taken = _times(
        {"page": page, "part": part} | ({} if case.admin is None else {"admin": admin})
    )
    return {
        **{
            "name": case.name,
            "is_search": "q=" in case.url,
            "rows": rows,
            "queries": len(tries[0]),
        },
        "slowest": max(min(times) for times in zip(*tries, strict=True)),
        **{
            kind: {"p50": statistics.median(taken[kind]), "p95": _p95(taken[kind])}
            for kind in ["page", "part"]
        },
        "admin": statistics.median(taken["admin"]) if "admin" in taken else None,
    }


def _queries(call: Callable[[], object]) -> list[float]:
    """How long each query of this took, in milliseconds."""
    from django.db import connection

    taken: list[float] = []

    def timed(execute: Callable[..., T], *args: object) -> T:
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

    from common.lists.pagination import write_cursor
    from orders.models import Order
    from orders.order_list.sorting import read_sort

    order = Order.objects.get(pk=max(1, size // 20))
    return quote(write_cursor(order, read_sort("-created")))


def _get(client: Client, url: str, **headers: str) -> bytes:
    response = client.get(url, headers=headers)
    if response.status_code != 200:
        raise RuntimeError(f"{url} answered {response.status_code}")
    return b"".join(response) if response.streaming else bytes(response.content)


def _times(calls: Mapping[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Milliseconds that each of these took, round by round, after one warm-up."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(ROUNDS):
        for name, call in calls.items():
            if name == "admin" and sum(taken[name]) > ENOUGH:
                continue
            for _ in range(1 if name == "admin" else OURS_PER_ROUND):
                began = time.perf_counter()
                call()
                taken[name].append((time.perf_counter() - began) * 1_000)
    return taken


def _p95(taken: Sequence[float]) -> float:
    return sorted(taken)[min(len(taken) - 1, round(len(taken) * 0.95))]


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
