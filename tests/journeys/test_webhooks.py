"""Messages from the shop to RO App and back, over HTTP in both directions."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import redis
from django.core.management import CommandError, call_command
from django.db import connections

from fakeshop.webhooks import TRIES
from integrations import dispatch
from integrations.models import PrivacyRequest, StoreConnection, WebhookDelivery
from integrations.shopify.webhook_payload import TOPICS
from integrations.sync.polling import poll
from integrations.tasks import check_subscriptions
from integrations.webhooks import inbox, subscriptions, views
from orders.models import Order
from tests.support.concurrency import becomes_true, broker, worker
from tests.support.shop import DOMAIN, sell

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
PATH = f"/stores/webhooks/{DOMAIN}/"


@pytest.fixture
def listening(shop, live_server, connection, settings) -> StoreConnection:
    """The store sends its messages to this installation, which is reached over HTTP."""
    settings.PUBLIC_URL = live_server.url
    connection.use_webhooks, connection.webhook_secret = True, shop.post.secret
    connection.save()
    subscriptions.settle(connection, now=datetime.now(UTC))
    return connection


def register() -> list[str]:
    output = StringIO()
    call_command("register_webhooks", DOMAIN, stdout=output)
    return output.getvalue().splitlines()


def test_order_is_here_by_its_message_alone(shop, listening):
    sold = sell(shop, 0, 1)
    assert shop.post.deliver() == [200]
    shop.requests.clear()
    assert inbox.drain(listening.pk) == 1
    assert Order.objects.get().external_id == str(sold.id)
    assert shop.asked() == ["OrdersById", "ProductTexts"]


def test_every_thing_that_happens_to_an_order_is_carried_over(shop, listening):
    order = sell(shop, 0, 1)
    happenings = [
        lambda: shop.set_quantity(order, 0, 3),
        lambda: shop.pay(order),
        lambda: shop.refund(order, lines={1: 1}),
        lambda: shop.cancel(order),
        lambda: shop.delete(order),
    ]
    shop.post.deliver()
    inbox.drain(listening.pk)
    seen = []
    for happen in happenings:
        shop.clock.forward(seconds=5)
        happen()
        assert set(shop.post.deliver()) == {200}
        inbox.drain(listening.pk)
        now = Order.objects.get()
        seen.append(
            (str(now.total), now.payment, bool(now.cancelled_at), bool(now.gone_at))
        )
    assert seen == [
        ("294.600", "paid", False, False),
        ("294.600", "paid", False, False),
        ("269.700", "partially_refunded", False, False),
        ("269.700", "partially_refunded", True, False),
        ("269.700", "partially_refunded", True, True),
    ]


@pytest.mark.slow
def test_burst_doubled_and_backwards_is_one_read(shop, listening):
    orders = [sell(shop, 0) for _ in range(10)]
    for number in range(4):
        shop.clock.forward(seconds=1)
        for order in orders:
            shop.change(order, note=f"note {number}")
    assert set(shop.post.deliver(times=2, backwards=True)) == {200}
    assert WebhookDelivery.objects.count() == 50
    shop.requests.clear()
    assert inbox.drain(listening.pk) == 50
    assert shop.asked().count("OrdersById") == 1
    assert set(Order.objects.values_list("store_note", flat=True)) == {"note 3"}


def test_messages_of_a_thief_are_refused_and_the_right_ones_taken_afterwards(
    shop, listening
):
    sell(shop, 0)
    assert shop.post.deliver(secret="not the shop's") == [401]
    assert WebhookDelivery.objects.count() == 0
    assert shop.post.deliver() == [200]
    assert WebhookDelivery.objects.count() == 1


def test_huge_message_to_an_unknown_store_and_by_another_method(
    shop, listening, live_server
):
    big = {"id": 1, "note": "x" * views.MAX_BYTES}
    shop.post.write("orders/create", big, live_server.url + PATH)
    shop.post.write(
        "orders/create",
        {"id": 1},
        f"{live_server.url}/stores/webhooks/unknown.myshopify.com/",
    )
    assert shop.post.deliver() == [413, 404]
    assert WebhookDelivery.objects.count() == 0


def test_many_messages_at_once_are_each_kept_once(shop, listening):
    orders = [sell(shop, 0) for _ in range(8)]
    outbox, shop.post.outbox = shop.post.outbox, []
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(shop.post.send, outbox * 3))
    assert statuses == [200] * 24
    assert WebhookDelivery.objects.count() == 8
    barrier = threading.Barrier(3)

    def drain(_number):
        try:
            barrier.wait()
            return inbox.drain(listening.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(drain, range(3))) == 8
    assert Order.objects.count() == len(orders)
    assert not WebhookDelivery.objects.filter(drained_at=None).exists()


def test_shop_sends_by_itself_as_things_happen(shop, listening):
    shop.post.at_once = True
    sell(shop, 0)
    until = datetime.now(UTC) + timedelta(seconds=10)
    while not inbox.drain(listening.pk):
        assert datetime.now(UTC) < until
    assert Order.objects.count() == 1


@pytest.mark.slow
def test_worker_brings_the_order_in_within_seconds_and_a_burst_hints_it_once(
    shop, listening, valkey, tmp_path
):
    server = redis.Redis.from_url(valkey)
    server.flushall()
    with broker(valkey):
        for _ in range(5):
            sell(shop, 0)
        assert shop.post.deliver() == [200] * 5
        assert dispatch.OUTBOX.wait_until_sent(10)
        assert server.llen("updates") == 1
        with worker(valkey, tmp_path / "worker.log"):
            assert becomes_true(lambda: Order.objects.count() == 5), (
                tmp_path / "worker.log"
            ).read_text()
            assert becomes_true(
                lambda: not WebhookDelivery.objects.filter(drained_at=None).exists()
            )
            sell(shop, 1)
            shop.post.deliver()
            assert becomes_true(lambda: Order.objects.count() == 6, seconds=5)
    log = (tmp_path / "worker.log").read_text()
    assert not [
        secret
        for secret in ["demo-token", "demo-secret", "Lovelace", "ada@example.com"]
        if secret in log
    ]


def test_broker_that_is_down_costs_no_message(shop, listening):
    order = sell(shop, 0)
    with broker("redis://127.0.0.1:1/0"):
        assert shop.post.deliver() == [200]
    assert inbox.connections_with_messages(datetime.now(UTC)) == [listening.pk]
    inbox.drain(listening.pk)
    assert Order.objects.get().external_id == str(order.id)


def test_polling_finds_what_no_message_told(shop, listening):
    sell(shop, 0)
    shop.post.outbox.clear()
    listening.refresh_from_db()
    poll(listening.pk)
    assert Order.objects.count() == 1


def test_subscriptions_that_shopify_gave_up_are_made_again(shop, listening):
    order = sell(shop, 0)
    shop.post.deliver()
    shop.clock.forward(seconds=1)
    shop.change(order, note="lost")
    for _ in range(TRIES):
        assert shop.post.deliver(secret="out of order") == [401]
    assert "ORDERS_UPDATED" not in {
        each.topic for each in shop.post.subscriptions.values()
    }
    now = datetime.now(UTC)
    assert subscriptions.due_subscriptions(now) == []
    assert subscriptions.due_subscriptions(now + timedelta(days=1, minutes=1)) == [
        listening.pk
    ]
    StoreConnection.objects.update(webhooks_due_at=now)
    check_subscriptions(listening.pk)
    assert {each.topic for each in shop.post.subscriptions.values()} == set(TOPICS)
    check_subscriptions(listening.pk)
    assert shop.asked()[-1] == "WebhookSubscriptions"


def test_privacy_request_of_the_apps_configuration(shop, listening, live_server):
    content = {
        "shop_domain": DOMAIN,
        "customer": {"id": 6, "email": "ada@example.com"},
        "orders_to_redact": [1],
    }
    shop.post.write("customers/redact", content, live_server.url + PATH)
    assert shop.post.deliver() == [200]
    inbox.drain(listening.pk)
    assert PrivacyRequest.objects.get().customer_id == "6"


# The command


def test_command_says_what_it_created_kept_and_removed(shop, connection, settings):
    settings.PUBLIC_URL = "https://ro.example.com"
    StoreConnection.objects.update(use_webhooks=True, webhook_secret="s")
    shop.post.subscribe("ORDERS_CREATE", f"https://old.example.com{PATH}", ["id"])
    shop.post.subscribe("ORDERS_PAID", f"https://ro.example.com{PATH}", ["id"])
    output = register()
    assert [line for line in output if not line.startswith("created")] == [
        "kept: ORDERS_PAID",
        "removed: ORDERS_CREATE",
        f"{DOMAIN} sends its messages to https://ro.example.com{PATH}.",
    ]
    assert (
        len([line for line in output if line.startswith("created")]) == len(TOPICS) - 1
    )
    connection.refresh_from_db()
    assert (connection.webhook_address, connection.webhooks_problem) == (
        f"https://ro.example.com{PATH}",
        "",
    )
    StoreConnection.objects.update(use_webhooks=False)
    assert register()[-1] == f"{DOMAIN} sends no messages."
    assert shop.post.subscriptions == {}
    assert register() == [f"{DOMAIN} sends no messages."]


def test_command_fails_with_a_sentence(shop, connection, settings):
    with pytest.raises(
        CommandError,
        match=r"No store other\.myshopify\.com is connected\. Connected stores are: gadget-garage",
    ):
        call_command("register_webhooks", "other.myshopify.com")
    StoreConnection.objects.update(use_webhooks=True)
    with pytest.raises(CommandError, match="PUBLIC_URL is not set"):
        register()
    settings.PUBLIC_URL = "https://ro.example.com"
    with pytest.raises(CommandError, match="has no secret to check signatures with"):
        register()
    StoreConnection.objects.update(webhook_secret="s")
    shop.post.refused_topics["ORDERS_PAID"] = "Not for you."
    with pytest.raises(
        CommandError,
        match=r"refuses some of the webhooks: ORDERS_PAID \(Not for you\.\)",
    ):
        register()
    shop.revoke_tokens()
    with pytest.raises(
        CommandError, match=r"were not registered\. Shopify refuses the access token"
    ):
        register()
    connection.refresh_from_db()
    assert connection.webhooks_problem.startswith("Shopify refuses the access token")
    assert connection.state == "working"  # that is for polling to find
