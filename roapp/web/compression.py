"""Pages go over the wire compressed; what reads their length learns no secret from it (decision 56)."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

OURS = {"same-origin", "none"}
"""Who asked, in the browser's own words: a page of ours, or the person themselves."""


class CompressPages(GZipMiddleware):
    """Compresses HTML alone: what is written line by line, or compressed already, stays as it is. Whoever
    makes a browser ask from another site gets it plain."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if response.streaming or not is_page or not _is_asked_by_ours(request):
            return response
        return super().process_response(request, response)


def _is_asked_by_ours(request: HttpRequest) -> bool:
    """Also where nothing says who asked: an old browser, or one without TLS."""
    return request.headers.get("Sec-Fetch-Site", "none") in OURS
