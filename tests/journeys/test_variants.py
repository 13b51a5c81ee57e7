"""Which of our products a store's variants become, over HTTP to the fake shop (P2)."""

import pytest

from inventory.models import Product, ProductKey
from orders.models import Order, OrderLine
from tests.support.shop import connect, counts_of_poll
from tests.support.stock import goods


@pytest.fixture
def shirt(shop):
    """A product of two variants."""
    return shop.add_product(
        "Shirt", [("Red", "S-RED", "10.00"), ("Blue", "S-BLUE", "10.00")]
    )


def sell(shop, *lines):
    return shop.place_order(list(lines))


def without_variants(order):
    """The order as Shopify shows it once its variants were deleted."""
    for line in order.lines:
        line.variant_id = 0


def bring(shop, connection, *lines, gone=False):
    """The store's next order with these lines: what our products are called."""
    order = sell(shop, *lines)
    if gone:
        without_variants(order)
    assert counts_of_poll(connection)["imported"] == 1
    return products_of(order)


def products_of(order):
    lines = OrderLine.objects.filter(order__external_id=str(order.id))
    return list(lines.order_by("position").values_list("product__name", flat=True))


@pytest.mark.parametrize("identify_by", ["sku", "name", "product_id"])
def test_variants_that_are_gone_are_told_by_sku_and_title(shop, shirt, identify_by, db):
    connection = connect(identify_by=identify_by)
    red, blue = shop.line(shirt), shop.line(shirt, variant=1)
    assert bring(shop, connection, red, blue, gone=True) == [
        "Shirt – Red",
        "Shirt – Blue",
    ]
    assert bring(shop, connection, shop.line(shirt), gone=True) == ["Shirt – Red"]
    blue = shop.line(shirt, variant=1)
    assert bring(shop, connection, blue, gone=True) == ["Shirt – Blue"]
    assert Product.objects.count() == 2


@pytest.mark.parametrize("identify_by", ["sku", "name", "product_id"])
def test_variant_that_was_known_before_it_was_gone_stays_what_it_was(
    shop, shirt, identify_by, db
):
    connection = connect(identify_by=identify_by)
    bring(shop, connection, shop.line(shirt), shop.line(shirt, variant=1))
    # A person may have decided otherwise than the rule: by what the variant was is asked first.
    ours = goods("Ours", sku="OURS")
    ProductKey.objects.filter(sku="S-RED").update(product=ours)
    blue, red = shop.line(shirt, variant=1), shop.line(shirt)
    assert bring(shop, connection, blue, red, gone=True) == ["Shirt – Blue", "Ours"]
    assert Product.objects.count() == 3


def test_by_product_id_variants_of_one_product_never_share_ours(shop, shirt, db):
    connection = connect(identify_by="product_id")
    named = goods("Our shirt", code=str(shirt.id))
    red, blue = shop.line(shirt), shop.line(shirt, variant=1)
    assert bring(shop, connection, red, blue) == ["Shirt – Red", "Shirt – Blue"]
    made = Product.objects.exclude(pk=named.pk).order_by("id")
    assert [(each.code, each.sku) for each in made] == [
        (str(shirt.id), "S-RED"),
        (str(shirt.id), "S-BLUE"),
    ]


def test_by_product_id_sku_and_then_title_decide_among_those_with_the_code(shop, db):
    connection = connect(identify_by="product_id")
    shirt = shop.add_product(
        "Shirt",
        [("Red", "S-RED", "1.00"), ("Blue", "", "1.00"), ("Green", "S-GREEN", "1.00")],
    )
    code = str(shirt.id)
    goods("Shirt – Green", code=code, sku="OTHER")
    goods("Rotes Hemd", code=code, sku="S-RED")
    goods("shirt –  BLUE", code=code)
    goods("S-GREEN of another product", code="1", sku="S-GREEN")
    lines = [shop.line(shirt, variant=number) for number in range(3)]
    assert bring(shop, connection, *lines) == [
        "Rotes Hemd",
        "shirt –  BLUE",
        "Shirt – Green",
    ]
    assert Product.objects.count() == 4


def test_by_product_id_a_product_without_variants_is_found_by_its_code(shop, db):
    connection = connect(identify_by="product_id")
    cable = shop.add_product("Cable", [("Default Title", "C-1", "1.00")])
    goods("Kabel", code=str(cable.id), sku="K-77")
    assert bring(shop, connection, shop.line(cable)) == ["Kabel"]


def test_by_product_id_two_variants_with_one_sku_are_told_by_title(shop, db):
    connection = connect(identify_by="product_id")
    shirt = shop.add_product("Shirt", [("Red", "S", "1.00"), ("Blue", "S", "1.00")])
    assert bring(shop, connection, shop.line(shirt)) == ["Shirt – Red"]
    lines = [shop.line(shirt, variant=1), shop.line(shirt)]
    assert bring(shop, connection, *lines) == ["Shirt – Blue", "Shirt – Red"]


def test_sku_that_the_store_gave_to_another_product_is_used_and_doubtful(
    shop, shirt, connection
):
    bring(shop, connection, shop.line(shirt))
    other = shop.add_product("Cap", [("Default Title", "S-RED", "5.00")])
    assert bring(shop, connection, shop.line(other)) == ["Shirt – Red"]
    assert list(ProductKey.objects.order_by("id").values_list("name", "doubtful")) == [
        ("Shirt – Red", False),
        ("Cap", True),
    ]


def test_sku_of_two_products_of_one_page_is_doubtful_too(shop, shirt, connection):
    other = shop.add_product("Cap", [("Default Title", "S-RED", "5.00")])
    lines = [shop.line(shirt), shop.line(other)]
    assert bring(shop, connection, *lines) == ["Shirt – Red"] * 2
    keys = ProductKey.objects.order_by("id")
    assert [key.doubtful for key in keys] == [False, True]


def test_same_sku_in_another_store_or_for_a_variant_made_anew_is_not_doubtful(
    shop, shirt, connection
):
    bring(shop, connection, shop.line(shirt))
    ProductKey.objects.update(key="shopify:99:variant:1", parent="shopify:99:product:1")
    again = shop.line(shirt)
    assert bring(shop, connection, again) == ["Shirt – Red"]
    made_anew = shop.line(shirt)
    made_anew.variant_id = shop.new_id()
    assert bring(shop, connection, made_anew) == ["Shirt – Red"]
    assert set(ProductKey.objects.values_list("doubtful", flat=True)) == {False}


def test_match_tells_what_the_store_said_and_lines_know_their_match(
    shop, shirt, connection
):
    bring(shop, connection, shop.line(shirt, variant=1))
    key, line = ProductKey.objects.get(), OrderLine.objects.get()
    assert (line.match, line.product) == (key, key.product)
    assert (key.name, key.sku, key.matched_at is None) == (
        "Shirt – Blue",
        "S-BLUE",
        False,
    )
    store = connection.store_id
    assert (key.parent, key.store_id) == (f"shopify:{store}:product:{shirt.id}", store)


def test_match_from_before_gets_the_stores_words_when_seen_again(
    shop, shirt, connection
):
    bring(shop, connection, shop.line(shirt))
    ProductKey.objects.update(parent="", name="", sku="", matched_at=None)
    assert ProductKey.objects.get().variant_name == str(shirt.variants[0].id)
    bring(shop, connection, shop.line(shirt))
    key = ProductKey.objects.get()
    assert (key.name, key.sku, key.parent.endswith(f":product:{shirt.id}")) == (
        "Shirt – Red",
        "S-RED",
        True,
    )


@pytest.mark.parametrize("code", ["", "4711"])
def test_match_from_before_makes_nothing_doubtful_unless_its_code_says_so(
    shop, shirt, connection, code
):
    red = goods("Rot", sku="S-RED", code=code)
    store = connection.store_id
    ProductKey.objects.create(key=f"shopify:{store}:variant:1", product=red)
    bring(shop, connection, shop.line(shirt))
    key = ProductKey.objects.get(sku="S-RED")
    assert (key.product, key.doubtful) == (red, bool(code))


def test_archived_product_gives_way_to_one_that_is_offered_but_is_not_doubled(
    shop, shirt, connection
):
    old = goods("Old red", sku="S-RED", archived_at=shop.clock.now)
    goods("New red", sku="S-RED")
    only = goods("Old blue", sku="S-BLUE", archived_at=shop.clock.now)
    assert bring(shop, connection, shop.line(shirt)) == ["New red"]
    assert ProductKey.objects.get().ambiguous is False
    assert bring(shop, connection, shop.line(shirt, variant=1)) == ["Old blue"]
    assert (old.keys.count(), only.keys.count()) == (0, 1)
    assert Product.objects.count() == 3
    assert Order.objects.count() == 2


def test_merged_product_answers_for_the_one_it_was_merged_into(shop, shirt, connection):
    kept = goods("Kept", sku="K")
    between = goods("Between", sku="S-RED", merged_into=kept)
    goods("Gone", sku="S-BLUE", merged_into=between)
    lines = [shop.line(shirt), shop.line(shirt, variant=1)]
    assert bring(shop, connection, *lines) == ["Kept", "Kept"]
    assert Product.objects.count() == 3
