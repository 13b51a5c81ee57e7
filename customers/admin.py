from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from common.admin import ReadOnlyAdmin, Searched
from customers.models import Customer, CustomerQuerySet
from customers.search import apply_search


@admin.register(Customer)
class CustomerAdmin(Searched, ReadOnlyAdmin):
    """Read-only: a phone number changed here would no longer match the key that imports compare."""

    list_display = ["id", "first_name", "last_name", "company", "phone", "email"]
    search_fields = ["search"]

    def searched(
        self, rows: CustomerQuerySet, text: str, request: HttpRequest
    ) -> CustomerQuerySet:
        return apply_search(rows, text, contact_data=True)

    def has_view_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        may_see_contact_data = request.user.has_perm("customers.see_contact_data")
        return may_see_contact_data and super().has_view_permission(request, obj)
