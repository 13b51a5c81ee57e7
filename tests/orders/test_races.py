"""People and the synchronisation at the same order at the same moment: one of the right states, never a
mixture."""

import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest
from django.db import transaction

from customers import editing
from customers.matching import ContactDetails
from customers.models import Customer
from inventory.stock import InsufficientStockError
from orders.bulk.engine import ask, ask_undo, continue_action, outcome_counts
from orders.customer_data.merging import merge
from orders.domain.attributes import comment
from orders.domain.create import Draft, create_order
from orders.domain.customer_fields import update_denormalised_fields
from orders.domain.differences import accept
from orders.domain.editing import EditConflictError
from orders.domain.lines import LineValues, add_line, change_line
from orders.domain.lines import NewLine as Added
from orders.domain.locking import lock_imports
from orders.domain.permissions import WORK
from orders.domain.seen import line_token
from orders.domain.status import Outcome, change_status
from orders.domain.write_off import reverse, write_off
from orders.models import (
    BulkKind,
    BulkOutcome,
    LineWriteOff,
    Order,
    OrderLine,
    OrderType,
    Status,
)
from tests.support.concurrency import at_once
from tests.support.incoming import line, order
from tests.support.invariants.orders import violations
from tests.support.invariants.stock import differences, level
from tests.support.times import DAY, NOW

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.slow,
]
LATER = NOW + timedelta(hours=1)


def sound() -> None:
    assert violations() == []
    assert differences() == []


@pytest.mark.parametrize("round", range(3))
def test_write_off_racing_a_sync_ends_in_one_of_the_two_right_states(
    bring, main, kim, round
):
    numbers = range(1, 13)
    orders = bring(*(order(number, lines=(line(1, quantity=2),)) for number in numbers))
    kim.has_perm("orders.change_order")

    def sync():
        changed = (line(1, quantity=5, price=Decimal("9.00")),)
        for few in [numbers[:4], numbers[4:8], numbers[8:]]:
            bring(
                *(
                    order(n, lines=changed, updated_at=DAY + timedelta(hours=2))
                    for n in few
                ),
                fetched_at=LATER,
            )

    def people():
        for one in orders if round % 2 else reversed(orders):
            write_off(one.pk, None, warehouse=main, by=kim, now=NOW, below_zero=True)

    assert at_once(sync, people) == [None, None]
    sound()
    before = {"quantity": ["2", "5"], "price": ["10", "9"]}
    for row in OrderLine.objects.all():
        # Written off as it was and marked as different, or written off with what the store had brought
        # before.
        assert (row.quantity, row.price, row.difference) in [
            (2, 10, before),
            (5, 9, None),
        ]
        assert row.written_off_at == NOW
    written = sum(LineWriteOff.objects.values_list("quantity", flat=True))
    assert level(OrderLine.objects.first().product, main) == -written


def test_write_off_of_what_was_seen_racing_a_sync_never_takes_anything_else(
    bring, main, kim
):
    numbers = range(1, 13)
    orders = bring(*(order(number, lines=(line(1),)) for number in numbers))
    kim.has_perm("orders.change_order")
    shown = {row.order_id: {row.pk: line_token(row)} for row in OrderLine.objects.all()}

    def sync():
        for few in [numbers[:4], numbers[4:8], numbers[8:]]:
            changed = {"lines": (line(1, quantity=4),)}
            updates = [
                order(n, updated_at=DAY + timedelta(hours=2), **changed) for n in few
            ]
            bring(*updates, fetched_at=LATER)

    def people():
        refused = 0
        for one in reversed(orders):
            options = {"by": kim, "now": NOW, "below_zero": True}
            try:
                write_off(one.pk, None, warehouse=main, seen=shown[one.pk], **options)
            except EditConflictError:
                refused += 1
        return refused

    [_none, refused] = at_once(sync, people)
    sound()
    # Written off as it was seen, and marked as different later; or refused and left to the store.
    columns = ["quantity", "written_off_at", "difference"]
    rows = list(OrderLine.objects.values_list(*columns))
    written, left = (1, NOW, {"quantity": ["1", "4"]}), (4, None, None)
    assert rows.count(left) == refused
    assert rows.count(written) == 12 - refused


def test_staffs_value_racing_a_stores_change_is_never_silently_one_of_the_two(
    bring, kim
):
    """The store makes 1 piece 4 while staff make it 2: staff's comes last and holds, or waits beside the
    store's."""
    numbers = range(1, 13)
    orders = bring(*(order(number, lines=(line(1),)) for number in numbers))
    kim.has_perm("orders.change_order")
    seen = {row.order_id: LineValues.of(row) for row in OrderLine.objects.all()}
    ids = dict(OrderLine.objects.values_list("order_id", "pk"))

    def sync():
        for few in [numbers[:4], numbers[4:8], numbers[8:]]:
            changed = {"lines": (line(1, quantity=4),)}
            updates = [
                order(n, updated_at=DAY + timedelta(hours=2), **changed) for n in few
            ]
            bring(*updates, fetched_at=LATER)

    def people():
        refused = 0
        for one in reversed(orders):
            old = seen[one.pk]
            wanted = replace(old, quantity=Decimal(2))
            try:
                change_line(
                    one.pk, ids[one.pk], seen=old, wanted=wanted, by=kim, now=NOW
                )
            except EditConflictError:
                refused += 1
        return refused

    [_none, refused] = at_once(sync, people)
    sound()
    rows = list(OrderLine.objects.values_list("quantity", "difference"))
    waiting, followed = (2, {"quantity": ["1", "4"]}), (4, None)
    assert rows.count(followed) == refused
    assert rows.count(waiting) == 12 - refused
    assert Order.objects.filter(needs_attention=True).count() == 12 - refused


def test_difference_is_decided_as_it_was_seen_or_not_at_all(bring, kim):
    """Somebody takes the store's 4 while the store makes them 5."""
    numbers = range(1, 9)
    orders = bring(*(order(number, lines=(line(1),)) for number in numbers))
    kim.has_perm("orders.change_order")
    for row in OrderLine.objects.all():
        old = LineValues.of(row)
        wanted = replace(old, quantity=Decimal(2))
        change_line(row.order_id, row.pk, seen=old, wanted=wanted, by=kim, now=NOW)

    def sell(quantity, hours):
        for few in [numbers[:4], numbers[4:]]:
            lines, at = (line(1, quantity=quantity),), DAY + timedelta(hours=hours)
            updates = [order(n, lines=lines, updated_at=at) for n in few]
            bring(*updates, fetched_at=LATER)

    sell(4, 2)
    marks = {row.order_id: (row.pk, line_token(row)) for row in OrderLine.objects.all()}

    def people():
        refused = 0
        for one in reversed(orders):
            pk, seen = marks[one.pk]
            try:
                accept(one.pk, pk, seen=seen, by=kim, now=LATER)
            except EditConflictError:
                refused += 1
        return refused

    [_none, refused] = at_once(lambda: sell(5, 3), people)
    sound()
    rows = list(OrderLine.objects.values_list("quantity", "difference"))
    # Taken at 4 and following to 5; or left at 2, where 5 waits now.
    assert rows.count((5, None)) == 8 - refused
    assert rows.count((2, {"quantity": ["1", "5"]})) == refused


def test_of_two_who_change_one_status_at_once_one_is_told(made_here, kim, ann):
    one = made_here()
    for user in [kim, ann]:
        user.has_perm("orders.change_order")
    ready, waiting = (
        Status.objects.get(name=name) for name in ["Ready", "Waiting for parts"]
    )
    seen = {one.pk: one.status_id}

    def change(status, by):
        return change_status([one.pk], status, seen=seen, by=by, now=NOW)[one.pk]

    outcomes = at_once(lambda: change(ready, kim), lambda: change(waiting, ann))
    assert sorted(outcomes) == [Outcome.CHANGED, Outcome.STALE]
    winner = [ready, waiting][outcomes.index(Outcome.CHANGED)]
    assert Order.objects.get().status == winner
    assert [event.new for event in one.events.filter(kind="status")] == [winner.name]


def test_undo_racing_a_change_by_someone_else_sets_back_or_leaves_each_order(
    made_here, kim, ann
):
    """What somebody else has changed is never set back, and nobody changes what they have not seen."""
    orders = [made_here() for _ in range(12)]
    new, ready, closed = (
        Status.objects.get(name=name) for name in ["New", "Ready", "Closed"]
    )
    asked = {"kind": BulkKind.STATUS, "by": kim, "now": NOW, "status": ready}
    action = ask(Order.objects.all(), **asked)
    continue_action(action.pk, clock=lambda: NOW)
    kim.has_perm("orders.change_order")
    ann.has_perm("orders.change_order")

    def undo():
        undone = ask_undo(action.pk, by=kim, now=LATER)
        continue_action(undone.pk, clock=lambda: LATER)
        return dict(undone.orders.values_list("order_id", "outcome"))

    def change():
        found = {}
        for one in reversed(orders):
            seen = {one.pk: ready.pk}
            found |= change_status([one.pk], closed, seen=seen, by=ann, now=LATER)
        return found

    undone, changed = at_once(undo, change)
    sound()
    assert dict(action.orders.values_list("order_id", "outcome")) == dict.fromkeys(
        undone, BulkOutcome.CHANGED
    )
    for pk, status in Order.objects.values_list("pk", "status"):
        assert (status, undone[pk], changed[pk]) in [
            (new.pk, BulkOutcome.UNDONE, Outcome.STALE),
            (closed.pk, BulkOutcome.CHANGED_SINCE, Outcome.CHANGED),
        ]


def test_reversal_and_acceptance_racing_a_sync_leave_no_mixture(bring, main, kim):
    numbers = range(1, 9)
    orders = bring(*(order(number, lines=(line(1, quantity=2),)) for number in numbers))
    for one in orders:
        write_off(one.pk, None, warehouse=main, by=kim, now=NOW, below_zero=True)
    updates = [
        order(n, lines=(line(1, quantity=3),), updated_at=DAY + timedelta(hours=2))
        for n in numbers
    ]
    bring(*updates, fetched_at=LATER)
    marks = {row.order_id: (row.pk, line_token(row)) for row in OrderLine.objects.all()}

    def sync():
        bring(
            *(
                msgspec.structs.replace(
                    each,
                    lines=(line(1, quantity=4),),
                    updated_at=DAY + timedelta(hours=3),
                )
                for each in updates
            ),
            fetched_at=LATER,
        )

    def take_over():
        for one in orders[:4]:
            pk, seen = marks[one.pk]
            try:
                accept(one.pk, pk, seen=seen, by=kim, now=LATER, below_zero=True)
            except EditConflictError:
                continue

    def put_back():
        for one in orders[4:]:
            reverse(one.pk, None, by=kim, now=LATER)

    assert at_once(sync, take_over, put_back) == [None, None, None]
    sound()
    for row in OrderLine.objects.filter(order__in=orders[:4]):
        # Accepted before the sync, or refused after it.
        assert (row.quantity, row.difference) in [
            (3, {"quantity": ["3", "4"]}),
            (2, {"quantity": ["2", "4"]}),
        ]
    assert set(
        OrderLine.objects.filter(order__in=orders[4:]).values_list(
            "quantity", "difference"
        )
    ) == {(4, None)}


@pytest.mark.parametrize("change", ["renamed", "merged"])
def test_act_that_waited_for_a_change_of_the_customer_repeats_the_new_one(
    bring, kim, change
):
    one, other = bring(order(1), order(2))
    updates, named = threading.Event(), {"first_name": "Grace", "last_name": "Hopper"}

    def change_customer():
        with transaction.atomic():
            if change == "renamed":
                lock_imports()
                ada = editing.lock_customer(one.customer_id)
                editing.change_customer(
                    ada,
                    dict.fromkeys(editing.FIELDS, "") | named,
                    by_id=kim.pk,
                    now=NOW,
                )
                update_denormalised_fields([ada])
            else:
                merge(other.customer_id, one.customer_id, by_id=kim.pk, now=NOW)
            updates.set()
            time.sleep(0.5)  # for the other to come as far as the order's lock

    def act():
        assert updates.wait(10)
        comment(one.pk, "Called.", by=kim, now=NOW)

    at_once(change_customer, act)
    name = "Grace Hopper" if change == "renamed" else "Ada Nr2"
    stored = Order.objects.get(pk=one.pk)
    assert (
        stored.customer.name,
        stored.customer_name,
        name.lower() in stored.search,
    ) == (name, name, True)
    sound()


def test_of_many_write_offs_of_one_line_one_counts(
    made_here, with_line, stocked, screen, main, kim
):
    stocked(screen, 10)
    one = made_here()
    with_line(one, "2", product=screen)
    done = at_once(
        *[lambda: write_off(one.pk, None, warehouse=main, by=kim, now=NOW)] * 6
    )
    assert sorted(len(each) for each in done) == [0, 0, 0, 0, 0, 1]
    assert (level(screen, main), LineWriteOff.objects.count()) == (8, 1)
    sound()


def test_two_orders_want_the_last_piece(
    made_here, with_line, stocked, screen, main, kim
):
    stocked(screen, 1)
    orders = [made_here(), made_here()]
    for one in orders:
        with_line(one, product=screen)
    done = at_once(
        *[
            lambda pk=one.pk: write_off(pk, None, warehouse=main, by=kim, now=NOW)
            for one in orders
        ],
        caught=InsufficientStockError,
    )
    assert sorted(isinstance(each, InsufficientStockError) for each in done) == [
        False,
        True,
    ]
    assert (level(screen, main), LineWriteOff.objects.count()) == (0, 1)
    sound()


@pytest.mark.parametrize("round", range(3))
def test_two_write_offs_of_the_same_selection_take_each_order_once(
    made_here, with_line, stocked, products, main, kim, sam, round
):
    first, second, _unsold = products
    for part in products:
        stocked(part, 20)
    # In the one's order of products and in the other's; the last five find nothing.
    for number in range(25):
        one = made_here()
        for part in [first, second] if number % 2 else [second, first]:
            with_line(one, product=part)
    kim.has_perm(WORK), sam.has_perm(WORK)
    actions = [
        ask(
            Order.objects.all(),
            kind=BulkKind.WRITE_OFF,
            by=by,
            now=LATER,
            warehouse=main,
        )
        for by in [kim, sam]
    ]
    ends = at_once(
        *[
            lambda pk=each.pk: continue_action(pk, clock=lambda: LATER)
            for each in actions
        ]
    )
    assert ends == [True, True]
    counts = sum((outcome_counts([each])[each.pk] for each in actions), Counter())
    assert counts == {
        BulkOutcome.WRITTEN_OFF: 20,
        BulkOutcome.NOTHING_LEFT: 20,
        BulkOutcome.SHORT: 10,
    }
    assert [level(part, main) for part in products] == [0, 0, 20]
    assert LineWriteOff.objects.count() == 40
    sound()


def test_write_offs_of_other_orders_with_the_same_products_wait_in_no_circle(
    made_here, with_line, stocked, products, main, kim, sam
):
    one, other, _unsold = products
    for part in [one, other]:
        stocked(part, 60)
    # Each action comes to the two products in the other's order, again and again.
    chosen: list[list[int]] = [[], []]
    for number in range(60):
        made = made_here()
        with_line(made, product=[one, other][(number + number // 2) % 2])
        chosen[number % 2].append(made.pk)
    kim.has_perm(WORK), sam.has_perm(WORK)
    actions = [
        ask(
            Order.objects.filter(pk__in=ids),
            kind=BulkKind.WRITE_OFF,
            by=by,
            now=LATER,
            warehouse=main,
        )
        for by, ids in zip([kim, sam], chosen, strict=True)
    ]
    at_once(
        *[
            lambda pk=each.pk: continue_action(pk, clock=lambda: LATER)
            for each in actions
        ]
    )
    for action in actions:
        found = outcome_counts([action])[action.pk]
        assert found == {BulkOutcome.WRITTEN_OFF: 30}
    sound()


def test_two_workers_at_one_write_off_take_each_order_once(
    made_here, with_line, stocked, screen, main, kim
):
    stocked(screen, 30)
    for _ in range(30):
        with_line(made_here(), product=screen)
    chosen = {"kind": BulkKind.WRITE_OFF, "by": kim, "warehouse": main}
    action = ask(Order.objects.all(), now=NOW, **chosen)
    # The first one's lease has run out for all the others.
    clocks = [NOW + timedelta(hours=hours) for hours in range(1, 5)]
    at_once(
        *[lambda at=at: continue_action(action.pk, clock=lambda: at) for at in clocks]
    )
    continue_action(action.pk, clock=lambda: NOW + timedelta(days=1))
    assert outcome_counts([action])[action.pk] == {BulkOutcome.WRITTEN_OFF: 30}
    assert (level(screen, main), LineWriteOff.objects.count()) == (0, 30)
    sound()


@pytest.mark.parametrize("round", range(3))
def test_undo_of_a_write_off_racing_it_and_people_leaves_stock_and_orders_agreed(
    made_here, with_line, stocked, screen, main, kim, sam, round
):
    stocked(screen, 12)
    orders = [made_here() for _ in range(12)]
    for one in orders:
        with_line(one, product=screen)
    chosen = {"kind": BulkKind.WRITE_OFF, "by": kim, "warehouse": main}
    action = ask(Order.objects.all(), now=LATER, **chosen)

    def undo():
        undone = ask_undo(action.pk, by=kim, now=LATER + timedelta(minutes=1))
        continue_action(undone.pk, clock=lambda: LATER + timedelta(minutes=1))

    def people():
        for one in reversed(orders):
            write_off(one.pk, None, warehouse=main, by=sam, now=NOW)

    at_once(lambda: continue_action(action.pk, clock=lambda: LATER), undo, people)
    outcomes = outcome_counts([action])[action.pk]
    assert outcomes[BulkOutcome.WAITING] == 0
    # Theirs stand; the action's do not.
    assert set(
        LineWriteOff.objects.filter(by=kim).values_list("reversed_by", flat=True)
    ) <= {kim.pk}
    standing = LineWriteOff.objects.filter(reversed_at=None)
    assert set(standing.values_list("by", flat=True)) <= {sam.pk}
    assert level(screen, main) == 12 - standing.count()
    sound()


def test_two_people_at_one_value_one_is_told(made_here, with_line, kim, sam):
    one = made_here()
    row = with_line(one, "2")
    seen = LineValues.of(row)

    def change(who, quantity):
        return lambda: change_line(
            one.pk,
            row.pk,
            seen=seen,
            wanted=replace(seen, quantity=quantity),
            by=who,
            now=NOW,
        )

    done = at_once(
        change(kim, Decimal(3)), change(sam, Decimal(4)), caught=EditConflictError
    )
    assert sorted(isinstance(each, EditConflictError) for each in done) == [False, True]
    row.refresh_from_db()
    assert row.quantity in (3, 4)
    sound()


def test_lines_added_at_once_are_all_summed_up(made_here, kim):
    one = made_here()
    done = at_once(
        *[
            lambda: add_line(
                one.pk,
                Added(LineValues("Labour", Decimal(1), Decimal(10))),
                by=kim,
                now=NOW,
            )
        ]
        * 6
    )
    assert all(isinstance(each, OrderLine) for each in done)
    one.refresh_from_db()
    assert (one.total, sorted(one.lines.values_list("position", flat=True))) == (
        60,
        [0, 1, 2, 3, 4, 5],
    )
    sound()


def test_orders_made_at_once_have_numbers_of_their_own_and_one_customer(bring, kim):
    repair = OrderType.objects.get(name="Repair")
    contact = ContactDetails(first_name="Ada", phone="+4915112345001")

    def make():
        return create_order(Draft(repair, customer=contact), by=kim, now=NOW).pk

    done = at_once(*[make] * 5, lambda: bring(order(1)) and None)
    assert len(set(done)) == 6
    assert (Order.objects.count(), Customer.objects.count()) == (6, 1)
    sound()
