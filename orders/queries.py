"""The questions that pages ask of orders."""

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from orders.models import Order  # noqa: F401  models imports this module


class OrderQuerySet(models.QuerySet["Order"]):
    def made_here(self) -> "OrderQuerySet":
        return self.filter(store__isnull=True)

    def imported(self) -> "OrderQuerySet":
        return self.filter(store__isnull=False)

    def for_list(self) -> "OrderQuerySet":
        """Orders with what a row of the list shows, and nothing that only the order page needs. The names beside them come
        by ``with_names``, or from what is known already (orders.choices.Choices.complete)."""
        return self.select_related("customer", "refresh").only(
            *[
                "order_type_id",
                "status_id",
                "assignee_id",
                "store_id",
                "external_id",
                "external_number",
                "customer_name",
                "items",
            ],
            *["total", "placed_at", "synced_at", "due_on", "needs_attention", "cancelled_at", "gone_at", "write_off"],
            *[f"customer__{name}" for name in ["first_name", "last_name", "company", "phone", "email", "erased_at"]],
            *[f"refresh__{name}" for name in ["outcome", "reason", "done_at", "accepted_at"]],
        )

    def with_names(self) -> "OrderQuerySet":
        """Each with its status, type, store and assignee."""
        return self.select_related("status", "order_type", "store", "assignee")

    def for_page(self) -> "OrderQuerySet":
        """Orders with everything that stands in the head of their own page; lines and feed are asked for by themselves."""
        return self.select_related("status", "order_type", "store", "customer", "assignee", "created_by", "refresh__by").defer(
            "search"
        )
