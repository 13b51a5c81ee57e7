from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.kinds import kind_label
from orders.models import Store


class StoreEventKind(models.TextChoices):
    CONNECTED = "connected", _("Connected")
    DISCONNECTED = "disconnected", _("Disconnected")


class StoreEvent(models.Model):
    """Who connected or disconnected a store, and when."""

    store = models.ForeignKey(Store, models.CASCADE, related_name="history")
    kind = models.CharField(max_length=16, choices=StoreEventKind)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    """Null: a command did."""

    class Meta:
        verbose_name = _("store event")
        verbose_name_plural = _("store events")
        default_permissions = ()
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{kind_label(self)} {self.at}"
