from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.kinds import kind_label
from common.leases import Leased
from orders.importing.admission import SENTENCES, in_words
from orders.models import Store


class ImportStatus(models.TextChoices):
    HELD = "held", _("held")
    SKIPPED = "skipped", _("skipped")
    FAILED = "failed", _("failed")


OVERRIDABLE = {"test_order", "excluded_tag", "too_old", "not_open"}
"""Codes of skipped orders that a person may have imported all the same."""


class UnimportedOrder(Leased):
    """Why an order that the store has shown is not here. An imported order is its own entry: it has a row
    here only while its latest change could not be stored.

    Where ``due_at`` is set a worker reads the order again then; the row is the queue.
    """

    store = models.ForeignKey(
        Store,
        models.CASCADE,
        related_name="unimported_orders",
        verbose_name=_("store"),
    )
    external_id = models.CharField(_("order's ID at the store"), max_length=64)
    number = models.CharField(_("number"), max_length=64)
    number_digits = models.CharField(
        max_length=64, blank=True, default="", db_default=""
    )
    more_digits = models.CharField(max_length=64, blank=True, default="", db_default="")
    """As of an order."""
    status = models.CharField(_("status"), max_length=8, choices=ImportStatus)
    code = models.CharField(max_length=32)
    reason = models.TextField()
    """In English; ``sentence`` says it in the reader's language."""
    values = models.JSONField(default=dict)
    placed_at = models.DateTimeField(null=True)
    store_updated_at = models.DateTimeField()
    fingerprint = models.BigIntegerField()
    attempts = models.PositiveIntegerField(_("attempts"), default=1)
    last_at = models.DateTimeField(_("last attempt"))
    """When it was last tried, or its status last changed."""
    override_rules = models.BooleanField(default=False)
    """Someone has asked for it although a rule skips it."""
    asked_at = models.DateTimeField(_("asked for"), null=True)
    """When someone last asked for another try."""

    class Meta:
        verbose_name = _("order not imported")
        verbose_name_plural = _("orders not imported")
        constraints = [
            models.UniqueConstraint(
                fields=["store", "external_id"], name="ledger_once_per_store"
            )
        ]
        indexes = [
            models.Index(fields=["store", "status"], name="unimported_status"),
            models.Index(fields=["number"], name="unimported_number"),
            models.Index(fields=["number_digits"], name="unimported_digits"),
            models.Index(
                fields=["more_digits"],
                name="unimported_more_digits",
                condition=models.Q(more_digits__gt=""),
            ),
            models.Index(
                fields=["store"],
                name="unimported_kept_out",
                condition=models.Q(status__in=["held", "failed"]),
            ),
            models.Index(
                fields=["due_at"],
                name="unimported_due",
                condition=models.Q(due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {kind_label(self, 'status')}"

    @property
    def external_url(self) -> str:
        """Where a person opens the order at its platform."""
        return self.store.order_url(self.external_id)

    @property
    def sentence(self) -> str:
        """Why the order is not here, in the reader's language."""
        if self.code in SENTENCES:
            return gettext(SENTENCES[self.code]) % in_words(self.values)
        reason = gettext(self.reason)
        if detail := self.values.get("detail"):
            return gettext("%(sentence)s (%(detail)s)") % {
                "sentence": reason,
                "detail": detail,
            }
        return reason

    @property
    def is_asked_for(self) -> bool:
        """Whether someone asked for another try and it has not been made yet."""
        return (
            self.due_at is not None
            and self.asked_at is not None
            and self.asked_at > self.last_at
        )

    @property
    def may_be_retried(self) -> bool:
        """Whether another try may end otherwise while store and settings stay as they are."""
        return self.code != "gone" and self.status in {
            ImportStatus.HELD,
            ImportStatus.FAILED,
        }

    @property
    def may_be_overridden(self) -> bool:
        """Whether it may be imported all the same."""
        return self.status == ImportStatus.SKIPPED and self.code in OVERRIDABLE
