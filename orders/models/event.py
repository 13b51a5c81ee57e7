from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.kinds import kind_label
from orders.models.order import Order


class EventKind(models.TextChoices):
    # Recorded by the synchronisation
    IMPORTED = "imported", _("Imported")
    DELIVERY = "delivery", _("Delivery")
    CHANGED = "changed", _("Changed at the store")
    KEPT = "kept", _("Changed at the store, kept here")
    ATTENTION = "attention", _("Needs attention")
    REFRESHED = "refreshed", _("Updated manually")
    GONE = "gone", _("Gone at the store")
    # Recorded by staff's actions
    CREATED = "created", _("Created")
    STATUS = "status", _("Status")
    ASSIGNED = "assigned", _("Assignee")
    TYPE = "type", _("Type")
    CUSTOMER = "customer", _("Customer")
    DUE = "due", _("Due date")
    NOTE = "note", _("Note")
    LINE_ADDED = "line_added", _("Line added")
    LINE_CHANGED = "line_changed", _("Line changed")
    LINE_REMOVED = "line_removed", _("Line removed")
    WRITTEN_OFF = "written_off", _("Written off")
    REVERSED = "reversed", _("Write-off reversed")
    ACCEPTED = "accepted", _("Change of the store accepted")
    DISMISSED = "dismissed", _("Change of the store dismissed")
    UNDONE = "undone", _("Undone")
    COMMENT = "comment", _("Comment")


class OrderEvent(models.Model):
    """A line of the order's timeline: who changed what, old -> new. The page puts it into words."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=16, choices=EventKind)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    """Null: the synchronisation with the order's store."""
    subject = models.CharField(max_length=255, blank=True)
    """What changed: a field (orders.order_page.timeline.FIELDS) or a line's name; of an import the order's
    number, while the values say its delivery (orders.order_page.timeline)."""
    field = models.CharField(max_length=32, blank=True)
    old = models.TextField(blank=True)
    new = models.TextField(blank=True)

    class Meta:
        verbose_name = _("order event")
        verbose_name_plural = _("order events")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{kind_label(self)} {self.subject}"
