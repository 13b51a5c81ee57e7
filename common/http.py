"""What every view needs: requests of signed-in users, template contexts, and the way back from a form."""

from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

Context = dict[str, Any]
"""What a template is given, by name: any value, since the template decides what it does with it."""


class SignedInRequest(HttpRequest):
    """A request behind LoginRequiredMiddleware, as every page of ours is: its user is never anonymous."""

    user: User


def back(request: HttpRequest, otherwise: str) -> str:
    """The posted ``next`` if it is an address of ours, else ``otherwise``: nobody is sent elsewhere by a
    forged form."""
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_ours else otherwise
