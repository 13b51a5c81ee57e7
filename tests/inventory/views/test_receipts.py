"""Receipts: the list, drafts, adding products, posting."""

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Product, Receipt, StockMovement, Warehouse
from tests.support.html import cells, notice, page, text_of
from tests.support.invariants.stock import differences, level
from tests.support.stock import come_in, goods, main_warehouse
from tests.support.times import DAY
from tests.support.users import read_in, signed_in

pytestmark = pytest.mark.django_db


def form(*lines, version=0, **values):
    """What the browser sends: lines are (product, quantity, cost)."""
    head = {
        "warehouse": main_warehouse().pk,
        "supplier": "Parts GmbH",
        "reference": "R-1",
        "note": "",
        "version": version,
    }
    sent = {
        "line-TOTAL_FORMS": len(lines),
        "line-INITIAL_FORMS": 0,
        "line-MIN_NUM_FORMS": 0,
        "line-MAX_NUM_FORMS": 250,
    }
    for number, (product, quantity, cost) in enumerate(lines):
        sent |= {
            f"line-{number}-product": getattr(product, "pk", product),
            f"line-{number}-quantity": quantity,
            f"line-{number}-cost": cost,
        }
    return head | sent | values


def stored(receipt):
    return [
        (name, quantity, cost)
        for name, quantity, cost in receipt.lines.values_list(
            "product__name", "quantity", "cost"
        )
    ]


def quantities(html: str) -> list[str]:
    return re.findall(r'name="line-\d+-quantity" value="([^"]*)"', html)


@pytest.fixture
def draft(db):
    receipt = Receipt.objects.create(warehouse=main_warehouse(), created_at=DAY)
    receipt.lines.create(
        product=goods("Display", sku="D-1"),
        quantity=Decimal("2.5"),
        cost=Decimal("19.9"),
    )
    return receipt


def edit(client, receipt, *lines, **values):
    return client.post(
        f"/inventory/receipts/{receipt.pk}/edit/", form(*lines, **values)
    )


def test_list_costs_eight_queries_and_shows_every_column(client, store, draft, ann):
    come_in((Product.objects.get(), 3), by=ann.pk)
    Receipt.objects.bulk_create(
        Receipt(warehouse=main_warehouse(), supplier="<i>", created_at=DAY)
        for _ in range(60)
    )
    with CaptureQueriesContext(connection) as queries:
        html = page(client, "/inventory/receipts/")
    # session, who asks, permissions, page, count, banners (2)
    assert len(queries) == 7
    assert cells(html)[:6] == [
        str(Receipt.objects.latest("id").pk),
        "Draft",
        "&lt;i&gt;",
        "–",
        "Main warehouse",
        "0",
    ]
    posted = page(client, "/inventory/receipts/?state=posted")
    assert (
        posted.count("<tr>"),
        cells(posted)[1],
        "Ann Baker" in cells(posted)[7],
    ) == (2, "Posted", True)
    assert page(client, "/inventory/receipts/?state=draft").count("<tr>") == 51
    assert page(client, "/inventory/receipts/?state=x&after=~").count("<tr>") == 51


def test_new_receipt_is_a_draft(kim_client):
    display = goods("Display")
    answer = kim_client.post(
        "/inventory/receipts/new/", form((display, "2.5", "19.90"), (display, "1", ""))
    )
    receipt = Receipt.objects.get()
    assert (answer.status_code, answer.url) == (
        302,
        f"/inventory/receipts/{receipt.pk}/edit/",
    )
    assert (
        receipt.supplier,
        receipt.reference,
        receipt.by.username,
        receipt.posted_at,
    ) == (
        "Parts GmbH",
        "R-1",
        "kim",
        None,
    )
    assert stored(receipt) == [
        ("Display", Decimal("2.5"), Decimal("19.9")),
        ("Display", 1, None),
    ]
    assert StockMovement.objects.count() == 0


def test_german_commas_are_understood(kim_client, draft):
    read_in(kim_client, "de")
    answer = kim_client.post(
        f"/inventory/receipts/{draft.pk}/edit/",
        form((Product.objects.get(), "1.250,5", "1.012,25")),
        follow=True,
    )
    assert stored(draft) == [("Display", Decimal("1250.5"), Decimal("1012.25"))]
    html = answer.content.decode()
    assert re.findall(r'name="line-0-\w+" value="([\d,]+)"', html) == [
        str(Product.objects.get().pk),
        "1250,5",
        "1012,25",
    ]


@pytest.mark.parametrize(
    ("language", "counted", "more"),
    [("de", "1.250", "1251"), ("en", "1,250", "1251"), ("en", "7", "8")],
)
def test_product_that_is_added_again_is_counted_once_more(
    kim_client, draft, language, counted, more
):
    product = Product.objects.get()
    read_in(kim_client, language)
    answer = kim_client.post(
        f"/inventory/receipts/{draft.pk}/edit/",
        form((product, counted, ""), product=product.pk),
        headers={"HX-Request": "true"},
    )
    assert quantities(answer.content.decode()) == [more]


def test_edit_page_shows_what_is_stored(kim_client, draft):
    with CaptureQueriesContext(connection) as queries:
        html = page(kim_client, f"/inventory/receipts/{draft.pk}/edit/")
    # session, who asks, permissions, receipt, lines, products, warehouses, banners
    assert len(queries) == 8
    assert re.findall(r'name="line-0-\w+" value="([\d.]+)"', html) == [
        str(Product.objects.get().pk),
        "2.5",
        "19.90",
    ]
    assert "D-1" in html


@pytest.mark.parametrize(
    ("quantity", "cost", "why"),
    [
        ("", "", "This field is required."),
        ("0", "", "A quantity must be above zero."),
        ("-1", "", "A quantity cannot be negative."),
        ("1.0005", "", "At most 3 decimals are possible."),
        ("abc", "", "Enter a number, such as 1,250.5."),
        ("1", "-0.01", "An amount cannot be negative."),
        ("1", "12.555", "An amount in EUR has at most 2 decimals."),
        ("1", "1e30", "Enter an amount in EUR, such as 1,250.50."),
    ],
)
def test_wrong_line_saves_nothing_and_keeps_what_was_typed(
    kim_client, draft, quantity, cost, why
):
    html = edit(
        kim_client,
        draft,
        (Product.objects.get(), quantity, cost),
        supplier="Typed supplier",
    ).content.decode()
    assert why in html
    assert 'value="Typed supplier"' in html
    assert quantities(html) == ([quantity] if quantity else [])
    draft.refresh_from_db()
    assert (draft.supplier, draft.version, stored(draft)) == (
        "",
        0,
        [("Display", Decimal("2.5"), Decimal("19.9"))],
    )


def test_unknown_product_is_refused(kim_client, draft):
    for product in ["999", "x", "", "-1", "9" * 30]:
        html = edit(kim_client, draft, (product, "1", "")).content.decode()
        assert "This product does not exist any more. Remove the line." in html
    assert stored(draft) == [("Display", Decimal("2.5"), Decimal("19.9"))]


def test_chosen_product_is_added_and_what_was_typed_is_saved(kim_client, draft):
    display, cable = Product.objects.get(), goods("Cable")
    edit(kim_client, draft, (display, "4", ""), product=cable.pk, supplier="Typed")
    draft.refresh_from_db()
    assert (draft.supplier, stored(draft)) == (
        "Typed",
        [("Display", 4, None), ("Cable", 1, None)],
    )
    edit(
        kim_client,
        draft,
        (display, "4", ""),
        (cable, "1", ""),
        product=cable.pk,
        version=1,
    )
    assert stored(draft) == [("Display", 4, None), ("Cable", 2, None)]
    edit(kim_client, draft, (display, "0.5", ""), product=display.pk, version=2)
    assert stored(draft) == [("Display", Decimal("0.5"), None), ("Display", 1, None)]


def test_chosen_product_stays_when_another_line_is_wrong(kim_client, draft):
    html = edit(
        kim_client,
        draft,
        (Product.objects.get(), "wrong", ""),
        product=goods("Cable").pk,
    ).content.decode()
    assert quantities(html) == ["wrong", "1"]
    assert "Cable" in html
    assert stored(draft) == [("Display", Decimal("2.5"), Decimal("19.9"))]


def test_scanned_code_is_added_and_other_text_is_searched(kim_client, draft):
    display = Product.objects.get()
    goods("Cable", code="4711"), goods("Cable drum")
    edit(kim_client, draft, (display, "1", ""), find="", q=" 4711 ")
    assert stored(draft) == [("Display", 1, None), ("Cable", 1, None)]
    sent = form((display, "1", ""), find="", q="drum", version=1)
    part = kim_client.post(
        f"/inventory/receipts/{draft.pk}/edit/", sent, headers={"HX-Request": "true"}
    )
    sent["version"] = 2
    whole = kim_client.post(f"/inventory/receipts/{draft.pk}/edit/", sent, follow=True)
    for html in [part.content.decode(), whole.content.decode()]:
        assert re.findall(r'<bdi class="name">(.*?)</bdi>', html) == ["Cable drum"]
        assert 'name="q" value="drum"' in html
    assert stored(draft) == [("Display", 1, None)]


def test_line_is_removed(kim_client, draft):
    display, cable = Product.objects.get(), goods("Cable")
    edit(
        kim_client,
        draft,
        (display, "wrong", ""),
        (cable, "3", ""),
        **{"line-0-DELETE": "on"},
    )
    assert stored(draft) == [("Cable", 3, None)]


def test_late_save_overwrites_nothing_and_says_so(kim_client, draft):
    Receipt.objects.update(version=3, supplier="Earlier")
    html = edit(
        kim_client, draft, (Product.objects.get(), "9", ""), version=2
    ).content.decode()
    assert "Somebody has changed this receipt meanwhile." in html
    assert quantities(html) == ["9"]
    for version in ["", "x", "-3"]:
        edit(kim_client, draft, version=version)
    draft.refresh_from_db()
    assert (draft.supplier, draft.version, stored(draft)) == (
        "Earlier",
        3,
        [("Display", Decimal("2.5"), Decimal("19.9"))],
    )


@pytest.mark.slow
def test_too_many_lines_and_forged_counts_are_refused(kim_client, draft):
    display = Product.objects.get()
    html = edit(kim_client, draft, *[(display, "1", "")] * 251).content.decode()
    assert "A receipt has at most 250 lines. Write the others on a second one." in html
    for count in ["", "x", "99999999"]:
        answer = edit(
            kim_client,
            draft,
            (display, "1", ""),
            product=display.pk,
            **{"line-TOTAL_FORMS": count},
        )
        assert answer.status_code == 200
    assert stored(draft) == [("Display", Decimal("2.5"), Decimal("19.9"))]


def test_posting_asks_first_then_brings_the_goods_in_once(kim_client, draft):
    answer = edit(kim_client, draft, (Product.objects.get(), "4", ""), post="")
    assert answer.url == f"/inventory/receipts/{draft.pk}/post/"
    html = page(kim_client, answer.url)
    assert "1 line comes into the warehouse Main warehouse ." in text_of(html)
    assert StockMovement.objects.count() == 0
    html = kim_client.post(answer.url, {"version": "1"}, follow=True).content.decode()
    assert notice(html) == "The receipt is posted. Its products are in stock."
    draft.refresh_from_db()
    assert (
        draft.posted_by.username,
        level(Product.objects.get(), main_warehouse()),
        differences(),
    ) == (
        "kim",
        4,
        [],
    )
    html = kim_client.post(answer.url, {"version": "1"}).content.decode()
    assert "This receipt is posted already; it was not posted again." in html
    assert (
        StockMovement.objects.count(),
        level(Product.objects.get(), main_warehouse()),
    ) == (1, 4)


def test_what_was_not_shown_is_not_posted(kim_client, draft):
    Receipt.objects.update(version=1)
    for version in ["0", "", "x"]:
        html = kim_client.post(
            f"/inventory/receipts/{draft.pk}/post/", {"version": version}
        ).content.decode()
        assert (
            "Somebody has changed this receipt meanwhile. Look at it again first."
            in html
        )
        assert 'name="version" value="1"' in html
    assert (Receipt.objects.get().posted_at, StockMovement.objects.count()) == (None, 0)


@pytest.mark.parametrize(
    ("break_it", "why"),
    [
        (
            lambda: Warehouse.objects.update(is_active=False),
            "The warehouse is not active.",
        ),
        (
            lambda: Receipt.objects.get().lines.all().delete(),
            "The receipt has no lines. Add products first.",
        ),
    ],
)
def test_what_cannot_be_posted_stays_a_draft_and_says_why(
    kim_client, draft, break_it, why
):
    break_it()
    assert (
        why
        in kim_client.post(
            f"/inventory/receipts/{draft.pk}/post/", {"version": "0"}
        ).content.decode()
    )
    assert (Receipt.objects.get().posted_at, StockMovement.objects.count()) == (None, 0)


def test_posted_receipt_is_frozen(kim_client, draft):
    kim_client.post(f"/inventory/receipts/{draft.pk}/post/", {"version": "0"})
    html = page(kim_client, f"/inventory/receipts/{draft.pk}/")
    assert ("/edit/" in html, "/post/" in html, "/discard/" in html) == (
        False,
        False,
        False,
    )
    assert "2.5 pcs €19.90" in text_of(html)
    assert edit(kim_client, draft, version=1).status_code == 302
    assert (
        "posted already"
        in kim_client.post(
            f"/inventory/receipts/{draft.pk}/discard/", follow=True
        ).content.decode()
    )
    assert (stored(draft), Receipt.objects.count()) == (
        [("Display", Decimal("2.5"), Decimal("19.9"))],
        1,
    )


def test_draft_is_discarded(kim_client, draft):
    html = kim_client.post(
        f"/inventory/receipts/{draft.pk}/discard/", follow=True
    ).content.decode()
    assert (Receipt.objects.count(), notice(html)) == (0, "The draft is discarded.")


def test_with_javascript_the_form_alone_is_exchanged(kim_client, draft):
    htmx = {"HX-Request": "true"}
    url = f"/inventory/receipts/{draft.pk}/edit/"
    saved = kim_client.post(
        url, form((Product.objects.get(), "7", ""), save=""), headers=htmx
    )
    html = saved.content.decode()
    assert (saved.status_code, quantities(html), notice(html)) == (
        200,
        ["7"],
        "The draft is saved.",
    )
    assert 'name="version" value="1"' in html
    leaving = kim_client.post(
        url, form((Product.objects.get(), "7", ""), post="", version=1), headers=htmx
    )
    assert leaving.headers["HX-Redirect"] == f"/inventory/receipts/{draft.pk}/post/"


def test_specialist_reads_receipts_and_nothing_more(client, draft):
    html = page(client, f"/inventory/receipts/{draft.pk}/")
    assert ("/edit/" in html, "/post/" in html) == (False, False)
    for url in ["edit/", "post/", "discard/"]:
        assert (
            client.post(f"/inventory/receipts/{draft.pk}/{url}", form()).status_code
            == 403
        )
    assert (Receipt.objects.get().posted_at, stored(draft)) == (
        None,
        [("Display", Decimal("2.5"), Decimal("19.9"))],
    )


@pytest.mark.parametrize("text", ["disp", "nothing like it", ""])
def test_search_stores_no_empty_receipt(kim_client, text):
    goods("Display A"), goods("Display B")
    sent = form(find="1", q=text, supplier="Typed supplier")
    html = kim_client.post("/inventory/receipts/new/", sent).content.decode()
    assert Receipt.objects.count() == 0
    assert 'value="Typed supplier"' in html
    found = ["Display A", "Display B"] if text == "disp" else []
    assert re.findall(r'<bdi class="name">(.*?)</bdi>', html) == found


def test_search_field_has_the_focus_at_the_start(kim_client, draft):
    for path in ["new", f"{draft.pk}/edit"]:
        html = kim_client.get(f"/inventory/receipts/{path}/").content.decode()
        [field] = re.findall(r'<input type="search"[^>]*>', html)
        assert ("autofocus" in field, 'data-finder="found"' in field) == (True, True)


def test_errors_of_a_line_stand_at_their_fields(kim, draft):
    german = signed_in(kim, "de")
    display = Product.objects.get()
    html = edit(german, draft, (display, "-5", "12.5")).content.decode()
    shown = re.findall(r"<td[^>]*>.*?</td>", html, re.DOTALL)
    texts = [text_of(cell) for cell in shown]
    assert texts[0] == "Display D-1"
    assert "Eine Menge kann nicht negativ sein." in texts[1]
    assert "12,50" in texts[2] or "Geben Sie" in texts[2]
    assert all('aria-describedby="id_line-0-' in cell for cell in shown[1:3])
