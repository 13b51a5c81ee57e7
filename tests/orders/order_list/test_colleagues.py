"""A few colleagues are listed wherever one is chosen; of many some are offered, and others searched for."""

import re

import pytest
from django.contrib.auth.models import User

from orders.domain.assignees import MAX_LISTED, MAX_OFFERED, assignable
from orders.models import BulkAction, Order
from tests.support.crowd import crowd
from tests.support.html import page, text_of
from tests.support.users import create_user, signed_in

pytestmark = pytest.mark.django_db
FIND = "/orders/find-colleague/"
FILTER = "/orders/colleagues/"
LIST = {"HX-Current-URL": "http://testserver/orders/"}


def names(client, text: str = "", **data: str) -> list[str]:
    html = client.get(FIND, {"colleague": text, **data}).content.decode()
    return [text_of(each) for each in re.findall(r"<button.*?</button>", html, re.S)]


def options(client, query: str = "", **data: object) -> list[tuple[str, bool, str]]:
    """Label, whether it is ticked, and number of each option of the filter, in the list of this query."""
    headers = {"HX-Current-URL": f"http://testserver/orders/?{query}"}
    html = client.get(FILTER, data, headers=headers).content.decode()
    found = re.findall(
        r'<input type="checkbox"([^>]*)>.*?"label">([^<]*)<.*?class="number">\s*(\d*)',
        html,
        re.S,
    )
    return [(label, "checked" in box, number) for box, label, number in found]


def menu_of(html: str, label: str) -> str:
    menus = re.findall(r"<details.*?</details>", html, re.S)
    (found,) = [each for each in menus if text_of(each).startswith(label)]
    return found


@pytest.fixture
def many(ann):
    """With Ann and those who are hired later, more than are listed."""
    return crowd(40)


def test_a_dozen_are_listed_everywhere(client, ann, made_here):
    order = made_here()
    crowd(MAX_LISTED - 1)
    everyone = [person.get_full_name() for person in assignable().exclude(pk=ann.pk)]
    assert len(everyone) == MAX_LISTED - 1
    listed = " ".join(["Me", "Nobody", *sorted(everyone)])
    html = page(client, "/orders/")
    assert text_of(menu_of(html, "Assignee")).endswith(listed)
    assert listed in text_of(html.partition('<form id="bulk"')[2])
    assert text_of(page(client, f"/orders/{order.pk}/people/?seen=")) == listed
    for url, name in [
        (f"/orders/{order.pk}/", "assignee"),
        ("/orders/create/", "id_assignee"),
    ]:
        select = re.findall(
            rf'<select[^>]* id="{name}".*?</select>', page(client, url), re.S
        )
        assert [text_of(each) for each in select] == [
            " ".join(["Nobody", *sorted([*everyone, "Ann Baker"])])
        ]
        assert 'data-finder="colleagues-found"' not in page(client, url)


def test_whoever_is_chosen_by_name_finds_themselves_by_name(client, ann, made_here):
    """As in a view that somebody shares, where "me" would be whoever opens it."""
    crowd(3)
    menu = menu_of(page(client, f"/orders/?assignee={ann.pk}"), "Assignee")
    assert re.findall(r'value="(\w+)" checked', menu) == [str(ann.pk)]
    assert text_of(menu).count("Ann Baker") == 1
    assert "Ann Baker" not in menu_of(page(client, "/orders/?assignee=me"), "Assignee")


def test_page_is_the_same_for_one_more_than_a_dozen_and_for_five_hundred(
    client, ann, made_here
):
    order = made_here(assignee=ann)
    urls = ["/orders/", f"/orders/{order.pk}/", "/orders/create/"]
    urls += [f"/orders/{order.pk}/people/?seen={ann.pk}", FIND, FILTER]
    crowd(MAX_LISTED - 1)
    dozen = [drawn(client, url) for url in urls]
    crowd_more(1)
    few = [drawn(client, url) for url in urls]
    crowd_more(487)
    assert assignable().count() == 500
    assert [drawn(client, url) for url in urls] == few
    grown = [len(one) - len(other) for one, other in zip(few, dozen, strict=True)]
    assert max(grown) < 2_048


def crowd_more(number: int) -> None:
    """Others, who stand behind those who are there already."""
    first = User.objects.count()
    people = User.objects.bulk_create(
        User(
            username=f"z{each}",
            first_name="Zoe",
            last_name=f"{each}",
            is_superuser=True,
        )
        for each in range(first, first + number)
    )
    assert len(people) == number


def drawn(client, url: str) -> str:
    """The page without what is another one each time."""
    html = client.get(url, headers=LIST).content.decode()
    again = r'name="(csrfmiddlewaretoken|form-key|draft|since)" value="[^"]*"'
    again += r'|since=\d+|"X-CSRFToken": "\w+"'
    return re.sub(again, "", html)


def test_found_are_those_whose_names_hold_every_word(client, ann, many):
    create_user("mueller", group="Specialist", first_name="Jörg", last_name="Müller")
    create_user("li", group="Specialist", first_name="Li", last_name="Østergård")
    create_user("lisa", group="Specialist", first_name="Lisa", last_name="Amueller")
    for text in ["mueller", "Müller", "MULLER"]:
        assert names(client, text) == ["Jörg Müller", "Lisa Amueller"]
    assert names(client, "oestergard") == ["Li Østergård"]
    assert names(client, "li") == ["Li Østergård", "Lisa Amueller"]
    assert names(client, "01 clara") == ["Clara 012"]
    assert names(client, "1 clara") == []
    assert names(client, "012 cla") == ["Clara 012"]
    assert names(client, "baker") == ["Ann Baker"]
    assert names(client, "zzz") == []
    assert "No colleague matches." in page(client, f"{FIND}?colleague=zzz")
    cut = page(client, f"{FIND}?colleague=01")
    assert "There are more. Type another word" in cut
    assert names(client, "anna") == [f"Anna {n:03}" for n in (1, 10, 19, 28, 37)]


def test_offered_are_the_present_one_those_chosen_last_and_the_first(
    client, ann, many, made_here
):
    order = made_here()
    annas = [f"Anna {n:03}" for n in (1, 10, 19, 28, 37)]
    first = ["Me", "Nobody", *annas, *(f"Ben {n:03}" for n in (2, 11, 20))]
    assert names(client) == first
    seen = ""
    for person in [many[39], many[20], many[39]]:
        client.post(
            f"/orders/{order.pk}/assignee/", {"assignee": person.pk, "seen": seen}
        )
        seen = person.pk
    client.post(f"/orders/{order.pk}/assignee/", {"assignee": "", "seen": seen})
    assert Order.objects.get().assignee is None
    assert names(client)[:4] == ["Me", "Nobody", "David 040", "Clara 021"]
    present = names(client, seen=str(many[2].pk))
    assert present[:5] == ["Me", "Nobody", "Clara 003", "David 040", "Clara 021"]
    assert len(present) == MAX_OFFERED + 2
    html = page(client, f"/orders/{order.pk}/people/?seen={many[2].pk}")
    assert re.findall(r'value="(\d+)" aria-current="true"', html) == [str(many[2].pk)]
    # Of somebody else these are others.
    assert names(signed_in(many[0]))[2] == "Ann Baker"


def test_who_cannot_log_in_or_see_orders_is_neither_offered_nor_accepted(
    client, ann, sam, made_here
):
    left = create_user("left", group="Specialist", is_active=False)
    blind = create_user("blind")
    order = made_here(assignee=sam)
    assert set(assignable()) == {ann, sam}
    assert text_of(page(client, f"/orders/{order.pk}/people/?seen=")) == "Me Nobody Sam"
    for person in [left, blind]:
        for url, data in [
            (f"/orders/{order.pk}/assignee/", {"seen": sam.pk}),
            ("/orders/bulk/", {"id": order.pk}),
            (
                "/orders/create/",
                {"save": "1", "note": "Wet", "type": order.order_type_id},
            ),
        ]:
            client.post(url, {**data, "assignee": person.pk})
    assert [each.assignee for each in Order.objects.all()] == [sam]
    assert BulkAction.objects.count() == 0


def test_filter_offers_with_numbers_and_keeps_what_is_chosen(
    client, ann, many, made_here
):
    for person in [many[39], many[39], many[0], ann]:
        made_here(assignee=person)
    made_here()
    assert options(client)[:4] == [
        ("Me", False, "1"),
        ("Nobody", False, "1"),
        ("Anna 001", False, "1"),
        ("Anna 010", False, "0"),
    ]
    assert options(client, colleague="040") == [("David 040", False, "2")]
    chosen = {"assignee": [many[38].pk, many[39].pk]}
    query = f"assignee={many[38].pk}&assignee={many[39].pk}"
    assert options(client, query, colleague="clara 03", **chosen) == [
        ("Clara 030", False, ""),
        ("Clara 039", True, "0"),
        ("David 040", True, "2"),
    ]
    html = page(client, f"/orders/?{query}")
    menu = menu_of(html, "Assignee")
    assert re.findall(
        r'value="(\w+)" id="[^"]*"( checked)?', menu.partition("<ul")[2]
    ) == [
        ("me", ""),
        ("none", ""),
        (str(many[38].pk), " checked"),
        (str(many[39].pk), " checked"),
    ]
    assert "Assignee Clara 039" in text_of(html.partition('class="chips"')[2])
    assert html.count('<tr id="order-') == 2


def test_filter_by_somebody_who_has_left_goes_on(client, sam, many, made_here):
    order, _other = made_here(assignee=sam), made_here()
    User.objects.filter(pk=sam.pk).update(is_active=False)
    html = page(client, f"/orders/?assignee={sam.pk}")
    assert re.findall(r'<tr id="order-(\d+)"', html) == [str(order.pk)]
    assert "Assignee Sam" in text_of(html.partition('class="chips"')[2])
    assert page(client, "/orders/?assignee=999999").count('<tr id="order-') == 2


def test_everybody_is_found_without_javascript(client, many, made_here):
    order = made_here()
    html = page(client, "/orders/?colleague=040&sort=number")
    menu = menu_of(html, "Assignee")
    assert " open>" in menu.partition("<summary")[0]
    assert f'name="assignee" value="{many[39].pk}"' in menu
    assert page(client, f"/orders/{order.pk}/").count('name="colleague"') == 1
    found = page(client, f"/orders/{order.pk}/people/?seen=&colleague=040")
    assert "<h1>Assign</h1>" in found
    assert re.findall(r'name="assignee" value="(\d+)"', found) == [str(many[39].pk)]
    client.post(f"/orders/{order.pk}/assignee/", {"assignee": many[39].pk, "seen": ""})
    assert Order.objects.get().assignee == many[39]
    data = {"colleague": "039", "find": "1", "assignee": "", "note": "Wet"}
    new = client.post("/orders/create/", data).content.decode()
    assert re.findall(r'<button[^>]* name="assignee" value="(\d+)"', new) == [
        str(many[38].pk)
    ]
    data |= {"type": order.order_type_id}
    chosen = client.post("/orders/create/", data | {"assignee": many[38].pk})
    assert "Assignee: Clara 039" in text_of(chosen.content.decode())
    client.post("/orders/create/", data | {"assignee": many[38].pk, "save": "1"})
    assert Order.objects.latest("pk").assignee == many[38]
