"""The customers' pages: what they show to whom, what may be done there, and what they cost."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers import editing
from customers.matching import ContactDetails
from customers.models import Customer, CustomerEvent, CustomerKey
from orders.models import Order, Status
from tests.support.html import href, text_of
from tests.support.incoming import order
from tests.support.phones import typed
from tests.support.times import NOW
from tests.support.users import read_in, signed_in

pytestmark = pytest.mark.django_db
PHONE, MAIL, STREET = "01512 3456789", "ada@example.com", "Hauptstr. 1"


def make(first_name="Ada", phone="", **values):
    return editing.create_customer(
        {"first_name": first_name, **values}, typed(phone), by_id=None, now=NOW
    )


@pytest.fixture
def ada(db):
    return make(
        "Ada",
        "+4915123456789",
        last_name="Lovelace",
        email=MAIL,
        address=f"{STREET}\n10115 Berlin",
    )


@pytest.fixture
def may(django_user_model):
    """A browser of somebody who has exactly these permissions."""

    def may(*codenames):
        user = django_user_model.objects.create_user(
            f"user{django_user_model.objects.count()}"
        )
        user.user_permissions.set(
            Permission.objects.filter(codename__in=["view_customer", *codenames])
        )
        return signed_in(user)

    return may


@pytest.fixture
def boss(django_user_model):
    user = django_user_model.objects.create_user(
        "boss", first_name="Bea", last_name="Boss"
    )
    user.groups.add(Group.objects.get(name="Admin"))
    return signed_in(user)


def get(client, path, status=200):
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def names(html):
    return [
        text_of(each)
        for each in re.findall(r'<td class="name"[^>]*>(.*?)</td>', html, re.DOTALL)
    ]


def queries_of(client, path):
    with CaptureQueriesContext(connection) as queries:
        get(client, path)
    return [re.search(r'FROM "(\w+)"(?! U0)', query["sql"])[1] for query in queries]


def test_list_shows_name_company_phone_mail_orders_and_the_last_one(
    client, ada, made_here
):
    make("", company="Ätherwerk")
    made_here(customer=ada, placed_at=NOW - timedelta(days=3))
    made_here(customer=ada, placed_at=NOW)
    html = get(client, "/customers/")
    assert "<strong>2</strong> customers" in html
    rows = re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)[1:]
    assert text_of(rows[0]).startswith(f"Ada Lovelace – {PHONE} {MAIL} 2 20 Nov")
    assert text_of(rows[1]).startswith("Ätherwerk – – – 0 –")
    assert 'href="tel:+4915123456789"' in rows[0]


def test_list_costs_the_same_however_many_there_are(client, made_here):
    expected = [
        "django_session",
        "auth_user",
        "auth_permission",
        "customers_customer",  # the page
        "customers_customer",  # orders and the last one of its rows
        "integrations_storeconnection",
    ]
    for number in range(3):
        made_here(customer=make(f"Nr {number}"))
    assert queries_of(client, "/customers/") == expected
    for number in range(3, 60):
        made_here(customer=make(f"Nr {number}"))
    expected.insert(5, "customers_customer")  # the count
    assert queries_of(client, "/customers/?size=25") == expected


def test_list_is_searched_and_searching_keeps_the_rest_of_the_address(client, ada):
    make("Ben")
    assert names(get(client, "/customers/?q=0151/23456789")) == ["Ada Lovelace"]
    part = client.get(
        "/customers/?q=ada&sort=-added&size=50",
        headers={"HX-Request": "true", "HX-Target": "results"},
    )
    assert part["HX-Push-Url"] == "/customers/?sort=-added&q=ada"
    assert part.content.decode().lstrip().startswith("<section")
    html = get(client, "/customers/?q=nobody&sort=-added")
    assert "No customer matches" in html
    assert (
        re.search(r'<a class="button primary" href="([^"]*)">Show all', html)[1]
        == "?sort=-added"
    )


@pytest.mark.parametrize("sort", ["name", "-name", "added", "-added"])
def test_pages_lead_forwards_and_back_over_every_customer_once(client, sort):
    for number in range(60):
        make(f"Ä {number // 2:02}")
    seen, query = [], f"?size=25&sort={sort}"
    while query:
        html = get(client, f"/customers/{query}")
        seen.append(
            re.findall(
                r'<td class="name" hx-disable>\s*<a href="/customers/(\d+)/"', html
            )
        )
        query = href(html, "next")
    assert [len(each) for each in seen] == [25, 25, 10]
    assert len({pk for each in seen for pk in each}) == 60
    back = get(client, f"/customers/{href(html, 'prev')}")
    assert (
        re.findall(r'<td class="name" hx-disable>\s*<a href="/customers/(\d+)/"', back)
        == seen[1]
    )


def test_nonsense_in_the_address_is_the_usual_list(client, ada):
    html = get(
        client, "/customers/?sort=%3Cscript%3E&size=-1&after=x~%00&before=9~&q=%00"
    )
    assert names(html) == ["Ada Lovelace"]


def test_count_of_many_is_capped(client, monkeypatch):
    monkeypatch.setattr("customers.views.MAX_COUNTED", 27)
    for number in range(30):
        make(f"Nr {number}")
    assert "<strong>27+</strong> customers" in get(client, "/customers/?size=25")


def test_merged_and_erased_customers_stand_in_no_list_and_lead_to_who_is_left(
    client, ada
):
    ben, cleo = make("Ben"), make("Cleo")
    Customer.objects.filter(pk=ben.pk).update(merged_into=ada)
    Customer.objects.filter(pk=cleo.pk).update(erased_at=NOW, first_name="")
    assert names(get(client, "/customers/")) == ["Ada Lovelace"]
    assert client.get(f"/customers/{ben.pk}/")["Location"] == f"/customers/{ada.pk}/"
    html = get(client, f"/customers/{cleo.pk}/")
    assert "This person was erased on 20 Nov 2026." in text_of(html)
    assert "Contact data" not in html


def test_page_shows_contact_data_orders_sums_and_feed(client, ada, made_here):
    editing.add_phone(ada, typed("+442079460958"), by_id=None, now=NOW)
    closed = Status.objects.get(name="Closed")
    for number in range(12):
        made_here(
            customer=ada,
            total=10,
            placed_at=NOW + timedelta(minutes=number),
            status=closed if number < 5 else Status.objects.get(name="New"),
        )
    html = get(client, f"/customers/{ada.pk}/")
    text = text_of(html)
    assert "Orders 12 Open 7 Total €120.00 Last order 20 Nov 2026, 11:41" in text
    assert [
        PHONE in text,
        "+44 20 7946 0958" in text,
        MAIL in text,
        STREET in text,
    ] == [True] * 4
    assert [
        int(each)
        for each in re.findall(r'<td class="number"><a href="/orders/(\d+)/"', html)
    ] == list(Order.objects.order_by("-placed_at").values_list("pk", flat=True)[:10])
    assert f'href="/orders/?customer={ada.pk}">All 12 orders' in html
    assert "Phone number added" in text


def test_page_costs_the_same_however_much_there_is(boss, ada, made_here):
    expected = [
        "django_session",
        "auth_user",
        "auth_permission",
        "customers_customer",
        "customers_customerkey",
        "customers_customer",  # sums
        "customers_customerevent",
        "orders_order",
        "integrations_storeconnection",
        "integrations_heartbeat",  # the currency in which it began
    ]
    made_here(customer=ada)
    assert sorted(queries_of(boss, f"/customers/{ada.pk}/")) == sorted(expected)
    for number in range(15):
        made_here(customer=ada)
        editing.add_phone(ada, typed(f"+49151000000{number:02}"), by_id=None, now=NOW)
    assert sorted(queries_of(boss, f"/customers/{ada.pk}/")) == sorted(expected)


def test_who_may_not_see_contact_data_gets_none_of_it(may, ada):
    editing.change_customer(
        ada,
        {name: getattr(ada, name) for name in editing.FIELDS}
        | {"email": "new@example.com"},
        by_id=None,
        now=NOW,
    )
    reader = may("change_customer", "add_customer", "merge_customer")
    pages = [
        get(reader, path)
        for path in ["/customers/", f"/customers/{ada.pk}/", "/customers/?q=ada"]
    ]
    for html in pages:
        assert "Ada Lovelace" in html
        assert "Can see contact data" in html
        assert [
            word
            for word in ["3456789", "example.com", "Hauptstr", "10115"]
            if word in html
        ] == []
    assert [
        names(get(reader, f"/customers/?q={words}"))
        for words in ["example", "15123456789", "0151 23456789"]
    ] == [[]] * 3
    for path in [
        "/customers/new/",
        *(f"/customers/{ada.pk}/{act}/" for act in ["edit", "phones", "merge"]),
    ]:
        assert "Can see contact data" in unescape(get(reader, path, 403))


def test_page_hides_what_may_not_be_done(may, boss, ada):
    acts = [
        f"/customers/{ada.pk}/{act}/"
        for act in ["edit", "phones", "merge", "export", "erase"]
    ]
    html = get(may("see_contact_data"), f"/customers/{ada.pk}/")
    assert [act for act in acts if act in html] == []
    html = get(boss, f"/customers/{ada.pk}/")
    assert [act for act in acts if act in html] == acts


def test_new_customer_is_made_with_number_and_feed(boss):
    answer = boss.post(
        "/customers/new/",
        {
            "first_name": "Ada",
            "phone": "0151 23456789",
            "address": " Hauptstr. 1 \r\n\r\nBerlin",
        },
    )
    ada = Customer.objects.get()
    assert answer["Location"] == f"/customers/{ada.pk}/"
    assert (ada.name, ada.phone, ada.address) == (
        "Ada",
        "+4915123456789",
        "Hauptstr. 1\nBerlin",
    )
    assert ada.events.values_list("kind", "by__username").get() == ("created", "boss")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "Enter a name, a company, a phone number or an e-mail address."),
        ({"first_name": "Ada", "phone": "12"}, "Enter a valid phone number"),
        ({"first_name": "Ada", "email": "ada"}, "Enter a valid email address."),
        ({"first_name": "A" * 256}, "at most 255 characters"),
    ],
)
def test_new_customer_that_makes_no_sense_is_refused(boss, values, said):
    answer = boss.post("/customers/new/", values)
    assert said in text_of(answer.content.decode())
    assert (Customer.objects.count(), CustomerEvent.objects.count()) == (0, 0)


def test_new_customer_with_a_known_number_leads_to_whom_it_belongs(boss, ada):
    answer = boss.post(
        "/customers/new/", {"first_name": "Ben", "phone": "+49 151 23456789"}
    )
    assert answer.status_code == 409
    assert "This number belongs to Ada Lovelace . Nothing was changed." in text_of(
        answer.content.decode()
    )
    assert f'href="/customers/{ada.pk}/"' in answer.content.decode()
    assert Customer.objects.count() == 1


def test_edit_changes_the_customer_and_what_orders_repeat(boss, bring):
    [first, second] = bring(
        *(
            order(
                n,
                contact=ContactDetails(key="c", first_name="Ada", email="odd address"),
            )
            for n in [1, 2]
        )
    )
    pk = first.customer_id
    answer = boss.post(
        f"/customers/{pk}/edit/",
        {"first_name": "Ada", "last_name": "King", "email": "odd address"},
    )
    assert answer["Location"] == f"/customers/{pk}/"
    for each in [first, second]:
        each.refresh_from_db()
        assert (each.customer_name, "ada king" in each.search) == ("Ada King", True)
    assert CustomerEvent.objects.values_list(
        "field", "old", "new", "by__username"
    ).get() == (
        "last_name",
        "",
        "King",
        "boss",
    )
    assert "Ada King" in get(boss, "/orders/?q=king")


def test_edit_that_empties_everything_is_refused(boss):
    ada = make("Ada")
    answer = boss.post(f"/customers/{ada.pk}/edit/", {"address": "Hauptstr. 1"})
    assert "Enter a name" in text_of(answer.content.decode())
    ada.refresh_from_db()
    assert (ada.first_name, ada.address) == ("Ada", "")


def test_numbers_are_added_chosen_and_removed_on_the_page(boss, ada, made_here):
    made_here(customer=ada)
    path = f"/customers/{ada.pk}/phones/"
    assert (
        boss.post(path, {"act": "add", "phone": "030 901820"})["Location"]
        == f"/customers/{ada.pk}/"
    )
    boss.post(path, {"act": "main", "number": "+4930901820"})
    boss.post(path, {"act": "remove", "number": "+4915123456789"})
    boss.post(path, {"act": "remove", "number": "\x00"})
    boss.post(path, {"act": "nonsense"})
    ada.refresh_from_db()
    assert (ada.phone, list(ada.keys.values_list("key", flat=True))) == (
        "+4930901820",
        ["phone:+4930901820"],
    )
    assert "+4930901820" in Order.objects.get().search
    text = text_of(get(boss, f"/customers/{ada.pk}/"))
    assert "Phone number removed before: 01512 3456789" in text
    assert "Main phone number before: 01512 3456789 now: 030 901820" in text


def test_number_that_is_none_or_another_customers_is_refused(boss, ada):
    ben = make("Ben")
    path = f"/customers/{ben.pk}/phones/"
    answer = boss.post(path, {"act": "add", "phone": "twelve"})
    assert (
        answer.status_code,
        "Enter a valid phone number" in answer.content.decode(),
    ) == (422, True)
    answer = boss.post(path, {"act": "add", "phone": "0151 23456789"})
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "This number belongs to Ada Lovelace" in text_of(html)
    assert f'href="/customers/{ben.pk}/merge/?with={ada.pk}"' in html
    assert CustomerKey.objects.get().customer == ada


def test_main_number_that_names_somebody_else_is_pointed_out(boss, ada):
    ben = make("Ben")
    Customer.objects.filter(pk=ben.pk).update(phone="+4915123456789")
    html = get(boss, f"/customers/{ben.pk}/")
    assert "Ada Lovelace has the same phone number" in text_of(html)
    assert f'href="/customers/{ben.pk}/merge/?with={ada.pk}"' in html


def test_two_are_found_compared_merged_and_parted_again(boss, ada, made_here):
    twin = make(
        "Ada",
        "+4915100000002",
        last_name="Lovelace",
        company="Engines",
        email="other@example.com",
    )
    mine = made_here(customer=twin)
    html = get(boss, f"/customers/{ada.pk}/merge/")
    assert f'href="?with={twin.pk}"' in html  # of the same name
    assert f'href="?with={twin.pk}"' in get(
        boss, f"/customers/{ada.pk}/merge/?q=00000002"
    )
    assert f'href="?with={ada.pk}"' not in get(
        boss, f"/customers/{ada.pk}/merge/?q=ada"
    )
    text = text_of(get(boss, f"/customers/{ada.pk}/merge/?with={twin.pk}"))
    assert "Company – Engines Engines" in text
    assert f"E-mail {MAIL} other@example.com {MAIL}" in text
    assert f"Phone {PHONE} 01510 0000002 {PHONE} 01510 0000002" in text
    assert "Orders 0 1 1" in text
    answer = boss.post(f"/customers/{ada.pk}/merge/", {"with": twin.pk}, follow=True)
    text = text_of(answer.content.decode())
    assert "Ada Lovelace was merged into this customer." in text
    assert (
        "Merged with Ada Lovelace Not taken over, because this customer had its own: E-mail other@example.com"
        in text
    )
    mine.refresh_from_db()
    assert mine.customer == ada
    event = CustomerEvent.objects.get(kind="merged")
    assert event.by.username == "boss"
    answer = boss.post(f"/customers/{ada.pk}/merges/{event.pk}/undo/", follow=True)
    assert "Ada Lovelace is a customer of its own again." in text_of(
        answer.content.decode()
    )
    mine.refresh_from_db()
    assert mine.customer == twin
    answer = boss.post(f"/customers/{ada.pk}/merges/{event.pk}/undo/", follow=True)
    assert "This merge was undone already" in text_of(answer.content.decode())


def test_merge_with_nobody_or_with_itself_changes_nothing(boss, ada):
    for other in [ada.pk, 999, "x", ""]:
        html = boss.post(
            f"/customers/{ada.pk}/merge/", {"with": other}
        ).content.decode()
        assert "Choose the customer" in html
    assert CustomerEvent.objects.filter(kind="merged").count() == 0


def test_export_is_a_file_with_everything(boss, ada, made_here):
    made_here(customer=ada, note="cracked")
    answer = boss.post(f"/customers/{ada.pk}/export/")
    assert (
        answer["Content-Disposition"]
        == f'attachment; filename="customer-{ada.pk}.json"'
    )
    read_in(boss, "de")
    german = boss.post(f"/customers/{ada.pk}/export/")
    assert (
        german["Content-Disposition"] == f'attachment; filename="kunde-{ada.pk}.json"'
    )
    person = json.loads(answer.getvalue())
    assert (person["customer"]["email"], person["orders"][0]["note"]) == (
        MAIL,
        "cracked",
    )
    assert ada.events.values_list("kind", "by__username").first() == (
        "exported",
        "boss",
    )
    assert boss.get(f"/customers/{ada.pk}/export/").status_code == 405


def test_erasing_needs_the_word(boss, ada, made_here):
    mine = made_here(customer=ada, note="Ada wants it soon")
    path = f"/customers/{ada.pk}/erase/"
    assert "1 order stays" in text_of(get(boss, path))
    answer = boss.post(path, {"word": "yes"})
    assert (
        answer.status_code,
        "That is another word. Nothing was erased." in answer.content.decode(),
    ) == (
        422,
        True,
    )
    ada.refresh_from_db()
    assert ada.name == "Ada Lovelace"
    answer = boss.post(path, {"word": " Erase "}, follow=True)
    text = text_of(answer.content.decode())
    assert "The person was erased. Their orders stay." in text
    assert "Lovelace" not in text
    mine.refresh_from_db()
    assert mine.note == "[…] wants it soon"
    assert boss.get(path).status_code == 404


def test_acts_need_their_permission_and_change_nothing_without(client, ada):
    """A specialist may see and edit, but neither merge nor export nor erase."""
    twin = make("Ben")
    for act, name in [
        (f"{ada.pk}/merge/?with={twin.pk}", "Can merge customers"),
        (f"{ada.pk}/export/", "Can export a customer's data"),
        (f"{ada.pk}/erase/", "Can erase a customer's data"),
    ]:
        answer = client.post(f"/customers/{act}", {"word": "erase", "with": twin.pk})
        assert (answer.status_code, name in unescape(answer.content.decode())) == (
            403,
            True,
        )
    assert Customer.objects.living().count() == 2
    assert set(CustomerEvent.objects.values_list("kind", flat=True)) == {"created"}


def test_texts_of_people_are_escaped_and_out_of_htmx_reach(boss):
    evil = '<b hx-get="/logout/" hx-trigger="load">'
    one, other = make(evil, company=evil, address=evil), make(evil)
    for path in [
        "",
        f"{one.pk}/",
        f"{one.pk}/edit/",
        f"{one.pk}/merge/",
        f"{one.pk}/merge/?with={other.pk}",
        f"{one.pk}/erase/",
    ]:
        html = get(boss, f"/customers/{path}")
        assert "<b hx-get" not in html
        assert not re.search(
            r"<style|\sstyle=|\son\w+=|hx-on|js:|<script(?! src=)", html
        )


def test_number_that_identifies_nobody_is_kept_as_typed_and_the_form_says_so(boss):
    answer = boss.post(
        "/customers/new/", {"first_name": "Ann", "phone": "+1 207-835-4259 ext. 5"}
    )
    ann = Customer.objects.get()
    assert (answer["Location"], ann.phone, ann.keys.count()) == (
        ann.get_absolute_url(),
        "+1 207-835-4259 ext. 5",
        0,
    )
    text = text_of(boss.get(ann.get_absolute_url()).content.decode())
    assert "+1 207-835-4259 ext. 5 is not a valid phone number, or has an" in text
    ben = make("Ben", "+4915123456789")
    path = f"/customers/{ben.pk}/phones/"
    answer = boss.post(path, {"act": "add", "phone": "0000000000"})
    text = text_of(answer.content.decode())
    assert (answer.status_code, ben.keys.count()) == (422, 1)
    assert "it can only be kept as a customer's only number" in unescape(text)
    assert 'value="0000000000"' in answer.content.decode()


def shown_form(client, path):
    """The edit form's fields as the page shows them."""
    html = get(client, path)
    found = re.findall(
        r'<input type="(?:text|email|hidden)" name="(\w+)"(?: value="([^"]*)")?', html
    )
    values = {
        name: unescape(value) for name, value in found if name != "csrfmiddlewaretoken"
    }
    [address] = re.findall(
        r"<textarea name=\"address\".*?>\n?(.*?)</textarea>", html, re.DOTALL
    )
    [language] = re.findall(r'<option value="(\w+)" selected', html) or [""]
    return values | {
        "address": unescape(address).replace("\n", "\r\n"),
        "language": language,
    }


def test_two_who_edit_one_customer_keep_both_changes(boss, ada):
    path = f"/customers/{ada.pk}/edit/"
    first = shown_form(boss, path)
    second = shown_form(boss, path)
    boss.post(path, first | {"email": "new@example.com", "language": "de"})
    assert boss.post(path, second | {"last_name": "King"}).status_code == 302
    ada.refresh_from_db()
    assert (ada.last_name, ada.email, ada.language, ada.address) == (
        "King",
        "new@example.com",
        "de",
        f"{STREET}\n10115 Berlin",
    )


def test_field_that_both_changed_is_refused_once_with_the_others_value(boss, ada):
    path = f"/customers/{ada.pk}/edit/"
    first = shown_form(boss, path)
    second = shown_form(boss, path) | {"last_name": "Byron"}
    boss.post(path, first | {"last_name": "King", "company": "Engines"})
    answer = boss.post(path, second)
    html = answer.content.decode()
    assert answer.status_code == 409
    assert (
        "Somebody else has changed this to King. Save again to replace it."
        in text_of(html)
    )
    assert ('value="Byron"' in html, 'value="Engines"' in html) == (True, True)
    ada.refresh_from_db()
    assert ada.last_name == "King"
    names = ["first_name", "last_name", "company", "email", "seen"]
    again = {
        name: unescape(re.search(rf'name="{name}" value="([^"]*)"', html)[1])
        for name in names
    }
    boss.post(path, second | again)
    ada.refresh_from_db()
    assert (ada.last_name, ada.company) == ("Byron", "Engines")


def test_refused_change_is_told_in_german(django_user_model, ada):
    user = django_user_model.objects.create_superuser("kai")
    path, german = f"/customers/{ada.pk}/edit/", signed_in(user, "de")
    seen = shown_form(german, path)
    editing.change_customer(ada, {"company": "Engines"}, by_id=None, now=NOW)
    editing.change_customer(ada, {"email": ""}, by_id=None, now=NOW)
    answer = german.post(path, seen | {"company": "Motors", "email": "x@example.com"})
    text = text_of(answer.content.decode())
    assert "Jemand anderes hat dies in Engines geändert." in text
    assert "Jemand anderes hat dies geleert." in text


def test_two_who_empty_one_field_each_do_not_leave_a_customer_without_any(boss):
    ada = make("Ada", email=MAIL)
    path = f"/customers/{ada.pk}/edit/"
    first, second = shown_form(boss, path), shown_form(boss, path)
    boss.post(path, first | {"email": ""})
    answer = boss.post(path, second | {"first_name": ""})
    assert "Enter a name, a company" in text_of(answer.content.decode())
    ada.refresh_from_db()
    assert ada.first_name == "Ada"


def undo_offered(html):
    """The fields of the undo that a message offers."""
    form = re.search(r"<form[^>]* data-undo>.*?</form>", html, re.DOTALL)[0]
    assert re.search(r"<button[^>]* autofocus>\s*Undo</button>", form)
    [event] = re.findall(r'name="event" value="(\d+)"', form)
    [address] = re.findall(r'action="([^"]+)"', form)
    return address, {"act": "restore", "event": event}


@pytest.mark.parametrize(
    ("number", "typed_as"),
    [("+4915123456789", "0151-23456789"), ("ask Ben 123", "ask Ben 123")],
)
def test_removed_number_is_told_and_comes_back_as_the_main_one(boss, number, typed_as):
    ada = make("Ada", typed_as)
    path = f"/customers/{ada.pk}/phones/"
    boss.post(path, {"act": "add", "phone": "030 901820"})
    answer = boss.post(path, {"act": "remove", "number": number}, follow=True)
    html = answer.content.decode()
    assert "The phone number was removed." in text_of(html)
    address, fields = undo_offered(html)
    answer = boss.post(address, fields, follow=True)
    assert "The phone number is there again." in text_of(answer.content.decode())
    boss.post(address, fields)
    ada.refresh_from_db()
    assert (ada.phone, ada.phone_typed or ada.phone) == (number, typed_as)
    assert "phone:+4930901820" in editing.keys_of_customer(ada)
    assert not ada.removed_keys.exists()


def test_removed_number_that_another_customer_has_meanwhile_does_not_come_back(
    boss, ada
):
    path = f"/customers/{ada.pk}/phones/"
    answer = boss.post(path, {"act": "remove", "number": "+4915123456789"}, follow=True)
    make("Ben", "+4915123456789")
    answer = boss.post(*undo_offered(answer.content.decode()))
    assert answer.status_code == 409
    assert "This number belongs to Ben" in text_of(answer.content.decode())


def test_new_customer_with_a_known_email_is_created_only_on_purpose(
    boss, ada, django_user_model
):
    german = signed_in(django_user_model.objects.get(username="boss"), "de")
    make("Anna", email="ada@example.com.au")
    new = {"first_name": "Ben", "email": "ADA@Example.com"}
    answer = german.post("/customers/new/", new)
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "Ada Lovelace hat dieselbe E-Mail-Adresse." in text_of(html)
    assert f'href="/customers/{ada.pk}/"' in html
    assert 'name="same_email" value="ADA@Example.com"' in html
    assert "Kunde speichern" not in text_of(html)
    other = new | {"email": "ada@example.com.au", "same_email": "ADA@Example.com"}
    assert german.post("/customers/new/", other).status_code == 409
    assert Customer.objects.count() == 2
    assert (
        boss.post(
            "/customers/new/", new | {"same_email": "ADA@Example.com"}
        ).status_code
        == 302
    )
    assert Customer.objects.latest("id").name == "Ben"
