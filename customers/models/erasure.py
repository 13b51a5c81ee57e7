from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer


class ErasureRecord(models.Model):
    """A person who was erased, recognisable only when the same key is mentioned again
    (customers.erasure_records)."""

    digest = models.CharField(max_length=64, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    erased_at = models.DateTimeField()

    class Meta:
        verbose_name = _("erasure record")
        verbose_name_plural = _("erasure records")

    def __str__(self) -> str:
        return self.digest


class ErasureSalt(models.Model):
    """This installation's own salt for the digests of erasure records: one row, created with the first record
    and never changed."""

    salt = models.BinaryField()

    class Meta:
        verbose_name = _("erasure salt")
        verbose_name_plural = _("erasure salts")

    def __str__(self) -> str:
        return str(self.pk)
