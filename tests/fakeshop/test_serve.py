"""``make run``: one command that starts everything, fills the list, stops cleanly and goes on with the same
data."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.once]
FROM_OUTSIDE = {
    "DATABASE_URL",
    "REDIS_URL",
    "SHOPIFY_URL",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "ENCRYPTION_KEYS",
}


class Served:
    """A running ``manage.py serve --demo``; what it printed is in ``output``."""

    def __init__(self, folder: Path, port: int) -> None:
        self.output = folder / f"output-{time.monotonic_ns()}"
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in FROM_OUTSIDE
        }
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--demo", "--port", str(port)],
                cwd=ROOT,
                env={
                    **environment,
                    "VAR_DIR": str(folder / "var"),
                    "DEBUG": "1",
                    "LOG_LEVEL": "INFO",
                },
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        return self.output.read_text("utf-8")

    def address(self) -> str:
        """Where it runs, once it does."""
        assert becomes_true(
            lambda: "runs at" in self.said or self.process.poll() is not None, 90
        ), self.said
        found = re.search(r"runs at (http://127\.0\.0\.1:\d+)", self.said)
        assert found, self.said
        return found[1]

    def stop(self, number: int = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(60)


def becomes_true(what, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.2)
    return False


def descendants(pid: int) -> dict[int, str]:
    """Ids and command lines of all processes that ``pid`` has started, by whatever way."""
    parents: dict[int, int] = {}
    for each in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            parents[int(each.name)] = int(
                (each / "stat").read_text().rpartition(")")[2].split()[1]
            )
    found, new = {}, {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new}
        found |= {child: _command(child) for child in new}
    return found


def _command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


def alive(pids: dict[int, str]) -> dict[int, str]:
    """Those of the processes that still run; an id that another program has got meanwhile does not count."""
    return {
        pid: command
        for pid, command in pids.items()
        if command and _command(pid) == command
    }


@pytest.fixture
def served(tmp_path) -> Iterator[object]:
    """``served(port)`` starts it; whatever still runs in the end is stopped by its own id."""
    running: list[Served] = []

    def start(port: int) -> Served:
        running.append(Served(tmp_path, port))
        return running[-1]

    yield start
    for each in running:
        left = descendants(each.process.pid)
        try:
            each.stop()
        except subprocess.TimeoutExpired:
            each.process.kill()
            each.process.wait()
        for pid in alive(left):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@contextmanager
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def log_in(address: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    token = session.get(f"{address}/login/", timeout=30).cookies["csrftoken"]
    form = {"username": "demo", "password": "demo", "csrfmiddlewaretoken": token}
    answer = session.post(
        f"{address}/login/", data=form, headers={"Referer": address}, timeout=30
    )
    assert answer.url == f"{address}/orders/"
    return session


def numbers(session: requests.Session, address: str) -> set[str]:
    """External numbers of the orders that the list shows."""
    return set(
        re.findall(r"#1\d{3}\b", session.get(f"{address}/orders/", timeout=30).text)
    )


def test_orders_arrive_within_a_minute_and_the_next_start_goes_on(served, tmp_path):
    with taken_port() as port:
        first = served(port)
        address = first.address()
        assert (
            f"Port {port} is taken by another program, so RO App uses {address.rpartition(':')[2]}."
            in first.said
        )
    assert "Log in as demo with the password demo." in first.said
    session = log_in(address)
    assert becomes_true(lambda: len(numbers(session, address)) > 20, 60), (
        tmp_path / "var/logs/worker.log"
    ).read_text()
    before = numbers(session, address)
    receipts = session.get(f"{address}/inventory/receipts/", timeout=30).text
    assert receipts.count("PM-2026-118") == 1  # goods to write off
    started = descendants(first.process.pid)
    for name in [
        "gunicorn",
        "celery -A roapp worker",
        "celery -A roapp beat",
        "fakeshop",
        "valkey",
    ]:
        assert any(name in command for command in started.values()), name

    second = served(port)
    assert second.stop(0) == 1
    assert (
        f"RO App already runs with the data in {tmp_path / 'var'}; stop it first (Ctrl-C)."
        in second.said
    )
    assert alive(started) == started

    assert first.stop() == 0
    assert "Stopped. The data stays in" in first.said
    assert "Traceback" not in first.said
    assert alive(started) == {}

    third = served(port)
    address = third.address()
    assert address == f"http://127.0.0.1:{port}"  # It is free now.
    session = log_in(address)
    shown = numbers(session, address)
    assert len(shown) > 20
    # The newest page may have moved on by what has been sold meanwhile.
    assert len(before - shown) <= 3
    assert (
        session.get(f"{address}/inventory/receipts/", timeout=30).text.count(
            "PM-2026-118"
        )
        == 1
    )

    started = descendants(third.process.pid)
    beat = next(
        pid for pid, command in started.items() if "celery -A roapp beat" in command
    )
    os.kill(beat, signal.SIGKILL)
    assert third.process.wait(60) == 1
    assert "The beat ended unexpectedly" in third.said
    assert becomes_true(lambda: alive(started) == {}, 10), alive(started)


def test_every_port_taken_is_said(monkeypatch):
    from django.core.management import CommandError

    from fakeshop.management.commands import serve

    monkeypatch.setattr(serve, "PORTS_TRIED", 1)
    with (
        taken_port() as port,
        pytest.raises(
            CommandError,
            match=f"The ports {port} to {port} are all taken; name a free one",
        ),
    ):
        serve._free_port(port)


def test_demo_store_gets_the_order_type_made_for_it(db):
    from fakeshop.management.commands.serve import DEMO_DOMAIN, _online_order
    from integrations.models import StoreConnection
    from orders.models import OrderType, Status, Store

    OrderType.objects.create(name="Made later", initial_status=Status.objects.first())
    assert _online_order() == "Online order"
    chosen = OrderType.objects.get(name="Sale")
    StoreConnection.objects.create(
        store=Store.objects.create(name="Demo", platform="shopify", order_link=""),
        domain=DEMO_DOMAIN,
        order_type=chosen,
    )
    assert _online_order() == "Sale"
