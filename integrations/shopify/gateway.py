"""The gateway protocol for Shopify: pages of changed orders, orders by id, products' texts, and the check of
a connection."""

import logging
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
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
    OrderTimestamp,
    Preview,
    ShopReport,
    Subscriptions,
    TimestampPage,
)
from integrations.shopify import parsing, responses
from integrations.shopify.bulk_operation import BulkDocuments, BulkExports
from integrations.shopify.client import Answer, ShopifyClient
from integrations.shopify.cursor import Dated, OrderCursor, named, previewed
from integrations.shopify.errors import (
    BAD_ANSWER,
    BUSY,
    DOWN,
    FaultyAnswer,
    TooExpensive,
    unavailable,
)
from integrations.shopify.webhook_subscriptions import Documents, Registrar
from inventory.product_matching import ProductText
from orders.domain.external_numbers import has_digits, is_named
from orders.importing.admission import Admission
from orders.importing.incoming import IncomingOrder, Snapshot, UnservedError

log = logging.getLogger("roapp.shopify")
T = TypeVar("T")

LINES = 20
"""Lines per order in a page: few orders have more, and their rest is read apart (``complete``)."""
MAX_IDS = 250
"""Shopify's limit for an array, https://shopify.dev/docs/api/usage/limits."""
BY_ID_AT_ONCE = 10
"""Orders that are read by id: each costs some 29 points there, among 250 found by a search 1.6."""
SEARCHED_AT_ONCE = 250
"""Ids in one search, of some 5,000 characters: a page of 250 costs little more than one of 100. Shopify
publishes no limit for a search's length; where it has one, it is halved."""
MAX_LINES = 250
MAX_COUNTED = 25_000
"""Shopify counts no further, https://shopify.dev/docs/api/usage/limits."""
MIN_ID_DIGITS = 8
"""A number with fewer digits is no order's id."""
MAX_NAMESAKES = 10
"""Orders that are read at once when one is looked up by its number, which need not be unique."""
MAX_PAGES_OF_NAMESAKES = 10
"""How far it is looked for among orders whose numbers begin alike: through 2,500 of them."""
MAX_FAULTY = 10
"""Shopify may have errors of its own with so many orders at once; with more of them, and nothing else, it is
down."""
MAX_NAME, MAX_PLAN = 255, 64
CURRENCY, COUNTRY = re.compile("[A-Z]{3}", re.ASCII), re.compile("[A-Z]{2}", re.ASCII)
NO_CODE = "???"
"""In place of a currency that is none."""
NOTHING = msgspec.Raw(b"{}")
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
FOUND_ORDERS = document("found_orders", *WITH_CUSTOMERS)
FOUND_ORDERS_WITHOUT_CUSTOMERS = document(
    "found_orders_without_customers", *WITHOUT_CUSTOMERS
)
ORDERS_COUNT = document("orders_count")
ORDERS_PREVIEW = document("orders_preview")
ORDERS_BY_ID = document("orders_by_id", *WITH_CUSTOMERS)
ORDERS_BY_ID_WITHOUT_CUSTOMERS = document(
    "orders_by_id_without_customers", *WITHOUT_CUSTOMERS
)
ORDERS_BY_ID_SLIM = document("orders_by_id_slim")
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
    CHANGED_ORDERS,
    CHANGED_ORDERS_WITHOUT_CUSTOMERS,
    CHANGED_ORDERS_SLIM,
    FOUND_ORDERS,
    FOUND_ORDERS_WITHOUT_CUSTOMERS,
    ORDERS_COUNT,
    ORDERS_PREVIEW,
    ORDERS_BY_ID,
    ORDERS_BY_ID_WITHOUT_CUSTOMERS,
    ORDERS_BY_ID_SLIM,
    ORDER_LINES,
    PRODUCT_TEXTS,
    SHOP,
    NEWEST_ORDER,
    WEBHOOKS.listing,
    WEBHOOKS.create,
    WEBHOOKS.delete,
    BULK.run,
    BULK.look,
    BULK.cancel,
    BULK.orders,
    BULK.orders_without_customers,
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
        self.reader = parsing.Reader(key, country, now=now)
        self._page_size = min(page_size, MAX_IDS)
        self._ids_at_once = MAX_IDS
        self._searched_at_once = SEARCHED_AT_ONCE
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
                self._page_size = _smaller(self._page_size, error)
            except StoreError as error:
                if error.code != "bad_query" or not cursor.after:
                    raise
                cursor = OrderCursor(cursor.since, last_id=min(cursor.last_id, 0))

    def _search(
        self,
        variables: dict[str, Any],
        texts: tuple[str, str] = (CHANGED_ORDERS, CHANGED_ORDERS_WITHOUT_CUSTOMERS),
    ) -> tuple[tuple[Snapshot, ...], responses.OrderPages]:
        """The orders that this search finds. What Shopify cannot serve whole is read by id, until what it
        cannot serve is alone."""
        try:
            answer = self._ask(*texts, variables | {"lines": LINES})
            faulty = _faulty(answer, "orders", "nodes")
            found = self._decoded(answer, responses.ChangedOrders).orders
            return self._snapshots(found.nodes, faulty), found
        except FaultyAnswer:
            timestamps, found = self._search_slim(variables)
            ids = [each.external_id for each in timestamps]
            return tuple(self._snapshots_of(ids)), found

    def _search_slim(
        self, variables: dict[str, object]
    ) -> tuple[tuple[OrderTimestamp, ...], responses.OrderPages]:
        answer = self.client.query(CHANGED_ORDERS_SLIM, variables)
        found = self._decoded(answer, responses.ChangedOrders).orders
        try:
            return tuple(
                self.reader.timestamp(node)
                for node in found.nodes
                if not responses.is_nothing(node)
            ), found
        except ValueError as error:
            raise self._nonsense(error) from None

    def _snapshots(
        self, nodes: Sequence[msgspec.Raw], faulty: Collection[int]
    ) -> tuple[Snapshot, ...]:
        """The orders of these nodes, ``faulty`` ones at these places. Raises FaultyAnswer for a node that
        does not say which order it is."""
        self._expect_some(len(nodes), len(faulty))
        try:
            return tuple(
                self.reader.unserved(node)
                if place in faulty
                else self.reader.snapshot(node)
                for place, node in enumerate(nodes)
                if place in faulty or not responses.is_nothing(node)
            )
        except ValueError as error:
            self._warn(str(error))
            raise FaultyAnswer(self.client.request_id) from None

    def _expect_some(self, asked: int, faulty: int) -> None:
        """Raises StoreUnavailable if Shopify has served none of so many: that is not the orders' fault."""
        if asked == faulty > MAX_FAULTY:
            raise unavailable(DOWN, "server_error", self.client.request_id)

    def count_orders(self, since: datetime, *, before: datetime | None = None) -> Count:
        answer = self.client.query(
            ORDERS_COUNT, {"query": OrderCursor(since).query(before)}
        )
        counted = self._decoded(answer, responses.OrdersCount).orders_count
        exact = counted.precision == "EXACT" and counted.count <= MAX_COUNTED
        return Count(min(counted.count, MAX_COUNTED), exact)

    def preview(self, admission: Admission) -> Preview:
        answer = self.client.query(ORDERS_PREVIEW, previewed(admission))
        found = self._decoded(answer, responses.OrdersPreview)
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

    def _decoded(self, answer: Answer, kind: type[T]) -> T:
        return self._sensible(answer.data, kind)

    def _sensible(self, raw: msgspec.Raw, kind: type[T]) -> T:
        try:
            return responses.decode(raw, kind)
        except ValueError as error:
            raise self._nonsense(error) from None

    def _nonsense(self, error: ValueError) -> StoreError:
        self._warn(str(error))
        return unavailable(BAD_ANSWER, "bad_answer", self.client.request_id)

    def _warn(self, words: str) -> None:
        about = {"domain": self.domain, "request_id": self.client.request_id}
        log.warning(
            "%s: %s (request %s)",
            self.domain,
            words,
            self.client.request_id or "-",
            extra=about,
        )

    def orders(self, external_ids: Sequence[str]) -> OrderReading:
        fetched_at = self.now()
        found = self._searched(external_ids)
        shown = {each.external_id for each in found}
        # The search lags behind: what it does not show may be there all the same.
        hidden = [each for each in external_ids if each not in shown]
        found += self._snapshots_of(hidden)
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
                    search, (FOUND_ORDERS, FOUND_ORDERS_WITHOUT_CUSTOMERS)
                )
            except TooExpensive as error:
                self._searched_at_once = _smaller(len(some), error)
                continue
            except StoreError as error:
                if error.code != "bad_query":
                    raise
                self._searched_at_once = len(some) // 2
                continue
            found += [each for each in snapshots if each.external_id in some]
            asked = asked[len(some) :]
        return found

    def _snapshots_of(self, external_ids: Sequence[str]) -> Iterator[Snapshot]:
        """The orders with these ids that the store has, those too that it cannot serve."""
        unserved: list[str] = []
        faulty = 0
        for external_id, node, is_faulty in self._nodes(external_ids, lines=LINES):
            faulty += is_faulty
            if responses.is_nothing(node):
                unserved += [external_id] if is_faulty else []
            elif is_faulty:
                yield self.reader.unserved(node, external_id=external_id)
            else:
                yield self.reader.snapshot(node, external_id=external_id)
        self._expect_some(len(external_ids), faulty)
        yield from self._unserved(unserved)

    def _unserved(self, external_ids: Sequence[str]) -> Iterator[Snapshot]:
        """Orders of which the store has served nothing, with their numbers as far as it serves these."""

        def ask(gids: list[str]) -> list[msgspec.Raw]:
            answer = self.client.query(ORDERS_BY_ID_SLIM, {"ids": gids}, in_parts=True)
            return self._decoded(answer, responses.Nodes).nodes

        for ids, nodes in self._by_ids("Order", external_ids, ask):
            for external_id, node in zip(ids, nodes or [NOTHING], strict=False):
                rest = NOTHING if responses.is_nothing(node) else node
                yield self.reader.unserved(rest, external_id=external_id)

    def complete(self, snapshots: Sequence[Snapshot]) -> Sequence[Snapshot]:
        cut = [each.external_id for each in snapshots if each.is_cut]
        whole: dict[str, Callable[[], IncomingOrder]] = {}
        for start in range(0, len(cut), BY_ID_AT_ONCE):
            ids = cut[start : start + BY_ID_AT_ONCE]
            for external_id, node, is_faulty in self._nodes(ids, lines=MAX_LINES):
                if is_faulty:
                    whole[external_id] = parsing.raising(UnservedError())
                elif not responses.is_nothing(node):
                    whole[external_id] = self._read_whole(node)
        # An order that has vanished meanwhile is left out: the next poll, or the next update, says what
        # became of it.
        return [
            replace(each, read=whole[each.external_id], is_cut=False)
            if each.is_cut
            else each
            for each in snapshots
            if not each.is_cut or each.external_id in whole
        ]

    def _read_whole(self, node: msgspec.Raw) -> Callable[[], IncomingOrder]:
        try:
            order = responses.decode(node, responses.Order)
            more = self._more_lines(order)
        except FaultyAnswer:
            return parsing.raising(UnservedError())
        except ValueError as error:
            return parsing.raising(error)
        return lambda: self.reader.order(order, more)

    def _more_lines(self, order: responses.Order) -> list[responses.Line]:
        lines: list[responses.Line] = []
        page = order.line_items.page_info
        while page.has_next_page:
            answer = self.client.query(
                ORDER_LINES,
                {"id": order.id, "lines": MAX_LINES, "after": page.end_cursor},
            )
            found = responses.decode(answer.data, responses.OrderLines).order
            if found is None:
                break
            lines += found.line_items.nodes
            page = found.line_items.page_info
        return lines

    def _nodes(
        self, external_ids: Sequence[str], *, lines: int
    ) -> Iterator[tuple[str, msgspec.Raw, bool]]:
        """Each of these orders with what the store says of it, and whether an error of the store's own keeps
        something back."""

        def ask(gids: list[str]) -> tuple[list[msgspec.Raw], Collection[int]]:
            answer = self._ask(
                ORDERS_BY_ID,
                ORDERS_BY_ID_WITHOUT_CUSTOMERS,
                {"ids": gids, "lines": lines},
            )
            faulty = _faulty(answer, "nodes")
            return self._decoded(answer, responses.Nodes).nodes, faulty

        for ids, found in self._by_ids("Order", external_ids, ask):
            nodes, faulty = found or ([NOTHING], {0})
            for place, (external_id, node) in enumerate(zip(ids, nodes, strict=False)):
                yield external_id, node, place in faulty

    def _by_ids(
        self, kind: str, ids: Sequence[str], ask: Callable[[list[str]], T]
    ) -> Iterator[tuple[Sequence[str], T | None]]:
        """The answers for these ids, as many ids at once as Shopify allows and the cost permits; None for one
        id that Shopify has an error of its own with."""
        done = 0
        while done < len(ids):
            some = ids[done : done + self._ids_at_once]
            try:
                yield from _in_halves(kind, some, ask)
            except TooExpensive as error:
                self._ids_at_once = _smaller(len(some), error)
                continue
            done += len(some)

    def describe(self, product_ids: Sequence[str]) -> Mapping[str, ProductText]:
        def ask(gids: list[str]) -> list[msgspec.Raw]:
            answer = self.client.query(PRODUCT_TEXTS, {"ids": gids})
            return self._decoded(answer, responses.Nodes).nodes

        # A product without its text is better than an order that is not here.
        products = [
            product
            for _, nodes in self._by_ids("Product", product_ids, ask)
            for node in nodes or []
            if (product := responses.understood(node, responses.Product))
        ]
        return {
            responses.product_id(product): ProductText(
                description=product.description_html,
                # The merchant's own word first; Shopify's taxonomy is in English whatever the shop speaks.
                category=product.product_type.strip()
                or (product.category.name if product.category else ""),
            )
            for product in products
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
            id=responses.number_of(shop.id),
            name=parsing.bounded(shop.name, MAX_NAME),
            domain=parsing.bounded(shop.myshopify_domain, MAX_NAME),
            currency=_code(shop.currency_code, CURRENCY) or NO_CODE,
            country=_code(shop.shop_address.country_code_v2 or "", COUNTRY),
            plan=parsing.bounded(shop.plan.public_display_name, MAX_PLAN),
            missing_scopes=missing,
            reads_all_orders="read_all_orders" in granted,
            customer_data_readable=readable,
            newest_order=parsing.bounded(newest.name, MAX_PLAN) if newest else "",
            newest_order_at=newest.created_at if newest else None,
            api_version=self.client.version,
            api_version_served=self.client.version_served,
        )

    def subscribe(self, address: str, *, wanted: bool) -> Subscriptions:
        return Registrar(self.client, WEBHOOKS).settle(address, wanted=wanted)

    def _newest(self) -> tuple[responses.NewestOrder | None, bool]:
        """The newest order, and whether customer data can be read; of a shop without orders, or whose newest
        one cannot be read, it is taken to be so."""
        try:
            answer = self.client.query(NEWEST_ORDER, in_parts=True)
            if answer.is_empty:
                return None, False
            found = responses.decode(answer.data, responses.NewestAnswer)
            newest = next(iter(found.orders.nodes), None)
            if newest:
                responses.moment(newest.created_at)
        except (FaultyAnswer, ValueError) as error:
            self._warn(f"the newest order cannot be read: {error}")
            return None, True
        nameless = (
            newest is not None
            and newest.customer is not None
            and newest.customer.first_name is None
        )
        return newest, not (answer.customers_refused or nameless)


def _faulty(answer: Answer, *path: str) -> frozenset[int]:
    """The places in the list at ``path`` where the answer is not whole. Raises FaultyAnswer if something is
    missing elsewhere, or nobody says where."""
    places = set()
    for fault in answer.faults:
        match fault[len(path) :] if tuple(fault[: len(path)]) == path else []:
            case [int(place), *_]:
                places.add(place)
            case _:
                raise FaultyAnswer
    return frozenset(places)


def _in_halves(
    kind: str, ids: Sequence[str], ask: Callable[[list[str]], T]
) -> Iterator[tuple[Sequence[str], T | None]]:
    """The answer, or those of the halves and of their halves, until what Shopify has an error with is
    alone."""
    try:
        answer = ask([f"gid://shopify/{kind}/{each}" for each in ids])
    except FaultyAnswer:
        if len(ids) == 1:
            yield ids, None
            return
        half = len(ids) // 2
        yield from _in_halves(kind, ids[:half], ask)
        yield from _in_halves(kind, ids[half:], ask)
    else:
        yield ids, answer


def _counted(found: responses.CountOfOrders) -> Count:
    """As Shopify counts: to 10,000 where no other limit is given, and then says that there are more."""
    exact = found.precision == "EXACT"
    return Count(found.count if exact else found.count - 1, exact)


def _code(text: str, pattern: re.Pattern[str]) -> str:
    """The code; empty if it is none."""
    return text if pattern.fullmatch(text) else ""


def _smaller(size: int, error: TooExpensive) -> int:
    if size <= 1:
        raise unavailable(BUSY, "too_expensive", error.request_id)
    return max(1, int(size * error.share))
