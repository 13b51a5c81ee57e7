from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer

PHONE = "phone:"
"""What the key of a phone number begins with; its E.164 form follows."""
EMAIL = "email:"
"""What the key of a guest's e-mail address begins with; the address follows, case folded."""
COMPANY = ":company:"
"""What stands between a store's key and its id of a company ("acme:3:company:17")."""


class CustomerKey(models.Model):
    """Something that names one customer and no other: a phone number ("phone:+49…"), an id at a store
    ("acme:3:…"), or the e-mail address of a guest without a phone number ("email:…").

    The unique constraint is what keeps two imports from making the same customer twice.
    """

    key = models.CharField(max_length=255, unique=True)
    typed = models.CharField(max_length=64, blank=True, default="", db_default="")
    """A phone number as it was typed, where it was typed otherwise."""
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="keys"
    )

    class Meta:
        verbose_name = _("customer key")
        verbose_name_plural = _("customer keys")

    def __str__(self) -> str:
        return self.key


class RemovedKey(models.Model):
    """A phone number that staff took away from a customer: a store that still sends it does not bring it back
    (P6)."""

    key = models.CharField(max_length=255)
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="removed_keys"
    )

    class Meta:
        verbose_name = _("removed key")
        verbose_name_plural = _("removed keys")
        constraints = [
            models.UniqueConstraint(fields=["customer", "key"], name="removed_key_once")
        ]

    def __str__(self) -> str:
        return self.key
