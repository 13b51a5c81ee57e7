"""Two products become one, and two again: what moved moves back, and stock is the sum of movements."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import (
    Category,
    Product,
    ProductEvent,
    ProductKey,
    Receipt,
    ReceiptLine,
    StockLevel,
    StockMovement,
)
from inventory.receipts import DraftLine, save_draft
from inventory.search import find_products
from inventory.stock import UnknownProductError, correct, receive
from orders.domain.editing import ActionRefusedError
from orders.domain.lines import LineValues, NewLine, add_line
from orders.domain.write_off import reverse, write_off
from orders.models import OrderEvent, OrderLine
from orders.product_data.merging import merge, undo
from tests.support.concurrency import at_once
from tests.support.html import cells, page, text_of
from tests.support.incoming import line, order, product
from tests.support.invariants.orders import violations
from tests.support.invariants.stock import differences, level
from tests.support.order_page import said
from tests.support.stock import come_in, goods
from tests.support.times import DAY, NOW

LATER = NOW + timedelta(hours=1)
TABLES = [
    Product,
    ProductKey,
    StockMovement,
    Receipt,
    ReceiptLine,
    OrderLine,
]


def state():
    """Everything that a merge writes, but for events; a level of nothing is no level."""
    rows = [list(model.objects.order_by("pk").values()) for model in TABLES]
    levels = StockLevel.objects.exclude(quantity=0).order_by("product", "warehouse")
    return [*rows, list(levels.values_list("product", "warehouse", "quantity"))]


def join(keep, gone, now=NOW):
    return merge(keep.pk, gone.pk, by_id=None, now=now)


def sold_in(*orders):
    lines = OrderLine.objects.filter(order__in=orders).order_by("order", "id")
    return list(lines.values_list("product__name", flat=True))


@pytest.fixture
def twins(bring, kim, main, van):
    """Two products of one thing, each with stock in two warehouses, a draft receipt, a match, and two orders
    of which the first is written off."""
    made = []
    for number in [1, 2]:
        one, other = bring(
            *(order(10 * number + n, lines=(line(number, quantity=2),)) for n in [1, 2])
        )
        twin = one.lines.get().product
        come_in((twin, 10))
        come_in((twin, Decimal("1.5")), warehouse=van)
        draft = Receipt.objects.create(warehouse=main, created_at=DAY)
        draft.lines.create(product=twin, quantity=4)
        write_off(one.pk, None, warehouse=main, by=kim, now=NOW)
        made.append((twin, one, other))
    return made


@pytest.mark.django_db
@pytest.mark.usefixtures("sound")
class TestMerging:
    def test_stock_movements_receipts_lines_and_matches_move(self, twins, main, van):
        (kept, *ours), (gone, *theirs) = twins
        before = StockMovement.objects.count()
        event = join(kept, gone)
        kept.refresh_from_db()
        gone.refresh_from_db()
        assert (level(kept, main), level(kept, van), kept.stock) == (16, 3, 19)
        assert (level(gone, main), level(gone, van), gone.stock) == (0, 0, 0)
        assert StockMovement.objects.filter(product=kept).count() == before
        assert (kept.receipt_lines.count(), gone.receipt_lines.count()) == (6, 0)
        assert sold_in(*ours, *theirs) == ["Display 1"] * 4
        assert (kept.keys.count(), gone.keys.count()) == (2, 0)
        assert (gone.merged_into, gone.name, gone.sku) == (kept, "Display 2", "D-2")
        assert list(Product.objects.living()) == [kept]
        assert event.other == gone
        feed = OrderEvent.objects.filter(field="product").order_by("order")
        assert list(feed.values_list("order", "old", "new")) == [
            (one.pk, "Display 2", "Display 1") for one in theirs
        ]

    def test_undo_restores_everything_as_it_was(self, twins):
        (kept, *_), (gone, *_) = twins
        before = state()
        event = join(kept, gone)
        assert state() != before
        assert undo(event, by_id=None, now=NOW) == gone
        assert state() == before
        kinds = ProductEvent.objects.order_by("id").values_list("product", "kind")
        assert list(kinds) == [
            (kept.pk, "merged"),
            (kept.pk, "unmerged"),
            (gone.pk, "unmerged"),
        ]

    def test_empty_fields_are_filled_and_emptied_again(self):
        shelf = Category.objects.create(name="Spare parts")
        kept = goods("Display", sku="D-1")
        gone = goods(
            "Screen", sku="S-1", code="7", description="<p>x</p>", category=shelf
        )
        event = join(kept, gone)
        kept.refresh_from_db()
        assert (kept.name, kept.sku, kept.code) == ("Display", "D-1", "7")
        assert (kept.description, kept.category) == ("<p>x</p>", shelf)
        assert find_products("7", 5) == [kept]
        Product.objects.filter(pk=kept.pk).update(description="changed since")
        undo(event, by_id=None, now=NOW)
        kept.refresh_from_db()
        assert (kept.code, kept.category, kept.description) == (
            "",
            None,
            "changed since",
        )

    def test_what_came_later_stays_when_the_merge_is_undone(
        self, twins, kim, main, made_here, with_line
    ):
        (kept, *_), (gone, written, open_) = twins
        event = join(kept, gone)
        reverse(written.pk, None, by=kim, now=LATER)
        write_off(open_.pk, None, warehouse=main, by=kim, now=LATER)
        here = made_here()
        with_line(here, product=kept)
        [draft] = Receipt.objects.filter(
            posted_at=None, lines__in=event.record["receipt_lines"]
        )
        receive(draft, by_id=None, now=LATER)
        undo(event, by_id=None, now=LATER)
        # The reversal belongs to its write-off, and the line that was reversed is no longer frozen.
        assert sold_in(written, open_, here) == ["Display 2", "Display 1", "Display 1"]
        assert (level(gone, main), level(kept, main)) == (10, 10 - 2 - 2 + 4)
        assert draft.lines.get().product == kept
        assert gone.receipt_lines.count() == 2

    def test_match_that_was_moved_on_since_stays_there(self, twins):
        (kept, *_), (gone, *_) = twins
        third = goods("Third")
        match = gone.keys.get()
        event = join(kept, gone)
        ProductKey.objects.filter(pk=match.pk).update(product=third)
        undo(event, by_id=None, now=NOW)
        match.refresh_from_db()
        assert match.product == third

    def test_merge_is_refused_where_it_makes_no_sense(self):
        one, other, metres = goods("One"), goods("Other"), goods("Cable", unit="m")
        merged = goods("Merged", merged_into=other)
        before = state()
        pairs = [(one, one), (one, merged), (merged, one), (one, metres)]
        for keep, gone in pairs:
            with pytest.raises(ActionRefusedError):
                join(keep, gone)
        with pytest.raises(ActionRefusedError):
            merge(one.pk, 999, by_id=None, now=NOW)
        assert (state(), ProductEvent.objects.count()) == (before, 0)

    def test_undo_is_refused_twice_and_while_the_kept_one_is_merged_away(self):
        one, two, three = goods("One"), goods("Two"), goods("Three")
        come_in((two, 3))
        first, second = join(one, two), join(three, one)
        before = state()
        with pytest.raises(ActionRefusedError, match="Undo that merge first"):
            undo(first, by_id=None, now=NOW)
        assert state() == before
        undo(second, by_id=None, now=NOW)
        undo(first, by_id=None, now=NOW)
        before = state()
        for event in [first, second]:
            with pytest.raises(ActionRefusedError, match="undone already"):
                undo(event, by_id=None, now=NOW)
        assert state() == before

    def test_import_finds_the_kept_one_by_match_and_by_sku(self, twins, bring):
        (kept, *_), (gone, *_) = twins
        join(kept, gone)
        key = "shopify:1:variant:77"
        anew = product(2, key=key, external_id="99")
        first, second = bring(
            order(31, lines=(line(2),)), order(32, lines=(line(2, product=anew),))
        )
        assert sold_in(first, second) == ["Display 1", "Display 1"]
        assert Product.objects.count() == 2

    def test_ambiguity_between_the_two_ends_and_comes_back(self, bring):
        kept, gone = goods("Display", sku="D-1"), goods("Display too", sku="D-1")
        bring(order(1))
        assert kept.keys.get().ambiguous is True
        event = join(kept, gone)
        assert kept.keys.get().ambiguous is False
        undo(event, by_id=None, now=NOW)
        assert kept.keys.get().ambiguous is True

    def test_old_pages_name_the_merged_one_and_the_kept_one_gets_it(
        self, twins, kim, made_here, main
    ):
        (kept, *_), (gone, *_) = twins
        join(kept, gone)
        here = made_here()
        values = LineValues("", Decimal(1), Decimal(5))
        added = add_line(here.pk, NewLine(values, gone.pk), by=kim, now=NOW)
        assert (added.product, added.sku) == (kept, "D-1")
        draft = Receipt.objects.create(warehouse=main, created_at=DAY)
        head = {"warehouse": main, "supplier": "", "reference": "", "note": ""}
        lines = [DraftLine(gone.pk, Decimal(1), None)]
        save_draft(draft, head, lines, version=0)
        assert draft.lines.get().product == kept
        before = state()
        with pytest.raises(UnknownProductError):
            correct(gone, main, counted=Decimal(1), by_id=None, now=NOW, reason="Count")
        assert state() == before

    def test_queries_do_not_grow_with_lines_and_movements(self, bring):
        def count(number):
            kept = goods(f"Kept {number}")
            gone = goods(f"Gone {number}", sku=f"G-{number}")
            first = 1000 * number
            bring(*(order(first + n) for n in range(number)))
            OrderLine.objects.update(product=gone)
            ProductKey.objects.update(product=gone)
            come_in(*[(gone, 1)] * number)
            with CaptureQueriesContext(connection) as queries:
                event = join(kept, gone)
            with CaptureQueriesContext(connection) as back:
                undo(event, by_id=None, now=NOW)
            return len(queries), len(back)

        assert count(2) == count(15)


@pytest.mark.django_db
@pytest.mark.usefixtures("sound")
class TestPages:
    def test_merge_is_found_compared_done_and_undone(self, kim_client, twins, main):
        (kept, *_), (gone, *_) = twins
        address = f"/inventory/products/{kept.pk}/merge/"
        assert "Display 2" in page(kim_client, f"{address}?q=d-2")
        html = page(kim_client, f"{address}?with={gone.pk}")
        body = html.partition("<tbody>")[0] + "<tbody>" + html.partition("<tbody>")[2]
        shown = [cells(body, number) for number in range(11)]
        assert ["D-1", "D-2", "D-1"] in shown
        assert ["8", "8", "16"] in shown
        assert ["1.5", "1.5", "3"] in shown
        answer = kim_client.post(address, {"with": gone.pk})
        assert said(kim_client.get(answer.headers["Location"])) == [
            "Display 2 was merged into this product."
        ]
        assert kim_client.get(f"/inventory/products/{gone.pk}/").headers[
            "Location"
        ] == (f"/inventory/products/{kept.pk}/")
        assert "Display 2" not in page(kim_client, "/inventory/?q=display")
        html = page(kim_client, f"/inventory/products/{kept.pk}/")
        assert "Merged with Display 2" in text_of(html)
        [event] = ProductEvent.objects.filter(kind="merged")
        undone = f"/inventory/products/{kept.pk}/merges/{event.pk}/undo/"
        assert undone in html
        answer = kim_client.post(undone)
        assert said(kim_client.get(answer.headers["Location"])) == [
            "Display 2 is a product of its own again."
        ]
        assert level(gone, main) == 8
        html = page(kim_client, f"/inventory/products/{kept.pk}/")
        assert undone not in html

    def test_different_units_are_refused_in_words(self, kim_client):
        one, metres = goods("One"), goods("Cable", unit="m")
        address = f"/inventory/products/{one.pk}/merge/"
        answer = kim_client.post(address, {"with": metres.pk})
        assert said(kim_client.get(answer.headers["Location"])) == [
            "The two products have different units of measure, so their stock cannot be added up. Give both "
            "the same unit first."
        ]
        assert Product.objects.living().count() == 2

    def test_archived_product_is_found_by_its_filter_only_and_comes_back(
        self, kim_client, kim
    ):
        old = goods("Display", sku="D-1")
        address = f"/inventory/products/{old.pk}"
        answer = kim_client.post(f"{address}/archive/")
        assert said(kim_client.get(answer.headers["Location"])) == [
            "The product is archived: it is offered no more."
        ]
        find = "/inventory/find/?q=D-1"
        assert (
            "Display"
            not in page(kim_client, "/inventory/?q=D-1").partition("<tbody>")[2]
        )
        assert "Display" in page(kim_client, "/inventory/?archived=yes")
        assert "Display" not in page(kim_client, find)
        html = text_of(page(kim_client, f"{address}/"))
        assert "This product was archived on" in html
        assert kim_client.post(f"{address}/archive/").status_code == 302
        answer = kim_client.post(f"{address}/restore/")
        assert said(kim_client.get(answer.headers["Location"])) == [
            "The product is offered again."
        ]
        assert "Display" in page(kim_client, find)
        events = ProductEvent.objects.order_by("id").values_list("kind", "by")
        assert list(events) == [("archived", kim.pk), ("restored", kim.pk)]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
class TestRaces:
    def check(self):
        assert violations() == []
        assert differences() == []

    def test_of_two_merges_in_both_directions_at_once_one_wins(self, main):
        for _ in range(4):
            one, other = goods("One"), goods("Other")
            come_in((one, 2), (other, 3))
            answers = at_once(
                lambda a=one, b=other: join(a, b),
                lambda a=one, b=other: join(b, a),
                caught=ActionRefusedError,
            )
            assert sorted(type(each).__name__ for each in answers) == [
                "ActionRefusedError",
                "ProductEvent",
            ]
            [left] = Product.objects.living().filter(pk__in=[one.pk, other.pk])
            assert level(left, main) == 5
        self.check()

    @pytest.mark.slow
    def test_merge_while_imports_run_loses_nothing(self, bring):
        for turn in range(3):
            names = [1000 * (turn + 1) + number for number in range(40)]
            first, second = 2 * turn + 1, 2 * turn + 2
            bring(order(names[0], lines=(line(first), line(second))))
            kept, gone = (
                Product.objects.get(sku=f"D-{number}") for number in [first, second]
            )

            def bring_all(names=names, second=second):
                for start in range(1, 40, 5):
                    numbers = names[start : start + 5]
                    bring(*(order(number, lines=(line(second),)) for number in numbers))

            *_, event = at_once(
                bring_all,
                bring_all,
                lambda a=kept, b=gone: join(a, b),
                caught=ActionRefusedError,
            )
            assert isinstance(event, ProductEvent)
            assert OrderLine.objects.filter(product=kept).count() == 41
            assert not OrderLine.objects.filter(product=gone).exists()
            assert (kept.keys.count(), gone.keys.count()) == (2, 0)
        self.check()

    def test_merge_while_staff_sell_write_off_and_receive_loses_nothing(
        self, made_here, main, kim
    ):
        kim.has_perm("orders.change_order")
        for _ in range(3):
            kept, gone = goods("Kept"), goods("Gone")
            come_in((kept, 100), (gone, 100))
            orders = [made_here() for _ in range(6)]
            receipts = [
                Receipt.objects.create(warehouse=main, created_at=DAY) for _ in range(4)
            ]
            for receipt in receipts:
                receipt.lines.create(product=gone, quantity=1)

            def sell(orders=orders, gone=gone):
                values = LineValues("", Decimal(1), Decimal(5))
                for each in orders:
                    add_line(each.pk, NewLine(values, gone.pk), by=kim, now=NOW)
                    write_off(each.pk, None, warehouse=main, by=kim, now=NOW)

            def post(receipts=receipts):
                for each in receipts:
                    try:
                        receive(each, by_id=None, now=NOW)
                    except UnknownProductError:
                        # The lines were read before the merge: the next try reads them anew.
                        receive(each, by_id=None, now=NOW)

            _, _, event = at_once(sell, post, lambda a=kept, b=gone: join(a, b))
            assert isinstance(event, ProductEvent)
            assert level(kept, main) == 200 - 6 + 4
            assert level(gone, main) == 0
            assert not OrderLine.objects.filter(product=gone).exists()
            assert not StockMovement.objects.filter(product=gone).exists()
        self.check()

    def test_two_undoings_at_once_are_one(self):
        one, other = goods("One"), goods("Other")
        come_in((one, 2), (other, 3))
        before = state()
        event = join(one, other)
        answers = at_once(
            *[lambda: undo(event, by_id=None, now=NOW)] * 4, caught=ActionRefusedError
        )
        names = sorted(type(each).__name__ for each in answers)
        assert names == ["ActionRefusedError"] * 3 + ["Product"]
        assert state() == before
        self.check()
