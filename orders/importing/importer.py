"""The one way in: a list of orders as a store shows them becomes rows. The only writer of imported orders."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, transaction

from common.bulk_sql import among, take_ids
from customers.erasure_records import erased_among
from customers.matching import customers_for
from customers.models import Customer
from inventory.product_matching import NO_TEXTS, ProductText, products_for
from orders.domain.customer_fields import retell_orders
from orders.domain.events import NewEvent, plain, record
from orders.domain.locking import lock_imports
from orders.domain.totals import FIELDS, line_total, summarise
from orders.importing.admission import refusal
from orders.importing.incoming import IncomingLine, IncomingOrder, Snapshot
from orders.importing.insert import LineRow, insert_lines, insert_orders, line_row, order_row
from orders.importing.revision import Change, Revision, revise
from orders.importing.types import Arrival, Outcome, Result, Rules
from orders.models import LINE_FIELDS, EventKind, Order, OrderLine, Store

log = logging.getLogger("roapp.orders")
LINE_COLUMNS = [*LINE_FIELDS, *(f"store_{name}" for name in LINE_FIELDS), "total", "difference"]
STAMPS = ["store_updated_at", "synced_at", "fingerprint"]


def unchanged(snapshots: Sequence[Snapshot], *, store: Store) -> set[str]:
    """External ids of those that we know in exactly this state, or in a newer one. One query, no lock."""
    ids = [snapshot.external_id for snapshot in snapshots]
    rows = Order.objects.filter(among("external_id", ids), store=store, gone_at__isnull=True)
    known: dict[str, Any] = {
        pk: state for pk, *state in rows.values_list("external_id", "store_updated_at", "fingerprint")
    }
    return {
        each.external_id
        for each in snapshots
        if each.external_id in known and not _is_news(each, *known[each.external_id])
    }


def _is_news(snapshot: Snapshot, updated_at: datetime, fingerprint: int) -> bool:
    return updated_at <= snapshot.updated_at and (updated_at, fingerprint) != (
        snapshot.updated_at,
        snapshot.fingerprint,
    )


def import_orders(
    arrivals: Sequence[Arrival],
    *,
    rules: Rules,
    fetched_at: datetime,
    now: datetime,
    texts: Mapping[str, ProductText] = NO_TEXTS,
) -> list[Outcome]:
    """Store these orders, each once, never over a newer state; the outcomes come in the order of
    ``arrivals``.

    ``fetched_at`` is our clock before they were requested; ``texts`` as for products_for. Call it inside a
    transaction: with its rows the caller commits the ledger and the cursor. An order that the database
    refuses fails alone; a database that is gone raises. The number of queries does not depend on the number
    of orders.
    """
    if not arrivals:
        return []
    lock_imports()
    return _import_or_split(list(arrivals), rules, fetched_at, now, texts)


def _import_or_split(
    arrivals: list[Arrival],
    rules: Rules,
    fetched_at: datetime,
    now: datetime,
    texts: Mapping[str, ProductText],
) -> list[Outcome]:
    try:
        with transaction.atomic():
            return _Page(rules, fetched_at, now, texts).store(arrivals)
    except (OperationalError, InterfaceError):
        raise
    except (DatabaseError, ValueError, ArithmeticError, TypeError, KeyError) as error:
        if len(arrivals) == 1:
            about = {"store": rules.store.pk, "order": arrivals[0].snapshot.external_id}
            log.warning(
                "order %s of store %s failed: %s",
                about["order"],
                about["store"],
                type(error).__name__,
                extra=about,
            )
            reason = f"It could not be stored ({type(error).__name__}). It is tried again by itself."
            return [Outcome(arrivals[0].snapshot, Result.FAILED, "not_stored", reason)]
        half = len(arrivals) // 2
        parts = arrivals[:half], arrivals[half:]
        return [
            outcome for part in parts for outcome in _import_or_split(part, rules, fetched_at, now, texts)
        ]


class _Page:
    """One list of orders on its way in: everything is read, then decided, then written, each by the list."""

    def __init__(
        self, rules: Rules, fetched_at: datetime, now: datetime, texts: Mapping[str, ProductText]
    ) -> None:
        self.rules, self.fetched_at, self.now, self.texts = rules, fetched_at, now, texts
        self.events: list[NewEvent] = []
        self.new_lines: list[LineRow] = []
        self.changed_lines: list[OrderLine] = []
        self.completed: list[Customer] = []
        """Known customers of whom these orders tell something new: all of their orders repeat it."""
        self.erased: dict[str, Customer | None] = {}
        """Whose order it is, by external id, where that person was erased."""

    def store(self, arrivals: list[Arrival]) -> list[Outcome]:
        known = self._known(arrivals)
        arrivals = self._without_erased(arrivals, known)
        outcomes: dict[str, Outcome] = {}
        new: list[Arrival] = []
        revised: list[tuple[Arrival, Order]] = []
        for arrival in arrivals:
            order = known.get(arrival.snapshot.external_id)
            if order is None:
                outcomes[arrival.snapshot.external_id] = self._admit(arrival, new)
            elif self._is_older(arrival, order):
                outcomes[arrival.snapshot.external_id] = Outcome(arrival.snapshot, Result.UNCHANGED)
            else:
                revised.append((arrival, order))
        taken = [*new, *(arrival for arrival, _ in revised)]
        self.products = products_for(
            [line.product for arrival in taken for line in arrival.order.lines if line.product],
            identify_by=self.rules.identify_by,
            now=self.now,
            texts=self.texts,
        )
        self._create(new)
        for arrival, result in self._revise(revised):
            outcomes[arrival.snapshot.external_id] = Outcome(arrival.snapshot, result)
        self._write()
        return [outcomes[arrival.snapshot.external_id] for arrival in arrivals]

    def _known(self, arrivals: list[Arrival]) -> dict[str, Order]:
        rows = (
            Order.objects.select_for_update(of=("self",))
            .select_related("customer")
            .filter(
                among("external_id", [arrival.snapshot.external_id for arrival in arrivals]),
                store=self.rules.store,
            )
        )
        return {order.external_id: order for order in rows.order_by("id")}

    def _without_erased(self, arrivals: list[Arrival], known: dict[str, Order]) -> list[Arrival]:
        """The same orders without what their store still tells of people who were erased here."""
        told = erased_among([(arrival.order.contact, arrival.order.placed_at) for arrival in arrivals])
        for arrival, customer in zip(arrivals, told, strict=True):
            order = known.get(arrival.snapshot.external_id)
            of_order = order.customer if order and order.customer and order.customer.erased_at else None
            if customer or of_order:
                self.erased[arrival.snapshot.external_id] = customer or of_order
        return [
            each.without_person() if each.snapshot.external_id in self.erased else each for each in arrivals
        ]

    def _admit(self, arrival: Arrival, new: list[Arrival]) -> Outcome:
        wanted = arrival.snapshot.external_id in self.rules.wanted
        why_not = refusal(arrival.order, self.rules.admission, wanted=wanted)
        if why_not:
            result = Result.HELD if why_not.held else Result.SKIPPED
            return Outcome(arrival.snapshot, result, why_not.code, why_not.reason, why_not.values)
        new.append(arrival)
        return Outcome(arrival.snapshot, Result.IMPORTED)

    def _is_older(self, arrival: Arrival, order: Order) -> bool:
        """Shopify's stamps have whole seconds: of two states with one stamp the one fetched later is
        newer."""
        ours = (order.store_updated_at, order.synced_at)
        return ours > (arrival.order.updated_at, self.fetched_at)  # type: ignore[operator]  # never null on an imported order

    def _create(self, new: list[Arrival]) -> None:
        if not new:
            return
        found = self._customers_for(new)
        customers = [
            who or self.erased.get(each.snapshot.external_id) for each, who in zip(new, found, strict=True)
        ]
        orders, ids = [], take_ids(Order, len(new))
        for arrival, customer, pk in zip(new, customers, ids, strict=True):
            order = order_row(pk, arrival, customer, self.rules, self.fetched_at)
            lines = self._line_rows(pk, arrival.order.lines)
            summarise(order, lines, customer)
            self.new_lines += lines
            orders.append(order)
        insert_orders(orders)
        for order in orders:
            self._tell(order, Change(EventKind.IMPORTED, order.external_number))
            if order.delivery_method or order.delivery_cost:
                self._tell(
                    order,
                    Change(
                        EventKind.DELIVERY,
                        order.delivery_method,
                        "delivery_cost",
                        "",
                        plain(order.delivery_cost),
                    ),
                )

    def _line_rows(self, order_id: int, incoming: Sequence[IncomingLine], *, first: int = 0) -> list[LineRow]:
        products = [self.products[line.product.key] if line.product else None for line in incoming]
        return [
            line_row(order_id, line, position, product)
            for position, (line, product) in enumerate(zip(incoming, products, strict=True), first)
        ]

    def _revise(self, pairs: list[tuple[Arrival, Order]]) -> list[tuple[Arrival, Result]]:
        if not pairs:
            return []
        lines = self._lines_of([order for _, order in pairs])
        results = []
        written: list[Order] = []
        columns = {*STAMPS, *FIELDS}
        customers = self._customers_of(pairs)
        for arrival, order in pairs:
            revision = revise(order, lines[order.pk], arrival.order)
            self._give_customer(order, arrival.order, customers[order.pk], revision)
            stamps = {
                "store_updated_at": arrival.order.updated_at,
                "fingerprint": arrival.snapshot.fingerprint,
            }
            stale = any(getattr(order, name) != value for name, value in stamps.items())
            if stale or not revision.is_empty:
                self._apply(order, lines[order.pk], revision, stamps)
                written.append(order)
                columns |= revision.order.keys()
            results.append((arrival, Result.UNCHANGED if revision.is_empty else Result.UPDATED))
        if written:
            Order.objects.bulk_update(written, sorted(columns))
        return results

    def _lines_of(self, orders: list[Order]) -> dict[int, list[OrderLine]]:
        found: dict[int, list[OrderLine]] = {order.pk: [] for order in orders}
        rows = (
            OrderLine.objects.select_for_update()
            .filter(among("order_id", found))
            .order_by("order_id", "position", "id")
        )
        for order_id, group in groupby(rows, key=lambda line: line.order_id):
            found[order_id] = list(group)
        return found

    def _customers_of(self, pairs: list[tuple[Arrival, Order]]) -> dict[int, Customer | None]:
        """Who the store now says each order's customer is; the known one where it says nothing that can be
        looked up."""
        told = [
            (arrival, order)
            for arrival, order in pairs
            if arrival.order.contact.key or order.customer_id is None
        ]
        found = self._customers_for([arrival for arrival, _ in told])
        known = {order.pk: order.customer for _, order in pairs}
        return known | {order.pk: who or order.customer for (_, order), who in zip(told, found, strict=True)}

    def _customers_for(self, arrivals: Sequence[Arrival]) -> list[Customer | None]:
        found = customers_for([arrival.order.contact for arrival in arrivals], now=self.now)
        self.completed += found.completed
        return found.customers

    def _give_customer(
        self, order: Order, incoming: IncomingOrder, told: Customer | None, revision: Revision
    ) -> None:
        """The customer changes when it was unknown, or when the *store* names another one; staff's choice
        stays (P6)."""
        key = incoming.contact.key
        if told is None or incoming.contact.is_empty:
            return
        if key and key != order.store_customer:
            revision.order["store_customer"] = key
        if order.customer_id is None or (key and order.store_customer and key != order.store_customer):
            if told.pk == order.customer_id:
                return
            old = order.customer_name
            revision.order["customer_id"] = told.pk
            order.customer = told
            revision.changes.append(Change(EventKind.CHANGED, "", "customer", old, told.name))
        elif told.pk == order.customer_id:
            order.customer = told
            if told.name[:255] != order.customer_name:
                revision.order["customer_name"] = told.name[:255]

    def _apply(
        self, order: Order, lines: list[OrderLine], revision: Revision, stamps: dict[str, object]
    ) -> None:
        for name, value in {**stamps, **revision.order, "synced_at": self.fetched_at}.items():
            setattr(order, name, value)
        for line, values in revision.lines:
            for name, value in values.items():
                setattr(line, name, value)
            line.total = line_total(line.quantity, line.price, line.discount)
            self.changed_lines.append(line)
        added = self._line_rows(order.pk, revision.added, first=len(lines))
        self.new_lines += added
        summarise(order, [*lines, *added], order.customer)
        for change in revision.changes:
            self._tell(order, change)

    def _tell(self, order: Order, change: Change) -> None:
        self.events.append(
            NewEvent(
                order_id=order.pk,
                kind=change.kind,
                at=self.now,
                subject=change.subject,
                field=change.field,
                old=change.old,
                new=change.new,
            )
        )

    def _write(self) -> None:
        if self.changed_lines:
            OrderLine.objects.bulk_update(self.changed_lines, LINE_COLUMNS)
        insert_lines(self.new_lines)
        record(self.events)
        retell_orders(self.completed)
