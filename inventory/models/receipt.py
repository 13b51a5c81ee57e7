from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inventory.models.product import Product
from inventory.models.warehouse import Warehouse


class Receipt(models.Model):
    """Goods that came in. A draft until it is posted; from then on it is frozen."""

    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="receipts", verbose_name=_("warehouse")
    )
    supplier = models.CharField(_("supplier"), max_length=255, blank=True)
    reference = models.CharField(_("reference"), max_length=255, blank=True)
    """The supplier's document: an invoice or delivery note number."""
    note = models.TextField(_("note"), blank=True)
    created_at = models.DateTimeField(_("created"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    version = models.PositiveIntegerField(default=0, editable=False)
    """Counts the changes of a draft: who saves or posts it must have seen the last one."""
    posted_at = models.DateTimeField(_("posted"), null=True, editable=False)
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        editable=False,
    )

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        permissions = [("post_receipt", _("Can post receipts"))]
        indexes = [
            models.Index(
                fields=["-id"],
                name="receipt_draft",
                condition=Q(posted_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ReceiptLine(models.Model):
    receipt = models.ForeignKey(Receipt, models.CASCADE, related_name="lines")
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="receipt_lines", verbose_name=_("product")
    )
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3)
    cost = models.DecimalField(
        _("cost"), max_digits=18, decimal_places=3, null=True, blank=True
    )
    """Of one unit, in RO App's currency; null if nobody wrote it down."""

    class Meta:
        verbose_name = _("receipt line")
        verbose_name_plural = _("receipt lines")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="receipt_line_above_zero"
            )
        ]

    def __str__(self) -> str:
        return str(self.product)
