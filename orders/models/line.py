from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inventory.models import Product, ProductKey, StockMovement
from orders.models.order import Order

LINE_FIELDS = ("quantity", "price", "discount")
"""The numbers of a line that its store may change, in the order in which they are shown."""
FOLLOWED_FIELDS = (*LINE_FIELDS, "buyer_entries")
"""Everything of a line that a store's change is shown of and, once the line is written off, decided about."""


class OrderLine(models.Model):
    """A product or service of an order. ``total`` is quantity × price − discount, in RO App's currency.

    ``store_*`` are the store's latest values: where the store's next ones differ from them, the store has
    changed something; where ours differ from them, staff have, and ours stay.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    product = models.ForeignKey(
        Product,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="lines",
    )
    # Neither an index nor a constraint: three million lines are written for few that are ever looked up,
    # and those by their product. A match that was taken away leaves its number behind.
    match = models.ForeignKey(
        ProductKey,
        models.DO_NOTHING,
        null=True,
        editable=False,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )
    """By which of its store's variants the line came to its product."""
    position = models.PositiveIntegerField(default=0)
    name = models.CharField(_("name"), max_length=255)
    sku = models.CharField(_("SKU"), max_length=255, blank=True)
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3)
    price = models.DecimalField(_("price"), max_digits=18, decimal_places=3)
    discount = models.DecimalField(
        _("discount"), max_digits=18, decimal_places=3, default=0
    )
    total = models.DecimalField(_("total"), max_digits=18, decimal_places=3)
    external_id = models.CharField(max_length=64, blank=True, editable=False)
    store_quantity = models.DecimalField(
        max_digits=12, decimal_places=3, null=True, editable=False
    )
    store_price = models.DecimalField(
        max_digits=18, decimal_places=3, null=True, editable=False
    )
    store_discount = models.DecimalField(
        max_digits=18, decimal_places=3, null=True, editable=False
    )
    buyer_entries = models.JSONField(null=True, editable=False)
    """What the buyer entered for the line (orders.domain.buyer_entries)."""
    store_buyer_entries = models.JSONField(null=True, editable=False)
    bundle = models.CharField(
        max_length=255, blank=True, default="", db_default="", editable=False
    )
    """The title of the bundle that the line is a part of; ``bundle_id`` tells two of one title apart."""
    bundle_id = models.CharField(
        max_length=64, blank=True, default="", db_default="", editable=False
    )
    is_gift_card = models.BooleanField(default=False, db_default=False, editable=False)
    """Sold without stock: there is nothing to write off."""
    written_off_at = models.DateTimeField(null=True, editable=False)
    """Set while the line has a write-off that is not reversed; the only column of write-offs that the
    import reads."""
    difference = models.JSONField(null=True, editable=False)
    """What the store changed after the write-off, or after staff had set the value: {"quantity": ["2", "3"]},
    old and new; null if nothing."""

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "external_id"],
                condition=~Q(external_id=""),
                name="line_once_per_order",
            ),
        ]
        # For the newest orders with a product, on the product's page.
        indexes = [
            models.Index(
                fields=["product", "order"],
                name="line_product",
                condition=Q(product__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def can_be_written_off(self) -> bool:
        is_open = self.quantity > 0 and self.written_off_at is None
        return is_open and not self.is_gift_card

    @property
    def open_difference(self) -> dict[str, list[str]]:
        """Changes that wait for a decision (P5, P6): old and new value by field, as FOLLOWED_FIELDS."""
        difference = self.difference or {}
        return {
            name: difference[name] for name in FOLLOWED_FIELDS if name in difference
        }


class LineWriteOff(models.Model):
    """One write-off of a line. Until it is reversed, the line is frozen at these values."""

    line = models.ForeignKey(OrderLine, models.CASCADE, related_name="write_offs")
    # One-to-one: a movement belongs to one write-off. A line without a product moves no stock.
    movement = models.OneToOneField(
        StockMovement, models.PROTECT, null=True, related_name="+"
    )
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    price = models.DecimalField(max_digits=18, decimal_places=3)
    discount = models.DecimalField(max_digits=18, decimal_places=3)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    reversed_at = models.DateTimeField(null=True)
    reversed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("write-off")
        verbose_name_plural = _("write-offs")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["line"],
                condition=Q(reversed_at__isnull=True),
                name="line_written_off_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line_id}"
