from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Customer


class DeletedOrder(models.Model):
    """An order that was created in RO App and deleted; its number is not used again."""

    number = models.BigIntegerField(_("number"), unique=True)
    customer = models.ForeignKey(
        Customer,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("customer"),
    )
    total = models.DecimalField(_("total"), max_digits=18, decimal_places=3)
    placed_at = models.DateTimeField(_("created"))
    at = models.DateTimeField(_("deleted"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("by"),
    )

    class Meta:
        verbose_name = _("deleted order")
        verbose_name_plural = _("deleted orders")
        ordering = ["-at", "-id"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return str(self.number)
