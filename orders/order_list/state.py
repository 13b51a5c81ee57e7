"""What the order list shows and how: its filters, sort, page size, density and columns, from the address, the
saved view that it names, what was left, and what the user prefers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.http import QueryDict
from django.utils import timezone

from common.http import SignedInRequest, int_or_none, query_of
from common.lists import pagination
from orders.models import Density, SavedView
from orders.order_list.columns import Column, columns_named, usual_columns
from orders.order_list.filters import NAMES
from orders.order_list.saved_views import visible_views
from orders.order_list.sorting import DEFAULT_SORT, read_sort
from orders.preferences import load_preferences

WHOLE = "all"
"""The view that is the whole list."""
USUAL = "usual"
"""The columns that the user has without a view."""
LEFT = "orders-as-left"
"""The cookie that holds whose list it is, the day, and the list's address."""
MAX_LEFT = 3_000
CONTENTS = [*NAMES, "sort"]
"""What a view's address holds all of as soon as it holds any of it."""
KNOWN = {*CONTENTS, "size", "view", "after", "before", "columns", "density"}


@dataclass(frozen=True)
class ListState:
    """``filters`` are as in the address, ``view`` is the one that it names, ``usual_size`` the page size that
    an address need not name."""

    filters: Mapping[str, Sequence[str]]
    sort: pagination.Sort
    size: int
    density: str
    columns: Sequence[Column]
    view: SavedView | None = None
    usual_size: int = pagination.DEFAULT_SIZE

    @cached_property
    def url(self) -> QueryDict:
        """The filters alone."""
        found = QueryDict(mutable=True)
        for name, values in self.filters.items():
            found.setlist(name, list(values))
        return found

    @property
    def column_names(self) -> str:
        return ".".join(column.key for column in self.columns)

    @property
    def query(self) -> str:
        """All of it, as a saved view keeps it."""
        kept = self.url.copy()
        kept["sort"], kept["size"] = self.sort.text, str(self.size)
        kept["density"], kept["columns"] = self.density, self.column_names
        return kept.urlencode()

    @cached_property
    def saved(self) -> "ListState | None":
        """The view as it is saved."""
        return _read(QueryDict(), self, self.view) if self.view else None

    @property
    def is_changed(self) -> bool:
        """Whether it is not what its view holds."""
        return self.saved is not None and self.query != self.saved.query

    @property
    def is_whole(self) -> bool:
        return not self.filters and self.view is None

    def explicit(self) -> QueryDict:
        """An address that names every filter, also those of the view."""
        url = self.url.copy()
        if self.view:
            url["view"] = str(self.view.pk)
        if self.view or self.sort.text != DEFAULT_SORT:
            url["sort"] = self.sort.text
        if self.size != self.usual_size:
            url["size"] = str(self.size)
        return url

    def address(self, **changed: str) -> str:
        """The list's relative address, or with other values: ``sort``, ``size``, a filter, a cursor."""
        filters = dict(self.filters)
        for name in [each for each in changed if each in NAMES]:
            filters[name] = [changed[name]]
        sort = changed.get("sort", self.sort.text)
        size = changed.get("size", str(self.size))
        url = QueryDict(mutable=True)
        if self.view:
            url["view"] = str(self.view.pk)
        if self._differs(filters, sort):
            for name in [each for each in NAMES if filters.get(each)]:
                url.setlist(name, list(filters[name]))
            if self.view or sort != DEFAULT_SORT:
                url["sort"] = sort
        self._add_settings(url, size)
        for name in ["after", "before"]:
            if changed.get(name):
                url[name] = changed[name]
        return f"?{url.urlencode() or f'view={WHOLE}'}"

    def _differs(self, filters: Mapping[str, Sequence[str]], sort: str) -> bool:
        if self.saved is None:
            return True
        return filters != self.saved.filters or sort != self.saved.sort.text

    def _add_settings(self, url: QueryDict, size: str) -> None:
        """What is not as the view has it, or not as usual."""
        if size != str(self.saved.size if self.saved else self.usual_size):
            url["size"] = size
        if self.saved and self.density != self.saved.density:
            url["density"] = self.density
        if self.saved and self.column_names != self.saved.column_names:
            url["columns"] = self.column_names


def read_state(
    request: SignedInRequest, url: QueryDict, views: Sequence[SavedView] | None = None
) -> ListState:
    """The state that ``url`` asks for. ``views`` are those that the user sees, where they are known."""
    left = _left(request)
    usual = _usual(request, left)
    if not KNOWN & url.keys():
        url = _opening(request, left)
    pk = int_or_none(url.get("view"))
    known = visible_views(request.user) if pk and views is None else views or []
    view = next((each for each in known if each.pk == pk), None)
    return _read(url, usual, view)


def state_of_page(request: SignedInRequest) -> ListState:
    """The state of the list from which a form was sent or a link led here, or htmx asks."""
    named = request.POST.get("next") or request.GET.get("next")
    address = named or request.htmx.current_url or ""
    return read_state(request, query_of(address))


def _read(url: QueryDict, usual: ListState, view: SavedView | None) -> ListState:
    saved = QueryDict(view.query) if view else QueryDict()
    contents = url if not view or set(CONTENTS) & url.keys() else saved

    def setting(name: str) -> str:
        """From the address, else from the view; without a view it is the user's."""
        return (url.get(name) or saved.get(name) or "") if view else ""

    columns, density = setting("columns"), setting("density")
    has_own_columns = columns not in {"", USUAL}
    return ListState(
        _filters_in(contents),
        read_sort(contents.get("sort")),
        pagination.read_size(
            url.get("size") or saved.get("size") or str(usual.usual_size)
        ),
        density if density in Density.values else usual.density,
        columns_named(columns.split(".")) if has_own_columns else usual.columns,
        view,
        usual.usual_size,
    )


def _filters_in(url: QueryDict) -> dict[str, list[str]]:
    """Without empty values, in one order."""
    given = {name: sorted(filter(None, url.getlist(name))) for name in NAMES}
    return {name: values for name, values in given.items() if values}


def _usual(request: SignedInRequest, left: tuple[date, QueryDict] | None) -> ListState:
    """The whole list as this user usually sees it."""
    size = pagination.read_size(left[1].get("size") if left else None)
    preferences = load_preferences(request)
    return ListState(
        {},
        read_sort(None),
        size,
        preferences.density,
        usual_columns(request),
        usual_size=size,
    )


def _left(request: SignedInRequest) -> tuple[date, QueryDict] | None:
    """The day on which the user last saw the list in this browser, and its address then."""
    owner, _tilde, rest = request.COOKIES.get(LEFT, "").partition("~")
    day, _tilde, query = rest.partition("~")
    if owner != str(request.user.pk):
        return None
    try:
        return date.fromisoformat(day), QueryDict(query)
    except ValueError:
        return None


def _opening(
    request: SignedInRequest, left: tuple[date, QueryDict] | None
) -> QueryDict:
    """What an address that asks for nothing opens: on a new day the user's start, else what was left."""
    start = load_preferences(request).start_view_id
    is_new_day = left is None or left[0] != timezone.localdate()
    if start and is_new_day:
        return QueryDict(f"view={start}")
    return left[1] if left else QueryDict()


def left_cookie(request: SignedInRequest, state: ListState) -> str | None:
    """What the browser is to remember; None where it does already, or where it would be too long."""
    query = state.address()[1:]
    if "size=" not in query:
        query += f"&size={state.size}"
    value = f"{request.user.pk}~{timezone.localdate().isoformat()}~{query}"
    is_known = request.COOKIES.get(LEFT) == value
    return None if is_known or len(value) > MAX_LEFT else value
