"""What an initial import would bring in: counted before it begins, kept with its job, and put into words."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from common.formats import grouped
from integrations.models import StoreConnection
from integrations.platforms.protocol import Count, Preview
from integrations.platforms.registry import gateway_for
from integrations.sync.import_page import rules_of
from orders.models import Order

Plain = dict[str, Any]
ASKS = gettext_noop("It waits until someone begins it.")
REASONS: dict[str, str | Promise] = {
    "test_order": gettext_lazy("test orders: %(count)s"),
    "excluded_tag": gettext_lazy("with an excluded tag: %(count)s"),
    "not_open": gettext_lazy("completed: %(count)s"),
}
"""In the order in which they are listed: what PostgreSQL gives back of the job's JSON has another one."""


def preview(connection: StoreConnection) -> Plain:
    """What the settings of this connection, saved or not, would bring in, as ImportJob keeps it. Raises
    StoreError."""
    found = gateway_for(connection).preview(rules_of(connection).admission)
    mine = Order.objects.filter(store=connection.store_id)
    some_here = connection.store_id is not None and mine.exists()
    return _plain(found) | {"some_here": some_here}


def _plain(found: Preview) -> Plain:
    left_out = {code: _pair(count) for code, count in found.left_out.items()}
    return {
        "admitted": _pair(found.admitted),
        "left_out": left_out,
        "older": _pair(found.older),
    }


def _pair(count: Count | None) -> tuple[int, bool] | None:
    return (count.number, count.exact) if count else None


def sentences(plain: Plain) -> list[str]:
    """The preview in the reader's language: what comes in, what does not and why, and what is not looked
    at."""
    text = (
        _(
            "Orders at the store that match: %(count)s; those that are here already stay as they are."
        )
        if plain.get("some_here")
        else _("Orders that come in: %(count)s.")
    )
    parts = [text % {"count": _shown(plain["admitted"])}]
    counts = plain["left_out"]
    left_out = [
        str(reason) % {"count": _shown(counts[code])}
        for code, reason in REASONS.items()
        if code in counts and _is_worth_telling(counts[code])
    ]
    if left_out:
        reasons = ", ".join(left_out)
        parts.append(_("Orders that stay out: %(reasons)s.") % {"reasons": reasons})
    if plain["older"][0]:
        count = _shown(plain["older"])
        parts.append(
            _("Older orders, which are not looked at: %(count)s.") % {"count": count}
        )
    return parts


def _is_worth_telling(count: tuple[int, bool] | None) -> bool:
    """All but an exact zero."""
    return count is None or count[0] > 0 or not count[1]


def _shown(count: tuple[int, bool] | None) -> str:
    if count is None:
        return _("unknown")
    number, exact = count
    if exact:
        return grouped(number)
    return _("more than %(count)s") % {"count": grouped(number)}
