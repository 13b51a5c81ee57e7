from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.kinds import kind_label
from common.leases import Leased
from orders.models.order import Order


class RefreshOutcome(models.TextChoices):
    PENDING = "pending", _("updating…")
    UPDATED = "updated", _("updated")
    UNCHANGED = "unchanged", _("unchanged")
    GONE = "gone", _("gone at the store")
    FAILED = "failed", _("failed")


class Refresh(Leased):
    """The last manual update of an order: its claim (O6) and its outcome. The rows are the queue."""

    order = models.OneToOneField(Order, models.CASCADE, related_name="refresh")
    accepted_at = models.DateTimeField(null=True)
    """The claim that the 10 minutes count from; null once it was released."""
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    outcome = models.CharField(
        max_length=16, choices=RefreshOutcome, default=RefreshOutcome.PENDING
    )
    reason = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    """Those in a row that have failed."""

    class Meta:
        verbose_name = _("manual update")
        verbose_name_plural = _("manual updates")
        indexes = [
            models.Index(
                fields=["outcome"],
                name="refresh_pending",
                condition=Q(outcome="pending"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {kind_label(self, 'outcome')}"
