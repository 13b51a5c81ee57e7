"""A broker that hangs (it accepts connections and never answers) costs nobody any time, and no work."""

import json
import logging
import socket
import time
from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import timezone

from common.outbox import Outbox
from fakeshop.webhooks import signature
from integrations import dispatch
from integrations.models import WebhookDelivery
from integrations.webhooks import inbox
from tests.support.concurrency import broker
from tests.support.shop import DOMAIN


@pytest.fixture
def hanging_broker(monkeypatch) -> Iterator[socket.socket]:
    monkeypatch.setattr(dispatch, "OUTBOX", Outbox(dispatch._send, 3))
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        with broker(url):
            yield server


def post_webhook(number: int) -> int:
    body = json.dumps({"id": number}).encode()
    headers = {
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Hmac-Sha256": signature("shpss_secret", body),
        "X-Shopify-Webhook-Id": f"message-{number}",
    }
    path = f"/stores/webhooks/{DOMAIN}/"
    answer = Client().post(path, body, content_type="application/json", headers=headers)
    return answer.status_code


def test_hanging_broker_costs_a_webhook_nothing_and_the_tick_finds_its_row(
    connection, hanging_broker
):
    connection.webhook_secret = "shpss_secret"
    connection.save()
    post_webhook(0)  # Whatever is loaded by the first request is loaded now.
    WebhookDelivery.objects.all().delete()
    began = time.monotonic()
    assert post_webhook(1) == 200
    assert time.monotonic() - began < 1
    assert inbox.connections_with_messages(timezone.now()) == [connection.pk]


def test_hanging_broker_costs_nobody_any_time_however_much_is_enqueued(
    hanging_broker, caplog
):
    caplog.set_level(logging.WARNING)
    began = time.monotonic()
    for number in range(6):
        dispatch.enqueue("refresh_store", number)
    assert time.monotonic() - began < 1
    # One is on its way, three wait.
    assert caplog.messages[-1] == (
        "broker did not take refresh_store: too many messages wait"
    )
    hanging_broker.settimeout(5)
    with hanging_broker.accept()[0]:
        assert not dispatch.OUTBOX.wait_until_sent(0)
