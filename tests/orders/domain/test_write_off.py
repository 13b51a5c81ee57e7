"""Writing off and putting back: stock, frozen lines, records and feed move together, or not at all."""

from datetime import timedelta
from decimal import Decimal

import pytest

from inventory.models import StockMovement, Warehouse
from inventory.stock import InactiveWarehouseError, InsufficientStockError
from orders.domain.permissions import MissingPermissionError
from orders.domain.write_off import reverse, write_off
from orders.models import LineWriteOff, Order, OrderEvent, OrderLine
from tests.support.incoming import line, order, product
from tests.support.invariants.stock import level
from tests.support.orders import events_of
from tests.support.times import DAY, NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]
LATER = NOW + timedelta(hours=1)
ENGRAVING = [["Engraving", "Ada"]]


def state() -> list:
    return [
        *OrderLine.objects.order_by("id").values_list(
            "quantity", "total", "written_off_at"
        ),
        *LineWriteOff.objects.order_by("id").values_list("quantity", "reversed_at"),
        *Order.objects.order_by("id").values_list(
            "write_off", "total", "needs_attention"
        ),
        StockMovement.objects.count(),
        OrderEvent.objects.count(),
    ]


def test_line_is_written_off_and_frozen_and_stock_goes_down(
    made_here, with_line, stocked, screen, main, sam
):
    stocked(screen, 5)
    one = made_here()
    row = with_line(one, "2", "89.90", screen)
    with_line(one)
    assert write_off(one.pk, [row.pk], warehouse=main, by=sam, now=LATER) == [row]
    row.refresh_from_db()
    one.refresh_from_db()
    assert (row.written_off_at, one.write_off, level(screen, main)) == (LATER, 1, 3)
    record = LineWriteOff.objects.get()
    assert (record.line, record.quantity, record.price, record.at, record.by) == (
        row,
        2,
        Decimal("89.90"),
        LATER,
        sam,
    )
    assert (
        record.movement.quantity,
        record.movement.order_number,
        record.movement.by,
    ) == (-2, one.pk, sam)
    assert events_of(one)[2:] == [
        ("written_off", "Screen", "warehouse", "2", "Main warehouse")
    ]


def test_whole_order_is_written_off_what_has_no_product_without_movement(
    made_here, with_line, stocked, screen, main, sam
):
    stocked(screen, 5)
    one = made_here()
    with_line(one, "1", product=screen)
    with_line(one, "3", product=screen)
    with_line(one)
    assert len(write_off(one.pk, None, warehouse=main, by=sam, now=NOW)) == 3
    one.refresh_from_db()
    assert (one.write_off, level(screen, main)) == (2, 1)
    assert [
        each.movement and each.movement.quantity for each in LineWriteOff.objects.all()
    ] == [-1, -3, None]
    before = state()
    assert write_off(one.pk, None, warehouse=main, by=sam, now=NOW) == []
    assert state() == before


def test_not_enough_changes_nothing_of_the_whole_order(
    made_here, with_line, stocked, screen, main, sam
):
    stocked(screen, 3)
    one = made_here()
    with_line(one)
    with_line(one, "2", product=screen)
    with_line(one, "2", product=screen)
    before = state()
    with pytest.raises(InsufficientStockError) as raised:
        write_off(one.pk, None, warehouse=main, by=sam, now=NOW)
    [short] = raised.value.shortages
    assert (short.product, short.wanted, short.available) == (screen, 4, 3)
    assert state() == before


def test_below_zero_needs_the_permission(made_here, with_line, screen, main, sam, kim):
    one = made_here()
    row = with_line(one, "2", product=screen)
    before = state()
    with pytest.raises(MissingPermissionError) as raised:
        write_off(one.pk, None, warehouse=main, by=sam, now=NOW, below_zero=True)
    assert raised.value.permissions == ("orders.write_off_below_zero",)
    assert state() == before
    assert write_off(
        one.pk, None, warehouse=main, by=kim, now=NOW, below_zero=True
    ) == [row]
    assert level(screen, main) == -2


def test_deactivated_warehouse_gives_nothing(made_here, with_line, screen, sam):
    closed = Warehouse.objects.create(name="Closed", is_active=False)
    one = made_here()
    with_line(one, "2", product=screen)
    before = state()
    with pytest.raises(InactiveWarehouseError):
        write_off(one.pk, None, warehouse=closed, by=sam, now=NOW)
    assert state() == before


def test_imported_order_needs_the_permission_to_work_with_it(bring, main, rita):
    [one] = bring(order(1))
    before = state()
    for act in [
        lambda: write_off(one.pk, None, warehouse=main, by=rita, now=NOW),
        lambda: reverse(one.pk, None, by=rita, now=NOW),
    ]:
        with pytest.raises(MissingPermissionError):
            act()
    assert state() == before


def test_removed_line_is_not_written_off(bring, main, sam):
    [one] = bring(order(1, lines=(line(1, quantity=0), line(2, product=None))))
    assert [
        each.name for each in write_off(one.pk, None, warehouse=main, by=sam, now=NOW)
    ] == ["Display 2"]
    one.refresh_from_db()
    assert one.write_off == 2


def test_reversal_puts_back_where_it_came_from_and_the_line_may_be_written_off_again(
    made_here, with_line, stocked, screen, main, sam
):
    van = Warehouse.objects.create(name="Van")
    stocked(screen, 2, van)
    one = made_here()
    row = with_line(one, "2", product=screen)
    write_off(one.pk, None, warehouse=van, by=sam, now=NOW)
    assert reverse(one.pk, [row.pk], by=sam, now=LATER) == [row]
    row.refresh_from_db()
    one.refresh_from_db()
    record = LineWriteOff.objects.get()
    assert (row.written_off_at, one.write_off, level(screen, van)) == (None, 0, 2)
    assert (
        record.reversed_at,
        record.reversed_by,
        record.movement.reversed_by.quantity,
    ) == (LATER, sam, 2)
    assert events_of(one)[-1] == ("reversed", "Screen", "warehouse", "2", "Van")
    before = state()
    assert reverse(one.pk, None, by=sam, now=LATER) == []
    assert state() == before
    write_off(one.pk, None, warehouse=van, by=sam, now=LATER)
    assert (LineWriteOff.objects.count(), level(screen, van)) == (2, 0)


def test_reversal_lets_the_line_follow_the_store_again(bring, main, kim):
    [one] = bring(order(1, lines=(line(1, quantity=2), line(2))))
    write_off(one.pk, None, warehouse=main, by=kim, now=NOW, below_zero=True)
    changed = (line(1, quantity=3, price=Decimal("9.00")), line(2))
    [one] = bring(
        order(1, lines=changed, updated_at=DAY + timedelta(hours=2)), fetched_at=LATER
    )
    first = one.lines.first()
    assert (first.quantity, first.price, one.total, one.needs_attention) == (
        2,
        10,
        30,
        True,
    )
    reverse(one.pk, [first.pk], by=kim, now=LATER)
    first.refresh_from_db()
    one.refresh_from_db()
    assert (first.quantity, first.price, first.difference) == (3, 9, None)
    assert (one.total, one.needs_attention, one.write_off) == (37, False, 1)
    assert events_of(one)[-3:] == [
        ("reversed", "Display 1", "warehouse", "2", "Main warehouse"),
        ("changed", "Display 1", "quantity", "2", "3"),
        ("changed", "Display 1", "price", "10", "9"),
    ]
    [one] = bring(
        order(
            1, lines=(line(1, quantity=4), line(2)), updated_at=DAY + timedelta(hours=3)
        ),
        fetched_at=LATER,
    )
    first.refresh_from_db()
    assert (first.quantity, first.price) == (4, 10)


def test_reversal_leaves_what_staff_had_set(bring, main, kim):
    [one] = bring(order(1, lines=(line(1, quantity=2, product=None),)))
    OrderLine.objects.update(price=Decimal("8.00"), total=Decimal("16.00"))
    Order.objects.update(total=Decimal("16.00"))
    write_off(one.pk, None, warehouse=main, by=kim, now=NOW)
    changed = (line(1, quantity=3, price=Decimal("9.00"), product=None),)
    bring(
        order(1, lines=changed, updated_at=DAY + timedelta(hours=2)), fetched_at=LATER
    )
    reverse(one.pk, None, by=kim, now=LATER)
    row = OrderLine.objects.get()
    assert (row.quantity, row.price, row.store_price, row.total) == (3, 8, 9, 24)


@pytest.mark.parametrize("count", [1, 63])
def test_lines_that_follow_the_store_again_take_the_queries_of_one(
    bring, main, kim, count, django_assert_num_queries
):
    numbers = range(1, count + 1)
    lines = [line(number, quantity=2, product=product(number)) for number in numbers]
    [one] = bring(order(1, lines=tuple(lines)))
    write_off(one.pk, None, warehouse=main, by=kim, now=NOW, below_zero=True)
    changed = [
        line(number, quantity=3, product=product(number), buyer_entries=ENGRAVING)
        for number in numbers
    ]
    bring(
        order(1, lines=tuple(changed), updated_at=DAY + timedelta(hours=2)),
        fetched_at=LATER,
    )
    kim.get_all_permissions()  # They are read once for each request.
    with django_assert_num_queries(20):
        reversed_lines = reverse(one.pk, None, by=kim, now=LATER)
    one.refresh_from_db()
    assert len(reversed_lines) == count
    assert set(
        one.lines.values_list("quantity", "total", "buyer_entries__0__1", "difference")
    ) == {(3, 30, "Ada", None)}
    assert not one.lines.filter(difference__isnull=False).exists()
    assert (one.total, one.needs_attention, one.write_off) == (30 * count, False, 0)
    assert [kind for kind, *_ in events_of(one)].count("changed") == 2 * count
