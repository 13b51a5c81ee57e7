"""Comparing a store's orders with ours: ids and timestamps of a window, what is missing or
stale, and what is no longer there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from integrations.models import ImportJob, UnimportedOrder
from integrations.platforms.protocol import OrderReading, OrderTimestamp, StoreGateway
from orders.models import Order, Store


@dataclass(frozen=True, slots=True)
class Step:
    """A page of a job: the orders that it brings in, and where the job stands behind it.

    ``position`` is empty on the last page; ``done`` is how many orders the store showed. ``differed`` are
    numbers of orders that were missing or stale here; ``absent`` are the orders here that the store did not
    show, number by external id: those of them in ``reading.gone`` differ too.
    """

    reading: OrderReading
    position: str
    reached: datetime | None
    done: int
    differed: tuple[str, ...] = ()
    absent: Mapping[str, str] = field(default_factory=dict)


def compare(job: ImportJob, store: Store, gateway: StoreGateway) -> Iterator[Step]:
    """The pages of a comparison. Nothing per order: a page costs one request for timestamps and two queries,
    one more for what may have vanished, and, if it differs, the requests for what differs, 250 at once."""
    before = job.before or job.made_at
    reached, at_border = job.reached or job.since, frozenset[str]()
    for page in gateway.order_stamps(job.since, before=before, position=job.position):
        differing = _differing(store, page.timestamps)
        changes = [each.updated_at for each in page.timestamps if each.updated_at]
        newest = min(max(changes, default=reached), before)
        shown = {each.external_id for each in page.timestamps}
        # The second in which the page ends is looked at with the next one, which may hold more of it.
        absent = _absent(
            store, reached, newest if page.position else before, shown=shown | at_border
        )
        wanted = list(
            dict.fromkeys([*(each.external_id for each in differing), *absent])
        )
        reading = (
            gateway.orders(wanted) if wanted else OrderReading((), frozenset(), before)
        )
        yield Step(
            reading,
            page.position,
            newest,
            len(page.timestamps),
            tuple(each.number for each in differing),
            absent,
        )
        at_border = frozenset(
            each.external_id for each in page.timestamps if each.updated_at == newest
        ) | (at_border if newest == reached else frozenset())
        reached = newest


def _differing(
    store: Store, timestamps: Sequence[OrderTimestamp]
) -> list[OrderTimestamp]:
    """Orders that are not here, or here in an older state, and not recorded as unimported in this state
    either."""
    ids = [each.external_id for each in timestamps]
    unimported = dict(
        UnimportedOrder.objects.filter(store=store, external_id__in=ids).values_list(
            "external_id", "store_updated_at"
        )
    )
    here = Order.objects.filter(store=store, external_id__in=ids, gone_at__isnull=True)
    # An order that is here and whose latest change could not be stored is in both.
    known: list[Mapping[str, datetime | None]] = [
        unimported,
        dict(here.values_list("external_id", "store_updated_at")),
    ]
    return [
        each
        for each in timestamps
        if all(_is_newer(each, some.get(each.external_id)) for some in known)
    ]


def _is_newer(timestamp: OrderTimestamp, known: datetime | None) -> bool:
    # An order without a date that makes sense is compared by the polls, whole.
    return known is None or (
        timestamp.updated_at is not None and known < timestamp.updated_at
    )


def _absent(
    store: Store, since: datetime, before: datetime, *, shown: set[str]
) -> dict[str, str]:
    """Orders here whose last change lies in this time and that the store did not show, number by external
    id."""
    here = Order.objects.filter(
        store=store,
        store_updated_at__gte=since,
        store_updated_at__lt=before,
        gone_at__isnull=True,
    )
    return {
        pk: number
        for pk, number in here.values_list("external_id", "external_number")
        if pk not in shown
    }
