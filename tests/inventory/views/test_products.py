"""The product list, the product page and its form."""

import re
from decimal import Decimal
from html import unescape

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Category, Product, ProductKey, StockMovement, Warehouse
from inventory.stock import put_back
from tests.support.html import cells, href, notice, page, text_of
from tests.support.incoming import line, order, product
from tests.support.invariants.stock import differences, level
from tests.support.stock import come_in, go_out, goods, main_warehouse
from tests.support.times import DAY
from tests.support.users import signed_in

pytestmark = pytest.mark.django_db
WITHIN = ["django_session", "auth_user", "auth_permission"]
"""Who asks, and what they may."""
BANNERS = ["integrations_storeconnection", "integrations_heartbeat"]


def names(html: str) -> list[str]:
    links = re.findall(r'<td class="name"[^>]*>\s*<a[^>]*>(.*?)</a>', html, re.DOTALL)
    return [text_of(link) for link in links]


def tables(queries) -> list[str]:
    """The table that each query is about; subqueries do not count."""
    return [_table(query["sql"]) for query in queries]


def _table(sql: str) -> str:
    outer = sql
    while "(" in outer:
        outer = re.sub(r"\([^()]*\)", "", outer)
    return (
        re.search(r'FROM "(\w+)"(?! U0)', outer)
        or re.search(r'FROM "(\w+)"(?! U0)', sql)
    )[1]


def test_list_costs_ten_queries_whatever_it_shows(client, store):
    shelf = Category.objects.create(name="Spare parts")
    for number in range(60):
        goods(f"Display {number:02}", category=shelf)
    with CaptureQueriesContext(connection) as queries:
        html = page(client, "/inventory/")
    assert len(names(html)) == 50
    assert tables(queries) == [
        *WITHIN,
        "inventory_category",  # to choose from
        "inventory_product",  # the page
        "inventory_product",  # the count, up to 10,001
        "inventory_productkey",  # which of them came from a store
        *BANNERS,
    ]


def test_row_shows_every_column(client):
    shelf = Category.objects.create(name="Spare parts")
    come_in(
        (goods("Kabel <b>", sku="K-1", code="4711", unit="m", category=shelf), "1234.5")
    )
    goods("Plain")
    html = page(client, "/inventory/")
    assert cells(html) == [
        "Kabel &lt;b&gt;",
        "K-1",
        "4711",
        "Spare parts",
        "m",
        "1,234.5 m",
    ]
    assert cells(html, 1) == ["Plain", "–", "–", "–", "pcs", "0 pcs"]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["Battery", "Cable", "Display", "Tool"]),
        ("q=CAB", ["Cable"]),
        ("q=d-1", ["Display"]),
        ("q=4711", ["Battery"]),
        ("category=none", ["Tool"]),
        ("category=none&category={parts}", ["Battery", "Display", "Tool"]),
        ("category={cables}", ["Cable"]),
        ("stock=in", ["Battery"]),
        ("stock=out", ["Cable", "Tool"]),
        ("stock=below", ["Display"]),
        ("stock=in&stock=below", ["Battery", "Display"]),
        ("origin=store", ["Cable"]),
        ("q=b&stock=in&category={parts}", ["Battery"]),
        ("sort=-name", ["Tool", "Display", "Cable", "Battery"]),
        ("sort=-stock", ["Battery", "Tool", "Cable", "Display"]),
        (
            "category=x&stock=no&origin=1&sort=nonsense&after=~&before=9~x",
            ["Battery", "Cable", "Display", "Tool"],
        ),
    ],
)
def test_filters_and_sorts(client, query, shown):
    parts, cables = (
        Category.objects.create(name="Parts"),
        Category.objects.create(name="Cables"),
    )
    display, cable = (
        goods("Display", sku="D-1", category=parts),
        goods("Cable", category=cables),
    )
    come_in((goods("Battery", code="4711", category=parts), 5))
    goods("Tool")
    go_out(display, 2)
    ProductKey.objects.create(key="shopify:1:variant:7", product=cable)
    html = page(client, f"/inventory/?{query.format(parts=parts.pk, cables=cables.pk)}")
    assert names(html) == shown
    assert text_of(
        re.search(r'class="result-count".*?</p>', html, re.DOTALL)[0]
    ).endswith(f"{len(shown)} product{'s' * (len(shown) != 1)}")


@pytest.mark.parametrize("sort", ["name", "-name", "stock", "-stock"])
def test_every_product_is_on_exactly_one_page(client, sort):
    for number in range(120):
        goods(f"Part {number % 7}")
    seen, url = [], f"/inventory/?sort={sort}"
    for _ in range(3):
        html = page(client, url)
        seen += re.findall(r"/inventory/products/(\d+)/", html.partition("<tbody>")[2])
        url = f"/inventory/{href(html, 'next')}"
    assert sorted(seen, key=int) == sorted(
        {str(pk) for pk in Product.objects.values_list("pk", flat=True)}, key=int
    )
    assert href(html, "next") == ""
    back = page(client, f"/inventory/{href(html, 'prev')}")
    assert (
        re.findall(r"/inventory/products/(\d+)/", back.partition("<tbody>")[2])
        == seen[50:100]
    )


def test_part_is_only_the_results_and_tells_the_address(client):
    goods("Display")
    answer = client.get(
        "/inventory/?q=disp&stock=&sort=name",
        headers={"HX-Request": "true", "HX-Target": "results"},
    )
    html = answer.content.decode()
    assert answer.headers["HX-Push-Url"] == "/inventory/?q=disp"
    assert (names(html), "<html" in html, 'id="chosen-stock"' in html) == (
        ["Display"],
        False,
        True,
    )


def test_empty_lists_lead_on(client, kim_client):
    assert "Products come in by themselves" in page(client, "/inventory/")
    assert 'href="/inventory/products/new/"' not in page(client, "/inventory/")
    assert 'href="/inventory/products/new/"' in page(kim_client, "/inventory/")
    assert "No product matches" in page(client, "/inventory/?q=x")


def test_find_offers_products_as_buttons(client):
    come_in((goods('Display "<b>"', sku="D-1"), 3))
    for number in range(13):
        goods(f"Display {number}")
    html = page(client, "/inventory/find/?q=d-1")
    assert re.findall(r'<button type="submit" name="product" value="(\d+)">', html) == [
        str(Product.objects.get(sku="D-1").pk)
    ]
    assert text_of(html) == "Display &#34;&lt;b&gt;&#34; D-1 3 pcs in stock"
    many = page(client, "/inventory/find/?q=display")
    assert (many.count("<button"), "There are more." in many) == (12, True)
    assert text_of(page(client, "/inventory/find/?q=zzz")) == "No product matches."
    assert text_of(page(client, "/inventory/find/")) == ""


def test_product_page_costs_twelve_queries_whatever_it_holds(client, bring, ann):
    for number in range(1, 14):
        bring(order(number, lines=(line(1, product=product(1)),)))
    found = Product.objects.get()
    van = Warehouse.objects.create(name="Van")
    come_in((found, 50))
    come_in((found, 50), warehouse=van, by=ann.pk)
    taken = [go_out(found, 1, order=number) for number in range(1, 30)]
    put_back(taken[:3], by_id=ann.pk, now=DAY)
    with CaptureQueriesContext(connection) as queries:
        html = page(client, f"/inventory/products/{found.pk}/")
    assert tables(queries) == [
        *WITHIN,
        "inventory_product",
        "inventory_stockmovement",
        "orders_orderline",  # with order and status
        "inventory_productkey",
        "inventory_warehouse",  # with the levels
        "inventory_productevent",  # with who and the other product
        *BANNERS,
        "orders_store",  # names of the variants' stores
    ]
    assert (html.count('class="what"'), html.count('class="number"')) == (20, 10)
    assert "Search the orders" in html


def test_product_page_tells_stock_movements_orders_and_stores(
    client, bring, ann, store
):
    [brought] = bring(order(1, lines=(line(1, quantity=2, product=product(1)),)))
    found = Product.objects.get()
    old = Warehouse.objects.create(name="Old cellar")
    ProductKey.objects.update(key=f"shopify:{store.pk}:variant:49148385")
    [first] = come_in((found, 5), by=ann.pk)
    [second] = come_in((found, 1), warehouse=old)
    Warehouse.objects.filter(pk=old.pk).update(is_active=False)
    put_back(
        [go_out(found, 2, order=brought.pk, by=ann.pk)],
        by_id=None,
        now=DAY,
        reason="Write-off reversed",
    )
    html = page(client, f"/inventory/products/{found.pk}/")
    places = [
        text_of(each) for each in re.findall(r"<div>\s*<dt>.*?</div>", html, re.DOTALL)
    ]
    assert places == [
        "Main warehouse 5 pcs",
        "Old cellar Not active 1 pcs",
    ]
    movements = html.partition('id="movements"')[2]
    assert [cells(movements, number)[1:] for number in range(4)] == [
        [
            f"Reversal · Order {brought.pk} Write-off reversed",
            "Main warehouse",
            "RO App",
            "+2",
        ],
        [
            f"Write-off · Order {brought.pk} Reversed",
            "Main warehouse",
            "Ann Baker",
            "−2",
        ],
        [f"Receipt {second.receipt_id}", "Old cellar", "RO App", "+1"],
        [f"Receipt {first.receipt_id}", "Main warehouse", "Ann Baker", "+5"],
    ]
    assert f'href="/orders/{brought.pk}/"' in movements
    assert cells(html.partition('id="orders-title"')[2])[:2] == [str(brought.pk), "New"]
    assert "Display 1 Gadget Garage · SKU D-1 · 20 Nov, 11:30" in text_of(html)


def test_movements_are_paged_by_key(client):
    found = goods()
    for number in range(45):
        go_out(found, 1, order=number + 1)
    shown, url = [], f"/inventory/products/{found.pk}/"
    for _ in range(3):
        html = page(client, url)
        shown += [
            int(each)
            for each in re.findall(
                r"Order (\d+)</a>", html.partition('id="movements"')[2]
            )
        ]
        url = re.search(r'id="older-movements"[^>]*href="([^"#]*)', html)
        url = url and url[1]
    assert (shown, url) == (list(range(45, 0, -1)), None)
    assert "Write-off" in page(
        client, f"/inventory/products/{found.pk}/?before=nonsense"
    )


def test_ambiguous_match_is_shown_with_who_else_answered(client, bring):
    (
        goods("First", sku="D-1"),
        goods("Twin <i>", sku="D-1"),
        goods("Stranger", sku="D-2"),
    )
    bring(order(1, lines=(line(1, product=product(1)),)))
    html = page(client, f"/inventory/products/{Product.objects.get(name='First').pk}/")
    assert "matched several products here; the oldest was used" in html
    assert (
        text_of(re.search(r'<ul class="duplicates">.*?</ul>', html, re.DOTALL)[0])
        == "Twin &lt;i&gt; · D-1 · 0 pcs"
    )
    assert "Ambiguous" in html
    Product.objects.filter(name__startswith="Twin").update(sku="")
    assert "No other product has its name, SKU or code any more." in page(
        client, f"/inventory/products/{Product.objects.get(name='First').pk}/"
    )


def test_description_and_names_do_no_harm(client):
    found = goods(
        '<script>x</script>"',
        sku="<i>",
        unit="<u>",
        description='<p onclick="x">Good <b>part</b></p><script>bad</script><img src=x>',
    )
    html = page(client, f"/inventory/products/{found.pk}/")
    assert '<div class="rich-text"><p>Good <b>part</b></p></div>' in html
    for bad in ["<script>x", "<i>", "<u>", "onclick", "<img"]:
        assert bad not in html


def correct(client, found, **values):
    defaults = {"warehouse": main_warehouse().pk, "counted": "3.5", "reason": "Counted"}
    return client.post(
        f"/inventory/products/{found.pk}/correct/", defaults | values, follow=True
    )


def test_correction_writes_the_difference_and_who(kim_client):
    found = goods()
    come_in((found, 5))
    html = correct(kim_client, found).content.decode()
    movement = StockMovement.objects.latest("id")
    assert (
        movement.quantity,
        movement.kind,
        movement.reason,
        movement.by.username,
    ) == (
        Decimal("-1.5"),
        "correction",
        "Counted",
        "kim",
    )
    assert (level(found, main_warehouse()), differences(), notice(html)) == (
        Decimal("3.5"),
        [],
        "The stock is corrected.",
    )
    assert "nothing changed" in notice(correct(kim_client, found).content.decode())
    assert StockMovement.objects.count() == 2


def test_count_is_read_as_the_language_writes_it(kim):
    german = signed_in(kim, "de")
    found = goods()
    html = correct(german, found, counted="1.25.0").content.decode()
    assert "Geben Sie eine Zahl ein, zum Beispiel 1.250,5." in text_of(html)
    assert StockMovement.objects.count() == 0
    correct(german, found, counted="1.250,5")
    assert level(found, main_warehouse()) == Decimal("1250.5")


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"counted": ""}, "This field is required."),
        ({"counted": "-1"}, "A quantity cannot be negative."),
        ({"counted": "1.0005"}, "At most 3 decimals are possible."),
        ({"counted": "1000000000"}, "Enter a number below 1,000,000,000."),
        ({"counted": "NaN"}, "Enter a number, such as 1,250.5."),
        ({"reason": " "}, "This field is required."),
        ({"warehouse": "0"}, "Select a valid choice."),
    ],
)
def test_wrong_correction_changes_nothing_and_keeps_what_was_typed(
    kim_client, values, why
):
    found = goods()
    come_in((found, 5))
    html = correct(
        kim_client, found, **{"reason": "A typed reason"} | values
    ).content.decode()
    assert why in text_of(html)
    assert '<details class="correction" open>' in html
    assert "A typed reason" in html or "reason" in values
    assert (StockMovement.objects.count(), level(found, main_warehouse())) == (1, 5)


def test_correction_of_an_inactive_warehouse_is_refused(kim_client):
    found = goods()
    Warehouse.objects.create(name="Other", position=9)
    Warehouse.objects.filter(name="Main warehouse").update(is_active=False)
    correct(kim_client, found)
    assert StockMovement.objects.count() == 0


def test_specialist_sees_no_way_to_change_and_is_refused(client):
    found = goods()
    html = page(client, f"/inventory/products/{found.pk}/")
    assert ("/edit/" in html, "/correct/" in html) == (False, False)
    answer = correct(client, found)
    assert answer.status_code == 403
    assert "Can correct stock" in answer.content.decode()
    assert (
        client.post(
            "/inventory/products/new/", {"name": "X", "unit": "pcs"}
        ).status_code
        == 403
    )
    assert (Product.objects.count(), StockMovement.objects.count()) == (1, 0)


def edit(client, found, **values):
    defaults = {
        "name": "Display",
        "sku": "",
        "code": "",
        "unit": "pcs",
        "category": "",
        "description": "",
    }
    url = (
        f"/inventory/products/{found.pk}/edit/" if found else "/inventory/products/new/"
    )
    return client.post(url, defaults | values, follow=True)


def test_new_product_with_a_new_category(kim_client):
    html = edit(
        kim_client,
        None,
        name="  USB  cable ",
        sku="U-1",
        unit="m",
        category=" Cables ",
        description="Two\n\nparagraphs",
    ).content.decode()
    made = Product.objects.get()
    assert (made.name, made.name_key, made.sku, made.unit, made.category.name) == (
        "USB cable",
        "usb cable",
        "U-1",
        "m",
        "Cables",
    )
    assert made.description == "<p>Two</p>\n\n<p>paragraphs</p>"
    assert made.search == "usb cable\nu 1\n"
    assert "The product is saved." in html


def test_edited_product_keeps_stock_and_finds_its_category_whatever_its_case(
    kim_client,
):
    found = goods(sku="old")
    shelf = Category.objects.create(name="Spare  Parts")
    come_in((found, 5))
    edit(
        kim_client,
        found,
        name="Display 2",
        sku="new",
        category="spare parts",
        description="<b>ok</b><script>x</script>",
    )
    found.refresh_from_db()
    assert (found.name, found.sku, found.category, found.description, found.stock) == (
        "Display 2",
        "new",
        shelf,
        "<b>ok</b>",
        5,
    )
    edit(kim_client, found, category="")
    found.refresh_from_db()
    assert (found.category, differences()) == (None, [])


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"name": " "}, "This field is required."),
        ({"name": "x" * 256}, "at most 255 characters"),
        ({"unit": ""}, "This field is required."),
        ({"sku": "a\x00b"}, "Null characters are not allowed."),
    ],
)
def test_wrong_product_is_not_saved_and_keeps_what_was_typed(kim_client, values, why):
    found = goods("Old name")
    html = edit(
        kim_client,
        found,
        **{
            "name": "New name",
            "category": "Brand new",
            "description": "Typed <b>text</b>",
        }
        | values,
    ).content.decode()
    assert why in html
    assert 'value="Brand new"' in html
    assert "Typed &lt;b&gt;text&lt;/b&gt;" in html
    found.refresh_from_db()
    assert (found.name, Category.objects.count()) == ("Old name", 0)


def test_new_category_on_the_form_needs_the_permission_for_it(kim_client):
    user = get_user_model().objects.get(username="kim")
    user.groups.get().permissions.remove(
        *user.groups.get().permissions.filter(codename="add_category")
    )
    html = edit(kim_client, None, category="Brand new").content.decode()
    assert "There is no such category, and you may not add one." in html
    assert (Product.objects.count(), Category.objects.count()) == (0, 0)


def test_second_product_with_a_sku_is_allowed_and_told(kim_client):
    goods("First", sku="D-1")
    html = edit(kim_client, None, name="Second", sku="D-1").content.decode()
    assert "1 other product has the SKU D-1 too." in html
    assert Product.objects.count() == 2


def test_old_or_unknown_addresses_are_not_found(kim_client):
    for url in [
        "/inventory/products/999/",
        "/inventory/products/999/edit/",
        "/inventory/receipts/999/",
        "/inventory/categories/999/",
    ]:
        assert kim_client.get(url).status_code == 404
    assert correct(kim_client, Product(pk=999)).status_code == 404


def shown_form(client, found):
    """The edit form's fields as the page shows them."""
    html = page(client, f"/inventory/products/{found.pk}/edit/")
    inputs = re.findall(
        r'<input type="(?:text|hidden)" name="(\w+)"(?: value="([^"]*)")?', html
    )
    [description] = re.findall(
        r'<textarea name="description".*?>\n?(.*?)</textarea>', html, re.DOTALL
    )
    values = {name: unescape(value) for name, value in inputs}
    values.pop("csrfmiddlewaretoken")
    return values | {"description": unescape(description).replace("\n", "\r\n")}


def test_two_who_edit_one_product_keep_both_changes(kim_client):
    shelf = Category.objects.create(name="Old shelf")
    found = goods(sku="old", category=shelf, description="<p>A</p>\n\n<p>B</p>")
    first, second = shown_form(kim_client, found), shown_form(kim_client, found)
    edit(kim_client, found, **first | {"sku": "new", "category": "New shelf"})
    Category.objects.filter(pk=shelf.pk).update(is_active=False)
    answer = edit(kim_client, found, **second | {"name": "Display 2"})
    assert "The product is saved." in answer.content.decode()
    found.refresh_from_db()
    assert (found.name, found.sku, found.category.name, found.description) == (
        "Display 2",
        "new",
        "New shelf",
        "<p>A</p>\n\n<p>B</p>",
    )


def test_field_of_a_product_that_both_changed_is_refused_once(kim):
    german = signed_in(kim, "de")
    found = goods(sku="old")
    first, second = shown_form(german, found), shown_form(german, found)
    edit(german, found, **first | {"sku": "new", "code": "4711"})
    answer = edit(german, found, **second | {"sku": "mine"})
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "Jemand anderes hat dies in new geändert." in text_of(html)
    assert ('value="mine"' in html, 'value="4711"' in html) == (True, True)
    found.refresh_from_db()
    assert found.sku == "new"
    seen = unescape(re.search(r'name="seen" value="([^"]*)"', html)[1])
    edit(german, found, **second | {"sku": "mine", "code": "4711", "seen": seen})
    found.refresh_from_db()
    assert (found.sku, found.code) == ("mine", "4711")


def feed_of(client, found):
    html = page(client, f"/inventory/products/{found.pk}/")
    entries = re.findall(
        r'<li class="\w+">.*?</li>',
        html.partition('<ol class="timeline">')[2],
        re.DOTALL,
    )
    return [text_of(entry).partition(" · ")[0] for entry in entries]


def test_history_names_who_made_and_changed_a_product(kim_client, kim):
    edit(kim_client, None, name="Cable", sku="C-1")
    found = Product.objects.get()
    assert feed_of(kim_client, found) == ["Created Kim"]
    change = {"name": "USB cable", "sku": "", "code": "4711", "category": "Cables"}
    edit(kim_client, found, **change | {"description": "Long"})
    edit(kim_client, found, **change | {"description": "Long"})
    assert sorted(feed_of(kim_client, found)) == [
        "Category Cables Kim",
        "Code 4711 Kim",
        "Created Kim",
        "Description Kim",
        "Name before: Cable now: USB cable Kim",
        "SKU before: C-1 now: – Kim",
    ]
    assert feed_of(signed_in(kim, "de"), found)[-1] == "Erstellt Kim"


def test_history_of_a_product_that_came_with_an_order_says_so_of_nobody(client):
    assert feed_of(client, goods()) == ["Added RO App"]


def levels_seen(html):
    return unescape(re.search(r'name="seen" value="([^"]*)"', html)[1])


def test_count_of_a_level_that_changed_meanwhile_is_refused_once(kim):
    german, found = signed_in(kim, "de"), goods()
    come_in((found, 1250))
    seen = levels_seen(page(german, f"/inventory/products/{found.pk}/"))
    correct(german, found, counted="1.200", seen=seen)
    assert level(found, main_warehouse()) == 1200
    answer = correct(german, found, counted="1.240", seen=seen)
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "Der Bestand hat sich auf 1.200 geändert, seit" in text_of(html)
    assert 'value="1.240"' in html
    assert level(found, main_warehouse()) == 1200
    correct(german, found, counted="1.240", seen=levels_seen(html))
    assert (level(found, main_warehouse()), differences()) == (1240, [])


def test_two_who_count_the_same_agree(kim_client):
    found = goods()
    come_in((found, 25))
    seen = levels_seen(page(kim_client, f"/inventory/products/{found.pk}/"))
    correct(kim_client, found, counted="20", seen=seen)
    answer = correct(kim_client, found, counted="20", seen=seen)
    assert "nothing changed" in notice(answer.content.decode())
