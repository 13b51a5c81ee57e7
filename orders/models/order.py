from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, cast

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from orders.models.status import OrderType, Status
from orders.models.store import Store

ORDER_FIELDS = ("cancelled_at", "store_refunded")
"""What somebody has to look at where the store changes it after goods of the order were written off (I7)."""


class WriteOff(models.IntegerChoices):
    NOTHING = 0, _("Nothing written off")
    PARTLY = 1, _("Partly written off")
    ALL = 2, _("All written off")


class Row(NamedTuple):
    """The columns that a row of the list shows. Names of status, type, store and assignee come from the
    filters' lookups (orders.order_list.lookups)."""

    id: int
    order_type_id: int
    status_id: int
    assignee_id: int | None
    store_id: int | None
    customer_id: int | None
    external_id: str
    external_number: str
    customer_name: str
    items: str
    total: Decimal
    placed_at: datetime
    synced_at: datetime | None
    needs_attention: bool
    payment: str
    fulfilment: str
    write_off: int
    due_on: date | None
    cancelled_at: datetime | None
    closed_at: datetime | None
    gone_at: datetime | None
    totals_differ: bool
    buyer_name: str
    customer__phone: str | None
    customer__phone_typed: str | None
    customer__email: str | None
    customer__erased_at: datetime | None
    refresh__outcome: str | None
    refresh__reason: str | None
    refresh__done_at: datetime | None


class OrderQuerySet(models.QuerySet["Order"]):
    def for_list(self) -> "models.QuerySet[Order, Row]":
        """Rows as named tuples: building model instances would take longer than all queries of a page."""
        return cast(
            "models.QuerySet[Order, Row]", self.values_list(*Row._fields, named=True)
        )

    def for_page(self) -> "OrderQuerySet":
        """Orders with everything in the head of their page; lines and timeline are queried separately."""
        return self.select_related(
            "status",
            "order_type",
            "store",
            "customer",
            "assignee",
            "created_by",
            "refresh__by",
        ).defer("search")


class Order(models.Model):
    """A work order. ``id`` is its number. Columns under "At the store" are empty for an order created in RO
    App.

    ``customer_name``, ``items``, ``total``, ``write_off`` and ``search`` are derived from lines and
    customer, ``number_digits`` and ``more_digits`` from the external number, because the list sorts, filters
    and searches by them; only orders.domain.totals sets them.
    """

    order_type = models.ForeignKey(
        OrderType, models.PROTECT, db_index=False, verbose_name=_("order type")
    )
    status = models.ForeignKey(
        Status, models.PROTECT, db_index=False, verbose_name=_("status")
    )
    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="orders",
        verbose_name=_("customer"),
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("assignee"),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        db_index=False,
        related_name="+",
    )
    """Who created the order here; null for an imported one."""
    due_on = models.DateField(_("due date"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    placed_at = models.DateTimeField(_("created"))
    """When the order was created: at the store, or here."""
    needs_attention = models.BooleanField(_("needs attention"), default=False)
    difference = models.JSONField(null=True, editable=False)
    """What the store did after goods were written off (I7), until somebody accepts it: old and new value of
    fields in ORDER_FIELDS, {"store_refunded": ["0", "5.5"]}; null if nothing."""

    customer_name = models.CharField(
        _("customer"), max_length=255, blank=True, editable=False
    )
    items = models.CharField(max_length=255, blank=True, editable=False)
    total = models.DecimalField(
        _("total"), max_digits=18, decimal_places=3, default=0, editable=False
    )
    write_off = models.PositiveSmallIntegerField(
        choices=WriteOff, default=WriteOff.NOTHING, editable=False
    )
    search = models.TextField(blank=True, editable=False)

    # At the store
    store = models.ForeignKey(
        Store,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        db_index=False,
        verbose_name=_("store"),
    )
    external_id = models.CharField(max_length=64, blank=True, editable=False)
    external_number = models.CharField(
        _("external ID"), max_length=64, blank=True, editable=False
    )
    number_digits = models.CharField(
        max_length=64, blank=True, editable=False, default="", db_default=""
    )
    more_digits = models.CharField(
        max_length=64, blank=True, editable=False, default="", db_default=""
    )
    """The longest two runs of digits in the external number (common.text.digits_of)."""
    buyer_name = models.CharField(
        max_length=255, blank=True, editable=False, default="", db_default=""
    )
    """Who bought, by the store's latest word, where the order is another customer's (C2); else empty."""
    synced_at = models.DateTimeField(_("last updated"), null=True, editable=False)
    """The store's values are as of this time: our clock before they were fetched."""
    store_updated_at = models.DateTimeField(null=True, editable=False)
    fingerprint = models.BigIntegerField(null=True, editable=False)
    store_customer = models.CharField(max_length=255, blank=True, editable=False)
    """The store's key of its customer, as of the last sync."""
    store_note = models.TextField(blank=True, editable=False)
    buyer_entries = models.JSONField(null=True, editable=False)
    """What the buyer entered for the whole order (orders.domain.buyer_entries)."""
    purchase_order = models.CharField(
        max_length=255, blank=True, default="", db_default="", editable=False
    )
    """The buyer's own number of the order."""
    delivery_address = models.TextField(blank=True, editable=False)
    delivery_method = models.CharField(max_length=255, blank=True, editable=False)
    delivery_cost = models.DecimalField(
        max_digits=18, decimal_places=3, null=True, editable=False
    )
    payment = models.CharField(max_length=32, blank=True, editable=False)
    fulfilment = models.CharField(max_length=32, blank=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    gone_at = models.DateTimeField(null=True, editable=False)
    """When we learned that the order was deleted at the store."""
    store_items = models.DecimalField(
        max_digits=18, decimal_places=3, null=True, editable=False
    )
    store_discounts = models.DecimalField(
        max_digits=18, decimal_places=3, null=True, editable=False
    )
    store_shipping = models.DecimalField(
        max_digits=18, decimal_places=3, null=True, editable=False
    )
    store_tax = models.DecimalField(
        max_digits=18, decimal_places=3, null=True, editable=False
    )
    store_tip = models.DecimalField(
        max_digits=18, decimal_places=3, null=True, editable=False
    )
    store_refunded = models.DecimalField(
        max_digits=18, decimal_places=3, null=True, editable=False
    )
    store_total = models.DecimalField(
        max_digits=18, decimal_places=3, null=True, editable=False
    )
    store_tax_included = models.BooleanField(null=True, editable=False)
    store_duties = models.DecimalField(
        max_digits=18, decimal_places=3, null=True, editable=False
    )
    store_fees = models.DecimalField(
        max_digits=18, decimal_places=3, null=True, editable=False
    )
    store_goodwill = models.DecimalField(
        max_digits=18, decimal_places=3, null=True, editable=False
    )
    """Refunded beyond the value of the returned goods."""
    store_tip_is_line = models.BooleanField(null=True, editable=False)
    store_paid = models.DecimalField(
        max_digits=18, decimal_places=3, null=True, editable=False
    )
    """Received, refunded or not. Null: not read since this is taken over."""
    store_due = models.DecimalField(
        max_digits=18, decimal_places=3, null=True, editable=False
    )
    """Still to be paid; negative if the store owes it to the customer."""
    totals_differ = models.BooleanField(default=False, db_default=False, editable=False)
    """The parts that the store names do not explain its total (O11)."""

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        permissions = [
            ("add_without_write_off", _("Can add products without write-off")),
            ("refresh_order", _("Can update orders from their store")),
            ("write_off_order", _("Can write off and reverse")),
            ("write_off_below_zero", _("Can write off more than is in stock")),
            ("resolve_differences", _("Can accept or dismiss changes of the store")),
            ("edit_prices", _("Can change prices and discounts")),
            ("export_orders", _("Can export orders")),
            ("delete_made_here", _("Can delete orders created in RO App")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["store", "external_id"],
                condition=Q(store__isnull=False),
                name="order_once_per_store",
            ),
        ]
        # One index per sort order of the list; each ends in id, so that a page can start after any row.
        # They serve the foreign keys too (db_index=False).
        indexes = [
            models.Index(fields=["placed_at", "id"], name="order_placed"),
            models.Index(
                fields=["store", "placed_at", "id"], name="order_store_placed"
            ),
            models.Index(
                fields=["store", "store_updated_at"],
                name="order_store_changed",
                condition=Q(store__isnull=False),
            ),
            models.Index(
                fields=["status", "placed_at", "id"], name="order_status_placed"
            ),
            models.Index(
                fields=["order_type", "placed_at", "id"], name="order_type_placed"
            ),
            models.Index(
                fields=["assignee", "placed_at", "id"],
                name="order_assignee_placed",
                condition=Q(assignee__isnull=False),
            ),
            models.Index(
                fields=["customer", "placed_at", "id"], name="order_customer_placed"
            ),
            models.Index(fields=["synced_at", "id"], name="order_synced"),
            models.Index(fields=["total", "id"], name="order_total"),
            models.Index(fields=["customer_name", "id"], name="order_customer_name"),
            models.Index(fields=["external_number"], name="order_external_number"),
            models.Index(fields=["number_digits"], name="order_number_digits"),
            models.Index(
                fields=["more_digits"],
                name="order_more_digits",
                condition=Q(more_digits__gt=""),
            ),
            models.Index(
                fields=["placed_at", "id"],
                name="order_attention",
                condition=Q(needs_attention=True),
            ),
            models.Index(
                fields=["write_off", "placed_at", "id"],
                name="order_write_off_placed",
                condition=Q(write_off__gt=0),
            ),
            models.Index(
                fields=["placed_at", "id"],
                name="order_made_here",
                condition=Q(store__isnull=True),
            ),
            models.Index(
                fields=["status", "due_on"],
                name="order_status_due",
                condition=Q(due_on__isnull=False),
            ),
            models.Index(
                fields=["due_on", "id"],
                name="order_due",
                condition=Q(due_on__isnull=False),
            ),
            models.Index(
                fields=["placed_at", "id"],
                name="order_to_write_off",
                condition=Q(write_off__lt=WriteOff.ALL, cancelled_at__isnull=True),
            ),
            models.Index(
                fields=["payment", "placed_at", "id"],
                name="order_payment_placed",
                condition=~Q(payment=""),
            ),
            models.Index(
                fields=["fulfilment", "placed_at", "id"],
                name="order_fulfilment_placed",
                condition=~Q(fulfilment=""),
            ),
            models.Index(
                fields=["placed_at", "id"],
                name="order_cancelled",
                condition=Q(cancelled_at__isnull=False),
            ),
            models.Index(
                fields=["placed_at", "id"],
                name="order_archived",
                condition=Q(closed_at__isnull=False),
            ),
            models.Index(
                fields=["placed_at", "id"],
                name="order_gone",
                condition=Q(gone_at__isnull=False),
            ),
            models.Index(
                fields=["placed_at", "id"],
                name="order_totals_differ",
                condition=Q(totals_differ=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def get_absolute_url(self) -> str:
        return reverse("orders:detail", args=[self.pk])

    @property
    def external_url(self) -> str:
        """The order's page at its platform; empty for an order created here."""
        return self.store.order_url(self.external_id) if self.store else ""

    @property
    def open_difference(self) -> dict[str, list[str]]:
        """What waits for somebody to accept it (I7): old and new value by field, ordered as ORDER_FIELDS."""
        difference = self.difference or {}
        return {name: difference[name] for name in ORDER_FIELDS if name in difference}
