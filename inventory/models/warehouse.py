from django.db import models
from django.utils.translation import gettext_lazy as _

from common.retiring import Retirable


class Warehouse(Retirable):
    """Where goods lie. It is never deleted while it has movements; one that is no longer used is
    retired."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("warehouse")
        verbose_name_plural = _("warehouses")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name
