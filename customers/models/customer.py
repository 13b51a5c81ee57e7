from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

CONTACT = ["phone", "phone_typed", "email"]


class CustomerQuerySet(models.QuerySet["Customer"]):
    def living(self) -> "CustomerQuerySet":
        """Customers that have neither been merged into others nor erased."""
        return self.filter(merged_into__isnull=True, erased_at__isnull=True)

    def for_list(self, *, contact_data: bool) -> "CustomerQuerySet":
        """What a row of a list shows; without ``contact_data`` the rest does not even leave the database."""
        return self.only(
            "first_name",
            "last_name",
            "company",
            "names",
            "created_at",
            "erased_at",
            *(CONTACT if contact_data else []),
        )


class Customer(models.Model):
    """A person or company that orders belong to. Every text may be empty: nobody has to be known by name.

    ``names`` and ``search`` repeat what the other columns and the phone keys say, because lists sort and
    search by them; customers.search is the only writer of them.
    """

    first_name = models.CharField(_("first name"), max_length=255, blank=True)
    last_name = models.CharField(_("last name"), max_length=255, blank=True)
    company = models.CharField(_("company"), max_length=255, blank=True)
    phone = models.CharField(_("phone"), max_length=64, blank=True)
    """The main number in E.164, or as it was typed if it identifies nobody; all that identify are keys."""
    phone_typed = models.CharField(
        max_length=64, blank=True, default="", db_default="", editable=False
    )
    """The main number as it was typed, where it was typed otherwise."""
    email = models.CharField(_("e-mail"), max_length=255, blank=True)
    # Postal lines as one text: filling single empty lines would mix two addresses into one that does not
    # exist.
    address = models.TextField(_("address"), blank=True)
    language = models.CharField(
        _("language"), max_length=16, blank=True, default="", db_default=""
    )
    """ISO 639, as the store says it (``"de"``); empty if nobody knows. What is printed for the customer is in
    it if RO App speaks it."""
    created_at = models.DateTimeField(_("created"))
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="merged",
        db_index=False,
    )
    """The customer who took this one's place; this row is kept so that the merge can be undone."""
    erased_at = models.DateTimeField(_("erased"), null=True, editable=False)
    """When the person was erased; only the orders are left."""
    names = models.CharField(max_length=511, blank=True, editable=False)
    search = models.TextField(blank=True, editable=False)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        permissions = [
            ("see_contact_data", _("Can see contact data")),
            ("merge_customer", _("Can merge customers")),
            ("export_customer", _("Can export a customer's data")),
            ("erase_customer", _("Can erase a customer's data")),
        ]
        indexes = [
            models.Index(fields=["names", "id"], name="customer_names"),
            models.Index(
                fields=["merged_into"],
                name="customer_merged",
                condition=Q(merged_into__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(_("Erased") if self.erased_at else _("Unknown"))

    def get_absolute_url(self) -> str:
        return reverse("customers:detail", args=[self.pk])

    @property
    def name(self) -> str:
        """First and last name, else the company; empty if neither is known."""
        return f"{self.first_name} {self.last_name}".strip() or self.company

    def known_as(self, *, contact_data: bool) -> str:
        """What to call the customer: by name, or by e-mail where nothing else is known and the reader may see
        contact data."""
        return self.name or (contact_data and self.email) or str(self)
