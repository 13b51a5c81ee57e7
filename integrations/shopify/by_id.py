"""Orders and products by their ids, as many at once as Shopify serves: fewer where they cost too much, in
halves where it has an error of its own with some."""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from integrations.shopify import parsing, queries, responses
from integrations.shopify.client import Answer, ShopifyClient
from integrations.shopify.errors import DOWN, FaultyAnswer, TooExpensive, unavailable
from orders.importing.incoming import IncomingOrder, Snapshot, UnservedError

T = TypeVar("T")
LINES = 20
"""Lines per order in a page: few orders have more, and their rest is read apart (``complete``)."""
MAX_LINES = 250
MAX_IDS = 250
"""Shopify's limit for an array, https://shopify.dev/docs/api/usage/limits."""
BY_ID_AT_ONCE = 10
"""Orders that are read by id: each costs some 29 points there, among 250 found by a search 1.6."""
MAX_FAULTY = 10
"""Shopify may have errors of its own with so many orders at once; with more of them, and nothing else, it is
down."""
NOTHING = msgspec.Raw(b"{}")


class ById:
    """``ask`` asks with customers or without, as the app may see them: the text, the one without them, and
    their variables."""

    def __init__(
        self,
        client: ShopifyClient,
        reader: parsing.Reader,
        ask: Callable[[str, str, dict[str, object]], Answer],
    ) -> None:
        self.client, self.reader, self.ask = client, reader, ask
        self._ids_at_once = MAX_IDS

    def orders(self, external_ids: Sequence[str]) -> Iterator[Snapshot]:
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
        self.expect_some(len(external_ids), faulty)
        yield from self._unserved(unserved)

    def expect_some(self, asked: int, faulty: int) -> None:
        """Raises StoreUnavailable if Shopify has served none of so many: that is not the orders' fault."""
        if asked == faulty > MAX_FAULTY:
            raise unavailable(DOWN, "server_error", self.client.request_id)

    def complete(self, snapshots: Sequence[Snapshot]) -> Sequence[Snapshot]:
        """These orders with all their lines. One that has vanished meanwhile is left out: the next poll, or
        the next update, says what became of it."""
        cut = [each.external_id for each in snapshots if each.is_cut]
        whole: dict[str, Callable[[], IncomingOrder]] = {}
        for start in range(0, len(cut), BY_ID_AT_ONCE):
            ids = cut[start : start + BY_ID_AT_ONCE]
            for external_id, node, is_faulty in self._nodes(ids, lines=MAX_LINES):
                if is_faulty:
                    whole[external_id] = parsing.raising(UnservedError())
                elif not responses.is_nothing(node):
                    whole[external_id] = self._read_whole(node)
        return [
            replace(each, read=whole[each.external_id], is_cut=False)
            if each.is_cut
            else each
            for each in snapshots
            if not each.is_cut or each.external_id in whole
        ]

    def products(self, product_ids: Sequence[str]) -> list[responses.Product]:
        """Those that can be read: a product without its text is better than an order that is not here."""

        def ask(gids: list[str]) -> list[msgspec.Raw]:
            answer = self.client.query(queries.PRODUCT_TEXTS, {"ids": gids})
            return self.client.decoded(answer, responses.Nodes).nodes

        return [
            product
            for _, nodes in self._answers("Product", product_ids, ask)
            for node in nodes or []
            if (product := responses.understood(node, responses.Product))
        ]

    def _unserved(self, external_ids: Sequence[str]) -> Iterator[Snapshot]:
        """Orders of which the store has served nothing, with their numbers as far as it serves these."""

        def ask(gids: list[str]) -> list[msgspec.Raw]:
            answer = self.client.query(
                queries.ORDERS_BY_ID_SLIM, {"ids": gids}, in_parts=True
            )
            return self.client.decoded(answer, responses.Nodes).nodes

        for ids, nodes in self._answers("Order", external_ids, ask):
            for external_id, node in zip(ids, nodes or [NOTHING], strict=False):
                rest = NOTHING if responses.is_nothing(node) else node
                yield self.reader.unserved(rest, external_id=external_id)

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
                queries.ORDER_LINES,
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
            answer = self.ask(
                queries.ORDERS_BY_ID,
                queries.ORDERS_BY_ID_WITHOUT_CUSTOMERS,
                {"ids": gids, "lines": lines},
            )
            faulty = answer.faulty_places("nodes")
            return self.client.decoded(answer, responses.Nodes).nodes, faulty

        for ids, found in self._answers("Order", external_ids, ask):
            nodes, faulty = found or ([NOTHING], {0})
            for place, (external_id, node) in enumerate(zip(ids, nodes, strict=False)):
                yield external_id, node, place in faulty

    def _answers(
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
                self._ids_at_once = error.smaller(len(some))
                continue
            done += len(some)


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
