"""Comparing a store's orders with ours: ids and stamps of a window, what is missing or stale, and what is no
longer there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from integrations.models import ImportJob, UnimportedOrder
from integrations.platforms.protocol import OrderReading, Stamp, StoreGateway
from orders.models import Order, Store


@dataclass(frozen=True, slots=True)
class Step:
    """A page of a run: the orders that it brings in, and where the run stands behind it.

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


def compare(run: ImportJob, store: Store, gateway: StoreGateway) -> Iterator[Step]:
    """The pages of a comparison. Nothing per order: a page costs one request for stamps and two queries, one
    more for what may have vanished, and, if it differs, the requests for what differs, 250 at once."""
    before = run.before or run.made_at
    reached, at_border = run.reached or run.since, frozenset[str]()
    for page in gateway.order_stamps(run.since, before=before, position=run.position):
        differing = _differing(store, page.stamps)
        changes = [each.updated_at for each in page.stamps if each.updated_at]
        newest = min(max(changes, default=reached), before)
        shown = {each.external_id for each in page.stamps}
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
            len(page.stamps),
            tuple(each.number for each in differing),
            absent,
        )
        at_border = frozenset(
            each.external_id for each in page.stamps if each.updated_at == newest
        ) | (at_border if newest == reached else frozenset())
        reached = newest


def _differing(store: Store, stamps: Sequence[Stamp]) -> list[Stamp]:
    """Orders that are not here, or here in an older state, and that the ledger does not know in this state
    either."""
    ids = [each.external_id for each in stamps]
    ledger = dict(
        UnimportedOrder.objects.filter(store=store, external_id__in=ids).values_list(
            "external_id", "store_updated_at"
        )
    )
    here = Order.objects.filter(store=store, external_id__in=ids, gone_at__isnull=True)
    # An order that is here and whose latest change could not be stored is in both.
    known: list[Mapping[str, datetime | None]] = [
        ledger,
        dict(here.values_list("external_id", "store_updated_at")),
    ]
    return [
        each
        for each in stamps
        if all(_is_newer(each, some.get(each.external_id)) for some in known)
    ]


def _is_newer(stamp: Stamp, known: datetime | None) -> bool:
    # An order without a date that makes sense is compared by the polls, whole.
    return known is None or (stamp.updated_at is not None and known < stamp.updated_at)


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
