from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from common.http import int_or_none
from common.text import search_text
from inventory.models.category import Category, name_key


class IdentifyBy(models.TextChoices):
    """How a store's product is looked for in our inventory (P2)."""

    NAME = "name", _("Name")
    SKU = "sku", _("SKU")
    PRODUCT_ID = "product_id", _("Product ID")


EDITED = ["name", "sku", "code", "description", "unit", "category", "created_at"]
"""The columns of a product that forms write."""


class ProductQuerySet(models.QuerySet["Product"]):
    def living(self) -> "ProductQuerySet":
        """Products that have not been merged into others."""
        return self.filter(merged_into__isnull=True)

    def offered(self) -> "ProductQuerySet":
        """Products for a person to choose from: neither merged nor archived."""
        return self.living().filter(archived_at__isnull=True)


def default_unit() -> str:
    """Pieces, in the installation's language."""
    with translation.override(settings.LANGUAGE_CODE):
        return pgettext("unit", "pcs")


class Product(models.Model):
    name = models.CharField(_("name"), max_length=255)
    name_key = models.CharField(max_length=255, editable=False)
    sku = models.CharField(_("SKU"), max_length=255, blank=True, db_index=True)
    code = models.CharField(_("code"), max_length=255, blank=True, db_index=True)
    description = models.TextField(_("description"), blank=True)
    unit = models.CharField(_("unit of measure"), max_length=32, default=default_unit)
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
    archived_at = models.DateTimeField(_("archived"), null=True, editable=False)
    """Offered no more; what a store's orders are matched with stays in use (P2)."""
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, editable=False, related_name="merged"
    )
    """The row stays as it was, for the undoing, and leaves lists and search."""

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        permissions = [
            ("merge_product", _("Can merge products")),
            ("archive_product", _("Can archive products")),
        ]
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

    def get_absolute_url(self) -> str:
        return reverse("inventory:product", args=[self.pk])

    def index(self) -> None:
        """Set the columns by which products are compared and searched; nothing is saved."""
        self.name_key = name_key(self.name)
        self.search = search_text([self.name, self.sku, self.code])


class ProductKey(models.Model):
    """A store's variant that has been matched with a product ("acme:3:variant:…"): once matched, it stays
    matched, until a person corrects it.

    ``name`` (with the variant's title) and ``sku`` are the store's, as they were when it was matched; these
    and ``parent`` are empty, and ``matched_at`` null, where that was before they were kept.
    """

    key = models.CharField(max_length=255, unique=True)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="keys")
    parent = models.CharField(max_length=255, blank=True, db_default="", default="")
    """The store's product that the variant is one of ("acme:3:product:…")."""
    name = models.CharField(max_length=255, blank=True, db_default="", default="")
    sku = models.CharField(max_length=255, blank=True, db_default="", default="")
    matched_at = models.DateTimeField(null=True)
    ambiguous = models.BooleanField(default=False)
    """Several products answered to it when it was matched; the oldest was taken."""
    doubtful = models.BooleanField(default=False, db_default=False)
    """Its product had been matched with another of the same store's variants before."""

    class Meta:
        verbose_name = _("match")
        verbose_name_plural = _("matches")
        permissions = [("correct_match", _("Can correct matches"))]
        indexes = [models.Index(fields=["parent"], name="match_parent")]

    def __str__(self) -> str:
        return self.key

    @property
    def store_id(self) -> int | None:
        """Of the store whose variant it is: the second part of the key; None if that is no number."""
        _platform, _colon, rest = self.key.partition(":")
        return int_or_none(rest.partition(":")[0])

    @property
    def variant_name(self) -> str:
        """What people read of the variant: its name at the store, else its number there."""
        return self.name or self.key.rpartition(":")[2]
