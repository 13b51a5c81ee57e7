from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from common.admin import TYPED_NUMBERS, OnlyOfferedFilters, ReadOnlyAdmin, Searched
from common.formats import money
from orders.domain.permissions import SEE_CONTACT_DATA
from orders.models import DeletedOrder, Letterhead, Order, OrderType, Status
from orders.order_list.search import apply_search
from orders.printing.letterhead_form import LetterheadForm


@admin.register(Status)
class StatusAdmin(OnlyOfferedFilters):
    list_display = ["pill", "group", "position"]
    list_editable = ["position"]
    list_filter = ["group"]
    search_fields = ["name"]
    filter_horizontal = ["followers"]
    formfield_overrides = TYPED_NUMBERS

    def formfield_for_dbfield(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        """In the list a field has no label beside it, and says itself what it holds."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name in self.list_editable:
            field.widget.attrs["aria-label"] = db_field.verbose_name
        return field

    @admin.display(description=_("status"), ordering="name")
    def pill(self, obj: Status) -> str:
        return _pill(obj)


@admin.register(OrderType)
class OrderTypeAdmin(OnlyOfferedFilters):
    list_display = ["name", "begins_as"]
    list_select_related = ["initial_status"]
    search_fields = ["name"]

    @admin.display(description=_("initial status"), ordering="initial_status__position")
    def begins_as(self, obj: OrderType) -> str:
        return _pill(obj.initial_status)


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
        "total",
        "placed_at",
        "synced_at",
    ]
    list_filter = ["store", "status", "order_type", "needs_attention"]
    list_select_related = ["store", "status", "order_type"]
    search_fields = ["search"]
    list_per_page = 50

    def searched(self, rows: Any, text: str, request: HttpRequest) -> Any:
        contact_data = request.user.has_perm(SEE_CONTACT_DATA)
        return apply_search(rows, text, contact_data=contact_data)


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
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        if letterhead := Letterhead.objects.first():
            return redirect("admin:orders_letterhead_change", letterhead.pk)
        return redirect("admin:orders_letterhead_add")

    def get_fields(self, request: HttpRequest, obj: Letterhead | None = None) -> Any:
        removal = ["remove_logo"] if obj and obj.logo else []
        return [*LetterheadForm.Meta.fields, "picture", *removal]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Letterhead.objects.exists()
