"""Choosing the language, and the time zone that times are shown in; the installation's by default (O12)."""

import zoneinfo
from collections.abc import Sequence
from functools import lru_cache
from typing import cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST
from django.views.i18n import set_language

from common.http import SignedInRequest, back
from orders.models import Preferences
from orders.preferences import load_preferences

REGIONS = frozenset(
    {
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    }
)
Group = tuple[str, Sequence[tuple[str, str]]]


@lru_cache
def places() -> Sequence[Group]:
    """Every time zone named after a place, by region."""
    by_region: dict[str, list[tuple[str, str]]] = {
        region: [] for region in sorted(REGIONS)
    }
    for name in sorted(zoneinfo.available_timezones()):
        region, _slash, place = name.partition("/")
        if region in by_region:
            label = place.replace("_", " ").replace("/", " / ")
            by_region[region].append((name, label))
    return list(by_region.items())


class ZoneForm(forms.Form):
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), required=False)

    def __init__(self, *args: object, **values: object) -> None:
        super().__init__(*args, **values)  # type: ignore[arg-type]  # passed on as they are
        usual = _("As in this installation: %(zone)s") % {"zone": settings.TIME_ZONE}
        cast("forms.ChoiceField", self.fields["time_zone"]).choices = [
            ("", usual),
            ("UTC", "UTC"),
            *places(),
        ]


@login_not_required
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the language with the account of whoever is signed in, and in this browser for the next login."""
    code = request.POST.get("language", "")
    if request.user.is_authenticated and code in dict(settings.LANGUAGES):
        Preferences.objects.update_or_create(
            user=request.user, defaults={"language": code}
        )
    return set_language(request)


@require_http_methods(["GET", "HEAD", "POST"])
def choose_time_zone(request: SignedInRequest) -> HttpResponse:
    form = ZoneForm(
        request.POST or None, initial={"time_zone": load_preferences(request).time_zone}
    )
    if request.method == "POST" and form.is_valid():
        Preferences.objects.update_or_create(
            user=request.user, defaults=form.cleaned_data
        )
        messages.success(
            request, _("Times are shown in the zone that you have chosen.")
        )
        return redirect(back(request, "orders:list"))
    came_from = request.POST.get("next") or request.GET.get("next", "")
    return render(
        request,
        "orders/preferences/time_zone.html",
        {"form": form, "next": came_from, "now": timezone.now()},
    )
