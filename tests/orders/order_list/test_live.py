"""The list on a screen follows what others do: changed rows, rows that left the view, new orders."""

import re
from datetime import timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from customers.editing import FIELDS, change_customer, lock_customer
from orders.domain.status import change_status
from orders.models import Order, Status
from orders.order_list import live
from tests.support.html import text_of
from tests.support.incoming import line, order
from tests.support.order_list import list_page

URL = reverse("orders:live")


class Screen:
    """A list that stands open: it sends what the page's script sends."""

    def __init__(self, client, query: str = "?view=all") -> None:
        self.client, self.query = client, query
        self.html = list_page(client, query)
        self.shown = re.findall(r'<tr id="order-(\d+)"', self.html)
        self.marks = self.fields(self.html)
        self.left: list[str] = []

    def fields(self, html: str) -> dict[str, str]:
        names = ["since", "newest", "mark", "before"]
        found = {
            name: re.search(rf'name="{name}" value="(\d*[\d.]*)"', html)
            for name in names
        }
        return {name: each[1] for name, each in found.items() if each}

    def ask(self, **more: str):
        data = self.marks | {"shown": ".".join(self.shown), "left": ".".join(self.left)}
        there = {"HX-Current-URL": f"http://testserver/orders/{self.query}"}
        return self.client.get(
            URL, data | more, headers={"HX-Request": "true", **there}
        )

    def look(self, **more: str) -> tuple[list[str], str]:
        """The rows that come, and what is said above the list."""
        answer = self.ask(**more)
        if answer.status_code == 204:
            return [], ""
        html = answer.content.decode()
        self.marks = self.fields(html)
        self.left += re.findall(r'<tr id="order-(\d+)"[^>]*class="[^"]*left"', html)
        rows = re.findall(r'<tr id="order-(\d+)" hx-swap-oob="true"', html)
        return rows, text_of(html.partition('<div id="news"')[2].partition(">")[2])


def ready() -> Status:
    return Status.objects.get(name="Ready")


def test_quiet_list_costs_one_small_query(client, bring, django_assert_num_queries):
    bring(order(1), order(2))
    screen = Screen(client)
    screen.look()
    screen.look()
    with django_assert_num_queries(4) as queries:  # who asks, and the latest events
        assert screen.ask().status_code == 204
    assert queries[-1]["sql"] == live.LATEST


def test_changed_row_comes_twice_and_then_no_more(client, bring, sam):
    first, second = bring(order(1), order(2))
    screen = Screen(client)
    change_status([first.pk], ready(), by=sam, now=timezone.now())
    rows, said = screen.look()
    assert (rows, said) == ([str(first.pk)], "")
    change_status([second.pk], ready(), by=sam, now=timezone.now())
    # What was committed late is seen all the same: each answer looks back over the one before.
    assert screen.look()[0] == [str(second.pk)]
    assert screen.look()[0] == [str(second.pk)]
    assert screen.look()[0] == []


def test_order_that_left_the_view_is_said_and_marked(client, bring, sam):
    first, second = bring(order(1), order(2))
    new = Status.objects.get(name="New").pk
    screen = Screen(client, f"?status={new}")
    change_status([first.pk], ready(), by=sam, now=timezone.now())
    rows, said = screen.look()
    assert (rows, screen.left) == ([str(first.pk)], [str(first.pk)])
    assert said == "1 order is no longer in this view – refresh"
    change_status([second.pk], ready(), by=sam, now=timezone.now())
    assert screen.look()[1] == "2 orders are no longer in this view – refresh"


def test_new_orders_are_counted_within_the_filters(client, bring):
    bring(order(1))
    whole, kettles = Screen(client), Screen(client, "?q=kettle")
    assert whole.look() == ([], "")
    bring(order(2), order(3, lines=(line(1, name="Kettle"),)))
    assert whole.look() == ([], "2 new orders – show")
    shown = Screen(client, "?q=display")
    bring(order(4))
    assert shown.look()[1] == "1 new order – show"
    # Where nothing is shown, or the newest are not on top, there is nothing to count from.
    assert kettles.look()[1] == ""


def test_renamed_customer_is_shown_anew(client, bring, kim):
    first, _second = bring(order(1), order(2))
    screen = Screen(client)
    screen.look()
    with transaction.atomic():
        person = lock_customer(first.customer_id)
        values = {name: getattr(person, name) for name in FIELDS}
        values["last_name"] = "Byron"
        change_customer(person, values, by_id=kim.pk, now=timezone.now())
    assert screen.look()[0] == [str(first.pk)]


def test_after_very_much_the_list_is_loaded_anew(client, bring, sam, monkeypatch):
    [first] = bring(order(1))
    screen = Screen(client)
    screen.look()
    screen.look()
    monkeypatch.setattr(live, "MAX_EVENTS", 0)
    change_status([first.pk], ready(), by=sam, now=timezone.now())
    answer = screen.ask()
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (204, '{"reload": {}}')


def test_nonsense_is_answered_without_an_error(client, bring):
    bring(order(1))
    for text in ["x", "1.2", "-1.0.0", "9" * 40]:
        data = dict.fromkeys(
            ["since", "newest", "mark", "before", "shown", "left"], text
        )
        assert client.get(URL, data).status_code in {200, 204}
    assert Order.objects.count() == 1
    assert timedelta(0) < timezone.now() - live._since("x")
