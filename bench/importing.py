"""The import, end to end over HTTP from prepared answers: ours, raw SQL of the same rows (the floor), and
order by order."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from bench import peer
from bench.processes import environment, told_by
from bench.tables import show
from tests.support.postgres import private_postgres

T = TypeVar("T")

TURNS = 2
"""How often the peer and we import in turns."""
ORDERS = int(os.environ.get("BENCH_IMPORT_ORDERS", "20000"))
PAGE = 250
SETTINGS = ["shared_buffers=512MB", "max_wal_size=4GB"]
"""As a server would be set up; every commit is flushed to disk."""
WRITES = ("INSERT", "UPDATE", "DELETE")


def main() -> None:
    print(
        f"\n## Import of {ORDERS:,} orders, 3 lines on average, 5,000 customers, 2,000 products"
    )
    with prepared_shop(ORDERS) as shop, tempfile.TemporaryDirectory() as folder:
        with private_postgres(SETTINGS) as url:
            _database("PostgreSQL", url, shop, folder)
        _database("SQLite", f"sqlite:///{folder}/bench.sqlite3", shop, folder)


@contextmanager
def prepared_shop(orders: int) -> Iterator[str]:
    program = subprocess.Popen(
        [sys.executable, "-m", "fakeshop.prepared", "--orders", str(orders)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield program.stdout.readline().strip()  # type: ignore[union-attr]  # it is a pipe
    finally:
        program.terminate()
        program.wait()


def _database(name: str, url: str, shop: str, folder: str) -> None:
    """Each part in a process of its own, so that its memory is its own."""
    settings = environment(url, SHOPIFY_URL=shop, VAR_DIR=folder)

    def run(part: str) -> dict[str, Any]:
        return dict(told_by(["-m", "bench.importing", part], settings))

    run("prepare")
    first, again, floor, single = (
        run("first"),
        run("again"),
        run("floor"),
        run("single"),
    )
    rows = [
        [
            label,
            f"{each['seconds']:.2f}",
            f"{each['orders'] / each['seconds']:,.0f}",
            f"{each['seconds'] / floor['seconds']:.2f}",
            extra,
        ]
        for label, each, extra in [
            ("raw SQL, idempotent upsert of the same rows (floor)", floor, ""),
            (
                "RO App, first import",
                first,
                f"{first['memory']:.0f} MiB at its peak, {first['growth']:+.0f} MiB after the first half",
            ),
            (
                "RO App, the same again, unchanged",
                again,
                f"{again['writes']} writes to orders, 1/{first['seconds'] / again['seconds']:.1f} of the "
                "first",
            ),
            (f"order by order ({single['orders']:,} of them)", single, ""),
        ]
    ]
    show(name, ["", "seconds", "orders/s", "times the floor", ""], rows)
    if url.startswith("postgresql"):
        _beside_peer(run, url, folder)
    print(
        f"\nPer page of {PAGE} orders: {first['queries'] / first['pages']:.1f} queries and "
        f"{first['requests'] / first['pages']:.2f} requests "
        f"({again['queries'] / again['pages']:.1f} and {again['requests'] / again['pages']:.2f} when "
        "unchanged); "
        f"{first['points'] / ORDERS:.2f} points per order.",
        flush=True,
    )


def _beside_peer(run: Callable[[str], dict[str, Any]], url: str, folder: str) -> None:
    if not peer.PYTHON.exists():
        print(f"\nWithout the peer: it is not in {peer.PYTHON.parents[1]}.")
        return
    rows = []
    for turn in range(1, TURNS + 1):
        run("empty")
        every = {
            "RO App": run("first"),
            "dlt, all fields": peer.measured(ORDERS, url, "all", folder),
            "dlt, our fields": peer.measured(ORDERS, url, "ours", folder),
        }
        rows += [
            (
                f"{name}, turn {turn}",
                f"{ORDERS / each['seconds']:,.0f}",
                f"{each['cpu']:.1f}",
                f"{each['memory']:.0f}",
            )
            for name, each in every.items()
        ]
    show("Beside dlt", ["", "orders/s", "its CPU seconds", "MiB"], rows)


def part(name: str) -> None:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "roapp.settings"
    django.setup()
    from django.conf import settings

    from roapp.memory import tune_garbage_collector

    settings.DEBUG = False  # Django keeps every query in memory otherwise.
    tune_garbage_collector()  # as a worker does
    print(
        json.dumps(
            {
                "prepare": prepare,
                "first": poll_all,
                "again": poll_all,
                "floor": floor,
                "empty": empty,
                "single": single,
            }[name]()
            or {}
        )
    )


def prepare() -> None:
    """An empty installation, the shop connected, its answers ready."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command(
        *["connect_store", "gadget-garage.myshopify.com"],
        name="Gadget Garage",
        token="demo-token",
        order_type="Online order",
        identify_by="sku",
        no_first_import=True,  # what is measured is the poll itself
        since=_since(),
        stdout=sys.stderr,
    )
    page = next(_gateway().changed_orders(_since()))
    _gateway().describe(
        [line.product.external_id for line in page.snapshots[0].read().lines]
    )


def _since() -> datetime:
    return datetime(2026, 10, 1, tzinfo=UTC)


def _gateway() -> Any:  # noqa: ANN401  a StoreGateway, to be imported once Django is set up
    from integrations.models import StoreConnection
    from integrations.platforms.registry import gateway_for

    return gateway_for(
        StoreConnection.objects.select_related("store", "order_type").get()
    )


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def poll_all() -> dict[str, Any]:
    """One complete poll, from the beginning."""
    from django.db import connection

    from integrations.models import StoreConnection
    from integrations.platforms.protocol import StoreGateway
    from integrations.platforms.registry import gateway_for
    from integrations.sync import polling
    from orders.models import Order

    polling.POLL_SECONDS = 3_600.0
    StoreConnection.objects.update(
        synced_until=None, cursor="", lease=None, leased_until=None
    )
    gateways: list[StoreGateway] = []

    def open_gateway(connection: StoreConnection) -> StoreGateway:
        """The one that polling opens is kept, to read its meter afterwards."""
        gateways.append(gateway_for(connection))
        return gateways[-1]

    vars(polling)["gateway_for"] = open_gateway
    count = {"queries": 0, "writes": 0, "half": 0.0}
    already = Order.objects.count()

    def counting(execute: Callable[..., T], sql: str, *rest: object) -> T:
        count["queries"] += 1
        if sql.startswith(WRITES) and "integrations_storeconnection" not in sql:
            count["writes"] += 1
        if not count["half"] and sql.startswith(WRITES) and count["queries"] > 700:
            count["half"] = _memory()
        return execute(sql, *rest)

    began, cpu = time.perf_counter(), time.process_time()
    with connection.execute_wrapper(counting):
        polling.poll(StoreConnection.objects.get().pk)
    seconds = time.perf_counter() - began
    assert Order.objects.count() == ORDERS, already  # noqa: S101  a benchmark of something else would be worthless
    budget = gateways[0].budget
    return {
        **{"seconds": seconds, "cpu": time.process_time() - cpu},
        **{"orders": ORDERS, "pages": -(-ORDERS // PAGE), **count},
        **{"requests": budget.requests, "points": budget.points_used},
        **{
            "memory": _memory(),
            "growth": _memory() - count["half"] if count["half"] else 0,
        },
    }


def empty() -> None:
    """As before the first import."""
    from django.db import connection

    with connection.cursor() as cursor:
        tables = ", ".join([*TABLES, "integrations_unimportedorder"])
        cursor.execute(f"TRUNCATE {tables} CASCADE")


PARENTS = [
    "customers_customer",
    "customers_customerkey",
    "inventory_product",
    "inventory_productkey",
]
CHILDREN = ["orders_order", "orders_orderline", "orders_orderevent"]
TABLES = [*PARENTS, *CHILDREN]


def floor() -> dict[str, Any]:
    """The rows that the import made, written again by raw SQL: upserts by the page, with the same keys,
    constraints and indexes."""
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        rows = {}
        for table in TABLES:
            cursor.execute(f"SELECT * FROM {table} ORDER BY id")
            rows[table] = (
                [column[0] for column in cursor.description],
                cursor.fetchall(),
            )
        for table in reversed(TABLES):
            cursor.execute(f"DELETE FROM {table}")
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")
    pages = _by_page(rows)
    began = time.perf_counter()
    for table in PARENTS:
        columns, content = rows[table]
        for start in range(0, len(content), 1_000):
            with transaction.atomic(), connection.cursor() as cursor:
                _upsert(
                    connection, cursor, table, columns, content[start : start + 1_000]
                )
    for page in pages:
        with transaction.atomic(), connection.cursor() as cursor:
            for table, content in page.items():
                _upsert(connection, cursor, table, rows[table][0], content)
    return {"seconds": time.perf_counter() - began, "orders": ORDERS}


def _by_page(rows: dict[str, Any]) -> list[dict[str, list[Any]]]:
    """The rows of orders, lines and events, as the pages in which they came."""
    place = {
        row[0]: number // PAGE for number, row in enumerate(rows["orders_order"][1])
    }
    pages: list[dict[str, list[Any]]] = [
        {table: [] for table in CHILDREN} for _ in range(-(-ORDERS // PAGE))
    ]
    for table in CHILDREN:
        columns, content = rows[table]
        key = columns.index("id" if table == "orders_order" else "order_id")
        for row in content:
            pages[place[row[key]]][table].append(row)
    return pages


def _upsert(
    connection: BaseDatabaseWrapper,
    cursor: CursorWrapper,
    table: str,
    columns: list[str],
    rows: list[Any],
) -> None:
    """On PostgreSQL by COPY into a staging table and one statement, on SQLite by one prepared statement."""
    names = ", ".join(f'"{column}"' for column in columns)
    update = ", ".join(
        f'"{column}" = excluded."{column}"' for column in columns if column != "id"
    )
    conflict = f"ON CONFLICT (id) DO UPDATE SET {update}"
    if connection.vendor == "sqlite":
        marks = ", ".join("?" * len(columns))
        cursor.cursor.connection.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({marks}) {conflict}", rows
        )
        return
    cursor.execute(
        f"CREATE TEMP TABLE IF NOT EXISTS staged_{table} (LIKE {table}) ON COMMIT DELETE ROWS"
    )
    with cursor.copy(f"COPY staged_{table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    cursor.execute(
        f"INSERT INTO {table} ({names}) SELECT {names} FROM staged_{table} {conflict}"
    )


def single() -> dict[str, Any]:
    """As most connectors do it: each order by itself, looked up and saved in a transaction of its own."""
    from django.db import transaction
    from django.utils import timezone

    from customers.models import Customer
    from inventory.models import Product
    from orders.models import Order, OrderLine, OrderType, Store

    OrderLine.objects.all()._raw_delete("default")
    for model in [Order, Product, Customer]:
        model._base_manager.all().delete()
    store, kind = Store.objects.get(), OrderType.objects.order_by("id").reverse()[0]
    some = ORDERS // 20
    done = 0
    began = time.perf_counter()
    for page in _gateway().changed_orders(_since()):
        for snapshot in page.snapshots:
            order = snapshot.read()
            with transaction.atomic():
                customer, _ = Customer.objects.get_or_create(
                    phone=order.contact.phone,
                    defaults={
                        "first_name": order.contact.first_name,
                        "created_at": timezone.now(),
                    },
                )
                row, _ = Order.objects.get_or_create(
                    store=store,
                    external_id=order.external_id,
                    defaults={
                        **{
                            "order_type": kind,
                            "status": kind.initial_status,
                            "customer": customer,
                            "placed_at": order.placed_at,
                        },
                        **{
                            "external_number": order.number,
                            "total": order.figures.total,
                        },
                    },
                )
                for line in order.lines:
                    product, _ = Product.objects.get_or_create(
                        sku=line.sku,
                        defaults={"name": line.name, "created_at": timezone.now()},
                    )
                    OrderLine.objects.get_or_create(
                        order=row,
                        external_id=line.external_id,
                        defaults={
                            **{
                                "product": product,
                                "name": line.name,
                                "sku": line.sku,
                                "quantity": line.quantity,
                            },
                            **{
                                "price": line.price,
                                "total": line.price * line.quantity,
                            },
                        },
                    )
            done += 1
            if done == some:
                return {"seconds": time.perf_counter() - began, "orders": done}
    return {"seconds": time.perf_counter() - began, "orders": done}


if __name__ == "__main__":
    part(sys.argv[1])
