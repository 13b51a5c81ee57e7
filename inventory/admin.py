from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from inventory.models import Category, Product


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):
    list_display = ["name"]
    search_fields = ["name"]


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = ["name", "sku", "code", "unit", "category"]
    list_select_related = ["category"]
    list_filter = ["category"]
    search_fields = ["name", "=sku", "=code"]
    autocomplete_fields = ["category"]
    exclude = ["created_at"]
    show_full_result_count = False

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        if not change:
            obj.created_at = timezone.now()
        super().save_model(request, obj, form, change)
