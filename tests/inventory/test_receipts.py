"""Drafts of receipts: of people who save, post and throw away at once, the database lets one win."""

from decimal import Decimal

import pytest

from inventory.models import Receipt, StockMovement
from inventory.receipts import DraftLine, discard_draft, save_draft, start_draft
from inventory.stock import AlreadyPostedError, ReceiptChangedError, StockError, receive
from tests.support.concurrency import at_once
from tests.support.invariants.stock import differences, level
from tests.support.times import DAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def head(main):
    return {"warehouse": main, "supplier": "Parts GmbH", "reference": "R-1", "note": ""}


def lines_of(receipt):
    return list(receipt.lines.values_list("product", "quantity", "cost"))


def test_draft_is_kept_and_changed(head, products, ann):
    first, second, _third = products
    receipt = start_draft(
        head, [DraftLine(first.pk, Decimal(2), Decimal("1.50"))], by_id=ann.pk, now=DAY
    )
    assert (
        receipt.by_id,
        receipt.created_at,
        receipt.posted_at,
        lines_of(receipt),
    ) == (
        ann.pk,
        DAY,
        None,
        [(first.pk, 2, Decimal("1.5"))],
    )
    save_draft(
        receipt,
        head | {"supplier": "Other"},
        [DraftLine(second.pk, Decimal(1), None)],
        version=0,
    )
    assert (receipt.supplier, receipt.version, lines_of(receipt)) == (
        "Other",
        1,
        [(second.pk, 1, None)],
    )
    assert StockMovement.objects.count() == 0


def test_who_has_not_seen_the_last_change_overwrites_nothing(head, products):
    receipt = start_draft(head, [], by_id=None, now=DAY)
    save_draft(receipt, head, [DraftLine(products[0].pk, Decimal(1), None)], version=0)
    stale = Receipt.objects.get()
    stale.version = 0
    for late in [
        lambda: save_draft(stale, head | {"supplier": "Late"}, [], version=0),
        lambda: discard_draft(stale, version=0),
        lambda: receive(stale, by_id=None, now=DAY),
    ]:
        with pytest.raises(ReceiptChangedError):
            late()
    stored = Receipt.objects.get()
    assert (stored.supplier, stored.posted_at, lines_of(stored)) == (
        "Parts GmbH",
        None,
        [(products[0].pk, 1, None)],
    )


def test_posted_receipt_is_frozen(head, products, main):
    receipt = start_draft(
        head, [DraftLine(products[0].pk, Decimal(3), None)], by_id=None, now=DAY
    )
    receive(receipt, by_id=None, now=DAY)
    posted = Receipt.objects.get()
    for late in [
        lambda: save_draft(posted, head, [], version=posted.version),
        lambda: discard_draft(posted, version=posted.version),
    ]:
        with pytest.raises(AlreadyPostedError):
            late()
    assert (
        lines_of(Receipt.objects.get()),
        level(products[0], main),
        differences(),
    ) == (
        [(products[0].pk, 3, None)],
        3,
        [],
    )


def test_discarded_draft_is_gone(head, products):
    receipt = start_draft(
        head, [DraftLine(products[0].pk, Decimal(3), None)], by_id=None, now=DAY
    )
    discard_draft(receipt, version=0)
    assert Receipt.objects.count() == 0


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_save_post_and_discard_at_once_end_in_one_of_them(head, products, main):
    receipt = start_draft(
        head, [DraftLine(products[0].pk, Decimal(3), None)], by_id=None, now=DAY
    )
    change = [DraftLine(products[0].pk, Decimal(5), None)]
    answers = at_once(
        lambda: save_draft(Receipt.objects.get(), head, change, version=0) or "saved",
        lambda: save_draft(Receipt.objects.get(), head, change, version=0) or "saved",
        lambda: (
            receive(
                Receipt(pk=receipt.pk, version=0, warehouse=main), by_id=None, now=DAY
            )
            and "posted"
        ),
        lambda: (
            receive(
                Receipt(pk=receipt.pk, version=0, warehouse=main), by_id=None, now=DAY
            )
            and "posted"
        ),
        caught=StockError,
    )
    (winner,) = [answer for answer in answers if isinstance(answer, str)]
    assert all(
        isinstance(answer, AlreadyPostedError | ReceiptChangedError | str)
        for answer in answers
    )
    assert level(products[0], main) == {"saved": 0, "posted": 3}[winner]
    assert lines_of(Receipt.objects.get()) == [
        (products[0].pk, {"saved": 5, "posted": 3}[winner], None)
    ]
