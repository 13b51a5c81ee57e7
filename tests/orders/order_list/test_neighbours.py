"""The way from an order's page through the list from which one came."""

import re

import pytest

from orders.models import Order, Status
from orders.order_list import neighbours
from tests.support.html import text_of
from tests.support.incoming import order

pytestmark = pytest.mark.django_db


@pytest.fixture
def orders(bring):
    return [each.pk for each in bring(*(order(number) for number in range(1, 6)))]


def way(client, pk: int, query: str = "") -> tuple[str, list[tuple[str, int]]]:
    """The words, and the links."""
    html = client.get(f"/orders/{pk}/neighbours/{query}").content.decode()
    links = re.findall(r'rel="(\w+)" href="/orders/(\d+)/"', html)
    return text_of(html), [(rel, int(pk)) for rel, pk in links]


def test_order_has_a_place_and_neighbours_in_its_list(client, orders):
    newest_first = orders[::-1]
    assert way(client, newest_first[0], "?view=all") == (
        "1 of 5",
        [("next", newest_first[1])],
    )
    assert way(client, orders[2], "?sort=number") == (
        "3 of 5",
        [("prev", orders[1]), ("next", orders[3])],
    )
    for sort in ["due", "-due", "updated", "-total", "customer"]:
        places = {way(client, pk, f"?sort={sort}")[0] for pk in orders}
        assert places == {f"{number} of 5" for number in range(1, 6)}


def test_filters_count_and_an_order_that_they_find_no_more_keeps_its_neighbours(
    client, orders
):
    ready = Status.objects.get(name="Ready")
    Order.objects.filter(pk__in=[orders[0], orders[2], orders[4]]).update(status=ready)
    query = f"?status={ready.pk}&sort=number"
    assert way(client, orders[2], query) == (
        "2 of 3",
        [("prev", orders[0]), ("next", orders[4])],
    )
    Order.objects.filter(pk=orders[2]).update(status=Status.objects.get(name="New"))
    assert way(client, orders[2], query) == (
        "",
        [("prev", orders[0]), ("next", orders[4])],
    )


def test_places_far_down_are_not_counted(client, orders, monkeypatch):
    monkeypatch.setattr(neighbours, "MAX_COUNTED", 2)
    assert way(client, orders[1], "?sort=number")[0] == "2 of 2+"
    assert way(client, orders[3], "?sort=number") == (
        "",
        [("prev", orders[2]), ("next", orders[4])],
    )


def test_order_that_is_not_there_has_none(client, orders):
    assert client.get("/orders/999999/neighbours/").status_code == 404
