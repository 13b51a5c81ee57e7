from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inventory.models.product import Product
from inventory.models.receipt import Receipt
from inventory.models.warehouse import Warehouse


class MovementKind(models.TextChoices):
    RECEIPT = "receipt", _("Receipt")
    WRITE_OFF = "write_off", _("Write-off")
    REVERSAL = "reversal", _("Reversal")
    CORRECTION = "correction", _("Correction")


class StockMovement(models.Model):
    """One entry of the stock ledger: it is never deleted, and never changed but for its product when that is
    merged into another. inventory.stock is its only writer."""

    product = models.ForeignKey(
        Product,
        models.PROTECT,
        db_index=False,
        related_name="movements",
        verbose_name=_("product"),
    )
    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="movements", verbose_name=_("warehouse")
    )
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3)
    """What came (above zero) or went (below zero); never zero."""
    kind = models.CharField(_("kind"), max_length=16, choices=MovementKind)
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("by"),
    )
    reason = models.TextField(_("reason"), blank=True)
    receipt = models.ForeignKey(
        Receipt,
        models.PROTECT,
        null=True,
        related_name="movements",
        verbose_name=_("receipt"),
    )
    # One-to-one: a movement is reversed at most once, whatever races.
    reverses = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        related_name="reversed_by",
        verbose_name=_("reverses"),
    )
    order_number = models.BigIntegerField(_("order"), null=True)
    """The order that it was made for. A number and not a relation: inventory knows nothing of orders."""

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        constraints = [
            models.CheckConstraint(condition=~Q(quantity=0), name="movement_not_zero")
        ]
        indexes = [
            models.Index(fields=["product", "-id"], name="movement_product"),
            models.Index(
                fields=["order_number"],
                name="movement_order",
                condition=Q(order_number__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity:+f} {self.product_id}"

    @property
    def is_reversed(self) -> bool:
        return hasattr(self, "reversed_by")


class StockLevel(models.Model):
    """How much of a product lies in a warehouse: the sum of its movements there. inventory.stock is its only
    writer."""

    product = models.ForeignKey(
        Product,
        models.PROTECT,
        db_index=False,
        related_name="levels",
        verbose_name=_("product"),
    )
    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="levels", verbose_name=_("warehouse")
    )
    quantity = models.DecimalField(
        _("quantity"), max_digits=12, decimal_places=3, default=0
    )

    class Meta:
        verbose_name = _("stock level")
        verbose_name_plural = _("stock levels")
        permissions = [("correct_stock", _("Can correct stock"))]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "warehouse"], name="level_once_per_warehouse"
            )
        ]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.quantity}"
