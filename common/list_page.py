"""The context of list pages: one page of rows, their count, and the URLs of the pages around it."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

from common import pagination
from common.pagination import Sort

MAX_COUNTED = 10_000
MAX_COUNTED_IN_SEARCH = 1_000


def list_context(
    request: HttpRequest,
    rows: QuerySet[Any],
    *,
    counted: QuerySet[Any],
    sort: Sort,
    usual: str,
    names: Sequence[str] = (),
) -> dict[str, Any]:
    """The template context of a list. ``counted`` are the rows without what is only shown, ``names`` the
    filters in the URL, ``usual`` the default sort.

    One query if everything fits on the page, else two.
    """
    url = request.GET
    page = pagination.paginate(
        rows,
        sort=sort,
        size=pagination.DEFAULT_SIZE,
        after=pagination.read_cursor(url.get("after"), sort),
        before=pagination.read_cursor(url.get("before"), sort),
    )
    limit = MAX_COUNTED_IN_SEARCH if url.get("q") else MAX_COUNTED
    is_whole = not page.previous and not page.following
    count = len(page.rows) if is_whole else pagination.count_up_to(counted, limit)
    sorting = "" if sort.text == usual else sort.text
    here = address(url, names, sort=sorting)
    return {
        "page": page,
        "sort": sort,
        "count": min(count, limit),
        "count_is_capped": count > limit,
        "first_url": here,
        "shown_url": address(
            url, names, sort=sorting, **pagination.cursor_parameters(url, page)
        ),
        "previous_url": _with_cursor(here, "before", page.previous),
        "next_url": _with_cursor(here, "after", page.following),
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


def _with_cursor(url: str, name: str, cursor: str) -> str:
    if not cursor:
        return ""
    parameters = QueryDict(url.removeprefix("?"), mutable=True)
    parameters[name] = cursor
    return f"?{parameters.urlencode()}"
