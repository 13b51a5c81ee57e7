"""What browsers and proxies may keep of a page: nothing, since nearly all hold somebody's data."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase


def keep_nothing(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers["Cache-Control"] = "no-store"
        return response

    return middleware


def forget_whoever_was_here(
    view: Callable[..., HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """While nobody is signed in, the browser gives up what a page has kept in its storage: the address of the
    list that was left may hold a customer's name."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if not request.user.is_authenticated:
            response.headers["Clear-Site-Data"] = '"storage"'
        return response

    return page
