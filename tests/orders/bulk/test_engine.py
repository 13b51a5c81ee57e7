"""An action on many orders: fixed when it is sent, done once each, whatever is killed or started twice
meanwhile."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, current_thread, main_thread

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.retention import clean_up
from orders.bulk import engine
from orders.bulk.engine import (
    ask,
    continue_action,
    outcome_counts,
    recent_actions,
    second_hand,
    unfinished,
)
from orders.models import (
    BulkAction,
    BulkActionOrder,
    BulkKind,
    BulkOutcome,
    Order,
    OrderEvent,
    OrderType,
    Status,
)
from tests.support.times import DAY

NOW = DAY + timedelta(hours=1)


@pytest.fixture
def boss(db):
    user = get_user_model().objects.create_user("boss", first_name="Bo", last_name="Ss")
    user.groups.add(Group.objects.get(name="Manager"))
    return user


def make(number: int) -> list[int]:
    kind, status = OrderType.objects.get(name="Repair"), Status.objects.get(name="New")
    Order.objects.bulk_create(
        Order(order_type=kind, status=status, placed_at=DAY) for _ in range(number)
    )
    return list(Order.objects.order_by("pk").values_list("pk", flat=True))


def to_ready(boss, orders=None) -> BulkAction:
    chosen = Order.objects.all() if orders is None else orders
    return ask(
        chosen,
        kind=BulkKind.STATUS,
        status=Status.objects.get(name="Ready"),
        by=boss,
        now=NOW,
    )


def outcomes(action: BulkAction) -> Counter:
    return outcome_counts([action])[action.pk]


def test_orders_are_those_of_the_moment_it_was_sent(boss):
    make(3)
    action = to_ready(boss)
    later = make(1)[-1]
    assert continue_action(action.pk, clock=timezone.now) is True
    assert outcomes(action) == {BulkOutcome.CHANGED: 3}
    assert Order.objects.get(pk=later).status.name == "New"


def test_each_order_is_told_its_outcome(boss):
    first, second, third = make(3)
    Order.objects.filter(pk=second).update(status=Status.objects.get(name="Ready"))
    action = to_ready(boss)
    Order.objects.filter(pk=third).delete()
    continue_action(action.pk, clock=timezone.now)
    found = dict(BulkActionOrder.objects.values_list("order_id", "outcome"))
    assert found == {first: "changed", second: "same", third: "gone"}
    assert Order.objects.get(pk=first).status.name == "Ready"


def test_nobody_is_an_assignee_too(boss):
    (first,) = make(1)
    Order.objects.update(assignee=boss)
    action = ask(
        Order.objects.all(), kind=BulkKind.ASSIGN, assignee=None, by=boss, now=NOW
    )
    continue_action(action.pk, clock=timezone.now)
    assert Order.objects.get(pk=first).assignee is None


def test_queries_to_fix_an_action_do_not_grow_with_its_orders(
    boss, django_assert_num_queries
):
    make(300)
    status = Status.objects.get(name="Ready")
    with django_assert_num_queries(4):  # savepoint, the action, its orders, release
        ask(Order.objects.all(), kind=BulkKind.STATUS, status=status, by=boss, now=NOW)
    assert BulkActionOrder.objects.count() == 300


def test_long_action_is_carried_on_by_the_worker(boss, monkeypatch):
    make(5)
    monkeypatch.setattr(engine, "CHUNK", 2)
    action = to_ready(boss)
    clock = iter([NOW, NOW + timedelta(seconds=2)])
    assert (
        continue_action(
            action.pk, clock=lambda: next(clock), until=NOW + timedelta(seconds=1)
        )
        is False
    )
    assert outcomes(action) == {BulkOutcome.CHANGED: 2, BulkOutcome.WAITING: 3}
    assert unfinished(NOW) == [action.pk]
    assert continue_action(action.pk, clock=timezone.now) is True
    assert outcomes(action) == {BulkOutcome.CHANGED: 5}
    assert unfinished(NOW) == []


def test_worker_killed_in_a_chunk_leaves_it_to_be_done_again(boss, monkeypatch):
    make(4)
    monkeypatch.setattr(engine, "CHUNK", 2)
    action = to_ready(boss)
    with (
        connection.execute_wrapper(_dies_at_the_outcomes),
        pytest.raises(KeyboardInterrupt),
    ):
        continue_action(action.pk, clock=timezone.now)
    assert (outcomes(action), Order.objects.filter(status__name="Ready").count()) == (
        {BulkOutcome.WAITING: 4},
        0,
    )
    assert continue_action(action.pk, clock=timezone.now) is True
    assert outcomes(action) == {BulkOutcome.CHANGED: 4}
    assert OrderEvent.objects.count() == 4


def _dies_at_the_outcomes(execute, sql, params, many, context):
    if sql.startswith('UPDATE "orders_bulkactionorder"'):
        raise KeyboardInterrupt
    return execute(sql, params, many, context)


def test_action_that_only_a_later_version_can_do_is_left_to_its_workers(boss):
    ids = make(1)
    Order.objects.update(assignee=boss)
    # A kind that this version knows of single orders only.
    action = ask(Order.objects.all(), kind=BulkKind.REMOVE_LINE, by=boss, now=NOW)
    with pytest.raises(NotImplementedError):
        continue_action(action.pk, clock=timezone.now)
    assert Order.objects.get(pk=ids[0]).assignee == boss
    assert outcomes(action) == {BulkOutcome.WAITING: 1}


def test_lease_of_a_dead_worker_runs_out(boss):
    make(1)
    action = to_ready(boss)
    BulkAction.objects.update(leased_until=NOW + timedelta(seconds=30))
    assert (unfinished(NOW), continue_action(action.pk, clock=lambda: NOW)) == (
        [],
        False,
    )
    later = NOW + timedelta(seconds=31)
    assert (unfinished(later), continue_action(action.pk, clock=lambda: later)) == (
        [action.pk],
        True,
    )


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_workers_do_each_order_once(boss, monkeypatch):
    make(60)
    monkeypatch.setattr(engine, "CHUNK", 5)
    action = to_ready(boss)

    def work(_number: int) -> None:
        try:
            while not continue_action(action.pk, clock=timezone.now):
                pass
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert outcomes(action) == {BulkOutcome.CHANGED: 60}
    assert OrderEvent.objects.count() == 60


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_hands_work_at_once_and_do_each_order_once(boss, monkeypatch):
    make(40)
    monkeypatch.setattr(engine, "CHUNK", 5)
    action = to_ready(boss)
    hands = Barrier(2, timeout=20)
    chunks = []

    def act(action, ids, now):
        if second:
            hands.wait()  # for the other, which is at work too
        chunks.append(list(ids))
        return engine.change(action, ids, now)

    with second_hand() as second:
        assert bool(second) == (connection.vendor == "postgresql")
        done = continue_action(action.pk, clock=timezone.now, act=act, second=second)
    assert done is True
    assert [len(ids) for ids in chunks] == [5] * 8
    assert outcomes(action) == {BulkOutcome.CHANGED: 40}
    assert OrderEvent.objects.count() == 40


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_fault_of_the_second_hand_leaves_its_orders_to_be_done_again(boss, monkeypatch):
    make(8)
    monkeypatch.setattr(engine, "CHUNK", 4)
    action = to_ready(boss)

    def act(action, ids, now):
        if current_thread() is not main_thread():
            raise ZeroDivisionError
        return engine.change(action, ids, now)

    with second_hand() as second:
        if second is None:
            pytest.skip("SQLite has one transaction write at a time")
        with pytest.raises(ZeroDivisionError):
            continue_action(action.pk, clock=timezone.now, act=act, second=second)
    changed = Order.objects.filter(status__name="Ready").count()
    assert outcomes(action) == {
        BulkOutcome.CHANGED: changed,
        BulkOutcome.WAITING: 8 - changed,
    }
    assert changed == OrderEvent.objects.count() == 4
    assert continue_action(action.pk, clock=timezone.now) is True
    assert outcomes(action) == {BulkOutcome.CHANGED: 8}
    assert OrderEvent.objects.count() == 8


def test_chunk_reads_its_own_rows_of_an_action_without_statistics(boss):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite knows no better at any time")
    ids = make(2_000)
    to_ready(boss)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orders_bulkactionorder")
    rows = to_ready(boss).rows_of(ids[500:700])
    plan = rows.explain()
    assert "Index Scan using bulk_action_order_once" in plan
    (condition,) = [line for line in plan.splitlines() if "Index Cond" in line]
    assert f"(order_id >= {ids[500]}) AND (order_id <= {ids[699]})" in condition


@pytest.mark.slow
def test_twelve_thousand_orders_each_get_their_outcome(boss):
    ids = make(12_000)
    Order.objects.filter(pk__in=ids[:300]).update(
        status=Status.objects.get(name="Ready")
    )
    Order.objects.filter(pk__in=ids[300:500]).update(
        status=Status.objects.get(name="Closed")
    )
    Status.objects.get(name="Closed").followers.set(
        [Status.objects.get(name="Cancelled")]
    )
    action = to_ready(boss)
    with CaptureQueriesContext(connection) as queries:
        assert continue_action(action.pk, clock=timezone.now) is True
    assert len(queries) == 213  # chunks of 1,000
    assert outcomes(action) == {
        BulkOutcome.CHANGED: 11_500,
        BulkOutcome.SAME: 300,
        BulkOutcome.NOT_ALLOWED: 200,
    }
    assert Counter(Order.objects.values_list("status__name", flat=True)) == {
        "Ready": 11_800,
        "Closed": 200,
    }
    assert OrderEvent.objects.count() == 11_500


def test_old_actions_are_forgotten_and_running_ones_are_not(boss):
    make(1)
    done, running = to_ready(boss), to_ready(boss)
    continue_action(done.pk, clock=lambda: NOW)
    clean_up(NOW + timedelta(days=31))
    assert list(BulkAction.objects.all()) == [running]
    assert list(recent_actions(boss.pk, since=NOW)) == [running]
