"""A person corrects which of our products a store's variant is, on the product's page."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Product, ProductEvent, ProductKey
from orders.domain.write_off import write_off
from orders.models import OrderEvent, OrderLine, Status
from tests.support.html import page, text_of
from tests.support.incoming import line, order, product
from tests.support.order_page import said
from tests.support.stock import goods
from tests.support.times import NOW
from tests.support.users import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]
TABLES = [Product, ProductKey, ProductEvent, OrderLine, OrderEvent]


def state():
    return [list(model.objects.order_by("pk").values()) for model in TABLES]


@pytest.fixture
def shared(bring, store):
    """Two variants that share one product by accident: three orders with Red and one with Blue."""

    def variant(name, number):
        return line(
            1,
            name=f"Shirt – {name}",
            sku="S-1",
            product=product(
                key=f"shopify:{store.pk}:variant:{number}",
                parent=f"shopify:{store.pk}:product:7",
                external_id="7",
                name=f"Shirt – {name}",
                sku="S-1",
            ),
        )

    red, blue = variant("Red", 1), variant("Blue", 2)
    bring(
        *(order(number, lines=(red,)) for number in [1, 2, 3]), order(4, lines=(blue,))
    )
    return Product.objects.get()


def match_of(name):
    return ProductKey.objects.get(name=f"Shirt – {name}")


def products():
    """What the lines' products are called, by their orders' numbers at the store."""
    lines = OrderLine.objects.order_by("order__external_number")
    return list(lines.values_list("product__name", flat=True))


def send(client, act, match, **data):
    answer = client.post(f"/inventory/matches/{match.pk}/{act}/", data)
    assert answer.status_code == 302
    return said(client.get(answer.headers["Location"]))


def test_page_tells_from_which_variants_the_product_is_fed(kim_client, shared):
    html = page(kim_client, f"/inventory/products/{shared.pk}/")
    card = text_of(html.partition('id="stores-title"')[2].partition("</section>")[0])
    assert "Shirt – Red Gadget Garage · SKU S-1 · 20 Nov, 11:30" in card
    assert "Shirt – Blue Gadget Garage · SKU S-1 · 20 Nov, 11:30" in card
    assert card.count("Doubtful") == 1
    assert "Another of the store's products or variants was matched" in card


def test_order_page_marks_the_line_whose_match_is_doubtful(kim_client, shared):
    orders = OrderLine.objects.order_by("order__external_number")
    red, *_, blue = orders.values_list("order", flat=True)
    assert "Doubtful match" not in page(kim_client, f"/orders/{red}/")
    assert "Doubtful match" in page(kim_client, f"/orders/{blue}/")
    send(kim_client, "confirm", match_of("Blue"), seen=shared.pk)
    assert "Doubtful match" not in page(kim_client, f"/orders/{blue}/")


def test_order_page_marks_a_line_with_several_answers_and_one_that_is_archived(
    kim_client, bring
):
    old = goods("Display", sku="D-1")
    goods("Display again", sku="D-1")
    [brought] = bring(order(1, lines=(line(1),)))
    html = page(kim_client, f"/orders/{brought.pk}/")
    assert ("Ambiguous match" in html, "Archived product" in html) == (True, False)
    kim_client.post(f"/inventory/products/{old.pk}/archive/")
    html = page(kim_client, f"/orders/{brought.pk}/")
    assert ("Ambiguous match" in html, "Archived product" in html) == (True, True)


def test_moved_match_takes_its_open_lines_along_and_no_others(
    kim_client, kim, main, shared
):
    target = goods("Red shirt")
    first, second, third = OrderLine.objects.filter(match=match_of("Red")).order_by(
        "order__external_number"
    )
    write_off(first.order_id, None, warehouse=main, by=kim, now=NOW, below_zero=True)
    second.order.status = Status.objects.get(name="Closed")
    second.order.save(update_fields=["status"])
    match = match_of("Red")
    html = page(kim_client, f"/inventory/matches/{match.pk}/move/?to={target.pk}")
    assert (
        "1 open order line follows. 2 lines that are written off, or of closed orders, stay as they are."
        in text_of(html)
    )
    assert send(kim_client, "move", match, to=target.pk, seen=shared.pk) == [
        "The match is moved here, and with it 1 open order line."
    ]
    assert products() == ["Shirt – Red"] * 2 + ["Red shirt", "Shirt – Red"]
    assert match_of("Red").product == target
    assert match_of("Blue").product == shared
    [event] = OrderEvent.objects.filter(field="product").values_list(
        "order", "kind", "subject", "old", "new", "by"
    )
    assert event == (
        third.order_id,
        "line_changed",
        "Shirt – Red",
        "Shirt – Red",
        "Red shirt",
        kim.pk,
    )
    feed = page(kim_client, f"/orders/{third.order_id}/").partition('id="feed"')[2]
    assert "Product : Shirt – Red before: Shirt – Red now: Red shirt" in text_of(feed)
    events = ProductEvent.objects.order_by("id").values_list("product", "kind", "other")
    assert list(events) == [
        (shared.pk, "match_left", target.pk),
        (target.pk, "match_came", shared.pk),
    ]
    assert "Match moved to Red shirt" in text_of(
        page(kim_client, f"/inventory/products/{shared.pk}/")
    )


def test_next_order_uses_what_the_person_decided(kim_client, bring, shared):
    target = goods("Red shirt")
    match = match_of("Red")
    send(kim_client, "move", match, to=target.pk, seen=shared.pk)
    known = product(key=match.key, parent=match.parent, name=match.name, sku="S-1")
    bring(order(9, lines=(line(1, product=known),)))
    assert OrderLine.objects.get(order__external_id="5009").product == target


def test_line_from_before_is_told_by_its_words(kim_client, shared):
    OrderLine.objects.update(match=None)
    target = goods("Blue shirt")
    send(kim_client, "move", match_of("Blue"), to=target.pk, seen=shared.pk)
    assert products() == ["Shirt – Red"] * 3 + ["Blue shirt"]
    assert list(
        OrderLine.objects.exclude(match=None).values_list("match", flat=True)
    ) == [match_of("Blue").pk]
    # Now the other variant is the only one left, and no longer needs its words.
    OrderLine.objects.filter(product=shared).update(name="Renamed")
    send(kim_client, "move", match_of("Red"), to=target.pk, seen=shared.pk)
    assert products() == ["Blue shirt"] * 4


def test_variant_gets_a_product_of_its_own(kim_client, shared):
    match = match_of("Blue")
    html = page(kim_client, f"/inventory/matches/{match.pk}/move/?own=1")
    assert "From now on A new product" in text_of(html)
    assert send(kim_client, "move", match, own="1", seen=shared.pk) == [
        "The variant has a product of its own now."
    ]
    made = Product.objects.exclude(pk=shared.pk).get()
    assert (made.name, made.sku, made.code) == ("Shirt – Blue", "S-1", "7")
    assert products() == ["Shirt – Red"] * 3 + ["Shirt – Blue"]
    assert match_of("Blue").doubtful is False


def test_match_that_is_taken_away_is_decided_anew_by_the_next_order(
    kim_client, bring, shared
):
    match = match_of("Blue")
    send(kim_client, "remove", match, seen=shared.pk)
    assert products() == ["Shirt – Red"] * 4
    Product.objects.filter(pk=shared.pk).update(sku="CHANGED")
    known = product(key=match.key, parent=match.parent, name=match.name, sku="S-1")
    bring(order(9, lines=(line(1, product=known),)))
    assert products()[-1] == "Shirt – Blue"
    assert "Match removed" in page(kim_client, f"/inventory/products/{shared.pk}/")
    page(kim_client, f"/orders/{OrderLine.objects.get(match=match.pk).order_id}/")


@pytest.mark.parametrize("act", ["move", "confirm", "remove"])
def test_match_that_changed_since_it_was_seen_is_left_alone(kim_client, shared, act):
    target = goods("Red shirt")
    match = match_of("Red")
    before = state()
    assert send(kim_client, act, match, to=target.pk, seen=target.pk) == [
        "Somebody has changed this match meanwhile. Nothing was done; look at it again."
    ]
    assert state() == before


@pytest.mark.parametrize(
    ("to", "answer"),
    [
        ("shared", "The variant is matched with this product already."),
        ("merged", "The other product was merged or deleted meanwhile."),
        ("nonsense", "The other product was merged or deleted meanwhile."),
    ],
)
def test_match_cannot_be_moved_to_no_other_product(kim_client, shared, to, answer):
    kept = goods("Kept")
    merged = goods("Merged", merged_into=kept)
    before = state()
    targets = {"shared": shared.pk, "merged": merged.pk, "nonsense": "x"}
    sent = send(kim_client, "move", match_of("Red"), to=targets[to], seen=shared.pk)
    assert sent == [answer]
    assert state() == before


def test_product_of_its_own_needs_the_permission_to_add_products(person, shared):
    client = signed_in(
        person("mia", "inventory.correct_match", "inventory.view_product")
    )
    match = match_of("Red")
    answer = client.post(
        f"/inventory/matches/{match.pk}/move/", {"own": "1", "seen": shared.pk}
    )
    assert answer.status_code == 403
    assert Product.objects.count() == 1
    html = page(client, f"/inventory/matches/{match.pk}/move/")
    assert "Give it a product of its own" not in html


def test_who_may_not_correct_matches_sees_no_button(client, shared):
    html = page(client, f"/inventory/products/{shared.pk}/")
    assert "/inventory/matches/" not in html
    assert "Shirt – Blue" in html


def test_moving_costs_the_same_for_many_orders(kim_client, bring, shared):
    def move(there, back):
        with CaptureQueriesContext(connection) as queries:
            send(kim_client, "move", match_of("Red"), to=there.pk, seen=back.pk)
        return len(queries)

    target = goods("Red shirt")
    few = move(target, shared)
    match = match_of("Red")
    known = product(key=match.key, parent=match.parent, name=match.name, sku="S-1")
    bring(*(order(number, lines=(line(1, product=known),)) for number in range(10, 40)))
    assert move(shared, target) == few


def test_search_offers_products_to_move_to_but_not_the_present_one(kim_client, shared):
    goods("Shirt of another brand")
    goods("Shirt of old", archived_at=NOW)
    html = page(kim_client, f"/inventory/matches/{match_of('Red').pk}/move/?q=shirt")
    found = html.partition('id="found-title"')[2]
    assert "Shirt of another brand" in found
    assert "Shirt of old" not in found
    assert "Shirt – Red" not in found


def test_pages_of_a_match_stand_under_products_in_the_navigation(kim_client, shared):
    match = match_of("Red")
    html = page(kim_client, f"/inventory/matches/{match.pk}/move/")
    places = re.findall(r'<a href="([^"]*)" aria-current="page"', html)
    assert places == ["/inventory/", "/inventory/"]
