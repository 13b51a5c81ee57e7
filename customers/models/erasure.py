from django.db import models

from customers.models.customer import Customer


class Tombstone(models.Model):
    """Somebody who was erased, recognisable only to whoever tells us the same key again
    (customers.erasure_records)."""

    digest = models.CharField(max_length=64, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    erased_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.digest


class TombstoneSalt(models.Model):
    """This installation's own salt of the tombstones' digests: one row, made with the first tombstone, never
    changed."""

    salt = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)
