"""The gateway protocol for Shopify: pages of changed orders, orders by id, products' texts, and the check of
a connection."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from django.utils import timezone
from msgspec.structs import replace

from common.http import int_or_none
from integrations.platforms.errors import StoreError
from integrations.platforms.protocol import (
    Budget,
    Count,
    OrderPage,
    OrderReading,
    ShopReport,
    Stamp,
    StampPage,
    Subscriptions,
)
from integrations.shopify import parsing, responses
from integrations.shopify.bulk_operation import BulkDocuments, BulkExports
from integrations.shopify.client import Answer, ShopifyClient
from integrations.shopify.cursor import OrderCursor, named
from integrations.shopify.errors import BAD_ANSWER, BUSY, TooExpensive, unavailable
from integrations.shopify.webhook_subscriptions import Documents, Registrar
from inventory.product_matching import ProductText
from orders.importing.incoming import IncomingOrder, Snapshot

log = logging.getLogger("roapp.shopify")
T = TypeVar("T")

LINES = 20
"""Lines per order in a page: few orders have more, and their rest is read apart (``complete``)."""
MAX_IDS = 250
"""Shopify's limit for an array, https://shopify.dev/docs/api/usage/limits."""
COMPLETED_AT_ONCE = 10
"""Orders that are read again with their lines: what Shopify charges for many ids is not published."""
MAX_LINES = 250
MAX_COUNTED = 25_000
"""Shopify counts no further, https://shopify.dev/docs/api/usage/limits."""
MIN_ID_DIGITS = 8
"""A number with fewer digits is no order's id."""
MAX_NAMESAKES = 10
"""Orders that are looked at when one is looked up by its number, which need not be unique."""
SCOPES = ("read_orders", "read_products", "read_customers")


@cache
def document(*names: str) -> str:
    """GraphQL text from documents/, joined."""
    folder = Path(__file__).parent / "documents"
    return "\n".join((folder / f"{name}.graphql").read_text("utf-8") for name in names)


PARTS = ("order_figures", "line_fields")
WITHOUT_CUSTOMERS = ("order_fields", *PARTS)
WITH_CUSTOMERS = (*WITHOUT_CUSTOMERS, "customer_fields")
CHANGED_ORDERS = document("changed_orders", *WITH_CUSTOMERS)
CHANGED_ORDERS_WITHOUT_CUSTOMERS = document(
    "changed_orders_without_customers", *WITHOUT_CUSTOMERS
)
CHANGED_ORDERS_SLIM = document("changed_orders_slim")
ORDERS_COUNT = document("orders_count")
ORDERS_BY_ID = document("orders_by_id", *WITH_CUSTOMERS)
ORDERS_BY_ID_WITHOUT_CUSTOMERS = document(
    "orders_by_id_without_customers", *WITHOUT_CUSTOMERS
)
ORDER_LINES = document("order_lines", "line_fields")
BULK = BulkDocuments(
    run=document("bulk_run"),
    look=document("bulk_look"),
    cancel=document("bulk_cancel"),
    orders=document("bulk_orders", *PARTS, "customer_fields"),
    orders_without_customers=document("bulk_orders_without_customers", *PARTS),
)
PRODUCT_TEXTS = document("product_texts")
SHOP = document("shop")
NEWEST_ORDER = document("newest_order")
WEBHOOKS = Documents(
    document("webhook_subscriptions"),
    document("webhook_create"),
    document("webhook_delete"),
)
DOCUMENTS = [
    *[
        CHANGED_ORDERS,
        CHANGED_ORDERS_WITHOUT_CUSTOMERS,
        CHANGED_ORDERS_SLIM,
        ORDERS_COUNT,
    ],
    *[ORDERS_BY_ID, ORDERS_BY_ID_WITHOUT_CUSTOMERS],
    *[ORDER_LINES, PRODUCT_TEXTS, SHOP, NEWEST_ORDER],
    *[WEBHOOKS.listing, WEBHOOKS.create, WEBHOOKS.delete],
    *[BULK.run, BULK.look, BULK.cancel, BULK.orders, BULK.orders_without_customers],
]
"""Everything that is ever asked of Shopify."""


class ShopifyGateway:
    """One Shopify store behind the neutral protocol (integrations.platforms.protocol.StoreGateway).

    ``without_customers``: an earlier answer lost its orders because the app may not see customer data, so it
    is not asked for. ``key`` and ``country`` are parsing.Reader's; ``spool_folder`` is BulkExports' folder.
    """

    def __init__(
        self,
        client: ShopifyClient,
        *,
        domain: str,
        key: str,
        country: str,
        page_size: int = MAX_IDS,
        without_customers: bool = False,
        spool_folder: Path = Path(),
        now: Callable[[], datetime] = timezone.now,
    ) -> None:
        self.client, self.domain, self.now = client, domain, now
        self.reader = parsing.Reader(key, country)
        self._page_size = min(page_size, MAX_IDS)
        self._ids_at_once = MAX_IDS
        self.without_customers = without_customers
        self.customer_data_refused = without_customers
        self.spool_folder = spool_folder

    @property
    def exports(self) -> BulkExports:
        return BulkExports(
            self.client,
            BULK,
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
        def ask(variables: dict[str, Any]) -> Answer:
            return self._ask(
                CHANGED_ORDERS,
                CHANGED_ORDERS_WITHOUT_CUSTOMERS,
                variables | {"lines": LINES},
            )

        cursor: OrderCursor | None = OrderCursor.read(position) or OrderCursor(since)
        while cursor:
            fetched_at = self.now()
            found, cursor = self._page(cursor, before, ask)
            snapshots = self._snapshots(found.nodes)
            cursor = cursor.behind(found, snapshots)
            yield OrderPage(snapshots, fetched_at, cursor.text if cursor else "")

    def order_stamps(
        self, since: datetime, *, before: datetime, position: str = ""
    ) -> Iterator[StampPage]:
        def ask(variables: dict[str, Any]) -> Answer:
            return self.client.query(CHANGED_ORDERS_SLIM, variables)

        cursor: OrderCursor | None = OrderCursor.read(position) or OrderCursor(since)
        while cursor:
            found, cursor = self._page(cursor, before, ask)
            nodes = [
                self._sensible(node, responses.Stamped)
                for node in found.nodes
                if not responses.is_nothing(node)
            ]
            stamps = tuple(
                Stamp(node.legacy_resource_id, node.name, node.updated_at)
                for node in nodes
            )
            cursor = cursor.behind(found, stamps)
            yield StampPage(stamps, cursor.text if cursor else "")

    def _page(
        self,
        cursor: OrderCursor,
        before: datetime | None,
        ask: Callable[[dict[str, Any]], Answer],
    ) -> tuple[responses.OrderPages, OrderCursor]:
        """The page at this place, and the cursor itself: a refused one starts again from its
        time."""
        while True:
            query = {"query": cursor.query(before), "sort": cursor.sort_key}
            try:
                answer = ask(
                    {"first": self._page_size, "after": cursor.after or None} | query
                )
            except TooExpensive as error:
                self._page_size = _smaller(self._page_size, error)
            except StoreError as error:
                if error.code != "bad_query" or not cursor.after:
                    raise
                cursor = OrderCursor(cursor.since, last_id=min(cursor.last_id, 0))
            else:
                return self._decoded(answer, responses.ChangedOrders).orders, cursor

    def count_orders(self, since: datetime, *, before: datetime | None = None) -> Count:
        answer = self.client.query(
            ORDERS_COUNT, {"query": OrderCursor(since).query(before)}
        )
        counted = self._decoded(answer, responses.OrdersCount).orders_count
        exact = counted.precision == "EXACT" and counted.count <= MAX_COUNTED
        return Count(min(counted.count, MAX_COUNTED), exact)

    def find(self, number: str) -> OrderReading:
        fetched_at = self.now()
        variables = {"first": MAX_NAMESAKES, "lines": LINES, "query": named(number)}
        answer = self._ask(CHANGED_ORDERS, CHANGED_ORDERS_WITHOUT_CUSTOMERS, variables)
        found = {
            each.external_id: each
            for each in self._snapshots(
                self._decoded(answer, responses.ChangedOrders).orders.nodes
            )
        }
        if (
            int_or_none(number) is not None
            and len(number) >= MIN_ID_DIGITS
            and number not in found
        ):
            found |= {
                each.external_id: each for each in self.orders([number]).snapshots
            }
        return OrderReading(tuple(found.values()), frozenset(), fetched_at)

    def _ask(
        self, text: str, text_without_customers: str, variables: dict[str, Any]
    ) -> Answer:
        """The answer, with customer data if the app may see it. A refusal must not cost us the orders
        (C4)."""
        if not self.without_customers:
            answer = self.client.query(text, variables)
            self.customer_data_refused = (
                self.customer_data_refused or answer.customers_refused
            )
            if not answer.is_empty:
                return answer
            self.without_customers = True
        return self.client.query(text_without_customers, variables)

    def _snapshots(self, nodes: Sequence[msgspec.Raw]) -> tuple[Snapshot, ...]:
        try:
            return tuple(
                self.reader.snapshot(node)
                for node in nodes
                if not responses.is_nothing(node)
            )
        except ValueError as error:
            raise self._nonsense(error) from None

    def _decoded(self, answer: Answer, kind: type[T]) -> T:
        return self._sensible(answer.data, kind)

    def _sensible(self, raw: msgspec.Raw, kind: type[T]) -> T:
        try:
            return responses.decode(raw, kind)
        except ValueError as error:
            raise self._nonsense(error) from None

    def _nonsense(self, error: ValueError) -> StoreError:
        about = {"domain": self.domain, "request_id": self.client.request_id}
        log.warning(
            "%s: %s (request %s)",
            self.domain,
            error,
            self.client.request_id or "-",
            extra=about,
        )
        return unavailable(BAD_ANSWER, "bad_answer", self.client.request_id)

    def orders(self, external_ids: Sequence[str]) -> OrderReading:
        fetched_at = self.now()
        found: list[Snapshot] = []
        for nodes in self._nodes("Order", external_ids, lines=LINES):
            found += self._snapshots(nodes)
        gone = frozenset(external_ids) - {each.external_id for each in found}
        return OrderReading(tuple(found), gone, fetched_at)

    def complete(self, snapshots: Sequence[Snapshot]) -> Sequence[Snapshot]:
        cut = [each.external_id for each in snapshots if each.is_cut]
        whole: dict[str, IncomingOrder] = {}
        for start in range(0, len(cut), COMPLETED_AT_ONCE):
            for nodes in self._nodes(
                "Order", cut[start : start + COMPLETED_AT_ONCE], lines=MAX_LINES
            ):
                for node in nodes:
                    if not responses.is_nothing(node):
                        order = self._sensible(node, responses.Order)
                        whole[order.legacy_resource_id] = self.reader.order(
                            order, self._more_lines(order)
                        )
        # An order that has vanished meanwhile is left out: the next poll, or the next update, says what
        # became of it.
        return [
            _with_order(each, whole.get(each.external_id))
            for each in snapshots
            if not each.is_cut or each.external_id in whole
        ]

    def _more_lines(self, order: responses.Order) -> list[responses.Line]:
        lines: list[responses.Line] = []
        page = order.line_items.page_info
        while page.has_next_page:
            answer = self.client.query(
                ORDER_LINES,
                {"id": order.id, "lines": MAX_LINES, "after": page.end_cursor},
            )
            found = self._decoded(answer, responses.OrderLines).order
            if found is None:
                break
            lines += found.line_items.nodes
            page = found.line_items.page_info
        return lines

    def _nodes(
        self, kind: str, ids: Sequence[str], *, lines: int
    ) -> Iterator[list[msgspec.Raw]]:
        def ask(gids: list[str]) -> list[msgspec.Raw]:
            answer = self._ask(
                ORDERS_BY_ID,
                ORDERS_BY_ID_WITHOUT_CUSTOMERS,
                {"ids": gids, "lines": lines},
            )
            return self._decoded(answer, responses.Nodes).nodes

        return self._by_ids(kind, ids, ask)

    def _by_ids(
        self, kind: str, ids: Sequence[str], ask: Callable[[list[str]], T]
    ) -> Iterator[T]:
        """The answers for these ids, as many ids at once as Shopify allows and the cost permits."""
        done = 0
        while done < len(ids):
            gids = [
                f"gid://shopify/{kind}/{each}"
                for each in ids[done : done + self._ids_at_once]
            ]
            try:
                answer = ask(gids)
            except TooExpensive as error:
                self._ids_at_once = _smaller(len(gids), error)
                continue
            done += len(gids)
            yield answer

    def describe(self, product_ids: Sequence[str]) -> Mapping[str, ProductText]:
        def ask(gids: list[str]) -> list[responses.Product | None]:
            return self._decoded(
                self.client.query(PRODUCT_TEXTS, {"ids": gids}), responses.Products
            ).nodes

        return {
            responses.product_id(product): ProductText(
                description=product.description_html,
                # The merchant's own word first; Shopify's taxonomy is in English whatever the shop speaks.
                category=product.product_type.strip()
                or (product.category.name if product.category else ""),
            )
            for products in self._by_ids("Product", product_ids, ask)
            for product in products
            if product and product.id
        }

    def check(self) -> ShopReport:
        answer = self._decoded(self.client.query(SHOP), responses.ShopAnswer)
        shop = answer.shop
        granted = {
            scope.handle for scope in answer.current_app_installation.access_scopes
        }
        missing = tuple(
            scope
            for scope in SCOPES
            if scope not in granted and scope.replace("read", "write") not in granted
        )
        newest, readable = (None, False) if missing else self._newest()
        return ShopReport(
            name=shop.name,
            domain=shop.myshopify_domain,
            currency=shop.currency_code,
            country=shop.shop_address.country_code_v2 or "",
            plan=shop.plan.public_display_name,
            missing_scopes=missing,
            reads_all_orders="read_all_orders" in granted,
            customer_data_readable=readable,
            newest_order=newest.name if newest else "",
            newest_order_at=newest.created_at if newest else None,
            api_version=self.client.version,
            api_version_served=self.client.version_served,
        )

    def subscribe(self, address: str, *, wanted: bool) -> Subscriptions:
        return Registrar(self.client, WEBHOOKS).settle(address, wanted=wanted)

    def _newest(self) -> tuple[responses.NewestOrder | None, bool]:
        """The newest order, and whether customer data can be read; of a shop without orders it is taken to be
        so."""
        answer = self.client.query(NEWEST_ORDER)
        if answer.is_empty:
            return None, False
        newest = next(
            iter(self._decoded(answer, responses.NewestAnswer).orders.nodes), None
        )
        nameless = (
            newest is not None
            and newest.customer is not None
            and newest.customer.first_name is None
        )
        return newest, not (answer.customers_refused or nameless)


def _smaller(size: int, error: TooExpensive) -> int:
    if size <= 1:
        raise unavailable(BUSY, "too_expensive", error.request_id)
    return max(1, int(size * error.share))


def _with_order(snapshot: Snapshot, order: IncomingOrder | None) -> Snapshot:
    return (
        snapshot
        if order is None
        else replace(snapshot, read=lambda: order, is_cut=False)
    )
