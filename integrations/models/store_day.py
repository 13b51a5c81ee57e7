from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models import Store


class StoreDay(models.Model):
    """For how long a store did not answer on a day of the installation's zone. Written when it answers again
    (integrations.sync.outages); a day without a row had no such time, or has one that goes on."""

    store = models.ForeignKey(
        Store, models.CASCADE, related_name="days", db_index=False
    )
    day = models.DateField()
    seconds = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("day of a store")
        verbose_name_plural = _("days of stores")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["store", "day"], name="one_row_per_store_and_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.seconds}"
