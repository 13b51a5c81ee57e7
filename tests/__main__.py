"""``python -m tests``: the whole suite on SQLite, then what touches the database again on a real
PostgreSQL."""

import os
import subprocess
import sys

from tests.support.postgres import private_postgres

PYTEST = [sys.executable, "-m", "pytest", "-n", "2"]
"""Two processes: the tests are written for a machine with two cores. They get tests in their order: the races
come last, since they leave an empty database to the next test of another kind."""


def main() -> int:
    args = sys.argv[1:]
    given = os.environ.pop("DATABASE_URL", "")
    print("== SQLite ==", flush=True)
    on_sqlite = subprocess.call([*PYTEST, *args])
    if given.startswith("postgres"):
        on_postgres = _on_postgres(given, args)
    else:
        with private_postgres() as url:
            on_postgres = _on_postgres(url, args)
    return on_sqlite or on_postgres


def _on_postgres(url: str, args: list[str]) -> int:
    print("== PostgreSQL ==", flush=True)
    return subprocess.call(
        [*PYTEST, "-m", "not once", *args], env={**os.environ, "DATABASE_URL": url}
    )


if __name__ == "__main__":
    sys.exit(main())
