"""What each member of staff has chosen: the columns of the list and the time zone."""

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from orders.models import Preferences


def preferences_of(request: HttpRequest) -> Preferences:
    """The signed-in user's preferences, read once per request; unsaved defaults if nothing was chosen yet."""
    if not hasattr(request, "_preferences"):
        found = Preferences.objects.filter(user_id=request.user.pk).first() if request.user.is_authenticated else None
        request._preferences = found or Preferences(user_id=request.user.pk)  # type: ignore[attr-defined, misc]  # the request's own memory
    return request._preferences  # type: ignore[attr-defined,no-any-return]  # as above


def activate_time_zone(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Times are shown in the user's zone."""

    def middleware(request: HttpRequest) -> HttpResponse:
        chosen = preferences_of(request).time_zone
        try:
            timezone.activate(zoneinfo.ZoneInfo(chosen)) if chosen else timezone.deactivate()
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            timezone.deactivate()
        return get_response(request)

    return middleware
