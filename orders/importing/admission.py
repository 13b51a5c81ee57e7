"""Which orders of a store become work orders: a pure decision, taken once per order, when it is first
seen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.translation import gettext_noop

from common.formats import day
from orders.importing.incoming import IncomingOrder


@dataclass(frozen=True, slots=True)
class Admission:
    """A store's rules. ``since`` and ``open_before`` are times at the store; the former is null for no bound.

    An order created before ``open_before`` is taken only while it is open.
    """

    currency: str
    since: datetime | None
    open_before: datetime | None
    include_tests: bool
    excluded_tags: frozenset[str]


SENTENCES = {
    "test_order": gettext_noop(
        "It is a test order, and this store's settings skip test orders."
    ),
    "excluded_tag": gettext_noop(
        "It is tagged “%(tag)s”, which this store's settings exclude."
    ),
    "too_old": gettext_noop(
        "It was created before %(since)s, where this store's import begins."
    ),
    "not_open": gettext_noop(
        "It was already completed when the store was connected; the initial import takes open orders only."
    ),
    "currency": gettext_noop(
        "Its currency is %(theirs)s, RO App's is %(ours)s. Amounts are never converted."
    ),
}
"""Why an order stays out, by code, in English."""


def in_words(values: Mapping[str, str]) -> dict[str, str]:
    """The values of a sentence as people read them: a day in their zone and language."""
    words = dict(values)
    if since := words.get("since"):
        is_day = len(since) == len(
            "2026-11-01"
        )  # as rows from earlier releases have it
        words["since"] = day(
            date.fromisoformat(since) if is_day else datetime.fromisoformat(since)
        )
    return words


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an order does not come in. Held ones wait for a person; skipped ones are meant to stay out.

    ``values`` are the words that the sentence of this code leaves open.
    """

    held: bool
    code: str
    values: dict[str, str] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """An English sentence for the unimported order."""
        return SENTENCES[self.code] % in_words(self.values)


def refusal(
    order: IncomingOrder, rules: Admission, *, wanted: bool = False
) -> Refusal | None:
    """Why ``order`` stays out, or None if it comes in.

    ``wanted``: someone wishes just this order imported, whatever would skip it; it is held all the same.
    """
    return (None if wanted else _skipped(order, rules)) or _held(order, rules)


def _skipped(order: IncomingOrder, rules: Admission) -> Refusal | None:
    if order.is_test and not rules.include_tests:
        return Refusal(False, "test_order")
    tags = {tag.casefold() for tag in order.tags} & rules.excluded_tags
    if tags:
        return Refusal(False, "excluded_tag", {"tag": min(tags)})
    if rules.since and order.placed_at < rules.since:
        return Refusal(False, "too_old", {"since": rules.since.isoformat()})
    if rules.open_before and order.placed_at < rules.open_before and not order.is_open:
        return Refusal(False, "not_open")
    return None


def _held(order: IncomingOrder, rules: Admission) -> Refusal | None:
    if order.currency != rules.currency:
        return Refusal(
            True, "currency", {"theirs": order.currency, "ours": rules.currency}
        )
    return None
