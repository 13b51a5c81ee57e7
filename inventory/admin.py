from typing import ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from common.admin import Columns, ReadOnlyAdmin, Searched
from common.formats import grouped
from common.forms.seen import changes
from common.retiring_admin import RetirableAdmin
from inventory.archiving import archive, restore
from inventory.categories import move_products
from inventory.editing import shown_values
from inventory.events import record_changes, record_event
from inventory.forms import CategoryRow
from inventory.models import (
    Category,
    Product,
    ProductEventKind,
    StockLevel,
    StockMovement,
)
from inventory.search import apply_search


@admin.register(Category)
class CategoryAdmin(RetirableAdmin[Category]):
    moving = _("Move its products to the category")
    links: ClassVar = {"category": ("inventory:products", "category")}
    form = CategoryRow
    list_display = ["name"]
    search_fields = ["name"]

    def may_move(self, request: HttpRequest) -> bool:
        return request.user.has_perm("inventory.change_product")

    def move(self, request: HttpRequest, obj: Category, target: Category) -> None:
        number = move_products(obj, target)
        text = ngettext(
            "%(count)s product is in “%(name)s” now.",
            "%(count)s products are in “%(name)s” now.",
            number,
        )
        messages.success(request, text % {"count": grouped(number), "name": target})
        self.log_change(request, obj, [{"changed": {"fields": ["products"]}}])


@admin.register(Product)
class ProductAdmin(RetirableAdmin[Product], Searched):
    """Retired, a product is archived."""

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

    def searched(
        self, rows: QuerySet[Product], text: str, request: HttpRequest
    ) -> QuerySet[Product]:
        return apply_search(rows, text)

    def get_list_display(self, request: HttpRequest) -> Columns:
        return self.list_display

    def is_offered(self, obj: Product) -> bool:
        return obj.archived_at is None

    def retire(self, request: HttpRequest, obj: Product) -> str:
        require_archiving(request)
        archive(obj, by_id=request.user.pk, now=timezone.now())
        return ""

    def restore(self, request: HttpRequest, obj: Product) -> str:
        require_archiving(request)
        restore(obj, by_id=request.user.pk, now=timezone.now())
        return ""

    def save_model(
        self, request: HttpRequest, obj: Product, form: ModelForm, change: bool
    ) -> None:
        by, now = request.user.pk, timezone.now()
        if not change:
            obj.created_at = now
            super().save_model(request, obj, form, change)
            record_event(obj, ProductEventKind.CREATED, by_id=by, now=now)
            return
        before = shown_values(Product.objects.get(pk=obj.pk))
        super().save_model(request, obj, form, change)
        changed = changes(shown_values(obj), before, {})
        record_changes(obj, changed, by_id=by, now=now)


def require_archiving(request: HttpRequest) -> None:
    if not request.user.has_perm("inventory.archive_product"):
        raise PermissionDenied


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
        "pieces",
        "order_number",
        "by",
    ]
    list_select_related = ["product", "warehouse", "by"]
    list_filter = ["kind", "warehouse"]
    search_fields = ["=product__sku", "=product__code", "=order_number"]
    ordering = ["-id"]

    @admin.display(description=_("quantity"), ordering="quantity")
    def pieces(self, obj: StockMovement) -> str:
        return grouped(obj.quantity)


@admin.register(StockLevel)
class StockLevelAdmin(Searched, ReadOnlyAdmin):
    """Read-only, as movements are."""

    list_per_page = 50
    list_display = ["product", "warehouse", "pieces"]
    list_select_related = ["product", "warehouse"]
    list_filter = ["warehouse"]
    search_fields = ["product__search"]
    ordering = ["id"]

    def searched(
        self, rows: QuerySet[StockLevel], text: str, request: HttpRequest
    ) -> QuerySet[StockLevel]:
        return rows.filter(product__in=apply_search(Product.objects.all(), text))

    @admin.display(description=_("quantity"), ordering="quantity")
    def pieces(self, obj: StockLevel) -> str:
        return grouped(obj.quantity)
