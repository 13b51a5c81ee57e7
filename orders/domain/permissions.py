"""What a person may do with an order. The addresses' own needs stand in roapp.permissions; this is what the
row decides."""

from typing import Any

from django.contrib.auth.models import Permission, User
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Concat

WORK = "orders.add_without_write_off"
"""To work with an order that a store brought (O8)."""
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
    """The person lacks these permissions; nothing was changed."""

    def __init__(self, *permissions: str) -> None:
        self.permissions = permissions
        super().__init__(*permissions)


def require(user: User, *permissions: str) -> None:
    """Raise Lacking unless ``user`` has them all."""
    missing = [each for each in permissions if not user.has_perm(each)]
    if missing:
        raise MissingPermissionError(*missing)


def permissions_for_store(store_id: int | None) -> tuple[str, ...]:
    """What it takes to work with an order of this store, or with one made here, beside the permission for the
    act."""
    return () if store_id is None else (WORK,)


def may_select(user: User) -> bool:
    """Whether there is anything that ``user`` may do with a selection of the list."""
    return bool(
        user.has_perm(CHANGE) or user.has_perm(EXPORT) or (user.has_perm(WORK) and user.has_perm(REFRESH))
    )


def permissions_of(user: User | int) -> QuerySet[Any]:
    """The permissions that ``user``, or who has this id, has by themselves or by a group, each with its
    ``name`` in full ("orders.add_order")."""
    mine = Q(user=user) | Q(group__user=user)
    return Permission.objects.filter(mine).annotate(
        full_name=Concat(F("content_type__app_label"), Value("."), F("codename"))
    )


def cache_permissions(user: User, permissions: set[str]) -> None:
    """These are all the permissions of ``user``, read in one query: Django needs not read them again, in
    two."""
    if user.is_active and not user.is_superuser:
        user._perm_cache = permissions  # type: ignore[attr-defined]  # where ModelBackend keeps them


def load_permissions(user: User) -> None:
    """Read the permissions of a signed-in ``user`` with one query, unless they are known."""
    if not hasattr(user, "_perm_cache") and not user.is_superuser:
        cache_permissions(user, set(permissions_of(user).values_list("full_name", flat=True)))
