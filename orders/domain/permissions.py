"""What a user may do with an order. roapp.permissions checks the permission of each URL; this depends on
the order."""

from typing import Any

from django.contrib.auth.models import Permission, User
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Concat

WORK = "orders.add_without_write_off"
"""To work with imported orders (O8)."""
CHANGE = "orders.change_order"
REFRESH = "orders.refresh_order"
EXPORT = "orders.export_orders"
EDIT_PRICES = "orders.edit_prices"
WRITE_OFF = "orders.write_off_order"
RESOLVE = "orders.resolve_differences"
ADD = "orders.add_order"
SEE_CONTACT_DATA = "customers.see_contact_data"
BELOW_ZERO = "orders.write_off_below_zero"


class MissingPermissionError(PermissionDenied):
    """The user lacks these permissions; nothing was changed."""

    def __init__(self, *permissions: str) -> None:
        self.permissions = permissions
        super().__init__(*permissions)


def require(user: User, *permissions: str) -> None:
    """Raise MissingPermissionError unless ``user`` has all of them."""
    missing = [each for each in permissions if not user.has_perm(each)]
    if missing:
        raise MissingPermissionError(*missing)


def permissions_for_store(store_id: int | None) -> tuple[str, ...]:
    """The permissions that an order of this store needs beside the action's own; none for one created
    here."""
    return () if store_id is None else (WORK,)


def may_select(user: User) -> bool:
    """Whether ``user`` may do anything with a selection in the list."""
    return bool(
        user.has_perm(CHANGE)
        or user.has_perm(EXPORT)
        or (user.has_perm(WORK) and user.has_perm(REFRESH))
    )


def permissions_of(user: User | int) -> QuerySet[Any]:
    """The permissions of ``user`` (or of the user with this id), own or by group, with a ``full_name`` like
    "orders.add_order"."""
    mine = Q(user=user) | Q(group__user=user)
    return Permission.objects.filter(mine).annotate(
        full_name=Concat(F("content_type__app_label"), Value("."), F("codename"))
    )


def cache_permissions(user: User, permissions: set[str]) -> None:
    """Let Django know that these are all of the user's permissions, read in one query: it would need two."""
    if user.is_active and not user.is_superuser:
        user._perm_cache = permissions  # type: ignore[attr-defined]  # where ModelBackend keeps them


def load_permissions(user: User) -> None:
    """Read the permissions of a signed-in ``user`` with one query, unless they are loaded already."""
    if not hasattr(user, "_perm_cache") and not user.is_superuser:
        cache_permissions(
            user, set(permissions_of(user).values_list("full_name", flat=True))
        )
