from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer


class CustomerEventKind(models.TextChoices):
    CREATED = "created", _("Created")
    CHANGED = "changed", _("Changed")
    PHONE_ADDED = "phone_added", _("Phone number added")
    PHONE_REMOVED = "phone_removed", _("Phone number removed")
    MERGED = "merged", _("Merged")
    UNMERGED = "unmerged", _("Merge undone")
    EXPORTED = "exported", _("Exported")
    ERASED = "erased", _("Erased")


class CustomerEvent(models.Model):
    """A line of a customer's feed: who changed what, old -> new. customers.events is its only writer."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=16, choices=CustomerEventKind)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    """Null: it came with a store's order."""
    field = models.CharField(max_length=32, blank=True)
    old = models.TextField(blank=True)
    new = models.TextField(blank=True)
    other = models.ForeignKey(Customer, models.SET_NULL, null=True, related_name="+")
    """The customer who was merged into this one."""
    record = models.JSONField(null=True)
    """What a merge moved and filled, for its undoing; null once it was undone or can no longer be."""

    class Meta:
        verbose_name = _("customer event")
        verbose_name_plural = _("customer events")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.field}"
