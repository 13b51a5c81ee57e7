"""A form whose proof that it is ours is out of date: what happened, what was typed, and the way on."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, ResolverMatch, resolve, reverse

from common.formats import person_name
from roapp.web.sent_again import typed_in

KEEPING = {"orders:detail", "orders:create"}
"""Pages that keep what is typed and not sent (static/js/typed.js, static/js/drafts.js)."""


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """In place of Django's answer; ``reason`` is for its log."""
    page = page_of(request)
    found = _view_of(page)
    needs_login = getattr(found and found.func, "login_required", True)
    has_to_log_in = needs_login and not request.user.is_authenticated
    # Without a script this page is in the place of the one that keeps it.
    is_by_script = "HX-Request" in request.headers
    context = {
        "page": page,
        "is_known": found is not None and found.view_name != "home",
        "is_kept": is_by_script and found is not None and found.view_name in KEEPING,
        "typed": typed_in(request),
        "name": person_name(request.user) if request.user.is_authenticated else "",
        "login": reverse("login", query={"next": page}) if has_to_log_in else "",
    }
    return render(request, "403_csrf.html", context, status=403)


def page_of(request: HttpRequest) -> str:
    """The address of our page that sent this."""
    here = f"{request.scheme}://{request.get_host()}"
    before, _here, path = request.headers.get("Referer", "").partition(here)
    is_ours = not before and path.startswith("/") and not path.startswith("//")
    return path if is_ours else "/"


def _view_of(page: str) -> ResolverMatch | None:
    try:
        return resolve(urlsplit(page).path)
    except Resolver404:
        return None
