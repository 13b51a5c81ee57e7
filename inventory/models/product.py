from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from common.text import fold
from inventory.models.category import Category, name_key


class IdentifyBy(models.TextChoices):
    """How a store's product is looked for in our inventory (P2)."""

    NAME = "name", _("Name")
    SKU = "sku", _("SKU")
    PRODUCT_ID = "product_id", _("Product ID")


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
        Category,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="products",
        verbose_name=_("category"),
    )
    created_at = models.DateTimeField(_("created"))
    # Repeats the sum of the levels, because the list sorts and filters by it; inventory.stock is the only
    # writer.
    stock = models.DecimalField(
        _("stock"), max_digits=15, decimal_places=3, default=0, editable=False
    )
    search = models.TextField(blank=True, editable=False)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        # One index per way the list is walked; each ends in id so that a page can start behind any row.
        indexes = [
            models.Index(fields=["name_key", "id"], name="product_name"),
            models.Index(
                fields=["category", "name_key", "id"], name="product_category_name"
            ),
            models.Index(fields=["stock", "id"], name="product_stock"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(
        self, *, update_fields: Iterable[str] | None = None, **kwargs: Any
    ) -> None:
        self.index()
        if not self._state.adding:
            # Whoever edits a product has read its stock some time ago; only inventory.stock may write it.
            update_fields = {*(update_fields or EDITED), "name_key", "search"} - {
                "stock"
            }
        super().save(update_fields=update_fields, **kwargs)

    def index(self) -> None:
        """Set the columns by which products are compared and searched; nothing is saved."""
        self.name_key = name_key(self.name)
        self.search = fold(
            "\n".join(
                dict.fromkeys(each for each in [self.name, self.sku, self.code] if each)
            )
        )


class ProductKey(models.Model):
    """A store's variant that has been matched with a product ("acme:3:variant:…"): once matched, it stays
    matched."""

    key = models.CharField(max_length=255, unique=True)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="keys")
    ambiguous = models.BooleanField(default=False)
    """Several products answered to it when it was matched; the oldest was taken."""

    def __str__(self) -> str:
        return self.key
