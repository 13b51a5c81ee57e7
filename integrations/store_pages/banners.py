"""What every page tells staff about the stores: which need attention, and whether background work stands
still."""

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from integrations.connections.check import end_of
from integrations.models import Heartbeat, State, StoreConnection

STANDSTILL = timedelta(minutes=3)
ENDS_SOON = timedelta(days=60)


def banners(request: HttpRequest) -> dict[str, Any]:
    """The template variable ``banners``: a function, since parts of pages show no banners and need not look
    for any."""
    return {"banners": partial(banners_of, request)}


def banners_of(request: HttpRequest) -> dict[str, Any]:
    """For signed-in users ``troubled_stores``; for those who may connect stores ``fallen_stores`` (answered
    in another API version than RO App's) and ``version_ends`` (the day, if it is near); and
    ``standstill_since`` (None while all is well). Empty for anybody else, and for parts of pages."""
    if not request.user.is_authenticated or request.headers.get("HX-Request"):
        return {}
    shown = ["reason", "state", "connected_at", "fallen_version", "store__name"]
    stores = list(StoreConnection.objects.filter(enabled=True).select_related("store").only(*shown))
    fallen = [each for each in stores if each.fallen_version]
    ends = _version_ends(timezone.localdate()) if stores else None
    may_connect = bool(fallen or ends) and request.user.has_perm("integrations.change_storeconnection")
    return {
        "troubled_stores": [each for each in stores if each.state == State.NEEDS_ATTENTION],
        "fallen_stores": fallen if may_connect else [],
        "version_ends": ends if may_connect else None,
        "version": settings.SHOPIFY_API_VERSION,
        "standstill_since": _standstill_since(stores, timezone.now()) if stores else None,
    }


def _version_ends(today: date) -> date | None:
    """The day from which the stores may answer in another version than RO App's, if it is no further than
    ENDS_SOON."""
    end = end_of(settings.SHOPIFY_API_VERSION)
    return end if end - ENDS_SOON <= today else None


def _standstill_since(stores: list[StoreConnection], now: datetime) -> datetime | None:
    """Since when nothing has worked for these stores; where no worker ever has, since they were connected."""
    beat = Heartbeat.objects.filter(name="worker").first()
    last = beat.at if beat else min(each.connected_at for each in stores)
    return last if last < now - STANDSTILL else None
