"""A page of a list, with its count and the addresses that lead on from it."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

from common import pagination
from common.pagination import Sort

MAX_COUNTED = 10_000
MAX_COUNTED_IN_SEARCH = 1_000


def turned(
    request: HttpRequest,
    rows: QuerySet[Any],
    *,
    counted: QuerySet[Any],
    sort: Sort,
    usual: str,
    names: Sequence[str] = (),
) -> dict[str, Any]:
    """What a list's template needs. ``counted`` are the rows without what is only shown; ``names`` the URL's
    filters.

    One query if everything fits on the page, else two.
    """
    url = request.GET
    page = pagination.turn(
        rows,
        sort=sort,
        size=pagination.DEFAULT_SIZE,
        after=pagination.read_cursor(url.get("after"), sort),
        before=pagination.read_cursor(url.get("before"), sort),
    )
    most = MAX_COUNTED_IN_SEARCH if url.get("q") else MAX_COUNTED
    is_whole = not page.previous and not page.following
    count = len(page.rows) if is_whole else pagination.count_up_to(counted, most)
    sorting = "" if sort.text == usual else sort.text
    here = address(url, names, sort=sorting)
    return {
        "page": page,
        "sort": sort,
        "count": min(count, most),
        "count_is_capped": count > most,
        "first_url": here,
        "shown_url": address(url, names, sort=sorting, **pagination.place(url, page)),
        "previous_url": _on(here, "before", page.previous),
        "next_url": _on(here, "after", page.following),
    }


def address(url: QueryDict, names: Sequence[str], **more: str) -> str:
    """A relative URL with the filters ``names`` of ``url`` and ``more``; empty ones are left out."""
    kept = QueryDict(mutable=True)
    for name in names:
        if values := [each for each in url.getlist(name) if each]:
            kept.setlist(name, values)
    for name, value in more.items():
        if value:
            kept[name] = value
    return f"?{kept.urlencode()}"


def _on(url: str, name: str, cursor: str) -> str:
    if not cursor:
        return ""
    turned = QueryDict(url.removeprefix("?"), mutable=True)
    turned[name] = cursor
    return f"?{turned.urlencode()}"
