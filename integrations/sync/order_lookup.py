"""Why is #1042 not here? What is known of a number that a person types; what nobody knows is looked up at the
store."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from common.formats import day, day_and_time
from common.http import int_or_none
from common.text import digits_of, plain_signs
from integrations.models import OrderLookup, State, StoreConnection, UnimportedOrder
from integrations.platforms.errors import StoreError
from integrations.platforms.registry import gateway_for, platform_of
from integrations.sync.import_page import import_page, rules_of
from integrations.sync.store_state import note_trouble
from orders.domain.external_numbers import (
    digits_in,
    is_named,
    spelled,
    with_digits,
)
from orders.models import EventKind, Order, OrderEvent, Store

MAX_LOOKUPS, LOOKUP_WINDOW = 30, timedelta(minutes=10)
"""How often one person may have the stores asked: they count it, and numbers can be tried one by one."""
MAX_LENGTH = 64
MAX_SHOWN = 20
"""Orders and entries that are shown of one number."""


class Verdict(StrEnum):
    HERE = "here"
    NOT_HERE = "not_here"
    NOT_FOUND = "not_found"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What became of one order. ``text`` is a whole sentence in the reader's language.

    ``store`` is None for an order that was made in RO App; ``order`` is set for HERE, ``entry`` for NOT_HERE,
    and for HERE when the order's latest change could not be taken over. ``just_now``: this question has
    brought it in.
    """

    verdict: Verdict
    number: str
    text: str
    store: Store | None = None
    order: Order | None = None
    entry: UnimportedOrder | None = None
    imported_at: datetime | None = None
    just_now: bool = False

    @property
    def url(self) -> str:
        """Where a person opens the order at its platform; empty if it has no place there."""
        known = self.order or self.entry
        return known.external_url if known else ""


@transaction.atomic
def claim_lookup(by: User, *, now: datetime) -> bool:
    """Whether this person may have another order looked for at the stores now; it counts."""
    User.objects.select_for_update().get(pk=by.pk)
    mine = OrderLookup.objects.filter(user=by)
    mine.filter(at__lte=now - LOOKUP_WINDOW).delete()
    if mine.count() >= MAX_LOOKUPS:
        return False
    OrderLookup.objects.create(user=by, at=now)
    return True


def explain(
    number: str, *, connection: StoreConnection | None, now: datetime
) -> list[Explanation]:
    """What is known of the order with this number, external id or RO App number, typed as people type; at
    this store, or at any. An order that a store shows and that was missed comes in at once, or is
    recorded as unimported.

    Empty if nothing was typed. What was found stands alone; only if nothing was, each store says that it
    shows none.
    """
    number = plain_signs(number).replace("\x00", " ").strip()
    number = re.sub(r"^#\s+", "#", number)[:MAX_LENGTH]
    if not number.strip("#"):
        return []
    known = _known(number, connection)
    knowing = {
        each.store
        for each in known
        if each.store and not (each.order and _is_ours(each.order, number))
    }
    asked = [] if connection is None else [connection]
    if connection is None:
        asked = list(
            StoreConnection.objects.select_related("store", "order_type").order_by(
                "-store__is_connected", "store__name"
            )
        )
    answers = [
        answer
        for each in asked
        if each.store not in knowing
        for answer in _look_up(number, each, now)
    ]
    found = [each for each in [*known, *answers] if each.verdict != Verdict.NOT_FOUND]
    return found or answers


def _known(number: str, connection: StoreConnection | None) -> list[Explanation]:
    """Orders here and unimported orders with this number; of stores that have none, those with its digits
    ("1001" is EN1001-A); and the order that has it as its own in RO App."""
    orders, entries = Order.objects.all(), UnimportedOrder.objects.all()
    if connection:
        orders = orders.filter(store=connection.store)
        entries = entries.filter(store=connection.store)
    own_number = int_or_none(number)
    ours = Q(pk__in=[] if own_number is None else [own_number])
    its_id = Q(store__isnull=False, external_id=number)
    exact = _first(
        orders.filter(spelled(number) | its_id | ours),
        entries.filter(spelled(number, "number") | Q(external_id=number)),
    )
    having = {
        each.store_id for rows in exact for each in rows if not _is_ours(each, number)
    }
    alike = _first(
        orders.filter(with_digits(number), store__isnull=False).exclude(
            store__in=having
        ),
        entries.filter(with_digits(number)).exclude(store__in=having),
    )
    seen = {order.pk for order in exact[0]}
    return _explanations(
        [*exact[0], *(order for order in alike[0] if order.pk not in seen)],
        [*exact[1], *alike[1]],
    )


def _first(
    orders: QuerySet[Order], entries: QuerySet[UnimportedOrder]
) -> tuple[list[Order], list[UnimportedOrder]]:
    return (
        list(orders.select_related("store").order_by("-placed_at")[:MAX_SHOWN]),
        list(entries.select_related("store").order_by("-last_at")[:MAX_SHOWN]),
    )


def _is_ours(row: Order | UnimportedOrder, number: str) -> bool:
    """Whether it was found only because its number in RO App is the one that was typed for a store's."""
    return (
        isinstance(row, Order)
        and str(row.pk) == number
        and not is_named(row.external_number, number)
        and row.external_id != number
    )


def _explanations(
    orders: Iterable[Order],
    entries: Iterable[UnimportedOrder],
    *,
    just_now: bool = False,
) -> list[Explanation]:
    orders = list(orders)
    left = {(entry.store_id, entry.external_id): entry for entry in entries}
    events = OrderEvent.objects.filter(order__in=orders, kind=EventKind.IMPORTED)
    imported = dict(events.values_list("order_id", "at")) if orders else {}
    here = [
        _here(
            order,
            left.pop((order.store_id or 0, order.external_id), None),
            imported.get(order.pk),
            just_now,
        )
        for order in orders
    ]
    away = [
        Explanation(
            Verdict.NOT_HERE,
            entry.number,
            entry.sentence,
            entry.store,
            entry=entry,
            just_now=just_now,
        )
        for entry in left.values()
    ]
    return here + away


def _here(
    order: Order,
    entry: UnimportedOrder | None,
    imported_at: datetime | None,
    just_now: bool,
) -> Explanation:
    values: dict[str, object] = {"number": order.pk}
    if order.store is None:
        text = _("It is order %(number)s, which was made in RO App.") % values
    elif just_now:
        text = (
            _("It was missing and has just been imported as order %(number)s.") % values
        )
    elif imported_at:
        values["when"] = day_and_time(imported_at)
        text = _("It is here as order %(number)s, imported on %(when)s.") % values
    else:
        text = _("It is here as order %(number)s.") % values
    if order.gone_at:
        text += " " + _("The store no longer has it.")
    if entry:
        text += (
            " " + _("Its latest change could not be taken over.") + " " + entry.sentence
        )
    number = order.external_number or str(order.pk)
    return Explanation(
        Verdict.HERE, number, text, order.store, order, entry, imported_at, just_now
    )


def _look_up(
    number: str, connection: StoreConnection, now: datetime
) -> list[Explanation]:
    """Ask the store, and bring in what it shows."""
    if not connection.may_be_read(now):
        return [
            Explanation(
                Verdict.UNREADABLE, number, _why_not(connection), connection.store
            )
        ]
    try:
        ids = _bring_in(number, connection, now)
        if not ids and (written := _as_it_writes(number, connection)):
            ids = _bring_in(written, connection, now)
    except StoreError as error:
        note_trouble(connection, error, now=now)
        return [
            Explanation(Verdict.UNREADABLE, number, _(str(error)), connection.store)
        ]
    here = Order.objects.filter(store=connection.store, external_id__in=ids)
    entries = UnimportedOrder.objects.filter(
        store=connection.store, external_id__in=ids
    )
    explanations = _explanations(
        here.select_related("store"), entries.select_related("store"), just_now=True
    )
    return explanations or [
        Explanation(
            Verdict.NOT_FOUND, number, _not_found(connection, now), connection.store
        )
    ]


def _bring_in(
    number: str, connection: StoreConnection, now: datetime
) -> Collection[str]:
    gateway = gateway_for(connection)
    reading = gateway.find(number)
    import_page(
        reading.snapshots,
        rules=rules_of(connection),
        gateway=gateway,
        fetched_at=reading.fetched_at,
        now=now,
    )
    return [each.external_id for each in reading.snapshots]


def _as_it_writes(number: str, connection: StoreConnection) -> str:
    """These digits in the place of those by which the store counts: its search does not find digits alone.
    Empty where they stand alone."""
    digits = digits_in(number)
    newest = Order.objects.filter(store=connection.store).order_by("-placed_at", "-id")
    numbers = list(newest.values_list("external_number", flat=True)[:2])
    if not digits or not numbers:
        return ""
    runs = digits_of(numbers[0])
    # What two orders have in common belongs to a prefix or suffix.
    counted = next((run for run in runs if run not in digits_of(numbers[-1])), runs[0])
    pattern = f"0*{counted}(?![0-9])"
    written = re.sub(pattern, digits, numbers[0], count=1) if counted else ""
    return "" if is_named(written, number) else written


def _why_not(connection: StoreConnection) -> str:
    if not connection.store.is_connected:
        return _("The store is disconnected, so it was not asked.")
    if not connection.enabled:
        return _("The store is paused, so it was not asked.")
    why = _(connection.reason) if connection.reason else ""
    if connection.state == State.NEEDS_ATTENTION:
        return _("The store needs attention, so it was not asked. %(reason)s") % {
            "reason": why
        }
    return _("The store is rate-limited, so it was not asked. %(reason)s") % {
        "reason": why
    }


def _not_found(connection: StoreConnection, now: datetime) -> str:
    text = _(
        "The store shows no order with this number. One that was placed a moment ago may be found in a "
        "minute."
    )
    platform = platform_of(connection)
    if shown_from := platform.hidden_before(connection, now):
        text += " " + _(platform.orders_hidden) % {"day": day(shown_from)}
    return text
