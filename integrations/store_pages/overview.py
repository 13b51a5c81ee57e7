"""What the Stores page shows of every store (S5): how it does in words, what became of its orders, and its
jobs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Max, Q
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.formats import day, day_and_time, person_name
from common.kinds import kind_label
from common.lists.pagination import count_up_to
from integrations.imports.preview import sentences
from integrations.models import (
    ASKS_CODE,
    OPEN,
    ImportJob,
    ImportStatus,
    JobState,
    State,
    StoreConnection,
    StoreEvent,
    StoreEventKind,
    UnimportedOrder,
)
from integrations.platforms.registry import platform_of
from orders.models import Order

MAX_COUNTED = 100_000
"""More imported orders than that are not counted: the page asks every few seconds."""
CHECK_IS_SAID = {"press Check connection", "check once more"}
"""In the English reasons that tell an admin to check the connection."""
COLOURS: dict[str, str] = {
    State.WORKING: "green",
    State.WAITING: "amber",
    State.NEEDS_ATTENTION: "red",
}


@dataclass(frozen=True, slots=True)
class StoreCard:
    """One store. ``jobs`` are under way or wait for a person; ``held``, ``failed`` and ``skipped`` count the
    unimported orders."""

    connection: StoreConnection
    colour: str
    words: str | Promise
    may_be_read: bool
    imported: int
    imported_is_capped: bool
    held: int
    failed: int
    skipped: int
    jobs: Sequence[ImportJob] = field(default=())
    customer_data_withheld: str = ""
    """Why the store's customers may be unknown, in the reader's language; empty while all is readable."""
    previews: dict[int, list[str]] = field(default_factory=dict)
    """What a run that waits to be begun would bring in, in the reader's language, by its id."""
    disconnected: str = ""
    """Who disconnected it and when, in the reader's language; empty while it is connected."""
    orders_hidden: str = ""
    """Which orders one of the jobs does not see, in the reader's language."""

    @property
    def reason_leads_on(self) -> bool:
        """Whether the reason of the trouble says by itself what follows, or what is to be done."""
        needs_attention = self.connection.state == State.NEEDS_ATTENTION
        said = CHECK_IS_SAID if needs_attention else {"automatically"}
        return any(each in self.connection.reason for each in said)

    @property
    def is_watched(self) -> bool:
        """Whether its next poll comes by itself."""
        return (
            self.connection.enabled and self.connection.state != State.NEEDS_ATTENTION
        )


def shown_state(connection: StoreConnection) -> tuple[str, str | Promise]:
    """The colour and the words for how a store does (S4)."""
    if not connection.store.is_connected:
        return "grey", _("disconnected")
    if not connection.enabled:
        return "grey", _("paused")
    return COLOURS.get(connection.state, "grey"), kind_label(connection, "state")


def event_sentence(event: StoreEvent) -> str:
    """Who connected or disconnected a store, and when."""
    texts: dict[str, str] = {
        StoreEventKind.CONNECTED: gettext("Connected on %(when)s by %(who)s."),
        StoreEventKind.DISCONNECTED: gettext("Disconnected on %(when)s by %(who)s."),
    }
    who = person_name(event.by) or gettext("a command")
    newer = gettext("Changed by a newer version on %(when)s by %(who)s.")
    return texts.get(event.kind, newer) % {
        "when": day_and_time(event.at),
        "who": who,
    }


def cards(*, now: datetime) -> list[StoreCard]:
    """Every store, by name, disconnected ones last: three queries for all, and one for each store's imported
    orders."""
    connections = list(
        StoreConnection.objects.select_related("store").order_by(
            "-store__is_connected", "store__name"
        )
    )
    if not connections:
        return []
    statuses, jobs = _status_counts(), _open_jobs()
    return [
        _card(
            each, statuses, [job for job in jobs if job.store_id == each.store_id], now
        )
        for each in connections
    ]


def _card(
    connection: StoreConnection,
    statuses: Counter[tuple[int, str]],
    jobs: Sequence[ImportJob],
    now: datetime,
) -> StoreCard:
    colour, words = shown_state(connection)
    imported = count_up_to(Order.objects.filter(store=connection.store_id), MAX_COUNTED)
    platform = platform_of(connection)
    hidden = next((job.hidden_before for job in jobs if job.hidden_before), None)
    return StoreCard(
        connection=connection,
        colour=colour,
        words=words,
        may_be_read=connection.may_be_read(now),
        imported=min(imported, MAX_COUNTED),
        imported_is_capped=imported > MAX_COUNTED,
        held=statuses[connection.store_id, ImportStatus.HELD],
        failed=statuses[connection.store_id, ImportStatus.FAILED],
        skipped=statuses[connection.store_id, ImportStatus.SKIPPED],
        jobs=jobs,
        previews={
            job.pk: sentences(job.preview)
            for job in jobs
            if job.preview and job.reason_code == ASKS_CODE
        },
        disconnected="" if connection.store.is_connected else _disconnected(connection),
        customer_data_withheld=gettext(platform.customer_data_withheld)
        if connection.is_customer_data_withheld
        else "",
        orders_hidden=gettext(platform.orders_hidden) % {"day": day(hidden)}
        if hidden
        else "",
    )


def _disconnected(connection: StoreConnection) -> str:
    event = connection.last_event
    return event_sentence(event) if event else gettext("The store is disconnected.")


def _status_counts() -> Counter[tuple[int, str]]:
    counted = (
        UnimportedOrder.objects.order_by()
        .values_list("store", "status")
        .annotate(number=Count("pk"))
    )
    return Counter({(store, status): number for store, status, number in counted})


def _open_jobs() -> list[ImportJob]:
    """The jobs under way, and those that failed last of their kind: only a person lets them go on."""
    newest = (
        ImportJob.objects.order_by()
        .values("store", "kind")
        .annotate(newest=Max("pk"))
        .values("newest")
    )
    return list(
        ImportJob.objects.filter(
            Q(state__in=OPEN) | Q(state=JobState.FAILED, pk__in=newest)
        )
    )


def outcome_counts(store_id: int) -> dict[str, int]:
    """How many unimported orders of each status the store has."""
    found = (
        UnimportedOrder.objects.filter(store=store_id)
        .order_by()
        .values_list("status")
        .annotate(number=Count("pk"))
    )
    return dict.fromkeys(ImportStatus.values, 0) | dict(found)
