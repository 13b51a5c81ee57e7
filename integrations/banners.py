"""What every page tells staff about the stores: which need attention, and whether background work stands still."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from integrations.models import Heartbeat, State, StoreConnection

STANDSTILL = timedelta(minutes=3)


def banners(request: HttpRequest) -> dict[str, Any]:
    """Template variables for signed-in users: ``troubled_stores``, and ``standstill_since`` (None while all is well)."""
    if not request.user.is_authenticated or request.headers.get("HX-Request"):
        return {}
    connections = StoreConnection.objects.filter(enabled=True).select_related("store").only("reason", "state", "store__name")
    stores = list(connections)
    beat = Heartbeat.objects.filter(name="worker").first() if stores else None
    still = beat is not None and beat.at < timezone.now() - STANDSTILL
    return {
        "troubled_stores": [each for each in stores if each.state == State.NEEDS_ATTENTION],
        "standstill_since": beat.at if beat and still else None,
    }
