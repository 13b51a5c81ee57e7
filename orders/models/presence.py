from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order


class OrderPresence(models.Model):
    """Who has the page of an order open, or had a moment ago: the page says so from time to time."""

    order = models.ForeignKey(
        Order, models.CASCADE, related_name="presences", db_index=False
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField()

    GOES_WITH_ITS_USER: ClassVar = Q()

    class Meta:
        verbose_name = _("open order page")
        verbose_name_plural = _("open order pages")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["order", "user"], name="order_presence_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.user_id}"
