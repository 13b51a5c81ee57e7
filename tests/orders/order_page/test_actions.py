"""What staff do on the order page beside its lines: status, assignee, type, due date, note, comment and
customer."""

import re
from datetime import date

import pytest

from customers.editing import create_customer, phones_naming
from customers.matching import ContactDetails
from customers.models import Customer
from orders.models import Order, OrderType, Status
from tests.support.html import text_of
from tests.support.incoming import order
from tests.support.order_page import (
    address,
    done,
    parts_of,
    post,
    post_in_parts,
    said,
    state,
)
from tests.support.orders import events_of
from tests.support.times import NOW
from tests.support.users import signed_in

pytestmark = pytest.mark.django_db
GONE = "This choice is no longer available. Reload the page."


@pytest.fixture
def one(made_here) -> Order:
    return made_here()


@pytest.fixture
def ada(db) -> Customer:
    return create_customer(
        {"first_name": "Ada", "last_name": "Lovelace"}, by_id=None, now=NOW
    )


def status(name: str) -> Status:
    return Status.objects.get(name=name)


def type_named(name: str) -> OrderType:
    return OrderType.objects.get(name=name)


def now(one: Order) -> Order:
    return Order.objects.get(pk=one.pk)


def test_status_is_changed_and_told(client, one, ann):
    answer = post(client, "status", one, status=status("Ready").pk)
    assert done(client, answer, one) == ["Status: Ready"]
    assert now(one).status.name == "Ready"
    assert events_of(one) == [("status", "", "", "New", "Ready")]
    assert one.events.get().by == ann


def test_status_that_may_not_follow_is_refused_and_not_offered(client, one):
    status("New").followers.set([status("In progress")])
    before = state()
    answer = post(client, "status", one, status=status("Ready").pk)
    assert done(client, answer, one) == [
        "The status of the order cannot be changed to “Ready”."
    ]
    assert state() == before
    menu = client.get(address("statuses", one)).content.decode()
    assert [
        text_of(each) for each in re.findall(r"<button.*?</button>", menu, re.DOTALL)
    ] == ["In progress"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("status", {"status": "999999"}),
        ("status", {}),
        ("assignee", {"assignee": "999999"}),
        ("assignee", {"assignee": "me"}),
        ("type", {"type": ""}),
    ],
)
def test_choice_that_is_not_there_changes_nothing_and_says_so(client, one, name, data):
    before = state()
    assert done(client, post(client, name, one, **data), one) == [GONE]
    assert state() == before


def test_status_in_parts_brings_the_head_and_the_feed(client, one):
    html = post_in_parts(client, "status", one, status=status("Ready").pk)
    assert parts_of(html) == ["order-head", "feed", "announcement", "messages"]
    # The message says it, with the way back.
    assert '<p id="announcement" hx-swap-oob="innerHTML"></p>' in html
    assert "Status: Ready Outcome Undo" in text_of(html)


def test_menu_of_a_row_offers_the_statuses_and_the_row_comes_back(client, one):
    menu = client.get(address("statuses", one)).content.decode()
    offered = [
        text_of(each) for each in re.findall(r"<button.*?</button>", menu, re.DOTALL)
    ]
    assert offered == list(
        Status.objects.exclude(name="New")
        .order_by("position")
        .values_list("name", flat=True)
    )
    assert f'hx-target="#order-{one.pk}" hx-swap="outerHTML"' in menu
    headers = {"HX-Request": "true", "HX-Target": f"order-{one.pk}"}
    html = client.post(
        address("status", one),
        {"status": status("Ready").pk, "seen": one.status_id},
        headers=headers,
    ).content.decode()
    assert html.count("<tr ") == 1
    row = re.search(rf'<tr id="order-{one.pk}"[^>]*>(.*?)</tr>', html, re.DOTALL)[1]
    assert text_of(row).count("Ready") == 1
    assert parts_of(html) == ["messages"]
    assert now(one).status.name == "Ready"


def test_row_of_a_refused_status_stays_and_the_message_says_why(client, one):
    status("New").followers.set([status("In progress")])
    headers = {"HX-Request": "true", "HX-Target": f"order-{one.pk}"}
    html = client.post(
        address("status", one),
        {"status": status("Ready").pk, "seen": one.status_id},
        headers=headers,
    ).content.decode()
    assert "The status of the order cannot be changed to “Ready”." in text_of(html)
    assert (now(one).status.name, events_of(one)) == ("New", [])


def test_assignee_is_given_and_taken(client, one, ann):
    assert done(client, post(client, "assignee", one, assignee=ann.pk), one) == [
        "Assignee: Ann Baker"
    ]
    assert now(one).assignee == ann
    assert done(client, post(client, "assignee", one, assignee=""), one) == [
        "Assignee: Nobody"
    ]
    assert now(one).assignee is None
    assert events_of(one) == [
        ("assigned", "", "", "", "Ann Baker"),
        ("assigned", "", "", "Ann Baker", ""),
    ]


def test_who_has_left_gets_no_order(client, one, bob):
    bob.is_active = False
    bob.save()
    assert done(client, post(client, "assignee", one, assignee=bob.pk), one) == [GONE]
    assert now(one).assignee is None


def test_type_of_an_own_order_is_changed_and_the_status_stays(client, one):
    assert done(client, post(client, "type", one, type=type_named("Sale").pk), one) == [
        "Type: Sale"
    ]
    assert (now(one).order_type.name, now(one).status.name) == ("Sale", "New")
    assert events_of(one) == [("type", "", "", "Repair", "Sale")]


def test_type_of_a_stores_order_stays(client, bring):
    [imported] = bring(order(1))
    before = state()
    answer = post(client, "type", imported, type=type_named("Sale").pk)
    assert done(client, answer, imported) == [
        "The type of an imported order comes from the store's settings and cannot be changed."
    ]
    assert state() == before
    assert 'id="type"' not in client.get(f"/orders/{imported.pk}/").content.decode()


def test_due_date_is_set_and_cleared(client, one):
    assert done(client, post(client, "due", one, due_on="2026-12-01"), one) == [
        "Due on 1 Dec 2026"
    ]
    assert now(one).due_on == date(2026, 12, 1)
    post(client, "due", one, due_on="2026-12-24", clear="1")
    assert now(one).due_on is None
    assert events_of(one) == [
        ("due", "", "due_on", "", "2026-12-01"),
        ("due", "", "due_on", "2026-12-01", ""),
    ]


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("tomorrow", "Enter a valid date."),
        ("2026-02-30", "Enter a valid date."),
        ("0026-12-01", "Choose a day between 2000 and 2100."),
        ("2101-01-01", "Choose a day between 2000 and 2100."),
    ],
)
def test_nonsense_as_due_date_is_kept_and_explained(client, one, typed, error):
    before = state()
    answer = post(client, "due", one, due_on=typed)
    assert said(answer) == []
    html = answer.content.decode()
    assert f'<p class="error" id="id_due_on_error" role="alert">{error}</p>' in html
    assert f'value="{typed}"' in html
    in_parts = post_in_parts(client, "due", one, due_on=typed)
    assert error in in_parts
    assert parts_of(in_parts) == ["details", "feed", "announcement", "messages"]
    assert state() == before


def test_links_of_a_page_that_shows_an_error_lead_to_the_order(client, one, with_line):
    """Such a page stands at the address of the act, which nobody can get."""
    with_line(one)
    html = post(client, "due", one, due_on="tomorrow").content.decode()
    assert re.findall(r'(?:href|hx-get)="(\?[^"]*)"', html) == []
    assert f'href="/orders/{one.pk}/?edit=note#note"' in html


def test_note_is_written_and_told(client, one):
    answer = post(client, "note", one, note="Wet\r\nIn a bag ", seen="")
    assert done(client, answer, one) == ["Note saved."]
    assert now(one).note == "Wet\nIn a bag"
    assert events_of(one) == [("note", "", "note", "", "Wet\nIn a bag")]


def test_note_that_somebody_changed_meanwhile_is_shown_beside_what_was_typed(
    client, one
):
    Order.objects.update(note="Dry")
    before = state()
    answer = post(client, "note", one, note="Wet", seen="")
    html = answer.content.decode()
    assert said(answer) == []
    assert (
        "Somebody else has changed the note: “Dry”. Save again to replace it." in html
    )
    assert re.search(r"<textarea[^>]*>\s*Wet</textarea>", html)
    assert re.search(r'name="seen" value="Dry"', html)
    assert state() == before
    assert done(client, post(client, "note", one, note="Wet", seen="Dry"), one) == [
        "Note saved."
    ]
    assert now(one).note == "Wet"


def test_note_that_is_too_long_is_kept(client, one):
    html = post_in_parts(client, "note", one, note="x" * 10_001, seen="")
    assert parts_of(html) == ["note", "feed", "announcement", "messages"]
    assert "Ensure this value has at most 10000 characters (it has 10001)." in html
    assert "x" * 10_001 in html
    assert now(one).note == ""


def test_comment_stands_in_the_feed_and_empties_its_form(client, one, ann):
    html = post_in_parts(
        client, "comment", one, text="Customer rang.\r\nWill come <b>today</b>."
    )
    assert parts_of(html) == ["feed", "comment", "announcement", "messages"]
    assert "Customer rang.\nWill come &lt;b&gt;today&lt;/b&gt;." in html
    assert re.search(r"<textarea[^>]*>\s*</textarea>", html)
    assert events_of(one) == [
        ("comment", "", "", "", "Customer rang.\nWill come <b>today</b>.")
    ]
    assert done(client, post(client, "comment", one, text="Again."), one) == [
        "Comment added."
    ]


def test_empty_comment_is_none(client, one):
    assert (
        "Enter a comment." in post(client, "comment", one, text="  ").content.decode()
    )
    assert events_of(one) == []


def test_customers_are_found_by_name_and_phone(client, ada, bring):
    bring(order(1))
    for who, names in [
        ("love", ["Ada Lovelace"]),
        ("12345 001", ["Ada Nr1"]),
        ("nobody", []),
        ("", []),
    ]:
        html = client.get("/orders/find-customer/", {"who": who}).content.decode()
        assert re.findall(r'<bdi class="name">(.*?)</bdi>', html) == names
        assert ("No customer matches." in html) == (who == "nobody")


def test_customer_is_chosen_and_taken_away(client, one, ada):
    assert done(client, post(client, "customer", one, customer=ada.pk), one) == [
        "Customer: Ada Lovelace"
    ]
    assert (now(one).customer, now(one).customer_name) == (ada, "Ada Lovelace")
    html = post_in_parts(client, "customer", one, nobody="1")
    assert parts_of(html) == ["customer", "feed", "announcement", "messages"]
    assert "No customer was chosen for this order." in html
    assert (now(one).customer, now(one).customer_name) == (None, "")
    assert events_of(one) == [
        ("customer", "", "customer", "", "Ada Lovelace"),
        ("customer", "", "customer", "Ada Lovelace", ""),
    ]


def test_customer_is_written_down_anew(client, one):
    answer = post(
        client,
        "customer",
        one,
        new="1",
        first_name="Grace",
        last_name="Hopper",
        phone="0151 23456789",
    )
    assert done(client, answer, one) == ["Customer: Grace Hopper"]
    made = Customer.objects.get()
    assert (made.name, made.phone, now(one).customer) == (
        "Grace Hopper",
        "+4915123456789",
        made,
    )


def test_new_customer_with_a_phone_that_belongs_to_another_is_that_one(
    client, one, bring
):
    [imported] = bring(order(1))
    answer = post(
        client, "customer", one, new="1", first_name="Grace", phone="01511 2345001"
    )
    assert done(client, answer, one) == [
        "This phone number belongs to Ada Nr1, who is the order's customer now.",
        "Ada Nr1 keeps what is there already. Not saved: First name: Grace",
        "Customer: Ada Nr1",
    ]
    assert (now(one).customer, Customer.objects.count()) == (imported.customer, 1)


def test_name_typed_beside_a_known_number_is_told_to_all_orders_of_that_customer(
    client, one, bring
):
    [imported] = bring(order(1, contact=ContactDetails(phone="+4915112345001")))
    post(client, "customer", one, new="1", first_name="Grace", phone="01511 2345001")
    assert (now(imported).customer_name, now(one).customer_name) == ("Grace", "Grace")
    assert now(imported).search == "+4915112345001\n\x1f#1001\ngrace\ndisplay 1\nd 1\n"


BEN = {"first_name": "Ben", "email": "ADA@Example.com", "phone": "0151 23456789"}


def test_new_customer_with_a_known_email_is_asked_about(client, one, known):
    before = state()
    html = post_in_parts(client, "customer", one, new="1", **BEN)
    assert (
        "Ada Lovelace has the same e-mail address. Nothing was changed yet."
        in text_of(html)
    )
    assert f'value="{known.pk}"' in html
    assert 'name="same_email" value="ADA@Example.com"' in html
    assert 'name="new"' not in html
    whole = post(client, "customer", one, new="1", **BEN).content.decode()
    for shown in [html, whole]:
        assert [f'value="{typed}"' in shown for typed in BEN.values()] == [True] * 3
    assert state() == before


def test_new_customer_with_a_known_email_is_made_on_purpose(client, one, known):
    other = BEN | {"email": "ada@example.com"}
    # What was confirmed is the address that was asked about, and no other.
    post(client, "customer", one, same_email="ada@example.org", **other)
    assert now(one).customer is None
    answer = post(client, "customer", one, same_email="ada@example.com", **other)
    assert done(client, answer, one) == ["Customer: Ben"]
    made = now(one).customer
    assert (made.name, made.phone, made == known) == ("Ben", "+4915123456789", False)


def test_known_customer_gets_what_was_typed_and_is_told_to_the_order(
    client, one, known
):
    answer = post(client, "customer", one, same_customer=known.pk, **BEN)
    assert done(client, answer, one) == [
        "Ada Lovelace keeps what is there already. Not saved: First name: Ben",
        "Customer: Ada Lovelace",
    ]
    assert now(one).customer == known
    assert "+4915123456789" in phones_naming(known)
    assert "+4915123456789" in Customer.objects.get().search


def test_enter_keeps_what_was_typed_of_a_new_customer(client, one):
    html = post_in_parts(client, "customer", one, find="1", **BEN)
    assert [f'value="{typed}"' in html for typed in BEN.values()] == [True] * 3
    assert not Customer.objects.exists()


def test_new_customer_that_makes_no_sense_is_kept_and_explained(client, one):
    before = state()
    answer = post(
        client, "customer", one, new="1", first_name="Grace", phone="12", email="grace@"
    )
    html = answer.content.decode()
    assert said(answer) == []
    assert (
        "Enter a valid phone number, such as 0151 23456789 or +44 20 7946 0958." in html
    )
    assert "Enter a valid email address." in html
    for typed in ["Grace", "12", "grace@"]:
        assert f'value="{typed}"' in html
    nameless = post(client, "customer", one, new="1").content.decode()
    assert "Enter a name, a company, a phone number or an e-mail address." in nameless
    assert state() == before


@pytest.mark.parametrize("gone", ["erased", "never"])
def test_customer_who_is_gone_is_not_chosen_and_it_is_said(client, one, ada, gone):
    Customer.objects.update(erased_at=NOW)
    before = state()
    chosen = ada.pk if gone == "erased" else ada.pk + 1
    answer = post(client, "customer", one, customer=chosen, who="love")
    assert said(answer) == ["This customer no longer exists. Choose another one."]
    assert 'name="who" value="love"' in answer.content.decode()
    assert state() == before


ACTS = [
    ("status", {"status": "{ready}"}),
    ("assignee", {"assignee": "{someone}"}),
    ("type", {"type": "{sale}"}),
    ("due", {"due_on": "2026-12-01"}),
    ("note", {"note": "Wet", "seen": ""}),
    ("comment", {"text": "Wet"}),
    ("customer", {"new": "1", "first_name": "Grace"}),
    ("customer", {"nobody": "1"}),
]


def filled(data: dict[str, str], someone) -> dict[str, str]:
    known = {
        "ready": status("Ready").pk,
        "sale": type_named("Sale").pk,
        "someone": someone.pk,
    }
    return {name: value.format(**known) for name, value in data.items()}


@pytest.mark.parametrize(("name", "data"), ACTS)
def test_without_the_permission_nothing_is_changed(bob_client, bob, one, name, data):
    before = state()
    answer = post(bob_client, name, one, **filled(data, bob))
    assert (answer.status_code, state()) == (403, before)
    assert "“Can change: orders”" in answer.content.decode()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
@pytest.mark.parametrize(("name", "data"), ACTS)
def test_a_stores_order_needs_the_permission_to_work_with_it(
    rita, bring, name, data, headers
):
    [imported] = bring(order(1))
    before = state()
    answer = signed_in(rita).post(
        address(name, imported), filled(data, rita), headers=headers
    )
    assert (answer.status_code, state()) == (403, before)
    assert "“Can add products without write-off”" in answer.content.decode()


def test_menu_of_a_stores_order_offers_nothing_without_that_permission(rita, bring):
    [imported] = bring(order(1))
    assert (
        "<button"
        not in signed_in(rita).get(address("statuses", imported)).content.decode()
    )


@pytest.mark.parametrize(("name", "data"), ACTS)
def test_order_that_is_not_there_is_not_found(client, ann, one, name, data):
    one.pk += 1
    assert post(client, name, one, **filled(data, ann)).status_code == 404
