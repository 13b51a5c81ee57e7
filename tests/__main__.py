"""``python -m tests``: the whole suite on SQLite, then what touches the database again on a real
PostgreSQL."""

import os
import subprocess
import sys
from collections.abc import Sequence

import pytest

from tests.support.postgres import private_postgres

PYTEST = [sys.executable, "-m", "pytest"]
IN_PARALLEL = ["-n", "2"]
"""Two processes: the tests are written for a machine with two cores. They get tests in their order: the races
come last, since they leave an empty database to the next test of another kind."""


def main() -> int:
    args = sys.argv[1:]
    given = os.environ.pop("DATABASE_URL", "")
    print("== SQLite ==", flush=True)
    on_sqlite = _run(args)
    if given.startswith("postgres"):
        on_postgres = _on_postgres(given, args)
    else:
        with private_postgres() as url:
            on_postgres = _on_postgres(url, args)
    return on_sqlite or on_postgres


def _on_postgres(url: str, args: list[str]) -> int:
    print("== PostgreSQL ==", flush=True)
    return _run(["-m", "not once", *args], DATABASE_URL=url)


def _run(args: Sequence[str], **settings: str) -> int:
    """All of them, then those that failed once more, alone: on a loaded machine a browser may keep a test
    waiting for too long. What fails again has failed."""
    environment = {**os.environ, **settings}
    ended = subprocess.call([*PYTEST, *IN_PARALLEL, *args], env=environment)
    if ended != pytest.ExitCode.TESTS_FAILED:
        return ended
    print("== What failed, once more ==", flush=True)
    again = ["--last-failed", "--last-failed-no-failures", "none", "--verbose"]
    return subprocess.call([*PYTEST, *again, *args], env=environment)


if __name__ == "__main__":
    sys.exit(main())
