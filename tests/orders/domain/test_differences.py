"""What the store changed after the write-off: accepted or dismissed by a person, never by itself."""

from datetime import timedelta
from decimal import Decimal

import pytest

from inventory.models import Product, StockMovement
from inventory.stock import InsufficientStockError
from orders.domain.differences import accept, accept_of_order, dismiss
from orders.domain.editing import EditConflictError
from orders.domain.lines import LineValues, change_line, remove_line
from orders.domain.permissions import MissingPermissionError
from orders.domain.seen import line_token, order_token
from orders.domain.write_off import reverse, write_off
from orders.models import LineWriteOff, Order, OrderEvent, OrderLine
from tests.support.incoming import figures, line, order
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


# Values that staff have set (P6)


@pytest.fixture
def contested(bring, kim):
    """Staff made 2 displays 5; then the store says what is given. Nothing is written off."""

    def contested(**values):
        [one] = bring(order(1, lines=(line(1, quantity=2),)))
        set_quantity(one, "5", kim)
        told_by_store = order(
            1, lines=(line(1, **values),), updated_at=DAY + timedelta(hours=2)
        )
        [one] = bring(told_by_store, fetched_at=LATER)
        return one, one.lines.get()

    return contested


def set_quantity(one: Order, quantity: str, by) -> None:
    row = one.lines.get()
    seen = LineValues.of(row)
    wanted = LineValues(seen.name, Decimal(quantity), seen.price, seen.discount)
    change_line(one.pk, row.pk, seen=seen, wanted=wanted, by=by, now=NOW)


def test_stores_value_is_taken_instead_of_staffs_and_followed_again(
    contested, bring, kim
):
    one, row = contested(quantity=3)
    assert (row.quantity, row.difference, one.needs_attention, one.total) == (
        5,
        {"quantity": ["2", "3"]},
        True,
        50,
    )
    accept(one.pk, row.pk, seen=line_token(row), by=kim, now=LATER)
    row.refresh_from_db()
    one.refresh_from_db()
    assert (row.quantity, row.difference, one.needs_attention, one.total) == (
        3,
        None,
        False,
        30,
    )
    assert (StockMovement.objects.count(), LineWriteOff.objects.count()) == (0, 0)
    assert events_of(one)[-1] == ("accepted", "Display 1", "quantity", "5", "3")
    told_again = order(
        1, lines=(line(1, quantity=4),), updated_at=DAY + timedelta(hours=3)
    )
    [one] = bring(told_again, fetched_at=LATER)
    assert (one.lines.get().quantity, one.needs_attention) == (4, False)


def test_staffs_value_is_kept_until_the_store_changes_it_again(contested, bring, kim):
    one, row = contested(quantity=3)
    dismiss(one.pk, row.pk, seen=line_token(row), by=kim, now=LATER)
    row.refresh_from_db()
    one.refresh_from_db()
    assert (row.quantity, row.store_quantity, row.difference) == (5, 3, None)
    assert not one.needs_attention
    assert events_of(one)[-1] == ("dismissed", "Display 1", "quantity", "2", "3")
    told_again = order(
        1, lines=(line(1, quantity=4),), updated_at=DAY + timedelta(hours=3)
    )
    [one] = bring(told_again, fetched_at=LATER)
    assert (one.lines.get().quantity, one.lines.get().difference) == (
        5,
        {"quantity": ["3", "4"]},
    )
    assert one.needs_attention


def test_staff_who_set_the_stores_value_themselves_have_decided(contested, kim):
    one, row = contested(quantity=3)
    set_quantity(one, "4", kim)
    row.refresh_from_db()
    assert row.difference == {"quantity": ["2", "3"]}
    set_quantity(one, "3", kim)
    row.refresh_from_db()
    one.refresh_from_db()
    assert (row.quantity, row.difference, one.needs_attention) == (3, None, False)


def test_line_that_staff_removed_and_the_store_enlarged_waits(bring, kim):
    [one] = bring(order(1, lines=(line(1, quantity=2),)))
    remove_line(one.pk, one.lines.get().pk, by=kim, now=NOW)
    enlarged = order(
        1, lines=(line(1, quantity=3),), updated_at=DAY + timedelta(hours=2)
    )
    [one] = bring(enlarged, fetched_at=LATER)
    row = one.lines.get()
    assert (row.quantity, row.difference, one.needs_attention) == (
        0,
        {"quantity": ["2", "3"]},
        True,
    )


def test_contested_line_that_is_written_off_is_decided_as_after_a_write_off(
    contested, stocked, main, kim
):
    one, row = contested(quantity=3)
    stocked(row.product, 5)
    write_off(one.pk, None, warehouse=main, by=kim, now=LATER)
    row.refresh_from_db()
    assert row.difference == {"quantity": ["2", "3"]}
    accept(one.pk, row.pk, seen=line_token(row), by=kim, now=LATER)
    row.refresh_from_db()
    assert (row.quantity, row.written_off_at, level(row.product, main)) == (3, LATER, 2)


def test_reversal_leaves_what_staff_had_set_to_be_decided(bring, stocked, main, kim):
    """Written off at staff's 5, then the store says 3: after the reversal 5 still stands, and still waits."""
    [one] = bring(order(1, lines=(line(1, quantity=2),)))
    set_quantity(one, "5", kim)
    stocked(one.lines.get().product, 5)
    write_off(one.pk, None, warehouse=main, by=kim, now=NOW)
    told_by_store = order(
        1,
        lines=(line(1, quantity=3, price=Decimal("12.00")),),
        updated_at=DAY + timedelta(hours=2),
    )
    bring(told_by_store, fetched_at=LATER)
    reverse(one.pk, None, by=kim, now=LATER)
    row = one.lines.get()
    one.refresh_from_db()
    assert (row.quantity, row.price, row.difference) == (
        5,
        12,
        {"quantity": ["2", "3"]},
    )
    assert one.needs_attention


# What the store did to the order (I7)


@pytest.fixture
def cancelled(bring, stocked, main, kim):
    """An order of 2 displays, written off; then cancelled at the store, and 5.50 of it refunded."""
    [one] = bring(order(1, lines=(line(1, quantity=2),)))
    stocked(Product.objects.get(), 3)
    write_off(one.pk, None, warehouse=main, by=kim, now=NOW)
    told_by_store = order(
        1,
        lines=(line(1, quantity=2),),
        cancelled_at=LATER,
        figures=figures(refunded=Decimal("5.50")),
        payment="partially_refunded",
        updated_at=DAY + timedelta(hours=2),
    )
    [one] = bring(told_by_store, fetched_at=LATER)
    return one


def test_cancellation_and_refund_after_the_write_off_are_accepted_once(cancelled, kim):
    assert cancelled.needs_attention
    assert cancelled.difference == {
        "cancelled_at": ["", LATER.isoformat()],
        "store_refunded": ["0", "5.5"],
    }
    seen, movements = order_token(cancelled), StockMovement.objects.count()
    accept_of_order(cancelled.pk, seen=seen, by=kim, now=LATER)
    cancelled.refresh_from_db()
    assert (cancelled.difference, cancelled.needs_attention) == (None, False)
    assert events_of(cancelled)[-2:] == [
        ("accepted", "", "cancelled_at", "", LATER.isoformat()),
        ("accepted", "", "store_refunded", "0", "5.5"),
    ]
    # Neither stock nor status is touched.
    assert (StockMovement.objects.count(), cancelled.status.name) == (movements, "New")
    before = state()
    with pytest.raises(EditConflictError):
        accept_of_order(cancelled.pk, seen=seen, by=kim, now=LATER)
    assert state() == before


def test_refund_that_nobody_has_seen_is_not_accepted(cancelled, bring, kim):
    seen = order_token(cancelled)
    more = order(
        1,
        lines=(line(1, quantity=2),),
        cancelled_at=LATER,
        figures=figures(refunded=Decimal("9.00")),
        updated_at=DAY + timedelta(hours=3),
    )
    bring(more, fetched_at=LATER)
    before = state()
    with pytest.raises(EditConflictError):
        accept_of_order(cancelled.pk, seen=seen, by=kim, now=LATER)
    assert state() == before
    cancelled.refresh_from_db()
    assert cancelled.difference["store_refunded"] == ["0", "9"]


def test_goods_that_are_put_back_need_nobody_any_more(cancelled, kim):
    reverse(cancelled.pk, None, by=kim, now=LATER)
    cancelled.refresh_from_db()
    assert (cancelled.difference, cancelled.needs_attention) == (None, False)


def test_cancellation_without_a_write_off_needs_nobody(bring):
    bring(order(1))
    newer = order(1, cancelled_at=LATER, updated_at=DAY + timedelta(hours=2))
    [one] = bring(newer, fetched_at=LATER)
    assert (one.cancelled_at, one.difference, one.needs_attention) == (
        LATER,
        None,
        False,
    )
