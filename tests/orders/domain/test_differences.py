"""What the store changed after the write-off: accepted or dismissed by a person, never by itself."""

from datetime import timedelta
from decimal import Decimal

import pytest

from inventory.models import Product, StockMovement
from inventory.stock import InsufficientStockError
from orders.domain.differences import accept, dismiss
from orders.domain.editing import EditConflictError
from orders.domain.permissions import MissingPermissionError
from orders.domain.seen import line_token
from orders.domain.write_off import reverse, write_off
from orders.models import LineWriteOff, Order, OrderEvent, OrderLine
from tests.support.incoming import line, order
from tests.support.invariants.stock import level
from tests.support.orders import events_of
from tests.support.times import DAY, NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def differing(bring, stocked, main, kim):
    """An order of 2 displays, written off; then the store says what is given. 3 displays were in stock."""

    def differing(**values):
        [one] = bring(order(1, lines=(line(1, quantity=2),)))
        stocked(Product.objects.get(), 3)
        write_off(one.pk, None, warehouse=main, by=kim, now=NOW)
        told_by_store = order(
            1,
            lines=(line(1, **{"quantity": 2} | values),),
            updated_at=DAY + timedelta(hours=2),
        )
        [one] = bring(told_by_store, fetched_at=LATER)
        return one, one.lines.get()

    return differing


def state() -> list:
    return [
        *OrderLine.objects.values_list(
            "quantity", "price", "total", "written_off_at", "difference"
        ),
        *LineWriteOff.objects.values_list("quantity", "price", "reversed_at"),
        *Order.objects.values_list("write_off", "total", "needs_attention"),
        StockMovement.objects.count(),
        OrderEvent.objects.count(),
    ]


def test_accepted_quantity_is_put_back_and_written_off_anew(differing, main, kim):
    one, row = differing(quantity=3)
    accept(one.pk, row.pk, seen=line_token(row), by=kim, now=LATER)
    row.refresh_from_db()
    one.refresh_from_db()
    assert (row.quantity, row.total, row.difference, row.written_off_at) == (
        3,
        30,
        None,
        LATER,
    )
    assert (
        one.total,
        one.needs_attention,
        one.write_off,
        level(row.product, main),
    ) == (30, False, 2, 0)
    assert list(LineWriteOff.objects.values_list("quantity", "reversed_at")) == [
        (2, LATER),
        (3, None),
    ]
    assert list(
        StockMovement.objects.order_by("id").values_list("quantity", flat=True)
    ) == [3, -2, 2, -3]
    assert events_of(one)[-1] == ("accepted", "Display 1", "quantity", "2", "3")


def test_accepted_price_moves_no_stock(differing, main, kim):
    one, row = differing(price=Decimal("12.00"), discount=Decimal("1.00"))
    accept(one.pk, row.pk, seen=line_token(row), by=kim, now=LATER)
    row.refresh_from_db()
    assert (row.price, row.discount, row.total, row.written_off_at) == (12, 1, 23, NOW)
    assert (StockMovement.objects.count(), level(row.product, main)) == (2, 1)
    assert [each[2:] for each in events_of(one)[-2:]] == [
        ("price", "10", "12"),
        ("discount", "0", "1"),
    ]


def test_accepted_removal_puts_back_and_writes_nothing_off(differing, main, kim):
    one, row = differing(quantity=0)
    accept(one.pk, row.pk, seen=line_token(row), by=kim, now=LATER)
    row.refresh_from_db()
    one.refresh_from_db()
    assert (
        row.quantity,
        row.written_off_at,
        one.total,
        one.write_off,
        level(row.product, main),
    ) == (
        0,
        None,
        0,
        0,
        3,
    )


def test_accepting_more_than_is_there_changes_nothing_unless_permitted(
    differing, main, kim
):
    one, row = differing(quantity=5)
    before = state()
    with pytest.raises(InsufficientStockError) as raised:
        accept(one.pk, row.pk, seen=line_token(row), by=kim, now=LATER)
    assert [(each.wanted, each.available) for each in raised.value.shortages] == [
        (5, 3)
    ]
    assert state() == before
    accept(one.pk, row.pk, seen=line_token(row), by=kim, now=LATER, below_zero=True)
    assert level(row.product, main) == -2


def test_dismissed_difference_leaves_everything_and_makes_the_value_staffs(
    differing, bring, main, kim
):
    one, row = differing(quantity=3)
    dismiss(one.pk, row.pk, seen=line_token(row), by=kim, now=LATER)
    row.refresh_from_db()
    one.refresh_from_db()
    assert (row.quantity, row.store_quantity, row.difference, one.needs_attention) == (
        2,
        3,
        None,
        False,
    )
    assert events_of(one)[-1] == ("dismissed", "Display 1", "quantity", "2", "3")
    reverse(one.pk, None, by=kim, now=LATER)
    bring(
        order(1, lines=(line(1, quantity=4),), updated_at=DAY + timedelta(hours=3)),
        fetched_at=LATER,
    )
    row.refresh_from_db()
    assert (row.quantity, level(row.product, main)) == (2, 3)


def test_nobody_decides_about_what_they_have_not_seen(differing, bring, kim):
    one, row = differing(quantity=3)
    seen = line_token(row)
    bring(
        order(1, lines=(line(1, quantity=1),), updated_at=DAY + timedelta(hours=3)),
        fetched_at=LATER,
    )
    before = state()
    for decide in [accept, dismiss]:
        with pytest.raises(EditConflictError):
            decide(one.pk, row.pk, seen=seen, by=kim, now=LATER)
    assert state() == before


def test_a_second_decision_is_refused(differing, kim):
    one, row = differing(quantity=3)
    seen = line_token(row)
    accept(one.pk, row.pk, seen=seen, by=kim, now=LATER)
    before = state()
    for decide in [accept, dismiss]:
        with pytest.raises(EditConflictError):
            decide(one.pk, row.pk, seen=seen, by=kim, now=LATER)
    assert state() == before


def test_change_that_is_taken_back_needs_no_attention(differing, bring):
    one, row = differing(quantity=3)
    [one] = bring(
        order(1, lines=(line(1, quantity=2),), updated_at=DAY + timedelta(hours=3)),
        fetched_at=LATER,
    )
    row.refresh_from_db()
    assert (row.difference, one.needs_attention) == (None, False)


def test_change_to_what_staff_had_set_needs_no_attention(bring, main, kim):
    [one] = bring(order(1, lines=(line(1, product=None),)))
    OrderLine.objects.update(price=Decimal("12.00"), total=Decimal("12.00"))
    write_off(one.pk, None, warehouse=main, by=kim, now=NOW)
    changed = (line(1, price=Decimal("12.00"), product=None),)
    [one] = bring(
        order(1, lines=changed, updated_at=DAY + timedelta(hours=2)), fetched_at=LATER
    )
    assert (one.lines.get().difference, one.needs_attention, one.total) == (
        None,
        False,
        12,
    )


def test_without_the_permission_for_store_orders_nothing_is_decided(differing, rita):
    one, row = differing(quantity=3)
    before = state()
    for decide in [accept, dismiss]:
        with pytest.raises(MissingPermissionError):
            decide(one.pk, row.pk, seen=line_token(row), by=rita, now=LATER)
    assert state() == before
