"""What every page says about the stores: which need attention or do not answer, how many orders did
not come in, and whether background work stands still."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from common.http import HtmxRequest
from common.prepared import prepared
from integrations.alerts import mails
from integrations.alerts.currency import BEGAN_IN, former_currency
from integrations.alerts.troubles import is_silent, kept_out_of, with_counts
from integrations.models import Heartbeat, State, StoreConnection
from integrations.platforms.platform import Platform
from integrations.platforms.registry import platform_of

WORKER = "worker"
STANDSTILL = timedelta(minutes=3)
ENDS_SOON = timedelta(days=60)
SHOWN = [
    "mailed_at",
    "reason",
    "state",
    "failing_since",
    "connected_at",
    "served_api_version",
    "store__name",
    "store__platform",
]


@dataclass(frozen=True, slots=True)
class EndingVersion:
    """An API version that RO App uses and that stores may soon no longer serve."""

    platform: str
    version: str
    day: date


def banners(request: HtmxRequest) -> dict[str, Any]:
    """The template variable ``banners``: a function, since parts of pages show no banners and need not look
    for any."""
    return {"banners": partial(banners_of, request)}


def banners_of(request: HtmxRequest) -> dict[str, Any]:
    """For signed-in users ``troubled_stores`` and ``silent_stores``, and whether admins are mailed about them
    (``mail_is_set_up``); for those who may connect stores ``fallen_stores`` (answered in another API version
    than RO App's), ``ending_versions``, ``kept_out`` (stores with held or failed orders) and
    ``former_currency`` (of the amounts, where ``currency`` is another now); ``standstill_since`` (None while
    all is well), and ``clock_is_wrong``. Empty for anybody else, and for parts of pages."""
    is_other_part = request.htmx and request.htmx.target != "banners"
    if not request.user.is_authenticated or is_other_part:
        return {}
    stores = _stores()
    now = timezone.now()
    may_connect = request.user.has_perm("integrations.change_storeconnection")
    notes = list(_notes()) if stores or may_connect else []
    beat = next((each for each in notes if each.name == WORKER), None)
    began = next((each for each in notes if each.name != WORKER), None)
    fallen = [each for each in stores if each.served_api_version]
    ending = _ending_versions(
        {platform_of(each) for each in stores}, timezone.localdate()
    )
    return {
        "may_fix": may_connect and request.user.is_staff,
        "troubled_stores": [
            each for each in stores if each.state == State.NEEDS_ATTENTION
        ],
        "mail_is_set_up": mails.reach_admins(),
        "silent_stores": [each for each in stores if is_silent(each, now)],
        "kept_out": [found for each in stores if (found := kept_out_of(each))]
        if may_connect
        else [],
        "fallen_stores": fallen if may_connect else [],
        "ending_versions": ending if may_connect else [],
        "standstill_since": _standstill_since(beat, stores, now) if stores else None,
        "former_currency": former_currency(began) if may_connect else "",
        "currency": settings.CURRENCY,
        "clock_is_wrong": beat is not None and beat.is_ahead(now),
    }


@prepared
def _stores() -> QuerySet[StoreConnection]:
    return with_counts().only(*SHOWN)


@prepared
def _notes() -> QuerySet[Heartbeat]:
    """The workers' last sign of life, and the currency in which the installation began."""
    shown = Q(name=WORKER) | Q(name__startswith=BEGAN_IN)
    return Heartbeat.objects.filter(shown).order_by("at")


def _ending_versions(platforms: set[Platform], today: date) -> list[EndingVersion]:
    """Versions that may no longer be served from a day on that is no further than ENDS_SOON."""
    found = []
    for platform in platforms:
        version = platform.api_version
        end = platform.end_of_support(version) if version else None
        if end and end - ENDS_SOON <= today:
            found.append(EndingVersion(platform.label, version, end))
    return sorted(found, key=lambda ending: ending.day)


def _standstill_since(
    beat: Heartbeat | None, stores: list[StoreConnection], now: datetime
) -> datetime | None:
    """Since when nothing has worked for these stores; where no worker ever has, since they were connected."""
    last = beat.at if beat else min(each.connected_at for each in stores)
    return last if last < now - STANDSTILL else None
