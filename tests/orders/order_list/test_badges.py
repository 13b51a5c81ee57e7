"""The badges above the list: what waits, how many, and a link to the filter that shows them."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from orders.models import Order, Status, WriteOff
from orders.order_list import badges
from tests.support.html import text_of
from tests.support.incoming import order
from tests.support.order_list import list_page, order_ids

URL = reverse("orders:badges")


def counted(client, **headers) -> dict[str, tuple]:
    shown = badges_in(client.get(URL, headers=headers))
    return {
        name: (int(number.rstrip("+")), number.endswith("+"))
        for name, (_link, number) in shown.items()
    }


def badges_in(answer) -> dict[str, tuple[str, str]]:
    """Link and number of each badge, by its name."""
    badge = r'id="badge-([\w-]+)"[^>]*\shref="([^"]*)"[^>]*>[^<]*<span class="number">\s*([\d+]*)<'
    found = re.findall(badge, answer.content.decode(), re.DOTALL)
    return {name: (unescape(link), number) for name, link, number in found}


def link_to(client, name: str) -> str:
    link, _number = badges_in(client.get(reverse("orders:list")))[name]
    return link


@pytest.fixture
def waiting(bring, made_here, ann):
    """Orders 1001 to 1004, each waiting in another way; all but one are not fully written off."""
    today = timezone.localdate()
    found = bring(*(order(number) for number in range(1, 6)))
    attention, overdue, mine, done, later = found
    Order.objects.filter(pk=attention.pk).update(needs_attention=True)
    Order.objects.filter(pk=overdue.pk).update(due_on=today - timedelta(days=1))
    Order.objects.filter(pk=mine.pk).update(assignee=ann)
    ready = Status.objects.get(name="Ready")
    Order.objects.filter(pk=done.pk).update(
        due_on=today - timedelta(days=9), status=ready, write_off=WriteOff.ALL
    )
    Order.objects.filter(pk=later.pk).update(due_on=today, write_off=WriteOff.PARTLY)
    return {
        "attention": [attention.pk],
        "overdue": [overdue.pk],
        "mine": [mine.pk],
        "to-write-off": [x.pk for x in found if x != done],
    }


def test_each_badge_counts_what_waits(client, waiting):
    assert counted(client) == {
        "attention": (1, False),
        "overdue": (1, False),
        "mine": (1, False),
        "to-write-off": (4, False),
    }


@pytest.mark.parametrize("name", ["attention", "overdue", "mine", "to-write-off"])
def test_each_badge_leads_to_the_orders_that_it_counts(client, waiting, name):
    answer = client.get(link_to(client, name))
    assert sorted(order_ids(answer.content.decode())) == sorted(waiting[name])
    assert re.findall(
        r'id="badge-([\w-]+)"[^>]* aria-current="true"', answer.content.decode()
    ) == [name]


def test_more_than_the_most_are_not_counted(client, waiting, monkeypatch):
    monkeypatch.setattr(badges, "MOST", 3)
    assert counted(client)["to-write-off"] == (3, True)


def test_badge_of_the_present_filter_is_marked(client, waiting):
    html = client.get(
        URL, headers={"HX-Current-URL": "http://testserver/orders/?due=overdue"}
    ).content.decode()
    badge = re.search(r'<a id="badge-overdue".*?</a>', html, re.DOTALL)[0]
    assert 'href="/orders/?due=overdue" aria-current="true">' in badge
    assert text_of(badge) == "Overdue 1"


def test_counting_costs_one_query_per_badge(client, waiting, django_assert_num_queries):
    with django_assert_num_queries(
        2 + 1 + 1 + 1 + 1 + 4 + 2 + 1 + 1
    ):  # session, user; permissions; views; choices; changes; a count each; values; actions; not imported
        client.get(URL, headers={"HX-Request": "true"})


def test_due_today_and_without_a_due_date_are_filters_too(client, waiting):
    def shown(query: str) -> int:
        return len(order_ids(list_page(client, f"?{query}")))

    assert (
        shown("due=today"),
        shown("due=none"),
        shown("due=today&due=overdue"),
        shown("due=nonsense"),
    ) == (
        1,
        2,
        2,
        5,
    )
