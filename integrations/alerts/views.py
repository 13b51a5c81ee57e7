"""The banners alone, for pages that stay open: they come and go without a reload."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from common.http import SignedInRequest


@require_safe
def show_banners(request: SignedInRequest) -> HttpResponse:
    return render(request, "_banners.html")
