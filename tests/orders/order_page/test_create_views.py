"""Making an order: the form grows by the line and keeps what was typed; saving it makes everything, or
nothing."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.editing import create_customer, phones_naming
from customers.models import Customer
from inventory.models import Product
from orders.models import Order, OrderType, Status
from tests.support.html import text_of
from tests.support.incoming import order
from tests.support.order_page import IN_PARTS, said, state, value
from tests.support.orders import events_of
from tests.support.times import DAY, NOW
from tests.support.users import create_user, signed_in

pytestmark = pytest.mark.django_db
URL = reverse("orders:create")


@pytest.fixture
def boss(kim):
    return signed_in(kim)


@pytest.fixture
def ada(db) -> Customer:
    return create_customer(
        {"first_name": "Ada", "last_name": "Lovelace"}, by_id=None, now=NOW
    )


def typed(**more: Any) -> dict[str, Any]:
    """A form with everything but lines and a customer filled in."""
    repair = OrderType.objects.get(name="Repair")
    return {
        "lines": "0",
        "type": repair.pk,
        "assignee": "",
        "due_on": "2026-12-01",
        "note": "Wet <b>",
        "who": "",
        **more,
    }


def with_lines(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    values = {
        f"line-{number}-{name}": value
        for number, line in enumerate(lines)
        for name, value in line.items()
    }
    return typed(lines=len(lines), **values, **more)


def send(client, data: dict[str, Any]) -> str:
    """Send the form with a button that does not save; nothing is stored."""
    before = state()
    answer = client.post(URL, data)
    assert (answer.status_code, state()) == (200, before)
    return answer.content.decode()


def drafted(html: str) -> list[tuple[str, ...]]:
    """Name, quantity, price and discount of each line of the form."""
    names = ["q", "quantity", "price", "discount"]
    count = int(value(html, "lines"))
    return [
        tuple(
            value(html, f"line-{number}-{name}")
            for name in names
            if f'name="line-{number}-{name}"' in html
        )
        for number in range(count)
    ]


def chosen(html: str, name: str) -> str:
    """The chosen option of a menu, in words."""
    menu = re.search(rf'<select name="{name}".*?</select>', html, re.DOTALL)[0]
    return text_of(re.search(r"<option[^>]* selected>(.*?)</option>", menu)[1])


WORK = {"q": "Cleaning", "quantity": "1.5", "price": "20"}


def test_fresh_form_is_empty_and_offers_the_type_that_one_uses(client, ann, made_here):
    html = client.get(URL).content.decode()
    assert (drafted(html), chosen(html, "type"), value(html, "q")) == ([], "Repair", "")
    made_here(order_type=OrderType.objects.get(name="Sale"), created_by=ann)
    assert chosen(client.get(URL).content.decode(), "type") == "Sale"


def test_free_text_becomes_a_line_and_everything_typed_is_kept(boss, kim):
    html = send(
        boss,
        typed(
            assignee=kim.pk,
            free="1",
            q="Cleaning",
            quantity="1.5",
            price="20",
            discount="2",
            first_name="Gra",
        ),
    )
    assert drafted(html) == [("Cleaning", "1.5", "20", "2")]
    assert [value(html, name) for name in ["q", "quantity", "price", "discount"]] == [
        "",
        "",
        "",
        "",
    ]
    assert (chosen(html, "type"), chosen(html, "assignee")) == ("Repair", "Kim")
    assert (value(html, "due_on"), value(html, "first_name")) == ("2026-12-01", "Gra")
    assert re.search(r'<textarea name="note"[^>]*>\s*Wet &lt;b&gt;</textarea>', html)


def test_product_becomes_a_line_with_the_price_it_was_sold_for_last(
    client, made_here, with_line, screen
):
    with_line(made_here(), price="89.90", product=screen)
    html = send(client, with_lines(WORK, product=screen.pk))
    assert drafted(html) == [("Cleaning", "1.5", "20"), ("Screen", "1", "89.90")]
    assert value(html, "line-1-product") == str(screen.pk)


def test_product_that_was_never_sold_needs_a_price_before_there_is_an_order(
    client, screen
):
    html = send(client, typed(product=screen.pk, q="scr"))
    assert drafted(html) == [("Screen", "1", "")]
    assert "without 1 line whose numbers are missing or cannot be read" in text_of(html)
    unpriced = {"product": screen.pk, "q": "Screen", "quantity": "1", "price": ""}
    html = send(client, with_lines(unpriced, save="1"))
    error = "Enter the price, 0 if it costs nothing."
    assert error in text_of(html)
    # Nor by its SKU, in a line that was not added yet.
    html = send(client, typed(save="1", q="S-1"))
    assert error in text_of(html)
    assert drafted(html) == [("Screen", "1", "")]
    client.post(URL, with_lines(unpriced | {"price": "0"}, save="1"))
    line = Order.objects.get().lines.get()
    assert (line.product, line.price) == (screen, 0)


def test_product_that_was_sold_before_may_do_without_a_typed_price(
    client, made_here, with_line, screen
):
    with_line(made_here(), price="89.90", product=screen)
    cleared = {"product": screen.pk, "q": "Screen", "quantity": "1", "price": ""}
    client.post(URL, with_lines(cleared, save="1"))
    assert Order.objects.latest("pk").total == Decimal("89.90")


def test_exact_sku_becomes_a_line_and_other_text_offers_products(client, screen):
    Product.objects.create(name="Screen protector", sku="S-10", created_at=DAY)
    html = send(client, typed(find="1", q="S-1", quantity="2", price="50"))
    assert drafted(html) == [("Screen", "2", "50")]
    html = send(client, with_lines(WORK, find="1", q="scr", quantity="2"))
    assert re.findall(r'<bdi class="name">(.*?)</bdi>', html) == [
        "Screen",
        "Screen protector",
    ]
    assert (drafted(html), value(html, "q"), value(html, "quantity")) == (
        [("Cleaning", "1.5", "20")],
        "scr",
        "2",
    )


def test_removed_line_is_gone_and_those_behind_it_move_up(client, screen):
    lines = [
        {"q": "First", "price": "1"},
        {"q": "Screen", "product": screen.pk, "price": "x"},
        {"q": "Third", "price": "3"},
    ]
    html = send(client, with_lines(*lines, without="0"))
    assert drafted(html) == [("Screen", "", "x"), ("Third", "", "3")]
    assert (value(html, "line-0-product"), value(html, "line-1-product")) == (
        str(screen.pk),
        "",
    )
    assert drafted(send(client, with_lines(*lines, without="9"))) == [
        ("First", "", "1"),
        ("Screen", "", "x"),
        ("Third", "", "3"),
    ]


def test_line_that_makes_no_sense_does_not_join(client):
    html = send(
        client, with_lines(WORK, free="1", q="Glue", quantity="0", price="much")
    )
    assert "A quantity must be above zero." in html
    assert "Enter an amount in EUR, such as 1,250.50." in html
    assert drafted(html) == [("Cleaning", "1.5", "20")]
    assert [value(html, name) for name in ["q", "quantity", "price"]] == [
        "Glue",
        "0",
        "much",
    ]


def test_form_in_parts_is_the_form_alone(client):
    html = client.post(
        URL, typed(free="1", q="Glue", price="3"), headers=IN_PARTS
    ).content.decode()
    assert html.lstrip().startswith('<form id="create"')
    assert drafted(html) == [("Glue", "1", "3")]
    assert "<html" not in html


def test_customer_comes_with_the_address_and_may_be_another(client, ada):
    html = client.get(URL, {"customer": ada.pk}).content.decode()
    assert value(html, "chosen") == str(ada.pk)
    assert '<bdi class="name" hx-disable>Ada Lovelace</bdi>' in html
    html = send(client, typed(chosen=ada.pk, nobody="1"))
    assert 'name="chosen"' not in html
    assert 'name="who"' in html


def test_customer_is_found_and_chosen(client, ada):
    html = send(client, with_lines(WORK, find="1", who="love"))
    assert f'name="customer" value="{ada.pk}"' in html
    html = send(client, with_lines(WORK, who="love", customer=ada.pk))
    assert (value(html, "chosen"), drafted(html)) == (
        str(ada.pk),
        [("Cleaning", "1.5", "20")],
    )


def test_order_is_made(client, ann, ada, screen):
    lines = [
        WORK,
        {"product": screen.pk, "q": "Screen", "quantity": "2", "price": "89.90"},
    ]
    answer = client.post(
        URL,
        with_lines(
            *lines, save="1", chosen=ada.pk, assignee=ann.pk, note="Wet\r\nIn a bag"
        ),
    )
    one = Order.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        f"/orders/{one.pk}/",
    )
    assert said(client.get(answer.headers["Location"])) == [
        f"Order {one.pk} was created."
    ]
    assert (one.order_type.name, one.status.name, one.store, one.created_by) == (
        "Repair",
        "New",
        None,
        ann,
    )
    assert (one.customer, one.assignee, one.due_on, one.note) == (
        ada,
        ann,
        date(2026, 12, 1),
        "Wet\nIn a bag",
    )
    assert (one.total, one.items) == (Decimal("209.80"), "1.5 × Cleaning, 2 × Screen")
    assert list(
        one.lines.values_list(
            "name", "sku", "product", "quantity", "price", "discount", "total"
        )
    ) == [
        ("Cleaning", "", None, Decimal("1.5"), 20, 0, 30),
        ("Screen", "S-1", screen.pk, 2, Decimal("89.90"), 0, Decimal("179.80")),
    ]
    assert (events_of(one), one.events.get().by) == ([("created", "", "", "", "")], ann)


def test_order_begins_in_its_types_own_status(client):
    sale = OrderType.objects.get(name="Sale")
    OrderType.objects.filter(pk=sale.pk).update(
        initial_status=Status.objects.get(name="In progress")
    )
    client.post(URL, with_lines(WORK, save="1") | {"type": sale.pk})
    assert Order.objects.get().status.name == "In progress"


def test_order_made_in_parts_leads_to_its_page(client):
    answer = client.post(URL, with_lines(WORK, save="1"), headers=IN_PARTS)
    one = Order.objects.get()
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (
        200,
        f"/orders/{one.pk}/",
    )


def test_order_with_a_discount(boss):
    boss.post(URL, with_lines(WORK | {"discount": "5.50"}, save="1"))
    assert Order.objects.get().total == Decimal("24.50")


def test_new_customer_is_made_with_the_order(client):
    client.post(
        URL,
        with_lines(
            WORK,
            save="1",
            first_name="Grace",
            last_name="Hopper",
            phone="0151 23456789",
        ),
    )
    made = Customer.objects.get()
    assert (made.name, made.phone, Order.objects.get().customer) == (
        "Grace Hopper",
        "+4915123456789",
        made,
    )


def test_new_customer_with_a_phone_that_belongs_to_another_is_that_one(client, bring):
    [imported] = bring(order(1))
    client.post(
        URL, with_lines(WORK, save="1", first_name="Grace", phone="01511 2345001")
    )
    made = Order.objects.get(store=None)
    assert (made.customer, made.customer_name, Customer.objects.count()) == (
        imported.customer,
        "Ada Nr1",
        1,
    )


NEW = {"first_name": "Ben", "email": "ADA@Example.com", "phone": "0151 23456789"}


def test_new_customer_with_a_known_email_is_asked_about_and_nothing_is_lost(
    client, known
):
    html = send(client, with_lines(WORK, save="1", **NEW))
    assert (
        "Ada Lovelace has the same e-mail address. The order was not created yet."
        in text_of(html)
    )
    assert f'href="/customers/{known.pk}/"' in html
    assert f'name="same_customer" value="{known.pk}"' in html
    assert 'name="same_email" value="ADA@Example.com"' in html
    assert 'name="save"' not in html
    assert {name: value(html, name) for name in NEW} == NEW
    assert (drafted(html), value(html, "due_on")) == (
        [("Cleaning", "1.5", "20")],
        "2026-12-01",
    )
    in_parts = client.post(
        URL, with_lines(WORK, save="1", **NEW), headers=IN_PARTS
    ).content.decode()
    assert "has the same e-mail address" in in_parts
    client.cookies["django_language"] = "de"
    whole = WORK | {"quantity": "2"}
    german = text_of(send(client, with_lines(whole, save="1", **NEW)))
    assert (
        "Ada Lovelace hat dieselbe E-Mail-Adresse. Der Auftrag wurde noch nicht angelegt."
        in german
    )


def test_person_with_a_known_email_is_made_on_purpose_or_is_the_known_one(
    client, known
):
    # What was confirmed is the address that was asked about, and no other.
    send(client, with_lines(WORK, same_email="ada@example.org", **NEW))
    client.post(URL, with_lines(WORK, same_email="ADA@Example.com", **NEW))
    made = Customer.objects.latest("pk")
    assert (made.name, made.phone, Order.objects.get().customer) == (
        "Ben",
        "+4915123456789",
        made,
    )
    client.post(URL, with_lines(WORK, same_customer=known.pk, **NEW))
    assert Order.objects.latest("pk").customer == known


def test_what_was_typed_of_a_known_person_is_added_or_said_not_to_be_saved(
    client, known, ann
):
    typed = NEW | {"address": "Hauptstr. 1\n20095 Hamburg"}
    question = text_of(send(client, with_lines(WORK, save="1", **typed)))
    added = "Phone: 0151 23456789 · Address: Hauptstr. 1, 20095 Hamburg"
    assert f"If it is this customer, added there: {added}" in question
    assert (
        "If it is this customer, not saved, since something else stands there: "
        "First name: Ben" in question
    )
    answer = client.post(
        URL, with_lines(WORK, same_customer=known.pk, **typed), follow=True
    )
    text = text_of(answer.content.decode())
    assert (
        "Ada Lovelace keeps what is there already. Not saved: First name: Ben" in text
    )
    assert "Phone: 0151" not in text
    known.refresh_from_db()
    assert (known.name, known.email, known.phone, known.address) == (
        "Ada Lovelace",
        "ada@example.com",
        "+4915123456780",
        "Hauptstr. 1\n20095 Hamburg",
    )
    assert set(phones_naming(known)) == {"+4915123456780", "+4915123456789"}
    assert [event.by for event in known.events.exclude(kind="created")] == [ann, ann]


def test_who_may_not_change_customers_only_chooses_them(known):
    customers = ["add_customer", "view_customer", "see_contact_data"]
    orders = ["orders.view_order", "orders.add_order"]
    dan = create_user("dan", *orders, *(f"customers.{each}" for each in customers))
    client = signed_in(dan)
    question = text_of(send(client, with_lines(WORK, save="1", **NEW)))
    assert "added there" not in question
    assert "stands there: First name: Ben · Phone: 0151 23456789" in question
    answer = client.post(
        URL, with_lines(WORK, same_customer=known.pk, **NEW), follow=True
    )
    assert "Not saved: First name: Ben · Phone: 0151 23456789" in text_of(
        answer.content.decode()
    )
    assert phones_naming(known) == ["+4915123456780"]
    assert Order.objects.get().customer == known


def test_known_customer_who_was_erased_meanwhile_is_missed(client, known):
    Customer.objects.update(erased_at=NOW)
    html = send(client, with_lines(WORK, same_customer=known.pk, **NEW))
    assert "This customer no longer exists. Choose another one." in text_of(html)
    assert {name: value(html, name) for name in NEW} == NEW
    assert not Order.objects.exists()


def test_who_is_known_by_phone_is_not_asked_about(client, known):
    """No new customer comes of them (C2)."""
    same_phone = NEW | {"phone": "+49 151 23456780"}
    answer = client.post(URL, with_lines(WORK, save="1", **same_phone), follow=True)
    assert Order.objects.get().customer == known
    assert said(answer) == [
        "This phone number belongs to Ada Lovelace, who is the order's customer now.",
        "Ada Lovelace keeps what is there already. Not saved: First name: Ben",
        f"Order {Order.objects.get().pk} was created.",
    ]
    client.post(URL, with_lines(WORK, same_email="ADA@Example.com", **same_phone))
    assert [each.customer for each in Order.objects.all()] == [known, known]


def test_address_alone_is_no_other_persons_without_a_word(client):
    """Of two without a phone number the second would be the first one (C2): it is asked all the same."""
    eve = {"first_name": "Eve", "email": "family@example.com"}
    ben = {"first_name": "Ben", "email": "family@example.com"}
    client.post(URL, with_lines(WORK, save="1", **eve))
    html = send(client, with_lines(WORK, save="1", **ben))
    assert "Eve has the same e-mail address." in text_of(html)
    client.post(URL, with_lines(WORK, same_email="family@example.com", **ben))
    made = [each.customer.name for each in Order.objects.order_by("pk")]
    assert (made, Customer.objects.count()) == (["Eve", "Ben"], 2)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"due_on": "tomorrow"}, "Enter a valid date."),
        (
            {"type": "999999"},
            "Select a valid choice. That choice is not one of the available choices.",
        ),
        (
            {"assignee": "999999"},
            "Select a valid choice. That choice is not one of the available choices.",
        ),
        ({"line-0-quantity": "-1"}, "A quantity cannot be negative."),
        ({"line-0-price": ""}, "A line without a product needs a price."),
        ({"line-0-q": ""}, "Enter what was sold or done, or choose a product."),
        (
            {"line-0-product": "999999"},
            "A product does not exist any more. Reload the page.",
        ),
        ({"line-0-discount": "31"}, "The discount is more than the total of the line."),
        (
            {"first_name": "Grace", "phone": "12"},
            "Enter a valid phone number, such as 0151 23456789 or +44 20 7946 0958.",
        ),
        ({"customer": "999999"}, "This customer no longer exists. Choose another one."),
    ],
)
def test_error_stores_nothing_and_keeps_what_was_typed(boss, wrong, error):
    sent = with_lines(WORK, save="1", first_name="Grace") | wrong
    html = send(boss, sent)
    assert error in text_of(html)
    for name in ["due_on", "line-0-q", "line-0-quantity", "line-0-price", "first_name"]:
        assert value(html, name) == sent[name]
    in_parts = boss.post(URL, sent, headers=IN_PARTS).content.decode()
    assert error in text_of(in_parts)
    assert not Order.objects.exists()


def test_customer_who_was_erased_meanwhile_is_missed(client, ada):
    Customer.objects.update(erased_at=NOW)
    html = send(client, with_lines(WORK, save="1", chosen=ada.pk))
    assert "This customer no longer exists. Choose another one." in html
    assert 'name="chosen"' not in html


def test_discount_needs_the_permission(client):
    assert "discount" not in send(client, with_lines(WORK))
    before = state()
    answer = client.post(URL, with_lines(WORK | {"discount": "1"}, save="1"))
    assert (answer.status_code, state()) == (403, before)
    assert "“Can change prices and discounts”" in answer.content.decode()


def test_without_the_permission_there_is_no_form_and_no_order(bob_client):
    before = state()
    for answer in [
        bob_client.get(URL),
        bob_client.post(URL, with_lines(WORK, save="1")),
    ]:
        assert (answer.status_code, state()) == (403, before)
        assert "“Can add: orders”" in answer.content.decode()


def test_who_may_not_add_customers_makes_none_by_the_way(person):
    liz = signed_in(person("liz", "orders.view_order", "orders.add_order"))
    before = state()
    answer = liz.post(URL, with_lines(WORK, save="1", first_name="Grace"))
    assert (answer.status_code, state()) == (403, before)
    assert "“Can add: customers”" in answer.content.decode()


def test_page_costs_the_same_whatever_there_is(boss, made_here):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert boss.get(URL).status_code == 200
        return len(queries)

    before = cost()
    assert before == 10
    create_customer({"first_name": "Grace"}, by_id=None, now=NOW)
    for number in range(30):
        OrderType.objects.create(
            name=f"Type {number}", initial_status=Status.objects.get(name="New")
        )
        Product.objects.create(name=f"Product {number}", created_at=DAY)
        made_here()
    assert cost() == before
