"""Pages in place of what Django answers by itself: an empty one where an address takes only what forms send,
which somebody may meet who signs in again in the middle of an act; and, with DEBUG, a list of all addresses
where there is none like that."""

from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import page_not_found


def explained(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Give Django's 405 and its technical 404 a page."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == 405 and not response.content:
            response.content = render_to_string("405.html", request=request)
        if (
            response.status_code == 404
            and settings.DEBUG
            and b"URLconf" in response.content
        ):
            return page_not_found(request, Http404())
        return response

    return middleware
