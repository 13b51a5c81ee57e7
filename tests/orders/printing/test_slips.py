"""What is printed of an order: slips for the work and for the goods, in the customer's language."""

import re
from io import BytesIO

import pytest
import zxingcpp
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image
from plutoprint import MEDIA_TYPE_SCREEN, PAGE_SIZE_A4, Book
from pypdf import PdfReader

from customers.matching import ContactDetails
from customers.models import Customer
from orders.domain.barcode import scan_code, scanned_number
from orders.models import Letterhead, Order
from tests.support.html import found, page, text_of
from tests.support.incoming import line, order
from tests.support.users import create_user, read_in, signed_in

pytestmark = pytest.mark.django_db
ADA = ContactDetails(
    key="acme:1:7",
    first_name="Ada",
    last_name="Lovelace",
    phone="+49 151 23456789",
    email="ada@example.com",
    address="Hauptstr. 1\n10115 Berlin",
)


@pytest.fixture
def letterhead(db) -> Letterhead:
    return Letterhead.objects.create(
        name="Gadget Garage",
        address="Werkstr. 5\n10117 Berlin",
        phone="030 1234567",
        footer="USt-IdNr. DE123456789",
    )


@pytest.fixture
def one(bring) -> Order:
    """Two lines, of which the first has entries of the buyer's and the second is gone; an address to deliver
    to."""
    engraved = line(
        1, quantity=2, buyer_entries=(("Device", "Fono 12"), ("_app", "kit 7"))
    )
    [one] = bring(
        order(
            1,
            lines=(engraved, line(2, quantity=0)),
            contact=ADA,
            delivery_address="Ada Lovelace\nHafenstr. 9\n20457 Hamburg",
            note="Call before 9",
        )
    )
    return one


def slip(client, one: Order, query: str = "") -> str:
    """The text on the sheet."""
    html = page(client, f"/orders/{one.pk}/print/{query}")
    return text_of(found(r"<main[^>]*>(.*)</main>", html))


def pdf(client, one: Order, query: str = "") -> PdfReader:
    answer = client.get(f"/orders/{one.pk}/print/pdf/{query}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    return PdfReader(BytesIO(answer.content))


def test_work_slip_says_what_is_to_be_done_and_what_it_costs(client, one, letterhead):
    assert slip(client, one) == (
        f"Gadget Garage Werkstr. 5 10117 Berlin 030 1234567 {one.pk} Work slip {one.pk} "
        "Ada Lovelace Hauptstr. 1 10115 Berlin +49 151 23456789 ada@example.com "
        "Created 20 Nov 2026 Store Gadget Garage External ID #1001 Type Online order "
        "Call before 9 Item Quantity Price Total "
        "Display 1 SKU: D-1 Device: Fono 12 2 pcs €10.00 €20.00 "
        "Total €20.00 Date, customer’s signature USt-IdNr. DE123456789"
    )


def test_delivery_note_goes_to_the_delivery_address_and_has_no_prices(
    client, one, letterhead
):
    assert slip(client, one, "?kind=delivery-note&language=de") == (
        f"Gadget Garage Werkstr. 5 10117 Berlin 030 1234567 {one.pk} Lieferschein {one.pk} "
        "Ada Lovelace Hafenstr. 9 20457 Hamburg "
        "Erstellt 20. November 2026 Geschäft Gadget Garage Externe ID #1001 "
        "Call before 9 Position Menge Display 1 SKU: D-1 Device: Fono 12 2 pcs "
        "Vollständig erhalten: Datum, Unterschrift USt-IdNr. DE123456789"
    )


@pytest.mark.parametrize(
    ("known", "title"),
    [
        ("de", "Arbeitsschein"),
        ("en", "Work slip"),
        ("fr", "Work slip"),
        ("", "Work slip"),
    ],
)
def test_slip_is_in_the_customers_language_where_ro_app_speaks_it(
    client, one, known, title
):
    one.customer.language = known
    one.customer.save(update_fields=["language"])
    assert f"{title} {one.pk}" in slip(client, one)


def test_without_the_permission_no_contact_data_is_printed(one, letterhead):
    reader = signed_in(create_user("bob", "orders.view_order"))
    for kind in ["work-slip", "delivery-note"]:
        text = slip(reader, one, f"?kind={kind}")
        assert "Ada Lovelace" in text
        for secret in ["Hauptstr.", "Hafenstr.", "151", "ada@example.com"]:
            assert secret not in text


def test_query_that_makes_no_sense_is_the_work_slip_on_a4(client, one):
    assert slip(client, one, "?kind=invoice&paper=a9&language=xx") == slip(client, one)


def test_paper_chosen_last_is_offered_the_next_time(client, one):
    assert "on-a4" in page(client, f"/orders/{one.pk}/print/")
    page(client, f"/orders/{one.pk}/print/?paper=80mm")
    assert "on-80mm" in page(client, f"/orders/{one.pk}/print/?kind=delivery-note")


def test_texts_from_outside_are_texts(client, made_here, with_line):
    one = made_here(note="<img src=x onerror=alert(1)> {{ 7*7 }}")
    with_line(one, name="<b>Labour</b>")
    html = page(client, f"/orders/{one.pk}/print/")
    assert "&lt;img src=x onerror=alert(1)&gt; {{ 7*7 }}" in html
    assert "<b>Labour" not in html
    assert "<b>Labour</b>" in pdf(client, one).pages[0].extract_text()


def test_pdf_is_a4_with_the_same_words(client, one, letterhead):
    file = pdf(client, one)
    assert len(file.pages) == 1
    assert [round(each) for each in file.pages[0].mediabox[2:]] == [595, 842]
    assert file.metadata.title == f"Work slip {one.pk}"
    written = " ".join(file.pages[0].extract_text().split())
    assert "Display 1 SKU: D-1 Device: Fono 12 2 pcs €10.00 €20.00" in written


def test_receipt_is_one_page_as_long_as_its_content(client, made_here, with_line):
    short, long = made_here(), made_here()
    for number in range(40):
        with_line(long, name=f"Part {number}")
    heights = []
    for each in [short, long]:
        file = pdf(client, each, "?paper=80mm")
        assert (len(file.pages), round(file.pages[0].mediabox.width)) == (1, 227)
        heights.append(file.pages[0].mediabox.height)
    assert heights[0] < 500 < heights[1]
    assert "Part 39" in file.pages[0].extract_text()


def select(client, *orders: Order, **fields: str):
    data = {"id": [each.pk for each in orders], "sort": "number"} | fields
    return client.post("/orders/print/", data)


def sheets(html: str) -> list[str]:
    return re.findall(r'<div class="slip-body sheet">(.*?)</article>', html, re.DOTALL)


def titles(html: str) -> list[str]:
    return [text_of(found(r"<h2>(.*?)</h2>", each)) for each in sheets(html)]


@pytest.fixture
def three(bring) -> list[Order]:
    """Of three customers, of whom the second speaks German."""
    three = bring(*(order(number) for number in [1, 2, 3]))
    Customer.objects.filter(pk=three[1].customer_id).update(language="de")
    return three


def test_selected_orders_are_printed_as_the_list_is_sorted(client, three):
    first, second, third = (each.pk for each in three)
    html = select(client, *three).content.decode()
    assert titles(html) == [
        f"Work slip {first}",
        f"Arbeitsschein {second}",
        f"Work slip {third}",
    ]
    html = select(client, *three, sort="-number").content.decode()
    assert titles(html)[0] == f"Work slip {third}"
    assert "3 slips" in html


def test_what_is_chosen_for_several_orders_is_chosen_for_each(client, three):
    ids = ".".join(str(each.pk) for each in reversed(three))
    address = f"/orders/print/?ids={ids}&kind=delivery-note&language=de&paper=80mm"
    html = page(client, address)
    assert titles(html) == [f"Lieferschein {each.pk}" for each in reversed(three)]
    assert html.count("on-80mm") == 3
    assert f'name="ids" value="{ids}"' in html


def test_all_that_match_are_printed(client, three):
    html = select(client, all="1", query=f"ids={three[0].pk}-{three[1].pk}")
    assert len(sheets(html.content.decode())) == 2


@pytest.mark.slow
def test_no_more_than_fifty_orders_are_printed_at_once(client, bring):
    many = bring(*(order(number) for number in range(1, 52)))
    answer = select(client, *many)
    assert (answer.status_code, answer["Location"]) == (302, "/orders/")
    assert (
        "At most 50 orders can be printed at once; 51 are selected. Select fewer."
        in page(client, "/orders/")
    )
    assert len(sheets(select(client, *many[:50]).content.decode())) == 50
    ids = f"{many[0].pk}-{many[-1].pk}"
    assert len(sheets(page(client, f"/orders/print/?ids={ids}"))) == 50


def test_without_an_order_the_list_says_what_to_do(client, three):
    found_nothing = [
        client.get(f"/orders/print/{path}?ids={ids}")
        for ids in ["", "x", "999999", "9-1"]
        for path in ["", "pdf/"]
    ]
    for answer in [select(client), *found_nothing]:
        assert (answer.status_code, answer["Location"]) == (302, "/orders/")
    assert "Select the orders to print first." in page(client, "/orders/")
    assert client.get("/orders/999999/print/").status_code == 404


def test_orders_that_are_gone_are_left_out(client, three):
    some = page(client, f"/orders/print/?ids=999999.{three[0].pk}.{three[1].pk}")
    assert len(sheets(some)) == 2


def test_many_slips_take_no_more_queries_than_one(client, three):
    page(client, f"/orders/{three[0].pk}/print/")
    counted = []
    for ids in [str(three[0].pk), ".".join(str(each.pk) for each in three)]:
        with CaptureQueriesContext(connection) as queries:
            page(client, f"/orders/print/?ids={ids}")
        counted.append(len(queries))
    assert counted[0] == counted[1]


@pytest.mark.parametrize("paper", ["a4", "80mm"])
def test_several_slips_are_one_pdf(client, three, with_line, paper):
    for number in range(40):
        with_line(three[1], name=f"Part {number}")
    ids = ".".join(str(each.pk) for each in three)
    answer = client.get(f"/orders/print/pdf/?ids={ids}&paper={paper}")
    assert answer["Content-Disposition"] == 'inline; filename="work-slips.pdf"'
    file = PdfReader(BytesIO(answer.content))
    assert file.metadata.title == f"Work slip {ids.replace('.', ', ')}"
    starts = [
        number
        for number, each in enumerate(file.pages)
        if re.search("Work slip|Arbeitsschein", each.extract_text())
    ]
    heights = [round(each.mediabox.height) for each in file.pages]
    if paper == "a4":
        assert (starts, heights) == ([0, 1, 3], [842] * 4)
    else:
        assert starts == [0, 1, 2]
        assert heights[0] == heights[2] < 500 < heights[1]


@pytest.mark.parametrize(
    ("language", "kind", "number", "name"),
    [
        ("en", "work-slip", 1, "work-slip-{}.pdf"),
        ("de", "work-slip", 1, "arbeitsschein-{}.pdf"),
        ("de", "work-slip", 2, "arbeitsscheine.pdf"),
        ("en", "delivery-note", 2, "delivery-notes.pdf"),
        ("de", "delivery-note", 1, "lieferschein-{}.pdf"),
        ("de", "delivery-note", 2, "lieferscheine.pdf"),
    ],
)
def test_pdf_is_named_in_the_readers_language(
    client, three, language, kind, number, name
):
    read_in(client, language)
    ids = ".".join(str(each.pk) for each in three[:number])
    answer = client.get(f"/orders/print/pdf/?ids={ids}&kind={kind}&language=en")
    named = name.format(three[0].pk)
    assert answer["Content-Disposition"] == f'inline; filename="{named}"'


def test_only_who_may_see_orders_prints_several(three):
    stranger = signed_in(create_user("eve"))
    ids = three[0].pk
    for path in [f"/orders/print/?ids={ids}", f"/orders/print/pdf/?ids={ids}"]:
        assert stranger.get(path).status_code == 403
    assert select(stranger, *three).status_code == 403
    reader = signed_in(create_user("bob", "orders.view_order"))
    html = select(reader, *three).content.decode()
    assert len(sheets(html)) == 3
    assert "+49" not in text_of(html)


def test_barcode_can_be_scanned(client, one):
    drawing = found(
        r"(<svg class=.barcode.*?</svg>)", page(client, f"/orders/{one.pk}/print/")
    )
    book = Book(PAGE_SIZE_A4, media=MEDIA_TYPE_SCREEN)
    book.load_html(
        f"<style>body {{ background: #fff }} svg {{ width: 400px; height: 80px }}</style>{drawing}"
    )
    picture = BytesIO()
    book.write_to_png_stream(picture)
    [code] = zxingcpp.read_barcodes(Image.open(picture))
    assert (code.text, code.format) == (f"RO{one.pk}", zxingcpp.BarcodeFormat.Code128)


def test_scanned_code_opens_the_order(client, one):
    answer = client.get("/orders/scan/", {"code": scan_code(one.pk).lower() + " "})
    assert (answer.status_code, answer["Location"]) == (302, f"/orders/{one.pk}/")
    html = page(client, f"/orders/?q={scan_code(one.pk)}")
    assert f'href="/orders/{one.pk}/"' in html


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("RO999999", "There is no order 999999."),
        ("x" * 50, f"There is no order {'x' * 40}."),
    ],
)
def test_scanned_code_of_no_order_says_so(client, one, code, said):
    answer = client.get("/orders/scan/", {"code": code}, follow=True)
    assert answer.redirect_chain == [("/orders/", 302)]
    assert said in answer.content.decode()


def test_only_our_own_codes_name_an_order():
    assert scanned_number("RO1042") == scanned_number(" ro1042 ") == 1042
    for other in ["1042", "RO", "RO-1042", "RO1042x", "RO" + "9" * 19, "RO１"]:
        assert scanned_number(other) is None


def test_discount_of_a_line_stands_at_its_total(client, made_here, with_line):
    order = made_here()
    with_line(order, quantity="7", price="19.99", discount="3")
    html = client.get(f"/orders/{order.pk}/print/?language=de").content.decode()
    cells = re.findall(r'<td class="number">(.*?)</td>', html, re.DOTALL)[1:3]
    assert [text_of(cell).replace("\xa0", " ") for cell in cells] == [
        "19,99 €",
        "136,93 € Rabatt −3,00 €",
    ]
