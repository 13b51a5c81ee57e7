import re
import secrets
from datetime import datetime, timedelta
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.encrypted_field import EncryptedField
from common.kinds import is_known
from common.leases import Leased
from integrations.models.import_job import ASKS_CODE, ImportJob, JobKind, JobState
from integrations.models.store_event import StoreEvent
from inventory.models import IdentifyBy
from orders.models import OrderType, Store

SECRET = re.compile(r"[!-~]{1,512}", re.ASCII)
CUSTOMERS_ASKED_AGAIN = timedelta(days=1)


def validate_secret(secret: str) -> None:
    """A secret travels in an HTTP header: signs that cannot stand there come from a copy that went wrong."""
    if not SECRET.fullmatch(secret):
        raise ValidationError(
            _(
                "This is not a valid token or secret: it contains spaces or unusual characters. Copy it "
                "again."
            ),
            code="secret",
        )


def next_night(now: datetime | None = None) -> datetime:
    """A moment between 1 and 5 o'clock in the coming night of the installation; stores do not all come at
    once."""
    now = timezone.localtime(now)
    one = now.replace(hour=1, minute=0, second=0, microsecond=0)
    one += timedelta(days=one <= now)
    return one + timedelta(seconds=secrets.randbelow(4 * 3_600))


class FirstImport(models.TextChoices):
    NONE = "none", _("None: only orders created from now on")
    OPEN = "open", _("Open orders of the last 60 days")
    ALL = "all", _("All orders since a date")


class State(models.TextChoices):
    WORKING = "working", _("working")
    WAITING = "waiting", _("waiting")
    NEEDS_ATTENTION = "needs_attention", _("needs attention")


class ConnectionQuerySet(models.QuerySet["StoreConnection"]):
    def understood(self) -> "ConnectionQuerySet":
        """Without those in a state, or with a rule, that only a later version knows: its workers read
        them."""
        return self.filter(state__in=State.values, identify_by__in=IdentifyBy.values)

    def pollable(self, now: datetime) -> "ConnectionQuerySet":
        """Stores that may be read now: not paused, not waiting for an admin, not rate-limited."""
        limited = models.Q(rate_limited_until__isnull=False, rate_limited_until__gt=now)
        return (
            self.understood()
            .filter(enabled=True)
            .exclude(state=State.NEEDS_ATTENTION)
            .exclude(limited)
        )


class StoreConnection(Leased):
    """How a store is reached and what is taken from it. Paused is ``enabled`` False; secrets never leave this
    row."""

    store = models.OneToOneField(
        Store, models.PROTECT, related_name="connection", verbose_name=_("store")
    )
    domain = models.CharField(_("domain"), max_length=80, unique=True)
    access_token = EncryptedField(_("access token"), validators=[validate_secret])
    client_id = models.CharField(_("client ID"), max_length=255, blank=True)
    client_secret = EncryptedField(_("client secret"), validators=[validate_secret])
    granted_token = EncryptedField(editable=False)
    """The token that the client-credentials grant gave us, until ``granted_until``."""
    granted_until = models.DateTimeField(null=True, editable=False)
    granting_until = models.DateTimeField(null=True, editable=False)
    """The lease of the worker that is asking for a token at the moment."""
    token_renewed_at = models.DateTimeField(null=True, editable=False)
    """When a granted token was last replaced because the store refused it."""

    enabled = models.BooleanField(_("enabled"), default=True)
    order_type = models.ForeignKey(
        OrderType,
        models.PROTECT,
        limit_choices_to={"is_active": True},
        verbose_name=_("order type"),
    )
    identify_by = models.CharField(
        _("identify products by"),
        max_length=16,
        choices=IdentifyBy,
        default=IdentifyBy.SKU,
    )
    poll_seconds = models.PositiveIntegerField(
        _("poll interval in seconds"),
        default=60,
        validators=[MinValueValidator(10), MaxValueValidator(86_400)],
    )
    first_import = models.CharField(
        _("initial import"), max_length=8, choices=FirstImport, default=FirstImport.OPEN
    )
    import_since = models.DateTimeField(
        _("orders created since"), null=True, blank=True
    )
    include_test_orders = models.BooleanField(_("import test orders"), default=False)
    excluded_tags = models.CharField(
        _("excluded tags"),
        max_length=500,
        blank=True,
        help_text=_("Separated by commas."),
    )
    connected_at = models.DateTimeField(default=timezone.now, editable=False)

    next_reconcile_at = models.DateTimeField(
        default=next_night, editable=False, db_index=True
    )
    reconciled_at = models.DateTimeField(null=True, editable=False)
    differences = models.PositiveIntegerField(null=True, editable=False)
    """Orders that differed at the last comparison; null before the first."""

    # What the store's last check said
    shop_id = models.CharField(
        max_length=64, blank=True, default="", db_default="", editable=False
    )
    """Which shop it is, over all platforms: its address may change, this does not. Empty until it is said."""
    shop_domain = models.CharField(
        max_length=255, blank=True, default="", db_default="", editable=False
    )
    """The address that the shop gives as its own."""
    checked_at = models.DateTimeField(null=True, editable=False)
    currency = models.CharField(max_length=3, blank=True, editable=False)
    country = models.CharField(max_length=2, blank=True, editable=False)
    plan = models.CharField(max_length=64, blank=True, editable=False)
    reads_all_orders = models.BooleanField(default=False, editable=False)
    """Whether the app may see orders older than 60 days."""
    customer_data_refused_at = models.DateTimeField(null=True, editable=False)
    customer_data_readable = models.BooleanField(
        default=True, db_default=True, editable=False
    )
    """What the last check found: on some plans customers' fields are simply empty, and no poll is refused."""
    customer_fields_blocked_at = models.DateTimeField(null=True, editable=False)
    """When a request for customer fields last made the platform withhold its whole answer."""
    served_api_version = models.CharField(max_length=16, blank=True, editable=False)
    """The API version that the platform serves; empty if it is the one that we request."""

    # How it goes
    state = models.CharField(
        _("state"), max_length=16, choices=State, default=State.WORKING, editable=False
    )
    reason_code = models.CharField(max_length=32, blank=True, editable=False)
    reason = models.TextField(blank=True, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    """When the first of the calls in a row failed that the store has not answered; null while it answers."""
    mailed_at = models.DateTimeField(null=True, editable=False)
    """When the admins were told that it needs attention; null while it does not."""
    due_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    """When it is next polled."""
    last_poll_at = models.DateTimeField(null=True, editable=False)
    rate_limited_until = models.DateTimeField(null=True, editable=False)
    """The store asked for no requests until then; only a person's check is sent."""
    attempts = models.PositiveIntegerField(default=0, editable=False)
    """Polls in a row that have failed."""
    page_size = models.PositiveSmallIntegerField(default=250, editable=False)
    points_available = models.FloatField(null=True, editable=False)
    points_maximum = models.FloatField(null=True, editable=False)

    # Progress of polling
    covered_from = models.DateTimeField(null=True, editable=False)
    """Every order whose last change is at or after this is imported or recorded as unimported; polling begins
    here."""
    rules_applied = models.JSONField(default=dict, editable=False)
    """The rules of admission by which unimported orders were last checked."""
    synced_until = models.DateTimeField(null=True, editable=False)
    """The high-water mark: the newest change seen by a completed poll, by the store's own timestamp."""
    cursor = models.TextField(blank=True, editable=False)
    """Where an unfinished poll continues; empty if there is none."""
    newest_seen_at = models.DateTimeField(null=True, editable=False)
    poll_began_at = models.DateTimeField(null=True, editable=False)
    """When the unfinished poll began."""

    # Webhooks: the store's messages
    use_webhooks = models.BooleanField(_("use webhooks"), default=False)
    webhook_secret = EncryptedField(_("webhook secret"), validators=[validate_secret])
    former_secret = EncryptedField(editable=False)
    """What messages were signed with before the secret was changed; good until ``former_secret_until``."""
    former_secret_until = models.DateTimeField(null=True, editable=False)
    webhook_address = models.CharField(max_length=255, blank=True, editable=False)
    """Where the store sends its messages; empty: nowhere."""
    webhooks_due_at = models.DateTimeField(null=True, editable=False)
    """When the store's subscriptions are next looked at; null while nothing is to be done about them."""
    webhooks_problem = models.TextField(blank=True, editable=False)

    objects = ConnectionQuerySet.as_manager()

    GIVES: ClassVar = {"order_type": Q(store__is_connected=True)}

    class Meta:
        verbose_name = _("store connection")
        verbose_name_plural = _("store connections")
        constraints = [
            models.UniqueConstraint(
                fields=["shop_id"],
                condition=~models.Q(shop_id=""),
                name="one_connection_per_shop",
            )
        ]

    def __str__(self) -> str:
        return self.domain

    @property
    def key(self) -> str:
        """What this store's ids are prefixed with in customer and product keys."""
        return f"{self.store.platform}:{self.store_id}"

    @property
    def last_event(self) -> StoreEvent | None:
        """Who connected or disconnected the store last; None where nobody has since that is kept."""
        return self.store.history.select_related("by").first()

    @property
    def is_customer_data_withheld(self) -> bool:
        return not self.customer_data_readable or bool(self.customer_data_refused_at)

    @property
    def waiting_import(self) -> ImportJob | None:
        """The store's initial import, if it waits until someone begins it."""
        jobs = ImportJob.objects.filter(
            store=self.store_id, kind=JobKind.FIRST_IMPORT, state=JobState.PAUSED
        )
        return jobs.filter(reason_code=ASKS_CODE).first()

    @property
    def new_address(self) -> str:
        """The shop's own address, where the store is still reached under a former one; empty if it is not."""
        own = self.shop_domain
        return own if own and own != self.domain else ""

    def may_be_read(self, now: datetime) -> bool:
        """Whether it is one of ``pollable``."""
        return (
            self.enabled
            and is_known(self, "state")
            and is_known(self, "identify_by")
            and self.state != State.NEEDS_ATTENTION
            and not self.is_rate_limited(now)
        )

    def signing_secrets(self, now: datetime) -> list[str]:
        """What the store's messages may be signed with; while a secret is being changed, the former one
        too."""
        former = (
            self.former_secret
            if self.former_secret_until and self.former_secret_until > now
            else ""
        )
        return [
            secret
            for secret in [self.webhook_secret, self.client_secret, former]
            if secret
        ]

    def may_ask_for_customers(self, now: datetime) -> bool:
        """Whether to request customer fields: not within a day after the platform blocked an answer."""
        return (
            self.customer_fields_blocked_at is None
            or self.customer_fields_blocked_at <= now - CUSTOMERS_ASKED_AGAIN
        )

    def is_rate_limited(self, now: datetime) -> bool:
        return self.rate_limited_until is not None and self.rate_limited_until > now

    @property
    def tags_excluded(self) -> frozenset[str]:
        return frozenset(
            tag.strip().casefold()
            for tag in self.excluded_tags.split(",")
            if tag.strip()
        )
