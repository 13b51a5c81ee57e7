from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

AT_ONCE = timedelta(seconds=1)
"""As long may the request that asks for an action work on it; mostly that is enough for thousands of orders.
"""


class BulkKind(models.TextChoices):
    STATUS = "status", _("Change status")
    ASSIGN = "assign", _("Assign")
    REFRESH = "refresh", _("Update order")


class BulkAction(models.Model):
    """One action on a selection. Its orders were fixed when it was sent, and are done chunk by chunk until
    none is left."""

    kind = models.CharField(max_length=16, choices=BulkKind)
    status = models.ForeignKey("orders.Status", models.CASCADE, null=True, related_name="+")
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    """Of an assignment; null there means nobody."""
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["asked_at"], name="bulk_action_open", condition=Q(done_at__isnull=True)),
            models.Index(fields=["by", "-asked_at"], name="bulk_action_by"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_long(self) -> bool:
        """Whether it goes, or went, on in the background: the answer to the request did not tell of all its
        orders."""
        return self.done_at is None or self.done_at > self.asked_at + AT_ONCE


class BulkOutcome(models.TextChoices):
    WAITING = "", _("waiting")
    CHANGED = "changed", _("changed")
    SAME = "same", _("unchanged: it was so already")
    NOT_ALLOWED = "not_allowed", _("not changed: this status may not follow the order's own")
    NOT_PERMITTED = (
        "not_permitted",
        _("not changed: orders from stores need the permission to work with them"),
    )
    GONE = "gone", _("not changed: the order no longer exists")
    ACCEPTED = "accepted", _("being updated")
    """Its store is asked for it: a Refresh row waits for that, and says how it ended."""
    TOO_SOON = "too_soon", _("not updated: it was updated less than 10 minutes ago")
    NOT_FROM_STORE = "not_from_store", _("not updated: it is not from a store")
    RESTING = "resting", _("not updated: its store is paused or needs attention")


class BulkActionOrder(models.Model):
    """One order of an action, and how it went. No foreign key: a million rows are written by one
    statement."""

    action = models.ForeignKey(BulkAction, models.CASCADE, related_name="orders", db_index=False)
    order_id = models.BigIntegerField()
    outcome = models.CharField(max_length=16, choices=BulkOutcome, default=BulkOutcome.WAITING, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["action", "order_id"], name="bulk_action_order_once")]
        indexes = [
            models.Index(fields=["action", "order_id"], name="bulk_action_waiting", condition=Q(outcome="")),
            models.Index(fields=["action", "outcome", "order_id"], name="bulk_action_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.outcome}"
