"""Orders made in RO App: number, status, customer, lines and feed, in one go."""

from datetime import date
from decimal import Decimal

import pytest

from customers.matching import ContactDetails
from customers.models import Customer
from inventory.models import Product
from orders.domain.attributes import set_customer, set_due, set_note
from orders.domain.create import Draft, create_order
from orders.domain.editing import ActionRefusedError, EditConflictError
from orders.domain.lines import LineValues, NewLine
from orders.domain.permissions import MissingPermissionError
from orders.models import Order, OrderEvent, OrderLine, OrderType
from tests.support.incoming import order
from tests.support.orders import events_of
from tests.support.times import NOW

pytestmark = pytest.mark.django_db
ADA = ContactDetails(
    first_name="Ada",
    last_name="Lovelace",
    phone="+4915112345678",
    email="ada@example.com",
)


def draft(**values) -> Draft:
    return Draft(OrderType.objects.get(name="Repair"), **values)


def test_order_is_made_with_everything_that_was_typed(screen, kim, sam):
    lines = [
        NewLine(LineValues("", Decimal(1), Decimal("89.90"), Decimal("10")), screen.pk),
        NewLine(LineValues("Labour", Decimal("0.5"), Decimal("60"))),
    ]
    one = create_order(
        draft(
            customer=ADA,
            assignee=sam,
            due_on=date(2026, 12, 1),
            note="Wet",
            lines=lines,
        ),
        by=kim,
        now=NOW,
    )
    one = Order.objects.get(pk=one.pk)
    assert (
        one.status.name,
        one.order_type.name,
        one.store,
        one.placed_at,
        one.created_by,
    ) == (
        "New",
        "Repair",
        None,
        NOW,
        kim,
    )
    assert (one.assignee, one.due_on, one.note) == (sam, date(2026, 12, 1), "Wet")
    assert (one.customer.name, one.customer_name, one.customer.phone) == (
        "Ada Lovelace",
        "Ada Lovelace",
        "+4915112345678",
    )
    assert (one.total, one.items) == (Decimal("109.90"), "Screen, 0.5 × Labour")
    assert list(one.lines.values_list("name", "sku", "total")) == [
        ("Screen", "S-1", Decimal("79.90")),
        ("Labour", "", Decimal("30.00")),
    ]
    assert events_of(one) == [("created", "", "", "", "")]
    assert one.events.get().by == kim


def test_same_phone_is_the_same_customer(kim):
    first = create_order(draft(customer=ADA), by=kim, now=NOW)
    again = ContactDetails(first_name="A.", phone="0151 12345678", country="DE")
    second = create_order(draft(customer=again), by=kim, now=NOW)
    assert second.customer == first.customer
    assert (Customer.objects.count(), second.customer.name) == (1, "Ada Lovelace")


def test_customer_of_a_store_is_found_by_phone(bring, kim):
    [imported] = bring(order(1))
    one = create_order(
        draft(customer=ContactDetails(first_name="X", phone=imported.customer.phone)),
        by=kim,
        now=NOW,
    )
    assert one.customer == imported.customer


def test_numbers_are_unique_and_follow_each_other(kim):
    numbers = [create_order(draft(note="Wet"), by=kim, now=NOW).pk for _ in range(4)]
    assert numbers == list(range(numbers[0], numbers[0] + 4))


@pytest.mark.parametrize("note", ["", "  \n"])
def test_order_without_customer_lines_and_note_is_refused(kim, note):
    with pytest.raises(ActionRefusedError) as refused:
        create_order(draft(note=note), by=kim, now=NOW)
    assert str(refused.value) == (
        "The order is empty. Enter a customer, a line or a note."
    )
    assert Order.objects.count() == 0


def test_discount_needs_the_permission_and_an_unknown_product_stops_it(sam, kim):
    discounted = NewLine(LineValues("Labour", Decimal(1), Decimal(60), Decimal(5)))
    unknown = NewLine(LineValues("Labour", Decimal(1), Decimal(60)), 999)
    with pytest.raises(MissingPermissionError):
        create_order(draft(customer=ADA, lines=[discounted]), by=sam, now=NOW)
    with pytest.raises(Product.DoesNotExist):
        create_order(draft(customer=ADA, lines=[unknown]), by=kim, now=NOW)
    assert [
        model.objects.count() for model in [Order, OrderLine, OrderEvent, Customer]
    ] == [0, 0, 0, 0]


def test_customer_due_date_and_note_are_changed_and_told(made_here, kim):
    one = made_here()
    set_customer(one.pk, ADA, seen=None, by=kim, now=NOW)
    set_due(one.pk, date(2026, 12, 1), seen=None, by=kim, now=NOW)
    set_note(one.pk, "Wet", seen="", by=kim, now=NOW)
    one.refresh_from_db()
    assert (one.customer_name, one.due_on, one.note) == (
        "Ada Lovelace",
        date(2026, 12, 1),
        "Wet",
    )
    assert "ada@example.com" in one.search
    set_customer(one.pk, None, seen=one.customer_id, by=kim, now=NOW)
    set_due(one.pk, None, seen=date(2026, 12, 1), by=kim, now=NOW)
    one.refresh_from_db()
    assert (one.customer, one.customer_name, one.due_on) == (None, "", None)
    assert events_of(one) == [
        ("customer", "", "customer", "", "Ada Lovelace"),
        ("due", "", "due_on", "", "2026-12-01"),
        ("note", "", "note", "", "Wet"),
        ("customer", "", "customer", "Ada Lovelace", ""),
        ("due", "", "due_on", "2026-12-01", ""),
    ]


def test_note_that_others_rewrote_is_not_overwritten(made_here, kim, sam):
    one = made_here(note="Wet")
    set_note(one.pk, "Wet, in a bag", seen="Wet", by=kim, now=NOW)
    with pytest.raises(EditConflictError) as raised:
        set_note(one.pk, "Dry", seen="Wet", by=sam, now=NOW)
    assert raised.value.now == {"note": "Wet, in a bag"}
    assert Order.objects.get().note == "Wet, in a bag"


def test_details_of_a_store_order_need_the_permission(bring, rita):
    [one] = bring(order(1))
    for act in [
        lambda: set_customer(one.pk, ADA, seen=one.customer_id, by=rita, now=NOW),
        lambda: set_due(one.pk, date(2026, 12, 1), seen=None, by=rita, now=NOW),
        lambda: set_note(one.pk, "x", seen="", by=rita, now=NOW),
    ]:
        with pytest.raises(MissingPermissionError):
            act()
    after = Order.objects.get()
    assert (after.customer_id, after.due_on, after.note, Customer.objects.count()) == (
        one.customer_id,
        None,
        "",
        1,
    )
