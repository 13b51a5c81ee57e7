"""Users' preferences: the columns of the list, the time zone and the language."""

import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from common.prepared import prepared
from orders.models import Preferences


class BackendWithPreferences(ModelBackend):
    """Reads a signed-in user together with their preferences, since every page needs both."""

    def get_user(self, user_id: int) -> User | None:
        user = next(iter(_with_preferences(user_id)), None)
        return user if user and self.user_can_authenticate(user) else None


@prepared
def _with_preferences(user_id: int) -> QuerySet[User]:
    return User.objects.select_related("preferences").filter(pk=user_id)


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


def activate_language(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Speak the user's language: the one of their account, else the one chosen in this browser, else the
    installation's. What the browser itself asks for counts only before the login."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            in_browser = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
            wanted = [load_preferences(request).language, in_browser]
            known = [code for code in wanted if code in dict(settings.LANGUAGES)]
            translation.activate([*known, settings.LANGUAGE_CODE][0])
            request.LANGUAGE_CODE = translation.get_language()
        return get_response(request)

    return middleware
