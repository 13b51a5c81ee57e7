"""Nothing that was typed into a new order is dropped (O9): the unfinished line, and the draft itself."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from common.forms import drafts
from common.models import FormDraft
from customers.editing import create_customer
from customers.models import Customer
from inventory.models import Product
from orders.models import Order, OrderType
from tests.support.html import text_of
from tests.support.order_page import IN_PARTS, said, value
from tests.support.times import DAY, NOW
from tests.support.users import signed_in

pytestmark = pytest.mark.django_db
URL = "/orders/create/"
DRAFT_URL = "/orders/create/draft/"
EMPTY = "The order is empty. Enter a customer, a line or a note."
NOT_CHOSEN = (
    "A customer was looked for, but not chosen. Choose one, or empty the search box."
)
WORK = {
    "lines": "1",
    "line-0-q": "Cleaning",
    "line-0-quantity": "1",
    "line-0-price": "20",
}


def typed(**values) -> dict:
    order_type = OrderType.objects.get(name="Repair").pk
    return {"type": order_type, "lines": "0"} | values


def lines() -> list[tuple]:
    return list(
        Order.objects.get().lines.values_list("name", "quantity", "price", "discount")
    )


# The running total


@pytest.mark.parametrize(
    ("currency", "language", "line", "said", "total"),
    [
        ("EUR", "en", ["1.5", "1,250.10", ""], "Total €1,875.15", "1875.15"),
        ("EUR", "de", ["1,5", "1.250,10", ""], "Summe 1.875,15 €", "1875.15"),
        ("EUR", "en", ["", "9.99", "10%"], "Total €8.99", "8.99"),
        ("JPY", "en", ["0.5", "1001", ""], "Total JP¥501", "501"),
        ("KWD", "en", ["3", "1.005", ""], "Total KWD3.015", "3.015"),
    ],
)
def test_running_total_is_what_the_order_will_come_to(
    kim, settings, currency, language, line, said, total
):
    settings.CURRENCY = currency
    client = signed_in(kim, language)
    sent = typed(
        q="Work", **dict(zip(["quantity", "price", "discount"], line, strict=True))
    )
    answer = client.post(DRAFT_URL, sent | {"draft": opened(client)[1]})
    assert (answer.status_code, text_of(answer.content.decode())) == (200, said)
    client.post(URL, sent | {"save": "1"})
    assert Order.objects.get().total == Decimal(total)


def test_running_total_counts_what_can_be_read(client, screen, made_here, with_line):
    with_line(made_here(), price="89.90", product=screen)
    lines = {
        "lines": "3",
        **{"line-0-q": "Cleaning", "line-0-price": "20"},
        **{"line-1-product": screen.pk, "line-1-q": "Screen", "line-1-quantity": "2"},
        **{"line-2-q": "Glue", "line-2-quantity": "x", "line-2-price": "3"},
    }
    answer = client.post(DRAFT_URL, typed(draft=opened(client)[1]) | lines)
    said = text_of(answer.content.decode())
    assert (
        said
        == "without 1 line whose numbers are missing or cannot be read Total €199.80"
    )
    page = client.post(URL, typed(q="Tea", price="5", discount="6") | lines)
    said = text_of(re.search(r"<output.*?</output>", page.content.decode(), re.S)[0])
    assert (
        said
        == "without 2 lines whose numbers are missing or cannot be read Total €199.80"
    )


# The unfinished line


def test_unfinished_line_is_added(client):
    line = {"q": "Glue", "quantity": "2", "price": "3.50"}
    client.post(URL, typed(**WORK, **line, save="1"))
    assert lines() == [("Cleaning", 1, 20, 0), ("Glue", 2, Decimal("3.50"), 0)]


def test_unfinished_line_is_the_product_whose_sku_was_typed(client):
    product = Product.objects.create(name="Screen", sku="S-1", created_at=DAY)
    client.post(URL, typed(q="S-1", price="89.90", save="1"))
    assert lines() == [("Screen", 1, Decimal("89.90"), 0)]
    assert Order.objects.get().lines.get().product == product


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ({"q": "Glue"}, "A line without a product needs a price."),
        ({"price": "3"}, "Enter what was sold or done, or choose a product."),
        ({"quantity": "2"}, "Enter what was sold or done, or choose a product."),
        (
            {"q": "Glue", "price": "3.555"},
            "An amount in EUR has at most 2 decimals.",
        ),
    ],
)
def test_unfinished_line_that_is_none_is_refused_and_kept(client, line, sentence):
    for headers in [{}, IN_PARTS]:
        answer = client.post(URL, typed(**WORK, **line, save="1"), headers=headers)
        html = answer.content.decode()
        assert sentence in text_of(html)
        assert {name: value(html, name) for name in line} == line
        assert value(html, "line-0-q") == "Cleaning"
    assert Order.objects.count() == 0


def test_unfinished_line_stays_when_the_page_changes(client):
    line = {"q": "Glue", "quantity": "2", "price": "3.50"}
    for button in [{"without": "0"}, {"nobody": "1"}]:
        html = client.post(URL, typed(**WORK, **line, **button)).content.decode()
        assert {name: value(html, name) for name in line} == line
    html = client.post(URL, typed(**WORK, **line, free="1")).content.decode()
    assert value(html, "line-1-q") == "Glue"
    assert [value(html, name) for name in line] == ["", "", ""]


def test_customer_who_was_looked_for_but_not_chosen_is_asked_for(client):
    answer = client.post(URL, typed(**WORK, who="Müller", save="1"))
    assert said(answer) == [NOT_CHOSEN]
    assert value(answer.content.decode(), "who") == "Müller"
    assert Order.objects.count() == 0
    client.post(URL, typed(**WORK, who="Müller", first_name="Eva", save="1"))
    assert Order.objects.get().customer_name == "Eva"


def test_empty_order_is_refused(client):
    assert said(client.post(URL, typed(save="1"))) == [EMPTY]
    assert Order.objects.count() == 0


def test_refusals_are_german_for_germans(ann):
    german = signed_in(ann, "de")
    assert said(german.post(URL, typed(save="1"))) == [
        "Der Auftrag ist leer. Geben Sie einen Kunden, eine Position oder eine Notiz ein."
    ]
    assert said(german.post(URL, typed(**WORK, who="Öz", save="1"))) == [
        "Ein Kunde wurde gesucht, aber nicht ausgewählt. Wählen Sie einen aus oder leeren "
        "Sie das Suchfeld."
    ]


# Drafts


@pytest.fixture
def ada(db) -> Customer:
    names = {"first_name": "Ada", "last_name": "Lovelace"}
    return create_customer(names, by_id=None, now=NOW)


def opened(client: Client, address: str = URL) -> tuple[str, str]:
    """A page of a new order, and its draft's sealed name."""
    html = client.get(address).content.decode()
    return html, value(html, "draft")


def offers(client: Client) -> list[str]:
    """What is offered on a new page."""
    html = client.get(URL).content.decode()
    return [
        unescape(each.strip())
        for each in re.findall(
            r'class="notice begun".*?<bdi hx-disable>(.*?)</bdi>', html, re.DOTALL
        )
    ]


def continue_address(client: Client) -> str:
    html = client.get(URL).content.decode()
    return unescape(re.search(r'href="(/orders/create/\?draft=[^"]+)"', html)[1])


def test_what_is_typed_is_offered_and_continued(client, ada):
    _html, name = opened(client)
    sent = typed(
        **WORK,
        draft=name,
        q="Glu",
        quantity="2",
        note="Wet\nIn a bag",
        due_on="2026-12-24",
        chosen=ada.pk,
    )
    assert client.post(DRAFT_URL, sent).status_code == 200
    assert offers(client) == ["Ada Lovelace · Cleaning · Glu · Wet In a bag"]
    html, again = opened(client, continue_address(client))
    names = ["line-0-q", "line-0-price", "q", "quantity", "due_on", "chosen"]
    assert [value(html, each) for each in names] == [
        "Cleaning",
        "20",
        "Glu",
        "2",
        "2026-12-24",
        str(ada.pk),
    ]
    assert "Wet\nIn a bag</textarea>" in html
    assert (Order.objects.count(), drafts.unseal(again)) == (0, drafts.unseal(name))


def test_draft_is_stored_after_the_session_has_ended(client, ann):
    _html, name = opened(client)
    client.logout()
    assert client.post(URL, typed(**WORK, draft=name)).status_code == 302
    assert client.post(DRAFT_URL, typed(**WORK, draft=name)).status_code == 204
    assert offers(signed_in(ann)) == ["Cleaning"]


def test_draft_is_stored_by_every_button_too(client):
    _html, name = opened(client)
    client.post(URL, typed(draft=name, free="1", q="Glue", price="3"))
    assert offers(client) == ["Glue"]
    client.post(URL, typed(draft=name, note="Wet", save="1", due_on="x"))
    assert offers(client) == ["Wet"]


def test_draft_is_gone_once_the_order_is_made(client):
    _html, name = opened(client)
    client.post(DRAFT_URL, typed(**WORK, draft=name))
    client.post(URL, typed(**WORK, draft=name, save="1"))
    assert (Order.objects.count(), offers(client)) == (1, [])
    late = client.post(DRAFT_URL, typed(**WORK, draft=name))
    assert (late.status_code, offers(client)) == (200, [])


def test_tabs_have_drafts_of_their_own(client):
    for note in ["First", "Second"]:
        client.post(DRAFT_URL, typed(note=note, draft=opened(client)[1]))
    assert offers(client) == ["Second", "First"]


def test_draft_is_discarded(client):
    client.post(DRAFT_URL, typed(note="Wet", draft=opened(client)[1]))
    token = continue_address(client).partition("=")[2]
    answer = client.post(URL, {"discard": token}, follow=True)
    assert said(answer) == ["The draft is discarded."]
    assert offers(client) == []


def test_emptied_form_leaves_no_draft(client):
    _html, name = opened(client)
    client.post(DRAFT_URL, typed(note="Wet", draft=name))
    client.post(DRAFT_URL, typed(note="", draft=name))
    assert FormDraft.objects.count() == 0


def test_nobody_sees_or_stores_anothers_draft(client, kim_client, kim):
    _html, name = opened(client)
    client.post(DRAFT_URL, typed(note="Wet", draft=name))
    address = continue_address(client)
    assert offers(kim_client) == []
    page = kim_client.get(address)
    assert said(page) == ["This draft is no longer there."]
    assert "Wet" not in page.content.decode()
    kim_client.post(URL, typed(**WORK, draft=name, save="1"))
    assert offers(client) == ["Wet"]
    for forged in ["", "x", drafts.seal(kim, "new-order/x")[:-1] + "_"]:
        assert client.post(DRAFT_URL, typed(note="x", draft=forged)).status_code == 403
    assert FormDraft.objects.filter(closed_at=None).count() == 1


def test_draft_is_kept_for_thirty_days(client):
    client.post(DRAFT_URL, typed(note="Wet", draft=opened(client)[1]))
    FormDraft.objects.update(changed_at=timezone.now() - timedelta(days=29))
    drafts.delete_old(timezone.now())
    assert FormDraft.objects.count() == 1
    drafts.delete_old(timezone.now() + timedelta(days=2))
    assert FormDraft.objects.count() == 0


@pytest.mark.parametrize("field", ["q", "who"])
def test_beginning_of_a_search_is_no_draft(client, field):
    name = opened(client)[1]
    client.post(DRAFT_URL, typed(draft=name, **{field: "di"}))
    assert offers(client) == []
    client.post(DRAFT_URL, typed(draft=name, **{field: "dis"}))
    assert offers(client) == ["dis"]
