"""``python -m tests``: the whole suite on SQLite, and beside it what touches the database again on a real
PostgreSQL."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import pytest

from tests.support.postgres import private_postgres

HERE = Path(__file__).resolve().parents[1]
IN_PARALLEL = ["-n", "2"]
"""Two processes: the tests are written for a machine with two cores. They get tests in their order: the races
come last, since they leave an empty database to the next test of another kind."""
BESIDE = ["nice", "-n", "10"]
"""Browsers wait for a third of their time: the other part may have that, and no more."""


class Part:
    """The suite on one database. ``args`` are pytest's."""

    def __init__(self, name: str, args: Sequence[str], **settings: str) -> None:
        self.name = name
        # Each remembers its own failures.
        cache = ["-o", f"cache_dir={HERE / '.pytest_cache' / name}"]
        self.command = [sys.executable, "-m", "pytest", *cache, *args]
        self.environment = {**os.environ, **settings}

    def run(self, *more: str) -> int:
        return subprocess.call([*self.command, *more], env=self.environment)

    def start(self, output: IO[bytes]) -> "subprocess.Popen[bytes]":
        """Begin it at low priority."""
        return subprocess.Popen(
            [*BESIDE, *self.command, *IN_PARALLEL],
            env=self.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )

    def repeat(self) -> int:
        """What failed, once more and alone: on a loaded machine a browser may keep a test waiting for too
        long. What fails again has failed."""
        print(f"== What failed on {self.name}, once more ==", flush=True)
        return self.run("--last-failed", "--last-failed-no-failures=none", "--verbose")


def main() -> int:
    given = os.environ.pop("DATABASE_URL", "")
    if given.startswith("postgres"):
        return _run(given)
    with private_postgres() as url:
        return _run(url)


def _run(postgres: str) -> int:
    args = sys.argv[1:]
    sqlite = Part("SQLite", args)
    other = Part("PostgreSQL", ["-m", "not once", *args], DATABASE_URL=postgres)
    with tempfile.TemporaryFile() as said:
        beside = other.start(said)
        try:
            print("== SQLite ==", flush=True)
            results = {sqlite: sqlite.run(*IN_PARALLEL), other: beside.wait()}
        finally:
            beside.terminate()
            beside.wait()
        said.seek(0)
        print(f"== PostgreSQL ==\n{said.read().decode()}", flush=True)
    ended = {
        part.repeat() if result == pytest.ExitCode.TESTS_FAILED else result
        for part, result in results.items()
    }
    # What is asked for may not touch a database at all.
    return max(ended - {pytest.ExitCode.NO_TESTS_COLLECTED}, default=min(ended))


if __name__ == "__main__":
    sys.exit(main())
