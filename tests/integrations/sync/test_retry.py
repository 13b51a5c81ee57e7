"""Why an order is not here, and another try: every status, by itself, by hand, singly and in bulk, over HTTP
to the fake shop."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from fakeshop import faults
from integrations import dispatch, tasks
from integrations.models import ImportStatus, State, StoreConnection, UnimportedOrder
from integrations.platforms.errors import StoreUnavailable
from integrations.shopify import parsing
from integrations.sync import retry as retry_module
from integrations.sync.polling import poll
from integrations.sync.retry import retry, retry_entries, stores_with_due_entries
from orders.models import Order
from tests.support.invariants.stores import assert_accounted
from tests.support.shop import connect, sell

MINUTE = timedelta(minutes=1)


def bring(shop, connection) -> dict[str, int]:
    result = poll(connection.pk, now=shop.clock)
    assert result is not None
    return {str(key): count for key, count in result.counts.items()}


def try_again(shop, connection) -> dict[str, int]:
    return {
        str(key): count
        for key, count in retry_entries(
            connection.store_id, now=shop.clock
        ).counts.items()
    }


def move_on(shop, connection) -> None:
    """Sell and poll, so that the next polls begin later and no longer show what is unimported."""
    shop.clock.forward(minutes=10)
    sell(shop, 1)
    bring(shop, connection)


def spoil(order) -> None:
    """No database holds such a price."""
    order.lines[0].price = Decimal("1e20")


def mend(order) -> None:
    order.lines[0].price = Decimal("10")


@pytest.fixture
def failed(shop, connection):
    """An order that could not be imported."""
    order = sell(shop, 0)
    spoil(order)
    assert bring(shop, connection) == {"failed": 1}
    return order


def facts(*fields: str) -> tuple:
    return UnimportedOrder.objects.values_list(*fields).get()


def test_failed_order_says_why_how_often_and_when_next(shop, connection, failed):
    entry = UnimportedOrder.objects.select_related("store").get()
    assert (entry.number, entry.status, entry.code, entry.attempts) == (
        "#1001",
        ImportStatus.FAILED,
        "unreadable",
        1,
    )
    assert (entry.placed_at, entry.last_at) == (shop.clock.now, shop.clock.now)
    assert entry.due_at == shop.clock.now + MINUTE
    assert entry.external_url.endswith(f"/admin/orders/{failed.id}")
    assert_accounted(shop, connection)


def test_failed_order_is_tried_after_1_2_4_minutes_and_so_on_up_to_a_day(
    shop, connection, failed
):
    waits = []
    for tries in range(2, 15):
        entry = UnimportedOrder.objects.get()
        waits.append((entry.due_at - shop.clock.now) / MINUTE)
        shop.clock.now = entry.due_at - timedelta(seconds=1)
        assert (
            try_again(shop, connection),
            stores_with_due_entries(shop.clock.now),
        ) == ({}, [])
        shop.clock.forward(seconds=1)
        assert stores_with_due_entries(shop.clock.now) == [connection.store_id]
        assert try_again(shop, connection) == {"failed": 1}
        assert facts("attempts", "last_at", "lease") == (tries, shop.clock.now, None)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440]


def test_failed_order_comes_in_by_itself_once_it_can_be_read(shop, connection, failed):
    mend(failed)
    shop.clock.forward(minutes=1)
    shop.requests.clear()
    assert try_again(shop, connection) == {"imported": 1}
    assert shop.asked() == ["OrdersById", "ProductTexts"]
    assert (Order.objects.get().external_number, UnimportedOrder.objects.count()) == (
        "#1001",
        0,
    )
    assert_accounted(shop, connection)


def test_polls_in_between_are_no_tries_and_write_nothing(shop, connection, failed):
    before = UnimportedOrder.objects.values().get()
    shop.clock.forward(seconds=30)
    assert bring(shop, connection) == {"failed": 1}
    assert UnimportedOrder.objects.values().get() == before


def test_change_at_the_store_that_fails_too_is_a_try(shop, connection, failed):
    shop.clock.forward(seconds=30)
    shop.change(failed, note="Changed")
    assert bring(shop, connection) == {"failed": 1}
    assert facts("attempts", "due_at") == (2, shop.clock.now + 2 * MINUTE)


def test_update_that_fails_is_in_the_ledger_and_ends_with_the_order_up_to_date(
    shop, connection
):
    order = sell(shop, 1)
    bring(shop, connection)
    shop.clock.forward(minutes=1)
    spoil(order)
    shop.change(order, note="Ring twice")
    assert bring(shop, connection) == {"failed": 1}
    assert (UnimportedOrder.objects.count(), Order.objects.get().store_note) == (1, "")
    mend(order)
    shop.clock.forward(minutes=1)
    assert try_again(shop, connection) == {"updated": 1}
    assert (UnimportedOrder.objects.count(), Order.objects.get().store_note) == (
        0,
        "Ring twice",
    )


def test_entry_of_an_order_that_is_here_and_current_is_forgotten(shop, connection):
    sell(shop, 1)
    bring(shop, connection)
    order = Order.objects.get()
    UnimportedOrder.objects.create(
        store=connection.store,
        external_id=order.external_id,
        number="#1001",
        status=ImportStatus.FAILED,
        code="not_stored",
        reason="It could not be stored.",
        store_updated_at=shop.clock.now,
        fingerprint=1,
        last_at=shop.clock.now,
        due_at=shop.clock.now,
    )
    assert try_again(shop, connection) == {"unchanged": 1}
    assert UnimportedOrder.objects.count() == 0


def test_order_deleted_at_the_store_meanwhile_is_gone_and_not_tried_again(
    shop, connection, failed
):
    shop.delete(failed)
    shop.clock.forward(minutes=1)
    assert try_again(shop, connection) == {}
    entry = UnimportedOrder.objects.get()
    assert (entry.status, entry.code, entry.due_at, entry.attempts) == (
        ImportStatus.SKIPPED,
        "gone",
        None,
        2,
    )
    assert (
        entry.reason
        == "The store no longer has this order: it was deleted before it could be imported."
    )
    assert not entry.may_be_retried
    assert not entry.may_be_overridden
    assert (
        retry(UnimportedOrder.objects.all(), now=shop.clock.now, override_rules=True)
        == 0
    )


def test_order_that_has_become_too_old_to_be_shown_is_hidden_and_not_gone(
    shop, connection, failed, monkeypatch
):
    # The shop's clock goes further than ours, which the gateway reads.
    monkeypatch.setattr(parsing, "CLOCKS_DIFFER", timedelta(days=365))
    shop.clock.forward(days=61)
    shop.hidden_before = shop.clock.now - timedelta(days=60)
    assert try_again(shop, connection) == {}
    assert facts("status", "code", "due_at") == (ImportStatus.HELD, "hidden", None)
    move_on(shop, connection)
    shop.hidden_before = None
    StoreConnection.objects.update(reads_all_orders=True)
    mend(failed)
    assert bring(shop, connection) == {"unchanged": 1}
    assert try_again(shop, connection) == {"imported": 1}


def test_store_that_cannot_be_read_costs_no_try(shop, connection, failed):
    shop.clock.forward(minutes=1)
    shop.fail_next(faults.status(429, Retry_After="300"), times=9)
    assert try_again(shop, connection) == {}
    assert facts("attempts", "lease", "due_at") == (
        1,
        None,
        shop.clock.now + 5 * MINUTE,
    )
    connection.refresh_from_db()
    assert (connection.state, connection.reason_code) == (State.WAITING, "throttled")
    shop.faults.clear()
    shop.clock.forward(minutes=5)
    mend(failed)
    assert try_again(shop, connection) == {"imported": 1}


def test_store_that_needs_attention_or_is_paused_keeps_its_rows_due(
    shop, connection, failed
):
    shop.clock.forward(minutes=1)
    for values in [
        {"state": State.NEEDS_ATTENTION},
        {"state": State.WORKING, "enabled": False},
    ]:
        StoreConnection.objects.update(**values)
        shop.requests.clear()
        assert (
            stores_with_due_entries(shop.clock.now),
            try_again(shop, connection),
            shop.asked(),
        ) == (
            [],
            {},
            [],
        )
    StoreConnection.objects.update(enabled=True)
    assert stores_with_due_entries(shop.clock.now) == [connection.store_id]


def test_worker_that_dies_in_the_middle_leaves_the_rows_due_after_its_lease(
    shop, connection, failed, monkeypatch
):
    shop.clock.forward(minutes=1)
    monkeypatch.setattr(retry_module, "import_page", _die)
    with pytest.raises(KeyboardInterrupt):
        try_again(shop, connection)
    monkeypatch.undo()
    shop.clock.forward(minutes=5)
    assert try_again(shop, connection) == {}
    shop.clock.forward(seconds=1)
    mend(failed)
    assert try_again(shop, connection) == {"imported": 1}
    assert_accounted(shop, connection)


def _die(*_args, **_values):
    raise KeyboardInterrupt


def test_held_order_waits_for_a_person_and_says_who_asked(shop, connection, ann):
    order = sell(shop, 0, currency="USD")
    assert bring(shop, connection) == {"held": 1}
    assert facts("due_at", "attempts") == (None, 1)
    shop.clock.forward(hours=1)
    assert retry(UnimportedOrder.objects.all(), now=shop.clock.now) == 1
    entry = UnimportedOrder.objects.get()
    assert (entry.due_at, entry.asked_at) == (shop.clock.now, shop.clock.now)
    assert entry.is_asked_for
    shop.clock.forward(seconds=2)
    assert try_again(shop, connection) == {"held": 1}
    entry = UnimportedOrder.objects.get()
    assert (entry.attempts, entry.last_at, entry.due_at, entry.is_asked_for) == (
        2,
        shop.clock.now,
        None,
        False,
    )
    order.currency = "EUR"
    retry(UnimportedOrder.objects.all(), now=shop.clock.now)
    assert try_again(shop, connection) == {"imported": 1}


@pytest.mark.parametrize("code", ["test_order", "excluded_tag", "too_old", "not_open"])
def test_skipped_order_is_imported_all_the_same_when_someone_wishes_it(
    shop, db, ann, code
):
    match code:
        case "test_order":
            values = {"test": True}
        case "excluded_tag":
            values = {"tags": ["Wholesale"]}
        case "too_old":
            values = {"created_at": datetime.fromisoformat("2026-10-31T12:00:00+00:00")}
        case _:
            values = {"closed_at": shop.clock.now}
    connection = connect()
    StoreConnection.objects.update(
        excluded_tags="wholesale", first_import="open" if code == "not_open" else "all"
    )
    sell(shop, 0, **values)
    assert bring(shop, connection) == {"skipped": 1}
    entry = UnimportedOrder.objects.get()
    assert (entry.code, entry.may_be_retried, entry.may_be_overridden) == (
        code,
        False,
        True,
    )
    assert retry(UnimportedOrder.objects.all(), now=shop.clock.now) == 0
    assert (
        retry(UnimportedOrder.objects.all(), now=shop.clock.now, override_rules=True)
        == 1
    )
    # A poll that comes first does not lose the wish.
    assert bring(shop, connection) == {"skipped": 1}
    assert try_again(shop, connection) == {"imported": 1}
    assert (Order.objects.get().external_number, UnimportedOrder.objects.count()) == (
        "#1001",
        0,
    )
    assert_accounted(shop, connection)


def test_no_wish_overrides_the_currency(shop, connection, ann):
    sell(shop, 0, currency="USD", test=True)
    assert bring(shop, connection) == {"skipped": 1}
    retry(UnimportedOrder.objects.all(), now=shop.clock.now, override_rules=True)
    assert try_again(shop, connection) == {"held": 1}
    assert (facts("code", "due_at"), Order.objects.count()) == (("currency", None), 0)
    assert_accounted(shop, connection)


@pytest.mark.parametrize(
    ("values", "changed", "code"),
    [
        ({"test": True}, {"include_test_orders": True}, "test_order"),
        ({"tags": ["Wholesale"]}, {"excluded_tags": "retail"}, "excluded_tag"),
        (
            {"created_at": datetime.fromisoformat("2026-10-31T12:00:00+00:00")},
            {"import_since": datetime.fromisoformat("2026-10-31T00:00:00+00:00")},
            "too_old",
        ),
    ],
)
def test_changed_setting_makes_what_it_kept_out_due(
    shop, connection, values, changed, code
):
    StoreConnection.objects.update(excluded_tags="Wholesale")
    sell(shop, 0, **values)
    sell(shop, 0, currency="USD")
    assert bring(shop, connection) == {"skipped": 1, "held": 1}
    assert UnimportedOrder.objects.filter(code=code).count() == 1
    move_on(shop, connection)
    StoreConnection.objects.update(**changed)
    bring(shop, connection)
    assert list(
        UnimportedOrder.objects.filter(due_at=shop.clock.now).values_list(
            "code", flat=True
        )
    ) == [code]
    assert try_again(shop, connection) == {"imported": 1}
    assert (Order.objects.count(), UnimportedOrder.objects.count()) == (2, 1)
    bring(shop, connection)
    assert UnimportedOrder.objects.filter(due_at__isnull=False).count() == 0


def test_changed_currency_of_ro_app_makes_held_orders_due(shop, connection, settings):
    sell(shop, 0, currency="CHF")
    assert bring(shop, connection) == {"held": 1}
    move_on(shop, connection)
    settings.CURRENCY = "CHF"
    assert bring(shop, connection) == {"unchanged": 1}
    assert try_again(shop, connection) == {"imported": 1}
    assert (UnimportedOrder.objects.count(), Order.objects.count()) == (0, 2)


@pytest.mark.slow
def test_bulk_retry_reads_250_at_once_and_nothing_per_order(shop, connection, ann):
    def ask_for(number: int) -> tuple[int, list[str]]:
        orders = [sell(shop, 0, currency="USD") for _ in range(number)]
        bring(shop, connection)
        for order in orders:
            order.currency = "EUR"
        shop.requests.clear()
        with CaptureQueriesContext(database) as queries:
            assert retry(UnimportedOrder.objects.all(), now=shop.clock.now) == number
            assert try_again(shop, connection) == {"imported": number}
        # PostgreSQL looks at a table anew when it has doubled.
        return sum(
            not query["sql"].startswith("ANALYZE") for query in queries
        ), shop.asked()

    ask_for(1)  # From here on the product is known.
    few, many = ask_for(3), ask_for(40 if database.vendor == "postgresql" else 25)
    assert few[0] == many[0]
    assert (few[1], many[1]) == (["OrdersById"], ["FoundOrders"])
    assert ask_for(251)[1] == ["FoundOrders", "OrdersById"]
    assert_accounted(shop, connection)


def test_rows_are_due_before_any_message_and_the_tick_hints_at_them(
    shop, connection, ann, monkeypatch
):
    sell(shop, 0, currency="USD")
    bring(shop, connection)
    sent = []
    monkeypatch.setattr(
        dispatch, "enqueue", lambda task, *args: sent.append((task, *args))
    )
    retry(UnimportedOrder.objects.all(), now=shop.clock.now)
    assert stores_with_due_entries(shop.clock.now) == [connection.store_id]
    tasks.tick()
    assert ("retry_store", connection.store_id) in sent


def test_poll_that_fails_leaves_the_ledger_alone(shop, connection, failed):
    before = UnimportedOrder.objects.values().get()
    shop.fail_next(faults.status(500), times=9)
    with pytest.raises(StoreUnavailable):
        bring(shop, connection)
    assert UnimportedOrder.objects.values().get() == before
