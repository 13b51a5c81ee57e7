"""Why a row of a searched list is there: words are marked in what it shows, and named where they are in
something that it does not show."""

import re
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.matching import ContactDetails
from orders.models import Order, Preferences
from orders.order_list.columns import COLUMNS
from orders.order_list.rows import _drawn
from tests.support.incoming import line, numbered, order
from tests.support.order_list import PART, list_page
from tests.support.users import create_user, signed_in

ADA = ContactDetails(
    first_name="Ada",
    last_name="Lóvelace",
    phone="+4915123456789",
    email="ada.l@example.com",
    country="DE",
)
IMEI = ["IMEI", "35-123456-789012-3"]


@pytest.fixture
def blind(db):
    """Somebody who must not see contact data."""
    return signed_in(create_user("Bo", "orders.view_order"))


def searched(client, text: str, **headers: str) -> str:
    return list_page(client, f"?q={quote(text)}", **headers)


def marks(html: str) -> list[str]:
    """What is marked in the rows, as it stands in the page."""
    return re.findall("<mark>(.*?)</mark>", html)


def cell(html: str, name: str) -> str:
    """What the first row's cell holds."""
    found = re.search(rf'<td class="{name}"[^>]*>(.*?)</td>', html, re.DOTALL)
    assert found
    return found[1]


def reasons(html: str) -> list[tuple[str, str]]:
    """What the rows say of what they do not show: in full, and as it stands there."""
    found = re.findall(
        r'<span class="reason muted" title="([^"]*)" hx-disable>(.*?)</span>', html
    )
    return [(full, re.sub("</?bdi>", "", said)) for full, said in found]


@pytest.mark.parametrize(
    ("name", "typed", "expected"),
    [
        ("Jörg Müller", "mueller", ["Müller"]),
        ("Jörg Müller", "jorg mull", ["Jörg", "Müll"]),
        ("Eva Mueller", "müller", ["Mueller"]),
        ("Dr. Weiß", "weiss", ["Weiß"]),
        ("Łukasz Nowak", "lukasz", ["Łukasz"]),
        ("Maureen O’Hara", "ohara", ["O’Hara"]),
        ("Anna\u2011Lena Vogt", "anna lena", ["Anna", "Lena"]),
        ("Anna\u2011Lena Vogt", "anna-lena", ["Anna\u2011Lena"]),
        ("Ada Lo\u0301velace", "lovel", ["Lo\u0301vel"]),
        ("李小龙", "小龙", ["小龙"]),
        ("Li Lindner", "li", ["Li"]),
        ("Wunibald", "wu", ["Wu"]),
        ("Wunibald", "BALD", ["bald"]),
    ],
)
def test_words_are_marked_in_a_name_as_the_search_folds_them(
    client, bring, name, typed, expected
):
    bring(order(1, contact=ContactDetails(first_name=name), lines=()))
    html = searched(client, typed)
    stored = Order.objects.get().customer_name
    assert marks(cell(html, "customer")) == [
        each if each in stored else each.replace("o\u0301", "ó") for each in expected
    ]
    assert (marks(html), reasons(html)) == (marks(cell(html, "customer")), [])


@pytest.mark.parametrize(
    ("number", "typed", "expected"),
    [
        ("EN1001-A", "1001", ["1001"]),
        ("EN1001-A", "en1001-a", ["EN1001-A"]),
        ("EN1001-A", "1001-a nr1", ["1001-A"]),
        ("#HH20978", "020978", ["20978"]),
        ("2024-1001", "2024", ["2024"]),
        ("#1001", "#1001", ["1001"]),
    ],
)
def test_digits_are_marked_within_a_number(client, bring, number, typed, expected):
    bring(numbered(1, number))
    assert marks(cell(searched(client, typed), "external")) == expected


def test_own_number_is_marked_whole_and_where_a_scanner_typed_it(client, bring):
    (one,) = bring(order(1))
    for typed in [str(one.pk), f"RO{one.pk}"]:
        html = searched(client, typed)
        assert cell(html, "number").startswith(
            f'<a href="/orders/{one.pk}/"><mark>{one.pk}</mark></a>'
        )
        assert reasons(html) == []


def test_each_of_several_words_is_marked_where_it_is(client, bring):
    bring(order(1, contact=ADA, lines=(line(1, name="Akkueinbau Pixel"),)))
    html = searched(client, "einbau ada pix")
    assert marks(cell(html, "customer")) == ["Ada"]
    assert marks(cell(html, "items")) == ["einbau", "Pix"]
    assert reasons(html) == []


def test_mark_far_behind_is_brought_to_the_front(client, bring):
    name = "A battery that somebody has described at length, original"
    bring(order(1, lines=(line(1, name=name),)))
    html = searched(client, "original")
    assert (
        f'<span class="clamp" title="{name}"><bdi>… <mark>original</mark></bdi></span>'
        in cell(html, "items")
    )


def test_hostile_text_is_escaped_piece_by_piece(client, bring):
    name = '<b>bold</b> & "quick" <script>'
    bring(
        order(1, contact=ContactDetails(first_name=name), lines=(line(1, name=name),))
    )
    html = searched(client, "<b>")
    expected = (
        "<mark>&lt;b&gt;</mark>bold&lt;/b&gt; &amp; &quot;quick&quot; &lt;script&gt;"
    )
    assert f"<bdi>{expected}</bdi>" in cell(html, "items")
    assert f"{expected}</bdi>" in cell(html, "customer").replace("&#34;", "&quot;")
    html = searched(client, "amp")
    assert marks(html) == []
    html = searched(client, "script")
    assert marks(cell(html, "items")) == ["script"]
    assert "<script>" not in html.partition("<tbody")[2].partition("</tbody>")[0]


def test_hostile_text_in_a_reason_is_escaped(client, bring):
    bring(order(1, lines=(line(1, sku='<i>" X-7'),)))
    html = searched(client, "x-7")
    said = "SKU <bdi>&lt;i&gt;&quot; <mark>X-7</mark></bdi>"
    assert f'title="SKU &lt;i&gt;&#34; X-7" hx-disable>{said}</span>' in html


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("po-77", ("Purchase order PO-77/B", "Purchase order <mark>PO-77</mark>/B")),
        ("scr-12", ("SKU SCR-12-B", "SKU <mark>SCR-12</mark>-B")),
        (
            "351234567890123",
            (f"IMEI {IMEI[1]}", f"IMEI <mark>{IMEI[1]}</mark>"),
        ),
        (
            "ada.l@",
            ("E-mail ada.l@example.com", "E-mail <mark>ada.l@</mark>example.com"),
        ),
        (
            "po-77 scr-12 lovelace",
            (
                "Purchase order PO-77/B · SKU SCR-12-B",
                "Purchase order <mark>PO-77</mark>/B · SKU <mark>SCR-12</mark>-B",
            ),
        ),
    ],
)
def test_row_says_what_it_does_not_show(client, bring, typed, reason):
    lines = (line(1, sku="SCR-12-B", buyer_entries=[IMEI]),)
    bring(order(1, contact=ADA, purchase_order="PO-77/B", lines=lines))
    html = searched(client, typed)
    assert reasons(cell(html, "items")) == reasons(html) == [reason]


@pytest.mark.parametrize(
    "typed", ["0151 23456789", "004915123456789", "+49 (0)151/23456789", "15123456789"]
)
def test_phone_that_the_row_shows_is_marked_in_any_notation(client, bring, typed):
    bring(order(1, contact=ADA))
    html = searched(client, typed)
    (mark,) = marks(cell(html, "customer"))
    assert re.sub(r"\D", "", mark).endswith("15123456789")
    assert reasons(html) == []


def test_phone_in_a_column_that_is_off_is_said(client, ann, bring):
    Preferences.objects.create(user=ann, columns=["number", "items"])
    bring(order(1, contact=ADA))
    ((full, _said),) = reasons(searched(client, "0151 23456789"))
    assert full.startswith("Phone ")
    assert reasons(searched(client, "lovelace")) == [
        ("Customer Ada Lóvelace", "Customer Ada <mark>Lóvelace</mark>")
    ]
    Preferences.objects.update(columns=["number"])
    assert reasons(cell(searched(client, "display"), "number")) == [
        ("Item Display 1", "Item <mark>Display</mark> 1")
    ]


def test_nothing_is_told_of_contact_data_to_whom_it_is_hidden(blind, client, bring):
    contact = ContactDetails(
        first_name="Example", phone="+4915123456789", email="example@example.com"
    )
    bring(order(1, contact=contact, lines=(line(1, sku="15123456789"),)))
    html = searched(blind, "example")
    assert marks(html) == ["Example"]
    assert "example@" not in html
    html = searched(blind, "15123456789")
    assert reasons(html) == [("SKU 15123456789", "SKU <mark>15123456789</mark>")]
    for typed in ["0151 23456780", "example@example.com"]:
        assert "<tr id=" not in searched(blind, typed)


def test_unnamed_customer_is_marked_in_the_mail_for_those_who_see_it(
    client, blind, bring
):
    bring(order(1, contact=ContactDetails(email="ada.l@example.com")))
    html = searched(client, "ada.l")
    assert marks(cell(html, "customer")) == ["ada.l"]
    assert "<tr id=" not in searched(blind, "ada.l")


def test_searched_row_is_nobody_elses(client, bring):
    bring(order(1, contact=ADA))
    list_page(client)
    kept = dict(_drawn._kept)
    assert marks(searched(client, "ada")) == ["Ada"]
    assert _drawn._kept == kept
    assert marks(list_page(client)) == []


def test_row_that_is_swapped_has_its_marks(client, bring):
    (one,) = bring(order(1, contact=ADA))
    answer = client.get(
        "/orders/live/",
        {"shown": str(one.pk), "mark": "", "since": "0"},
        headers={
            "HX-Request": "true",
            "HX-Current-URL": "http://testserver/orders/?q=ada",
        },
    )
    assert marks(answer.content.decode()) == ["Ada"]


def test_search_costs_one_query_more_where_something_is_hidden_and_the_list_none(
    client, bring
):
    bring(*(order(n, contact=ADA) for n in range(1, 4)))

    def queries(query: str) -> int:
        list_page(client, query, **PART)
        with CaptureQueriesContext(connection) as asked:
            list_page(client, query, **PART)
        return len(asked)

    whole = queries("?view=all")
    assert queries("?q=lovelace") == whole
    assert queries("?q=ada.l@") == whole + 1


def test_all_columns_show_what_they_have(client, ann, bring):
    Preferences.objects.create(user=ann, columns=[each.key for each in COLUMNS])
    bring(order(1, contact=ADA))
    html = searched(client, "1001 ada display")
    assert marks(html) == ["1001", "Ada", "Display"]
