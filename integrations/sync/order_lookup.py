"""Why is #1042 not here? What is known of a number that a person types; what nobody knows is looked up at the
store."""

import re
from collections.abc import Collection, Iterable, Sequence
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
from integrations.models import (
    ImportJob,
    OrderLookup,
    State,
    StoreConnection,
    UnimportedOrder,
)
from integrations.platforms.errors import StoreError
from integrations.platforms.registry import gateway_for, platform_of
from integrations.sync.import_page import import_page, rules_of
from integrations.sync.store_state import note_trouble
from integrations.sync.waiting_import import (
    DECIDED_BY_IT,
    rules_in_force,
)
from orders.domain.external_numbers import (
    digits_in,
    is_named,
    spelled,
    with_digits,
)
from orders.importing.admission import refusal
from orders.importing.incoming import Snapshot
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
    WAITS = "waits"
    """For the first import of its store, which nobody has begun yet."""


SILENT = {Verdict.NOT_FOUND, Verdict.UNREADABLE}
"""A store that answers so does not say where the order is."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What became of one order. ``text`` is a whole sentence in the reader's language.

    ``store`` is None for an order that was made in RO App; ``order`` is set for HERE, ``entry`` for NOT_HERE,
    and for HERE when the order's latest change could not be taken over. ``just_now``: this question has
    brought it in. ``waits_for``: the first import that would bring it in, or may, once somebody begins it.
    """

    verdict: Verdict
    number: str
    text: str
    store: Store | None = None
    order: Order | None = None
    entry: UnimportedOrder | None = None
    imported_at: datetime | None = None
    just_now: bool = False
    waits_for: ImportJob | None = None

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

    Empty if nothing was typed. If any store knows of it, those that show none say nothing; else each store
    says that it shows none, or why it was not asked.
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
    answers = [*known, *answers]
    if all(each.verdict in SILENT for each in answers):
        return answers
    return [each for each in answers if each.verdict != Verdict.NOT_FOUND]


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
    return here + [_away(entry, just_now) for entry in left.values()]


def _away(entry: UnimportedOrder, just_now: bool) -> Explanation:
    text, job = entry.sentence, None
    if entry.code in DECIDED_BY_IT and (job := entry.store.connection.waiting_import):
        text += " " + _("An initial import that may take it in waits to be begun.")
    return Explanation(
        Verdict.NOT_HERE,
        entry.number,
        text,
        entry.store,
        entry=entry,
        just_now=just_now,
        waits_for=job,
    )


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
        found = _bring_in(number, connection, now)
        if found.is_empty and (written := _as_it_writes(number, connection)):
            found = _bring_in(written, connection, now)
    except StoreError as error:
        note_trouble(connection, error, now=now)
        return [
            Explanation(Verdict.UNREADABLE, number, _(str(error)), connection.store)
        ]
    here = Order.objects.filter(store=connection.store, external_id__in=found.ids)
    entries = UnimportedOrder.objects.filter(
        store=connection.store, external_id__in=found.ids
    )
    explanations = _explanations(
        here.select_related("store"), entries.select_related("store"), just_now=True
    )
    return [*explanations, *found.waiting] or [
        Explanation(
            Verdict.NOT_FOUND, number, _not_found(connection, now), connection.store
        )
    ]


@dataclass(frozen=True, slots=True)
class _Found:
    """What a store shows under a number: external ids of orders that are here or recorded now, and the orders
    that wait."""

    ids: Collection[str]
    waiting: Sequence[Explanation]

    @property
    def is_empty(self) -> bool:
        return not self.ids and not self.waiting


def _bring_in(number: str, connection: StoreConnection, now: datetime) -> _Found:
    gateway = gateway_for(connection)
    reading = gateway.find(number)
    snapshots: Sequence[Snapshot] = reading.snapshots
    waiting: dict[str, Explanation] = {}
    if job := connection.waiting_import:
        snapshots = gateway.complete(snapshots)
        waiting = _waiting(job, snapshots, connection)
    taken = [each for each in snapshots if each.external_id not in waiting]
    import_page(
        taken,
        rules=rules_in_force(connection),
        gateway=gateway,
        fetched_at=reading.fetched_at,
        now=now,
    )
    return _Found([each.external_id for each in taken], list(waiting.values()))


def _waiting(
    job: ImportJob, snapshots: Sequence[Snapshot], connection: StoreConnection
) -> dict[str, Explanation]:
    """By external id those of these orders that the store's first import will bring in once somebody begins
    it: neither here, nor for the polls, nor kept out by a rule."""
    ids = [each.external_id for each in snapshots]
    orders = Order.objects.filter(store=connection.store, external_id__in=ids)
    here = set(orders.values_list("external_id", flat=True))
    text = _("It waits for the initial import, which nobody has begun yet.")
    return {
        each.external_id: Explanation(
            Verdict.WAITS, each.number, text, connection.store, waits_for=job
        )
        for each in snapshots
        if each.external_id not in here and _is_for(job, each, connection)
    }


def _is_for(job: ImportJob, snapshot: Snapshot, connection: StoreConnection) -> bool:
    try:
        order = snapshot.read()
    except (ValueError, ArithmeticError):
        return False  # Why not is recorded.
    if refusal(order, rules_of(connection).admission):
        return False
    is_polled = job.before is None or snapshot.updated_at >= job.before
    in_force = rules_in_force(connection).admission
    return not is_polled or refusal(order, in_force) is not None


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
