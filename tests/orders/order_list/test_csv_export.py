"""Orders as a CSV file: what the list shows, in its order, streamed, and inert in a spreadsheet."""

import csv
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from customers.matching import ContactDetails
from orders.models import Order, Preferences
from orders.order_list import csv_export
from tests.support.incoming import figures, line, order
from tests.support.times import DAY
from tests.support.users import read_in, signed_in

URL = reverse("orders:export")
FILE = {
    "en": [
        """"N","#1001","","Ada Nr1","'+4915112345001","","Screen 6"" – ""new"";' =1+1\nblack","""
        """"Colour: -red; Engraving: Ä & Ω","1234.50","1240.00","-5.50","Paid","","2026-01-02 04:04\"""",
        """"N","#1002","","","","","","","0.00","0.00","0.00","New state","2026-03-01","2026-11-20 10:30\"""",
        """"N","#1003","","'@Bo","12 34","","Display 1","","10.00","0.00","0.00","","","2026-11-20 10:30\"""",
    ],
    "de": [
        """"N";"#1001";"";"Ada Nr1";"'+4915112345001";"";"Screen 6"" – ""new"";' =1+1\nblack";"""
        """"Colour: -red; Engraving: Ä & Ω";"1234,50";"1240,00";"-5,50";"Bezahlt";"";"2026-01-02 04:04\"""",
        """"N";"#1002";"";"";"";"";"";"";"0,00";"0,00";"0,00";"New state";"2026-03-01";"2026-11-20 10:30\"""",
        """"N";"#1003";"";"'@Bo";"12 34";"";"Display 1";"";"10,00";"0,00";"0,00";"";"";"2026-11-20 10:30\"""",
    ],
}
"""Lines of the file, as each is to be to the byte, with the order's number in its place."""
COLUMNS = ["number", "external", "customer", "items", "total", "created"]


@pytest.fixture
def exporter(ann):
    ann.user_permissions.add(
        *Permission.objects.filter(codename__in=["export_orders", "see_contact_data"])
    )
    Preferences.objects.create(user=ann, columns=COLUMNS)
    return signed_in(ann)


def download(client, **values):
    answer = client.post(URL, values)
    assert (answer.status_code, answer.streaming) == (200, True)
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff")
    return answer, text.removeprefix("\ufeff")


def cells(text: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(text.splitlines(), delimiter=delimiter))


def test_file_holds_the_columns_that_the_list_shows(exporter, bring):
    (first,) = bring(
        order(1, lines=(line(1, quantity=3), line(2, price=Decimal("1170.5"))))
    )
    answer, text = download(exporter, id=[first.pk])
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith(
        'attachment; filename="orders-20'
    )
    assert cells(text) == [
        [
            "Number",
            "External ID",
            "Purchase order",
            "Customer",
            "Phone",
            "E-mail",
            "Items",
            "Entered by the buyer",
            "Total",
            "Paid",
            "Still due",
            "Created",
        ],
        [
            str(first.pk),
            "#1001",
            "",
            "Ada Nr1",
            "'+4915112345001",
            "",
            "3 × Display 1, Display 2",
            "",
            "1200.50",
            "0.00",
            "0.00",
            "2026-11-20 10:30",
        ],
    ]


def test_german_file_is_one_that_excel_reads_there(exporter, bring):
    (first,) = bring(order(1, lines=(line(1, price=Decimal("1200.5")),)))
    read_in(exporter, "de")
    answer, text = download(exporter, id=[first.pk])
    assert answer["Content-Disposition"].startswith(
        'attachment; filename="auftraege-20'
    )
    assert cells(text, ";")[1][8] == "1200,50"


@pytest.mark.parametrize(
    "evil", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "＝1", "|calc", "%0A=1"]
)
def test_cell_cannot_become_a_formula(exporter, bring, evil):
    (first,) = bring(
        order(
            1,
            lines=(line(1, name=evil),),
            contact=ContactDetails(first_name=evil, last_name="X", phone="1"),
        )
    )
    _answer, text = download(exporter, id=[first.pk])
    row = cells(text)[1]
    assert (row[3][0], row[6]) == ("'", f"'{first.items}")


@pytest.mark.parametrize(
    ("evil", "inert"),
    [
        ("Cable;=1+1", "Cable;'=1+1"),
        ("Cable, @SUM(A1)", "Cable,' @SUM(A1)"),
        ('Cable"=1+1', "Cable\"'=1+1"),
        ("Cable|+cmd", "Cable|'+cmd"),
        ("Cable 5,- a piece - new", "Cable 5,- a piece - new"),
    ],
)
def test_formula_behind_another_separator_or_a_quote_is_inert(
    exporter, bring, evil, inert
):
    (first,) = bring(order(1, lines=(line(1, name=evil),)))
    _answer, text = download(exporter, id=[first.pk])
    assert cells(text)[1][6] == inert
    # Every cell is in quotes, so that no sign in it separates.
    assert text.splitlines()[1].count('","') == 11


def test_all_means_every_order_of_the_filter_in_the_lists_order(exporter, bring):
    found = bring(
        *(
            order(number, placed_at=DAY + timedelta(hours=number))
            for number in range(1, 6)
        )
    )
    gone = bring(
        order(
            9,
            contact=ContactDetails(
                first_name="Bo", last_name="Other", phone="+4930123456"
            ),
        )
    )
    _answer, text = download(exporter, all="1", query="q=ada", sort="created")
    assert [row[0] for row in cells(text)[1:]] == [str(each.pk) for each in found]
    _answer, text = download(exporter, all="1", query="", sort="-created")
    assert [row[0] for row in cells(text)[1:]] == [
        str(each.pk) for each in [*reversed(found), *gone]
    ]


def test_reading_costs_a_query_per_chunk_and_nothing_per_order(
    exporter, bring, monkeypatch, django_assert_num_queries
):
    bring(*(order(number) for number in range(1, 8)))
    monkeypatch.setattr(csv_export, "CHUNK", 3)
    answer = exporter.post(URL, {"all": "1", "query": ""})
    with django_assert_num_queries(
        7
    ):  # 3 + 3 + 1, each with its lines, and one that finds no more
        parts = list(answer.streaming_content)
    assert [part.count(b"\r\n") for part in parts] == [1, 3, 3, 1]


def test_contact_data_stays_out_without_the_permission_to_see_it(bring, ann):
    (first,) = bring(order(1))
    ann.groups.clear()
    ann.user_permissions.add(
        *Permission.objects.filter(codename__in=["view_order", "export_orders"])
    )
    _answer, text = download(signed_in(ann), id=[first.pk])
    assert "+4915112345001" not in text
    assert "Phone" not in cells(text)[0]


def test_without_the_permission_nothing_is_exported(bob_client, bring):
    (first,) = bring(order(1))
    answer = bob_client.post(URL, {"id": [first.pk]})
    assert answer.status_code == 403
    assert "Can export orders" in answer.content.decode()


@pytest.mark.parametrize("start", ["\n", "\r", "\t", "\r\n"])
def test_cell_that_begins_with_a_line_break_or_tab_is_inert(exporter, bring, start):
    (first,) = bring(order(1, lines=(line(1, name=f"{start}1+1"),)))
    _answer, text = download(exporter, id=[first.pk])
    assert f"'{start}1+1" in text


def test_what_was_typed_stands_beside_the_number(exporter, bring):
    contact = ContactDetails(first_name="Anna", phone="0664 1234567", country="AT")
    (first,) = bring(order(1, contact=contact))
    _answer, text = download(exporter, id=[first.pk])
    assert "'+436641234567 (0664 1234567)" in cells(text)[1]


@pytest.mark.parametrize("chunk", [1, 2, 1_000])
@pytest.mark.parametrize("language", ["en", "de"])
def test_file_is_the_same_to_the_byte_however_many_lines_are_written_at_once(
    exporter, bring, monkeypatch, chunk, language
):
    monkeypatch.setattr(csv_export, "CHUNK", chunk)
    columns = ["external", "customer", "items", "total", "payment", "due", "created"]
    Preferences.objects.update(columns=columns)
    read_in(exporter, language)
    found = bring(
        order(
            1,
            lines=(
                line(
                    name='Screen 6" – "new"; =1+1\nblack',
                    price=Decimal("1234.5"),
                    buyer_entries=[["Engraving", "Ä & Ω"], ["_app", "7"]],
                ),
            ),
            buyer_entries=[["Colour", "-red"]],
            figures=figures(paid=Decimal("1240"), due=Decimal("-5.5")),
            placed_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        ),
        order(2, payment="new_state", contact=ContactDetails(), lines=()),
        order(3, payment="", contact=ContactDetails(first_name="@Bo", phone="12 34")),
    )
    Order.objects.filter(pk=found[1].pk).update(due_on=date(2026, 3, 1))
    answer = exporter.post(URL, {"all": "1", "query": "", "sort": "number"})
    _heading, *rows = b"".join(answer.streaming_content).decode().split("\r\n")
    expected = [
        row.replace('"N"', f'"{each.pk}"')
        for row, each in zip(FILE[language], found, strict=True)
    ]
    assert rows == [*expected, ""]


def test_quantities_are_written_in_the_readers_language(exporter, bring):
    piece = line(1, name="Cable 2.5 mm", quantity=Decimal("1.5"))
    (first,) = bring(order(1, lines=(piece,)))
    for language, separator, expected in [
        ("de", ";", "1,5 × Cable 2.5 mm"),
        ("en", ",", "1.5 × Cable 2.5 mm"),
    ]:
        read_in(exporter, language)
        _answer, text = download(exporter, id=[first.pk])
        assert expected in cells(text, separator)[1]
