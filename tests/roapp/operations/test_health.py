"""What machines ask without a login, and what a person sees while the database is gone."""

import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from integrations.models import (
    Heartbeat,
)
from roapp.operations import health


def test_process_is_alive_without_asking_the_database():
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok unknown\n")


def test_ready_while_the_database_answers(db):
    assert Client().get("/readyz").json() == {
        "database": "ok",
        "worker_seconds": None,
        "clock": "ok",
    }
    Heartbeat.objects.create(name="worker", at=timezone.now() - timedelta(seconds=90))
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200,
        {"database": "ok", "worker_seconds": 90, "clock": "ok"},
    )


@pytest.mark.parametrize("address", ["/healthz", "/readyz", "/metrics"])
def test_machines_ask_by_address_and_over_http(db, settings, address):
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["shop.example.com"], True
    settings.METRICS_TOKEN = "for-prometheus"
    headers = {"Host": "10.1.2.3:8000", "Authorization": "Bearer for-prometheus"}
    assert Client(headers=headers).get(address).status_code == 200
    assert Client(headers=headers).head(address).status_code == 200
    assert Client(headers=headers).post(address).status_code == 405
    answer = Client(headers=headers).get("/orders/")
    assert answer.status_code == 400  # whoever wants a page names the host


def test_not_ready_before_migrations_and_static_files(db, settings, tmp_path):
    health._complete.clear()
    settings.STATIC_ROOT = tmp_path
    manifests = "whitenoise.storage.CompressedManifestStaticFilesStorage"
    collected = settings.STORAGES
    settings.STORAGES = collected | {"staticfiles": {"BACKEND": manifests}}
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied("sessions", "0001_initial")
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()) == (
        503,
        {"database": "ok", "missing": ["migrations", "static files"]},
    )
    recorder.record_applied("sessions", "0001_initial")
    assert Client().get("/readyz").json()["missing"] == ["static files"]
    settings.STORAGES = collected
    assert Client().get("/readyz").status_code == 200


ASK = """
import django, json, sys
django.setup()
from django.conf import settings
from django.test import Client
settings.DEBUG = False
client = Client(raise_request_exception=False, headers={"Accept-Language": "en"})
if sys.argv[1] != "/readyz":  # a machine that asks has no session
    client.cookies["sessionid"] = "a" * 32
answer = client.get(sys.argv[1], secure=True)
json.dump([answer.status_code, answer.headers.get("Retry-After"), answer.content.decode()], sys.stdout)
"""


def ask_without_a_database(address: str) -> list:
    """Status, Retry-After and content of a page in a process whose PostgreSQL refuses connections."""
    environment = {
        **os.environ,
        "DEBUG": "1",
        "DJANGO_SETTINGS_MODULE": "roapp.settings",
        "DATABASE_URL": "postgresql://roapp:database-password@127.0.0.1:1/roapp",
        "ALLOWED_HOSTS": "testserver",
        "PYTHONPATH": str(settings.BASE_DIR),
    }
    done = subprocess.run(
        [sys.executable, "-c", ASK, address],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.once
def test_not_ready_while_the_database_is_gone():
    status, _retry_after, content = ask_without_a_database("/readyz")
    assert (status, json.loads(content)) == (503, {"database": "gone"})


@pytest.mark.slow
@pytest.mark.once
def test_page_says_that_the_database_is_gone_instead_of_a_traceback():
    status, retry_after, content = ask_without_a_database("/orders/")
    assert (status, retry_after) == (503, "10")
    assert "The database does not answer right now. Nothing was lost" in content
    assert "database-password" not in content
