"""Lines that people add, change and remove: sums follow, staff's values stay, nothing is overwritten
unseen."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from inventory.models import Product
from orders.domain.editing import ActionRefusedError, EditConflictError
from orders.domain.lines import LineValues, NewLine, add_line, change_line, remove_line
from orders.domain.permissions import MissingPermissionError
from orders.models import Order, OrderLine
from tests.support.incoming import line, order
from tests.support.orders import events_of, write_off_lines
from tests.support.times import DAY, NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
LABOUR = LineValues("Labour", Decimal("1.5"), Decimal("40.00"))


def state() -> list:
    """Everything that an act on lines may change."""
    return [
        *OrderLine.objects.order_by("id").values_list(
            "name", "quantity", "price", "discount", "total", "written_off_at"
        ),
        *Order.objects.order_by("id").values_list(
            "total", "items", "write_off", "search"
        ),
        *Order.objects.order_by("id").values_list("events"),
    ]


def test_free_text_line_is_added_and_summed_up(made_here, sam):
    one = made_here()
    add_line(one.pk, NewLine(LABOUR), by=sam, now=NOW)
    one.refresh_from_db()
    added = one.lines.get()
    assert (added.name, added.quantity, added.price, added.total, added.product) == (
        "Labour",
        Decimal("1.5"),
        40,
        60,
        None,
    )
    assert (one.total, one.items, one.search) == (60, "1.5 × Labour", "\x1flabour\n")
    assert events_of(one) == [("line_added", "Labour", "quantity", "", "1.5")]


def test_line_of_a_product_takes_its_name_and_sku(made_here, screen, sam):
    one = made_here()
    add_line(one.pk, NewLine(replace(LABOUR, name=""), screen.pk), by=sam, now=NOW)
    added = add_line(
        one.pk,
        NewLine(replace(LABOUR, name="Screen, fitted"), screen.pk),
        by=sam,
        now=NOW,
    )
    assert list(one.lines.values_list("name", "sku", "product", "position")) == [
        ("Screen", "S-1", screen.pk, 0),
        ("Screen, fitted", "S-1", screen.pk, 1),
    ]
    assert added.external_id == ""


def test_line_of_an_unknown_product_is_not_added(made_here, sam):
    one = made_here()
    before = state()
    with pytest.raises(Product.DoesNotExist):
        add_line(one.pk, NewLine(LABOUR, 999), by=sam, now=NOW)
    assert state() == before


def test_change_of_one_value_tells_old_and_new(made_here, with_line, kim):
    one = made_here()
    row = with_line(one, "2", "10.00")
    seen = LineValues.of(row)
    wanted = replace(seen, quantity=Decimal("3"), discount=Decimal("1.005"))
    change_line(one.pk, row.pk, seen=seen, wanted=wanted, by=kim, now=NOW)
    row.refresh_from_db()
    one.refresh_from_db()
    assert (row.quantity, row.discount, row.total, one.total) == (
        3,
        Decimal("1.01"),
        Decimal("28.99"),
        Decimal("28.99"),
    )
    assert events_of(one)[1:] == [
        ("line_changed", "Labour", "quantity", "2", "3"),
        ("line_changed", "Labour", "discount", "0", "1.01"),
    ]


def test_nothing_changed_is_not_told(made_here, with_line, kim):
    one = made_here()
    row = with_line(one)
    before = state()
    change_line(
        one.pk,
        row.pk,
        seen=LineValues.of(row),
        wanted=LineValues.of(row),
        by=kim,
        now=NOW,
    )
    assert state() == before


def test_two_people_at_one_value_the_later_is_told_and_nothing_is_overwritten(
    made_here, with_line, kim, sam
):
    one = made_here()
    row = with_line(one, "2")
    seen = LineValues.of(row)
    change_line(
        one.pk,
        row.pk,
        seen=seen,
        wanted=replace(seen, quantity=Decimal(3)),
        by=kim,
        now=NOW,
    )
    before = state()
    with pytest.raises(EditConflictError) as raised:
        change_line(
            one.pk,
            row.pk,
            seen=seen,
            wanted=replace(seen, quantity=Decimal(5), name="Work"),
            by=sam,
            now=NOW,
        )
    assert raised.value.now == {"quantity": Decimal(3)}
    assert state() == before


def test_two_people_at_two_values_of_a_line_both_have_their_way(
    made_here, with_line, kim, sam
):
    one = made_here()
    row = with_line(one, "2")
    seen = LineValues.of(row)
    change_line(
        one.pk,
        row.pk,
        seen=seen,
        wanted=replace(seen, price=Decimal(12)),
        by=kim,
        now=NOW,
    )
    change_line(
        one.pk,
        row.pk,
        seen=seen,
        wanted=replace(seen, quantity=Decimal(3)),
        by=sam,
        now=NOW,
    )
    row.refresh_from_db()
    assert (row.price, row.quantity, row.total) == (12, 3, 36)


def test_price_and_discount_need_the_permission(made_here, with_line, sam):
    one = made_here()
    row = with_line(one)
    before = state()
    seen = LineValues.of(row)
    for changed in [{"price": Decimal(1)}, {"discount": Decimal(1)}]:
        with pytest.raises(MissingPermissionError) as raised:
            change_line(
                one.pk,
                row.pk,
                seen=seen,
                wanted=replace(seen, **changed),
                by=sam,
                now=NOW,
            )
        assert raised.value.permissions == ("orders.edit_prices",)
    with pytest.raises(MissingPermissionError):
        add_line(one.pk, NewLine(replace(LABOUR, discount=Decimal(1))), by=sam, now=NOW)
    assert state() == before


def test_imported_order_needs_the_permission_to_work_with_it(bring, rita):
    [one] = bring(order(1))
    row = one.lines.get()
    before = state()
    seen = LineValues.of(row)
    for act in [
        lambda: add_line(one.pk, NewLine(LABOUR), by=rita, now=NOW),
        lambda: change_line(
            one.pk,
            row.pk,
            seen=seen,
            wanted=replace(seen, quantity=Decimal(9)),
            by=rita,
            now=NOW,
        ),
        lambda: remove_line(one.pk, row.pk, by=rita, now=NOW),
    ]:
        with pytest.raises(MissingPermissionError) as raised:
            act()
        assert raised.value.permissions == ("orders.add_without_write_off",)
    assert state() == before


def test_written_off_line_is_frozen(made_here, with_line, kim):
    one = made_here()
    row = with_line(one)
    write_off_lines(one, by=kim)
    before = state()
    seen = LineValues.of(row)
    with pytest.raises(ActionRefusedError, match="is written off"):
        change_line(
            one.pk,
            row.pk,
            seen=seen,
            wanted=replace(seen, name="Other"),
            by=kim,
            now=NOW,
        )
    with pytest.raises(ActionRefusedError, match="is written off"):
        remove_line(one.pk, row.pk, by=kim, now=NOW)
    assert state() == before


def test_own_line_disappears_and_a_second_removal_changes_nothing(
    made_here, with_line, sam
):
    one = made_here()
    row = with_line(one, "2", "10.00")
    with_line(one, "1", "5.00", name="Glue")
    assert remove_line(one.pk, row.pk, by=sam, now=NOW) is None
    one.refresh_from_db()
    assert (list(one.lines.values_list("name", flat=True)), one.total, one.items) == (
        ["Glue"],
        5,
        "Glue",
    )
    assert events_of(one)[-1] == ("line_removed", "Labour", "quantity", "2", "")
    before = state()
    remove_line(one.pk, row.pk, by=sam, now=NOW)
    assert state() == before


def test_removed_line_of_the_store_stays_with_quantity_0_whatever_the_store_changes(
    bring, sam
):
    [one] = bring(order(1, lines=(line(1, quantity=2, discount=Decimal(1)),)))
    kept = remove_line(one.pk, one.lines.get().pk, by=sam, now=NOW)
    assert (kept.quantity, kept.discount, kept.total) == (0, 0, 0)
    [one] = bring(
        order(1, lines=(line(1, quantity=4),), updated_at=DAY + timedelta(hours=2)),
        fetched_at=LATER,
    )
    row = one.lines.get()
    assert (row.quantity, row.store_quantity, row.discount, one.total, one.items) == (
        0,
        4,
        0,
        0,
        "",
    )
    assert events_of(one)[1:] == [
        ("line_removed", "Display 1", "quantity", "2", ""),
        ("kept", "Display 1", "quantity", "2", "4"),
    ]


def test_staffs_quantity_stays_and_the_stores_price_follows(bring, sam):
    [one] = bring(order(1, lines=(line(1, quantity=2),)))
    row = one.lines.get()
    seen = LineValues.of(row)
    change_line(
        one.pk,
        row.pk,
        seen=seen,
        wanted=replace(seen, quantity=Decimal(5)),
        by=sam,
        now=NOW,
    )
    told_by_store = order(
        1,
        lines=(line(1, quantity=3, price=Decimal("11.00")),),
        updated_at=DAY + timedelta(hours=2),
    )
    [one] = bring(told_by_store, fetched_at=LATER)
    row = one.lines.get()
    assert (row.quantity, row.price, row.total, one.total) == (5, 11, 55, 55)


def test_line_of_another_order_is_out_of_reach(made_here, with_line, kim):
    mine, other = made_here(), made_here()
    row = with_line(other)
    before = state()
    seen = LineValues.of(row)
    with pytest.raises(OrderLine.DoesNotExist):
        change_line(
            mine.pk,
            row.pk,
            seen=seen,
            wanted=replace(seen, name="Mine"),
            by=kim,
            now=NOW,
        )
    assert remove_line(mine.pk, row.pk, by=kim, now=NOW) is None
    assert state() == before
