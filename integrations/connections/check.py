"""*Check connection* in words: what a store told us, and what keeps it from being connected."""

from datetime import date, datetime
from typing import NamedTuple

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from integrations.models import StoreConnection
from integrations.platforms.errors import StoreRefused
from integrations.platforms.protocol import ShopReport
from integrations.platforms.registry import gateway_for

OTHER_CURRENCY = gettext_noop(
    "The shop sells in another currency than RO App, so its orders cannot be imported. "
    "When its currency is RO App's again, press Check connection."
)
SCOPES_LACKING = gettext_noop(
    "The app lacks a scope that RO App needs. Check connection names it; add it, install the app again, "
    "then check once more."
)


class Finding(NamedTuple):
    label: str
    text: str
    ok: bool


def check_connection(connection: StoreConnection) -> ShopReport:
    """Ask the store about itself; nothing is saved. Raises StoreError."""
    return gateway_for(connection).check()


def remember(connection: StoreConnection, report: ShopReport, *, now: datetime) -> list[str]:
    """Put what the store said into the connection and name the fields that were set; the caller saves
    them."""
    connection.currency, connection.country, connection.plan = report.currency, report.country, report.plan
    connection.reads_all_orders = report.reads_all_orders
    served = report.api_version_served
    connection.fallen_version = served if served != report.api_version else ""
    connection.checked_at = now
    return ["currency", "country", "plan", "reads_all_orders", "fallen_version", "checked_at"]


def trouble(report: ShopReport) -> StoreRefused | None:
    """What keeps a connected store from being read, as a fixed sentence for its state."""
    if report.currency != settings.CURRENCY:
        return StoreRefused(OTHER_CURRENCY, code="currency")
    return StoreRefused(SCOPES_LACKING, code="scope_missing") if report.missing_scopes else None


def refusals(report: ShopReport) -> list[str]:
    """Whole sentences that say why this store cannot be connected; empty if it can."""
    found = []
    if report.currency != settings.CURRENCY:
        found.append(
            _(
                "The store sells in %(theirs)s, but RO App works in %(ours)s; a store with another currency "
                "cannot be connected."
            )
            % {"theirs": report.currency, "ours": settings.CURRENCY}
        )
    if report.missing_scopes:
        found.append(
            _(
                "The app in Shopify lacks the scopes %(scopes)s; add them, install the app again and check "
                "once more."
            )
            % {"scopes": ", ".join(report.missing_scopes)}
        )
    return found


def findings(report: ShopReport) -> list[Finding]:
    """Everything the check found, in the order in which an admin reads it."""
    return [
        Finding(_("Shop"), f"{report.name} ({report.domain})", True),
        _currency(report),
        Finding(_("Plan"), report.plan or _("unknown"), True),
        _scopes(report),
        _customer_data(report),
        _reach(report),
        _newest_order(report),
        _version(report),
    ]


def _currency(report: ShopReport) -> Finding:
    same = report.currency == settings.CURRENCY
    text = (
        _("%(currency)s, the same as RO App's") if same else _("%(currency)s, but RO App works in %(ours)s")
    )
    return Finding(_("Currency"), text % {"currency": report.currency, "ours": settings.CURRENCY}, same)


def _scopes(report: ShopReport) -> Finding:
    missing = ", ".join(report.missing_scopes)
    return Finding(
        _("Scopes"),
        _("missing: %(scopes)s") % {"scopes": missing} if missing else _("all granted"),
        not missing,
    )


def _customer_data(report: ShopReport) -> Finding:
    text = (
        _("readable")
        if report.customer_data_readable
        else _("not readable: customers of new orders are Unknown")
    )
    return Finding(_("Customer data"), text, report.customer_data_readable)


def _reach(report: ShopReport) -> Finding:
    text = (
        _("all orders")
        if report.reads_all_orders
        else _("orders of the last 60 days only, without the scope read_all_orders")
    )
    return Finding(_("Readable orders"), text, True)


def _newest_order(report: ShopReport) -> Finding:
    if not report.newest_order_at:
        return Finding(_("Newest order"), report.newest_order or _("none yet"), True)
    return Finding(
        _("Newest order"),
        f"{report.newest_order}, {date_format(report.newest_order_at, 'DATETIME_FORMAT')}",
        True,
    )


def _version(report: ShopReport) -> Finding:
    asked, served = report.api_version, report.api_version_served
    if served and served != asked:
        text = _("%(asked)s is no longer served, Shopify answers with %(served)s: RO App needs an update")
        return Finding(_("API version"), text % {"asked": asked, "served": served}, False)
    text = _("%(asked)s, supported until %(end)s") % {
        "asked": asked,
        "end": date_format(end_of(asked), "DATE_FORMAT"),
    }
    return Finding(_("API version"), text, True)


def end_of(version: str) -> date:
    """Shopify keeps a version ("2026-10") for twelve months:
    https://shopify.dev/docs/api/usage/versioning."""
    year, month = (int(part) for part in version.split("-"))
    return date(year + 1, month, 1)
