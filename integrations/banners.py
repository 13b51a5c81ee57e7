"""What every page tells staff about the stores: which need attention, and whether background work stands still."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from integrations.models import Heartbeat, State, StoreConnection

STANDSTILL = timedelta(minutes=3)


def banners(request: HttpRequest) -> dict[str, Any]:
    """Template variables for signed-in users: ``troubled_stores``, ``fallen_stores`` (answered in another API version than
    RO App's; for those who may connect stores), and ``standstill_since`` (None while all is well)."""
    if not request.user.is_authenticated or request.headers.get("HX-Request"):
        return {}
    shown = ["reason", "state", "connected_at", "fallen_version", "store__name"]
    stores = list(StoreConnection.objects.filter(enabled=True).select_related("store").only(*shown))
    fallen = [each for each in stores if each.fallen_version]
    return {
        "troubled_stores": [each for each in stores if each.state == State.NEEDS_ATTENTION],
        "fallen_stores": fallen if fallen and request.user.has_perm("integrations.change_storeconnection") else [],
        "standstill_since": _standstill_since(stores, timezone.now()) if stores else None,
    }


def _standstill_since(stores: list[StoreConnection], now: datetime) -> datetime | None:
    """Since when nothing has worked for these stores; where no worker ever has, since they were connected."""
    beat = Heartbeat.objects.filter(name="worker").first()
    last = beat.at if beat else min(each.connected_at for each in stores)
    return last if last < now - STANDSTILL else None
