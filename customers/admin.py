from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from common.admin import ReadOnlyAdmin
from customers.models import Customer


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    """Read-only: a phone number changed here would no longer match the key that imports compare."""

    list_display = ["id", "first_name", "last_name", "company", "phone", "email"]
    search_fields = ["first_name", "last_name", "company", "phone", "email"]

    def has_view_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        may_see_contact_data = request.user.has_perm("customers.see_contact_data")
        return may_see_contact_data and super().has_view_permission(request, obj)
