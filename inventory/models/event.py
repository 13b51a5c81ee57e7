from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory.models.product import Product


class ProductEventKind(models.TextChoices):
    CREATED = "created", _("Created")
    CHANGED = "changed", _("Changed")
    MATCH_CAME = "match_came", _("Match moved here")
    MATCH_LEFT = "match_left", _("Match moved away")
    MATCH_REMOVED = "match_removed", _("Match removed")
    MATCH_CONFIRMED = "match_confirmed", _("Match confirmed")
    MERGED = "merged", _("Merged")
    UNMERGED = "unmerged", _("Merge undone")
    ARCHIVED = "archived", _("Archived")
    RESTORED = "restored", _("Restored")


class ProductEvent(models.Model):
    """A line of a product's timeline: what staff did to it. inventory.events is its only writer."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=16, choices=ProductEventKind)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    subject = models.CharField(max_length=255, blank=True)
    """The store's variant that a match is about, by its name there."""
    field = models.CharField(max_length=32, blank=True, default="", db_default="")
    """What of the product was changed; ``old`` and ``new`` are its values, empty for a description."""
    old = models.TextField(blank=True, default="", db_default="")
    new = models.TextField(blank=True, default="", db_default="")
    other = models.ForeignKey(Product, models.SET_NULL, null=True, related_name="+")
    """Where the match came from or went; who was merged into this one."""
    record = models.JSONField(null=True)
    """What a merge moved and filled, for its undoing; null once it was undone."""

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
