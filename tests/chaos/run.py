"""One chaos run, from an empty installation to the assertions. Its decisions follow from the seed; their
timing is the machine's."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.utils import timezone

from fakeshop.cost import Bucket
from fakeshop.server import serving
from fakeshop.shop import FakeShop
from integrations import tasks
from integrations.models import (
    ImportJob,
    State,
    StoreConnection,
    UnimportedOrder,
    WebhookDelivery,
)
from inventory.models import Warehouse
from orders.models import Refresh, RefreshOutcome
from tests.chaos import people, triggers
from tests.chaos.assertions import violations_of
from tests.chaos.faults import Faults
from tests.chaos.protections import take_away, undo_in_database
from tests.chaos.timeouts import shorten_timeouts

ROOT = Path(__file__).resolve().parents[2]
DOMAIN = "gadget-garage.myshopify.com"
WORKERS = 2
SETTLE_SECONDS = 90.0
"""After which nothing may be under way any more."""


@dataclass(frozen=True)
class Plan:
    seed: int
    seconds: float
    orders: int
    without: str = ""


class ChaosRun:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.shop = FakeShop(domain=DOMAIN)
        self.shop.bucket = Bucket(maximum=20_000, restore_rate=2_000)
        self.faults = Faults(self.shop, self.pick("faults"))
        self.over = threading.Event()
        self.errors: list[str] = []
        self.workers: dict[int, subprocess.Popen[bytes]] = {}

    def pick(self, name: str) -> random.Random:
        """What an actor decides depends on nothing that others do."""
        return random.Random(f"{self.plan.seed} {name}")  # noqa: S311  no secret

    def run(self) -> list[str]:
        """The violations that there were."""
        with ExitStack() as stack:
            self.faults.active = False
            settings.SHOPIFY_URL = stack.enter_context(serving(self.shop))
            settings.PUBLIC_URL = stack.enter_context(_web_server())
            self._set_up()
            stack.callback(self._stop_workers)
            for number in range(WORKERS):
                self._start_worker(number)
            self.faults.active = True
            actors = [
                threading.Thread(target=self._act, args=each, daemon=True)
                for each in self._actors()
            ]
            beat = threading.Thread(target=self._beat, daemon=True)
            for thread in [*actors, beat]:
                thread.start()
            time.sleep(self.plan.seconds)
            self.over.set()
            for thread in actors:
                thread.join(60)
            self._await_the_end()
            return [
                *self.errors,
                *violations_of(self.shop, StoreConnection.objects.get(), self.faults),
            ]

    def _set_up(self) -> None:
        people.set_up_shop(self.shop, self.plan.orders, self.pick("past"))
        connect = {
            "name": "Gadget Garage",
            "token": "demo-token",
            "order_type": "Online order",
            "identify_by": "sku",
        }
        call_command(
            "connect_store",
            DOMAIN,
            webhooks=True,
            yes=True,
            webhook_secret=self.shop.post.secret,
            stdout=StringIO(),
            **connect,
        )
        StoreConnection.objects.update(poll_seconds=1)
        self.boss = get_user_model().objects.create_superuser("boss")
        self.warehouse = Warehouse.objects.get()

    def _actors(self) -> Iterator[tuple[str, float, Callable[[random.Random], None]]]:
        """Name, seconds between two actions on average, and the action."""
        yield "trade", 0.1, partial(people.trade, self.shop)
        yield "fail", 1.0, partial(people.fail, self.shop)
        yield "unseen", 0.5, partial(people.buy_unseen, self.shop)
        yield "post", 0.3, partial(people.deliver, self.shop)
        yield "click", 0.8, partial(people.click, self.boss, everybody=self._everybody)
        for number in range(2):
            yield f"work {number}", 0.1, partial(people.work, self.boss, self.warehouse)
        yield "late", 1.0, partial(people.read_late, self.shop)
        yield "kill", 9.0, self._kill
        yield "flush", 5.0, self._flush

    def _act(self, name: str, every: float, action: Callable[..., None]) -> None:
        pick = self.pick(name)
        while not self.over.wait(every * pick.uniform(0.5, 1.5)):
            try:
                action(pick=pick) if isinstance(action, partial) else action(pick)
            except Exception as error:
                self.errors.append(f"{name}: {type(error).__name__}: {error}")
        connections.close_all()

    def _everybody(self, action: Callable[[], Any]) -> None:
        """Eight people at the same moment."""
        together = threading.Barrier(8)

        def one() -> None:
            together.wait()
            action()
            connections.close_all()

        crowd = [threading.Thread(target=one) for _ in range(8)]
        for person in crowd:
            person.start()
        for person in crowd:
            person.join()

    def _beat(self) -> None:
        """Two beats, which must do no harm."""
        while not self.beat_is_over:
            for _ in range(2):
                with suppress(Exception):  # the broker may be away
                    tasks.tick.apply_async(expires=5)
            time.sleep(0.5)

    beat_is_over = False

    # Workers and the broker

    def _start_worker(self, number: int) -> None:
        environment = {
            **os.environ,
            "SHOPIFY_URL": settings.SHOPIFY_URL,
            "PUBLIC_URL": settings.PUBLIC_URL,
        }
        self.workers[number] = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.worker", f"worker{number}"],
            cwd=ROOT,
            env={**environment, "CHAOS_WITHOUT": self.plan.without},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _kill(self, pick: random.Random) -> None:
        number = pick.randrange(WORKERS)
        _end(self.workers[number])
        self._start_worker(number)

    def _stop_workers(self) -> None:
        self.beat_is_over = True
        for worker in self.workers.values():
            _end(worker)

    def _flush(self, pick: random.Random) -> None:
        redis.Redis.from_url(settings.REDIS_URL).flushall()

    # The end

    def _await_the_end(self) -> None:
        """The store answers well again, and what is due soon is due now; then everything has to settle."""
        self.faults.clear()
        self.shop.post.deliver()
        StoreConnection.objects.exclude(state=State.NEEDS_ATTENTION).update(
            due_at=timezone.now(), rate_limited_until=None
        )
        ImportJob.objects.update(due_at=timezone.now())
        until = time.monotonic() + SETTLE_SECONDS
        while unsettled := self._unsettled():
            if time.monotonic() > until:
                self.errors.append(f"Still under way: {', '.join(unsettled)}")
                return
            time.sleep(1)

    def _unsettled(self) -> list[str]:
        """What is still under way."""
        store, newest = (
            StoreConnection.objects.get(),
            max(each.updated_at for each in self.shop.orders.values()),
        )
        settled = newest + self.shop.search_lag + timedelta(seconds=2)
        failed = UnimportedOrder.objects.filter(status="failed").exclude(
            code="unreadable"
        )
        return [
            name
            for name, waits in {
                "manual updates": Refresh.objects.filter(
                    outcome=RefreshOutcome.PENDING
                ).exists(),
                "webhook events": WebhookDelivery.objects.filter(
                    drained_at__isnull=True
                ).exists(),
                "the initial import": any(
                    job.is_moving for job in ImportJob.objects.all()
                ),
                "orders that failed": failed.exists(),
                f"the poll ({store.state} {store.reason_code})": not self._is_polled(
                    store, settled
                ),
            }.items()
            if waits
        ]

    polled_at: datetime | None = None

    def _is_polled(self, store: StoreConnection, settled: datetime) -> bool:
        """Whether a whole poll began after the last order could be found. Only its end is known, so it is the
        one after a poll that ended then."""
        if not store.last_poll_at or store.last_poll_at < settled or store.cursor:
            return False
        self.polled_at = self.polled_at or store.last_poll_at
        return store.last_poll_at > self.polled_at


@contextmanager
def _web_server() -> Iterator[str]:
    """Where the shop's webhooks arrive."""

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_args: Any) -> None:
            """The run prints violations only."""

    server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
    server.set_app(get_wsgi_application())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def _end(worker: subprocess.Popen[bytes]) -> None:
    """As a machine ends that loses its power: the worker and its children."""
    with suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def main(plan: Plan) -> int:
    """In a process whose Django knows an empty PostgreSQL and a Valkey. Prints each violation; returns how
    many."""
    call_command("migrate", verbosity=0)
    triggers.install()
    undo_in_database(plan.without)
    shorten_timeouts()
    take_away(plan.without)
    found = ChaosRun(plan).run()
    for each in found:
        print(f"  {each}", flush=True)
    return len(found)
