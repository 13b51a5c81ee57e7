from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.saved_view import SavedView


class Density(models.TextChoices):
    """How high the rows of the order list are."""

    COMFORTABLE = "comfortable", _("Comfortable")
    COMPACT = "compact", _("Compact")


class Preferences(models.Model):
    """What a user has chosen for themselves."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="preferences"
    )
    columns = models.JSONField(default=list)
    """Columns of the order list, in order; empty means the default ones."""
    time_zone = models.CharField(max_length=64, blank=True)
    """IANA name; empty means the installation's time zone."""

    language = models.CharField(max_length=8, blank=True, default="", db_default="")
    """Of settings.LANGUAGES; empty means the one chosen in this browser, else the installation's."""

    density = models.CharField(
        max_length=12,
        choices=Density.choices,
        default=Density.COMFORTABLE,
        db_default=Density.COMFORTABLE.value,
    )
    start_view = models.ForeignKey(
        SavedView, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    """What the order list opens with on a new day; none: as it was left."""

    GOES_WITH_ITS_USER: ClassVar = Q()

    class Meta:
        verbose_name = _("preferences")
        verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return str(self.user)
