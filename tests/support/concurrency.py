"""Work that is done at once: by threads that begin together, by workers in processes of their own."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import connection as database
from django.db import connections
from kombu import pools

from integrations import dispatch

ROOT = Path(__file__).resolve().parents[2]


def at_once(
    *actions: Callable[[], Any],
    caught: type[Exception] | tuple[type[Exception], ...] = (),
) -> list[Any]:
    """Each action in a thread and with a database connection of its own; they begin together. Exceptions
    of the kinds in ``caught`` are results."""
    barrier = threading.Barrier(len(actions))

    def run(action: Callable[[], object]) -> object:
        try:
            barrier.wait()
            return action()
        except caught as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def becomes_true(what: Callable[[], bool], seconds: float = 90.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.1)
    return False


def in_another_process(**more: str) -> dict[str, str]:
    """The environment of another process that works on this test's database and shop. Needs committed
    rows."""
    values = database.settings_dict
    if database.vendor == "sqlite":
        url = f"sqlite:///{values['NAME']}"
    else:
        url = f"postgresql://{values['USER']}:{values['PASSWORD']}@{values['HOST']}:{values['PORT']}/{values['NAME']}"
    return {
        **os.environ,
        "DATABASE_URL": url,
        "SHOPIFY_URL": settings.SHOPIFY_URL,
        **more,
    }


@contextmanager
def broker(url: str) -> Iterator[None]:
    """Celery's messages of this process go there."""
    kept = current_app.conf.broker_url
    _send_to(url)
    try:
        yield
    finally:
        dispatch.OUTBOX.wait_until_sent(1)
        _send_to(kept)


def _send_to(url: str) -> None:
    current_app.conf.broker_url = current_app.conf.broker_write_url = url
    pools.reset()
    current_app._pool = current_app.amqp._producer_pool = None


@contextmanager
def worker(url: str, log: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker process, stopped by its own id; its output is in ``log``."""
    command = [
        sys.executable,
        "-m",
        "celery",
        "--quiet",
        "-A",
        "roapp",
        "worker",
        "--pool",
        "solo",
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                *command,
                "--without-mingle",
                "--without-gossip",
                "--without-heartbeat",
                *options,
            ],
            cwd=ROOT,
            env=in_another_process(REDIS_URL=url, LOG_LEVEL="INFO", LOG_FORMAT="json"),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
