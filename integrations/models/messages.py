from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.kinds import kind_label
from common.leases import Leased
from integrations.models.stores import StoreConnection
from orders.models import Store


class WebhookDelivery(Leased):
    """A webhook that a store has sent, until it is processed: the inbox. Ids only, never the payload."""

    connection = models.ForeignKey(
        StoreConnection,
        models.CASCADE,
        related_name="deliveries",
        verbose_name=_("store connection"),
    )
    webhook_id = models.CharField(_("message ID"), max_length=64)
    topic = models.CharField(_("topic"), max_length=64)
    event = models.CharField(max_length=32)
    """A platforms.protocol.WebhookEvent."""
    order_ids = models.JSONField(_("orders' IDs at the store"), default=list)
    customer_id = models.CharField(
        _("customer's ID at the store"), max_length=64, blank=True
    )
    match_ids = models.JSONField(null=True, editable=False)
    """As PrivacyRequest's."""
    received_at = models.DateTimeField(_("received"))
    drained_at = models.DateTimeField(_("processed"), null=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "webhook_id"], name="delivery_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["connection", "id"],
                name="delivery_undrained",
                condition=Q(drained_at__isnull=True),
            ),
            models.Index(fields=["received_at"], name="delivery_received"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.webhook_id}"


class PrivacyKind(models.TextChoices):
    EXPORT = "export", _("Send customers their data")
    ERASE = "erase", _("Erase a customer's data")
    ERASE_SHOP = "erase_shop", _("Shop gone: erase its customers' data")


class PrivacyRequest(models.Model):
    """What the law asks of us through a store: data of a person to be handed out or erased, within 30 days.
    Ids only."""

    store = models.ForeignKey(
        Store, models.SET_NULL, null=True, related_name="+", verbose_name=_("store")
    )
    domain = models.CharField(_("domain"), max_length=80)
    """The store's, which outlives its connection."""
    webhook_id = models.CharField(max_length=64, editable=False)
    kind = models.CharField(_("request"), max_length=16, choices=PrivacyKind)
    customer_id = models.CharField(
        _("customer's ID at the store"), max_length=64, blank=True
    )
    order_ids = models.JSONField(_("orders' IDs at the store"), default=list)
    match_ids = models.JSONField(null=True, editable=False)
    """Our ids of customers with the e-mail address or phone number that the message named, while the request
    is open."""
    is_known = models.BooleanField(null=True, editable=False)
    """Of a request to erase, whether the store's id named somebody here when we looked; null before."""
    received_at = models.DateTimeField(_("received"))
    due_at = models.DateTimeField(_("due"))
    done_at = models.DateTimeField(_("done"), null=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("done by"),
    )

    class Meta:
        verbose_name = _("privacy request")
        verbose_name_plural = _("privacy requests")
        ordering = ["-received_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["domain", "webhook_id"], name="privacy_request_once"
            )
        ]

    def __str__(self) -> str:
        return f"{kind_label(self)} ({self.domain})"
