"""What an installation rests on: settings that refuse to be wrong, migrations that are complete, files that hold."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PRODUCTION = {
    "SECRET_KEY": "only-for-these-tests-" * 3,
    "ENCRYPTION_KEYS": "ZGV2ZWxvcG1lbnQtb25seS1rZXktMzItYnl0ZXMtISE=",
    "ALLOWED_HOSTS": "shop.example.com",
    "DATABASE_URL": "postgresql://roapp@127.0.0.1:1/roapp",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}
pytestmark = pytest.mark.once


def manage(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ["PATH", "HOME", "VAR_DIR"] if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *args], cwd=ROOT, env={**kept, **environment}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", PRODUCTION)
def test_production_refuses_to_start_without(name):
    environment = {key: value for key, value in PRODUCTION.items() if key != name}
    done = manage("check", **environment)
    assert done.returncode == 1
    assert f"{name} is not set." in done.stderr
    assert PRODUCTION["SECRET_KEY"] not in done.stderr


def test_production_settings_pass_djangos_deployment_check():
    done = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert (done.returncode, "no issues" in done.stdout) == (0, True), done.stderr


def test_migrations_are_complete():
    done = manage("makemigrations", "--check", "--dry-run", DEBUG="1")
    assert (done.returncode, done.stdout.strip()) == (0, "No changes detected")


def test_compose_file_keeps_to_its_specification():
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_image_holds_every_package_of_the_application():
    ignored = (ROOT / ".dockerignore").read_text()
    copied = (ROOT / "Dockerfile").read_text()
    packages = ["roapp", "lists", "customers", "inventory", "orders", "integrations"]
    for name in [*packages, "templates", "static", "locale", "manage.py"]:
        assert f"!{name}\n" in ignored
        assert f"COPY {name} " in copied
