"""What staff do with the lines of an order on its page: add, change, remove, write off, put back, decide."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from inventory.models import Product, StockMovement, Warehouse
from orders.domain.lines import LineValues, NewLine, add_line
from orders.domain.seen import line_token
from orders.domain.write_off import reverse as reverse_write_off
from orders.domain.write_off import write_off
from orders.models import BulkAction, LineWriteOff, Order, OrderLine
from tests.support.html import text_of
from tests.support.incoming import line, order
from tests.support.invariants.stock import level
from tests.support.order_page import (
    AROUND_LINES,
    address,
    done,
    parts_of,
    post,
    post_in_parts,
    said,
    state,
    value,
)
from tests.support.orders import events_of
from tests.support.stock import come_in
from tests.support.times import DAY, NOW
from tests.support.users import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]
OUTDATED = "This has changed since the page showed it, so nothing was done. Check it as it is now."
NOT_ENOUGH = "Screen: not enough in stock: 2 wanted, 1 there in Main warehouse."


@pytest.fixture
def one(made_here) -> Order:
    return made_here()


@pytest.fixture
def boss(kim):
    return signed_in(kim)


def rows(one: Order) -> list[tuple]:
    """Name, SKU, quantity, price, discount, total of each line."""
    return list(
        one.lines.values_list("name", "sku", "quantity", "price", "discount", "total")
    )


def total(one: Order) -> Decimal:
    return Order.objects.values_list("total", flat=True).get(pk=one.pk)


def as_seen(html: str, row: OrderLine) -> dict[str, str]:
    """The form of a line, as its page would send it back."""
    form = re.search(rf'<tbody id="line-{row.pk}".*?</tbody>', html, re.DOTALL)[0]
    return {name: value(form, name) for name in ["name", "quantity", "seen"]}


# Adding


def test_product_is_added_at_the_price_it_was_sold_for_last(
    client, one, with_line, made_here, screen
):
    with_line(made_here(), price="89.90", product=screen)
    assert done(client, post(client, "line-add", one, product=screen.pk), one) == [
        "Added: Screen"
    ]
    assert rows(one) == [("Screen", "S-1", 1, Decimal("89.90"), 0, Decimal("89.90"))]
    assert total(one) == Decimal("89.90")
    assert events_of(one) == [("line_added", "Screen", "quantity", "", "1")]


@pytest.mark.parametrize(
    ("sold", "usual"),
    [
        (["20", "20", "15"], "20"),
        (["20", "15", "20"], "20"),
        (["20", "25", "25"], "25"),
        (["18", "20", "15"], "15"),
        (["20", "15"], "15"),
        (["15", "15", "20", "15", "20"], "20"),
        (["20", "20", "0", "15"], "20"),
    ],
)
def test_what_one_customer_paid_is_not_everybodys_price(
    client, one, made_here, with_line, screen, sold, usual
):
    for price in sold:
        with_line(made_here(), price=price, product=screen)
    post(client, "line-add", one, product=screen.pk)
    assert one.lines.get().price == Decimal(usual)


def test_offer_says_what_the_last_sale_was_made_at(
    client, made_here, with_line, screen
):
    for price in ["20", "20", "15"]:
        with_line(made_here(), price=price, product=screen)
    path = reverse("orders:find-product")
    html = client.get(path, {"q": "Screen"}).content.decode()
    assert "€20.00 last sold for €15.00" in text_of(html)
    with_line(made_here(), price="20", product=screen)
    html = client.get(path, {"q": "Screen"}).content.decode()
    assert "last sold for" not in html


UNPRICED = "Screen was never sold: it is added without a price. Enter it."
ENTER = "Enter the price, 0 if it costs nothing."


def test_product_that_was_never_sold_is_opened_at_its_price(client, one, screen):
    html = post_in_parts(client, "line-add", one, find="1", q="S-1")
    assert UNPRICED in text_of(html)
    row = one.lines.get()
    form = re.search(rf'<tbody id="line-{row.pk}".*?</tbody>', html, re.DOTALL)[0]
    assert (value(form, "price"), ENTER in text_of(form)) == ("", True)
    # Whoever may not edit prices sets this one, once.
    sent = {name: value(form, name) for name in ["name", "quantity", "seen"]}
    html = post_in_parts(client, "line-change", one, row, **sent, price="")
    assert ENTER in text_of(html)
    answer = post(client, "line-change", one, row, **sent, price="89.90")
    assert done(client, answer, one) == ["Saved: Screen"]
    assert rows(one) == [("Screen", "S-1", 1, Decimal("89.90"), 0, Decimal("89.90"))]
    before = state()
    answer = post(client, "line-change", one, row, price="1")
    assert (answer.status_code, state()) == (403, before)


def test_product_that_was_never_sold_is_named_without_a_script_too(client, one, screen):
    answer = post(client, "line-add", one, product=screen.pk)
    assert done(client, answer, one) == [UNPRICED]
    assert rows(one) == [("Screen", "S-1", 1, 0, 0, 0)]


def test_typed_price_of_nothing_is_one_and_is_not_that_of_the_next_time(
    client, one, screen
):
    answer = post(client, "line-add", one, product=screen.pk, price="0")
    assert done(client, answer, one) == ["Added: Screen"]
    answer = post(client, "line-add", one, product=screen.pk)
    assert done(client, answer, one) == [UNPRICED]


def test_line_of_a_store_that_costs_nothing_is_not_priced_by_anyone(client, bring):
    [imported] = bring(order(1, lines=(line(1, price=Decimal(0)),)))
    before = state()
    answer = post(client, "line-change", imported, imported.lines.get(), price="5")
    assert (answer.status_code, state()) == (403, before)
    row = imported.lines.get()
    page = client.get(f"/orders/{imported.pk}/?edit=line-{row.pk}").content.decode()
    assert re.search(r'<input[^>]*name="price"[^>]* readonly', page)


def test_discount_of_a_line_without_a_price_needs_the_permission(
    client, one, with_line
):
    row = with_line(one, price="0")
    before = state()
    answer = post(client, "line-change", one, row, price="5", discount="1")
    assert (answer.status_code, state()) == (403, before)


def test_free_text_is_added(client, one):
    answer = post(
        client, "line-add", one, free="1", q="Cleaning", quantity="1.5", price="20"
    )
    assert done(client, answer, one) == ["Added: Cleaning"]
    assert rows(one) == [("Cleaning", "", Decimal("1.5"), 20, 0, 30)]
    assert (total(one), one.lines.get().product) == (30, None)


@pytest.mark.parametrize("typed", ["S-1", " 4711 "])
def test_exact_sku_or_code_is_the_product(client, one, screen, typed):
    Product.objects.filter(pk=screen.pk).update(code="4711")
    Product.objects.create(name="Screen protector", sku="S-10", created_at=DAY)
    answer = post(client, "line-add", one, find="1", q=typed, quantity="2", price="50")
    assert done(client, answer, one) == ["Added: Screen"]
    assert rows(one) == [("Screen", "S-1", 2, 50, 0, 100)]
    assert one.lines.get().product == screen


def test_sku_of_two_products_offers_both_and_keeps_what_was_typed(client, one, screen):
    Product.objects.create(name="Screen, used", sku="S-1", created_at=DAY)
    html = post_in_parts(
        client, "line-add", one, find="1", q="S-1", quantity="2", price="50"
    )
    assert re.findall(r'<bdi class="name">(.*?)</bdi>', html) == [
        "Screen",
        "Screen, used",
    ]
    assert [value(html, name) for name in ["q", "quantity", "price"]] == [
        "S-1",
        "2",
        "50",
    ]
    assert (rows(one), events_of(one)) == ([], [])


def test_products_are_offered_with_the_price_of_the_last_sale_and_their_stock(
    client, one, screen, with_line, made_here
):
    new = Product.objects.create(name="Screen, new", created_at=DAY)
    for price in ["79.90", "89.90"]:
        with_line(made_here(), price=price, product=screen)
    come_in((screen, 3))
    html = client.get("/orders/find-product/", {"q": "screen"}).content.decode()
    offered = dict(re.findall(r'value="(\d+)">(.*?)</button>', html, re.DOTALL))
    assert text_of(offered[str(screen.pk)]) == "Screen S-1 €89.90 3 pcs in stock"
    assert text_of(offered[str(new.pk)]) == "Screen, new 0 pcs in stock"


def test_text_that_no_product_has_says_so_and_is_kept(client, one, screen):
    answer = post(client, "line-add", one, find="1", q="Nothing <b>", quantity="3")
    html = answer.content.decode()
    assert "No product matches." in html
    assert (value(html, "q"), value(html, "quantity")) == ("Nothing <b>", "3")
    assert rows(one) == []


def test_added_line_in_parts_joins_the_table_and_empties_the_form(client, one):
    html = post_in_parts(client, "line-add", one, free="1", q="Cleaning", price="20")
    added = one.lines.get()
    assert (
        f'<table hx-swap-oob="beforeend:#lines-table"><tbody id="line-{added.pk}">'
        in re.sub(r">\s+<", "><", html)
    )
    assert parts_of(html) == [*AROUND_LINES, "add-line", "announcement", "messages"]
    assert value(html, "q") == ""
    assert "Sum of the lines €20.00" in text_of(html)


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"q": "", "price": "5"}, "Enter what was sold or done, or choose a product."),
        ({"q": "Work"}, "A line without a product needs a price."),
        ({"q": "Work", "price": "much"}, "Enter an amount in EUR, such as 1,250.50."),
        ({"q": "Work", "price": "-1"}, "An amount cannot be negative."),
        (
            {"q": "Work", "price": "9999999999999"},
            "Enter a number below 1,000,000,000,000.",
        ),
        (
            {"q": "Work", "price": "5", "quantity": "0"},
            "A quantity must be above zero.",
        ),
        (
            {"q": "Work", "price": "5", "quantity": "-2"},
            "A quantity cannot be negative.",
        ),
        (
            {"q": "Work", "price": "5", "quantity": "0.0001"},
            "At most 3 decimals are possible.",
        ),
        (
            {"q": "Work", "price": "5", "discount": "6"},
            "The discount is more than the total of the line.",
        ),
        (
            {"q": "Work", "price": "999999999999", "quantity": "5"},
            "The total of the line is too large for RO App.",
        ),
        (
            {"q": "Work", "price": "5", "product": "999999"},
            "A product does not exist any more. Reload the page.",
        ),
    ],
)
def test_line_that_makes_no_sense_is_kept_and_explained(boss, one, typed, error):
    before = state()
    answer = post(boss, "line-add", one, free="1", **typed)
    html = answer.content.decode()
    assert said(answer) == []
    assert error in text_of(html)
    assert {name: value(html, name) for name in typed if name != "product"} == {
        name: each for name, each in typed.items() if name != "product"
    }
    assert state() == before


@pytest.mark.parametrize(
    ("language", "typed", "stored"),
    [
        ("de", ("1.250", "1.250,50", ""), (1250, Decimal("1250.50"), 0)),
        ("de", ("2", "19,99", "12,5 %"), (2, Decimal("19.99"), Decimal("5.00"))),
        (
            "en",
            ("1,250", "1,250.50", "10%"),
            (1250, Decimal("1250.50"), Decimal("156312.50")),
        ),
        ("en", ("", "€ 20", "100 %"), (1, 20, 20)),
    ],
)
def test_numbers_are_read_as_the_language_writes_them(
    kim, one, language, typed, stored
):
    boss = signed_in(kim, language)
    quantity, price, discount = typed
    post(
        boss,
        "line-add",
        one,
        free="1",
        q="Work",
        quantity=quantity,
        price=price,
        discount=discount,
    )
    assert [row[2:5] for row in rows(one)] == [stored]


@pytest.mark.parametrize("language", ["en", "de"])
def test_line_saved_as_it_is_shown_does_not_change(kim, one, language):
    boss = signed_in(kim, language)
    values = LineValues("Work", Decimal("1250.125"), Decimal("1250.50"), Decimal("0.5"))
    row = add_line(one.pk, NewLine(values), by=kim, now=NOW)
    html = boss.get(f"/orders/{one.pk}/?edit=line-{row.pk}").content.decode()
    form = re.search(rf'<tbody id="line-{row.pk}".*?</tbody>', html, re.DOTALL)[0]
    names = ["name", "quantity", "price", "discount", "seen"]
    before = state()
    post(boss, "line-change", one, row, **{name: value(form, name) for name in names})
    assert state() == before


# Changing


def test_line_is_changed_and_each_value_told(boss, one, with_line):
    row = with_line(one, "2")
    seen = as_seen(
        boss.get(f"/orders/{one.pk}/?edit=line-{row.pk}").content.decode(), row
    )
    answer = post(
        boss,
        "line-change",
        one,
        row,
        **seen | {"name": "Work", "quantity": "3", "price": "12.5", "discount": "1"},
    )
    assert done(boss, answer, one) == ["Saved: Work"]
    assert rows(one) == [("Work", "", 3, Decimal("12.5"), 1, Decimal("36.5"))]
    assert total(one) == Decimal("36.5")
    assert events_of(one)[1:] == [
        ("line_changed", "Labour", "name", "Labour", "Work"),
        ("line_changed", "Work", "quantity", "2", "3"),
        ("line_changed", "Work", "price", "10", "12.5"),
        ("line_changed", "Work", "discount", "0", "1"),
    ]


def test_changed_line_in_parts_is_shown_anew(client, one, with_line):
    row = with_line(one, "2")
    html = post_in_parts(client, "line-change", one, row, quantity="1234.5")
    assert parts_of(html) == [
        f"line-{row.pk}",
        *AROUND_LINES,
        "announcement",
        "messages",
    ]
    assert "Labour 1,234.5 €10.00 €12,345.00" in text_of(html)
    assert "line-form" not in html


def test_value_that_somebody_changed_meanwhile_is_shown_beside_what_was_typed(
    client, one, with_line, boss
):
    row = with_line(one, "2")
    seen = as_seen(
        client.get(f"/orders/{one.pk}/?edit=line-{row.pk}").content.decode(), row
    )
    post(boss, "line-change", one, row, **seen | {"quantity": "3"})
    before = state()
    html = post_in_parts(client, "line-change", one, row, **seen | {"quantity": "5"})
    assert "Somebody else has changed this to 3. Save again to replace it." in html
    assert value(html, "quantity") == "5"
    assert state() == before
    assert done(
        client, post(client, "line-change", one, row, **as_seen(html, row)), one
    ) == ["Saved: Labour"]
    assert (rows(one)[0][2], events_of(one)[-1]) == (
        5,
        ("line_changed", "Labour", "quantity", "3", "5"),
    )


def test_price_needs_the_permission_and_its_field_cannot_be_written_to(
    client, one, with_line
):
    row = with_line(one)
    html = client.get(f"/orders/{one.pk}/?edit=line-{row.pk}").content.decode()
    assert (
        len(re.findall(r'<input[^>]*name="(?:price|discount)"[^>]* readonly', html))
        == 2
    )
    before = state()
    for typed in [{"price": "1"}, {"discount": "1"}]:
        answer = post(client, "line-change", one, row, **typed)
        assert (answer.status_code, state()) == (403, before)
        assert "“Can change prices and discounts”" in answer.content.decode()
    answer = post(client, "line-add", one, free="1", q="Work", price="9", discount="1")
    assert (answer.status_code, state()) == (403, before)


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"quantity": "0"}, "A quantity must be above zero."),
        ({"name": ""}, "This field is required."),
        ({"discount": "11"}, "The discount is more than the total of the line."),
    ],
)
def test_change_that_makes_no_sense_is_kept_and_explained(
    boss, one, with_line, typed, error
):
    row = with_line(one)
    before = state()
    html = post(boss, "line-change", one, row, **typed).content.decode()
    assert error in text_of(html)
    form = re.search(rf'<tbody id="line-{row.pk}".*?</tbody>', html, re.DOTALL)[0]
    assert {name: value(form, name) for name in typed} == typed
    assert state() == before


def test_line_that_is_gone_leaves_the_page(client, one, with_line):
    row = with_line(one)
    with_line(one, name="Glue")
    assert done(client, post(client, "line-remove", one, row), one) == ["Line removed."]
    before = state()
    html = post_in_parts(client, "line-change", one, row, name="Work")
    assert "This line no longer exists; somebody has removed it." in html
    assert state() == before


def test_own_line_is_removed(client, one, with_line):
    row = with_line(one, "2")
    html = post_in_parts(client, "line-remove", one, row)
    assert f'<tbody id="line-{row.pk}" hx-swap-oob="delete"></tbody>' in html
    assert parts_of(html) == [
        f"line-{row.pk}",
        *AROUND_LINES,
        "announcement",
        "messages",
    ]
    assert (rows(one), total(one)) == ([], 0)
    assert events_of(one)[-1] == ("line_removed", "Labour", "quantity", "2", "")


def test_removed_line_of_the_store_stays_struck(client, bring):
    [imported] = bring(order(1))
    row = imported.lines.get()
    html = post_in_parts(client, "line-remove", imported, row)
    assert f'<tbody id="line-{row.pk}" hx-swap-oob="true">' in html
    assert '<tr class="removed">' in html
    assert (rows(imported)[0][2], total(imported)) == (0, 0)


def test_written_off_line_is_neither_changed_nor_removed(
    boss, one, with_line, main, kim
):
    row = with_line(one)
    write_off(one.pk, None, warehouse=main, by=kim, now=NOW)
    before = state()
    frozen = "This line is written off. Reverse the write-off to change it."
    assert frozen in text_of(
        post(boss, "line-change", one, row, name="Work").content.decode()
    )
    assert done(boss, post(boss, "line-remove", one, row), one) == [frozen]
    assert state() == before


# Writing off


def test_one_line_is_written_off(client, one, with_line, stocked, screen, main):
    stocked(screen, 5)
    row = with_line(one, "2", product=screen)
    with_line(one)
    html = post_in_parts(client, "write-off", one, warehouse=main.pk, line=row.pk)
    assert parts_of(html) == [
        f"line-{row.pk}",
        *AROUND_LINES,
        "announcement",
        "messages",
    ]
    assert "1 line written off from Main warehouse." in text_of(html)
    assert level(screen, main) == 3
    assert [each.written_off_at is None for each in one.lines.all()] == [False, True]
    assert events_of(one)[-1] == (
        "written_off",
        "Screen",
        "warehouse",
        "2",
        "Main warehouse",
    )


def test_whole_order_is_written_off_once(client, one, with_line, stocked, screen, main):
    stocked(screen, 5)
    with_line(one, "2", product=screen)
    with_line(one)
    answer = post(client, "write-off", one, warehouse=main.pk)
    assert done(client, answer, one) == ["2 lines written off from Main warehouse."]
    assert (level(screen, main), Order.objects.get().get_write_off_display()) == (
        3,
        "All written off",
    )
    before = state()
    answer = post(client, "write-off", one, warehouse=main.pk)
    assert done(client, answer, one) == ["There is nothing left to write off."]
    assert state() == before


def undo(browser, action: BulkAction) -> list[str]:
    address = reverse("orders:undo", args=[action.pk])
    return said(browser.post(address, follow=True))[-1:]


def test_write_off_can_be_undone_once(client, one, with_line, stocked, screen, main):
    stocked(screen, 5)
    with_line(one, "2", product=screen)
    with_line(one)
    html = post_in_parts(client, "write-off", one, warehouse=main.pk)
    action = BulkAction.objects.get()
    assert f'action="{reverse("orders:undo", args=[action.pk])}"' in html
    assert "2 lines written off from Main warehouse. Outcome Undo" in text_of(html)
    page = client.get(reverse("orders:bulk-action", args=[action.pk]))
    assert "Write-off from Main warehouse" in text_of(page.content.decode())
    assert undo(client, action) == [
        "Undone: Write-off from Main warehouse: 1 set back."
    ]
    assert [each.written_off_at for each in one.lines.all()] == [None, None]
    assert level(screen, main) == 5
    assert [each[:2] for each in events_of(one)[-2:]] == [
        ("reversed", "Screen"),
        ("reversed", "Labour"),
    ]
    before = state()
    assert undo(client, action) == [
        "This cannot be undone: it was undone already, or lies more than 30 days back."
    ]
    assert state() == before


def test_undo_of_a_write_off_leaves_what_others_have_reversed_or_written_off_anew(
    client, one, with_line, stocked, screen, main, sam
):
    stocked(screen, 5)
    first, second = with_line(one, product=screen), with_line(one, "2", product=screen)
    post(client, "write-off", one, warehouse=main.pk)
    action = BulkAction.objects.get()
    reverse_write_off(one.pk, [first.pk], by=sam, now=timezone.now())
    before = state()
    left = ["Undone: Write-off from Main warehouse: 1 left alone: changed since."]
    assert undo(client, action) == left
    assert state() == before
    post(client, "write-off", one, warehouse=main.pk, line=second.pk)
    post(client, "write-off", one, warehouse=main.pk, line=first.pk)
    again = BulkAction.objects.latest("pk")
    reverse_write_off(one.pk, [first.pk], by=sam, now=timezone.now())
    write_off(one.pk, [first.pk], warehouse=main, by=sam, now=timezone.now())
    before = state()
    assert undo(client, again) == left
    assert (state(), level(screen, main)) == (before, 2)


def test_undo_of_one_line_leaves_the_others(
    client, one, with_line, stocked, screen, main
):
    stocked(screen, 5)
    first, second = with_line(one, product=screen), with_line(one, "2", product=screen)
    post(client, "write-off", one, warehouse=main.pk, line=first.pk)
    post(client, "write-off", one, warehouse=main.pk, line=second.pk)
    undo(client, BulkAction.objects.latest("pk"))
    standing = [each.written_off_at is None for each in one.lines.all()]
    assert (standing, level(screen, main)) == ([False, True], 4)


def test_what_wrote_nothing_off_offers_no_undo(boss, one, with_line, screen, main):
    row = with_line(one, "2", product=screen)
    post(boss, "write-off", one, warehouse=main.pk)
    assert not BulkAction.objects.exists()
    with_below_zero = {"warehouse": main.pk, "line": row.pk, "below_zero": "1"}
    post(boss, "write-off", one, **with_below_zero)
    post(boss, "write-off", one, **with_below_zero)
    assert undo(boss, BulkAction.objects.get()) == [
        "Undone: Write-off from Main warehouse: 1 set back."
    ]
    assert level(screen, main) == 0


@pytest.mark.parametrize("who", ["client", "boss"])
def test_not_enough_says_what_is_missing_and_changes_nothing(
    request, who, one, with_line, stocked, screen, main
):
    stocked(screen, 1)
    row = with_line(one, "2", product=screen)
    before = state()
    browser = request.getfixturevalue(who)
    for data in [{}, {"line": row.pk}]:
        answer = post(browser, "write-off", one, warehouse=main.pk, **data)
        assert f"Nothing was written off: {NOT_ENOUGH}" in text_of(
            answer.content.decode()
        )
        assert ("Write off anyway" in answer.content.decode()) == (who == "boss")
        html = post_in_parts(browser, "write-off", one, warehouse=main.pk, **data)
        assert NOT_ENOUGH in text_of(html)
        assert parts_of(html) == [*AROUND_LINES, "announcement", "messages"]
    assert state() == before


def test_below_zero_with_the_permission(
    client, boss, one, with_line, stocked, screen, main
):
    stocked(screen, 1)
    row = with_line(one, "2", product=screen)
    before = state()
    answer = post(client, "write-off", one, warehouse=main.pk, below_zero="1")
    assert (answer.status_code, state()) == (403, before)
    assert "“Can write off more than is in stock”" in answer.content.decode()
    html = post(boss, "write-off", one, warehouse=main.pk, line=row.pk).content.decode()
    form = re.search(
        r'<form[^>]*>(?:(?!</form>).)*name="below_zero".*?</form>', html, re.DOTALL
    )[0]
    sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    sent.pop("csrfmiddlewaretoken", None)
    assert sent == {
        "below_zero": "1",
        "warehouse": str(main.pk),
        "line": str(row.pk),
        "shown": f"{row.pk}:{line_token(row)}",
    }
    assert done(boss, post(boss, "write-off", one, **sent), one) == [
        "1 line written off from Main warehouse."
    ]
    assert level(screen, main) == -1


def test_warehouse_has_to_be_one_that_is_active(client, one, with_line, main):
    with_line(one)
    closed = Warehouse.objects.create(name="Closed", is_active=False)
    before = state()
    assert done(client, post(client, "write-off", one), one) == ["Choose a warehouse."]
    [sentence] = done(client, post(client, "write-off", one, warehouse=closed.pk), one)
    assert (
        sentence
        == "The warehouse is not active. Choose another one, or activate it first."
    )
    assert state() == before


def test_last_warehouse_is_offered_next_time(client, one, with_line, main):
    van = Warehouse.objects.create(name="Van")
    with_line(one)
    post(client, "write-off", one, warehouse=van.pk)
    with_line(one)
    assert (
        f'<option value="{van.pk}" selected>Van</option>'
        in client.get(f"/orders/{one.pk}/").content.decode()
    )


def test_reversal_of_one_line_and_of_all(
    client, one, with_line, stocked, screen, main, sam
):
    stocked(screen, 3)
    first, second = with_line(one, product=screen), with_line(one, "2", product=screen)
    write_off(one.pk, None, warehouse=main, by=sam, now=NOW)
    html = post_in_parts(client, "reverse", one, line=first.pk)
    assert parts_of(html) == [
        f"line-{first.pk}",
        *AROUND_LINES,
        "announcement",
        "messages",
    ]
    assert (level(screen, main), events_of(one)[-1]) == (
        1,
        ("reversed", "Screen", "warehouse", "1", "Main warehouse"),
    )
    assert done(client, post(client, "reverse", one), one) == [
        "The write-off of 1 line is reversed."
    ]
    second.refresh_from_db()
    assert (level(screen, main), second.written_off_at) == (3, None)
    before = state()
    assert done(client, post(client, "reverse", one), one) == [
        "There is no write-off to reverse."
    ]
    assert state() == before


# What the store changed after the write-off


@pytest.fixture
def differing(bring, stocked, main, kim):
    """An order of 2 displays, written off; then the store says 4. 3 displays were in stock."""
    [imported] = bring(order(1, lines=(line(1, quantity=2),)))
    stocked(Product.objects.get(), 3)
    write_off(imported.pk, None, warehouse=main, by=kim, now=NOW)
    changed = order(
        1, lines=(line(1, quantity=4),), updated_at=DAY + timedelta(hours=2)
    )
    [imported] = bring(changed, fetched_at=NOW + timedelta(hours=1))
    return imported


def test_accepted_difference_is_written_off_anew(boss, differing, stocked, main):
    stocked(Product.objects.get(), 1)
    row = differing.lines.get()
    html = boss.get(f"/orders/{differing.pk}/").content.decode()
    decision = html[html.index('<div class="difference">') :]
    assert re.search(r'name="seen" value="([^"]+)"', decision)[1] == line_token(row)
    html = post_in_parts(
        boss,
        "line-decide",
        differing,
        row,
        decision="accept",
        seen=line_token(row),
    )
    assert "Change accepted." in html
    assert parts_of(html) == [
        f"line-{row.pk}",
        *AROUND_LINES,
        "announcement",
        "messages",
    ]
    row.refresh_from_db()
    assert (
        row.quantity,
        row.difference,
        total(differing),
        level(row.product, main),
    ) == (4, None, 40, 0)
    assert not Order.objects.get().needs_attention
    assert events_of(differing)[-1] == ("accepted", "Display 1", "quantity", "2", "4")


def test_accepting_more_than_is_there_says_so_and_may_be_done_override_rules(
    boss, differing, main
):
    row = differing.lines.get()
    before = state()
    html = post(
        boss,
        "line-decide",
        differing,
        row,
        decision="accept",
        seen=line_token(row),
    ).content.decode()
    assert (
        "Display 1: not enough in stock: 4 wanted, 3 there in Main warehouse."
        in text_of(html)
    )
    assert state() == before
    data = {"decision": "accept", "seen": line_token(row), "below_zero": "1"}
    assert done(boss, post(boss, "line-decide", differing, row, **data), differing) == [
        "Change accepted."
    ]
    assert level(row.product, main) == -1


def test_dismissed_difference_leaves_everything(boss, differing, main):
    row = differing.lines.get()
    answer = post(
        boss,
        "line-decide",
        differing,
        row,
        decision="dismiss",
        seen=line_token(row),
    )
    assert done(boss, answer, differing) == ["Change dismissed."]
    row.refresh_from_db()
    assert (
        row.quantity,
        row.difference,
        total(differing),
        level(row.product, main),
    ) == (2, None, 20, 1)
    assert events_of(differing)[-1] == ("dismissed", "Display 1", "quantity", "2", "4")


@pytest.mark.parametrize("decision", ["accept", "dismiss"])
def test_nobody_decides_about_what_they_have_not_seen(boss, differing, decision):
    before = state()
    answer = post(
        boss,
        "line-decide",
        differing,
        differing.lines.get(),
        decision=decision,
        seen="{}",
    )
    assert done(boss, answer, differing) == [OUTDATED]
    assert state() == before


# Who may not


ACTS = [
    ("line-add", {"free": "1", "q": "Work", "price": "1"}),
    ("line-change", {"quantity": "9"}),
    ("line-remove", {}),
    ("line-decide", {"decision": "accept"}),
    ("line-decide", {"decision": "dismiss"}),
    ("write-off", {"below_zero": "1"}),
    ("reverse", {}),
]


def refused(
    browser, one: Order, name: str, data: dict[str, str], headers: dict[str, str]
) -> str:
    """What is said to somebody who may not, with nothing changed."""
    row = one.lines.get()
    before = state()
    warehouse = Warehouse.objects.get()
    sent = {"warehouse": warehouse.pk, "seen": line_token(row), **data}
    answer = browser.post(
        address(
            name, one, row if name.startswith("line-") and name != "line-add" else None
        ),
        sent,
        headers=headers,
    )
    assert (answer.status_code, state()) == (403, before)
    return answer.content.decode()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
@pytest.mark.parametrize(("name", "data"), ACTS)
def test_without_the_permission_nothing_is_changed(
    bob_client, differing, name, data, headers
):
    refused(bob_client, differing, name, data, headers)
    assert (StockMovement.objects.count(), LineWriteOff.objects.count()) == (2, 1)


@pytest.mark.parametrize(("name", "data"), ACTS)
def test_a_stores_order_needs_the_permission_to_work_with_it(
    person, differing, name, data
):
    """Everything else does not help."""
    everything_else = [
        "view_order",
        "change_order",
        "edit_prices",
        "write_off_order",
        "write_off_below_zero",
        "resolve_differences",
    ]
    liz = signed_in(person("liz", *(f"orders.{each}" for each in everything_else)))
    assert "“Can add products without write-off”" in refused(
        liz, differing, name, data, {}
    )
    page = liz.get(f"/orders/{differing.pk}/").content.decode()
    assert not any(
        f'action="{address(each, differing)}"' in page
        for each in ["line-add", "write-off", "reverse"]
    )


def test_a_specialist_neither_accepts_nor_dismisses(client, differing):
    for decision in ["accept", "dismiss"]:
        text = refused(client, differing, "line-decide", {"decision": decision}, {})
        assert "“Can accept or dismiss changes of the store”" in text
