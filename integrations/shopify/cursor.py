"""Pagination through a store's changed orders: where it stands, and what it requests next."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

import msgspec

from integrations.shopify import responses
from orders.importing.admission import Admission

MAX_RESULTS = 20_000
"""A new query begins at the last timestamp after so many orders: Shopify ends every query after 25,000
objects, https://shopify.dev/docs/api/usage/limits, and we stay clear of that end."""
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
FOR_OPEN = (
    "status:open",
    "-fulfillment_status:fulfilled",
    "-financial_status:refunded",
    "-financial_status:voided",
)
"""Neither cancelled nor archived, fulfilled or refunded."""
SECOND = timedelta(seconds=1)


class Changed(Protocol):
    """What pagination needs to know of an order."""

    @property
    def external_id(self) -> str: ...

    @property
    def updated_at(self) -> datetime: ...


class Dated(NamedTuple):
    """An order and its last change."""

    external_id: str
    updated_at: datetime


class OrderCursor(msgspec.Struct, frozen=True, array_like=True):
    """Where the next page begins: changes since when, after which of Shopify's cursors, and how many orders
    that query has returned so far.

    From ``last_id`` 0 on it goes by id through the one second ``since``, because that second alone exceeds
    what one query returns.
    """

    since: datetime
    after: str = ""
    seen: int = 0
    last_id: int = -1

    @property
    def text(self) -> str:
        return msgspec.json.encode(self).decode()

    @classmethod
    def read(cls, text: str) -> "OrderCursor | None":
        try:
            return msgspec.json.decode(text, type=cls) if text else None
        except msgspec.DecodeError:
            return None

    @property
    def sort_key(self) -> str:
        return "UPDATED_AT" if self.last_id < 0 else "ID"

    def query(self, before: datetime | None) -> str:
        """Shopify's search for the orders of this query that changed before ``before``."""
        terms = [changed_from(self.since)]
        if self.last_id >= 0:
            before = min(before, self.since + SECOND) if before else self.since + SECOND
            terms.append(f"id:>={self.last_id + 1}")
        return " ".join([*terms, changed_before(before)] if before else terms)

    def behind(
        self, found: responses.OrderPages, orders: Sequence[Changed]
    ) -> "OrderCursor | None":
        """The cursor of the next page; None at the end. ``orders`` are those found whose dates make sense."""
        seen = self.seen + len(found.nodes)
        if seen >= MAX_RESULTS and orders:
            if self.last_id >= 0:
                return OrderCursor(self.since, last_id=int(orders[-1].external_id))
            newest = orders[-1].updated_at
            return (
                OrderCursor(newest)
                if newest > self.since
                else OrderCursor(self.since, last_id=0)
            )
        if found.page_info.has_next_page and found.page_info.end_cursor:
            return OrderCursor(
                self.since, found.page_info.end_cursor, seen, self.last_id
            )
        return OrderCursor(self.since + SECOND) if self.last_id >= 0 else None


def changed_from(moment: datetime) -> str:
    # Inclusive: the timestamps have whole seconds. Quoted: an unquoted time is cut to its day.
    return f"updated_at:>='{_time(moment)}'"


def changed_before(moment: datetime) -> str:
    return f"updated_at:<'{_time(moment)}'"


def previewed(admission: Admission) -> dict[str, str]:
    """Shopify's searches for the orders of a store's rules, each with one rule more than the one before."""
    since = admission.since or BEGINNING
    every = [f"created_at:>='{_time(since)}'"]
    real = every if admission.include_tests else [*every, "test:false"]
    wanted = [
        *real,
        *(f"tag_not:'{_quoted(tag)}'" for tag in sorted(admission.excluded_tags)),
    ]
    admitted = [*wanted, *FOR_OPEN] if admission.open_before else wanted
    terms = {"all": every, "real": real, "wanted": wanted, "admitted": admitted}
    searches = {name: " ".join(each) for name, each in terms.items()}
    return searches | {"older": f"created_at:<'{_time(since)}'"}


def named(number: str) -> str:
    """Shopify's search for the order with this number; a quote or backslash in it stays a character."""
    return f"name:'{_quoted(number)}'"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
