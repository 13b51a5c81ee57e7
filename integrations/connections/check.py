"""*Check connection* in words: what a store told us, and what keeps it from being connected."""

from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.formats import day, day_and_time
from integrations.models import StoreConnection
from integrations.platforms.errors import StoreRefused
from integrations.platforms.platform import Platform
from integrations.platforms.protocol import ShopReport
from integrations.platforms.registry import gateway_for

OTHER_CURRENCY = gettext_noop(
    "The shop sells in another currency than RO App, so its orders cannot be imported. "
    "When its currency is RO App's again, press Check connection."
)


class Finding(NamedTuple):
    label: str
    text: str
    ok: bool


def check_connection(connection: StoreConnection) -> ShopReport:
    """Ask the store about itself; nothing is saved. Raises StoreError."""
    return gateway_for(connection).check()


def remember(
    connection: StoreConnection, report: ShopReport, *, now: datetime
) -> list[str]:
    """Put what the store said into the connection and name the fields that were set; the caller saves
    them."""
    connection.shop_id = shop_id_of(connection, report)
    connection.shop_domain = report.domain.lower()
    connection.currency, connection.country, connection.plan = (
        report.currency,
        report.country,
        report.plan,
    )
    connection.reads_all_orders = report.reads_all_orders
    connection.customer_data_readable = report.customer_data_readable
    served = report.api_version_served
    connection.served_api_version = served if served != report.api_version else ""
    connection.checked_at = now
    return [
        "shop_id",
        "shop_domain",
        "currency",
        "country",
        "plan",
        "reads_all_orders",
        "customer_data_readable",
        "served_api_version",
        "checked_at",
    ]


def shop_id_of(connection: StoreConnection, report: ShopReport) -> str:
    """Which shop this is, over all platforms; empty if the platform does not say."""
    return f"{connection.store.platform}:{report.id}" if report.id else ""


def trouble(report: ShopReport, platform: Platform) -> StoreRefused | None:
    """What keeps a connected store from being read, as a fixed sentence for its state."""
    if report.currency != settings.CURRENCY:
        return StoreRefused(OTHER_CURRENCY, code="currency")
    if report.missing_scopes:
        return StoreRefused(platform.scopes_missing, code="scope_missing")
    return None


def refusals(report: ShopReport, platform: Platform) -> list[str]:
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
            _(platform.scopes_missing_named)
            % {"scopes": ", ".join(report.missing_scopes)}
        )
    return found


def findings(report: ShopReport, platform: Platform) -> list[Finding]:
    """Everything the check found, in the order in which an admin reads it."""
    found = [
        Finding(_("Shop"), f"{report.name} ({report.domain})", True),
        _currency(report),
        Finding(_("Plan"), report.plan or _("unknown"), True),
        _scopes(report),
        _customer_data(report),
        _reach(report, platform),
        _newest_order(report),
    ]
    return [*found, _version(report, platform)] if report.api_version else found


def _currency(report: ShopReport) -> Finding:
    same = report.currency == settings.CURRENCY
    text = (
        _("%(currency)s, the same as RO App's")
        if same
        else _("%(currency)s, but RO App works in %(ours)s")
    )
    return Finding(
        _("Currency"),
        text % {"currency": report.currency, "ours": settings.CURRENCY},
        same,
    )


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


def _reach(report: ShopReport, platform: Platform) -> Finding:
    text = (
        _("all orders") if report.reads_all_orders else _(platform.recent_orders_only)
    )
    return Finding(_("Readable orders"), text, True)


def _newest_order(report: ShopReport) -> Finding:
    if report.missing_scopes:
        return Finding(
            _("Newest order"), _("not readable while scopes are missing"), False
        )
    if not report.newest_order_at:
        return Finding(_("Newest order"), report.newest_order or _("none yet"), True)
    return Finding(
        _("Newest order"),
        f"{report.newest_order}, {day_and_time(report.newest_order_at)}",
        True,
    )


def _version(report: ShopReport, platform: Platform) -> Finding:
    asked, served = report.api_version, report.api_version_served
    if served and served != asked:
        text = _(
            "%(asked)s is no longer served, %(platform)s answers with %(served)s: RO App needs an update"
        )
        values = {"asked": asked, "served": served, "platform": platform.label}
        return Finding(_("API version"), text % values, False)
    end = platform.end_of_support(asked)
    if end is None:
        return Finding(_("API version"), asked, True)
    values = {"asked": asked, "end": day(end)}
    return Finding(
        _("API version"), _("%(asked)s, supported until %(end)s") % values, True
    )
