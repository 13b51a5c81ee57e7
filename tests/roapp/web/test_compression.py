"""How many bytes pages are on the wire, and that their length tells nobody a secret."""

import gzip
import zlib
from datetime import timedelta

import pytest

from customers.models import Customer
from integrations.models import StoreConnection
from orders.models import Order, OrderType, Status, Store
from tests.support.html import found
from tests.support.order_list import PART
from tests.support.times import DAY
from tests.support.users import signed_in

GZIP = {"Accept-Encoding": "gzip, deflate, br"}
MANY = 60
"""More orders than a page of the list holds."""
LIST, RESULTS, ORDER = 15_000, 10_000, 8_000
"""Bytes on the wire at most."""
PADDING = 100
"""Up to so many of them are there to be another number each time."""
HAS_NAME, AFTER_HEAD = 8, 10


def sent(client, url: str, **headers: str) -> bytes:
    answer = client.get(url, headers=GZIP | headers)
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.content


def padding_of(page: bytes) -> int:
    """The length of the name that the compressed page gives itself."""
    assert page[3] & HAS_NAME
    return page.index(b"\x00", AFTER_HEAD) - AFTER_HEAD


@pytest.fixture
def orders(store: Store) -> list[Order]:
    """Orders of which no two are alike."""
    StoreConnection.objects.update(connected_at=DAY)
    statuses, types = list(Status.objects.all()), list(OrderType.objects.all())
    people = Customer.objects.bulk_create(
        Customer(
            first_name=f"Ada{zlib.crc32(b'a%d' % n):x}",
            last_name=f"Love{zlib.crc32(b'l%d' % n):x}",
            phone=f"+4915{100000000 + zlib.crc32(b'%d' % n) % 900000000}",
            created_at=DAY,
        )
        for n in range(MANY)
    )
    return Order.objects.bulk_create(
        Order(
            order_type=types[n % len(types)],
            status=statuses[n % len(statuses)],
            customer=person,
            customer_name=f"{person.first_name} {person.last_name}",
            items=f"Display {n * 7919 % 2000}, Battery {n * 104729 % 977}",
            total=n * 37,
            placed_at=DAY - timedelta(seconds=n * 4001),
            store=store if n % 5 else None,
            external_id=str(5_000_000 + n),
            external_number=f"#{1000 + n}" if n % 5 else "",
            synced_at=DAY - timedelta(seconds=n * 3001),
            payment="paid" if n % 3 else "pending",
            closed_at=DAY if n % 4 else None,
        )
        for n, person in enumerate(people)
    )


@pytest.mark.parametrize("language", ["en", "de"])
def test_pages_are_small_on_the_wire(kim, orders, language):
    browser = signed_in(kim, language)
    whole = sent(browser, "/orders/?view=all")
    assert gzip.decompress(whole).count(b'<tr id="order-') == 50
    part = sent(browser, "/orders/?view=all", **PART)
    assert gzip.decompress(part).count(b'<tr id="order-') == 50
    order = sent(browser, f"/orders/{orders[1].pk}/")
    sizes = [len(whole), len(part), len(order)]
    assert all(
        size <= most for size, most in zip(sizes, [LIST, RESULTS, ORDER], strict=True)
    ), sizes


def test_length_of_a_page_is_another_each_time_and_so_is_what_must_stay_secret(
    client, orders
):
    pages = [sent(client, f"/orders/{orders[0].pk}/") for _ in range(10)]
    paddings = {padding_of(page) for page in pages}
    assert len(paddings) > 3
    assert max(paddings) <= PADDING
    plain = [gzip.decompress(page).decode() for page in pages]
    for name in ["csrfmiddlewaretoken", "form-key"]:
        assert (
            len({found(f'name="{name}" value="([^"]+)"', each) for each in plain}) == 10
        )
    assert len({found(r'"X-CSRFToken": "([^"]+)"', each) for each in plain}) == 10


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
def test_whoever_asks_from_another_site_gets_nothing_compressed(client, orders, site):
    answer = client.get("/orders/", headers=GZIP | {"Sec-Fetch-Site": site})
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers
    for ours in ["same-origin", "none"]:
        sent(client, "/orders/", **{"Sec-Fetch-Site": ours})


def test_what_is_no_page_stays_as_it_is(kim_client, orders):
    export = kim_client.post("/orders/export/", {"all": "1"}, headers=GZIP)
    assert export.status_code == 200
    assert "Content-Encoding" not in export.headers
    assert b"".join(export.streaming_content).count(b"\r\n") == MANY + 1
    plain = kim_client.get("/orders/", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
