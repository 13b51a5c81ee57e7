"""``python -m tests.quick``: the fast tests that tell within a minute whether a change is sound.

These are all that need no database, and of the others those beside what differs from the last commit; on a
clean tree, beside what that commit changed. As a plugin (``pytest -p tests.quick``) it leaves out the others.
"""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path, PurePath

import pytest

HERE = Path(__file__).resolve().parents[1]
BESIDE = "TESTS_BESIDE"
"""The environment's variable with the paths of tests that are run whatever they need."""
DATABASE = {"db", "transactional_db", "django_db_setup"}
"""Fixtures of tests that need one."""
OPTIONS = ["-p", "tests.quick", "-n", "2", "-m", "not browser and not slow"]


def main() -> int:
    beside = mirrored(_changed())
    environment = {**os.environ, BESIDE: os.pathsep.join(sorted(beside))}
    command = [sys.executable, "-m", "pytest", *OPTIONS, *sys.argv[1:]]
    return subprocess.call(command, cwd=HERE, env=environment)


def _changed() -> list[str]:
    """Paths within the project; none where it is no repository."""
    status = _lines("status", "--porcelain", "--no-renames", "--untracked-files=all")
    here = [line[3:] for line in status]
    return here or _lines("diff", "--name-only", "--no-renames", "HEAD~1")


def _lines(*command: str) -> list[str]:
    git = ["git", "-c", "core.quotePath=false", *command]
    done = subprocess.run(git, cwd=HERE, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()


def mirrored(changed: Iterable[str]) -> set[str]:
    """The modules of tests in the folders that mirror those of the changed paths, in the nearest
    one where there is no mirror; a changed test by itself. All are paths within the project."""
    return {found for each in changed for found in _beside(PurePath(each))}


def _beside(path: PurePath) -> Iterable[str]:
    if path.parts[0] == "tests":
        return [str(path)]
    folders = path.parent.parts
    mirror = PurePath("tests", *folders[folders[:1] == ("templates",) :])
    while not (HERE / mirror).is_dir():
        mirror = mirror.parent
    return [str(mirror / each.name) for each in (HERE / mirror).glob("test_*.py")]


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    beside = os.environ.get(BESIDE, "").split(os.pathsep)
    kept, others = [], []
    for item in items:
        path = PurePath(item.path.relative_to(HERE))
        is_beside = any(path.is_relative_to(each) for each in beside if each)
        (kept if is_beside or not _needs_database(item) else others).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=others)


def _needs_database(item: pytest.Item) -> bool:
    fixtures = getattr(item, "fixturenames", [])
    return bool(DATABASE.intersection(fixtures) or item.get_closest_marker("django_db"))


if __name__ == "__main__":
    sys.exit(main())
