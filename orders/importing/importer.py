"""Imports a page of a store's orders. Every imported order is written here and nowhere else."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.utils.translation import gettext_noop

from common.bulk_sql import any_of, take_ids
from customers.erasure_records import find_erased
from customers.matching import ContactDetails, buyer_name, customers_for
from customers.models import Customer
from inventory.product_matching import NO_TEXTS, ProductText, products_for
from orders.domain.customer_fields import lines_of, update_denormalised_fields
from orders.domain.events import NewEvent, plain, record
from orders.domain.locking import lock_imports
from orders.domain.store_totals import unexplained, unexplained_beside
from orders.domain.totals import FIELDS, line_total, summarise
from orders.importing.admission import refusal
from orders.importing.incoming import IncomingLine, IncomingOrder, Snapshot
from orders.importing.insert import (
    LineRow,
    insert_lines,
    insert_orders,
    line_row,
    order_row,
)
from orders.importing.revision import Change, Revision, revise
from orders.importing.types import Outcome, ParsedOrder, Result, Rules
from orders.models import EventKind, Order, OrderLine, Store

log = logging.getLogger("roapp.orders")
NOT_STORED = gettext_noop("It could not be stored. It is retried automatically.")
STATE_FIELDS = ["store_updated_at", "synced_at", "fingerprint"]


def unchanged(snapshots: Sequence[Snapshot], *, store: Store) -> set[str]:
    """External ids of the orders that are stored in this very state, or in a newer one. One query at
    most, no lock."""
    if not snapshots:
        return set()
    ids = [snapshot.external_id for snapshot in snapshots]
    rows = Order.objects.filter(
        any_of("external_id", ids), store=store, gone_at__isnull=True
    )
    known: dict[str, Any] = {
        pk: state
        for pk, *state in rows.values_list(
            "external_id", "store_updated_at", "fingerprint"
        )
    }
    return {
        each.external_id
        for each in snapshots
        if each.external_id in known and not _is_newer(each, *known[each.external_id])
    }


def _is_newer(snapshot: Snapshot, updated_at: datetime, fingerprint: int) -> bool:
    if not snapshot.is_dated:
        return fingerprint != snapshot.fingerprint
    return updated_at <= snapshot.updated_at and (updated_at, fingerprint) != (
        snapshot.updated_at,
        snapshot.fingerprint,
    )


def import_orders(
    parsed_orders: Sequence[ParsedOrder],
    *,
    rules: Rules,
    fetched_at: datetime,
    now: datetime,
    texts: Mapping[str, ProductText] = NO_TEXTS,
) -> list[Outcome]:
    """Store these orders, each once, never over a newer state; the outcomes come in the order of
    ``arrivals``.

    ``fetched_at`` is our clock before they were requested; ``texts`` as for products_for. Call it inside a
    transaction, in which the caller also commits the unimported orders and the cursor. An order that the
    database rejects fails alone; a lost database connection raises. The number of queries does not depend on
    the number of orders.
    """
    if not parsed_orders:
        return []
    lock_imports()
    return _import_or_split(list(parsed_orders), rules, fetched_at, now, texts)


def _import_or_split(
    parsed_orders: list[ParsedOrder],
    rules: Rules,
    fetched_at: datetime,
    now: datetime,
    texts: Mapping[str, ProductText],
) -> list[Outcome]:
    try:
        with transaction.atomic():
            return _Page(rules, fetched_at, now, texts).store(parsed_orders)
    except (OperationalError, InterfaceError):
        raise
    except (DatabaseError, ValueError, ArithmeticError, TypeError, KeyError) as error:
        if len(parsed_orders) == 1:
            about = {
                "store": rules.store.pk,
                "order": parsed_orders[0].snapshot.external_id,
            }
            log.warning(
                "order %s of store %s failed: %s",
                about["order"],
                about["store"],
                type(error).__name__,
                extra=about,
            )
            snapshot, detail = parsed_orders[0].snapshot, type(error).__name__
            return [
                Outcome(
                    snapshot,
                    Result.FAILED,
                    "not_stored",
                    NOT_STORED,
                    {"detail": detail},
                )
            ]
        half = len(parsed_orders) // 2
        parts = parsed_orders[:half], parsed_orders[half:]
        return [
            outcome
            for part in parts
            for outcome in _import_or_split(part, rules, fetched_at, now, texts)
        ]


class _Page:
    """A page of orders: everything is read, then decided, then written, in bulk each time."""

    def __init__(
        self,
        rules: Rules,
        fetched_at: datetime,
        now: datetime,
        texts: Mapping[str, ProductText],
    ) -> None:
        self.rules, self.fetched_at, self.now, self.texts = (
            rules,
            fetched_at,
            now,
            texts,
        )
        self.events: list[NewEvent] = []
        self.new_lines: list[LineRow] = []
        self.changed_lines: list[OrderLine] = []
        self.line_columns = {"total"}
        self.completed: list[Customer] = []
        """Known customers whose empty fields these orders fill: all of their orders are updated."""
        self.erased: dict[str, Customer | None] = {}
        """The erased customer of an order, by external id."""

    def store(self, parsed_orders: list[ParsedOrder]) -> list[Outcome]:
        known = self._known(parsed_orders)
        parsed_orders = self._redact_erased(parsed_orders, known)
        outcomes: dict[str, Outcome] = {}
        new: list[ParsedOrder] = []
        revised: list[tuple[ParsedOrder, Order]] = []
        for parsed in parsed_orders:
            order = known.get(parsed.snapshot.external_id)
            if order is None:
                outcomes[parsed.snapshot.external_id] = self._admit(parsed, new)
            elif self._is_older(parsed, order):
                outcomes[parsed.snapshot.external_id] = Outcome(
                    parsed.snapshot, Result.UNCHANGED
                )
            else:
                revised.append((parsed, order))
        taken = [*new, *(parsed for parsed, _ in revised)]
        self.products = products_for(
            [
                line.product
                for parsed in taken
                for line in parsed.order.lines
                if line.product
            ],
            identify_by=self.rules.identify_by,
            now=self.now,
            texts=self.texts,
        )
        self._create(new)
        for parsed, result in self._revise(revised):
            outcomes[parsed.snapshot.external_id] = Outcome(parsed.snapshot, result)
        self._write()
        return [outcomes[parsed.snapshot.external_id] for parsed in parsed_orders]

    def _known(self, parsed_orders: list[ParsedOrder]) -> dict[str, Order]:
        rows = (
            Order.objects.select_for_update(of=("self",))
            .select_related("customer")
            .filter(
                any_of(
                    "external_id",
                    [parsed.snapshot.external_id for parsed in parsed_orders],
                ),
                store=self.rules.store,
            )
        )
        return {order.external_id: order for order in rows.order_by("id")}

    def _redact_erased(
        self, parsed_orders: list[ParsedOrder], known: dict[str, Order]
    ) -> list[ParsedOrder]:
        """The same orders without the personal data that their store still sends of people erased here."""
        contacts = [
            (parsed.order.contact, parsed.order.placed_at) for parsed in parsed_orders
        ]
        for parsed, erased in zip(parsed_orders, find_erased(contacts), strict=True):
            external_id = parsed.snapshot.external_id
            order = known.get(external_id)
            current = order.customer if order else None
            if erased:
                self.erased[external_id] = erased
            elif current and current.erased_at:
                self.erased[external_id] = current
        return [
            parsed.without_person()
            if parsed.snapshot.external_id in self.erased
            else parsed
            for parsed in parsed_orders
        ]

    def _admit(self, parsed: ParsedOrder, new: list[ParsedOrder]) -> Outcome:
        wanted = parsed.snapshot.external_id in self.rules.wanted
        why_not = refusal(parsed.order, self.rules.admission, wanted=wanted)
        if why_not:
            result = Result.HELD if why_not.held else Result.SKIPPED
            return Outcome(
                parsed.snapshot, result, why_not.code, why_not.reason, why_not.values
            )
        new.append(parsed)
        return Outcome(parsed.snapshot, Result.IMPORTED)

    def _is_older(self, parsed: ParsedOrder, order: Order) -> bool:
        """Timestamps may have whole seconds: of two states with the same one, the one fetched later is
        newer."""
        ours = (order.store_updated_at, order.synced_at)
        return ours > (parsed.order.updated_at, self.fetched_at)

    def _create(self, new: list[ParsedOrder]) -> None:
        if not new:
            return
        orders = []
        ids = take_ids(Order, len(new))
        for parsed, found, pk in zip(new, self._customers_for(new), ids, strict=True):
            customer = found or self.erased.get(parsed.snapshot.external_id)
            order = order_row(pk, parsed, customer, self.rules, self.fetched_at)
            order.buyer_name = buyer_name(parsed.order.contact, customer)
            lines = self._line_rows(pk, parsed.order.lines)
            summarise(order, lines, customer)
            order.totals_differ = bool(unexplained_beside(order, order.total))
            self.new_lines += lines
            orders.append(order)
        insert_orders(orders)
        for order in orders:
            self._add_event(order, _imported(order))

    def _line_rows(
        self, order_id: int, incoming: Sequence[IncomingLine], *, first: int = 0
    ) -> list[LineRow]:
        matches = [
            self.products[line.product.key] if line.product else None
            for line in incoming
        ]
        return [
            line_row(order_id, line, position, match)
            for position, (line, match) in enumerate(
                zip(incoming, matches, strict=True), first
            )
        ]

    def _revise(
        self, pairs: list[tuple[ParsedOrder, Order]]
    ) -> list[tuple[ParsedOrder, Result]]:
        if not pairs:
            return []
        lines = lines_of([order.pk for _, order in pairs], lock=True)
        results = []
        written: list[Order] = []
        columns = {*STATE_FIELDS, *FIELDS, "totals_differ"}
        customers = self._customers_of(pairs)
        for parsed, order in pairs:
            revision = revise(order, lines[order.pk], parsed.order)
            self._revise_customer(order, parsed.order, customers[order.pk], revision)
            _revise_buyer(order, parsed.order.contact, revision)
            state = {
                "store_updated_at": parsed.order.updated_at,
                "fingerprint": parsed.snapshot.fingerprint,
            }
            stale = any(getattr(order, name) != value for name, value in state.items())
            if stale or not revision.is_empty:
                self._apply(order, lines[order.pk], revision, state)
                written.append(order)
                columns |= revision.order.keys()
            results.append(
                (parsed, Result.UNCHANGED if revision.is_empty else Result.UPDATED)
            )
        if written:
            Order.objects.bulk_update(written, sorted(columns))
        return results

    def _customers_of(
        self, pairs: list[tuple[ParsedOrder, Order]]
    ) -> dict[int, Customer | None]:
        """Each order's customer according to the store; ours where the store names nobody who can be
        found."""
        customers = {order.pk: order.customer for _, order in pairs}
        named = [
            (parsed, order)
            for parsed, order in pairs
            if parsed.order.contact.key or order.customer_id is None
        ]
        found = self._customers_for([parsed for parsed, _ in named])
        for (_, order), customer in zip(named, found, strict=True):
            customers[order.pk] = customer or order.customer
        return customers

    def _customers_for(
        self, parsed_orders: Sequence[ParsedOrder]
    ) -> list[Customer | None]:
        found = customers_for(
            [parsed.order.contact for parsed in parsed_orders], now=self.now
        )
        self.completed += found.completed
        return found.customers

    def _revise_customer(
        self,
        order: Order,
        incoming: IncomingOrder,
        customer: Customer | None,
        revision: Revision,
    ) -> None:
        """The customer changes when it was unknown, or when the *store* names another one: staff's choice
        stays (P6)."""
        key = incoming.contact.key
        if customer is None or incoming.contact.is_empty:
            return
        if key and key != order.store_customer:
            revision.order["store_customer"] = key
        if customer.pk == order.customer_id:
            order.customer = customer
            if customer.name[:255] != order.customer_name:
                revision.order["customer_name"] = customer.name[:255]
            return
        store_names_another = bool(
            key and order.store_customer and key != order.store_customer
        )
        if order.customer_id is None or store_names_another:
            old = order.customer_name
            revision.order["customer_id"] = customer.pk
            order.customer = customer
            revision.changes.append(
                Change(EventKind.CHANGED, "", "customer", old, customer.name)
            )

    def _apply(
        self,
        order: Order,
        lines: list[OrderLine],
        revision: Revision,
        state: dict[str, object],
    ) -> None:
        for name, value in {
            **state,
            **revision.order,
            "synced_at": self.fetched_at,
        }.items():
            setattr(order, name, value)
        for line, values in revision.lines:
            for name, value in values.items():
                setattr(line, name, value)
            line.total = line_total(line.quantity, line.price, line.discount)
            self.changed_lines.append(line)
            self.line_columns |= values.keys()
        added = self._line_rows(order.pk, revision.added, first=len(lines))
        self.new_lines += added
        summarise(order, [*lines, *added], order.customer)
        order.totals_differ = bool(unexplained(order, [*lines, *added]))
        for change in revision.changes:
            self._add_event(order, change)

    def _add_event(self, order: Order, change: Change) -> None:
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
            OrderLine.objects.bulk_update(self.changed_lines, sorted(self.line_columns))
        insert_lines(self.new_lines)
        record(self.events)
        update_denormalised_fields(self.completed)


def _imported(order: Order) -> Change:
    """One event of a new order, that says its delivery too: how it is delivered, and for how much."""
    if not (order.delivery_method or order.delivery_cost):
        return Change(EventKind.IMPORTED, order.external_number)
    return Change(
        EventKind.IMPORTED,
        order.external_number,
        "delivery_cost",
        order.delivery_method,
        plain(order.delivery_cost),
    )


def _revise_buyer(order: Order, contact: ContactDetails, revision: Revision) -> None:
    """A store that keeps its customers' data to itself says nothing about the buyer."""
    if contact.is_empty:
        return
    buyer = buyer_name(contact, order.customer)
    if buyer != order.buyer_name:
        revision.order["buyer_name"] = buyer
