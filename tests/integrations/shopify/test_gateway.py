"""Walking through changed orders, counting and finding them, over HTTP to the fake shop."""

from datetime import UTC, datetime, timedelta

import pytest

from fakeshop.shop import FakeShop
from integrations.models import StoreConnection
from integrations.platforms.protocol import Count, OrderPage
from integrations.platforms.registry import gateway_for
from integrations.shopify import cursor
from tests.support.shop import sell

SINCE = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def small(shop, connection, monkeypatch) -> FakeShop:
    """A shop whose queries end after 6 orders; ours begin anew after 4, in pages of 2."""
    monkeypatch.setattr(cursor, "MAX_RESULTS", 4)
    shop.result_limit = 6
    StoreConnection.objects.update(page_size=2)
    return shop


def gateway():
    return gateway_for(StoreConnection.objects.select_related("store").get())


def ids(pages) -> list[str]:
    return [
        each.external_id
        for page in pages
        for each in (page.snapshots if isinstance(page, OrderPage) else page.timestamps)
    ]


def selling(shop, seconds_apart: list[float]) -> list[str]:
    return [
        str(sell(shop, 0).id)
        for seconds in seconds_apart
        if shop.clock.forward(seconds=seconds)
    ]


@pytest.mark.parametrize(
    "seconds",
    [
        [1] * 11,
        [1, 1, 1, 0, 0, 1, 1, 0, 1, 1, 1],  # one second on both sides of the border
        [
            1,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            1,
            1,
        ],  # one second alone is more than a query shows
        [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0],  # the last second is
        [
            1,
            0.1,
            0.1,
            0.1,
            0.1,
            0.1,
            0.1,
            0.1,
            0.1,
            0.1,
            0.1,
        ],  # fractions that no timestamp shows
        [0] * 4,
    ],
)
def test_walk_sees_every_order_whatever_stamps_they_share_at_the_end_of_a_result(
    small, seconds
):
    sold = selling(small, seconds)
    assert set(ids(gateway().changed_orders(SINCE))) == set(sold)
    end = small.clock.now + timedelta(seconds=1)
    assert set(ids(gateway().order_stamps(SINCE, before=end))) == set(sold)


@pytest.mark.parametrize("seconds", [[1] * 9, [1, *[0] * 8], [0] * 9])
def test_walk_goes_on_behind_any_of_its_pages(small, seconds):
    sold = selling(small, seconds)
    pages = list(gateway().changed_orders(SINCE))
    for number, page in enumerate(pages[:-1]):
        seen = ids(pages[: number + 1])
        assert set(seen) | set(
            ids(gateway().changed_orders(SINCE, position=page.position))
        ) == set(sold)
    assert pages[-1].position == ""


def test_refused_cursor_inside_one_second_begins_that_second_again(small):
    sold = selling(small, [0] * 9)
    position = f'["{small.clock.now:%Y-%m-%dT%H:%M:%SZ}","bm9uc2Vuc2U=",2,{sold[3]}]'
    assert set(ids(gateway().changed_orders(SINCE, position=position))) == set(sold)


def test_walk_ends_before_its_bound(shop, connection):
    sold = selling(shop, [1] * 5)
    bound = shop.clock.now - timedelta(seconds=1)
    assert ids(gateway().changed_orders(SINCE, before=bound)) == sold[:3]
    assert ids(gateway().order_stamps(SINCE, before=bound)) == sold[:3]
    assert gateway().count_orders(SINCE, before=bound) == Count(3, exact=True)


def test_stamps_are_asked_for_250_at_once_for_13_points(shop, connection):
    selling(shop, [1] * 3)
    shop.requests.clear()
    (page,) = gateway().order_stamps(
        SINCE, before=shop.clock.now + timedelta(seconds=1)
    )
    assert [(each.number, each.updated_at.second) for each in page.timestamps] == [
        ("#1001", 1),
        ("#1002", 2),
        ("#1003", 3),
    ]
    assert [(each.operation, each.cost) for each in shop.requests] == [
        ("ChangedOrdersSlim", 13)
    ]


def test_count_says_when_there_are_more_than_shopify_counts(
    shop, connection, monkeypatch
):
    monkeypatch.setattr("integrations.shopify.gateway.MAX_COUNTED", 4)
    shop.result_limit = 4
    selling(shop, [1] * 4)
    assert gateway().count_orders(SINCE) == Count(4, exact=True)
    selling(shop, [1])
    assert gateway().count_orders(SINCE) == Count(4, exact=False)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("#1001", "#1001"),
        ("#1001", "1001"),
        ("RO-1001/A", "ro-1001/a"),
        ("O'Neill \\ 7", "O'Neill \\ 7"),
    ],
)
def test_order_is_found_by_its_number(shop, connection, name, typed):
    sold = sell(shop, 0, name=name)
    sell(shop, 0, name="' OR name:'#1001")
    assert [each.external_id for each in gateway().find(typed).snapshots] == [
        str(sold.id)
    ]


def test_order_is_found_by_its_id_even_before_the_search_knows_it(shop, connection):
    shop.search_lag = timedelta(seconds=10)
    sold = sell(shop, 0)
    assert [each.number for each in gateway().find(str(sold.id)).snapshots] == ["#1001"]
    assert gateway().find("#1001").snapshots == ()
    shop.clock.forward(seconds=10)
    assert [each.number for each in gateway().find("#1001").snapshots] == ["#1001"]


def test_number_is_one_text_whatever_is_in_it(shop, connection):
    sell(shop, 0)
    for typed in [
        "' OR name:'#1001",
        "x' OR updated_at:>='2020-01-01T00:00:00Z",
        "\\' OR name:'1001",
        "*",
        "",
    ]:
        assert gateway().find(typed).snapshots == ()
