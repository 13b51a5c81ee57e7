"""A file of lines from Shopify's storage: only from there, without a token, bounded in time and per line,
resumable."""

import json
import os
import time
import tracemalloc
from datetime import UTC, datetime, timedelta
from random import Random

import msgspec
import pytest

from fakeshop import faults
from integrations.platforms.errors import StoreUnavailable
from integrations.shopify import bulk_download
from integrations.shopify.bulk_download import Download, NoFileError
from integrations.shopify.bulk_file import (
    RETENTION_SECONDS,
    ConcurrentWriteError,
    Record,
    Spool,
    sweep,
)

pytestmark = pytest.mark.once
LINES = [b'{"id": 1}', b'{"id": 22}', b'{"id": 333}']


@pytest.fixture
def url(shop) -> str:
    operation = shop.bulk.begin("{ shop { name } }")
    operation.lines, operation.status = LINES, "COMPLETED"
    return shop.bulk.fields(operation)["url"]


def load(
    url: str, offset: int = 0, seconds: float = 60, *, at_loopback: bool = True
) -> list[tuple[bytes, int]]:
    return list(Download(url, offset=offset, seconds=seconds, at_loopback=at_loopback))


def test_lines_come_with_the_offset_behind_each_and_no_token_goes_out(shop, url):
    assert load(url) == [(LINES[0], 10), (LINES[1], 21), (LINES[2], 33)]
    assert load(url, 10) == [(LINES[1], 21), (LINES[2], 33)]
    assert load(url, 33) == []
    assert shop.bulk.downloads == ["", "bytes=10-", "bytes=33-"]


def test_server_without_ranges_sends_all_and_what_is_known_is_left_out(shop, url):
    shop.bulk.faults = [faults.raw(b"\n".join(LINES))]
    assert load(url, 10) == [(LINES[1], 21), (LINES[2], 32)]


@pytest.mark.parametrize(
    "address",
    [
        "http://storage.googleapis.com/a.jsonl",
        "https://storage.googleapis.com.evil.example/a.jsonl",
        "https://evil.example/storage.googleapis.com",
        "https://storage.googleapis.com@evil.example/a.jsonl",
        "https://user:secret@storage.googleapis.com/a.jsonl",
        "https://storage.googleapis.com:8443/a.jsonl",
        "https://storage.googleapis.com:port/a.jsonl",
        "https://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "ftp://storage.googleapis.com/a.jsonl",
        "",
    ],
)
def test_no_other_address_is_asked(address):
    with pytest.raises(NoFileError):
        load(address)


def test_this_machine_is_asked_in_development_only(shop, url):
    with pytest.raises(NoFileError):
        load(url, at_loopback=False)
    assert shop.bulk.downloads == []


def test_shopifys_storage_is_asked(monkeypatch):
    """As far as the connection, which nobody accepts here."""
    asked = []

    def connect(_session, address, **values):
        asked.append((address, values["allow_redirects"], sorted(values["headers"])))
        raise OSError

    monkeypatch.setattr("requests.Session.get", connect)
    with pytest.raises(StoreUnavailable):
        load("https://storage.googleapis.com/a.jsonl?signature=1", at_loopback=False)
    assert asked == [
        (
            "https://storage.googleapis.com/a.jsonl?signature=1",
            False,
            ["Accept-Encoding"],
        )
    ]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.redirect("http://127.0.0.1:1/"), NoFileError),
        (faults.status(403), NoFileError),
        (faults.status(404), NoFileError),
        (faults.status(503), StoreUnavailable),
        (faults.status(429), StoreUnavailable),
        (faults.cut_off, StoreUnavailable),
        (faults.reset, StoreUnavailable),
        (faults.oversized(5), NoFileError),
        (faults.oversized(1, compressed=True), NoFileError),
    ],
)
def test_what_is_no_file_is_an_error(shop, url, fault, error):
    shop.bulk.faults = [fault]
    with pytest.raises(error) as caught:
        load(url)
    assert "127.0.0.1" not in f"{caught.value}{caught.value.__cause__}"


def test_slow_drip_ends_at_the_deadline(shop, url):
    shop.bulk.faults = [faults.drip(20)]
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        load(url, seconds=0.3)
    assert time.monotonic() - began < 5


def test_download_stops_when_its_time_is_over_and_says_that_there_is_more(
    url, monkeypatch
):
    monkeypatch.setattr(bulk_download, "CHUNK", 15)
    first = Download(url, offset=0, seconds=0, at_loopback=True)
    assert (list(first), first.is_at_end) == ([(LINES[0], 10)], False)
    rest = Download(url, offset=10, seconds=60, at_loopback=True)
    assert ([line for line, _ in rest], rest.is_at_end) == (LINES[1:], True)


def lines_of_a_shop(orders: int) -> list[bytes]:
    """A file of ``orders`` orders of two lines, in no order at all."""
    began, found = datetime(2026, 1, 1, tzinfo=UTC), []
    for number in range(1, orders + 1):
        order, at = (
            f"gid://shopify/Order/{number}",
            f"{began + timedelta(minutes=number * 7 % orders):%Y-%m-%dT%H:%M:%SZ}",
        )
        found.append(
            {
                "id": order,
                "updatedAt": at,
                "currentSubtotalLineItemsQuantity": 3,
                "note": "x" * 700,
            }
        )
        for place in [1, 2]:
            gid = f"gid://shopify/LineItem/{number * 10 + place}"
            found.append(
                {
                    "id": gid,
                    "__parentId": order,
                    "currentQuantity": place,
                    "title": "y" * 300,
                }
            )
    Random(7).shuffle(found)  # noqa: S311  an order, no secret
    return [json.dumps(each).encode() for each in found]


def fill(spool: Spool, lines: list[bytes], at_once: int = 1_000) -> None:
    offset = 0
    for start in range(0, len(lines), at_once):
        part = lines[start : start + at_once]
        records = [(decoded(line), line) for line in part]
        until = offset + sum(len(line) + 1 for line in part)
        spool.add(records, offset=offset, until=until)
        offset = until
    spool.close(offset=offset, is_whole=True)


def decoded(line: bytes) -> Record:
    return msgspec.json.decode(line, type=Record)


def test_orders_are_put_together_whatever_the_order_of_their_lines(tmp_path):
    spool = Spool(tmp_path, "shop 1")
    fill(spool, lines_of_a_shop(50), at_once=7)
    pages = list(spool.orders(number=20))
    assert [len(page) for page in pages] == [20, 20, 10]
    orders = [order for page in pages for order in page]
    assert [order.key for order in orders] == sorted(order.key for order in orders)
    assert {order.key[1] for order in orders} == set(range(1, 51))
    assert not any(order.lacks_lines for order in orders)
    for order in orders:
        assert [decoded(line).number for line in order.lines] == [
            order.key[1] * 10 + 1,
            order.key[1] * 10 + 2,
        ]
    behind = list(spool.orders(behind=orders[24].key, number=100))
    assert behind == [orders[25:]]


def test_order_that_lacks_lines_says_so(tmp_path):
    spool = Spool(tmp_path, "shop 1")
    fill(spool, [line for line in lines_of_a_shop(3) if b"LineItem/12" not in line])
    assert {
        order.key[1]: order.lacks_lines
        for page in spool.orders(number=9)
        for order in page
    } == {
        1: True,
        2: False,
        3: False,
    }


def test_two_workers_write_each_line_once(tmp_path):
    lines = lines_of_a_shop(2)
    mine, theirs = Spool(tmp_path, "shop 1"), Spool(tmp_path, "shop 1")
    mine.add([(decoded(lines[0]), lines[0])], offset=0, until=9)
    with pytest.raises(ConcurrentWriteError):
        theirs.add([(decoded(lines[0]), lines[0])], offset=0, until=9)
    theirs.add([(decoded(lines[1]), lines[1])], offset=9, until=20)
    with pytest.raises(ConcurrentWriteError):
        mine.close(offset=9, is_whole=True)
    mine.close(offset=20, is_whole=False)
    assert (mine.place().offset, mine.place().is_here, mine.place().is_whole) == (
        20,
        True,
        False,
    )


def test_what_is_no_line_of_such_a_file_changes_nothing(tmp_path):
    spool = Spool(tmp_path, "shop 1")
    for line in [
        b'{"id": "gid://shopify/Order/99999999999999999999"}',
        b'{"id": "gid://shopify/Order/x1", "updatedAt": "2026-01-01T00:00:00Z"}',
    ]:
        with pytest.raises(ValueError, match=r"too large|no number"):
            spool.add([(decoded(line), line)], offset=0, until=9)
    assert spool.place().offset == 0


def test_damaged_file_is_fetched_again(tmp_path):
    spool = Spool(tmp_path, "shop 1")
    fill(spool, lines_of_a_shop(2))
    spool.path.write_bytes(b"no database at all" * 500)
    assert (spool.place().offset, spool.place().is_here) == (0, False)
    fill(spool, lines_of_a_shop(2))
    assert spool.place().is_here


def test_files_that_are_left_over_are_swept_away(tmp_path):
    old, new = Spool(tmp_path, "shop 1"), Spool(tmp_path, "shop 2")
    fill(old, lines_of_a_shop(1))
    fill(new, lines_of_a_shop(1))
    long_ago = time.time() - RETENTION_SECONDS - 60
    os.utime(old.path, (long_ago, long_ago))
    assert sweep(tmp_path) == 1
    assert (old.place().is_here, new.place().is_here) == (False, True)
    assert sweep(tmp_path / "nowhere") == 0


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path):
    lines = lines_of_a_shop(12_000)  # 20 MB
    spool = Spool(tmp_path, "shop 1")
    tracemalloc.start()
    try:
        fill(spool, lines)
        found = sum(len(page) for page in spool.orders(number=250))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == 12_000
    assert peak < 5_000_000
