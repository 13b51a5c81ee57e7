"""Background work: what the tick finds, what a lost message or a dead broker costs (nothing), and what staff
see meanwhile."""

import json
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from django.db import OperationalError
from django.db import connection as database
from django.utils import timezone

from fakeshop import faults
from integrations import dispatch, periodic, tasks
from integrations.imports import lifecycle
from integrations.models import (
    Heartbeat,
    ImportJob,
    JobState,
    State,
    StoreConnection,
)
from integrations.platforms.errors import StoreRefused, StoreUnavailable
from integrations.refresh.worker import refresh_store
from integrations.shopify import errors
from integrations.sync import polling
from integrations.sync.store_state import FAULT
from orders.domain.refresh_claim import claim_refresh
from orders.models import Order, Refresh, RefreshOutcome
from roapp.celery import app as celery_app
from roapp.schedule import Every
from tests.support.concurrency import becomes_true, broker, worker
from tests.support.shop import sell, sold_before

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def hinted(connection, monkeypatch) -> list[tuple[str, object]]:
    """What is enqueued from now on for a store whose webhooks were looked at already; nothing else is due."""
    StoreConnection.objects.update(webhooks_due_at=None)
    periodic.due_tasks(timezone.now())
    return note_hints(monkeypatch)


def note_hints(monkeypatch) -> list[tuple[str, object]]:
    """What is hinted from now on, in order; nothing is sent."""
    sent: list[tuple[str, object]] = []
    monkeypatch.setattr(dispatch, "enqueue", lambda *hint: sent.append(hint))
    return sent


def names(hinted: list[tuple[str, object]]) -> list[str]:
    return [name for name, *_ids in hinted]


def row() -> StoreConnection:
    return StoreConnection.objects.select_related("store").get()


def test_tick_hints_due_stores_only(shop, connection, hinted):
    now = timezone.now()
    tasks.tick()
    assert hinted == [("poll_stores", connection.pk)]
    for values in [
        {"due_at": now + timedelta(seconds=30)},
        {"enabled": False},
        {"state": State.NEEDS_ATTENTION},
        {"leased_until": now + timedelta(minutes=1)},
    ]:
        kept = {name: getattr(connection, name) for name in values}
        StoreConnection.objects.update(**values)
        hinted.clear()
        tasks.tick()
        assert hinted == [], values
        StoreConnection.objects.update(**kept)
    StoreConnection.objects.update(
        state=State.WAITING, leased_until=now - timedelta(seconds=1)
    )
    tasks.tick()
    assert names(hinted) == ["poll_stores"]


def test_tick_hints_waiting_updates_once_nobody_has_them_in_hand(
    shop, connection, hinted
):
    sell(shop, 0)
    polling.poll(connection.pk)
    claim_refresh([Order.objects.get().pk], by_id=None, now=timezone.now())
    tasks.tick()
    assert hinted == [("refresh_store", connection.store_id)]
    Refresh.objects.update(leased_until=timezone.now() + timedelta(minutes=1))
    tasks.tick()
    assert len(hinted) == 1


def turn_clock_back(hours: int) -> None:
    """As if all stamps of now had been written while the clock was ahead."""
    ahead = timezone.now() + timedelta(hours=hours)
    Heartbeat.objects.update(at=ahead)
    StoreConnection.objects.update(
        due_at=ahead + timedelta(seconds=60), leased_until=ahead + timedelta(minutes=5)
    )
    Refresh.objects.update(accepted_at=ahead, due_at=ahead)


def test_clock_that_was_an_hour_ahead_stops_nothing(shop, connection, client, hinted):
    sell(shop, 0)
    polling.poll(connection.pk)
    order = Order.objects.get()
    claim_refresh([order.pk], by_id=None, now=timezone.now())
    tasks.tick()
    turn_clock_back(hours=1)
    assert client.get("/readyz").json()["clock"] == "wrong"
    assert "A clock was set back" in client.get("/orders/").content.decode()
    hinted.clear()
    tasks.tick()
    assert hinted == [
        ("send_mails",),
        ("sweep",),
        ("poll_stores", connection.pk),
        ("refresh_store", connection.store_id),
    ]
    assert client.get("/readyz").json()["clock"] == "ok"
    assert "A clock was set back" not in client.get("/orders/").content.decode()
    assert row().rate_limited_until is None
    assert claim_refresh([order.pk], by_id=None, now=timezone.now()) == {order.pk}
    hinted.clear()
    tasks.poll_stores(connection.pk)
    tasks.tick()
    assert "poll_stores" not in names(hinted)


def test_poll_without_changes_takes_three_queries_and_another_at_once_takes_one(
    shop, connection, django_assert_num_queries
):
    polling.poll(connection.pk)
    StoreConnection.objects.update(due_at=timezone.now())
    asked = len(shop.requests)
    # Claim, read, release; and which others are due.
    with django_assert_num_queries(3 + 1):
        tasks.poll_stores(connection.pk)
    with django_assert_num_queries(1 + 1):
        tasks.poll_stores(connection.pk)
    assert len(shop.requests) == asked + 1


@pytest.mark.slow
def test_message_about_one_store_has_all_that_are_due_polled(
    shop, eight, hinted, monkeypatch
):
    monkeypatch.setattr(tasks, "POLLS_AT_A_TIME", 60.0)
    now = timezone.now()
    for minutes, connection in enumerate(eight):
        StoreConnection.objects.filter(pk=connection.pk).update(
            due_at=now - timedelta(minutes=minutes)
        )
    later, longest = eight[3], eight[7]
    StoreConnection.objects.filter(pk=later.pk).update(due_at=now + timedelta(hours=1))
    ids = [each.pk for each in eight if each.pk != later.pk]
    assert polling.first_due(now) == ids[::-1]
    monkeypatch.setattr(polling, "FIRST", 2)
    assert polling.first_due(now) == [longest.pk, eight[6].pk]
    tasks.poll_stores(eight[2].pk)
    polled = StoreConnection.objects.filter(last_poll_at__gte=now).order_by(
        "last_poll_at"
    )
    order = list(polled.values_list("pk", flat=True))
    # The one that it names; then the longest due, two at a time and these in any order.
    assert order[0] == eight[2].pk
    assert {*order[1:3]} == {longest.pk, eight[6].pk}
    assert sorted(order) == sorted(ids)
    assert hinted == []
    tasks.poll_stores(later.pk)
    assert polled.count() == 7


@pytest.mark.slow
def test_turn_that_is_over_leaves_the_rest_to_a_later_one(
    shop, eight, hinted, monkeypatch
):
    StoreConnection.objects.update(due_at=timezone.now(), webhooks_due_at=None)
    monkeypatch.setattr(tasks, "POLLS_AT_A_TIME", 0.0)
    tasks.poll_stores(eight[0].pk)
    due = StoreConnection.objects.filter(due_at__lte=timezone.now())
    for left in range(7, 0, -1):
        assert due.count() == left
        name, *ids = hinted.pop()
        assert (name, hinted) == ("poll_stores", [])
        assert sorted(ids) == sorted(due.values_list("pk", flat=True))
        tasks.poll_stores(*ids)
    assert (due.count(), hinted) == (0, [])


@pytest.mark.slow
def test_tick_deals_the_due_stores_among_four_messages(shop, eight, hinted):
    now = timezone.now()
    for minutes, connection in enumerate(eight):
        StoreConnection.objects.filter(pk=connection.pk).update(
            due_at=now - timedelta(minutes=minutes), webhooks_due_at=None
        )
    longest_first = [each.pk for each in eight[::-1]]
    tasks.tick()
    assert polls(hinted) == [
        (longest_first[first], longest_first[first + 4]) for first in range(4)
    ]
    StoreConnection.objects.exclude(pk__in=longest_first[:2]).update(enabled=False)
    hinted.clear()
    tasks.tick()
    assert polls(hinted) == [(pk,) for pk in longest_first[:2]]


def polls(hinted: list[tuple[str, object]]) -> list[tuple[object, ...]]:
    return [tuple(ids) for name, *ids in hinted if name == "poll_stores"]


@pytest.mark.slow
def test_stores_that_another_worker_has_polled_are_left_to_it(
    shop, eight, hinted, django_assert_num_queries
):
    StoreConnection.objects.update(
        due_at=timezone.now() + timedelta(minutes=1), webhooks_due_at=None
    )
    asked = len(shop.requests)
    # The first is not due any more, so that the others are not even tried; nothing else is due.
    with django_assert_num_queries(1 + 1):
        tasks.poll_stores(*[each.pk for each in eight])
    assert (len(shop.requests), hinted) == (asked, [])


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_fault_that_may_be_every_stores_ends_the_turn(eight, hinted, caplog):
    StoreConnection.objects.update(due_at=timezone.now(), webhooks_due_at=None)

    def takes_no_writes(execute, sql, *args):
        if sql.startswith("UPDATE"):
            raise OperationalError
        return execute(sql, *args)

    with database.execute_wrapper(takes_no_writes):
        tasks.poll_stores(eight[0].pk)
    assert [line.levelname for line in caplog.records] == ["ERROR"]
    assert "poll of store connection" in caplog.text
    assert StoreConnection.objects.filter(due_at__lte=timezone.now()).count() == 8
    assert hinted == []


def test_beat_sends_at_once_what_its_clock_had_put_off():
    entry = Every(10.0, app=celery_app)
    now = timezone.now()
    assert not entry.is_due(now - timedelta(seconds=5)).is_due
    assert entry.is_due(now - timedelta(seconds=11)).is_due
    assert entry.is_due(now + timedelta(hours=1)) == (True, 10.0)


def test_each_night_is_cleared_up_once_and_again_if_that_died(db):
    night = datetime(2026, 11, 20, 3, 10, tzinfo=UTC)
    periodic.note_night_done(night - timedelta(hours=20))

    def due(**later: int) -> bool:
        return "sweep" in periodic.due_tasks(night + timedelta(**later))

    assert [due(seconds=-1), due(), due(minutes=59), due(hours=1)] == [
        False,
        True,
        False,
        True,
    ]
    periodic.note_night_done(night + timedelta(hours=1))
    assert [due(hours=3), due(days=1, seconds=-1), due(days=1)] == [False, False, True]


def test_messages_of_two_beats_cost_one_request(shop, connection):
    sell(shop, 0)
    shop.requests.clear()
    for _ in range(3):
        tasks.poll_stores(connection.pk)
    assert shop.asked().count("ChangedOrders") == 1
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    ("late", "next_after"),
    [(0, 300), (9, 300), (299, 300), (300, 600), (1_000, 1_200), (-20, 280)],
)
def test_store_is_polled_on_its_own_beat(shop, connection, late, next_after):
    """However late a tick finds it, and however long a poll takes: an hour has twelve polls of five minutes.
    One that is polled by hand before its time begins anew."""
    due = timezone.now()
    StoreConnection.objects.update(poll_seconds=300, due_at=due)
    polling.poll(connection.pk, now=lambda: due + timedelta(seconds=late))
    after = due + timedelta(seconds=next_after)
    assert row().due_at == after
    assert polling.first_due(after - timedelta(seconds=1)) == []
    assert polling.first_due(after) == [connection.pk]


def test_store_is_checked_once_a_day_by_itself(shop, connection, hinted):
    assert row().checked_at is not None
    StoreConnection.objects.update(
        checked_at=timezone.now() - timedelta(days=1),
        due_at=timezone.now() + timedelta(hours=1),
    )
    tasks.tick()
    assert hinted == [("check_store", connection.pk)]
    shop.plan, shop.requests[:] = "Plus", []
    for _ in range(2):
        tasks.check_store(connection.pk)
    assert (row().plan, shop.asked()) == ("Plus", ["Shop", "NewestOrder"])
    hinted.clear()
    tasks.tick()
    assert "check_store" not in names(hinted)


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (
            lambda shop: setattr(shop, "currency", "USD"),
            "currency",
            "sells in another currency than RO App",
        ),
        (
            lambda shop: shop.scopes.discard("read_products"),
            "scope_missing",
            "lacks a scope",
        ),
        (
            lambda shop: shop.fail_next(faults.status(402)),
            "shop_closed",
            "closed, frozen or unpaid",
        ),
    ],
)
def test_daily_check_finds_what_polls_do_not_see(shop, connection, change, code, words):
    StoreConnection.objects.update(checked_at=None)
    change(shop)
    tasks.check_store(connection.pk)
    assert (row().state, row().reason_code, words in row().reason) == (
        State.NEEDS_ATTENTION,
        code,
        True,
    )


def test_states_working_waiting_needs_attention_paused(shop, connection):
    polling.poll(connection.pk)
    assert (row().state, row().reason, row().attempts) == (State.WORKING, "", 0)
    shop.fail_next(faults.status(503), times=4)
    with pytest.raises(StoreUnavailable):
        polling.poll(connection.pk)
    assert (row().state, row().reason, row().attempts) == (
        State.WAITING,
        errors.DOWN,
        1,
    )
    shop.revoke_tokens()
    with pytest.raises(StoreRefused):
        polling.poll(connection.pk)
    assert (row().state, row().reason) == (State.NEEDS_ATTENTION, errors.TOKEN_REFUSED)
    shop.tokens.add("demo-token")
    polling.poll(connection.pk)
    assert (row().state, row().reason, row().attempts) == (State.WORKING, "", 0)
    StoreConnection.objects.update(enabled=False)
    shop.requests.clear()
    assert (polling.poll(connection.pk), shop.requests, row().state) == (
        None,
        [],
        State.WORKING,
    )


def test_waiting_store_never_hides_that_it_needs_attention(shop, connection):
    shop.revoke_tokens()
    with pytest.raises(StoreRefused):
        polling.poll(connection.pk)
    shop.fail_next(faults.status(503), times=4)
    with pytest.raises(StoreUnavailable):
        polling.poll(connection.pk)
    assert (row().state, row().reason_code) == (State.NEEDS_ATTENTION, "token_refused")


@pytest.mark.parametrize(
    "fault", [faults.status(430), faults.status(429, Retry_After="600")]
)
def test_store_that_asks_for_peace_gets_it_from_polls_and_from_updates(
    shop, connection, fault
):
    sell(shop, 0)
    polling.poll(connection.pk)
    order = Order.objects.get()
    now = timezone.now()
    shop.fail_next(fault)
    with pytest.raises(StoreUnavailable):
        polling.poll(connection.pk, now=lambda: now)
    assert row().due_at == row().rate_limited_until == now + timedelta(minutes=10)
    shop.requests.clear()
    claim_refresh([order.pk], by_id=None, now=now)
    refresh_store(connection.store_id, now=lambda: now + timedelta(minutes=8))
    refresh = Refresh.objects.get()
    assert (refresh.outcome, refresh.reason, refresh.accepted_at) == (
        RefreshOutcome.FAILED,
        row().reason,
        None,
    )
    assert shop.requests == []
    polling.poll(connection.pk, now=lambda: now + timedelta(minutes=10))
    assert (row().state, row().rate_limited_until) == (State.WORKING, None)


def test_update_that_meets_a_request_for_peace_ends_at_once_and_polls_rest_too(
    shop, connection
):
    sell(shop, 0)
    polling.poll(connection.pk)
    now = timezone.now()
    claim_refresh([Order.objects.get().pk], by_id=None, now=now)
    shop.fail_next(faults.status(430))
    refresh_store(connection.store_id, now=lambda: now)
    assert (Refresh.objects.get().outcome, Refresh.objects.get().reason) == (
        RefreshOutcome.FAILED,
        errors.SUSPICIOUS,
    )
    assert row().due_at == now + timedelta(minutes=10)


def test_update_waits_for_a_short_pause_and_then_goes_on(shop, connection):
    sell(shop, 0)
    polling.poll(connection.pk)
    now = timezone.now()
    claim_refresh([Order.objects.get().pk], by_id=None, now=now)
    StoreConnection.objects.update(
        rate_limited_until=now + timedelta(seconds=30), reason=errors.BUSY
    )
    refresh_store(connection.store_id, now=lambda: now)
    assert (Refresh.objects.get().outcome, Refresh.objects.get().due_at) == (
        RefreshOutcome.PENDING,
        now + timedelta(seconds=30),
    )
    refresh_store(connection.store_id, now=lambda: now + timedelta(seconds=31))
    assert Refresh.objects.get().outcome == RefreshOutcome.UNCHANGED


def test_fault_of_our_own_is_seen_and_backs_off(shop, connection, monkeypatch, caplog):
    quoted = "Key (phone)=(+4915123456789) of Ada Lovelace"

    def broken(*_args, **_values):
        raise ZeroDivisionError(quoted)

    sell(shop, 0)
    polling.poll(connection.pk)
    claim_refresh([Order.objects.get().pk], by_id=None, now=timezone.now())
    StoreConnection.objects.update(due_at=timezone.now())
    for module in ["integrations.sync.polling", "integrations.refresh.worker"]:
        monkeypatch.setattr(f"{module}.import_page", broken)
    before = timezone.now()
    tasks.poll_stores(connection.pk)
    assert (row().state, row().reason, row().lease) == (State.WAITING, FAULT, None)
    assert row().due_at >= before + timedelta(seconds=60)
    for _ in range(3):
        tasks.refresh_store(connection.store_id)
        Refresh.objects.filter(outcome=RefreshOutcome.PENDING).update(due_at=before)
    assert (Refresh.objects.get().outcome, Refresh.objects.get().reason) == (
        RefreshOutcome.FAILED,
        FAULT,
    )
    assert "ZeroDivisionError" in caplog.text
    assert "Ada" not in caplog.text


def standstill(client) -> bool:
    return "Background jobs have not run" in client.get("/orders/").content.decode()


def test_heartbeat_and_the_banner_when_it_stops(shop, connection, client, hinted):
    tasks.tick()
    beat = Heartbeat.objects.get(name="worker")
    assert timezone.now() - beat.at < timedelta(seconds=10)
    assert not standstill(client)
    Heartbeat.objects.update(at=timezone.now() - timedelta(minutes=4))
    assert standstill(client)
    tasks.tick()
    assert not standstill(client)


def test_banner_when_no_worker_has_ever_run(shop, connection, client):
    assert not standstill(client)  # The store was connected just now.
    StoreConnection.objects.update(connected_at=timezone.now() - timedelta(minutes=4))
    assert standstill(client)
    StoreConnection.objects.update(enabled=False)
    assert not standstill(client)  # Nothing waits for a worker.


def test_fallen_version_is_noticed_by_polls_and_told_to_those_who_connect_stores(
    shop, connection, client, admin_client
):
    shop.version_served = "2027-01"
    polling.poll(connection.pk)
    assert row().served_api_version == "2027-01"
    words = "answers in API version 2027-01"
    assert words in admin_client.get("/orders/").content.decode()
    assert words not in client.get("/orders/").content.decode()
    shop.version_served = ""
    polling.poll(connection.pk)
    assert words not in admin_client.get("/orders/").content.decode()


def test_end_of_the_version_is_told_60_days_ahead_to_those_who_connect_stores(
    shop, connection, client, admin_client, settings
):
    # A version ends a year after the first day of its month.
    this_month = timezone.localdate().replace(day=1)
    soon, later = this_month - timedelta(days=320), this_month - timedelta(days=250)
    for version, is_shown in [(soon, True), (later, False)]:
        settings.SHOPIFY_API_VERSION = f"{version:%Y-%m}"
        words = f"RO App uses API version {version:%Y-%m} of Shopify, supported until "
        assert (words in admin_client.get("/orders/").content.decode()) is is_shown
        assert words not in client.get("/orders/").content.decode()


def test_every_task_has_its_queue(settings):
    named = [task for tasks in settings.TASKS_OF_QUEUES.values() for task in tasks]
    prefix = "integrations.tasks."
    known = [name for name in celery_app.tasks if name.startswith(prefix)]
    assert sorted(prefix + name for name in named) == sorted(known)


# With a real broker

QUICK = ["--queues", "ticks,polls,updates", "--hostname", "polls@%h"]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_broker_that_is_down_never_makes_a_page_fail_and_the_sweep_finds_the_row(
    shop, connection, client, monkeypatch
):
    sell(shop, 0)
    polling.poll(connection.pk)
    order = Order.objects.get()
    with broker("redis://127.0.0.1:1/0"):
        answer = client.post(
            "/stores/refresh/", {"id": [order.pk]}, headers={"HX-Request": "true"}
        )
    assert answer.status_code == 200
    assert "1 order is being updated." in answer.content.decode()
    assert Refresh.objects.get().outcome == RefreshOutcome.PENDING
    sent = note_hints(monkeypatch)
    tasks.tick()
    assert ("refresh_store", connection.store_id) in sent


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_flushed_broker_loses_hints_and_the_next_tick_brings_them(
    shop, connection, client, valkey, tmp_path
):
    sell(shop, 0)
    polling.poll(connection.pk)
    order = Order.objects.get()
    server = redis.Redis.from_url(valkey)
    with broker(valkey):
        client.post("/stores/refresh/", {"id": [order.pk]})
        assert dispatch.OUTBOX.wait_until_sent(10)
        assert server.llen("updates") == 1
        server.flushall()
        with worker(valkey, tmp_path / "worker.log"):
            # The worker is there and gets what is sent; the flushed hint is gone for good.
            tasks.tick.apply_async()
            assert becomes_true(
                lambda: Heartbeat.objects.filter(name="worker").exists()
            ), (tmp_path / "worker.log").read_text()
            assert becomes_true(
                lambda: Refresh.objects.get().outcome == RefreshOutcome.UNCHANGED
            )
            sell(shop, 1)
            StoreConnection.objects.update(due_at=timezone.now())
            tasks.tick.apply_async()
            assert becomes_true(lambda: Order.objects.count() == 2)
    log = (tmp_path / "worker.log").read_text()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    messages = [line["message"] for line in lines]
    polled = f"store connection {connection.pk}: imported 1, updated 0, unchanged 1"
    assert any(message.startswith(polled) for message in messages)
    assert {line["time"][-6:] for line in lines} == {"+00:00"}
    assert '"level"' not in "".join(
        line for line in log.splitlines() if not line.startswith("{")
    )
    for secret in ["demo-token", "Ada", "Lovelace", "15123456789", "ada@example.com"]:
        assert secret not in log


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_ticks_polls_and_updates_are_taken_in_turn(valkey, tmp_path):
    """However many updates wait, a worker takes one of them, then a tick, then a poll."""
    redis.Redis.from_url(valkey).flushall()
    log = tmp_path / "worker.log"

    def taken() -> list[str]:
        return re.findall(
            r"Task integrations\.tasks\.(\w+)\S* received", log.read_text()
        )

    with broker(valkey):
        for task, *args in [("refresh_store", 0), ("poll_stores", 0), ("tick",)]:
            for _ in range(4):
                dispatch.enqueue(task, *args)
        assert dispatch.OUTBOX.wait_until_sent(10)
        with worker(valkey, log, *QUICK):
            assert becomes_true(lambda: len(taken()) == 12), log.read_text()
    turn = taken()[:3]
    assert sorted(turn) == ["poll_stores", "refresh_store", "tick"]
    assert taken() == turn * 4


@pytest.fixture
def eight(shop, connection) -> list[StoreConnection]:
    """Eight stores, each with an import of many pages that is under way."""
    sold_before(shop, *[timedelta(minutes=10 + age) for age in range(40)])
    StoreConnection.objects.update(page_size=2)
    connections = [row()]
    for number in range(7):
        copy = StoreConnection.objects.get(pk=connection.pk)
        store = copy.store
        store.pk, store.name = None, f"Store {number}"
        store.save()
        copy.pk, copy.store, copy.shop_id = None, store, ""
        copy.domain = f"store-{number}.myshopify.com"
        copy.save()
        connections.append(copy)
    for each in connections:
        since = timezone.now() - timedelta(days=400)
        lifecycle.begin_import(each, all_since=since, by_id=None, now=timezone.now())
    return connections


def opened() -> int:
    """How many connections to this database were opened so far; the server counts them a second late."""
    time.sleep(2)
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT sessions FROM pg_stat_database WHERE datname = current_database()"
        )
        return int(cursor.fetchone()[0])


@pytest.mark.slow
@pytest.mark.skipif(database.vendor == "sqlite", reason="needs a server")
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_worker_keeps_its_database_connection_until_that_is_cut(valkey, tmp_path):
    def tick() -> None:
        Heartbeat.objects.filter(name="worker").delete()
        tasks.tick.apply_async()
        ticked = Heartbeat.objects.filter(name="worker")
        assert becomes_true(ticked.exists), (tmp_path / "worker.log").read_text()

    with broker(valkey), worker(valkey, tmp_path / "worker.log"):
        tick()  # begins other tasks, too
        tick()
        before = opened()
        for _each in range(3):
            tick()
        assert opened() == before
        with database.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        tick()
        assert opened() == before + 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_stores_are_polled_while_imports_have_all_other_workers(
    shop, eight, valkey, tmp_path
):
    due = timezone.now()
    StoreConnection.objects.update(due_at=due, synced_until=due)
    shop.seconds_per_answer = 0.2
    logs = [tmp_path / "long.log", tmp_path / "polls.log"]
    with broker(valkey):
        for each in ImportJob.objects.all():
            dispatch.enqueue("advance_run", each.pk)
        dispatch.OUTBOX.wait_until_sent(10)
        with (
            worker(valkey, logs[0], "--queues", "long", "--hostname", "long@%h"),
            worker(valkey, logs[1], *QUICK),
        ):
            assert becomes_true(lambda: ImportJob.objects.filter(done__gt=0).exists())
            tasks.tick.apply_async()
            polled = StoreConnection.objects.filter(last_poll_at__gte=due)
            assert becomes_true(lambda: polled.count() == 8, 90), logs[1].read_text()
            assert ImportJob.objects.filter(state=JobState.DONE).count() < 8
