"""What operators are given besides the image: README's commands, units of systemd, compose file."""

import json
import re
import shlex
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml

from tests.house.test_image import instructions
from tests.house.test_installation import manage
from tests.support.production import PRODUCTION

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
GRACE = {"web": 60, "polls": 120, "worker": 120}
"""Seconds that a process gets to end what it is doing."""
pytestmark = pytest.mark.once


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
        for service in COMPOSE.values()
        if service.get("command", [""])[0] == "celery"
    ]
    assert sorted(units) == named
    assert sorted(image) == named


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


def test_folder_for_what_processes_write_is_made(tmp_path):
    folder = tmp_path / "lib" / "ro-app"
    done = manage("check", **PRODUCTION, VAR_DIR=str(folder))
    assert (done.returncode, folder.is_dir()) == (0, True), done.stderr
