"""What operators are given besides the image: README's commands, units of systemd, compose file."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from tests.house.test_image import instructions
from tests.house.test_installation import manage
from tests.support.production import PRODUCTION

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
COMPOSE = [ROOT / "docker-compose.yml", ROOT / "deploy" / "docker-compose.proxy.yml"]
GRACE = {"web": 60, "polls": 120, "worker": 120}
"""Seconds that a process gets to end what it is doing."""
pytestmark = pytest.mark.once


class ComposeLoader(yaml.SafeLoader):
    """Knows ``!reset``, which takes away what another compose file says."""


ComposeLoader.add_constructor("!reset", lambda loader, node: None)


def services() -> dict[str, dict]:
    """Both compose files together."""
    merged: dict[str, dict] = {}
    for path in COMPOSE:
        content = yaml.load(path.read_text(), ComposeLoader)  # noqa: S506  a safe one
        for name, service in content["services"].items():
            merged[name] = {**merged.get(name, {}), **service}
    return merged


def section_of(unit: Path) -> dict[str, str]:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read_string(unit.read_text())
    return dict(parser["Service"])


def name_of(unit: Path) -> str:
    return unit.stem.removeprefix("ro-app-")


def test_readme_units_and_image_start_the_same_programs():
    readme = (ROOT / "README.md").read_text()
    block = re.search(r"^gunicorn .*?(?=^```)", readme, re.MULTILINE | re.DOTALL)
    named = sorted(shlex.split(line) for line in block[0].splitlines())
    units = []
    for unit in UNITS:
        program, *arguments = shlex.split(
            section_of(unit)["ExecStart"].replace("%%", "%")
        )
        units.append([Path(program).name, *arguments])
    [web] = [json.loads(text) for name, text in instructions() if name == "CMD"]
    image = [web[:3]]
    image += [
        service["command"]
        for service in services().values()
        if service.get("command", [""])[0] == "celery"
    ]
    assert sorted(units) == named
    assert sorted(image) == named
    workers = [command for command in named if "--queues" in command]
    taken = ",".join(each[each.index("--queues") + 1] for each in workers)
    assert sorted(taken.split(",")) == sorted(settings.CELERY_TASK_QUEUES)


def test_units_give_time_to_stop_and_write_to_their_folder_alone():
    for unit in UNITS:
        service = section_of(unit)
        grace = GRACE.get(name_of(unit), 10)
        assert (service["TimeoutStopSec"], service["KillMode"]) == (str(grace), "mixed")
        assert (service["StateDirectory"], service["ProtectSystem"]) == (
            "ro-app",
            "strict",
        )
        assert service["User"] == "roapp"
        assert service["InaccessiblePaths"] == "-/opt/ro-app/.git"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd")
def test_systemd_understands_the_units(tmp_path):
    """It misses nothing but the programs, which are not where they will be."""
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *UNITS],
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = [
        line
        for line in done.stderr.splitlines()
        if "ro-app-" in line and "is not executable" not in line
    ]
    assert complaints == []


@pytest.mark.slow
def test_folder_for_what_processes_write_is_made(tmp_path):
    folder = tmp_path / "lib" / "ro-app"
    done = manage("check", **PRODUCTION, VAR_DIR=str(folder))
    assert (done.returncode, folder.is_dir()) == (0, True), done.stderr


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_compose_files_keep_to_their_specification(path, tmp_path):
    content = yaml.load(path.read_text(), ComposeLoader)  # noqa: S506  a safe one
    plain = tmp_path / "compose.json"
    plain.write_text(json.dumps(content).replace('"ports": null', '"ports": []'))
    done = subprocess.run(
        [
            *[sys.executable, "-m", "check_jsonschema"],
            *["--builtin-schema", "vendor.compose-spec", plain],
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_containers_are_bounded_watched_and_keep_little():
    ours = {name for name, each in services().items() if each.get("image") == "roapp"}
    assert {"web", "worker", "beat", "migrate"} <= ours
    for name, service in services().items():
        assert service["restart"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert set(service["logging"]["options"]) == {"max-size", "max-file"}, name
        assert service["pids_limit"], name
        if name not in {"migrate", "backup"}:
            assert service["healthcheck"]["test"], name
        if name != "postgres":  # takes what the machine has
            assert service["mem_limit"], name
        if name not in {"postgres", "valkey"}:
            assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"]), name


def test_containers_get_time_to_stop():
    for name, service in services().items():
        for kind, seconds in GRACE.items():
            if name.startswith(kind):
                assert service["stop_grace_period"] == f"{seconds}s", name


def test_whatever_containers_mount_from_here_is_here():
    mounted = [
        volume.split(":")[0]
        for service in services().values()
        for volume in service.get("volumes", [])
        if volume.startswith("./")
    ]
    made_by_operators = {"./certificates", "./backups"}
    assert {path for path in mounted if not (ROOT / path).exists()} == made_by_operators
    assert all(os.access(path, os.X_OK) for path in (ROOT / "deploy").glob("*.sh"))
