"""Which permission each address needs. What is ours and not listed here is refused: a new page cannot be
forgotten."""

from collections.abc import Callable, Mapping

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from orders.domain.permissions import (
    CHANGE,
    DELETE,
    RESOLVE,
    VIEW,
    WORK,
    WRITE_OFF,
    MissingPermissionError,
    load_permissions,
)

NEEDED: Mapping[str, tuple[str, ...]] = {
    "inventory:products": ("inventory.view_product",),
    "inventory:find": ("inventory.view_product",),
    "inventory:product": ("inventory.view_product",),
    "inventory:product-new": ("inventory.add_product",),
    "inventory:product-edit": ("inventory.change_product",),
    "inventory:product-correct": ("inventory.correct_stock",),
    "inventory:product-archive": ("inventory.archive_product",),
    "inventory:product-restore": ("inventory.archive_product",),
    "goods:move": ("inventory.correct_match",),
    "goods:confirm": ("inventory.correct_match",),
    "goods:remove": ("inventory.correct_match",),
    "goods:merge": ("inventory.merge_product",),
    "goods:undo": ("inventory.merge_product",),
    "inventory:categories": ("inventory.view_category",),
    "inventory:category-new": ("inventory.add_category",),
    "inventory:category-edit": ("inventory.change_category",),
    "inventory:warehouses": ("inventory.view_warehouse",),
    "inventory:warehouse-new": ("inventory.add_warehouse",),
    "inventory:warehouse-edit": ("inventory.change_warehouse",),
    "inventory:receipts": ("inventory.view_receipt",),
    "inventory:receipt": ("inventory.view_receipt",),
    "inventory:receipt-new": ("inventory.add_receipt",),
    "inventory:receipt-edit": ("inventory.change_receipt",),
    "inventory:receipt-post": ("inventory.post_receipt",),
    "inventory:receipt-discard": ("inventory.change_receipt",),
    "orders:list": (VIEW,),
    "orders:detail": (VIEW,),
    "orders:print": (VIEW,),
    "orders:slip-pdf": (VIEW,),
    "orders:print-selection": (VIEW,),
    "orders:slips-pdf": (VIEW,),
    "orders:logo": (VIEW,),
    "orders:scan": (VIEW,),
    "orders:delete": (VIEW, DELETE),
    "orders:go-to": (VIEW,),
    "orders:keys": (VIEW,),
    "orders:live": (VIEW,),
    "orders:order-live": (VIEW,),
    "orders:neighbours": (VIEW,),
    "orders:display": (VIEW,),
    "orders:views": (VIEW,),
    "orders:view": (VIEW,),
    "orders:time-zone": (),
    "orders:badges": (VIEW,),
    "orders:colleagues": (VIEW,),
    "orders:find-colleague": (VIEW,),
    "orders:create": (VIEW, "orders.add_order"),
    "orders:statuses": (VIEW, CHANGE),
    "orders:people": (VIEW, CHANGE),
    "orders:days": (VIEW, CHANGE),
    "orders:status": (VIEW, CHANGE),
    "orders:assignee": (VIEW, CHANGE),
    "orders:type": (VIEW, CHANGE),
    "orders:customer": (VIEW, CHANGE),
    "orders:find-product": (VIEW, "inventory.view_product"),
    "orders:find-customer": (VIEW, "customers.view_customer"),
    "orders:due": (VIEW, CHANGE),
    "orders:note": (VIEW, CHANGE),
    "orders:comment": (VIEW, CHANGE),
    "orders:line-add": (VIEW, CHANGE),
    "orders:line-change": (VIEW, CHANGE),
    "orders:line-remove": (VIEW, CHANGE),
    "orders:line-decide": (VIEW, RESOLVE),
    "orders:accept": (VIEW, RESOLVE),
    "orders:write-off": (VIEW, WRITE_OFF),
    "orders:reverse": (VIEW, WRITE_OFF),
    "orders:bulk": (VIEW,),
    "orders:write-off-selection": (VIEW, WRITE_OFF),
    "orders:due-of-selection": (VIEW, CHANGE),
    "orders:bulk-progress": (VIEW,),
    "orders:bulk-action": (VIEW,),
    "orders:undo": (VIEW,),
    "orders:count": (VIEW,),
    "orders:export": (VIEW, "orders.export_orders"),
    "customers:list": ("customers.view_customer",),
    "customers:new": ("customers.add_customer", "customers.see_contact_data"),
    "customers:detail": ("customers.view_customer",),
    "people:edit": ("customers.change_customer", "customers.see_contact_data"),
    "people:phones": ("customers.change_customer", "customers.see_contact_data"),
    "people:merge": ("customers.merge_customer", "customers.see_contact_data"),
    "people:doubtful": ("customers.merge_customer", "customers.see_contact_data"),
    "people:decide": ("customers.merge_customer", "customers.see_contact_data"),
    "people:undo": ("customers.merge_customer",),
    "people:export": ("customers.export_customer", "customers.see_contact_data"),
    "people:erase": ("customers.erase_customer",),
    "stores:banners": (),
    "stores:list": ("integrations.view_storeconnection",),
    "stores:cards": ("integrations.view_storeconnection",),
    "stores:find": (
        "integrations.view_storeconnection",
        "integrations.look_up_order",
    ),
    "stores:unimported": ("integrations.view_storeconnection",),
    "stores:weeks": ("integrations.view_storeconnection",),
    "stores:runs": ("integrations.view_storeconnection",),
    "stores:poll": ("integrations.change_storeconnection",),
    "stores:compare": ("integrations.change_storeconnection",),
    "stores:retry": ("integrations.change_storeconnection",),
    "stores:run": ("integrations.change_storeconnection",),
    "stores:refresh": (VIEW, WORK, "orders.refresh_order"),
    "stores:refresh-progress": (VIEW,),
}
"""View name -> permissions, all of which are needed; none: every member of staff who is signed in. What
depends on the row (whether an order came from a store) is decided where the row is read."""
OURS = {name.partition(":")[0] for name in NEEDED}
VERBS: dict[str, str | Promise] = {
    "add": gettext_lazy("Can add: %(what)s"),
    "change": gettext_lazy("Can change: %(what)s"),
    "delete": gettext_lazy("Can delete: %(what)s"),
    "view": gettext_lazy("Can view: %(what)s"),
}


def name_of(permission: str) -> str:
    """A permission ("orders.add_order") as people read it, in their language."""
    app, _dot, codename = permission.partition(".")
    for model in apps.get_app_config(app).get_models():
        for known, name in model._meta.permissions:
            if known == codename:
                return str(name)
        verb, _line, model_name = codename.partition("_")
        if model._meta.model_name == model_name and verb in VERBS:
            return VERBS[verb] % {"what": model._meta.verbose_name_plural}
    raise LookupError(permission)


def refusal(permissions: list[str]) -> str:
    """What a person reads who lacks these permissions."""
    quoted = [_("“%(name)s”") % {"name": name_of(each)} for each in permissions]
    names = get_text_list(quoted, _("and"))
    sentence = ngettext(
        "You need the permission %(names)s for this.",
        "You need the permissions %(names)s for this.",
        len(permissions),
    )
    return sentence % {"names": names} + " " + _("An administrator can give it to you.")


class PermissionMiddleware:
    """Refuses (403, naming what is missing) before a view begins. Nobody who is not signed in gets this
    far."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> None:
        match = request.resolver_match
        if (
            match is None
            or not match.namespaces
            or match.namespaces[0] not in OURS
            or not request.user.is_authenticated
        ):
            return
        needed = NEEDED.get(match.view_name)
        if needed is None:
            raise PermissionDenied(_("This address is not open to anybody yet."))
        load_permissions(request.user)
        missing = [each for each in needed if not request.user.has_perm(each)]
        if missing:
            raise PermissionDenied(refusal(missing))

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """What the row needed: refused in the same words."""
        if isinstance(exception, MissingPermissionError):
            raise PermissionDenied(refusal(list(exception.permissions))) from exception
