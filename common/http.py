"""What every view needs: requests of signed-in users, contexts, numbers, and the way back from a form."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.http import HttpRequest, QueryDict
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

Context = dict[str, Any]
"""What a template is given, by name: any value, since the template decides what it does with it."""

MAX_BIGINT = 2**63 - 1
"""The largest number that an id's column holds."""
MAX_INTEGER = 2**31 - 1
"""The largest number that an ordinary integer column holds."""
MAX_UNIX_TIME = 253_402_300_799
"""The last second of the year 9999, where datetime ends."""


class HtmxRequest(HttpRequest):
    """A request that HtmxMiddleware has seen, as every one is."""

    htmx: HtmxDetails


class SignedInRequest(HtmxRequest):
    """A request behind LoginRequiredMiddleware, as every page of ours is: its user is never anonymous."""

    user: User


def back(request: HttpRequest, otherwise: str) -> str:
    """The posted ``next`` if it is an address of ours, else ``otherwise``: nobody is sent elsewhere by a
    forged form."""
    target = request.POST.get("next", "")
    is_ours = target.startswith("/") and url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_ours else otherwise


def file_named(name: str, *, is_shown: bool = False) -> dict[str, str]:
    """The header of an answer that is a file of this name, in ASCII: kept, or shown in the browser."""
    kind = "inline" if is_shown else "attachment"
    return {"Content-Disposition": f'{kind}; filename="{name}"'}


def query_of(url: str) -> QueryDict:
    """The query of an address that a browser names; empty for what is no address."""
    try:
        return QueryDict(urlsplit(url).query)
    except ValueError:
        return QueryDict()


def int_or_none(text: str | None, *, most: int = MAX_BIGINT) -> int | None:
    """The number that a request names in ASCII digits; None for anything else, and for one above ``most``."""
    if (
        not text
        or not text.isascii()
        or not text.isdigit()
        or len(text) > len(str(MAX_BIGINT))
    ):
        return None
    number = int(text)
    return number if number <= most else None


def ids_in(texts: Iterable[str]) -> list[int]:
    """The ids among ``texts``, each once, in their order."""
    found = (int_or_none(text) for text in texts)
    return list(dict.fromkeys(number for number in found if number is not None))
