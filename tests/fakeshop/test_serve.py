"""``make run``: one command that starts everything, fills the list, stops cleanly and goes on with the same
data."""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
import requests

from fakeshop.serving import own_database, ports
from tests.support.concurrency import ROOT, becomes_true
from tests.support.programs import alive, descendants

pytestmark = [pytest.mark.slow, pytest.mark.once]
ODD = '-it\'s "my" shop #1 $HOME 100%20 (ü)'
"""What a folder may be called."""
REAL_INSTALLATION = """\
DATABASE_URL=postgresql://roapp:secret@127.0.0.1:1/orders
REDIS_URL=redis://127.0.0.1:1/0
DEBUG=false
"""
NOT_COPIED = {".*", "var", "tests", "bench", "docs", "deploy", "staticfiles"}
STARTING = [
    "The settings in .env are not read: the demo has its own.",
    "Preparing the database …",
    "Starting the demo store …",
    "Importing the demo store's orders …",
    "Starting the web server and the workers …",
]


class Served:
    """A running RO App; what it printed is in ``output``."""

    def __init__(self, project: Path, command: list[str]) -> None:
        self.output = project.parent / f"output-{time.monotonic_ns()}"
        kept = ["PATH", "HOME", "LANG", "TMPDIR"]
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        # As the tests' own database, of which it gets a copy.
        environment["LANGUAGE_CODE"] = "en"
        with self.output.open("wb") as out:
            # In a session of its own, as in a terminal.
            self.process = subprocess.Popen(
                command,
                cwd=project,
                env=environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self.output.read_text("utf-8")

    def address(self) -> str:
        """Where it runs, once it does."""
        assert becomes_true(
            lambda: "Ctrl-C" in self.said or self.process.poll() is not None, 200
        ), self.said
        found = re.search(r"runs at (http://127\.0\.0\.1:\d+)", self.said)
        assert found, self.said
        return found[1]

    def send(self, number: int) -> None:
        """To all in the terminal."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


@pytest.fixture
def project(tmp_path) -> Path:
    """A copy of the project in a folder with an odd name, beside the settings of a real installation."""
    project = tmp_path / ODD
    shutil.copytree(ROOT, project, ignore=shutil.ignore_patterns(*NOT_COPIED))
    (project / ".env").write_text(REAL_INSTALLATION)
    python = project / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    # All is installed, and so nothing is.
    for name in ["bin/pip", "run.stamp"]:
        (project / ".venv" / name).touch()
    return project


@pytest.fixture
def served(project) -> Iterator[object]:
    """``served(*command)`` starts it; whatever still runs in the end is stopped by its own id."""
    running: list[Served] = []

    def start(*command: str) -> Served:
        running.append(Served(project, list(command)))
        return running[-1]

    yield start
    for each in running:
        left = {each.process.pid: "", **descendants(each.process.pid)}
        each.send(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            each.process.wait(60)
        for pid in alive(left):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


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


def receipts(session: requests.Session, address: str) -> int:
    """How often the goods were received that there are to write off."""
    page = session.get(f"{address}/inventory/receipts/", timeout=30)
    return page.text.count("PM-2026-118")


@pytest.fixture
def data(project, fresh_database) -> Path:
    """Where the demo's data will be; migrated already, since that takes long."""
    data = project / "var"
    data.mkdir()
    with (
        closing(sqlite3.connect(fresh_database)) as migrated,
        closing(sqlite3.connect(data / "roapp.sqlite3")) as database,
    ):
        migrated.backup(database)
        database.execute(f"PRAGMA application_id = {own_database.MARK}")
    return data


def test_orders_arrive_within_a_minute_and_the_next_start_goes_on(served, data):
    with ports.first_free(20_000) as free:
        port = free.getsockname()[1]
    first = served("make", "run", f"PORT={port}")
    address = first.address()
    assert first.said.splitlines() == [
        *STARTING,
        "",
        f"  RO App runs at http://127.0.0.1:{port}",
        "  Log in as demo with the password demo.",
        "  The demo store Gadget Garage is connected; its orders arrive within a minute, new ones at once.",
        f"  Logs are in {data}/logs. Ctrl-C stops everything.",
    ]
    session = log_in(address)
    assert becomes_true(lambda: len(numbers(session, address)) > 20, 60), (
        data / "logs" / "polls.log"
    ).read_text()
    before = numbers(session, address)
    assert receipts(session, address) == 1
    started = descendants(first.process.pid)
    for name in [
        "gunicorn",
        "celery -A roapp worker",
        "celery -A roapp beat",
        "fakeshop.serving.guardian",
        "fakeshop --socket",
        "valkey",
    ]:
        assert any(name in command for command in started.values()), name

    second = served("make", "run")
    assert second.process.wait(60) == 2
    assert (
        f"RO App already runs at {address} with the data in {data}. To start it anew, "
        "stop that one first (Ctrl-C)." in second.said
    )
    assert alive(started) == started

    # The terminal is closed.
    first.send(signal.SIGHUP)
    first.process.wait(60)
    assert becomes_true(lambda: not alive(started), 30), alive(started)
    assert first.said.endswith(f"\nStopping …\nStopped. The data stays in {data}\n")

    # Without make, and at whatever port is free.
    third = served("env", "DEBUG=1", sys.executable, "manage.py", "serve", "--demo")
    address = third.address()
    assert [line for line in STARTING if line not in third.said] == [STARTING[3]]
    session = log_in(address)
    shown = numbers(session, address)
    assert len(shown) > 20
    # The newest page may have moved on by what has been sold meanwhile.
    assert len(before - shown) <= 3
    assert receipts(session, address) == 1
    started = descendants(third.process.pid)
    third.process.kill()
    assert becomes_true(lambda: not alive(started), 30), alive(started)


def test_it_stops_when_make_is_killed_and_leaves_another_database_alone(
    served, project
):
    data = project / "var"
    data.mkdir()
    (data / "roapp.sqlite3").write_bytes(b"somebody's")
    refused = served("make", "run")
    assert refused.process.wait(60) == 2
    assert f"No demo has made {data}/roapp.sqlite3, so nothing" in refused.said
    assert (data / "roapp.sqlite3").read_bytes() == b"somebody's"

    elsewhere = served("env", f"VAR_DIR={project / 'else'}", "make", "run")
    assert becomes_true(lambda: "Preparing" in elsewhere.said, 60)
    started = descendants(elsewhere.process.pid)
    elsewhere.process.kill()
    assert becomes_true(lambda: not alive(started), 60), alive(started)
    assert elsewhere.said.endswith(f"Stopped. The data stays in {project / 'else'}\n")


def test_demo_store_gets_the_order_type_made_for_it(db):
    from fakeshop.serving.demo_data import DEMO_DOMAIN, connecting
    from integrations.models import StoreConnection
    from orders.models import OrderType, Status, Store

    OrderType.objects.create(name="Made later", initial_status=Status.objects.first())
    assert "Online order" in connecting()
    chosen = OrderType.objects.get(name="Sale")
    StoreConnection.objects.create(
        store=Store.objects.create(name="Demo", platform="shopify", order_link=""),
        domain=DEMO_DOMAIN,
        order_type=chosen,
    )
    assert "Sale" in connecting()
