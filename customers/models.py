from django.db import models
from django.utils.translation import gettext_lazy as _


class Customer(models.Model):
    """A person or company that orders belong to. Every text may be empty: nobody has to be known by name."""

    first_name = models.CharField(_("first name"), max_length=255, blank=True)
    last_name = models.CharField(_("last name"), max_length=255, blank=True)
    company = models.CharField(_("company"), max_length=255, blank=True)
    phone = models.CharField(_("phone"), max_length=64, blank=True)
    email = models.CharField(_("e-mail"), max_length=255, blank=True)
    # Postal lines as one text: filling single empty lines would mix two addresses into one that does not exist.
    address = models.TextField(_("address"), blank=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")

    def __str__(self) -> str:
        return self.name or str(_("Unknown"))

    @property
    def name(self) -> str:
        """First and last name, else the company; empty if neither is known."""
        return f"{self.first_name} {self.last_name}".strip() or self.company


class CustomerKey(models.Model):
    """Something that names one customer and no other: a phone number ("phone:+49…") or an id at a store ("shopify:3:…").

    The unique constraint is what keeps two imports from making the same customer twice.
    """

    key = models.CharField(max_length=255, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="keys")

    def __str__(self) -> str:
        return self.key
