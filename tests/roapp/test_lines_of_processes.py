"""The processes of an installation: every line that they write is an object, whatever happens to them."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings

from integrations import tasks
from tests.support.concurrency import becomes_true, broker
from tests.support.production import PRODUCTION
from tests.support.programs import descendants

pytestmark = [pytest.mark.once, pytest.mark.slow]
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def log(tmp_path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def start(log, tmp_path, valkey) -> Iterator[Start]:
    """Starts a program in production, with a broker and without a database; all that it writes is in
    ``log``."""
    redis.Redis.from_url(valkey).flushall()
    environment = {
        "PATH": os.environ["PATH"],
        **PRODUCTION,
        "REDIS_URL": valkey,
        "VAR_DIR": str(tmp_path),
    }
    running: list[subprocess.Popen[bytes]] = []

    def start(*command: str) -> subprocess.Popen[bytes]:
        with log.open("wb") as out:
            running.append(
                subprocess.Popen(
                    [sys.executable, "-m", *command],
                    cwd=settings.BASE_DIR,
                    env=environment,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                )
            )
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


def wait_for(log: Path, words: str) -> None:
    assert becomes_true(lambda: words in log.read_text()), log.read_text()


def kill_a_child(process: subprocess.Popen[bytes]) -> None:
    os.kill(min(descendants(process.pid)), signal.SIGKILL)


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(60)


def lines_of(log: Path) -> list[dict]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def places(line: dict) -> str:
    """Where in the code it happened."""
    return line.get("traceback", "")


def test_of_the_web_server(start, log, tmp_path):
    address = tmp_path / "web.sock"
    options = ["--workers", "1", "--bind", f"unix:{address}"]
    web = start("gunicorn", "--config", "python:roapp.web_server", *options)

    def ask(path: str, host: str) -> bytes:
        with socket.socket(socket.AF_UNIX) as asking:
            asking.connect(str(address))
            asking.sendall(
                f"GET {path} HTTP/1.1\r\nHost: {host}\r\n"
                "X-Request-ID: r-1\r\nConnection: close\r\n\r\n".encode()
            )
            return asking.recv(12)

    wait_for(log, "Booting worker")
    assert ask("/healthz?q=Lovelace", "x") == b"HTTP/1.1 200"
    assert ask("/orders/?q=Lovelace", "evil.example.com") == b"HTTP/1.1 400"
    assert ask("/invitation/Nw/ditj0e-0123/", "evil.example.com") == b"HTTP/1.1 400"
    wait_for(log, '[…]\\" 400')  # which is written after the answer
    kill_a_child(web)
    wait_for(log, "SIGKILL")
    stop(web)
    lines = lines_of(log)
    asked = [each for each in lines if each["logger"] == "gunicorn.access"]
    assert ['"GET /healthz" 200' in each["message"] for each in asked] == [
        True,
        False,
        False,
    ]
    assert all(each["message"].endswith(" r-1") for each in asked)
    refused = [each for each in lines if "DisallowedHost" in each["message"]]
    assert ["in get_host" in places(each) for each in refused] == [True, True]
    assert "Lovelace" not in log.read_text()
    assert "ditj0e" not in log.read_text()


def test_of_a_worker(start, log, valkey):
    worker = start(
        *["celery", "--quiet", "-A", "roapp", "worker", "--concurrency", "1"],
        *["--queues", "ticks,polls,updates", "--hostname", "polls@%h"],
    )
    wait_for(log, " ready.")
    with broker(valkey):
        tasks.tick.apply_async()
    wait_for(log, "raised unexpected")
    kill_a_child(worker)
    wait_for(log, "signal 9")
    stop(worker)
    lines = lines_of(log)
    [failed] = [each for each in lines if "raised unexpected" in each["message"]]
    assert "integrations/tasks.py" in places(failed)
    assert "OperationalError" in failed["message"]
    assert "worker: Warm shutdown (MainProcess)" in [each["message"] for each in lines]


def test_of_beat(start, log):
    beat = start("celery", "--quiet", "-A", "roapp", "beat", "--pidfile=")
    wait_for(log, "beat: Starting")
    stop(beat)
    assert lines_of(log)[0]["logger"] == "celery.beat"
