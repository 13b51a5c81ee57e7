"""What Prometheus is told: of stores and queues from the database, and what all processes have counted."""

import re
from datetime import timedelta

import pytest
import redis
from django.test import Client
from django.utils import timezone
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from common import counters
from integrations import periodic, retention, tasks
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
from tests.support.shop import connect, counts_of_poll, sell

NAMES = {
    "counter": ["{}_total"],
    "histogram": ["{}_bucket", "{}_sum", "{}_count"],
    "gauge": ["{}"],
}
"""Under which names a family of this type can be asked for."""


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


def families() -> list[Metric]:
    answer = Client(headers={"Authorization": "Bearer for-prometheus"}).get("/metrics")
    text = answer.content.decode()
    assert "shpat_never_shown" not in text
    return list(text_string_to_metric_families(text))


def scraped() -> dict[tuple[str, ...], float]:
    """The value of each name with the values of its labels, sorted."""
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in families()
        for sample in family.samples
    }


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
    metrics = scraped()
    domain = connected.domain
    assert metrics["roapp_store_poll_age_seconds", domain] == pytest.approx(300, abs=5)
    assert metrics["roapp_store_poll_lag_seconds", domain] == pytest.approx(60, abs=5)
    assert metrics["roapp_store_poll_failures", domain] == 2
    assert metrics["roapp_store_api_points_available", domain] == 1500
    assert [
        metrics["roapp_store_state", *sorted([domain, state])]
        for state in ["working", "waiting", "paused"]
    ] == [0, 1, 0]
    assert [
        metrics["roapp_store_unimported_orders", *sorted([domain, status])]
        for status in ["held", "skipped", "failed"]
    ] == [1, 0, 0]
    assert metrics[("roapp_refreshes_waiting",)] == 0
    assert metrics[("roapp_webhook_deliveries_waiting",)] == 1
    assert metrics[("roapp_oldest_webhook_delivery_age_seconds",)] == pytest.approx(
        90, abs=5
    )
    assert metrics[("roapp_privacy_request_due_seconds",)] == pytest.approx(
        172_800, abs=5
    )


@pytest.fixture
def counting(valkey, settings) -> None:
    settings.METRICS_TOKEN, settings.REDIS_URL = "for-prometheus", valkey
    counters.SUMS.send()
    redis.Redis.from_url(valkey).delete(counters.KEY)


def test_requests_are_counted_by_view_and_status(client, counting):
    assert [
        client.get(path).status_code for path in ["/orders/", "/orders/1/", "/x"]
    ] == [200, 404, 404]
    assert Client().get("/orders/").status_code == 302
    counters.SUMS.send()
    metrics = scraped()
    assert {
        key[1:]: value
        for key, value in metrics.items()
        if key[0] == "roapp_requests_total"
    } == {
        ("200", "orders:list"): 1,
        ("302", "orders:list"): 1,
        ("404", "orders:detail"): 1,
        ("404", "none"): 1,
    }
    assert metrics["roapp_request_seconds_count", "orders:list"] == 2
    assert metrics["roapp_request_seconds_bucket", "+Inf", "orders:list"] == 2
    assert 0 < metrics["roapp_request_seconds_sum", "orders:list"] < 60


def test_tasks_and_orders_are_counted_by_what_became_of_them(db, shop, counting):
    store = connect()
    sell(shop, 0)
    assert counts_of_poll(store) == {"imported": 1}
    tasks.poll_stores.apply(args=[store.pk])
    tasks.advance_run.apply(args=["no number"])
    tasks.check_subscriptions.apply(args=["no number"])
    counters.SUMS.send()
    metrics = scraped()
    assert metrics["roapp_task_seconds_count", "poll_stores"] == 1
    assert {
        key[1]: value
        for key, value in metrics.items()
        if key[0] == "roapp_task_failures_total"
    } == {"advance_run": 1, "check_subscriptions": 1}
    assert metrics["roapp_store_orders_total", "imported"] == 1
    assert metrics[("roapp_broker_answers",)] == 1
    assert metrics["roapp_tasks_waiting", "long"] == 0
    assert metrics["roapp_build_info", "unknown"] == 1
    [end] = [
        value
        for key, value in metrics.items()
        if key[0] == "roapp_api_version_ends_seconds"
    ]
    assert end > 0


def test_stores_are_told_while_redis_does_not_answer(connected, settings):
    settings.METRICS_TOKEN = "for-prometheus"
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    metrics = scraped()
    assert metrics[("roapp_broker_answers",)] == 0
    assert metrics["roapp_store_poll_failures", connected.domain] == 2
    assert not any(name == "roapp_tasks_waiting" for name, *_labels in metrics)


def test_rules_and_dashboard_name_only_what_is_told(connected, counting, settings):
    now = timezone.now()
    Heartbeat.objects.create(name="worker", at=now)
    PrivacyRequest.objects.create(
        webhook_id="1", kind=PrivacyKind.EXPORT, received_at=now, due_at=now
    )
    retention.clean_up(now)
    periodic.note_night_done(now)
    known = {
        name.format(family.name)
        for family in families()
        for name in NAMES.get(family.type, [])
    }
    named = {
        name
        for file in ["prometheus/alerts.yml", "grafana/ro-app.json"]
        for name in re.findall(
            r"roapp_\w+", (settings.BASE_DIR / "deploy" / file).read_text()
        )
    }
    assert named <= known
    assert len(named) > 20
