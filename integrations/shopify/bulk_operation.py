"""Bulk operations: Shopify writes all orders that are asked for into one file of lines, which is brought here
and put together.

https://shopify.dev/docs/api/usage/bulk-operations/queries. The lines of an order stand somewhere in the file,
before it or behind it.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import msgspec

from integrations.platforms.protocol import Export, ExportState, Fetched, OrderPage
from integrations.shopify import parsing, queries, responses
from integrations.shopify.bulk_download import Download, NoFileError
from integrations.shopify.bulk_file import (
    BEFORE_ALL,
    ConcurrentWriteError,
    Key,
    Record,
    Spool,
    Spooled,
)
from integrations.shopify.client import ShopifyClient
from integrations.shopify.cursor import OrderCursor
from integrations.shopify.errors import loggable
from orders.importing.incoming import Snapshot

LINES_AT_ONCE = 1_000
BUSY = {"OPERATION_IN_PROGRESS", "LIMIT_REACHED"}
UNDER_WAY = {"CREATED", "RUNNING", "CANCELING"}
LOST = Export("", ExportState.LOST)


class Operation(responses.Struct):
    id: str
    status: str
    error_code: str | None = None
    object_count: str = "0"
    root_object_count: str = "0"
    url: str | None = None
    partial_data_url: str | None = None


class Looked(responses.Struct):
    bulk_operation: Operation | None = None


class Problem(responses.Struct):
    message: str = ""
    code: str | None = None


class Running(responses.Struct):
    bulk_operation: Operation | None = None
    user_errors: list[Problem] = []


class Started(responses.Struct):
    bulk_operation_run_query: Running | None = None


class BulkExports:
    """A store's exports behind the neutral protocol (integrations.platforms.protocol.StoreExports).
    ``folder`` is where their files are kept while they are read."""

    def __init__(
        self,
        client: ShopifyClient,
        reader: parsing.Reader,
        *,
        folder: Path,
        page_size: int,
        without_customers: bool,
    ) -> None:
        self.client, self.reader, self.folder = client, reader, folder
        self.page_size, self.without_customers = page_size, without_customers

    def start(self, since: datetime, *, before: datetime | None) -> Export:
        text = (
            queries.BULK_ORDERS_WITHOUT_CUSTOMERS
            if self.without_customers
            else queries.BULK_ORDERS
        )
        answer = self.client.query(
            queries.BULK_RUN, {"query": inner(text, OrderCursor(since).query(before))}
        )
        if answer.is_empty:
            return Export("", ExportState.REFUSED)
        found = self.client.decoded(answer, Started).bulk_operation_run_query
        if found and found.bulk_operation and not found.user_errors:
            return _export(found.bulk_operation)
        problems = found.user_errors if found else []
        if any(each.code in BUSY for each in problems):
            return Export("", ExportState.BUSY)
        for each in problems:
            self.client.warn(
                f"began no export: {each.code or '-'} {loggable(each.message)}"
            )
        return LOST

    def look(self, export_id: str) -> Export:
        found = self.client.decoded(
            self.client.query(queries.BULK_LOOK, {"id": export_id}), Looked
        ).bulk_operation
        return _export(found) if found else LOST

    def cancel(self, export_id: str) -> None:
        # One that has ended is refused in words, and that is all.
        self.client.query(queries.BULK_CANCEL, {"id": export_id})

    def is_here(self, export_id: str) -> bool:
        return self._spool(export_id).place().is_here

    def fetch(self, export: Export, *, seconds: float) -> Fetched:
        spool = self._spool(export.id)
        offset, ended = spool.place().offset, not export.url
        try:
            if export.url:
                download = Download(
                    export.url,
                    offset=offset,
                    seconds=seconds,
                    at_loopback=self.client.transport.is_here,
                )
                for records, until in _batches(iter(download)):
                    spool.add(records, offset=offset, until=until)
                    offset = until
                ended = download.is_at_end
            if ended:
                spool.close(offset=offset, is_whole=export.state == ExportState.WHOLE)
        except ConcurrentWriteError:
            return Fetched.MORE
        except (NoFileError, ValueError):
            spool.delete()
            return Fetched.NOT_THERE
        return Fetched.ALL if ended else Fetched.MORE

    def orders(
        self, export_id: str, *, fetched_at: datetime, position: str
    ) -> Iterator[OrderPage]:
        pages = self._spool(export_id).orders(
            behind=_key(position), number=self.page_size
        )
        page = next(pages, [])
        while page:
            following = next(pages, [])
            place = msgspec.json.encode(page[-1].key).decode() if following else ""
            yield OrderPage(
                tuple(self._snapshot(each) for each in page), fetched_at, place
            )
            page = following
            if not place:
                return
        yield OrderPage((), fetched_at)

    def rest_from(self, export_id: str, since: datetime) -> datetime | None:
        place = self._spool(export_id).place()
        if place.is_whole:
            return None
        return (
            max(since, datetime.fromtimestamp(place.newest, UTC))
            if place.in_order and place.newest
            else since
        )

    def forget(self, export_id: str) -> None:
        self._spool(export_id).delete()

    def _spool(self, export_id: str) -> Spool:
        return Spool(self.folder, f"{self.client.transport.domain} {export_id}")

    def _snapshot(self, spooled: Spooled) -> Snapshot:
        """The order as a page would have shown it. Lines that did not make it into the file are read apart,
        like those that do not fit into a page."""
        number = spooled.key[1]
        lines = b",".join(spooled.lines)
        more = b"true" if spooled.lacks_lines else b"false"
        text = spooled.text.rstrip().removesuffix(b"}")
        raw = (
            text
            + b',"lineItems":{"nodes":['
            + lines
            + b'],"pageInfo":{"hasNextPage":'
            + more
            + b"}}}"
        )
        return self.reader.snapshot(msgspec.Raw(raw), external_id=str(number))


def inner(text: str, query: str) -> str:
    """The question that Shopify carries out by itself: it takes no variables, so the search stands in it."""
    return text.replace("($query: String!)", "").replace(
        "$query", msgspec.json.encode(query).decode()
    )


def _export(found: Operation) -> Export:
    state, url = _state(found)
    return Export(
        found.id, state, int(found.object_count), int(found.root_object_count), url
    )


def _state(found: Operation) -> tuple[ExportState, str]:
    if found.status in UNDER_WAY:
        return ExportState.PREPARING, ""
    if found.status == "COMPLETED":
        return ExportState.WHOLE, found.url or ""
    if found.error_code == "ACCESS_DENIED":
        return ExportState.REFUSED, ""
    return (
        (ExportState.PART, found.partial_data_url)
        if found.partial_data_url
        else (ExportState.LOST, "")
    )


def _batches(
    lines: Iterator[tuple[bytes, int]],
) -> Iterator[tuple[list[tuple[Record, bytes]], int]]:
    """So many lines of the file at once, and the offset behind them. Raises ValueError for what is no line of
    such a file."""
    while batch := list(islice(lines, LINES_AT_ONCE)):
        yield (
            [
                (responses.decode(line, Record), line)
                for line, _ in batch
                if line.strip()
            ],
            batch[-1][1],
        )


def _key(position: str) -> Key:
    with suppress(msgspec.DecodeError):
        return msgspec.json.decode(position, type=Key) if position else BEFORE_ALL
    return BEFORE_ALL
