from datetime import date

from django.conf import settings
from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.leases import Leased
from orders.importing.admission import SENTENCES
from orders.models import Store


class Fate(models.TextChoices):
    HELD = "held", _("held")
    SKIPPED = "skipped", _("skipped")
    FAILED = "failed", _("failed")


OVERRIDABLE = {"test_order", "excluded_tag", "too_old", "not_open"}
"""Codes of skipped orders that a person may have imported all the same."""


class LedgerEntry(Leased):
    """Why an order that the store has shown is not here. An imported order is its own entry: it has a row
    here only while its latest change could not be stored.

    Where ``due_at`` is set a worker reads the order again then; the row is the queue.
    """

    store = models.ForeignKey(Store, models.CASCADE, related_name="ledger")
    external_id = models.CharField(max_length=64)
    number = models.CharField(max_length=64)
    fate = models.CharField(max_length=8, choices=Fate)
    code = models.CharField(max_length=32)
    reason = models.TextField()
    """In English; ``sentence`` says it in the reader's language."""
    values = models.JSONField(default=dict)
    placed_at = models.DateTimeField(null=True)
    store_updated_at = models.DateTimeField()
    fingerprint = models.BigIntegerField()
    attempts = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    """When it was last tried, or its fate last changed."""
    all_the_same = models.BooleanField(default=False)
    """Someone wishes it imported although a rule skips it."""
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(null=True)
    """When someone last asked for another try."""

    class Meta:
        verbose_name = _("order not imported")
        verbose_name_plural = _("orders not imported")
        constraints = [models.UniqueConstraint(fields=["store", "external_id"], name="ledger_once_per_store")]
        indexes = [
            models.Index(fields=["store", "fate"], name="ledger_fate"),
            models.Index(fields=["number"], name="ledger_number"),
            models.Index(fields=["due_at"], name="ledger_due", condition=models.Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.fate}"

    @property
    def external_url(self) -> str:
        """Where a person opens the order at its platform."""
        return self.store.order_url(self.external_id)

    @property
    def sentence(self) -> str:
        """Why the order is not here, in the reader's language."""
        values = dict(self.values)
        if "since" in values:
            values["since"] = date_format(date.fromisoformat(values["since"]))
        return gettext(SENTENCES[self.code]) % values if self.code in SENTENCES else gettext(self.reason)

    @property
    def is_asked_for(self) -> bool:
        """Whether someone asked for another try and it has not been made yet."""
        return self.due_at is not None and self.asked_at is not None and self.asked_at > self.last_at

    @property
    def may_be_retried(self) -> bool:
        """Whether another try may end otherwise while store and settings stay as they are."""
        return self.code != "gone" and self.fate in {Fate.HELD, Fate.FAILED}

    @property
    def may_be_overridden(self) -> bool:
        """Whether it may be imported all the same."""
        return self.fate == Fate.SKIPPED and self.code in OVERRIDABLE
