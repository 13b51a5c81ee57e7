"""What machines ask without a login, and what a person sees while the database is gone."""

import json
import os
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from integrations import periodic, retention
from integrations.models import (
    Heartbeat,
    ImportStatus,
    PrivacyKind,
    PrivacyRequest,
    State,
    StoreConnection,
    UnimportedOrder,
    WebhookDelivery,
)
from orders.models import OrderType, Store
from roapp import health


@pytest.fixture
def connected(db) -> StoreConnection:
    store = Store.objects.create(
        name="Gadget Garage",
        platform="shopify",
        order_link="https://gadget.myshopify.com/admin/orders/{id}",
    )
    return StoreConnection.objects.create(
        store=store,
        domain="gadget.myshopify.com",
        order_type=OrderType.objects.get(name="Online order"),
        state=State.WAITING,
        attempts=2,
        points_available=1_500,
        access_token="shpat_never_shown",
        last_poll_at=timezone.now() - timedelta(minutes=5),
        due_at=timezone.now() - timedelta(minutes=1),
    )


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


@pytest.mark.once
def test_not_ready_while_the_database_is_gone():
    status, _retry_after, content = ask_without_a_database("/readyz")
    assert (status, json.loads(content)) == (503, {"database": "gone"})


@pytest.mark.once
def test_page_says_that_the_database_is_gone_instead_of_a_traceback():
    status, retry_after, content = ask_without_a_database("/orders/")
    assert (status, retry_after) == (503, "10")
    assert "The database does not answer right now. Nothing was lost" in content
    assert "database-password" not in content


def test_metrics_do_not_exist_without_a_token(connected, settings):
    settings.METRICS_TOKEN = ""
    assert (
        Client(headers={"Authorization": "Bearer "}).get("/metrics").status_code == 404
    )


def test_metrics_are_refused_to_who_shows_another_token(connected, settings):
    settings.METRICS_TOKEN = "for-prometheus"
    assert (
        Client(headers={"Authorization": "Bearer for-somebody"})
        .get("/metrics")
        .status_code
        == 404
    )


def test_metrics_tell_how_each_store_does(connected, settings):
    settings.METRICS_TOKEN = "for-prometheus"
    now = timezone.now()
    UnimportedOrder.objects.create(
        store=connected.store,
        external_id="1",
        number="#1",
        status=ImportStatus.HELD,
        code="currency",
        reason="",
        store_updated_at=now,
        fingerprint=1,
        last_at=now,
    )
    message = {"connection": connected, "topic": "orders/updated", "event": "order"}
    WebhookDelivery.objects.create(
        webhook_id="1", received_at=now - timedelta(seconds=90), **message
    )
    WebhookDelivery.objects.create(
        webhook_id="2",
        received_at=now - timedelta(seconds=900),
        drained_at=now,
        **message,
    )
    PrivacyRequest.objects.create(
        webhook_id="1",
        kind=PrivacyKind.EXPORT,
        received_at=now,
        due_at=now + timedelta(days=2),
    )
    Heartbeat.objects.create(name="worker", at=now)
    retention.clean_up(now)
    periodic.note_night_done(now)
    answer = Client(headers={"Authorization": "Bearer for-prometheus"}).get("/metrics")
    text = answer.content.decode()
    assert "shpat_never_shown" not in text
    told = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    domain = connected.domain
    assert told["roapp_store_poll_age_seconds", domain] == pytest.approx(300, abs=5)
    assert told["roapp_store_poll_lag_seconds", domain] == pytest.approx(60, abs=5)
    assert told["roapp_store_poll_failures", domain] == 2
    assert told["roapp_store_api_points_available", domain] == 1500
    assert [
        told["roapp_store_state", *sorted([domain, state])]
        for state in ["working", "waiting", "paused"]
    ] == [0, 1, 0]
    assert [
        told["roapp_store_unimported_orders", *sorted([domain, status])]
        for status in ["held", "skipped", "failed"]
    ] == [1, 0, 0]
    assert told[("roapp_refreshes_waiting",)] == 0
    assert told[("roapp_webhook_deliveries_waiting",)] == 1
    assert told[("roapp_oldest_webhook_delivery_age_seconds",)] == pytest.approx(
        90, abs=5
    )
    assert told[("roapp_privacy_request_due_seconds",)] == pytest.approx(172_800, abs=5)
    named = {
        name
        for file in ["prometheus/alerts.yml", "grafana/ro-app.json"]
        for name in re.findall(
            r"roapp_\w+", (settings.BASE_DIR / "deploy" / file).read_text()
        )
    }
    assert named <= {name for name, *_labels in told}
    assert len(named) > 10
