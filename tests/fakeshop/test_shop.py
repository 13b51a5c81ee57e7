"""The fake shop behaves as Shopify does where the integration leans on it."""

import json
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from fakeshop.cost import Bucket
from fakeshop.demo import Demo, load, save
from fakeshop.shop import FakeShop
from integrations.shopify.queries import (
    CHANGED_ORDERS,
    ORDERS_BY_ID,
    PRODUCT_TEXTS,
    SHOP,
)
from tests.support.shop import sell

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.once


def ask(settings, text: str, token: str = "demo-token", **variables):
    return requests.post(
        f"{settings.SHOPIFY_URL}/admin/api/2026-10/graphql.json",
        json={"query": text, "variables": variables},
        headers={"X-Shopify-Access-Token": token},
        timeout=10,
    )


def page(settings, **variables):
    answer = ask(
        settings, CHANGED_ORDERS, **{"first": 10, "lines": 5, "query": "", **variables}
    ).json()
    return answer["data"]["orders"]


def names(found) -> list[str]:
    return [node["name"] for node in found["nodes"]]


def test_orders_come_oldest_change_first_and_an_edited_one_is_seen_again(
    shop, settings
):
    orders = [sell(shop, 0) for _ in range(5) if shop.clock.forward(seconds=1)]
    first = page(settings, first=2)
    assert (names(first), first["pageInfo"]["hasNextPage"]) == (
        ["#1001", "#1002"],
        True,
    )
    shop.clock.forward(seconds=1)
    shop.change(orders[0], note="edited")
    rest = page(settings, after=first["pageInfo"]["endCursor"])
    assert names(rest) == ["#1003", "#1004", "#1005", "#1001"]


def test_filter_is_inclusive_and_exclusive_by_the_second(shop, settings):
    order = sell(shop, 0)
    order.updated_at = shop.clock.now + timedelta(milliseconds=500)
    stamp = shop.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert names(page(settings, query=f"updated_at:>='{stamp}'")) == ["#1001"]
    assert names(page(settings, query=f"updated_at:>'{stamp}'")) == []


def test_a_walk_ends_at_the_limit_of_results(shop, settings):
    for _ in range(4):
        sell(shop, 0)
    shop.result_limit = 3
    first = page(settings, first=2)
    last = page(settings, first=2, after=first["pageInfo"]["endCursor"])
    assert (len(last["nodes"]), last["pageInfo"]["hasNextPage"]) == (1, False)


def test_nodes_come_in_the_order_asked_for_with_nulls(shop, settings):
    order = sell(shop, 0)
    ids = ["gid://shopify/Order/1", f"gid://shopify/Order/{order.id}", "nonsense"]
    nodes = ask(settings, ORDERS_BY_ID, ids=ids, lines=5).json()["data"]["nodes"]
    assert [node and node["name"] for node in nodes] == [None, "#1001", None]


def test_throttled_answer_has_no_data_and_says_what_is_left(shop, settings):
    shop.bucket = Bucket(maximum=5, restore_rate=1, clock=lambda: 0.0)
    assert ask(settings, SHOP).json()["extensions"]["cost"]["actualQueryCost"] == 4
    throttled = ask(settings, SHOP).json()
    assert "data" not in throttled
    assert throttled["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert throttled["extensions"]["cost"] == {
        "requestedQueryCost": 4,
        "actualQueryCost": None,
        "throttleStatus": {
            "maximumAvailable": 5,
            "currentlyAvailable": 1,
            "restoreRate": 1,
        },
    }


@pytest.mark.parametrize(
    ("mode", "data", "paths"),
    [
        ("open", ("Ada", "ada@example.com"), []),
        ("nulls", (None, None), []),
        ("fields_refused", (None, None), ["email"]),
        ("customer_refused", (None, None), ["customer"]),
    ],
)
def test_customer_data_is_kept_back_as_shopify_does(shop, settings, mode, data, paths):
    shop.customer_data = mode
    sell(shop, 0)
    answer = ask(settings, CHANGED_ORDERS, first=1, lines=1, query="").json()
    (node,) = answer["data"]["orders"]["nodes"]
    assert ((node["customer"] or {}).get("firstName"), node["email"]) == data
    assert {error["path"][-1] for error in answer.get("errors", [])} >= set(paths)
    assert all(
        error["extensions"]["code"] == "ACCESS_DENIED"
        for error in answer.get("errors", [])
    )


def test_missing_scope_loses_the_orders_and_a_wrong_token_everything(shop, settings):
    shop.scopes.discard("read_orders")
    answer = ask(settings, CHANGED_ORDERS, first=1, lines=1, query="").json()
    assert (answer["data"], answer["errors"][0]["path"]) == (None, ["orders"])
    refused = ask(settings, SHOP, token="other")
    assert (
        refused.status_code,
        refused.json()["errors"].startswith("[API] Invalid API key"),
    ) == (401, True)


def test_products_answer_with_their_texts(shop, settings):
    battery = list(shop.products.values())[1]
    answer = ask(
        settings, PRODUCT_TEXTS, ids=[f"gid://shopify/Product/{battery.id}"]
    ).json()
    assert answer["data"]["nodes"] == [
        {
            "id": f"gid://shopify/Product/{battery.id}",
            "descriptionHtml": "<p>3,110 mAh</p>",
            "productType": "Spare parts",
            "category": None,
        }
    ]


def test_demo_store_is_the_same_for_the_same_seed_and_survives_a_restart(tmp_path):
    def made() -> FakeShop:
        shop = FakeShop()
        Demo(shop).stock(30)
        return shop

    first, second = made(), made()
    assert [(order.name, order.total) for order in first.orders.values()] == [
        (order.name, order.total) for order in second.orders.values()
    ]
    save(first, tmp_path / "state.json")
    again = FakeShop()
    assert load(again, tmp_path / "state.json") is True
    assert again.orders == first.orders
    assert (again.last_id, again.last_number) == (first.last_id, 1030)
    Demo(again).happen()
    assert (
        len(again.orders)
        + sum(
            order.updated_at != first.orders[pk].updated_at
            for pk, order in again.orders.items()
            if pk in first.orders
        )
        == 31
    )


@pytest.mark.slow
def test_demo_store_runs_stops_and_says_when_its_port_is_taken(tmp_path):
    command = [
        sys.executable,
        "-m",
        "fakeshop",
        "--port",
        "0",
        "--state",
        str(tmp_path / "state.json"),
        "--orders",
        "5",
    ]
    program = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert program.stdout
        url = program.stdout.readline().rpartition(" ")[2].strip()
        taken = subprocess.run(
            [*command[:-5], url.rpartition(":")[2], *command[5:]],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (taken.returncode, "is taken; name a free one" in taken.stderr) == (
            1,
            True,
        )
        number = json.loads((tmp_path / "state.json").read_text())["last_id"]
        assert number > 5_000_000_000
    finally:
        began = time.monotonic()
        program.send_signal(signal.SIGTERM)
        assert program.wait(10) == 0
        assert time.monotonic() - began < 5
        program.stdout.close()
