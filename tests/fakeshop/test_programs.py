"""Programs that are started together are stopped together, however that comes about."""

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from fakeshop.management.commands import serve
from fakeshop.serving.programs import Programs, Stopped
from tests.support.concurrency import ROOT, becomes_true
from tests.support.programs import alive, descendants

pytestmark = pytest.mark.once
FAMILY = ["sh", "-c", "sleep 300 & sleep 300"]
"""It does not care for what it has started."""
SCRIPT = f"""
import os, sys
from pathlib import Path
from fakeshop.serving.programs import Programs

folder = Path(sys.argv[1])
lock = open(folder / "lock", "a")
import fcntl
fcntl.flock(lock, fcntl.LOCK_EX)
lock.write("http://127.0.0.1:8000")
lock.flush()
with Programs(folder / "logs", lock=lock.fileno(), parent=None) as programs:
    for name in ["one", "two"]:
        programs.start(name, {FAMILY!r}, os.environ)
    print("started", flush=True)
    programs.watch()
"""


@pytest.fixture
def programs(tmp_path):
    with (
        (tmp_path / "lock").open("a") as lock,
        Programs(tmp_path, lock=lock.fileno(), parent=None) as programs,
    ):
        yield programs


def is_free(lock: Path) -> bool:
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


def test_killed_before_it_could_stop_them_it_leaves_nothing_behind(tmp_path):
    starter = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "DEBUG": "1", "DJANGO_SETTINGS_MODULE": "roapp.settings"},
        stdout=subprocess.PIPE,
    )
    try:
        assert starter.stdout.readline() == b"started\n"
        assert becomes_true(lambda: len(descendants(starter.pid)) == 7, 10)
        started = descendants(starter.pid)
    finally:
        starter.kill()
        starter.wait()
        starter.stdout.close()
    assert becomes_true(lambda: not alive(started), 20), alive(started)
    # Nobody could begin meanwhile, and nobody was told that it still runs.
    assert is_free(tmp_path / "lock")
    assert (tmp_path / "lock").read_text() == ""


def test_whoever_leaves_stops_them_with_all_that_they_have_started(tmp_path):
    with (tmp_path / "lock").open("a") as lock:
        with Programs(tmp_path, lock=lock.fileno(), parent=None) as programs:
            programs.start("one", FAMILY, os.environ)
            assert becomes_true(lambda: len(descendants(os.getpid())) >= 4, 10)
            started = descendants(programs.running["one"].pid)
            assert len(started) == 2
        # They were killed; under load they are gone a moment later.
        assert becomes_true(lambda: not alive(started), 5), alive(started)


def test_program_that_ends_by_itself_ends_all(programs, tmp_path):
    programs.start("one", FAMILY, os.environ)
    programs.start("two", ["false"], os.environ)
    with pytest.raises(CommandError) as error:
        programs.watch()
    sentence = f"The two ended unexpectedly; {tmp_path}/two.log says why."
    assert str(error.value) == sentence


def test_program_is_waited_for_and_says_how_it_ended(programs):
    assert programs.run("well", ["true"], os.environ)
    assert not programs.run("badly", ["false"], os.environ)
    assert programs.running == {}


def test_parent_that_is_no_more_stops_all(programs):
    programs.parent = os.getppid()
    programs.look()
    programs.parent = os.getpid()
    with pytest.raises(Stopped):
        programs.look()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_way_of_being_stopped_is_taken_once(number):
    ways = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
    kept = {each: signal.getsignal(each) for each in ways}
    try:
        serve._stop_when_told()
        with pytest.raises(Stopped):
            signal.raise_signal(number)
        for each in ways:
            signal.raise_signal(each)
    finally:
        for each, handler in kept.items():
            signal.signal(each, handler)
