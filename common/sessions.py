"""Where people are signed in: noted, shown to them, and ended by them or when nobody is there any more.

Pages that ask again by themselves do not count as somebody's doing.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import timezone

from common.models import UserSession

NUMBER, SEEN = "session-number", "seen-at"
"""Keys of Django's session."""
NOTED_AGAIN = timedelta(minutes=5)
BY_ITSELF = {
    "orders:badges",
    "orders:live",
    "orders:order-live",
    "orders:bulk-progress",
    "stores:cards",
    "stores:refresh-progress",
}
"""Addresses that open pages ask again and again, by themselves."""


def begin(request: HttpRequest, user: User, *, now: datetime) -> None:
    """Note the session of somebody who has just signed in."""
    row = UserSession.objects.create(
        user=user,
        session_key=request.session.session_key or "",
        began_at=now,
        seen_at=now,
        address=request.META.get("REMOTE_ADDR") or None,
        browser=request.headers.get("User-Agent", "")[:255],
    )
    request.session[NUMBER] = row.pk
    request.session[SEEN] = now.timestamp()


def end_when_idle(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Sign out whoever has done nothing for SESSION_IDLE_HOURS, and note that the others have."""

    def middleware(request: HttpRequest) -> HttpResponse:
        seen_at = request.session.get(SEEN)
        if seen_at is not None and request.user.is_authenticated:
            now = timezone.now()
            idle = now.timestamp() - seen_at
            if idle > settings.SESSION_IDLE_HOURS * 3600:
                _forget(request)
            elif idle > NOTED_AGAIN.total_seconds() and is_somebodys_doing(request):
                _note(request, now)
        return get_response(request)

    return middleware


def is_somebodys_doing(request: HttpRequest) -> bool:
    """Whether a person asked for it, and not an open page by itself."""
    try:
        return resolve(request.path_info).view_name not in BY_ITSELF
    except Resolver404:
        return False


def _note(request: HttpRequest, now: datetime) -> None:
    request.session[SEEN] = now.timestamp()
    UserSession.objects.filter(pk=request.session[NUMBER]).update(
        seen_at=now,
        # Which another password changes.
        session_key=request.session.session_key,
        address=request.META.get("REMOTE_ADDR") or None,
    )


def _forget(request: HttpRequest) -> None:
    UserSession.objects.filter(pk=request.session[NUMBER]).delete()
    logout(request)


def sessions_of(user: User) -> QuerySet[UserSession]:
    """Where the user is signed in, last seen first."""
    alive = Session.objects.filter(expire_date__gt=timezone.now())
    mine = UserSession.objects.filter(
        user=user, session_key__in=alive.values("session_key")
    )
    return mine.order_by("-seen_at", "-pk")


def end(rows: QuerySet[UserSession]) -> int:
    """Sign out there; how many there were."""
    keys = [row.session_key for row in rows]
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()
    return len(keys)


def delete_old(now: datetime) -> None:
    """Forget sessions that have long ended."""
    ended = now - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    UserSession.objects.filter(seen_at__lt=ended).delete()
