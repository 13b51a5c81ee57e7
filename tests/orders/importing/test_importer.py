"""import_orders: every order once, never over a newer state, nothing per order."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from customers.matching import ContactDetails
from customers.models import Customer
from inventory.models import Category, Product
from inventory.product_matching import NO_TEXTS, ProductText
from orders.importing.importer import import_orders
from orders.importing.types import Result
from orders.models import Order, OrderEvent, OrderLine
from tests.support.incoming import arrival, figures, line, order, product
from tests.support.invariants.orders import violations
from tests.support.orders import write_off_lines
from tests.support.times import DAY

pytestmark = pytest.mark.django_db
NOW = DAY + timedelta(hours=1)


def bring(rules, *incoming, fetched_at=NOW, texts=NO_TEXTS):
    with transaction.atomic():
        arrivals = [arrival(each) for each in incoming]
        return import_orders(
            arrivals, rules=rules, fetched_at=fetched_at, now=NOW, texts=texts
        )


def results(outcomes):
    return [outcome.result for outcome in outcomes]


def test_new_order_gets_its_types_initial_status_customer_and_products(rules):
    incoming = order(
        1,
        lines=(
            line(1, quantity=2, price=Decimal("19.90"), discount=Decimal("1.00")),
            line(2, product=None, name="Gift wrap", sku=""),
        ),
        figures=figures(total=Decimal("52.70"), shipping=Decimal("4.90")),
        delivery_method="DHL Paket",
        delivery_cost=Decimal("4.90"),
    )
    assert results(bring(rules, incoming)) == [Result.IMPORTED]
    stored = Order.objects.get()
    assert stored.status == rules.order_type.initial_status
    assert (
        stored.external_id,
        stored.external_number,
        stored.placed_at,
        stored.synced_at,
    ) == (
        "5001",
        "#1001",
        DAY,
        NOW,
    )
    assert (stored.total, stored.store_total) == (Decimal("48.80"), Decimal("52.70"))
    assert stored.items == "2 × Display 1, Gift wrap"
    assert (stored.customer.name, stored.customer.phone, stored.customer_name) == (
        "Ada Nr1",
        "+4915112345001",
        "Ada Nr1",
    )
    first, second = stored.lines.all()
    assert (first.product.sku, first.product.code, first.product.unit) == (
        "D-1",
        "7001",
        "pcs",
    )
    assert (first.total, second.product) == (Decimal("38.80"), None)
    assert [
        (event.kind, event.subject, event.old, event.new)
        for event in stored.events.all()
    ] == [("imported", "#1001", "DHL Paket", "4.9")]


def test_same_order_again_writes_nothing(rules):
    bring(rules, order(1))
    with CaptureQueriesContext(connection) as queries:
        assert results(bring(rules, order(1))) == [Result.UNCHANGED]
    assert not [
        q["sql"] for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))
    ]


def test_older_state_never_overwrites_a_newer_one(rules):
    bring(rules, order(1, note="new", updated_at=DAY + timedelta(seconds=5)))
    assert results(bring(rules, order(1, note="old", updated_at=DAY))) == [
        Result.UNCHANGED
    ]
    assert Order.objects.get().store_note == "new"


def test_of_two_states_with_one_stamp_the_one_fetched_later_wins(rules):
    bring(rules, order(1, note="later"), fetched_at=NOW)
    assert results(
        bring(rules, order(1, note="earlier"), fetched_at=NOW - timedelta(seconds=1))
    ) == [Result.UNCHANGED]
    assert results(
        bring(rules, order(1, note="latest"), fetched_at=NOW + timedelta(seconds=1))
    ) == [Result.UPDATED]
    assert Order.objects.get().store_note == "latest"


def test_status_is_never_synchronised(rules):
    bring(rules, order(1))
    other = rules.order_type.initial_status.__class__.objects.exclude(
        pk=rules.order_type.initial_status_id
    ).first()
    Order.objects.update(status=other)
    bring(rules, order(1, payment="refunded", updated_at=DAY + timedelta(minutes=1)))
    stored = Order.objects.get()
    assert (stored.status, stored.payment) == (other, "refunded")


def test_quantity_follows_the_store_until_written_off(rules, kim):
    bring(rules, order(1, lines=(line(1, quantity=2),)))
    bring(
        rules,
        order(1, lines=(line(1, quantity=3),), updated_at=DAY + timedelta(minutes=1)),
    )
    stored = OrderLine.objects.get()
    assert (stored.quantity, stored.total, stored.order.total) == (
        3,
        Decimal("30.00"),
        Decimal("30.00"),
    )
    write_off_lines(stored.order, by=kim, now=NOW)
    bring(
        rules,
        order(1, lines=(line(1, quantity=5),), updated_at=DAY + timedelta(minutes=2)),
    )
    stored.refresh_from_db()
    assert (stored.quantity, stored.store_quantity, stored.difference) == (
        3,
        5,
        {"quantity": ["3", "5"]},
    )
    assert Order.objects.get().needs_attention is True
    bring(
        rules,
        order(1, lines=(line(1, quantity=3),), updated_at=DAY + timedelta(minutes=3)),
    )
    stored.refresh_from_db()
    assert (
        stored.quantity,
        stored.difference,
        Order.objects.get().needs_attention,
    ) == (3, None, False)


def test_staffs_price_stays_when_the_store_changes_the_quantity(rules):
    bring(rules, order(1))
    OrderLine.objects.update(price=Decimal("8.00"))
    bring(
        rules,
        order(1, lines=(line(1, quantity=4),), updated_at=DAY + timedelta(minutes=1)),
    )
    stored = OrderLine.objects.get()
    assert (stored.price, stored.quantity, stored.total) == (
        Decimal("8.00"),
        4,
        Decimal("32.00"),
    )


def test_staffs_line_and_added_line_live_side_by_side(rules):
    bring(rules, order(1))
    mine = OrderLine.objects.create(
        order=Order.objects.get(), name="Labour", quantity=1, price=30, total=30
    )
    bring(
        rules,
        order(
            1,
            lines=(line(1, quantity=0), line(2)),
            updated_at=DAY + timedelta(minutes=1),
        ),
    )
    assert [
        (each.name, each.quantity) for each in OrderLine.objects.order_by("id")
    ] == [
        ("Display 1", 0),
        ("Labour", 1),
        ("Display 2", 1),
    ]
    mine.refresh_from_db()
    assert (mine.price, Order.objects.get().total) == (30, Decimal("40.00"))


@pytest.mark.parametrize(
    ("values", "result", "code"),
    [
        ({"currency": "USD"}, Result.HELD, "currency"),
        ({"is_test": True}, Result.SKIPPED, "test_order"),
        ({"tags": ("Wholesale", "b2b")}, Result.SKIPPED, "excluded_tag"),
        ({"placed_at": DAY - timedelta(days=2)}, Result.SKIPPED, "too_old"),
        (
            {"placed_at": DAY - timedelta(hours=2), "is_open": False},
            Result.SKIPPED,
            "not_open",
        ),
    ],
)
def test_refused_order_leaves_no_trace_and_says_why(rules, values, result, code):
    admission = replace(
        rules.admission,
        since=DAY - timedelta(days=1),
        open_before=DAY - timedelta(hours=1),
        excluded_tags=frozenset({"wholesale"}),
    )
    (outcome,) = bring(replace(rules, admission=admission), order(1, **values))
    assert (outcome.result, outcome.code) == (result, code)
    assert outcome.reason.endswith(".")
    assert Counter(model.objects.count() for model in [Order, Customer, Product]) == {
        0: 3
    }


def test_customer_is_found_by_store_id_then_by_phone_and_only_completed(rules):
    known = Customer.objects.create(
        first_name="Grace", phone="+4915112345001", created_at=DAY
    )
    known.keys.create(key="phone:+4915112345001")
    bring(
        rules,
        order(
            1,
            contact=ContactDetails(
                key="shopify:1:9",
                first_name="G.",
                phone="0151 12345001",
                email="g@example.com",
                country="DE",
            ),
        ),
    )
    bring(
        rules,
        order(
            2,
            contact=ContactDetails(key="shopify:1:9", first_name="Gigi", country="DE"),
        ),
    )
    known.refresh_from_db()
    assert (
        Customer.objects.count(),
        known.first_name,
        known.email,
        known.orders.count(),
    ) == (
        1,
        "Grace",
        "g@example.com",
        2,
    )


def test_unknown_customer_is_filled_in_when_the_data_becomes_available(rules):
    bring(rules, order(1, contact=ContactDetails()))
    assert (Order.objects.get().customer, Customer.objects.count()) == (None, 0)
    bring(rules, order(1, updated_at=DAY + timedelta(minutes=1)))
    assert Order.objects.get().customer.name == "Ada Nr1"
    bring(
        rules, order(1, contact=ContactDetails(), updated_at=DAY + timedelta(minutes=2))
    )
    assert Order.objects.get().customer.name == "Ada Nr1"


def test_order_that_names_its_unnamed_customer_is_updated(rules):
    key = "shopify:1:1"
    bring(rules, order(1, contact=ContactDetails(key=key, email="ada@example.com")))
    named = ContactDetails(key=key, first_name="Ada", last_name="Lovelace")
    later = order(1, contact=named, updated_at=DAY + timedelta(minutes=1))
    assert results(bring(rules, later)) == [Result.UPDATED]
    stored = Order.objects.get()
    assert (stored.customer_name, stored.customer.name) == ("Ada Lovelace",) * 2


def test_what_an_order_tells_of_a_known_customer_is_told_to_their_other_orders(rules):
    phone = "+4915112345001"
    bring(rules, order(1, contact=ContactDetails(phone=phone)), order(2))
    first = Order.objects.get(external_id="5001")
    assert (first.customer_name, "ada@example.com" in first.search) == ("", False)
    details = ContactDetails(
        phone=phone, first_name="Ada", last_name="Lovelace", email="ada@example.com"
    )
    bring(
        rules,
        order(3, contact=details),
        order(2, note="later", updated_at=DAY + timedelta(minutes=1)),
    )
    first.refresh_from_db()
    assert first.customer_name == "Ada Lovelace"
    assert first.search.startswith(
        "ada@example.com\n+4915112345001\n\x1f#1001\nada lovelace"
    )
    assert set(Order.objects.values_list("customer_name", flat=True)) == {
        "Ada Lovelace",
        "Ada Nr2",
    }
    assert violations() == []


def test_orders_of_completed_customers_are_told_by_the_chunk(rules):
    """One statement more for a customer of three orders and for twelve customers of four."""

    def count(first, customers, orders):
        phones = [f"+49151999{first + n:05}" for n in range(customers)]
        earlier = [
            order(first + n, contact=ContactDetails(phone=phones[n % customers]))
            for n in range(customers * orders)
        ]
        bring(rules, *earlier)
        named = [
            order(
                first + 500 + n, contact=ContactDetails(phone=phone, first_name="Ada")
            )
            for n, phone in enumerate(phones)
        ]
        with CaptureQueriesContext(connection) as queries:
            bring(rules, *named)
        assert Order.objects.filter(
            customer__phone__in=phones, customer_name="Ada"
        ).count() == customers * (orders + 1)
        return sum(not query["sql"].startswith("ANALYZE") for query in queries)

    assert count(1_000, 1, 3) == count(3_000, 12, 4)


def test_products_are_matched_by_sku_and_empty_skus_never_match(rules):
    mine = Product.objects.create(name="Mine", sku="D-1", created_at=DAY)
    Product.objects.create(name="Twin", sku="D-1", created_at=DAY)
    Product.objects.create(name="No SKU", sku="", created_at=DAY)
    bring(
        rules,
        order(
            1,
            lines=(
                line(1),
                line(2, product=product(2, sku="")),
                line(3, product=product(3, sku="")),
            ),
        ),
    )
    first, second, third = OrderLine.objects.order_by("id")
    assert first.product == mine
    assert first.product.keys.get().ambiguous is True
    assert len({first.product_id, second.product_id, third.product_id}) == 3
    Product.objects.filter(pk=mine.pk).update(sku="changed")
    bring(rules, order(2, lines=(line(1, external_id="77"),)))
    assert OrderLine.objects.get(external_id="77").product == mine


def test_category_is_reused_whatever_its_case_and_description_is_made_safe(rules):
    shelf = Category.objects.create(name="Spare  Parts")
    bring(
        rules,
        order(1),
        texts={
            "7001": ProductText(
                category="spare parts", description="<b>ok</b><script>x</script>"
            )
        },
    )
    made = Product.objects.get()
    assert (made.category, made.description) == (shelf, "<b>ok</b>")


def test_one_poisonous_order_fails_alone(rules):
    huge = order(3, lines=(line(1, price=Decimal("1e40")),))
    outcomes = bring(
        rules,
        *(order(number) for number in [1, 2]),
        huge,
        *(order(number) for number in [4, 5]),
    )
    assert results(outcomes) == [
        "imported",
        "imported",
        "failed",
        "imported",
        "imported",
    ]
    assert Order.objects.count() == 4
    assert OrderEvent.objects.count() == 4


def test_queries_do_not_grow_with_the_orders(rules):
    def count(numbers):
        incoming = [order(n, lines=(line(n), line(n + 1))) for n in numbers]
        with CaptureQueriesContext(connection) as queries:
            bring(rules, *incoming)
        with CaptureQueriesContext(connection) as again:
            later = DAY + timedelta(minutes=1)
            bring(
                rules,
                *(
                    msgspec.structs.replace(each, payment="refunded", updated_at=later)
                    for each in incoming
                ),
            )
        # PostgreSQL looks at a table anew when it has doubled.
        return sum(not query["sql"].startswith("ANALYZE") for query in queries), len(
            again
        )

    assert count(range(1, 4)) == count(range(100, 112))
