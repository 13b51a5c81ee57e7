"""What a user may do with an order. roapp.permissions checks the permission of each URL; this depends on
the order."""

from django.contrib.auth.models import Permission, User
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Concat

from common.prepared import prepared

WORK = "orders.add_without_write_off"
"""To work with imported orders (O8)."""
VIEW = "orders.view_order"
"""To read orders; an account without a role may not."""
CHANGE = "orders.change_order"
REFRESH = "orders.refresh_order"
EXPORT = "orders.export_orders"
DELETE = "orders.delete_made_here"
EDIT_PRICES = "orders.edit_prices"
WRITE_OFF = "orders.write_off_order"
RESOLVE = "orders.resolve_differences"
ADD = "orders.add_order"
SHARE_VIEWS = "orders.share_views"
"""To share views of the list, and to change those that are shared."""
SEE_CONTACT_DATA = "customers.see_contact_data"
CHANGE_CUSTOMER = "customers.change_customer"
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
        or user.has_perm(WRITE_OFF)
        or (user.has_perm(WORK) and user.has_perm(REFRESH))
    )


def load_permissions(user: User) -> None:
    """Read all permissions of a signed-in ``user``, own and by group, with one query: ``has_perm`` would need
    two, and needs none afterwards. A superuser has them all."""
    if not user.is_active or user.is_superuser or hasattr(user, "_perm_cache"):
        return
    user._perm_cache = set(_permissions_of(user.pk))  # type: ignore[attr-defined]  # where ModelBackend keeps them


@prepared
def _permissions_of(user_id: int) -> QuerySet[Permission, str]:
    mine = Permission.objects.filter(Q(user=user_id) | Q(group__user=user_id))
    named = Concat(F("content_type__app_label"), Value("."), F("codename"))
    return mine.values_list(named, flat=True)
