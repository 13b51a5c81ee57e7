from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class OrderLookup(models.Model):
    """Somebody has had an order looked for at the stores; kept for as long as it counts."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+"
    )
    at = models.DateTimeField()

    GOES_WITH_ITS_USER: ClassVar = Q()

    class Meta:
        default_permissions = ()
        permissions = [("look_up_order", _("Can look up orders at their store"))]
        indexes = [models.Index(fields=["user", "at"], name="order_lookups_of_a_user")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.at}"
