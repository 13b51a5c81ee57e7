from django.contrib import admin
from django.http import HttpRequest

from orders.models import Order, OrderType, Status


@admin.register(Status)
class StatusAdmin(admin.ModelAdmin):
    list_display = ["name", "group", "colour", "position"]
    list_editable = ["position"]
    list_filter = ["group"]
    search_fields = ["name"]
    filter_horizontal = ["followers"]


@admin.register(OrderType)
class OrderTypeAdmin(admin.ModelAdmin):
    list_display = ["name", "initial_status"]
    list_select_related = ["initial_status"]
    search_fields = ["name"]


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    """To look at only: orders are worked with on their own pages, which keep totals and feed in step."""

    list_display = ["id", "external_number", "store", "status", "order_type", "customer_name", "total", "placed_at", "synced_at"]
    list_filter = ["store", "status", "order_type", "needs_attention"]
    list_select_related = ["store", "status", "order_type"]
    search_fields = ["=id", "external_number", "customer_name"]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return False
