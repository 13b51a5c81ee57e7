"""The gateway protocol for Shopify: pages of changed orders, orders by id, products' texts, and the check of
a connection."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from django.utils import timezone

from common.http import int_or_none
from integrations.platforms.errors import StoreError
from integrations.platforms.protocol import (
    Budget,
    Count,
    OrderPage,
    OrderReading,
    OrderTimestamp,
    Preview,
    ShopReport,
    Subscriptions,
    TimestampPage,
)
from integrations.shopify import parsing, queries, responses, shop_check
from integrations.shopify.bulk_operation import BulkExports
from integrations.shopify.by_id import BY_ID_AT_ONCE, LINES, MAX_IDS, ById
from integrations.shopify.client import Answer, ShopifyClient
from integrations.shopify.cursor import Dated, OrderCursor, named, previewed
from integrations.shopify.errors import FaultyAnswer, TooExpensive
from integrations.shopify.webhook_subscriptions import Registrar
from inventory.product_matching import ProductText
from orders.domain.external_numbers import has_digits, is_named
from orders.importing.admission import Admission
from orders.importing.incoming import Snapshot

T = TypeVar("T")
SEARCHED_AT_ONCE = 250
"""Ids in one search, of some 5,000 characters: a page of 250 costs little more than one of 100. Shopify
publishes no limit for a search's length; where it has one, it is halved."""
MAX_COUNTED = 25_000
"""Shopify counts no further, https://shopify.dev/docs/api/usage/limits."""
MIN_ID_DIGITS = 8
"""A number with fewer digits is no order's id."""
MAX_NAMESAKES = 10
"""Orders that are read at once when one is looked up by its number, which need not be unique."""
MAX_PAGES_OF_NAMESAKES = 10
"""How far it is looked for among orders whose numbers begin alike: through 2,500 of them."""


class ShopifyGateway:
    """One Shopify store behind the neutral protocol (integrations.platforms.protocol.StoreGateway).

    ``without_customers``: an earlier answer lost its orders because the app may not see customer data, so it
    is not asked for. ``key`` and ``country`` are parsing.Reader's; ``spool_folder`` is BulkExports' folder.
    """

    def __init__(
        self,
        client: ShopifyClient,
        *,
        key: str,
        country: str,
        page_size: int = MAX_IDS,
        without_customers: bool = False,
        spool_folder: Path = Path(),
        now: Callable[[], datetime] = timezone.now,
    ) -> None:
        self.client, self.now = client, now
        self.reader = parsing.Reader(key, country, now=now)
        self._page_size = min(page_size, MAX_IDS)
        self.by_id = ById(client, self.reader, self._ask)
        self._searched_at_once = SEARCHED_AT_ONCE
        self.without_customers = without_customers
        self.customer_data_refused = without_customers
        self.spool_folder = spool_folder

    @property
    def exports(self) -> BulkExports:
        return BulkExports(
            self.client,
            self.reader,
            folder=self.spool_folder,
            page_size=self._page_size,
            without_customers=self.without_customers,
        )

    @property
    def budget(self) -> Budget:
        return self.client.budget

    @property
    def served_api_version(self) -> str:
        served = self.client.version_served
        return served if served != self.client.version else ""

    @property
    def page_size(self) -> int:
        return self._page_size

    def changed_orders(
        self, since: datetime, *, before: datetime | None = None, position: str = ""
    ) -> Iterator[OrderPage]:
        cursor: OrderCursor | None = OrderCursor.read(position) or OrderCursor(since)
        while cursor:
            fetched_at = self.now()
            (snapshots, found), cursor = self._page(cursor, before, self._search)
            dated = [each for each in snapshots if each.is_dated]
            cursor = cursor.behind(found, dated)
            yield OrderPage(snapshots, fetched_at, cursor.text if cursor else "")

    def order_stamps(
        self, since: datetime, *, before: datetime, position: str = ""
    ) -> Iterator[TimestampPage]:
        cursor: OrderCursor | None = OrderCursor.read(position) or OrderCursor(since)
        while cursor:
            (timestamps, found), cursor = self._page(cursor, before, self._search_slim)
            dated = [
                Dated(each.external_id, each.updated_at)
                for each in timestamps
                if each.updated_at
            ]
            cursor = cursor.behind(found, dated)
            yield TimestampPage(timestamps, cursor.text if cursor else "")

    def _page(
        self,
        cursor: OrderCursor,
        before: datetime | None,
        search: Callable[[dict[str, Any]], T],
    ) -> tuple[T, OrderCursor]:
        """The page at this place, and the cursor itself: a refused one starts again from its
        time."""
        while True:
            query = {"query": cursor.query(before), "sort": cursor.sort_key}
            try:
                return (
                    search(
                        {"first": self._page_size, "after": cursor.after or None}
                        | query
                    ),
                    cursor,
                )
            except TooExpensive as error:
                self._page_size = error.smaller(self._page_size)
            except StoreError as error:
                if error.code != "bad_query" or not cursor.after:
                    raise
                cursor = OrderCursor(cursor.since, last_id=min(cursor.last_id, 0))

    def _search(
        self,
        variables: dict[str, Any],
        texts: tuple[str, str] = (
            queries.CHANGED_ORDERS,
            queries.CHANGED_ORDERS_WITHOUT_CUSTOMERS,
        ),
    ) -> tuple[tuple[Snapshot, ...], responses.OrderPages]:
        """The orders that this search finds. What Shopify cannot serve whole is read by id, until what it
        cannot serve is alone."""
        try:
            answer = self._ask(*texts, variables | {"lines": LINES})
            faulty = answer.faulty_places("orders", "nodes")
            found = self.client.decoded(answer, responses.ChangedOrders).orders
            return self._snapshots(found.nodes, faulty), found
        except FaultyAnswer:
            timestamps, found = self._search_slim(variables)
            ids = [each.external_id for each in timestamps]
            return tuple(self.by_id.orders(ids)), found

    def _search_slim(
        self, variables: dict[str, object]
    ) -> tuple[tuple[OrderTimestamp, ...], responses.OrderPages]:
        answer = self.client.query(queries.CHANGED_ORDERS_SLIM, variables)
        found = self.client.decoded(answer, responses.ChangedOrders).orders
        try:
            return tuple(
                self.reader.timestamp(node)
                for node in found.nodes
                if not responses.is_nothing(node)
            ), found
        except ValueError as error:
            raise self.client.nonsense(error) from None

    def _snapshots(
        self, nodes: Sequence[msgspec.Raw], faulty: Collection[int]
    ) -> tuple[Snapshot, ...]:
        """The orders of these nodes, ``faulty`` ones at these places. Raises FaultyAnswer for a node that
        does not say which order it is."""
        self.by_id.expect_some(len(nodes), len(faulty))
        try:
            return tuple(
                self.reader.unserved(node)
                if place in faulty
                else self.reader.snapshot(node)
                for place, node in enumerate(nodes)
                if place in faulty or not responses.is_nothing(node)
            )
        except ValueError as error:
            self.client.warn(str(error))
            raise FaultyAnswer(self.client.request_id) from None

    def count_orders(self, since: datetime, *, before: datetime | None = None) -> Count:
        answer = self.client.query(
            queries.ORDERS_COUNT, {"query": OrderCursor(since).query(before)}
        )
        counted = self.client.decoded(answer, responses.OrdersCount).orders_count
        exact = counted.precision == "EXACT" and counted.count <= MAX_COUNTED
        return Count(min(counted.count, MAX_COUNTED), exact)

    def preview(self, admission: Admission) -> Preview:
        answer = self.client.query(queries.ORDERS_PREVIEW, previewed(admission))
        found = self.client.decoded(answer, responses.OrdersPreview)
        every, real, wanted, admitted = (
            _counted(each)
            for each in [found.all, found.real, found.wanted, found.admitted]
        )
        left_out = {}
        if not admission.include_tests:
            left_out["test_order"] = every - real
        if admission.excluded_tags:
            left_out["excluded_tag"] = real - wanted
        if admission.open_before:
            left_out["not_open"] = wanted - admitted
        return Preview(admitted, left_out, older=_counted(found.older))

    def find(self, number: str) -> OrderReading:
        fetched_at = self.now()
        found = {each.external_id: each for each in self._numbered(number)}
        if (
            int_or_none(number) is not None
            and len(number) >= MIN_ID_DIGITS
            and number not in found
        ):
            found |= {
                each.external_id: each for each in self.orders([number]).snapshots
            }
        return OrderReading(tuple(found.values()), frozenset(), fetched_at)

    def _numbered(self, number: str) -> list[Snapshot]:
        """The orders with just this number; where there is none, some with its digits. Shopify's search
        brings whatever begins alike, and the one that is meant may be far behind."""
        query = {"query": named(number)}
        snapshots, page = self._search({"first": MAX_NAMESAKES, **query})
        found = [each for each in snapshots if is_named(each.number, number)]
        alike = [each for each in snapshots if has_digits(each.number, number)]
        for _page in range(MAX_PAGES_OF_NAMESAKES):
            if found or not page.page_info.has_next_page:
                break
            after = page.page_info.end_cursor
            stamps, page = self._search_slim(
                {"first": MAX_IDS, "after": after, **query}
            )
            ids = [each.external_id for each in stamps if is_named(each.number, number)]
            found = list(self.orders(ids).snapshots) if ids else []
        return found or alike

    def _ask(
        self, text: str, text_without_customers: str, variables: dict[str, object]
    ) -> Answer:
        """The answer, with customer data if the app may see it. A refusal must not cost us the orders
        (C4)."""
        if not self.without_customers:
            answer = self.client.query(text, variables, in_parts=True)
            self.customer_data_refused = (
                self.customer_data_refused or answer.customers_refused
            )
            if not answer.is_empty:
                return answer
            self.without_customers = True
        return self.client.query(text_without_customers, variables, in_parts=True)

    def orders(self, external_ids: Sequence[str]) -> OrderReading:
        fetched_at = self.now()
        found = self._searched(external_ids)
        shown = {each.external_id for each in found}
        # The search lags behind: what it does not show may be there all the same.
        hidden = [each for each in external_ids if each not in shown]
        found += self.by_id.orders(hidden)
        gone = frozenset(external_ids) - {each.external_id for each in found}
        return OrderReading(tuple(found), gone, fetched_at)

    def _searched(self, external_ids: Sequence[str]) -> list[Snapshot]:
        """Those of these orders that Shopify's search shows; none where there are so few that reading them by
        id is as well, or where it refuses to search for ids."""
        if len(external_ids) <= BY_ID_AT_ONCE:
            return []
        asked = [each for each in external_ids if int_or_none(each) is not None]
        found: list[Snapshot] = []
        while asked and self._searched_at_once:
            some = asked[: self._searched_at_once]
            ids = " OR ".join(f"id:{each}" for each in some)
            search = {"first": len(some), "after": None, "query": ids, "sort": "ID"}
            try:
                snapshots, _found = self._search(
                    search,
                    (queries.FOUND_ORDERS, queries.FOUND_ORDERS_WITHOUT_CUSTOMERS),
                )
            except TooExpensive as error:
                self._searched_at_once = error.smaller(len(some))
                continue
            except StoreError as error:
                if error.code != "bad_query":
                    raise
                self._searched_at_once = len(some) // 2
                continue
            found += [each for each in snapshots if each.external_id in some]
            asked = asked[len(some) :]
        return found

    def complete(self, snapshots: Sequence[Snapshot]) -> Sequence[Snapshot]:
        return self.by_id.complete(snapshots)

    def describe(self, product_ids: Sequence[str]) -> Mapping[str, ProductText]:
        return {
            responses.product_id(product): ProductText(
                description=product.description_html,
                # The merchant's own word first; Shopify's taxonomy is in English whatever the shop speaks.
                category=product.product_type.strip()
                or (product.category.name if product.category else ""),
            )
            for product in self.by_id.products(product_ids)
        }

    def check(self) -> ShopReport:
        return shop_check.check(self.client)

    def subscribe(self, address: str, *, wanted: bool) -> Subscriptions:
        return Registrar(self.client).settle(address, wanted=wanted)


def _counted(found: responses.CountOfOrders) -> Count:
    """As Shopify counts: to 10,000 where no other limit is given, and then says that there are more."""
    exact = found.precision == "EXACT"
    return Count(found.count if exact else found.count - 1, exact)
