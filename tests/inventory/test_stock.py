"""inventory.stock: a level is the sum of its movements, whatever is done and refused, and however many do it
at once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.models import (
    MovementKind,
    Product,
    Receipt,
    StockLevel,
    StockMovement,
    Warehouse,
)
from inventory.stock import (
    AlreadyPostedError,
    AlreadyReversedError,
    EmptyReceiptError,
    InactiveWarehouseError,
    InsufficientStockError,
    InvalidQuantityError,
    NotReversibleError,
    StockError,
    UnknownProductError,
    Withdrawal,
    correct,
    put_back,
    receive,
    withdraw,
)
from tests.support.concurrency import at_once
from tests.support.invariants.stock import differences, level
from tests.support.stock import come_in
from tests.support.times import DAY as NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def snapshot():
    """Everything that stock is made of."""
    return (
        list(StockMovement.objects.order_by("id").values()),
        sorted(StockLevel.objects.values_list("product", "warehouse", "quantity")),
        sorted(Product.objects.values_list("pk", "stock")),
        list(Receipt.objects.order_by("id").values()),
    )


def write_off(warehouse, *pairs, below_zero=False, order=None):
    withdrawals = [
        Withdrawal(getattr(product, "pk", product), Decimal(quantity), order)
        for product, quantity in pairs
    ]
    return withdraw(
        withdrawals, warehouse=warehouse, by_id=None, now=LATER, below_zero=below_zero
    )


def test_receipt_is_posted_once(main, products, ann):
    receipt = Receipt.objects.create(warehouse=main, created_at=NOW)
    first, second, _third = products
    for product, quantity in [(second, "2.5"), (first, "3"), (second, "1")]:
        receipt.lines.create(product=product, quantity=Decimal(quantity))
    movements = receive(receipt, by_id=ann.pk, now=LATER)
    assert [
        (each.product, each.quantity, each.kind, each.receipt) for each in movements
    ] == [
        (second, Decimal("2.5"), MovementKind.RECEIPT, receipt),
        (first, 3, MovementKind.RECEIPT, receipt),
        (second, 1, MovementKind.RECEIPT, receipt),
    ]
    assert (
        level(first, main),
        level(second, main),
        receipt.posted_at,
        receipt.posted_by,
    ) == (
        3,
        Decimal("3.5"),
        LATER,
        ann,
    )
    before = snapshot()
    with pytest.raises(AlreadyPostedError):
        receive(Receipt.objects.get(), by_id=None, now=LATER + timedelta(hours=1))
    assert snapshot() == before
    assert differences() == []


def test_receipt_without_lines_stays_a_draft(main):
    receipt = Receipt.objects.create(warehouse=main, created_at=NOW)
    with pytest.raises(EmptyReceiptError):
        receive(receipt, by_id=None, now=LATER)
    assert Receipt.objects.get().posted_at is None


def test_write_off_takes_every_line_and_remembers_its_order(main, products):
    first, second, _third = products
    come_in((first, 5), (second, 1))
    movements = write_off(
        main, (second, "1"), (first, "2"), (first, "0.125"), order=1042
    )
    assert [
        (each.product_id, each.quantity, each.order_number, each.at)
        for each in movements
    ] == [
        (second.pk, -1, 1042, LATER),
        (first.pk, -2, 1042, LATER),
        (first.pk, Decimal("-0.125"), 1042, LATER),
    ]
    assert [each.pk for each in movements] == sorted(each.pk for each in movements)
    assert (level(first, main), level(second, main)) == (Decimal("2.875"), 0)
    first.refresh_from_db()
    assert first.stock == Decimal("2.875")
    assert differences() == []


def test_not_enough_names_every_shortage_and_takes_nothing(main, van, products):
    first, second, third = products
    come_in((first, 5), (second, 1))
    come_in((second, 50), warehouse=van)
    before = snapshot()
    with pytest.raises(InsufficientStockError) as refused:
        write_off(main, (third, "1"), (second, "1"), (first, "4"), (second, "0.001"))
    assert [
        (each.product.name, each.wanted, each.available)
        for each in refused.value.shortages
    ] == [
        ("Part 2", Decimal("1.001"), 1),
        ("Part 3", 1, 0),
    ]
    assert snapshot() == before
    with transaction.atomic():  # the caller's own transaction goes on
        with pytest.raises(InsufficientStockError):
            write_off(main, (first, "6"))
        write_off(main, (first, "5"))
    assert level(first, main) == 0


def test_below_zero_goes_below_zero_where_nothing_ever_was(main, products):
    write_off(main, (products[0], "2"), below_zero=True)
    assert level(products[0], main) == -2
    write_off(main, (products[0], "1.5"), below_zero=True)
    assert level(products[0], main) == Decimal("-3.5")
    with pytest.raises(InsufficientStockError) as refused:
        write_off(main, (products[0], "1"))
    assert [each.available for each in refused.value.shortages] == [Decimal("-3.5")]
    assert differences() == []


def test_tenths_are_exact(main, products):
    come_in((products[0], Decimal("0.3")))
    for _ in range(3):
        write_off(main, (products[0], "0.1"))
    assert (level(products[0], main), differences()) == (0, [])
    with pytest.raises(InsufficientStockError):
        write_off(main, (products[0], "0.001"))


def test_write_off_is_reversed_once(main, products, ann):
    first, second, _third = products
    come_in((first, 5), (second, 5))
    taken = write_off(main, (first, "2"), (second, "1"), order=7)
    back = put_back(
        taken[:1], by_id=ann.pk, now=LATER, reason="Returned by the customer."
    )
    assert [
        (
            each.quantity,
            each.kind,
            each.reverses,
            each.order_number,
            each.reason,
            each.by,
        )
        for each in back
    ] == [(2, MovementKind.REVERSAL, taken[0], 7, "Returned by the customer.", ann)]
    before = snapshot()
    for again in [taken, [taken[1], taken[1]]]:
        with pytest.raises(AlreadyReversedError):
            put_back(again, by_id=None, now=LATER, reason="")
        assert snapshot() == before
    assert (level(first, main), level(second, main), differences()) == (5, 4, [])


def test_the_database_keeps_a_movement_from_being_reversed_twice(main, products):
    (taken,) = write_off(main, (products[0], "2"), below_zero=True)
    put_back([taken], by_id=None, now=LATER)
    with pytest.raises(IntegrityError), transaction.atomic():
        StockMovement.objects.create(
            product=products[0],
            warehouse=main,
            quantity=2,
            kind=MovementKind.REVERSAL,
            at=NOW,
            reverses=taken,
        )


def test_only_write_offs_are_reversed(main, products):
    received = come_in((products[0], 5))
    counter = put_back(write_off(main, (products[0], "1")), by_id=None, now=LATER)
    before = snapshot()
    for movements in [received, counter]:
        with pytest.raises(NotReversibleError):
            put_back(movements, by_id=None, now=LATER)
    assert snapshot() == before


def test_reversal_below_zero_is_possible_and_finds_a_deactivated_warehouse(
    main, products
):
    taken = write_off(main, (products[0], "5"), (products[0], "2"), below_zero=True)
    main.is_active = False
    main.save()
    put_back(taken[1:], by_id=None, now=LATER)
    assert (level(products[0], main), differences()) == (-5, [])


def test_count_replaces_the_level(main, products, ann):
    come_in((products[0], 5))
    movement = correct(
        products[0],
        main,
        counted=Decimal("3.5"),
        by_id=ann.pk,
        now=LATER,
        reason="Two broken",
    )
    assert (movement.quantity, movement.kind, movement.reason, movement.by) == (
        Decimal("-1.5"),
        MovementKind.CORRECTION,
        "Two broken",
        ann,
    )
    before = snapshot()
    assert (
        correct(
            products[0],
            main,
            counted=Decimal("3.500"),
            by_id=None,
            now=LATER,
            reason="",
        )
        is None
    )
    assert (
        correct(products[1], main, counted=Decimal(0), by_id=None, now=LATER, reason="")
        is None
    )
    assert snapshot() == before
    assert correct(
        products[0], main, counted=Decimal(0), by_id=None, now=LATER, reason=""
    ).quantity == Decimal("-3.5")
    assert (
        correct(
            products[1], main, counted=Decimal(4), by_id=None, now=LATER, reason=""
        ).quantity
        == 4
    )
    assert differences() == []


@pytest.mark.parametrize(
    "quantity",
    ["0", "-1", "0.0001", "1.0005", "NaN", "sNaN", "Infinity", "1000000000", "1e40"],
)
def test_bad_quantities_are_refused(main, products, quantity):
    come_in((products[0], 5))
    before = snapshot()
    with pytest.raises(InvalidQuantityError):
        write_off(main, (products[1], "1"), (products[0], quantity), below_zero=True)
    if quantity != "0":
        with pytest.raises(InvalidQuantityError):
            correct(
                products[0],
                main,
                counted=Decimal(quantity),
                by_id=None,
                now=LATER,
                reason="",
            )
    assert snapshot() == before


def test_level_beyond_the_limit_is_refused(main, products):
    most = Decimal("999999999.999")
    come_in((products[0], most))
    before = snapshot()
    with pytest.raises(InvalidQuantityError):
        come_in((products[0], Decimal("0.001")))
    assert snapshot()[:3] == before[:3]
    write_off(main, (products[1], most), below_zero=True)
    with pytest.raises(InvalidQuantityError):
        correct(products[1], main, counted=most, by_id=None, now=LATER, reason="")
    assert (level(products[0], main), level(products[1], main), differences()) == (
        most,
        -most,
        [],
    )


def test_unknown_product_is_refused(main, products):
    come_in((products[0], 5))
    before = snapshot()
    with pytest.raises(UnknownProductError) as refused:
        write_off(
            main, (products[0], "1"), (10**9, "1"), (10**9 + 1, "1"), below_zero=True
        )
    assert (refused.value.ids, snapshot()) == ([10**9, 10**9 + 1], before)


def test_inactive_warehouse_is_refused(main, products):
    come_in((products[0], 5))
    receipt = Receipt.objects.create(warehouse=main, created_at=NOW)
    receipt.lines.create(product=products[0], quantity=1)
    Warehouse.objects.update(is_active=False)
    before = snapshot()
    for refused in [
        lambda: write_off(main, (products[0], "1"), below_zero=True),
        lambda: correct(
            products[0], main, counted=Decimal(1), by_id=None, now=LATER, reason=""
        ),
        lambda: receive(receipt, by_id=None, now=LATER),
    ]:
        with pytest.raises(InactiveWarehouseError):
            refused()
    assert snapshot() == before


def test_nothing_to_take_is_nothing(main):
    assert withdraw([], warehouse=main, by_id=None, now=NOW, below_zero=False) == []
    assert put_back([], by_id=None, now=NOW, reason="") == []


def test_queries_do_not_grow_with_the_takings(main, products):
    def count(*pairs):
        with CaptureQueriesContext(connection) as queries:
            movements = write_off(main, *pairs)
        with CaptureQueriesContext(connection) as back:
            put_back(movements, by_id=None, now=LATER)
        return len(queries), len(back)

    many = [
        Product.objects.create(name=f"Many {number}", created_at=NOW)
        for number in range(40)
    ]
    come_in(*((product, 9) for product in [*products, *many]))
    # A savepoint and its end; warehouse, products, levels read; levels, stocks, movements written.
    # Back: products once more and the reversals instead of the warehouse.
    assert count((products[0], "1")) == count(
        *((product, "1") for product in many), *((product, "2") for product in many)
    )
    assert count((products[0], "1")) == (8, 9)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["receive", "take", "overtake", "back", "correct"]),
        st.lists(
            st.tuples(st.integers(0, 2), st.integers(1, 4000)), min_size=1, max_size=4
        ),
        st.integers(0, 1),
    ),
    max_size=12,
)


class Model:
    """What stock should do, kept in a dict: levels by (product, warehouse)."""

    def __init__(self) -> None:
        self.levels, self.taken = {}, []

    def step(self, what, amounts, warehouse):
        """Do one step; its outcome, and nothing else, is what the model foresees."""
        foreseen, levels = getattr(self, f"_{what}")(amounts, warehouse)
        if foreseen is None:
            self._do(what, amounts, warehouse)
            self.levels = levels
        else:
            with pytest.raises(foreseen):
                self._do(what, amounts, warehouse)

    def _do(self, what, amounts, warehouse):
        if what == "receive":
            come_in(*amounts, warehouse=warehouse)
        elif what == "back":
            put_back(self._chosen(amounts), by_id=None, now=LATER)
        elif what == "correct":
            correct(
                amounts[0][0],
                warehouse,
                counted=amounts[0][1],
                by_id=None,
                now=LATER,
                reason="",
            )
        else:
            self.taken += write_off(warehouse, *amounts, below_zero=what == "overtake")

    def _moved(self, amounts, warehouse, sign):
        levels = dict(self.levels)
        for product, quantity in amounts:
            place = (product.pk, warehouse.pk)
            levels[place] = levels.get(place, Decimal(0)) + sign * quantity
        return levels

    def _receive(self, amounts, warehouse):
        return None, self._moved(amounts, warehouse, 1)

    def _take(self, amounts, warehouse):
        levels = self._moved(amounts, warehouse, -1)
        short = any(
            levels[product.pk, warehouse.pk] < 0 for product, _quantity in amounts
        )
        return (InsufficientStockError, None) if short else (None, levels)

    def _overtake(self, amounts, warehouse):
        return None, self._moved(amounts, warehouse, -1)

    def _chosen(self, amounts):
        return (
            [self.taken[int(amounts[0][1] * 1000) % len(self.taken)]]
            if self.taken
            else []
        )

    def _back(self, amounts, _warehouse):
        levels = dict(self.levels)
        for movement in self._chosen(amounts):
            if StockMovement.objects.filter(reverses=movement).exists():
                return AlreadyReversedError, None
            levels[movement.product_id, movement.warehouse_id] -= movement.quantity
        return None, levels

    def _correct(self, amounts, warehouse):
        product, quantity = amounts[0]
        return None, self.levels | {(product.pk, warehouse.pk): quantity}


@pytest.mark.slow
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_whatever_is_done_levels_are_the_sum_of_their_movements(
    main, van, products, steps
):
    with transaction.atomic():
        model = Model()
        for what, pairs, where in steps:
            amounts = [
                (products[number], Decimal(thousandths) / 1000)
                for number, thousandths in pairs
            ]
            model.step(what, amounts, [main, van][where])
            stored = {
                (p, w): q
                for p, w, q in StockLevel.objects.values_list(
                    "product", "warehouse", "quantity"
                )
                if q
            }
            assert stored == {
                place: quantity for place, quantity in model.levels.items() if quantity
            }
            assert differences() == []
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_twenty_takers_ten_get_a_piece(main, products):
    come_in((products[0], 10))
    answers = at_once(
        *[lambda: write_off(main, (products[0], "1"))] * 20, caught=StockError
    )
    assert (
        len(
            [answer for answer in answers if isinstance(answer, InsufficientStockError)]
        )
        == 10
    )
    assert (
        level(products[0], main),
        StockMovement.objects.filter(kind="write_off").count(),
        differences(),
    ) == (0, 10, [])


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_takers_in_opposite_order_never_wait_in_a_circle(main, van, products):
    for warehouse in [main, van]:
        come_in(*((product, 100) for product in products), warehouse=warehouse)
    there = [(product, "1") for product in products]
    works = [
        lambda: write_off(main, *there),
        lambda: write_off(van, *reversed(there)),
        lambda: write_off(main, *reversed(there)),
    ]
    answers = at_once(*(works * 5))
    assert [len(answer) for answer in answers] == [3] * 15
    assert [level(product, main) for product in products] == [90, 90, 90]
    assert differences() == []


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_first_movements_of_a_product_at_once(main, products):
    answers = at_once(
        *[
            lambda: write_off(
                main, (products[0], "1"), (products[1], "2"), below_zero=True
            )
        ]
        * 8
    )
    assert [len(answer) for answer in answers] == [2] * 8
    assert (level(products[0], main), level(products[1], main), differences()) == (
        -8,
        -16,
        [],
    )


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_receipt_posted_by_several_at_once_comes_in_once(main, products):
    receipt = Receipt.objects.create(warehouse=main, created_at=NOW)
    receipt.lines.create(product=products[0], quantity=4)
    answers = at_once(
        *[lambda: receive(Receipt.objects.get(), by_id=None, now=LATER)] * 6,
        caught=StockError,
    )
    assert (
        len([answer for answer in answers if isinstance(answer, AlreadyPostedError)])
        == 5
    )
    assert (level(products[0], main), StockMovement.objects.count(), differences()) == (
        4,
        1,
        [],
    )


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_reversal_by_several_at_once_is_one(main, products):
    come_in((products[0], 4))
    taken = write_off(main, (products[0], "3"))
    answers = at_once(
        *[lambda: put_back(taken, by_id=None, now=LATER)] * 6, caught=StockError
    )
    assert (
        len([answer for answer in answers if isinstance(answer, AlreadyReversedError)])
        == 5
    )
    assert (level(products[0], main), differences()) == (4, [])


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_count_during_write_offs_is_right_after_one_of_them(main, products):
    come_in((products[0], 10))

    def count():
        return correct(
            products[0], main, counted=Decimal(50), by_id=None, now=LATER, reason=""
        )

    at_once(
        *[lambda: write_off(main, (products[0], "1"))] * 4,
        count,
        *[lambda: write_off(main, (products[0], "1"))] * 4,
    )
    correction = StockMovement.objects.get(kind="correction")
    before = StockMovement.objects.filter(
        pk__lt=correction.pk, kind="write_off"
    ).count()
    assert correction.quantity == 50 - (10 - before)
    assert (level(products[0], main), differences()) == (50 - (8 - before), [])
