from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from common.admin import TYPED_NUMBERS, OnlyOfferedFilters, ReadOnlyAdmin, Searched
from inventory.forms import CategoryRow
from inventory.models import Category, Product, StockLevel, StockMovement, Warehouse
from inventory.search import apply_search


@admin.register(Category)
class CategoryAdmin(OnlyOfferedFilters):
    form = CategoryRow
    list_display = ["name"]
    search_fields = ["name"]


@admin.register(Product)
class ProductAdmin(Searched):
    list_display = ["name", "sku", "code", "unit", "category"]
    list_select_related = ["category"]
    list_filter = ["category"]
    search_fields = ["search"]
    autocomplete_fields = ["category"]
    exclude = ["created_at"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Without those that were merged into others."""
        return super().get_queryset(request).filter(merged_into__isnull=True)

    def searched(self, rows: Any, text: str, request: HttpRequest) -> Any:
        return apply_search(rows, text)

    def save_model(
        self, request: HttpRequest, obj: Product, form: Any, change: bool
    ) -> None:
        if not change:
            obj.created_at = timezone.now()
        super().save_model(request, obj, form, change)


@admin.register(Warehouse)
class WarehouseAdmin(OnlyOfferedFilters):
    """A warehouse with movements, receipts or stock cannot be deleted."""

    list_display = ["name", "is_active", "position"]
    search_fields = ["name"]
    formfield_overrides = TYPED_NUMBERS


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    """Read-only: inventory.stock keeps movements, levels and the products' stock in step."""

    list_per_page = 50
    list_display = [
        "id",
        "at",
        "product",
        "warehouse",
        "kind",
        "quantity",
        "order_number",
        "by",
    ]
    list_select_related = ["product", "warehouse", "by"]
    list_filter = ["kind", "warehouse"]
    search_fields = ["=product__sku", "=product__code", "=order_number"]
    ordering = ["-id"]


@admin.register(StockLevel)
class StockLevelAdmin(Searched, ReadOnlyAdmin):
    """Read-only, as movements are."""

    list_per_page = 50
    list_display = ["product", "warehouse", "quantity"]
    list_select_related = ["product", "warehouse"]
    list_filter = ["warehouse"]
    search_fields = ["product__search"]
    ordering = ["id"]

    def searched(self, rows: Any, text: str, request: HttpRequest) -> Any:
        return rows.filter(product__in=apply_search(Product.objects.all(), text))
