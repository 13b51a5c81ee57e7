"""How values of orders are written, for Django's templates."""

from datetime import datetime, timedelta
from math import ceil

from django import template
from django.utils import timezone

from common import formats
from orders.domain.refresh_claim import REFRESH_INTERVAL
from orders.models import Order, Refresh, RefreshOutcome

register = template.Library()
OUTCOME_SHOWN_FOR = timedelta(minutes=10)
register.filter("said", formats.translated)
register.filter("money", formats.money)
register.filter("signed_money", formats.signed_money)
register.filter("dialable", formats.dialable)
register.filter("grouped", formats.grouped)
register.filter("minutes", formats.minutes)
register.filter("roughly", formats.roughly)
register.simple_tag(formats.moment)
register.simple_tag(formats.exact_moment)


@register.filter
def seconds_to_refresh(order: Order) -> int:
    """How many seconds it takes until the order may be updated by hand again; 0 means now."""
    refresh: Refresh | None = getattr(order, "refresh", None)
    if refresh is None or refresh.accepted_at is None:
        return 0
    return max(0, ceil((refresh.accepted_at + REFRESH_INTERVAL - timezone.now()).total_seconds()))


@register.filter
def recent_refresh(order: Order) -> Refresh | None:
    """The last manual update of the order while it runs and for some minutes after."""
    refresh: Refresh | None = getattr(order, "refresh", None)
    return refresh if refresh and is_recent(refresh.outcome, refresh.done_at) else None


def is_recent(outcome: str | None, done_at: datetime | None) -> bool:
    """Whether a manual update with this outcome, None if there was none, still runs or ended some minutes ago
    at most."""
    return outcome == RefreshOutcome.PENDING or bool(
        outcome and done_at and done_at > timezone.now() - OUTCOME_SHOWN_FOR
    )


def outcome_word(outcome: str) -> str:
    return str(RefreshOutcome(outcome).label)
