"""Reading named orders: by a search, which is cheap but lags, and what it does not show by id."""

import pytest

from integrations.models import StoreConnection
from integrations.platforms.registry import gateway_for
from tests.support.shop import sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def sold(shop, connection) -> list[str]:
    """The ids of 250 orders; what was asked of the shop so far is forgotten."""
    ids = [str(sell(shop, 0).id) for _ in range(250)]
    shop.requests.clear()
    return ids


def read(ids: list[str]):
    store = StoreConnection.objects.select_related("store").get()
    return gateway_for(store).orders(ids)


def asked(shop) -> list[tuple[str, int]]:
    return [(each.operation, each.cost) for each in shop.requests]


def test_250_orders_cost_398_points_in_one_search(shop, sold):
    reading = read(sold)
    assert [each.external_id for each in reading.snapshots] == sold
    assert reading.gone == frozenset()
    assert asked(shop) == [("FoundOrders", 398)]


def test_what_the_search_does_not_show_is_read_by_id_and_not_taken_for_gone(shop, sold):
    shop.unsearchable = {int(sold[7]), int(sold[200])}
    del shop.orders[int(sold[20])]
    reading = read(sold)
    assert {each.external_id for each in reading.snapshots} == {*sold} - {sold[20]}
    assert reading.gone == {sold[20]}
    assert [each.operation for each in shop.requests] == [
        "FoundOrders",
        "OrdersById",
    ]


def test_search_that_shows_nothing_costs_a_detour_and_no_order(shop, sold):
    shop.unsearchable = {int(each) for each in sold}
    reading = read(sold[:40])
    assert [each.external_id for each in reading.snapshots] == sold[:40]


@pytest.mark.parametrize(
    ("most", "searched"), [(400, True), (5, False)], ids=["halved", "given up"]
)
def test_search_that_is_too_long_is_halved_and_given_up_at_last(
    shop, sold, most, searched
):
    shop.search_length = most
    reading = read(sold)
    assert {each.external_id for each in reading.snapshots} == {*sold}
    by_id = [each for each in shop.requests if each.operation == "OrdersById"]
    assert (by_id == []) is searched


def test_ten_orders_are_read_by_id_at_once(shop, sold):
    reading = read(sold[:10])
    assert [each.external_id for each in reading.snapshots] == sold[:10]
    assert [each.operation for each in shop.requests] == ["OrdersById"]
