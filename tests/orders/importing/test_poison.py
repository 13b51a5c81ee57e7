"""Orders that only the database refuses: each fails alone. PostgreSQL decides; SQLite takes all of them."""

import threading
import time
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import msgspec
import psycopg
import pytest
from django.db import DataError, transaction
from django.db import connection as database
from django.utils import translation

from common.bulk_sql import insert
from customers.matching import ContactDetails
from integrations.models import UnimportedOrder
from integrations.sync.import_page import import_page
from inventory.models import StockLevel
from orders.domain.editing import CONFLICT, NOT_STORABLE, ActionRefusedError
from orders.domain.lines import LineValues, change_line
from orders.domain.locking import lock_imports
from orders.domain.write_off import write_off
from orders.importing.importer import import_orders
from orders.importing.types import Result
from orders.models import Order, OrderEvent, OrderLine
from tests.support.concurrency import at_once
from tests.support.incoming import arrival, figures, line, order, product
from tests.support.invariants.orders import violations
from tests.support.shop import counts_of_poll, sell
from tests.support.times import DAY, NOW

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        database.vendor != "postgresql", reason="SQLite refuses none of these"
    ),
]
POISONS = {
    "a text that is too long": {"number": "#" * 65},
    "a NUL in a text": {"note": "Ring\x00twice"},
    "a NUL in a code": {"external_id": "50\x0003"},
    "a NUL in a customer's name": {
        "contact": ContactDetails(key="shopify:1:3", first_name="A\x00da", country="DE")
    },
    "a quantity that is too large": {"lines": (line(1, quantity=1_000_000_000),)},
    "an amount that is too large": {"figures": figures(total=Decimal(10) ** 15)},
    "an amount of 76 digits": {"lines": (line(1, price=Decimal(10) ** 75),)},
    "one line twice": {"lines": (line(1), line(1))},
    "a product's name that is too long": {
        "lines": (line(1, product=product(9, name="D" * 256)),)
    },
    "half of a sign": {"delivery_method": "DHL \ud83d"},
}


NEVER_REVISED = {"a text that is too long", "a NUL in a customer's name"}
"""Of these a known order takes over nothing."""
POISONED_CHANGES = {
    name: each for name, each in POISONS.items() if name not in NEVER_REVISED
}


class NoGateway:
    """Stands where a gateway is asked nothing: no order is cut, and no product has a text."""

    def complete(self, snapshots):
        return snapshots

    def describe(self, product_ids):
        return {}


def bring(rules, *arrivals):
    with transaction.atomic():
        return import_orders(arrivals, rules=rules, fetched_at=NOW, now=NOW)


@pytest.mark.parametrize("poison", POISONS.values(), ids=POISONS)
def test_order_that_only_the_database_refuses_fails_alone(rules, poison):
    incoming = [order(number) for number in range(1, 6)]
    incoming[2] = msgspec.structs.replace(incoming[2], **poison)
    outcomes = bring(rules, *map(arrival, incoming))
    assert [(each.result, each.code) for each in outcomes] == [
        (Result.IMPORTED, ""),
        (Result.IMPORTED, ""),
        (Result.FAILED, "not_stored"),
        (Result.IMPORTED, ""),
        (Result.IMPORTED, ""),
    ]
    numbers = Order.objects.order_by("id").values_list("external_number", flat=True)
    assert list(numbers) == ["#1001", "#1002", "#1004", "#1005"]
    assert violations() == []


def test_fingerprint_that_is_too_large_fails_alone(rules):
    arrivals = [arrival(order(number)) for number in range(1, 6)]
    snapshot = msgspec.structs.replace(arrivals[4].snapshot, fingerprint=2**63)
    arrivals[4] = msgspec.structs.replace(arrivals[4], snapshot=snapshot)
    results = [each.result for each in bring(rules, *arrivals)]
    assert results == [Result.IMPORTED] * 4 + [Result.FAILED]


@pytest.mark.parametrize("poison", POISONED_CHANGES.values(), ids=POISONED_CHANGES)
def test_change_that_only_the_database_refuses_keeps_no_other_change_out(rules, poison):
    known = [order(number) for number in range(1, 6)]
    bring(rules, *map(arrival, known))
    later = {"updated_at": DAY + timedelta(hours=2), "payment": "refunded"}
    changed = [msgspec.structs.replace(each, **later) for each in known]
    changed[2] = msgspec.structs.replace(changed[2], **poison)
    results = [each.result for each in bring(rules, *map(arrival, changed))]
    assert results == [Result.UPDATED] * 2 + [Result.FAILED] + [Result.UPDATED] * 2
    payments = Order.objects.order_by("id").values_list("payment", flat=True)
    assert list(payments) == ["refunded", "refunded", "paid", "refunded", "refunded"]


def test_line_of_a_billion_pieces_keeps_no_other_order_out(shop, connection):
    orders = [sell(shop, 0) for _ in range(5)]
    shop.set_quantity(orders[2], 0, 1_000_000_000)
    assert counts_of_poll(connection) == {"imported": 4, "failed": 1}
    entry = UnimportedOrder.objects.get()
    assert (entry.number, entry.status, entry.code) == ("#1003", "failed", "not_stored")
    assert (
        entry.sentence
        == "It could not be stored. It is retried automatically. (DataError)"
    )
    with translation.override("de"):
        assert (
            entry.sentence
            == "Sie konnte nicht gespeichert werden. Es wird automatisch erneut versucht. (DataError)"
        )
    assert counts_of_poll(connection) == {"unchanged": 4, "failed": 1}


def test_errors_of_copy_are_djangos_own(rules):
    with pytest.raises(DataError) as caught, transaction.atomic():
        insert(OrderEvent, ["order_id", "kind", "at"], [(2**70, "comment", NOW)])
    assert isinstance(caught.value.__cause__, psycopg.DataError)


def test_action_that_the_database_refuses_says_so_and_changes_nothing(
    made_here, with_line, kim
):
    line = with_line(made_here(), quantity="5", price="0")
    seen = LineValues(line.name, line.quantity, line.price, line.discount)
    wanted = replace(seen, quantity=Decimal(10) ** 9)
    with pytest.raises(ActionRefusedError, match=NOT_STORABLE):
        change_line(line.order_id, line.pk, seen=seen, wanted=wanted, by=kim, now=NOW)
    line.refresh_from_db()
    assert line.quantity == 5


def give_way_to(first, second, *, begun):
    """A rival: it does ``first``, waits until another transaction waits for it, and asks with ``second`` for
    what that one holds. The other one is the deadlock's victim; the rival changes nothing."""
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute("SET LOCAL deadlock_timeout = '20s'")
        first()
        begun.set()
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        while not cursor.execute(waiting).fetchone()[0]:
            time.sleep(0.05)
        second()
        transaction.set_rollback(True)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_import_that_is_caught_in_a_deadlock_inside_copy_is_tried_again(rules):
    begun = threading.Event()
    held = {
        "order_type": rules.order_type,
        "status_id": rules.order_type.initial_status_id,
        "store": rules.store,
        "external_id": "5001",
        "placed_at": DAY,
    }

    def bring_in():
        begun.wait(10)
        return import_page(
            [arrival(order(1)).snapshot],
            rules=rules,
            gateway=NoGateway(),
            fetched_at=NOW,
            now=NOW,
        )

    def rival():
        give_way_to(lambda: Order.objects.create(**held), lock_imports, begun=begun)

    _, outcomes = at_once(rival, bring_in)
    assert [each.result for each in outcomes] == [Result.IMPORTED]
    assert Order.objects.get().external_number == "#1001"
    assert violations() == []


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_action_that_is_caught_in_a_deadlock_says_so_and_changes_nothing(
    made_here, with_line, main, screen, kim
):
    made, begun = made_here(), threading.Event()
    line = with_line(made, quantity="1", product=screen)

    def act():
        begun.wait(10)
        write_off(made.pk, None, warehouse=main, by=kim, now=NOW, below_zero=True)

    def rival():
        give_way_to(
            lambda: OrderLine.objects.select_for_update().get(pk=line.pk),
            lambda: Order.objects.select_for_update().get(pk=made.pk),
            begun=begun,
        )

    _, refused = at_once(rival, act, caught=ActionRefusedError)
    assert str(refused) == CONFLICT
    assert made.lines.get().written_off_at is None
    assert not StockLevel.objects.exists()
