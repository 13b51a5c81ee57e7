from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import Customer
from inventory.models import Product, StockMovement
from orders.queries import OrderQuerySet


class StatusGroup(models.TextChoices):
    NEW = "new", pgettext_lazy("status group", "New")
    IN_PROGRESS = "in_progress", _("In progress")
    PENDING = "pending", _("Pending")
    DONE = "done", _("Done")
    DELIVERY = "delivery", _("Delivery")
    CLOSED = "closed", _("Closed")


class Colour(models.TextChoices):
    GREY = "grey", _("Grey")
    BLUE = "blue", _("Blue")
    TEAL = "teal", _("Teal")
    GREEN = "green", _("Green")
    AMBER = "amber", _("Amber")
    RED = "red", _("Red")
    VIOLET = "violet", _("Violet")


class Status(models.Model):
    name = models.CharField(_("name"), max_length=80, unique=True)
    group = models.CharField(_("group"), max_length=16, choices=StatusGroup)
    colour = models.CharField(_("colour"), max_length=16, choices=Colour, default=Colour.GREY)
    position = models.PositiveIntegerField(_("position"), default=0)
    followers = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="+",
        verbose_name=_("may be followed by"),
        help_text=_("Nothing chosen: any status may follow."),
    )

    class Meta:
        verbose_name = _("status")
        verbose_name_plural = _("statuses")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class OrderType(models.Model):
    name = models.CharField(_("name"), max_length=80, unique=True)
    initial_status = models.ForeignKey(Status, models.PROTECT, verbose_name=_("initial status"))

    class Meta:
        verbose_name = _("order type")
        verbose_name_plural = _("order types")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Store(models.Model):
    """A connected shop as orders know it: small and neutral. How it is reached is integrations.StoreConnection."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    platform = models.CharField(max_length=32, default="shopify", editable=False)
    # Where a person opens an order at the platform; "{id}" stands for the order's external id.
    order_link = models.CharField(max_length=255, editable=False)

    class Meta:
        verbose_name = _("store")
        verbose_name_plural = _("stores")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def order_url(self, external_id: str) -> str:
        return self.order_link.replace("{id}", external_id)


class WriteOff(models.IntegerChoices):
    NOTHING = 0, _("Nothing written off")
    PARTLY = 1, _("Partly written off")
    ALL = 2, _("All written off")


class Order(models.Model):
    """A work order. ``id`` is its number. Columns under "At the store" are empty for an order made in RO App.

    ``customer_name``, ``items``, ``total``, ``write_off`` and ``search`` repeat what lines and customer say, because
    the list sorts, filters and searches by them; orders.summary is the only writer of them.
    """

    order_type = models.ForeignKey(OrderType, models.PROTECT, db_index=False, verbose_name=_("order type"))
    status = models.ForeignKey(Status, models.PROTECT, db_index=False, verbose_name=_("status"))
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
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, db_index=False, related_name="+"
    )
    """Who made the order here; null for one that a store brought."""
    due_on = models.DateField(_("due date"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    placed_at = models.DateTimeField(_("created"))
    """When the order was made: at the store, or here."""
    needs_attention = models.BooleanField(_("needs attention"), default=False)

    customer_name = models.CharField(max_length=255, blank=True, editable=False)
    items = models.CharField(max_length=255, blank=True, editable=False)
    total = models.DecimalField(_("total"), max_digits=18, decimal_places=3, default=0, editable=False)
    write_off = models.PositiveSmallIntegerField(choices=WriteOff, default=WriteOff.NOTHING, editable=False)
    search = models.TextField(blank=True, editable=False)

    # At the store
    store = models.ForeignKey(
        Store, models.PROTECT, null=True, blank=True, editable=False, db_index=False, verbose_name=_("store")
    )
    external_id = models.CharField(max_length=64, blank=True, editable=False)
    external_number = models.CharField(_("external ID"), max_length=64, blank=True, editable=False)
    synced_at = models.DateTimeField(_("last updated"), null=True, editable=False)
    """As of when the store's values are true: our clock before they were fetched."""
    store_updated_at = models.DateTimeField(null=True, editable=False)
    fingerprint = models.BigIntegerField(null=True, editable=False)
    store_customer = models.CharField(max_length=255, blank=True, editable=False)
    """The store's key of the customer, as last said."""
    store_note = models.TextField(blank=True, editable=False)
    delivery_address = models.TextField(blank=True, editable=False)
    delivery_method = models.CharField(max_length=255, blank=True, editable=False)
    delivery_cost = models.DecimalField(max_digits=18, decimal_places=3, null=True, editable=False)
    payment = models.CharField(max_length=32, blank=True, editable=False)
    fulfilment = models.CharField(max_length=32, blank=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    gone_at = models.DateTimeField(null=True, editable=False)
    """When we learned that the store no longer has the order."""
    store_items = models.DecimalField(max_digits=18, decimal_places=3, null=True, editable=False)
    store_discounts = models.DecimalField(max_digits=18, decimal_places=3, null=True, editable=False)
    store_shipping = models.DecimalField(max_digits=18, decimal_places=3, null=True, editable=False)
    store_tax = models.DecimalField(max_digits=18, decimal_places=3, null=True, editable=False)
    store_tip = models.DecimalField(max_digits=18, decimal_places=3, null=True, editable=False)
    store_refunded = models.DecimalField(max_digits=18, decimal_places=3, null=True, editable=False)
    store_total = models.DecimalField(max_digits=18, decimal_places=3, null=True, editable=False)
    store_tax_included = models.BooleanField(null=True, editable=False)
    store_duties = models.DecimalField(max_digits=18, decimal_places=3, null=True, editable=False)
    store_fees = models.DecimalField(max_digits=18, decimal_places=3, null=True, editable=False)
    store_goodwill = models.DecimalField(max_digits=18, decimal_places=3, null=True, editable=False)
    """Refunded beyond the worth of the goods that came back."""
    store_tip_is_line = models.BooleanField(null=True, editable=False)

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
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["store", "external_id"], condition=Q(store__isnull=False), name="order_once_per_store"
            ),
        ]
        # One index per way the list is walked; each ends in id so that a page can start behind any row. They serve the
        # foreign keys too (db_index=False).
        indexes = [
            models.Index(fields=["placed_at", "id"], name="order_placed"),
            models.Index(fields=["store", "placed_at", "id"], name="order_store_placed"),
            models.Index(fields=["store", "store_updated_at"], name="order_store_changed", condition=Q(store__isnull=False)),
            models.Index(fields=["status", "placed_at", "id"], name="order_status_placed"),
            models.Index(fields=["order_type", "placed_at", "id"], name="order_type_placed"),
            models.Index(
                fields=["assignee", "placed_at", "id"], name="order_assignee_placed", condition=Q(assignee__isnull=False)
            ),
            models.Index(fields=["customer", "placed_at", "id"], name="order_customer_placed"),
            models.Index(fields=["synced_at", "id"], name="order_synced"),
            models.Index(fields=["total", "id"], name="order_total"),
            models.Index(fields=["customer_name", "id"], name="order_customer_name"),
            models.Index(fields=["external_number"], name="order_external_number"),
            models.Index(fields=["placed_at", "id"], name="order_attention", condition=Q(needs_attention=True)),
            models.Index(fields=["write_off", "placed_at", "id"], name="order_write_off_placed", condition=Q(write_off__gt=0)),
            models.Index(fields=["placed_at", "id"], name="order_made_here", condition=Q(store__isnull=True)),
            models.Index(fields=["status", "due_on"], name="order_status_due", condition=Q(due_on__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def get_absolute_url(self) -> str:
        return reverse("orders:detail", args=[self.pk])

    @property
    def external_url(self) -> str:
        """Where a person opens the order at its platform; empty for an order made here."""
        return self.store.order_url(self.external_id) if self.store else ""


class OrderLine(models.Model):
    """A product or service of an order. ``total`` is quantity × price − discount, in RO App's currency.

    ``store_*`` is what the store last said: a difference between that and what it says now is a change *at the store*;
    a difference between that and ours was made by staff and stays.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT, null=True, blank=True, db_index=False, related_name="lines")
    position = models.PositiveIntegerField(default=0)
    name = models.CharField(_("name"), max_length=255)
    sku = models.CharField(_("SKU"), max_length=255, blank=True)
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3)
    price = models.DecimalField(_("price"), max_digits=18, decimal_places=3)
    discount = models.DecimalField(_("discount"), max_digits=18, decimal_places=3, default=0)
    total = models.DecimalField(_("total"), max_digits=18, decimal_places=3)
    external_id = models.CharField(max_length=64, blank=True, editable=False)
    store_quantity = models.DecimalField(max_digits=12, decimal_places=3, null=True, editable=False)
    store_price = models.DecimalField(max_digits=18, decimal_places=3, null=True, editable=False)
    store_discount = models.DecimalField(max_digits=18, decimal_places=3, null=True, editable=False)
    written_off_at = models.DateTimeField(null=True, editable=False)
    """Set while the line has a write-off that is not reversed; the import reads this alone."""
    difference = models.JSONField(null=True, editable=False)
    """What the store changed after the write-off: {"quantity": ["2", "3"]}, old and new; null if nothing."""

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "external_id"], condition=~Q(external_id=""), name="line_once_per_order"),
        ]
        # The newest orders with a product, for its own page.
        indexes = [models.Index(fields=["product", "order"], name="line_product", condition=Q(product__isnull=False))]

    def __str__(self) -> str:
        return self.name


class LineWriteOff(models.Model):
    """One write-off of a line. While it is not reversed, the line is frozen and must say what stands here."""

    line = models.ForeignKey(OrderLine, models.CASCADE, related_name="write_offs")
    # One-to-one: a movement belongs to one write-off. A line without a product moves no stock.
    movement = models.OneToOneField(StockMovement, models.PROTECT, null=True, related_name="+")
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    price = models.DecimalField(max_digits=18, decimal_places=3)
    discount = models.DecimalField(max_digits=18, decimal_places=3)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    reversed_at = models.DateTimeField(null=True)
    reversed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["line"], condition=Q(reversed_at__isnull=True), name="line_written_off_once"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line_id}"


class EventKind(models.TextChoices):
    # Told by the synchronisation
    IMPORTED = "imported", _("Imported")
    DELIVERY = "delivery", _("Delivery")
    CHANGED = "changed", _("Changed at the store")
    KEPT = "kept", _("Changed at the store, kept here")
    ATTENTION = "attention", _("Needs attention")
    REFRESHED = "refreshed", _("Updated by hand")
    GONE = "gone", _("Gone at the store")
    # Told by people's acts
    CREATED = "created", _("Created")
    STATUS = "status", _("Status")
    ASSIGNED = "assigned", _("Assignee")
    TYPE = "type", _("Type")
    CUSTOMER = "customer", _("Customer")
    DUE = "due", _("Due date")
    NOTE = "note", _("Note")
    LINE_ADDED = "line_added", _("Line added")
    LINE_CHANGED = "line_changed", _("Line changed")
    LINE_REMOVED = "line_removed", _("Line removed")
    WRITTEN_OFF = "written_off", _("Written off")
    REVERSED = "reversed", _("Write-off reversed")
    ACCEPTED = "accepted", _("Change of the store accepted")
    DISMISSED = "dismissed", _("Change of the store dismissed")
    COMMENT = "comment", _("Comment")


class OrderEvent(models.Model):
    """A line of the order's feed: who or what changed what, old -> new. Words are put to it on the page."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=16, choices=EventKind)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    """Null: the synchronisation with the order's store."""
    subject = models.CharField(max_length=255, blank=True)
    """What changed: a field's word (orders.feed.FIELDS) or a line's name."""
    field = models.CharField(max_length=32, blank=True)
    old = models.TextField(blank=True)
    new = models.TextField(blank=True)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class RefreshOutcome(models.TextChoices):
    PENDING = "pending", _("updating…")
    UPDATED = "updated", _("updated")
    UNCHANGED = "unchanged", _("unchanged")
    GONE = "gone", _("gone at the store")
    FAILED = "failed", _("failed")


class Refresh(models.Model):
    """The last manual update of an order: its claim (O6), and how it went. The row is the queue; a message only a hint."""

    order = models.OneToOneField(Order, models.CASCADE, related_name="refresh")
    accepted_at = models.DateTimeField(null=True)
    """The claim that the 10 minutes count from; null once it was given back."""
    batch = models.UUIDField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    outcome = models.CharField(max_length=16, choices=RefreshOutcome, default=RefreshOutcome.PENDING)
    reason = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["outcome"], name="refresh_pending", condition=Q(outcome="pending"))]

    def __str__(self) -> str:
        return f"{self.order_id} {self.outcome}"


class Preferences(models.Model):
    """What a member of staff has chosen for themselves."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="preferences")
    columns = models.JSONField(default=list)
    """Columns of the order list in order; empty means the default ones."""
    time_zone = models.CharField(max_length=64, blank=True)
    """IANA name; empty means the installation's."""

    def __str__(self) -> str:
        return str(self.user)


from orders import bulk_models  # noqa: E402, F401  Django finds models from here; these name the ones above
