"""What people do with their own account."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from common import sessions
from common.http import SignedInRequest, int_or_none
from common.sessions import NUMBER


class ChangePassword(views.PasswordChangeView):
    """The former password and twice the new one; whoever is signed in elsewhere is signed out there."""

    template_name = "password.html"
    success_url = reverse_lazy("home")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        answer = super().form_valid(form)
        messages.success(self.request, _("Your password was changed."))
        return answer


@require_safe
def signed_in(request: SignedInRequest) -> HttpResponse:
    """Where one is signed in."""
    here = request.session.get(NUMBER)
    rows: list[dict[str, Any]] = [
        {
            "session": row,
            "is_here": row.pk == here,
            "browser": browser_name(row.browser),
        }
        for row in sessions.sessions_of(request.user)
    ]
    return render(request, "sessions.html", {"rows": rows, "here": here})


@require_POST
def end_sessions(request: SignedInRequest) -> HttpResponse:
    """Sign out in one other browser, or in all others."""
    others = sessions.sessions_of(request.user).exclude(
        pk=request.session.get(NUMBER, 0)
    )
    if "all" not in request.POST:
        others = others.filter(pk=int_or_none(request.POST.get("session")) or 0)
    count = sessions.end(others)
    text = ngettext(
        "You were signed out in %(count)s browser.",
        "You were signed out in %(count)s browsers.",
        count,
    )
    messages.success(request, text % {"count": count})
    return redirect("sessions")


BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
DEVICES = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}


def browser_name(agent: str) -> str:
    """What people call a browser that calls itself so: Firefox · Windows. Empty for an unknown one."""
    found = [
        next((name for sign, name in known.items() if sign in agent), "")
        for known in [BROWSERS, DEVICES]
    ]
    return " · ".join(filter(None, found))
