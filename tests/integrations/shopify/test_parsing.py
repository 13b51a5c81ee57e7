"""Shopify's JSON in our words, with everything that a shop can put into it."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from customers.matching import ContactDetails
from integrations.shopify.parsing import Reader
from inventory.product_matching import ProductDetails
from orders.importing.incoming import IncomingOrder, StoreFigures

PAYLOAD = Path(__file__).resolve().parents[2] / "payloads" / "shopify" / "order.json"
pytestmark = pytest.mark.once


def read(change: dict[str, Any] | None = None, *, text: str | None = None) -> IncomingOrder:
    node = json.loads(PAYLOAD.read_text("utf-8")) | (change or {})
    raw = msgspec.Raw((text or json.dumps(node)).encode("utf-8"))
    return Reader("shopify:3", "DE").snapshot(raw).read()


def test_order_in_our_words():
    order = read()
    assert (order.external_id, order.number) == ("5501", "#1042")
    assert order.placed_at == datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    assert order.updated_at == datetime(2026, 11, 20, 10, 0, 5, tzinfo=UTC)
    assert (order.payment, order.fulfilment, order.is_open, order.is_test) == (
        "paid",
        "unfulfilled",
        True,
        False,
    )
    assert (order.note, order.tags, order.currency) == ("Please ring twice", ("b2b", "Express"), "EUR")
    assert (order.delivery_method, order.delivery_cost) == ("DHL Paket", Decimal("4.90"))
    assert order.delivery_address == "Ada Lovelace\nPackstation 7\nHinterhof\n10117 Berlin\nDE"
    assert order.figures == StoreFigures(
        items=Decimal("57.80"),
        discounts=Decimal("2.00"),
        shipping=Decimal("4.90"),
        tax=Decimal("10.01"),
        tip=Decimal("0.00"),
        refunded=Decimal("0.00"),
        total=Decimal("62.70"),
        tax_included=True,
    )


def test_customer_comes_from_the_customer_then_from_the_addresses():
    assert read().contact == ContactDetails(
        key="shopify:3:61",
        first_name="Ada",
        last_name="Lovelace",
        company="Engines GmbH",
        phone="0151 12345678",
        email="ada@example.com",
        address="Hauptstr. 1\n10115 Berlin\nDE",
        country="DE",
    )


def test_guest_is_known_by_the_billing_address_and_the_orders_email():
    contact = read({"customer": None}).contact
    assert (contact.key, contact.first_name, contact.email) == ("", "A.", "order@example.com")


def test_basic_plans_address_with_only_a_town_is_no_customer():
    town = {"city": "Berlin", "countryCodeV2": "DE"}
    contact = read(
        {
            "customer": {"id": "gid://shopify/Customer/61"},
            "billingAddress": town,
            "shippingAddress": None,
            "email": None,
        }
    ).contact
    assert (contact.is_empty, contact.key) == (True, "shopify:3:61")


def test_lines_have_what_is_left_of_them_and_its_share_of_the_discount():
    display, wrap, cable = read().lines
    assert (display.external_id, display.name, display.quantity, display.price) == (
        "91",
        "Display – Black",
        2,
        Decimal("19.90"),
    )
    assert display.discount == Decimal("2.00")  # 3.00 for three, two are left
    assert display.product == ProductDetails(
        key="shopify:3:variant:81", external_id="71", name="Display – Black", sku="D-1"
    )
    assert (wrap.name, wrap.sku, wrap.product) == ("Gift wrap", "", None)
    assert (cable.name, cable.quantity, cable.product) == (
        "Cable",
        0,
        ProductDetails(key="shopify:3:product:72", external_id="72", name="Cable", sku=""),
    )


@pytest.mark.parametrize(
    "change",
    [
        {"cancelledAt": "2026-11-21T00:00:00Z"},
        {"closedAt": "2026-11-21T00:00:00Z"},
        {"displayFinancialStatus": "REFUNDED"},
        {"displayFulfillmentStatus": "FULFILLED"},
    ],
)
def test_finished_orders_are_not_open(change):
    assert read(change).is_open is False


@pytest.mark.parametrize(
    ("currency", "amount", "read_as"),
    [("JPY", "1200.0", "1200"), ("KWD", "1.2345", "1.234"), ("EUR", "13.5", "13.50")],
)
def test_amounts_have_their_currencys_digits(currency, amount, read_as):
    figures = read(
        {"currencyCode": currency, "currentTotalPriceSet": {"shopMoney": {"amount": amount}}}
    ).figures
    assert str(figures.total) == read_as


def test_texts_lose_nul_and_surrogates_and_are_cut_with_an_ellipsis():
    text = PAYLOAD.read_text("utf-8").replace("Please ring twice", "a\\u0000b \\ud83d c \\ud83d\\ude00")
    assert read(text=text).note == "ab  c 😀"
    name = read({"shippingLine": {"title": "x" * 10_000}}).delivery_method
    assert (len(name), name[-2:]) == (255, "x…")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"currentTotalPriceSet": {"shopMoney": {"amount": "NaN"}}}, "an amount is no number"),
        ({"currentTotalPriceSet": {"shopMoney": {"amount": "1e999999999"}}}, "makes no sense"),
        ({"createdAt": "yesterday"}, "createdAt"),
        ({"lineItems": {"nodes": [{}], "pageInfo": {}}}, "id"),
        ({"customer": {"id": "gid://shopify/Customer/'; --"}}, "an id has no number"),
    ],
)
def test_nonsense_is_a_value_error_in_words(change, words):
    with pytest.raises(ValueError, match=words):
        read(change)


def test_deep_and_huge_json_is_a_value_error():
    deep = PAYLOAD.read_text("utf-8").replace('"Please ring twice"', "[" * 100_000 + "]" * 100_000)
    huge = PAYLOAD.read_text("utf-8").replace('"Please ring twice"', "9" * 5_000)
    for text in [deep, huge]:
        with pytest.raises(ValueError, match="makes no sense"):
            read(text=text)


def test_fingerprint_tells_any_change_and_fits_a_bigint():
    def fingerprint(note: str) -> int:
        return (
            Reader("k", "DE")
            .snapshot(msgspec.Raw(PAYLOAD.read_bytes().replace(b"ring", note.encode())))
            .fingerprint
        )

    assert fingerprint("ring") == fingerprint("ring")
    assert fingerprint("ring") != fingerprint("rang")
    assert -(2**63) <= fingerprint("ring") < 2**63


def test_order_with_more_lines_than_the_page_carries_is_cut():
    node = json.loads(PAYLOAD.read_text("utf-8"))
    node["lineItems"]["pageInfo"]["hasNextPage"] = True
    assert Reader("k", "DE").snapshot(msgspec.Raw(json.dumps(node).encode())).is_cut is True
