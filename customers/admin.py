from django.contrib import admin
from django.http import HttpRequest

from customers.models import Customer


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin):
    """To look at only: a phone number changed here would part from the key that the import compares."""

    list_display = ["id", "first_name", "last_name", "company", "phone", "email"]
    search_fields = ["first_name", "last_name", "company", "phone", "email"]
    show_full_result_count = False

    def has_view_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        sees = request.user.has_perm("customers.see_contact_data")
        return sees and super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        return False
