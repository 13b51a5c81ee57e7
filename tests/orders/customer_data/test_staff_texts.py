"""An erased person is gone from what staff keep for themselves: saved views and drafts of forms."""

import pytest
from django.http import QueryDict
from django.urls import reverse

from common.forms import drafts
from customers import editing
from orders.customer_data.erasure import erase_person
from orders.models import SavedView
from orders.order_list.saved_views import create_view, start_with
from tests.support.phones import typed
from tests.support.times import DAY

pytestmark = pytest.mark.django_db
NOW = DAY


def customer(phone: str = "", **values: str):
    return editing.create_customer(values, typed(phone), by_id=None, now=NOW)


@pytest.fixture
def ada():
    """Who used to be called Byron; another customer is called Ada, too."""
    customer(first_name="Ada", last_name="Nowak")
    empty = dict.fromkeys(editing.FIELDS, "")
    contact = {"first_name": "Ada", "email": "ada@example.com"}
    ada = customer(**contact, last_name="Byron", phone="+4915123456789")
    editing.change_customer(
        ada, empty | contact | {"last_name": "Lovelace"}, by_id=None, now=NOW
    )
    return ada


def views(user, *found: tuple[str, str]) -> list[SavedView]:
    return [create_view(name, query, is_shared=False, by=user) for name, query in found]


def kept(user) -> list[tuple[str, str]]:
    rows = SavedView.objects.filter(owner=user)
    return [(view.name, QueryDict(view.query).get("q", "")) for view in rows]


def test_view_that_looked_for_the_person_alone_is_deleted(ada, kim):
    queries = [
        "q=lovelace&sort=-placed",
        "q=Ada+Lovelace&sort=-placed",
        "q=byron%2C+ADA&sort=-placed",
        "q=0151+234+567+89&sort=-placed",
        "q=ada%40example.com&sort=-placed",
    ]
    views(kim, *((f"View {number}", query) for number, query in enumerate(queries)))
    start_with(SavedView.objects.first(), kim)
    erase_person(ada, by_id=None, now=NOW)
    assert kept(kim) == []
    kim.preferences.refresh_from_db()
    assert kim.preferences.start_view is None


def test_view_keeps_what_does_not_tell_of_the_person(ada, kim):
    views(
        kim,
        ("Display for Lovelace", "q=lovelace+display&sort=-placed"),
        ("Ada Lovelace: late", "due=overdue&sort=-placed"),
        ("Ada's", f"customer={ada.pk}&sort=-placed"),
        ("Call +49 151 23456789", "due=overdue&sort=-placed"),
        ("All of Ada", "q=ada&sort=-placed"),
        ("Lovelace colour", "q=case&sort=-placed"),
        ("Late", "due=overdue&sort=-placed"),
    )
    erase_person(ada, by_id=None, now=NOW)
    assert kept(kim) == [
        ("Display for […]", "display"),
        ("[…]: late", ""),
        ("[…]", ""),
        ("Call […]", ""),
        ("All of Ada", "ada"),
        ("Lovelace colour", "case"),
        ("Late", ""),
    ]
    assert [view.query for view in SavedView.objects.all()][1:3] == [
        "due=overdue&sort=-placed",
        f"customer={ada.pk}&sort=-placed",
    ]


def draft(user, **fields: str) -> str:
    name = drafts.new_name("new-order")
    drafts.store(user.pk, name, fields, now=NOW)
    return name


def test_draft_that_tells_of_the_person_keeps_the_rest(ada, kim):
    line = {"lines": "1", "line-0-q": "Engraving Ada", "line-0-price": "12"}
    names = [
        draft(kim, chosen=str(ada.pk), note="Lovelace comes at 9", **line),
        draft(kim, first_name="Ada", last_name="Lovelace", phone="0171 1", **line),
        draft(kim, who="lovelace", **line),
        draft(kim, who="display", note="Ring 0151/23456789", **line),
        draft(kim, who="ada", note="Lovelace blue", **line),
    ]
    erase_person(ada, by_id=None, now=NOW)
    kept = {"lines": "1", "line-0-q": "Engraving […]", "line-0-price": "12"}
    left = [drafts.load(kim, name) for name in names]
    assert [{name: text for name, text in each.items() if text} for each in left] == [
        {"note": "[…] comes at 9"} | kept,
        {"phone": "0171 1"} | kept,
        kept,
        {"who": "display", "note": "Ring […]"} | kept,
        {"who": "ada", "note": "Lovelace blue"} | line,
    ]


def test_draft_for_the_erased_customer_opens_without_one(ada, kim, kim_client):
    name = draft(kim, chosen=str(ada.pk), note="Screen is cracked")
    erase_person(ada, by_id=None, now=NOW)
    address = f"{reverse('orders:create')}?draft={name.partition('/')[2]}"
    html = kim_client.get(address).content.decode()
    assert "Screen is cracked" in html
    assert 'name="chosen"' not in html


def test_text_of_somebody_who_is_not_erased_is_not_touched(kim):
    """Whoever has no name and no number leaves no trace."""
    nobody = customer(email="x@example.com")
    views(kim, ("Everything", "q=display&sort=-placed"))
    name = draft(kim, note="Display")
    erase_person(nobody, by_id=None, now=NOW)
    assert kept(kim) == [("Everything", "display")]
    assert drafts.load(kim, name) == {"note": "Display"}
