"""Logging in: who may try, how often and from where, and what is noted of it.

django-axes counts the tries. What is counted is the pair of name and address, so that nobody can lock out
somebody else by trying their name, and the address alone, so that nobody can try one password on every name.
"""

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import User
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from common import sessions
from roapp.web.clients import network_of
from roapp.web.expired_forms import form_expired, page_of
from roapp.web.sent_again import typed_in

log = logging.getLogger("roapp.login")
PER_ADDRESS = 30
"""Wrong passwords from one address, whatever the names, before it is locked; an office may share one."""


class LoginRequired(LoginRequiredMiddleware):
    """Whoever has been logged out in the middle of an act hears that it was not done, and comes back to the
    page where they were: an address that only takes what forms send is none to come back to. What was typed
    is shown first, where no script keeps it."""

    def handle_no_permission(  # type: ignore[override]  # Django's middleware answers with anything
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponse:
        if request.method in {"GET", "HEAD"}:
            return super().handle_no_permission(request, view_func)
        if typed_in(request):
            return form_expired(request)
        query = {"next": page_of(request)}
        if sessions.is_somebodys_doing(request):
            query["undone"] = "1"
        return HttpResponseRedirect(reverse("login", query=query))


class LoginForm(AuthenticationForm):
    """A name that is too long for any account is not looked up, nor is it kept. Invitations store addresses
    in lower case, and people write theirs as they like."""

    def clean(self) -> dict[str, Any]:
        longest = self.username_field.max_length or 0
        typed = self.cleaned_data.get("username", "")
        if len(typed) > longest:
            raise self.get_invalid_login_error()
        # Before anything is tried, so that tries are counted for the same name however it is written.
        self.cleaned_data["username"] = _name_of_account(typed)
        return super().clean()


def _name_of_account(typed: str) -> str:
    """The name of the account that is meant: the one written so, else the only one with these letters."""
    names = User.objects.filter(username__iexact=typed).values_list(
        "username", flat=True
    )
    found = list(names[:2]) if typed else []
    return found[0] if len(found) == 1 else typed


class AdminLoginForm(LoginForm, AdminAuthenticationForm):
    """As everywhere, for those who may open the administration."""


def counted_address(request: HttpRequest) -> str | None:
    return network_of(request.META.get("REMOTE_ADDR", ""))


class Tries(AxesDatabaseHandler):  # type: ignore[misc]  # axes has no types
    """Axes knows one limit; an address has its own."""

    def is_locked(
        self, request: HttpRequest, credentials: dict[str, object] | None = None
    ) -> bool:
        return super().is_locked(request, credentials) or (
            _failures_from(request.axes_ip_address) >= PER_ADDRESS  # type: ignore[attr-defined]  # axes sets it
        )

    def user_login_failed(
        self,
        sender: object,
        credentials: dict[str, Any],
        request: HttpRequest | None = None,
        **values: object,
    ) -> None:
        super().user_login_failed(sender, credentials, request, **values)
        if request is not None:
            locked_out = request.axes_locked_out  # type: ignore[attr-defined]  # axes sets it
            result = "refused, locked" if locked_out else "failed"
            _note(result, str(credentials.get("username", "")), request)

    def user_logged_in(
        self, sender: object, request: HttpRequest, user: User, **values: object
    ) -> None:
        super().user_logged_in(sender, request, user, **values)
        sessions.begin(request, user, now=timezone.now())
        _note("succeeded", user.get_username(), request)


def _failures_from(address: str | None) -> int:
    since = timezone.now() - timedelta(hours=settings.AXES_COOLOFF_TIME)
    recent = AccessAttempt.objects.filter(ip_address=address, attempt_time__gt=since)
    return recent.aggregate(failures=Sum("failures_since_start"))["failures"] or 0


def _note(result: str, name: str, request: HttpRequest) -> None:
    # Escaped: the name is whatever a stranger has typed.
    address = request.META.get("REMOTE_ADDR") or "unknown"
    log.info("login %s: %s from %s", result, json.dumps(name), address)


class EndLock:
    """Django tells password validators of each new password: with it nobody is locked out any more."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Every password will do."""

    def get_help_text(self) -> str:
        return ""

    def password_changed(self, password: str, user: User | None = None) -> None:
        if user is not None:
            AccessAttempt.objects.filter(username=user.get_username()).delete()
