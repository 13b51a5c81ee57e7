"""What stores have sent, and what did not come in, to be read."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from common.admin import ReadOnlyAdmin
from integrations.models import UnimportedOrder, WebhookDelivery


@admin.register(UnimportedOrder)
class UnimportedOrderAdmin(ReadOnlyAdmin):
    """Read-only: retrying and answering "why is it not here" is the Stores page's work."""

    list_display = ["number", "store", "status", "shown_reason", "attempts", "last_at"]
    list_filter = ["status", "store"]
    list_select_related = ["store"]
    search_fields = ["number", "external_id"]
    fields = [
        "number",
        "external_id",
        "store",
        "status",
        "shown_reason",
        "attempts",
        "last_at",
        "asked_at",
    ]

    @admin.display(description=_("reason"))
    def shown_reason(self, obj: UnimportedOrder) -> str:
        return obj.sentence


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """What stores have sent RO App in the last 30 days."""

    list_display = ["topic", "connection", "order_ids", "received_at", "drained_at"]
    list_filter = ["connection", "topic"]
    list_select_related = ["connection"]
