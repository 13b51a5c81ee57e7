from django.db import models
from django.utils.translation import gettext_lazy as _


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


class Product(models.Model):
    name = models.CharField(_("name"), max_length=255)
    name_key = models.CharField(max_length=255, editable=False, db_index=True)
    sku = models.CharField(_("SKU"), max_length=255, blank=True, db_index=True)
    code = models.CharField(_("code"), max_length=255, blank=True, db_index=True)
    description = models.TextField(_("description"), blank=True)
    unit = models.CharField(_("unit of measure"), max_length=32, default="pcs")
    category = models.ForeignKey(Category, models.PROTECT, null=True, blank=True, verbose_name=_("category"))
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        self.name_key = name_key(self.name)
        super().save(*args, **kwargs)  # type: ignore[arg-type]  # Django's own signature, handed through


class ProductKey(models.Model):
    """A store's variant that has been matched with a product ("shopify:3:variant:…"): once matched, it stays matched."""

    key = models.CharField(max_length=255, unique=True)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="keys")
    ambiguous = models.BooleanField(default=False)
    """Several products answered to it when it was matched; the oldest was taken."""

    def __str__(self) -> str:
        return self.key
