"""The context of list pages: one page of rows, their count, and the URLs of the pages around it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

from common.lists import pagination
from common.lists.pagination import Sort

MAX_COUNTED = 10_000
MAX_COUNTED_IN_SEARCH = 1_000
NO_DEFAULTS: Mapping[str, str] = MappingProxyType({})


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
    place = pagination.count_with_place(counted, page, sort, limit)
    defaults = {"sort": usual}
    here = address(url, names, defaults=defaults, sort=sort.text)
    cursor = pagination.cursor_parameters(url, page)
    return {
        "page": page,
        "sort": sort,
        "count": min(place.count, limit),
        "count_is_capped": place.count > limit,
        "place": place,
        "first_url": here,
        "shown_url": address(url, names, defaults=defaults, sort=sort.text, **cursor),
        "previous_url": _with_cursor(here, "before", page.previous),
        "next_url": _with_cursor(here, "after", page.following),
    }


def address(
    url: QueryDict,
    names: Sequence[str],
    *,
    defaults: Mapping[str, str] = NO_DEFAULTS,
    **changed: str,
) -> str:
    """A relative URL with the parameters ``names`` of ``url``, and with the ``changed`` ones; those that are
    empty or have their default value are left out."""
    parameters = {name: url.getlist(name) for name in names}
    parameters |= {name: [value] for name, value in changed.items()}
    kept = QueryDict(mutable=True)
    for name, values in parameters.items():
        given = [value for value in values if value and value != defaults.get(name)]
        if given:
            kept.setlist(name, given)
    return f"?{kept.urlencode()}"


def _with_cursor(url: str, name: str, cursor: str) -> str:
    if not cursor:
        return ""
    parameters = QueryDict(url.removeprefix("?"), mutable=True)
    parameters[name] = cursor
    return f"?{parameters.urlencode()}"
