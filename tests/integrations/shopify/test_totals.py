"""Totals of every kind of order, from the fake shop over HTTP into rows and onto the page (O11, O12), with
exact values."""

import re
from decimal import Decimal
from typing import Any

import pytest

from integrations.models import StoreConnection
from orders.domain.store_totals import compare
from orders.models import Order, OrderEvent, OrderLine
from tests.support.orders import write_off_lines
from tests.support.shop import connect, counts_of_poll

DISPLAY, BATTERY, CABLE = 0, 1, 2
PRICES = {DISPLAY: "89.90", BATTERY: "24.90", CABLE: "9.90"}


def lines_of(shop, *products: int) -> list[Any]:
    sold = list(shop.products.values())
    return [shop.line(sold[number]) for number in products]


def priced(shop, *prices: str, **values: Any) -> list[Any]:
    """A line of one piece of a product of its own for each price."""
    return [
        shop.line(
            shop.add_product(f"Part {price}", [("Default Title", "", price)]), **values
        )
        for price in prices
    ]


def bring(shop, connection: StoreConnection) -> None:
    shop.clock.forward(minutes=1)
    counts_of_poll(connection)


def words(page) -> str:
    """The totals of the only order as its page shows them, in one line."""
    html = page.get(f"/orders/{Order.objects.get().pk}/").content.decode()
    section = re.search(
        r'<section[^>]*aria-labelledby="totals-title".*?</section>', html, re.DOTALL
    )[0]
    return " ".join(re.sub(r"<[^>]+>", " ", section).replace("&#39;", "'").split())


def sums() -> tuple[str, str, dict[str, str]]:
    """Our sum, the store's total, and the steps from one to the other; a difference that they do not explain
    is an error."""
    order = Order.objects.get()
    lines = list(order.lines.all())
    comparison = compare(order, lines)
    assert comparison.unexplained == 0
    assert order.total == sum(line.total for line in lines)
    return (
        f"{order.total:.2f}",
        f"{order.store_total:.2f}",
        {each.part.value: f"{each.amount:.2f}" for each in comparison.steps},
    )


def discounts() -> list[str]:
    return [f"{line.discount:.2f}" for line in OrderLine.objects.order_by("position")]


def test_tax_included_and_shipping(shop, connection, client):
    shop.place_order(lines_of(shop, DISPLAY, BATTERY), shipping=Decimal("4.90"))
    bring(shop, connection)
    assert sums() == ("114.80", "119.70", {"shipping": "4.90"})
    assert words(client) == (
        "Total In RO App Sum of the lines €114.80 Shipping +€4.90 Expected at the store €119.70 "
        "At the store Items €114.80 Shipping €4.90 Tax, included in the prices €19.11 Total €119.70 "
        "These parts explain the difference between the two totals."
    )


def test_tax_on_top(shop, connection, client):
    shop.place_order(
        lines_of(shop, DISPLAY), shipping=Decimal("10.00"), taxes_included=False
    )
    bring(shop, connection)
    assert sums() == ("89.90", "118.88", {"shipping": "10.00", "tax": "18.98"})
    assert words(client) == (
        "Total In RO App Sum of the lines €89.90 Shipping +€10.00 Tax +€18.98 Expected at the store €118.88 "
        "At the store Items €89.90 Shipping €10.00 Tax €18.98 Total €118.88 "
        "These parts explain the difference between the two totals."
    )


def test_discount_of_a_line(shop, connection, client):
    order = shop.place_order(lines_of(shop, DISPLAY, BATTERY))
    shop.discount_line(order, 0, "9.90")
    bring(shop, connection)
    assert sums() == ("104.90", "104.90", {})
    assert discounts() == ["9.90", "0.00"]
    assert words(client) == (
        "Total In RO App Sum of the lines €104.90 At the store Items €9.90 discounts are deducted €104.90 "
        "Shipping €0.00 "
        "Tax, included in the prices €16.75 Total €104.90 Both totals are the same."
    )


def test_discount_of_the_order_is_spread_over_its_lines(shop, connection):
    order = shop.place_order(priced(shop, "50.00", "30.00", "20.00"))
    shop.discount_order(order, "10.00")
    bring(shop, connection)
    assert sums() == ("90.00", "90.00", {})
    assert discounts() == ["5.00", "3.00", "2.00"]


def test_three_lines_share_ten_and_no_cent_is_lost(shop, connection):
    order = shop.place_order(priced(shop, "20.00", "20.00", "20.00"))
    shop.discount_order(order, "10.00")
    bring(shop, connection)
    assert sums() == ("50.00", "50.00", {})
    assert discounts() == ["3.34", "3.33", "3.33"]


def test_discount_of_the_line_and_of_the_order_together(shop, connection):
    order = shop.place_order(priced(shop, "50.00", "60.00"))
    shop.discount_line(order, 1, "10.00")
    shop.discount_order(order, "10.00")
    bring(shop, connection)
    assert sums() == ("90.00", "90.00", {})
    assert discounts() == ["5.00", "15.00"]


def test_fewer_pieces_of_a_line_with_a_discount_that_does_not_divide_evenly(
    shop, connection
):
    """Of 10.00 for three pieces two have 6.67 by our reckoning, and 6.66 by Shopify's: the sum is
    Shopify's."""
    lines = priced(shop, "30.00", quantity=3)
    order = shop.place_order(lines)
    shop.discount_line(order, 0, "10.00")
    bring(shop, connection)
    assert sums() == ("80.00", "80.00", {})
    shop.set_quantity(order, 0, 2)
    bring(shop, connection)
    assert sums() == ("53.34", "53.34", {})
    assert discounts() == ["6.66"]
    shop.set_quantity(order, 0, 4)
    bring(shop, connection)
    assert sums() == ("110.00", "110.00", {})
    assert discounts() == ["10.00"]


def test_shipping_at_a_reduced_price(shop, connection, client):
    order = shop.place_order(
        lines_of(shop, BATTERY), shipping=Decimal("12.90"), delivery="DHL Express"
    )
    shop.discount_shipping(order, "5.00")
    bring(shop, connection)
    assert sums() == ("24.90", "32.80", {"shipping": "7.90"})
    assert "Items €5.00 discounts are deducted €24.90 Shipping €7.90" in words(client)


def test_free_shipping(shop, connection):
    order = shop.place_order(lines_of(shop, BATTERY), shipping=Decimal("4.90"))
    shop.discount_shipping(order, "4.90")
    bring(shop, connection)
    assert sums() == ("24.90", "24.90", {})
    assert Order.objects.get().delivery_cost == 0


@pytest.mark.parametrize("title", ["Tip", "Trinkgeld"])
def test_tip_is_a_line_and_counted_once(shop, connection, client, title):
    shop.place_order(
        [*lines_of(shop, BATTERY), shop.tip_line("2.00", title)],
        shipping=Decimal("4.90"),
    )
    bring(shop, connection)
    assert sums() == ("26.90", "31.80", {"shipping": "4.90"})
    assert (
        "Items €24.90 Shipping €4.90 Tax, included in the prices €4.76 Tip one of the lines €2.00 Total "
        "€31.80" in words(client)
    )


def test_tips_of_two_payments(shop, connection):
    shop.place_order(
        [*lines_of(shop, BATTERY), shop.tip_line("2.00"), shop.tip_line("1.50")]
    )
    bring(shop, connection)
    assert sums() == ("28.40", "28.40", {})
    assert Order.objects.get().store_tip == Decimal("3.50")


def test_tip_that_is_no_line_is_a_step(shop, connection):
    shop.place_order(
        [*lines_of(shop, BATTERY), shop.custom_line("Gift wrap", "3.00")],
        tip=Decimal("2.00"),
    )
    bring(shop, connection)
    assert sums() == ("27.90", "29.90", {"tip": "2.00"})


def test_tip_that_is_refunded_has_left_the_lines(shop, connection):
    lines = priced(shop, "30.00", quantity=3)
    order = shop.place_order([*lines, shop.tip_line("5.00")])
    shop.discount_line(order, 0, "10.00")
    shop.refund(order, lines={0: 1, 1: 1})
    bring(shop, connection)
    assert sums() == ("53.34", "53.34", {})


@pytest.mark.parametrize("restock", [True, False])
def test_refund_of_goods_restocked_or_not(shop, connection, client, restock):
    order = shop.place_order(lines_of(shop, DISPLAY, BATTERY), shipping=Decimal("4.90"))
    bring(shop, connection)
    assert shop.refund(order, lines={1: 1}, restock=restock).restocked is restock
    bring(shop, connection)
    assert sums() == ("89.90", "94.80", {"shipping": "4.90"})
    stored = Order.objects.get()
    assert (stored.store_refunded, stored.store_goodwill, stored.payment) == (
        Decimal("24.90"),
        0,
        "partially_refunded",
    )
    assert list(
        OrderLine.objects.order_by("position").values_list("quantity", flat=True)
    ) == [1, 0]
    assert "Total €94.80 Refunded €24.90 These parts" in words(client)


def test_refund_of_shipping_only(shop, connection):
    order = shop.place_order(
        lines_of(shop, BATTERY), shipping=Decimal("4.90"), taxes_included=False
    )
    bring(shop, connection)
    assert sums() == ("24.90", "35.46", {"shipping": "4.90", "tax": "5.66"})
    shop.refund(order, shipping="4.90")
    bring(shop, connection)
    assert sums() == ("24.90", "29.63", {"tax": "4.73"})
    stored = Order.objects.get()
    assert (stored.store_refunded, stored.store_goodwill) == (Decimal("5.83"), 0)


def test_refund_of_money_without_goods(shop, connection, client):
    order = shop.place_order(lines_of(shop, BATTERY))
    shop.refund(order, "5.00")
    bring(shop, connection)
    assert sums() == ("24.90", "24.90", {})
    assert (
        "Total €24.90 Refunded €5.00 of it without goods €5.00 Both totals are the same."
        in words(client)
    )


def test_refund_of_less_than_the_goods_were_worth(shop, connection, client):
    order = shop.place_order(lines_of(shop, DISPLAY, BATTERY))
    shop.refund(order, "20.00", lines={1: 1})
    bring(shop, connection)
    assert sums() == ("89.90", "89.90", {})
    assert Order.objects.get().store_goodwill == Decimal("-4.90")
    assert "Total €89.90 Refunded €20.00 Both totals are the same." in words(client)


def test_removed_line_stays_in_the_list_with_nothing_left(shop, connection):
    order = shop.place_order(lines_of(shop, DISPLAY, CABLE))
    shop.discount_order(order, "10.00")
    bring(shop, connection)
    assert sums() == ("89.80", "89.80", {})
    shop.remove_line(order, 1)
    bring(shop, connection)
    assert sums() == ("80.89", "80.89", {})
    removed = OrderLine.objects.get(name="Cable")
    assert (removed.quantity, removed.discount, removed.total) == (0, 0, 0)


def test_added_custom_item(shop, connection):
    order = shop.place_order(lines_of(shop, BATTERY))
    bring(shop, connection)
    shop.add_line(order, shop.custom_line("Express check", "15.50", 2))
    bring(shop, connection)
    assert sums() == ("55.90", "55.90", {})
    added = OrderLine.objects.get(name="Express check")
    assert (added.product, added.quantity, added.total) == (None, 2, Decimal("31.00"))


def test_gift_card_that_is_sold_bears_no_tax(shop, connection, client):
    shop.place_order(
        [*priced(shop, "50.00", taxable=False), *lines_of(shop, BATTERY)],
        taxes_included=False,
    )
    bring(shop, connection)
    assert sums() == ("74.90", "79.63", {"tax": "4.73"})


def test_duties_and_additional_fees(shop, connection, client):
    shop.place_order(
        lines_of(shop, DISPLAY), duties=Decimal("7.20"), fees=Decimal("1.35")
    )
    bring(shop, connection)
    assert sums() == ("89.90", "98.45", {"duties": "7.20", "fees": "1.35"})
    assert "Duties €7.20 Additional fees €1.35 Total €98.45" in words(client)


def test_duties_that_the_prices_hold_already(shop, connection):
    shop.place_order(
        lines_of(shop, DISPLAY), duties=Decimal("7.20"), duties_included=True
    )
    bring(shop, connection)
    assert sums() == ("89.90", "89.90", {})


def test_customer_paid_in_another_currency_and_the_shops_counts(shop, connection):
    shop.place_order(
        lines_of(shop, DISPLAY),
        shipping=Decimal("4.90"),
        presentment_currency="USD",
        presentment_rate=Decimal("1.0823"),
    )
    bring(shop, connection)
    assert sums() == ("89.90", "94.80", {"shipping": "4.90"})


def test_voucher_as_a_line_of_negative_price(shop, connection, client):
    shop.place_order([*lines_of(shop, CABLE), shop.custom_line("Voucher", "-15.00")])
    bring(shop, connection)
    assert sums() == ("-5.10", "-5.10", {})
    assert "Sum of the lines −€5.10 At the store Items −€5.10" in words(client)


@pytest.mark.parametrize(
    ("currency", "price", "discount", "shares", "total"),
    [
        ("JPY", "1200", "1000", ["334", "333", "333"], "2600"),
        ("KWD", "1.250", "1.000", ["0.334", "0.333", "0.333"], "2.750"),
    ],
)
@pytest.mark.usefixtures("db")
def test_currencies_with_no_digits_and_with_three(
    shop, settings, currency, price, discount, shares, total
):
    settings.CURRENCY = shop.currency = currency
    order = shop.place_order(priced(shop, price, price, price))
    shop.discount_order(order, discount)
    bring(shop, connect())
    stored = Order.objects.get()
    assert (stored.total, stored.store_total) == (Decimal(total), Decimal(total))
    assert [line.discount for line in stored.lines.all()] == [
        Decimal(share) for share in shares
    ]
    assert compare(stored, list(stored.lines.all())).unexplained == 0


def test_amounts_that_are_only_spelled_otherwise_are_no_change(shop, connection):
    order = shop.place_order(priced(shop, "13.50"), shipping=Decimal("4.90"))
    bring(shop, connection)
    events = OrderEvent.objects.count()
    shop.spell = lambda amount: f"{amount:.2f}"
    shop.change(order)
    bring(shop, connection)
    assert (sums(), OrderEvent.objects.count()) == (
        ("13.50", "18.40", {"shipping": "4.90"}),
        events,
    )


def test_lines_kept_after_their_write_off_are_the_difference(
    shop, connection, client, kim
):
    order = shop.place_order(lines_of(shop, DISPLAY, BATTERY))
    bring(shop, connection)
    write_off_lines(Order.objects.get(), "Battery", by=kim, now=shop.clock.now)
    shop.set_quantity(order, 1, 3)
    bring(shop, connection)
    assert sums() == ("114.80", "164.60", {"lines": "49.80"})
    assert (
        "Sum of the lines €114.80 Lines that differ from the store's Battery +€49.80 Expected at the store "
        "€164.60" in words(client)
    )


def test_total_that_the_parts_do_not_explain_is_flagged_and_blocks_nothing(
    shop, connection, client
):
    """A store whose total holds something that none of its figures names."""
    order = shop.place_order(lines_of(shop, BATTERY))
    shop.spell = lambda amount: "31.30" if amount == order.total else f"{amount}"
    order.shipping = Decimal("5.00")
    bring(shop, connection)
    stored = Order.objects.get()
    assert (stored.total, stored.store_total, stored.status.name) == (
        Decimal("24.90"),
        Decimal("31.30"),
        "New",
    )
    assert words(client).endswith(
        "These parts add up to €29.90, but the store's total is €31.30. "
        "They do not explain the difference of +€1.40: compare the order at the store."
    )
