from typing import Any, ClassVar, TypeVar, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import FilteredSelectMultiple
from django.db.models import Field, ManyToManyField, Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from common.admin import TYPED_NUMBERS, ReadOnlyAdmin, Searched
from common.formats import grouped, money
from common.http import Context, SignedInRequest
from common.retiring_admin import RetirableAdmin
from inventory.models import Warehouse
from orders.bulk import engine
from orders.bulk.asking import begin
from orders.domain.permissions import CHANGE, SEE_CONTACT_DATA
from orders.models import (
    AT_ONCE,
    BulkKind,
    DeletedOrder,
    Letterhead,
    LineWriteOff,
    Order,
    OrderQuerySet,
    OrderType,
    Status,
    StatusGroup,
)
from orders.order_list.search import apply_search
from orders.printing.letterhead_form import LetterheadForm

Kind = TypeVar("Kind", bound=Model)


class MovingOrders(RetirableAdmin[Kind]):
    """What orders have one of: they are moved to another by a bulk action, which keeps to their rules."""

    kind: ClassVar[BulkKind]

    def may_move(self, request: HttpRequest) -> bool:
        return request.user.has_perm(CHANGE)

    def act(self, request: HttpRequest, obj: Kind) -> HttpResponse | None:
        if "action" in request.POST and self.may_move(request):
            return self._begin(request, obj, {})
        return super().act(request, obj)

    def move(self, request: HttpRequest, obj: Kind, target: Kind) -> HttpResponse:
        wanted = {"kind": self.kind, self._field: target}
        return self._begin(request, obj, wanted)

    @property
    def _field(self) -> str:
        return {BulkKind.STATUS: "status", BulkKind.TYPE: "order_type"}[self.kind]

    def _begin(self, request: HttpRequest, obj: Kind, wanted: Context) -> HttpResponse:
        """As in the order list it asks first where it reaches far."""
        orders = Order.objects.filter(**{self._field: obj})
        asked = cast("SignedInRequest", request)
        begun = begin(asked, [self.kind], wanted, orders=orders)
        if isinstance(begun, HttpResponse):
            return begun
        until = timezone.now() + AT_ONCE
        engine.continue_action(begun.pk, clock=timezone.now, until=until)
        return redirect("orders:bulk-action", begun.pk)


@admin.register(Status)
class StatusAdmin(MovingOrders[Status]):
    kind = BulkKind.STATUS
    moving = _("Move its orders to the status")
    links: ClassVar = {"status": ("orders:list", "status")}
    list_display = ["pill", "group", "position"]
    list_editable = ["position"]
    list_filter = ["group"]
    search_fields = ["name"]
    filter_horizontal = ["followers"]
    formfield_overrides = TYPED_NUMBERS

    def formfield_for_dbfield(
        self, db_field: Field, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        """In the list a field has no label beside it, and says itself what it holds."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name in self.list_editable:
            field.widget.attrs["aria-label"] = db_field.verbose_name
        return field

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelMultipleChoiceField | None:
        """What is chosen from is called by what it is: "Choose all statuses"."""
        if db_field.name in self.filter_horizontal:
            kwargs["widget"] = FilteredSelectMultiple(_("statuses"), is_stacked=False)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @admin.display(description=_("status"), ordering="name")
    def pill(self, obj: Status) -> str:
        return _pill(obj)


@admin.register(OrderType)
class OrderTypeAdmin(MovingOrders[OrderType]):
    kind = BulkKind.TYPE
    moving = _("Move its orders to the type")
    links: ClassVar = {"order_type": ("orders:list", "type")}
    list_display = ["name", "begins_as"]
    list_select_related = ["initial_status"]
    search_fields = ["name"]

    @admin.display(description=_("initial status"), ordering="initial_status__position")
    def begins_as(self, obj: OrderType) -> str:
        return _pill(obj.initial_status)


@admin.register(Warehouse)
class WarehouseAdmin(RetirableAdmin[Warehouse]):
    """Registered here, since it is about orders. Its goods cannot be moved to another by a word."""

    list_display = ["name", "position"]
    search_fields = ["name"]
    formfield_overrides = TYPED_NUMBERS

    def notes(self, obj: Warehouse) -> list[str]:
        held = obj.levels.exclude(quantity=0).count()
        taken = LineWriteOff.objects.filter(
            movement__warehouse=obj, reversed_at__isnull=True
        ).exclude(line__order__status__group=StatusGroup.CLOSED)
        orders = taken.values("line__order").distinct().count()
        drafts = obj.receipts.filter(posted_at__isnull=True).count()
        found = []
        if held:
            text = ngettext(
                "It holds stock of %(count)s product, which counts until it is corrected or put elsewhere.",
                "It holds stock of %(count)s products, which counts until it is corrected or put elsewhere.",
                held,
            )
            found.append(text % {"count": grouped(held)})
        if orders:
            text = ngettext(
                "Goods of %(count)s open order were taken from it; a reversal puts them back there.",
                "Goods of %(count)s open orders were taken from it; a reversal puts them back there.",
                orders,
            )
            found.append(text % {"count": grouped(orders)})
        if drafts:
            text = ngettext(
                "%(count)s receipt for it is not posted yet.",
                "%(count)s receipts for it are not posted yet.",
                drafts,
            )
            found.append(text % {"count": grouped(drafts)})
        return found


@admin.register(Order)
class OrderAdmin(Searched, ReadOnlyAdmin):
    """Read-only: orders are edited on their own pages, which keep totals and events consistent."""

    list_display = [
        "id",
        "external_number",
        "store",
        "status",
        "order_type",
        "customer_name",
        "amount",
        "placed_at",
        "synced_at",
    ]
    list_filter = ["store", "status", "order_type", "needs_attention"]
    list_select_related = ["store", "status", "order_type"]
    search_fields = ["search"]
    list_per_page = 50

    def searched(
        self, rows: OrderQuerySet, text: str, request: HttpRequest
    ) -> OrderQuerySet:
        contact_data = request.user.has_perm(SEE_CONTACT_DATA)
        return apply_search(rows, text, contact_data=contact_data)

    @admin.display(description=_("total"), ordering="total")
    def amount(self, obj: Order) -> str:
        return money(obj.total)


@admin.register(DeletedOrder)
class DeletedOrderAdmin(ReadOnlyAdmin):
    """Who deleted which order, and when."""

    list_display = ["number", "at", "by", "customer", "amount", "placed_at"]
    list_select_related = ["by", "customer"]
    date_hierarchy = "at"
    search_fields = ["=number"]

    @admin.display(description=_("total"), ordering="total")
    def amount(self, obj: DeletedOrder) -> str:
        return money(obj.total)


def _pill(status: Status) -> str:
    """A status in its colour, as in the order list."""
    return format_html('<span class="pill {}">{}</span>', status.colour, status.name)


@admin.register(Letterhead)
class LetterheadAdmin(admin.ModelAdmin):
    """One row: the list leads to its form, also where there is none yet."""

    form = LetterheadForm

    def changelist_view(
        self, request: HttpRequest, extra_context: object = None
    ) -> HttpResponse:
        if letterhead := Letterhead.objects.first():
            return redirect("admin:orders_letterhead_change", letterhead.pk)
        return redirect("admin:orders_letterhead_add")

    def get_fields(
        self, request: HttpRequest, obj: Letterhead | None = None
    ) -> list[str | list[str] | tuple[str, ...]]:
        removal = ["remove_logo"] if obj and obj.logo else []
        return [*LetterheadForm.Meta.fields, "picture", *removal]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Letterhead.objects.exists()
