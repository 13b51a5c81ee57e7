from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer


class Doubt(models.TextChoices):
    INVALID = "invalid", _("The number is not valid")
    COUNTRY = "country", _("The number may be of the country of the address")
    EXTENSION = "extension", _("The number may have had extensions")


class DoubtfulMatchQuerySet(models.QuerySet["DoubtfulMatch"]):
    def waiting(self) -> "DoubtfulMatchQuerySet":
        """Those that nobody has looked through, of customers who are still there."""
        return self.filter(
            checked_at__isnull=True,
            customer__merged_into__isnull=True,
            customer__erased_at__isnull=True,
        )

    def count_customers(self) -> int:
        return self.values("customer").distinct().count()


class DoubtfulMatch(models.Model):
    """A customer whose orders came together through a phone number that may identify nobody, when RO App
    still took it to (before C2 asked for a valid number without extension). A person looks through them."""

    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="doubtful_matches"
    )
    number = models.CharField(max_length=64)
    """E.164, as it was read then."""
    doubt = models.CharField(max_length=16, choices=Doubt)
    checked_at = models.DateTimeField(null=True)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects = DoubtfulMatchQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "number"], name="doubtful_match_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["customer"],
                name="doubtful_match_open",
                condition=Q(checked_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.number}"
