"""Update order of any number of orders: claimed in the background, each order with its outcome, at a cost
that is known."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection as database
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations import tasks
from integrations.models import StoreConnection
from integrations.refresh import request
from orders.bulk import engine
from orders.domain.refresh_claim import claim_refresh, give_back, note_ending
from orders.models import (
    BulkAction,
    BulkActionOrder,
    BulkKind,
    BulkOutcome,
    Order,
    OrderType,
    Refresh,
    RefreshOutcome,
    Status,
    Store,
)
from tests.support.html import text_of
from tests.support.times import DAY

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
URL, PROGRESS = "/stores/refresh/", "/stores/refresh/progress/"


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr("integrations.dispatch.enqueue", lambda *_args: None)


def store(name: str, **values) -> Store:
    found = Store.objects.create(name=name, platform="shopify", order_link="")
    kind = OrderType.objects.get(name="Online order")
    StoreConnection.objects.create(
        store=found, domain=f"{name.lower()}.myshopify.com", order_type=kind, **values
    )
    return found


def make(number: int, store: Store | None) -> list[int]:
    """So many orders of a store, or made here; their ids."""
    kind, status, before = (
        OrderType.objects.get(name="Repair"),
        Status.objects.get(name="New"),
        Order.objects.count(),
    )
    external = (
        {"external_id": str(before + each)} if store else {} for each in range(number)
    )
    Order.objects.bulk_create(
        Order(order_type=kind, status=status, placed_at=DAY, store=store, **each)
        for each in external
    )
    return list(Order.objects.order_by("pk").values_list("pk", flat=True)[before:])


def outcomes() -> Counter:
    return Counter(BulkActionOrder.objects.values_list("outcome", flat=True))


def queries_of(action: BulkAction) -> int:
    with CaptureQueriesContext(database) as queries:
        tasks.continue_action(action.pk)
    return len(queries)


def test_twelve_thousand_orders_are_updated_in_the_background(client, ann, monkeypatch):
    monkeypatch.setattr(request, "AT_ONCE", timedelta(0))
    open_store, paused = store("Open"), store("Paused", enabled=False)
    wanted = make(11_000, open_store)
    recent, given_back = wanted[:40], wanted[40:90]
    now = timezone.now()
    claim_refresh(recent, by_id=None, now=now - timedelta(minutes=3))
    claim_refresh(given_back, by_id=None, now=now - timedelta(minutes=3))
    Refresh.objects.filter(order__in=given_back).update(
        accepted_at=None, outcome=RefreshOutcome.FAILED, done_at=now
    )
    make(600, paused)
    make(400, None)
    question = client.post(URL, {"all": "1"}, headers={"HX-Request": "true"})
    assert "Update 12,000 orders?" in text_of(question.content.decode())
    confirmed = {"action": BulkAction.objects.get().pk}
    answer = client.post(URL, confirmed, headers={"HX-Request": "true"})
    assert "12,000 orders follow in the background." in text_of(answer.content.decode())
    assert "Updating orders: 0 of 12,000 done" in text_of(answer.content.decode())
    assert (outcomes(), Refresh.objects.count()) == ({BulkOutcome.WAITING: 12_000}, 90)
    action = BulkAction.objects.get()
    later = make(1, open_store)[0]

    assert engine.unfinished(timezone.now()) == [action.pk]
    # Per chunk of 500: the lease taken and given back, the action, its orders and theirs, the stores, the
    # claim (on SQLite its new rows come in several statements), one for each ending, and what begins and ends
    # transactions; once on PostgreSQL whether any is left that somebody had.
    assert queries_of(action) == (271 if database.vendor == "sqlite" else 165)
    expected = {
        "accepted": 10_960,
        "too_soon": 40,
        "resting": 600,
        "not_from_store": 400,
    }
    assert outcomes() == expected
    assert set(
        Refresh.objects.filter(outcome="pending", by=ann).values_list(
            "order", flat=True
        )
    ) == {*wanted} - {*recent}
    assert not Refresh.objects.filter(order=later).exists()
    assert engine.unfinished(timezone.now()) == []

    since = re.search(r'name="since" value="(\d+)"', answer.content.decode())[1]
    BulkAction.objects.update(asked_at=now - timedelta(seconds=5))
    with CaptureQueriesContext(database) as queries:
        html = client.get(PROGRESS, {"since": since}).content.decode()
    assert len(queries) == 7
    assert "Updating orders: 0 of 10,960 done" in text_of(html)
    for words in [
        "40 not updated: it was updated less than 10 minutes ago",
        "600 not updated: its store is paused or needs attention",
        "400 not updated: it is not from a store",
    ]:
        assert words in text_of(html)
    assert f'href="/orders/bulk/{action.pk}/"' in html


def test_queries_of_a_chunk_do_not_grow_with_its_orders(ann):
    one = store("Open")

    def count(number: int) -> int:
        ids = make(number, one)
        return queries_of(
            engine.ask(
                Order.objects.filter(pk__in=ids),
                kind=BulkKind.REFRESH,
                by=ann,
                now=timezone.now(),
            )
        )

    assert count(2) == count(90)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_many_updates_of_the_same_orders_accept_each_order_once(ann):
    one = store("Open")
    known = make(150, one)
    with transaction.atomic():
        claim_refresh(
            known[::2], by_id=None, now=timezone.now() - timedelta(minutes=11)
        )
    clicked = [
        engine.ask(
            Order.objects.filter(pk__in=ids),
            kind=BulkKind.REFRESH,
            by=ann,
            now=timezone.now(),
        )
        for ids in [known[:120], known[30:], known[:120], known[30:]]
    ]

    def work(action: BulkAction) -> None:
        try:
            tasks.continue_action(action.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, clicked))
    assert outcomes() == {"accepted": 150, "too_soon": 330}
    accepted = BulkActionOrder.objects.filter(outcome="accepted").order_by("order_id")
    assert list(accepted.values_list("order_id", flat=True)) == known


def test_page_of_an_update_says_how_each_order_ended(client, ann):
    first, second, third = make(3, store("Open"))
    own = make(1, None)[0]
    client.post(URL, {"all": "1"})
    note_ending([first], RefreshOutcome.UPDATED, reason="", now=timezone.now())
    failed = Refresh.objects.filter(order=second).values_list("pk", flat=True)
    give_back(failed, reason="The store is asleep.", now=timezone.now())
    html = client.get(f"/orders/bulk/{BulkAction.objects.get().pk}/").content.decode()
    rows = [text_of(row) for row in re.findall(r"<tr>\s*<td>.*?</tr>", html, re.DOTALL)]
    assert rows == [
        f"{first} – updated",
        f"{second} – failed: The store is asleep.",
        f"{third} – being updated",
        f"{own} – not updated: it is not from a store",
    ]
