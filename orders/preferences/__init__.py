"""Users' preferences: the columns of the list and the time zone."""

import zoneinfo
from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from orders.models import Preferences


class BackendWithPreferences(ModelBackend):
    """Reads a signed-in user together with their preferences, since every page needs both."""

    def get_user(self, user_id: int) -> Any:
        user = (
            get_user_model()
            ._default_manager.select_related("preferences")
            .filter(pk=user_id)
            .first()
        )
        return user if user and self.user_can_authenticate(user) else None


def load_preferences(request: HttpRequest) -> Preferences:
    """The user's preferences; unsaved defaults if nothing has been chosen."""
    found: Preferences | None = getattr(request.user, "preferences", None)
    return found or Preferences(user_id=request.user.pk)  # type: ignore[misc]  # null for nobody, and never saved then


def activate_time_zone(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Show times in the user's time zone."""

    def middleware(request: HttpRequest) -> HttpResponse:
        chosen = load_preferences(request).time_zone
        try:
            timezone.activate(
                zoneinfo.ZoneInfo(chosen)
            ) if chosen else timezone.deactivate()
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            timezone.deactivate()
        return get_response(request)

    return middleware
