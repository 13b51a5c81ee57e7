from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.text import fold


class IdentifyBy(models.TextChoices):
    """How a store's product is looked for in our inventory (P2)."""

    NAME = "name", _("Name")
    SKU = "sku", _("SKU")
    PRODUCT_ID = "product_id", _("Product ID")


def name_key(name: str) -> str:
    """How names are compared: case and surplus space do not matter."""
    return " ".join(name.split()).casefold()[:255]


class Category(models.Model):
    name = models.CharField(_("name"), max_length=255)
    # The name without case and surplus space: two categories that read the same are the same.
    key = models.CharField(max_length=255, unique=True, editable=False)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        self.key = name_key(self.name)
        super().save(*args, **kwargs)  # type: ignore[arg-type]  # Django's own signature, handed through


EDITED = ["name", "sku", "code", "description", "unit", "category", "created_at"]
"""The columns of a product that forms write."""


class Product(models.Model):
    name = models.CharField(_("name"), max_length=255)
    name_key = models.CharField(max_length=255, editable=False)
    sku = models.CharField(_("SKU"), max_length=255, blank=True, db_index=True)
    code = models.CharField(_("code"), max_length=255, blank=True, db_index=True)
    description = models.TextField(_("description"), blank=True)
    unit = models.CharField(_("unit of measure"), max_length=32, default="pcs")
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, db_index=False, related_name="products", verbose_name=_("category")
    )
    created_at = models.DateTimeField(_("created"))
    # Repeats the sum of the levels, because the list sorts and filters by it; inventory.stock is the only writer.
    stock = models.DecimalField(_("stock"), max_digits=15, decimal_places=3, default=0, editable=False)
    search = models.TextField(blank=True, editable=False)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        # One index per way the list is walked; each ends in id so that a page can start behind any row.
        indexes = [
            models.Index(fields=["name_key", "id"], name="product_name"),
            models.Index(fields=["category", "name_key", "id"], name="product_category_name"),
            models.Index(fields=["stock", "id"], name="product_stock"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        self.index()
        if not self._state.adding:
            # Whoever edits a product has read its stock some time ago; only inventory.stock may write it.
            update_fields = {*(update_fields or EDITED), "name_key", "search"} - {"stock"}
        super().save(update_fields=update_fields, **kwargs)

    def index(self) -> None:
        """Set the columns by which products are compared and searched; nothing is saved."""
        self.name_key = name_key(self.name)
        self.search = fold("\n".join(dict.fromkeys(each for each in [self.name, self.sku, self.code] if each)))


class ProductKey(models.Model):
    """A store's variant that has been matched with a product ("shopify:3:variant:…"): once matched, it stays matched."""

    key = models.CharField(max_length=255, unique=True)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="keys")
    ambiguous = models.BooleanField(default=False)
    """Several products answered to it when it was matched; the oldest was taken."""

    def __str__(self) -> str:
        return self.key


class Warehouse(models.Model):
    """Where goods lie. It is never deleted while it has movements; one that is no longer used is deactivated."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    is_active = models.BooleanField(_("active"), default=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("warehouse")
        verbose_name_plural = _("warehouses")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Receipt(models.Model):
    """Goods that came in. A draft until it is posted; from then on it is frozen."""

    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="receipts", verbose_name=_("warehouse"))
    supplier = models.CharField(_("supplier"), max_length=255, blank=True)
    reference = models.CharField(_("reference"), max_length=255, blank=True)
    """The supplier's document: an invoice or delivery note number."""
    note = models.TextField(_("note"), blank=True)
    created_at = models.DateTimeField(_("created"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    version = models.PositiveIntegerField(default=0, editable=False)
    """Counts the changes of a draft: who saves or posts it must have seen the last one."""
    posted_at = models.DateTimeField(_("posted"), null=True, editable=False)
    posted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False)

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        permissions = [("post_receipt", _("Can post receipts"))]
        indexes = [models.Index(fields=["-id"], name="receipt_draft", condition=Q(posted_at__isnull=True))]

    def __str__(self) -> str:
        return str(self.pk)


class ReceiptLine(models.Model):
    receipt = models.ForeignKey(Receipt, models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT, related_name="receipt_lines", verbose_name=_("product"))
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3)
    cost = models.DecimalField(_("cost"), max_digits=18, decimal_places=3, null=True, blank=True)
    """Of one unit, in RO App's currency; null if nobody wrote it down."""

    class Meta:
        verbose_name = _("receipt line")
        verbose_name_plural = _("receipt lines")
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="receipt_line_above_zero")]

    def __str__(self) -> str:
        return str(self.product)


class MovementKind(models.TextChoices):
    RECEIPT = "receipt", _("Receipt")
    WRITE_OFF = "write_off", _("Write-off")
    REVERSAL = "reversal", _("Reversal")
    CORRECTION = "correction", _("Correction")


class StockMovement(models.Model):
    """One entry of the stock ledger: it is never changed and never deleted. inventory.stock is its only writer."""

    product = models.ForeignKey(Product, models.PROTECT, db_index=False, related_name="movements", verbose_name=_("product"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="movements", verbose_name=_("warehouse"))
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3)
    """What came (above zero) or went (below zero); never zero."""
    kind = models.CharField(_("kind"), max_length=16, choices=MovementKind)
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by"))
    reason = models.TextField(_("reason"), blank=True)
    receipt = models.ForeignKey(Receipt, models.PROTECT, null=True, related_name="movements", verbose_name=_("receipt"))
    # One-to-one: a movement is reversed at most once, whatever races.
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by", verbose_name=_("reverses"))
    order_number = models.BigIntegerField(_("order"), null=True)
    """The order that it was made for. A number and not a relation: inventory knows nothing of orders."""

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        constraints = [models.CheckConstraint(condition=~Q(quantity=0), name="movement_not_zero")]
        indexes = [
            models.Index(fields=["product", "-id"], name="movement_product"),
            models.Index(fields=["order_number"], name="movement_order", condition=Q(order_number__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.quantity:+f} {self.product_id}"


class StockLevel(models.Model):
    """How much of a product lies in a warehouse: the sum of its movements there. inventory.stock is its only writer."""

    product = models.ForeignKey(Product, models.PROTECT, db_index=False, related_name="levels", verbose_name=_("product"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="levels", verbose_name=_("warehouse"))
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3, default=0)

    class Meta:
        verbose_name = _("stock level")
        verbose_name_plural = _("stock levels")
        permissions = [("correct_stock", _("Can correct stock"))]
        constraints = [models.UniqueConstraint(fields=["product", "warehouse"], name="level_once_per_warehouse")]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.quantity}"
