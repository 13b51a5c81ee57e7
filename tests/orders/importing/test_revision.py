"""What of an order follows its store: every rule of ``revise``, without a database."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from customers.matching import ContactDetails
from orders.importing.incoming import IncomingLine, IncomingOrder
from orders.importing.revision import (
    Change,
    Revision,
    is_the_stores,
    revise,
    store_values,
)
from orders.models import EventKind, Order, OrderLine
from tests.support.incoming import figures, line, order
from tests.support.times import DAY

pytestmark = pytest.mark.once
LATER = DAY + timedelta(days=1)


def known_order(incoming: IncomingOrder) -> Order:
    """The order as it stands here after its store sent this."""
    return Order(**store_values(incoming))


def known_line(*, ours: dict[str, str] | None = None, **values: Any) -> OrderLine:
    """Two displays at 10.00, 3.00 off; ``ours`` are values that staff have set since."""
    at_store = {"quantity": Decimal(2), "price": Decimal(10), "discount": Decimal(3)}
    staff = {name: Decimal(text) for name, text in (ours or {}).items()}
    stored = {f"store_{name}": value for name, value in at_store.items()}
    return OrderLine(
        external_id="1", name="Display", **at_store | staff, **stored | values
    )


def same_line(**values: Any) -> IncomingLine:
    """The known line as its store sends it again, with these changes."""
    return line(
        1, **{"name": "Display", "quantity": 2, "discount": Decimal("3.00")} | values
    )


def revised(known: OrderLine, *incoming: IncomingLine) -> Revision:
    sent = order(lines=incoming)
    return revise(known_order(sent), [known], sent)


def test_same_order_again_changes_nothing() -> None:
    revision = revised(known_line(), same_line())
    assert (revision.is_empty, revision.changes) == (True, [])


@pytest.mark.parametrize(
    ("part", "is_empty"),
    [
        ({"order": {"payment": "paid"}}, False),
        ({"lines": [1]}, False),
        ({"added": [1]}, False),
        ({}, True),
    ],
)
def test_revision_with_any_part_is_not_empty(
    part: dict[str, Any], is_empty: bool
) -> None:
    assert Revision(**part).is_empty is is_empty


@pytest.mark.parametrize(
    ("sent", "column", "old", "new"),
    [
        ({"payment": "refunded"}, "payment", "paid", "refunded"),
        ({"fulfilment": "fulfilled"}, "fulfilment", "unfulfilled", "fulfilled"),
        ({"cancelled_at": LATER}, "cancelled_at", "", "2026-11-21T09:30:00+00:00"),
        ({"closed_at": LATER}, "closed_at", "", "2026-11-21T09:30:00+00:00"),
        ({"note": "Ring twice"}, "store_note", "", "Ring twice"),
        ({"delivery_address": "Berlin"}, "delivery_address", "", "Berlin"),
        ({"figures": figures(refunded=Decimal("5.50"))}, "store_refunded", "0", "5.5"),
    ],
)
def test_reported_field_follows_the_store_with_an_event(
    sent: dict[str, Any], column: str, old: str, new: str
) -> None:
    first = order(figures=figures())
    incoming = replace(first, **sent)
    revision = revise(known_order(first), [], replace(incoming, lines=()))
    assert revision.order == {column: store_values(incoming)[column]}
    assert revision.changes == [Change(EventKind.CHANGED, "", column, old, new)]


SINCE_PAID = [
    ({"purchase_order": "PO-7"}, "purchase_order", "PO-7"),
    ({"figures": figures(paid=Decimal("5.50"))}, "store_paid", "5.5"),
    ({"figures": figures(due=Decimal("5.50"))}, "store_due", "5.5"),
    ({"buyer_entries": [["Engraving", "Ada"]]}, "buyer_entries", "Engraving: Ada"),
]
"""Fields that orders from before the column ``store_paid`` do not have yet."""


@pytest.mark.parametrize(("sent", "column", "new"), SINCE_PAID)
def test_what_is_paid_and_entered_follows_the_store_with_an_event(
    sent: dict[str, Any], column: str, new: str
) -> None:
    first = order(lines=())
    revision = revise(known_order(first), [], replace(first, **sent))
    assert revision.order.keys() == {column}
    assert [(each.field, each.new) for each in revision.changes] == [(column, new)]


@pytest.mark.parametrize(("sent", "column", "new"), SINCE_PAID)
def test_order_from_before_is_filled_up_without_an_event(
    sent: dict[str, Any], column: str, new: str
) -> None:
    incoming = replace(order(lines=()), **sent)
    known = known_order(order(lines=()))
    known.store_paid = known.store_due = None
    revision = revise(known, [], replace(incoming, payment="refunded"))
    assert revision.order.keys() == {"payment", "store_paid", "store_due", column}
    assert [each.field for each in revision.changes] == ["payment"]


BUNDLE = {"bundle": "Repair kit", "bundle_id": "9", "is_gift_card": True}
ENTERED = [["Device", "Fono 12"]]


@pytest.mark.parametrize(
    ("written_off_at", "is_first", "written"),
    [
        (None, False, BUNDLE),
        (DAY, False, {}),
        (
            None,
            True,
            BUNDLE | {"buyer_entries": ENTERED, "store_buyer_entries": ENTERED},
        ),
        (
            DAY,
            True,
            BUNDLE | {"buyer_entries": ENTERED, "store_buyer_entries": ENTERED},
        ),
    ],
)
def test_what_describes_a_line_follows_without_an_event(
    written_off_at: datetime | None, is_first: bool, written: dict[str, Any]
) -> None:
    sent = order(
        lines=(same_line(**BUNDLE, buyer_entries=ENTERED if is_first else None),)
    )
    known = known_order(sent)
    if is_first:
        known.store_paid = None
    row = known_line(written_off_at=written_off_at)
    revision = revise(known, [row], sent)
    assert revision.lines == ([(row, written)] if written else [])
    assert revision.changes == []


@pytest.mark.parametrize(
    ("sent", "column", "value"),
    [
        ({"number": "#1001-B"}, "external_number", "#1001-B"),
        ({"figures": figures(items=Decimal(1))}, "store_items", Decimal(1)),
        ({"figures": figures(discounts=Decimal(1))}, "store_discounts", Decimal(1)),
        ({"figures": figures(shipping=Decimal(1))}, "store_shipping", Decimal(1)),
        ({"figures": figures(tax=Decimal(1))}, "store_tax", Decimal(1)),
        ({"figures": figures(tip=Decimal(1))}, "store_tip", Decimal(1)),
        ({"figures": figures(total=Decimal(1))}, "store_total", Decimal(1)),
        ({"figures": figures(tax_included=False)}, "store_tax_included", False),
        ({"figures": figures(duties=Decimal(1))}, "store_duties", Decimal(1)),
        ({"figures": figures(fees=Decimal(1))}, "store_fees", Decimal(1)),
        ({"figures": figures(goodwill=Decimal(1))}, "store_goodwill", Decimal(1)),
        ({"figures": figures(tip_is_line=True)}, "store_tip_is_line", True),
    ],
)
def test_other_field_follows_the_store_without_an_event(
    sent: dict[str, Any], column: str, value: object
) -> None:
    first = order(lines=())
    revision = revise(known_order(first), [], replace(first, **sent))
    assert (revision.order, revision.changes) == ({column: value}, [])


@pytest.mark.parametrize(
    ("sent", "columns"),
    [
        ({"delivery_method": "DHL"}, {"delivery_method"}),
        ({"delivery_cost": Decimal("6.90")}, {"delivery_cost"}),
        (
            {"delivery_method": "DHL", "delivery_cost": Decimal("6.90")},
            {"delivery_method", "delivery_cost"},
        ),
    ],
)
def test_delivery_is_one_event_with_method_and_cost(
    sent: dict[str, Any], columns: set[str]
) -> None:
    first = order(lines=(), delivery_method="UPS", delivery_cost=Decimal("4.90"))
    incoming = replace(first, **sent)
    revision = revise(known_order(first), [], incoming)
    assert revision.order.keys() == columns
    method = sent.get("delivery_method", "UPS")
    cost = "6.9" if "delivery_cost" in sent else "4.9"
    assert revision.changes == [
        Change(EventKind.DELIVERY, method, "delivery_cost", "4.9", cost)
    ]


def test_order_that_the_store_shows_again_is_no_longer_gone() -> None:
    incoming = order(lines=())
    known = known_order(incoming)
    known.gone_at = DAY
    revision = revise(known, [], incoming)
    assert (revision.order, revision.changes) == ({"gone_at": None}, [])


@pytest.mark.parametrize(
    ("contact", "address", "written"),
    [
        (ContactDetails(), "", {}),  # the store withholds its customers' data
        (ContactDetails(), "Hamburg", {"delivery_address": "Hamburg"}),
        (ContactDetails(first_name="Ada"), "", {"delivery_address": ""}),
    ],
)
def test_address_stays_only_where_the_store_withholds_everything(
    contact: ContactDetails, address: str, written: dict[str, str]
) -> None:
    first = order(lines=(), delivery_address="Berlin")
    incoming = replace(first, contact=contact, delivery_address=address)
    assert revise(known_order(first), [], incoming).order == written


@pytest.mark.parametrize(
    ("ours", "sent", "written", "events"),
    [
        # The store's own value follows the store.
        (
            {},
            {"quantity": 3},
            {"quantity": 3, "store_quantity": 3},
            [("changed", "quantity", "2", "3")],
        ),
        (
            {},
            {"price": Decimal("12.50")},
            {"price": Decimal("12.5"), "store_price": Decimal("12.5")},
            [("changed", "price", "10", "12.5")],
        ),
        (
            {},
            {"discount": Decimal(0)},
            {"discount": 0, "store_discount": 0},
            [("changed", "discount", "3", "0")],
        ),
        # Staff's value stays, the event says so, and somebody has to decide.
        (
            {"quantity": "5"},
            {"quantity": 3},
            {"store_quantity": 3, "difference": {"quantity": ["2", "3"]}},
            [("kept", "quantity", "2", "3")],
        ),
        # What staff set of two fields waits, what they did not follows.
        (
            {"quantity": "5", "price": "12"},
            {"quantity": 3, "price": Decimal(11), "discount": Decimal(1)},
            {
                "store_quantity": 3,
                "store_price": 11,
                "store_discount": 1,
                "discount": 1,
                "difference": {"quantity": ["2", "3"], "price": ["10", "11"]},
            },
            [
                ("kept", "quantity", "2", "3"),
                ("kept", "price", "10", "11"),
                ("changed", "discount", "3", "1"),
            ],
        ),
        # Staff's value of one field does not hold back another.
        (
            {"quantity": "5"},
            {"price": Decimal(11)},
            {"price": 11, "store_price": 11},
            [("changed", "price", "10", "11")],
        ),
        # The store has come to what stands here already: noted, no event.
        ({"quantity": "5"}, {"quantity": 5}, {"store_quantity": 5}, []),
        # Staff's value alone is no change of the store's.
        ({"quantity": "5"}, {}, None, []),
    ],
)
def test_line_follows_the_store_except_in_staffs_values(
    ours: dict[str, str],
    sent: dict[str, Any],
    written: dict[str, Any] | None,
    events: list[tuple[str, str, str, str]],
) -> None:
    known = known_line(ours=ours)
    revision = revised(known, same_line(**sent))
    assert revision.lines == ([(known, written)] if written else [])
    assert revision.changes == [
        Change(EventKind(kind), "Display", field, old, new)
        for kind, field, old, new in events
    ]


@pytest.mark.parametrize(
    ("difference", "sent", "written", "events"),
    [
        (
            None,
            {"quantity": 3},
            {"store_quantity": 3, "difference": {"quantity": ["2", "3"]}},
            [("quantity", "2", "3")],
        ),
        # A second change keeps the value at the write-off as the old one.
        (
            {"quantity": ["1", "2"]},
            {"quantity": 4},
            {"store_quantity": 4, "difference": {"quantity": ["1", "4"]}},
            [("quantity", "2", "4")],
        ),
        # Back to the old value: no difference is left.
        (
            {"quantity": ["1", "2"]},
            {"quantity": 1},
            {"store_quantity": 1, "difference": None},
            [("quantity", "2", "1")],
        ),
        # Another field's difference stays.
        (
            {"price": ["9", "10"]},
            {"quantity": 3},
            {
                "store_quantity": 3,
                "difference": {"price": ["9", "10"], "quantity": ["2", "3"]},
            },
            [("quantity", "2", "3")],
        ),
    ],
)
def test_written_off_line_keeps_its_values_and_notes_the_difference(
    difference: dict[str, list[str]] | None,
    sent: dict[str, Any],
    written: dict[str, Any],
    events: list[tuple[str, str, str]],
) -> None:
    known = known_line(written_off_at=DAY, difference=difference)
    revision = revised(known, same_line(**sent))
    assert revision.lines == [(known, written)]
    assert revision.changes == [
        Change(EventKind.ATTENTION, "Display", *event) for event in events
    ]


@pytest.mark.parametrize(
    ("sent", "difference"), [(4, {"quantity": ["1", "4"]}), (1, None), (5, None)]
)
def test_difference_from_staffs_value_follows_the_store_until_both_agree(
    sent: int, difference: dict[str, list[str]] | None
) -> None:
    """The store had made 1 piece 2, where staff had set 5; then it makes them 4, or 1 again, or 5 too."""
    known = known_line(ours={"quantity": "5"}, difference={"quantity": ["1", "2"]})
    revision = revised(known, same_line(quantity=sent))
    assert revision.lines == [
        (known, {"store_quantity": sent, "difference": difference})
    ]


def test_vanished_line_that_staff_changed_waits_for_a_decision() -> None:
    known = known_line(ours={"quantity": "5"})
    (_line, written) = revised(known).lines[0]
    assert written == {
        "store_quantity": 0,
        "store_discount": 0,
        "discount": 0,
        "difference": {"quantity": ["2", "0"]},
    }


@pytest.mark.parametrize(
    ("written_off_at", "before", "sent", "difference"),
    [
        (None, None, {"cancelled_at": LATER}, "as before"),
        (
            DAY,
            None,
            {"cancelled_at": LATER},
            {"cancelled_at": ["", "2026-11-21T09:30:00+00:00"]},
        ),
        (
            DAY,
            None,
            {"figures": figures(refunded=Decimal("5.50"))},
            {"store_refunded": ["0", "5.5"]},
        ),
        # What a second refund changed counts from before the first one.
        (
            DAY,
            {"store_refunded": ["-3", "0"]},
            {"figures": figures(refunded=Decimal("5.50"))},
            {"store_refunded": ["-3", "5.5"]},
        ),
        # Taken back, it needs nobody any more.
        (
            DAY,
            {"store_refunded": ["5.5", "0"]},
            {"figures": figures(refunded=Decimal("5.50"))},
            None,
        ),
        # Archived, paid or fulfilled needs nobody.
        (
            DAY,
            None,
            {"closed_at": LATER, "payment": "pending", "fulfilment": "x"},
            "as before",
        ),
    ],
)
def test_what_the_store_does_to_an_order_with_goods_written_off_waits_for_somebody(
    written_off_at: datetime | None,
    before: dict[str, list[str]] | None,
    sent: dict[str, Any],
    difference: object,
) -> None:
    first = order(lines=(same_line(),))
    known = known_order(first)
    known.difference = before
    row = known_line(written_off_at=written_off_at)
    revision = revise(known, [row], replace(first, **sent))
    assert revision.order.get("difference", "as before") == difference


def test_written_off_line_to_whose_value_the_store_comes_differs_no_longer() -> None:
    known = known_line(
        ours={"quantity": "5"}, written_off_at=DAY, difference={"quantity": ["1", "2"]}
    )
    revision = revised(known, same_line(quantity=5))
    assert revision.lines == [(known, {"store_quantity": 5, "difference": None})]
    assert revision.changes == [
        Change(EventKind.ATTENTION, "Display", "quantity", "2", "5")
    ]


def test_vanished_line_has_neither_quantity_nor_discount() -> None:
    known = known_line()
    revision = revised(known)
    nothing = {"quantity": 0, "discount": 0, "store_quantity": 0, "store_discount": 0}
    assert revision.lines == [(known, nothing)]
    assert revision.changes == [
        Change(EventKind.CHANGED, "Display", "quantity", "2", "0"),
        Change(EventKind.CHANGED, "Display", "discount", "3", "0"),
    ]


def test_line_that_has_vanished_before_changes_nothing() -> None:
    gone = {
        name: Decimal(0)
        for name in ["quantity", "discount", "store_quantity", "store_discount"]
    }
    known = OrderLine(
        external_id="1",
        name="Display",
        price=Decimal(10),
        store_price=Decimal(10),
        **gone,
    )
    assert revised(known).is_empty


def test_line_of_staffs_own_is_not_the_stores_to_change() -> None:
    labour = OrderLine(
        name="Labour", quantity=Decimal(1), price=Decimal(50), discount=Decimal(0)
    )
    assert revised(labour).is_empty


def test_new_line_at_the_store_is_added() -> None:
    known, second = known_line(), line(2, quantity=4)
    revision = revised(known, same_line(), second)
    assert (revision.added, revision.lines, revision.is_empty) == ([second], [], False)
    assert revision.changes == [Change(EventKind.CHANGED, "Display 2", "line", "", "4")]


@pytest.mark.parametrize(
    ("quantity", "expected"), [("2", True), ("2.000", True), ("5", False)]
)
def test_value_is_the_stores_while_it_equals_the_stores_latest(
    quantity: str, expected: bool
) -> None:
    assert (
        is_the_stores(known_line(ours={"quantity": quantity}), "quantity") is expected
    )
