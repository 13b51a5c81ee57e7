"""The image: what the Dockerfile copies and runs makes a folder from which web, worker and beat start."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from fnmatch import fnmatch
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from tests.support.production import PRODUCTION

ROOT = Path(__file__).resolve().parents[2]
BIN = str(Path(sys.executable).parent)
pytestmark = [pytest.mark.once, pytest.mark.slow]
BACKGROUND = """
from roapp.celery import app
app.loader.import_default_modules()
missing = {entry["task"] for entry in app.conf.beat_schedule.values()} - set(app.tasks)
assert not missing, missing
"""


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in order: ("COPY", ". .")."""
    text = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def ignored(folder: str, names: Iterable[str]) -> set[str]:
    """Which names of a folder .dockerignore leaves out; its patterns are for the root unless they begin with
    ``**/``."""
    relative = Path(folder).relative_to(ROOT)
    patterns = [
        line
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    return {
        name
        for name in names
        if any(matches(relative / name, pattern) for pattern in patterns)
    }


def matches(path: Path, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return fnmatch(path.name, pattern.removeprefix("**/"))
    at_same_depth = path.as_posix().count("/") == pattern.count("/")
    return at_same_depth and fnmatch(path.as_posix(), pattern)


def copy(arguments: str, image: Path) -> None:
    *sources, target = arguments.split()
    for source in sources:
        path = ROOT / source
        if path.is_dir():
            shutil.copytree(path, image / target, ignore=ignored, dirs_exist_ok=True)
        else:
            shutil.copy(path, image / target)


@pytest.fixture(scope="module")
def image(tmp_path_factory) -> Path:
    """A folder after the Dockerfile's COPY and RUN lines. Only installing packages and making a user are left
    out."""
    folder = tmp_path_factory.mktemp("image")
    shims = tmp_path_factory.mktemp("shims")
    for name in ["pip", "useradd", "install"]:
        (shims / name).write_text("#!/bin/sh\n")
    (shims / "python").write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n'
    )
    for shim in shims.iterdir():
        shim.chmod(0o755)
    for instruction, arguments in instructions():
        if instruction == "COPY":
            copy(arguments, folder)
        if instruction == "RUN":
            environment = {"PATH": f"{shims}:{os.environ['PATH']}"}
            done = subprocess.run(
                ["sh", "-c", arguments],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
    return folder


def in_image(image: Path, *command: str, **settings: str) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "VAR_DIR": str(image / "data"),
        "PYTHONDONTWRITEBYTECODE": "1",
        **PRODUCTION,
        **settings,
    }
    done = subprocess.run(
        [sys.executable, *command],
        cwd=image,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_image_starts_the_web_server(image):
    command = next(
        json.loads(arguments)
        for instruction, arguments in instructions()
        if instruction == "CMD"
    )
    in_image(image, "-m", *command, "--check-config")


def test_image_starts_worker_and_beat(image):
    in_image(image, "-c", BACKGROUND)


def test_image_migrates(image):
    in_image(image, "manage.py", "check", "--deploy")


def test_image_has_its_bytecode_and_no_texts_for_people(image):
    modules = [
        path
        for app in [
            "common",
            "customers",
            "integrations",
            "inventory",
            "orders",
            "roapp",
        ]
        for path in (image / app).rglob("*.py")
    ]
    assert [
        path for path in modules if not Path(cache_from_source(path)).exists()
    ] == []
    texts = [*image.rglob("*.md"), *image.rglob("*.po")]
    assert [path for path in texts if "staticfiles" not in path.parts] == []


def test_image_runs_by_number_and_says_its_version(image):
    last = dict(instructions())
    assert re.fullmatch(r"\d+:\d+", last["USER"])
    assert 'org.opencontainers.image.version="${VERSION}"' in last["LABEL"]
    assert last["ARG"].startswith("VERSION=")
    in_image(
        image,
        "-c",
        "import roapp.version as v; assert v.VERSION == '1.2'",
        VERSION="1.2",
    )


def test_image_starts_where_its_root_is_read_only(image, tmp_path):
    """Nothing but VAR_DIR is written to."""
    before = set(image.rglob("*"))
    in_image(image, "manage.py", "check", VAR_DIR=str(tmp_path / "data"))
    in_image(image, "-c", "import roapp.wsgi", VAR_DIR=str(tmp_path / "data"))
    assert set(image.rglob("*")) == before


@pytest.mark.skipif(not shutil.which("hadolint", path=BIN), reason="needs hadolint")
def test_dockerfile_keeps_to_good_practice():
    done = subprocess.run(
        [f"{BIN}/hadolint", "Dockerfile"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_image_holds_no_secrets_and_nothing_of_development(image):
    assert {path.name for path in image.iterdir() if path.name.startswith(".")} == set()
    assert not any(
        (image / name).exists()
        for name in ["tests", "fakeshop", "bench", "deploy", "docs", "var"]
    )
