"""Simulated staff at a web server on this machine: each has the list open and, every few seconds, filters,
opens an order, or changes a status. On PostgreSQL; server, database and staff share the machine.

BENCH_OLD_TREE names the folder of another checkout, which is measured in turns with this one.
"""

import gzip
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench.processes import environment, told_by
from bench.tables import show
from tests.support.postgres import free_port, private_postgres

STAFF = [int(number) for number in os.environ.get("BENCH_STAFF", "50,300").split(",")]
ORDERS = int(os.environ.get("BENCH_LOAD_ORDERS", "100000"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "60"))
TURNS = int(os.environ.get("BENCH_TURNS", "2"))
WARM_UP = 10
"""Seconds of each turn that are not counted: processes have to meet every page once."""
ASKS_EVERY, ACTS_EVERY = 10.0, 12.0
"""Seconds between the requests of an open tab, and between what its owner does."""
HERE = Path(__file__).resolve().parents[1]
TOKEN = "x" * 32
HTMX = {"HX-Request": "true"}
TICKS = os.sysconf("SC_CLK_TCK")
SETTINGS = """
from roapp.settings import *
DEBUG = WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = False
ALLOWED_HOSTS = ["127.0.0.1"]
"""
"""As in production, but without https and with no static files collected."""
PREPARE = """
import json, sys
import django
django.setup()
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command
from bench.filling import fill

size, staff = map(int, sys.argv[1:])
call_command("migrate", verbosity=0)
fill(size)
group = Group.objects.get(name__in=["Manager", "Leitung"])
sessions = []
for number in range(staff):
    user = get_user_model().objects.create_user(f"person{number}")
    user.groups.add(group)
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    sessions.append(session.session_key)
print(json.dumps({"cookie": settings.SESSION_COOKIE_NAME, "sessions": sessions}))
"""


@dataclass
class Measured:
    """Milliseconds of each request by what it was for, and of the server's processor time for all."""

    taken: defaultdict[str, list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )
    failed: int = 0
    cpu: float = 0.0

    @property
    def all(self) -> list[float]:
        return [each for kind in self.taken.values() for each in kind]


class Person(threading.Thread):
    """Somebody with the list open."""

    def __init__(
        self, port: int, cookie: str, number: int, until: float, measured: Measured
    ) -> None:
        super().__init__(daemon=True)
        self.port, self.until, self.measured = port, until, measured
        self.counts_from = until - SECONDS
        self.headers = {
            "Cookie": f"{cookie}; csrftoken={TOKEN}",
            "X-CSRFToken": TOKEN,
            "Accept-Encoding": "gzip",
        }
        self.pick = random.Random(number)
        self.page = ""

    def run(self) -> None:
        now = time.monotonic()
        asks = now + self.pick.uniform(0, ASKS_EVERY)
        acts = now + self.pick.uniform(0, ACTS_EVERY)
        tab, work = self._tab(), self._work()
        while (at := min(asks, acts)) < self.until:
            time.sleep(max(0.0, at - time.monotonic()))
            if at == asks:
                next(tab)
                asks = at + ASKS_EVERY
            else:
                next(work)
                acts = at + ACTS_EVERY * self.pick.uniform(0.5, 1.5)

    def _tab(self) -> Iterator[None]:
        """What an open list asks by itself, in turn (docs/decisions/0049-live-pages.md)."""
        while True:
            for turn in range(6):
                if turn == 4:
                    self._ask("badges", "/orders/badges/", HTMX)
                elif turn == 5:
                    self._ask("banners", "/stores/banners/", HTMX)
                elif marks := re.findall(
                    r'name="(mark|before|since|newest)" value="([^"]*)"', self.page
                ):
                    shown = ".".join(re.findall(r'id="order-(\d+)"', self.page))
                    query = urlencode({**dict(marks), "shown": shown})
                    self._ask("live", f"/orders/live/?{query}", HTMX)
                yield

    def _work(self) -> Iterator[None]:
        results = {**HTMX, "HX-Target": "results"}
        while True:
            self.page = self._ask("list", "/orders/")
            yield
            store = self.pick.randint(1, 3)
            self._ask("filter", f"/orders/?store={store}", results)
            yield
            if rows := re.findall(r'id="order-(\d+)"', self.page):
                self._ask("order", f"/orders/{self.pick.choice(rows)}/")
                yield
            self._change_status()
            yield
            word = self.pick.choice(["weber", "display 12", "#80012", "ada"])
            self._ask("filter", f"/orders/?{urlencode({'q': word})}", results)
            yield

    def _change_status(self) -> None:
        """In the row's menu, as it was shown."""
        rows = re.findall(
            r'id="order-(\d+)".*?data-menu="statuses"\s+data-seen="(\d+)"',
            self.page,
            re.DOTALL,
        )
        if not rows:
            return
        order, seen = self.pick.choice(rows)
        menu = self._ask("menu", f"/orders/{order}/statuses/?seen={seen}", HTMX)
        if choices := re.findall(r'name="status" value="(\d+)"', menu):
            values = {"seen": seen, "status": self.pick.choice(choices)}
            target = {**HTMX, "HX-Target": f"order-{order}"}
            self._ask("status", f"/orders/{order}/status/", target, values)

    def _ask(
        self,
        kind: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        values: Mapping[str, str] | None = None,
    ) -> str:
        began = time.monotonic()
        text, status = self._answer(path, {**self.headers, **(headers or {})}, values)
        if began >= self.counts_from:
            self.measured.taken[kind].append((time.monotonic() - began) * 1_000)
            self.measured.failed += status >= 400
        return text

    def _answer(
        self, path: str, headers: dict[str, str], values: Mapping[str, str] | None
    ) -> tuple[str, int]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            if values is None:
                connection.request("GET", path, headers=headers)
            else:
                form = {"Content-Type": "application/x-www-form-urlencoded"}
                connection.request("POST", path, urlencode(values), headers | form)
            answer = connection.getresponse()
            body = answer.read()
            return _text(body, answer.headers["Content-Encoding"]), answer.status
        except (OSError, HTTPException):
            return "", 599
        finally:
            connection.close()


def _text(body: bytes, encoding: str | None) -> str:
    return (gzip.decompress(body) if encoding == "gzip" else body).decode()


def main() -> None:
    trees = [Path(each) for each in [os.environ.get("BENCH_OLD_TREE", "")] if each]
    trees.append(HERE)
    with (
        tempfile.TemporaryDirectory(prefix="roapp-load-") as folder,
        private_postgres(["jit=off", "shared_buffers=512MB"]) as url,
    ):
        prepared = [
            (tree, *_prepare(tree, url, Path(folder), f"load{number}"))
            for number, tree in enumerate(trees)
        ]
        for staff in STAFF:
            found = [Measured() for _tree in trees]
            for _turn in range(TURNS):
                for (tree, settings, cookies), measured in zip(
                    prepared, found, strict=True
                ):
                    _measure(tree, settings, cookies[:staff], measured)
            _show(staff, found)


def _prepare(
    tree: Path, url: str, folder: Path, name: str
) -> tuple[dict[str, str], Sequence[str]]:
    """A filled database of its own for the tree; its environment, and a cookie for each of the staff."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    (folder / "measured_settings.py").write_text(SETTINGS)
    settings = environment(
        url.rpartition("/")[0] + f"/{name}",
        DJANGO_SETTINGS_MODULE="measured_settings",
        PYTHONPATH=os.pathsep.join([str(tree), str(folder)]),
        VAR_DIR=str(folder),
    )
    made: dict[str, Any] = told_by(
        ["-c", PREPARE, str(ORDERS), str(max(STAFF))], settings, tree
    )
    return settings, [f"{made['cookie']}={key}" for key in made["sessions"]]


def _measure(
    tree: Path, settings: Mapping[str, str], cookies: Sequence[str], found: Measured
) -> None:
    with _serving(tree, settings) as (port, server):
        until = time.monotonic() + WARM_UP + SECONDS
        staff = [
            Person(port, cookie, number, until, found)
            for number, cookie in enumerate(cookies)
        ]
        for person in staff:
            person.start()
        time.sleep(WARM_UP)
        before = _cpu(server)
        for person in staff:
            person.join()
        found.cpu += _cpu(server) - before


@contextmanager
def _serving(
    tree: Path, settings: Mapping[str, str]
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", "python:roapp.web_server"]
    server = subprocess.Popen(
        [*command, "--bind", f"127.0.0.1:{port}"],
        cwd=tree,
        env=dict(settings),
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield port, server
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def _wait_for(port: int) -> None:
    for _ in range(300):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    sys.exit("The web server did not start.")


def _cpu(server: "subprocess.Popen[bytes]") -> float:
    """Milliseconds of processor time of the server's processes until now."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            values = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        if server.pid in {int(values[1]), int(stat.parent.name)}:
            total += int(values[11]) + int(values[12])
    return total / TICKS * 1_000


def _show(staff: int, found: Sequence[Measured]) -> None:
    head = ["request", *(f"{name} {unit}" for name in _names(found) for unit in UNITS)]
    kinds = sorted({kind for measured in found for kind in measured.taken})
    rows = [
        [kind, *(cell for each in found for cell in _cells(each.taken[kind]))]
        for kind in kinds
    ]
    rows.append(["all", *(cell for each in found for cell in _cells(each.all))])
    show(f"{staff} staff, {ORDERS:,} orders, {TURNS} turns of {SECONDS} s", head, rows)
    for name, each in zip(_names(found), found, strict=True):
        number = max(1, len(each.all))
        share = each.cpu / (TURNS * SECONDS * 1_000)
        print(
            f"\n{name}: {each.cpu / number:.1f} ms of processor time a request, "
            f"{share:.2f} of a core, {each.failed} failed."
        )


UNITS = ["number", "p50 ms", "p95 ms"]


def _names(found: Sequence[Measured]) -> list[str]:
    return ["before", "after"] if len(found) == 2 else ["RO App"]


def _cells(taken: Sequence[float]) -> list[str]:
    if len(taken) < 2:
        return [str(len(taken)), "–", "–"]
    cuts = statistics.quantiles(taken, n=20)
    return [str(len(taken)), f"{statistics.median(taken):.0f}", f"{cuts[-1]:.0f}"]


if __name__ == "__main__":
    main()
