"""Views of the order list under a name: whose they are, and what their owners do with them (O13)."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop

from common.prepared import prepared
from common.text import printable
from orders.domain.editing import ActionRefusedError, EditConflictError
from orders.domain.permissions import SHARE_VIEWS, require
from orders.models import Preferences, SavedView

MAX_VIEWS = 50
"""Of one user, and of all that are shared."""
MAX_NAME = 60
NO_NAME = gettext_noop("Enter a name for the view.")
TOO_MANY = gettext_noop("There are 50 views already. Delete one first.")


def visible_views(user: User) -> list[SavedView]:
    """Those that are shared, then the user's own, each in their order."""
    return _visible(user.pk)


@prepared
def _visible(user_id: int) -> QuerySet[SavedView]:
    visible = SavedView.objects.filter(Q(owner=user_id) | Q(is_shared=True))
    return visible[: 2 * MAX_VIEWS]


def visible_view(pk: int, user: User) -> SavedView:
    """Raises SavedView.DoesNotExist for one that ``user`` does not see."""
    return SavedView.objects.get(Q(owner=user) | Q(is_shared=True), pk=pk)


def may_change(user: User, view: SavedView) -> bool:
    if view.is_shared:
        return user.has_perm(SHARE_VIEWS)
    return view.owner_id == user.pk


def view_to_change(pk: int, by: User) -> SavedView:
    """Raises SavedView.DoesNotExist for a view that ``by`` does not see, and MissingPermissionError for a
    shared one where they may not share."""
    view = visible_view(pk, by)
    if view.is_shared:
        require(by, SHARE_VIEWS)
    return view


def _name(text: str) -> str:
    name = printable(text, MAX_NAME)
    if not name:
        raise ActionRefusedError(NO_NAME)
    return name


def _siblings(view: SavedView) -> QuerySet[SavedView]:
    if view.is_shared:
        return SavedView.objects.filter(is_shared=True)
    return SavedView.objects.filter(is_shared=False, owner=view.owner_id)


def _put_last(view: SavedView) -> None:
    """Raises ActionRefusedError where there are too many already."""
    positions = list(_siblings(view).values_list("position", flat=True))
    if len(positions) >= MAX_VIEWS:
        raise ActionRefusedError(TOO_MANY)
    view.position = max(positions, default=0) + 1


def create_view(name: str, query: str, *, is_shared: bool, by: User) -> SavedView:
    """Raises ActionRefusedError without a name, and MissingPermissionError."""
    if is_shared:
        require(by, SHARE_VIEWS)
    view = SavedView(owner=by, name=_name(name), query=query, is_shared=is_shared)
    _put_last(view)
    view.save()
    return view


def save_view(view: SavedView, query: str, *, seen: str) -> None:
    """Let the view hold this state. Raises EditConflictError if it is no longer as it was ``seen``."""
    known = SavedView.objects.filter(pk=view.pk, query=seen)
    if not known.update(query=query):
        raise EditConflictError({})


def rename_view(view: SavedView, name: str) -> None:
    view.name = _name(name)
    view.save(update_fields=["name"])


def share_view(view: SavedView, *, is_shared: bool, by: User) -> None:
    """Show the view to everyone, or to its owner alone. Raises MissingPermissionError."""
    require(by, SHARE_VIEWS)
    view.is_shared = is_shared
    _put_last(view)
    view.save(update_fields=["is_shared", "position"])


def move_view(view: SavedView, *, by_places: int) -> None:
    """Move the view among its like, as far as there is room."""
    with transaction.atomic():
        order = list(_siblings(view).select_for_update())
        place = next(n for n, each in enumerate(order) if each.pk == view.pk)
        moved = order.pop(place)
        order.insert(min(max(place + by_places, 0), len(order)), moved)
        _number(order)


def _number(views: Sequence[SavedView]) -> None:
    for position, view in enumerate(views):
        view.position = position
    SavedView.objects.bulk_update(views, ["position"])


def start_with(view: SavedView | None, user: User) -> None:
    """Open the user's list with this view on a new day, or as it was left."""
    Preferences.objects.update_or_create(user=user, defaults={"start_view": view})
