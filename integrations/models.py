import re
import secrets
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from integrations.secrets import SecretField
from inventory.models import IdentifyBy
from orders.admission import SENTENCES
from orders.models import OrderType, Store

DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com", re.ASCII)
SECRET = re.compile(r"[!-~]{1,512}", re.ASCII)
CUSTOMERS_ASKED_AGAIN = timedelta(days=1)


def validate_domain(domain: str) -> None:
    """Only Shopify's own host names: the token is sent there."""
    if not DOMAIN.fullmatch(domain):
        raise ValidationError(_("Write the store's own address, like my-shop.myshopify.com."), code="domain")


def validate_secret(secret: str) -> None:
    """A secret travels in an HTTP header: signs that cannot stand there come from a copy that went wrong."""
    if not SECRET.fullmatch(secret):
        raise ValidationError(
            _("This is no token or secret: it has spaces or unusual signs in it. Copy it again."), code="secret"
        )


def next_night(now: datetime | None = None) -> datetime:
    """A moment between 1 and 5 o'clock in the coming night of the installation; stores do not all come at once."""
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
    def askable(self, now: datetime) -> "ConnectionQuerySet":
        """Stores that may be read now: not paused, not waiting for an admin, not resting."""
        resting = models.Q(rests_until__isnull=False, rests_until__gt=now)
        return self.filter(enabled=True).exclude(state=State.NEEDS_ATTENTION).exclude(resting)


class StoreConnection(models.Model):
    """How a store is reached and what is taken from it. Paused is ``enabled`` False; secrets never leave this row."""

    store = models.OneToOneField(Store, models.PROTECT, related_name="connection", verbose_name=_("store"))
    domain = models.CharField(_("domain"), max_length=80, unique=True, validators=[validate_domain])
    access_token = SecretField(_("access token"), validators=[validate_secret])
    client_id = models.CharField(_("client ID"), max_length=255, blank=True)
    client_secret = SecretField(_("client secret"), validators=[validate_secret])
    granted_token = SecretField(editable=False)
    """The token that the client-credentials grant gave us, until ``granted_until``."""
    granted_until = models.DateTimeField(null=True, editable=False)
    granting_until = models.DateTimeField(null=True, editable=False)
    """The lease of the worker that is asking for a token at the moment."""
    token_renewed_at = models.DateTimeField(null=True, editable=False)
    """When a granted token was last replaced because the store refused it."""

    enabled = models.BooleanField(_("enabled"), default=True)
    order_type = models.ForeignKey(OrderType, models.PROTECT, verbose_name=_("order type"))
    identify_by = models.CharField(_("identify products by"), max_length=16, choices=IdentifyBy, default=IdentifyBy.SKU)
    poll_seconds = models.PositiveIntegerField(
        _("poll interval in seconds"), default=60, validators=[MinValueValidator(10), MaxValueValidator(86_400)]
    )
    first_import = models.CharField(_("first import"), max_length=8, choices=FirstImport, default=FirstImport.OPEN)
    import_since = models.DateTimeField(_("orders created since"), null=True, blank=True)
    include_test_orders = models.BooleanField(_("import test orders"), default=False)
    excluded_tags = models.CharField(_("excluded tags"), max_length=500, blank=True, help_text=_("Separated by commas."))
    connected_at = models.DateTimeField(default=timezone.now, editable=False)

    next_reconcile_at = models.DateTimeField(default=next_night, editable=False, db_index=True)
    reconciled_at = models.DateTimeField(null=True, editable=False)
    differences = models.PositiveIntegerField(null=True, editable=False)
    """Orders that differed at the last comparison; null before the first."""

    # What the store's last check said
    checked_at = models.DateTimeField(null=True, editable=False)
    currency = models.CharField(max_length=3, blank=True, editable=False)
    country = models.CharField(max_length=2, blank=True, editable=False)
    plan = models.CharField(max_length=64, blank=True, editable=False)
    reads_all_orders = models.BooleanField(default=False, editable=False)
    """Whether the app may see orders older than 60 days."""
    customer_data_refused_at = models.DateTimeField(null=True, editable=False)
    customers_wiped_at = models.DateTimeField(null=True, editable=False)
    """When asking for customer data last cost us a whole answer."""
    fallen_version = models.CharField(max_length=16, blank=True, editable=False)
    """The version in which the platform answers, where it is not the one that we ask for."""

    # How it goes
    state = models.CharField(max_length=16, choices=State, default=State.WORKING, editable=False)
    reason_code = models.CharField(max_length=32, blank=True, editable=False)
    reason = models.TextField(blank=True, editable=False)
    next_poll_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    last_poll_at = models.DateTimeField(null=True, editable=False)
    rests_until = models.DateTimeField(null=True, editable=False)
    """The store asked to be left in peace until then; nothing but a person's check reaches it."""
    failures = models.PositiveIntegerField(default=0, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)
    lease = models.UUIDField(null=True, editable=False)
    page_size = models.PositiveSmallIntegerField(default=250, editable=False)
    points_available = models.FloatField(null=True, editable=False)
    points_maximum = models.FloatField(null=True, editable=False)

    # The walk through the store's changes
    covered_from = models.DateTimeField(null=True, editable=False)
    """Every order whose last change is at or after this is imported or in the ledger; polling begins here."""
    rules_applied = models.JSONField(default=dict, editable=False)
    """The rules of admission that the ledger was last judged by."""
    mark = models.DateTimeField(null=True, editable=False)
    """The newest change seen by a walk that reached its end, by the store's own stamp."""
    walk_position = models.TextField(blank=True, editable=False)
    """Where an unfinished walk goes on; empty when none is under way."""
    walk_newest = models.DateTimeField(null=True, editable=False)

    # Webhooks: the store's messages
    use_webhooks = models.BooleanField(_("use webhooks"), default=False)
    webhook_secret = SecretField(_("webhook secret"), validators=[validate_secret])
    former_secret = SecretField(editable=False)
    """What messages were signed with before the secret was changed; good until ``former_secret_until``."""
    former_secret_until = models.DateTimeField(null=True, editable=False)
    webhook_address = models.CharField(max_length=255, blank=True, editable=False)
    """Where the store sends its messages; empty: nowhere."""
    webhooks_due_at = models.DateTimeField(null=True, editable=False)
    """When the store's subscriptions are next looked at; null while nothing is to be done about them."""
    webhooks_checked_at = models.DateTimeField(null=True, editable=False)
    webhooks_problem = models.TextField(blank=True, editable=False)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("store connection")
        verbose_name_plural = _("store connections")

    def __str__(self) -> str:
        return self.domain

    @property
    def key(self) -> str:
        """What this store's ids are prefixed with in customer and product keys."""
        return f"{self.store.platform}:{self.store_id}"

    def may_be_read(self, now: datetime) -> bool:
        """Neither paused, nor waiting for an admin, nor left in peace."""
        return self.enabled and self.state != State.NEEDS_ATTENTION and not self.rests(now)

    def signing_secrets(self, now: datetime) -> list[str]:
        """What the store's messages may be signed with; while a secret is being changed, the former one too."""
        former = self.former_secret if self.former_secret_until and self.former_secret_until > now else ""
        return [secret for secret in [self.webhook_secret, self.client_secret, former] if secret]

    def may_ask_for_customers(self, now: datetime) -> bool:
        """Whether customer data is asked for again: not within a day after that cost us an answer."""
        return self.customers_wiped_at is None or self.customers_wiped_at <= now - CUSTOMERS_ASKED_AGAIN

    def rests(self, now: datetime) -> bool:
        return self.rests_until is not None and self.rests_until > now

    @property
    def tags_excluded(self) -> frozenset[str]:
        return frozenset(tag.strip().casefold() for tag in self.excluded_tags.split(",") if tag.strip())


class Fate(models.TextChoices):
    HELD = "held", _("held")
    SKIPPED = "skipped", _("skipped")
    FAILED = "failed", _("failed")


OVERRIDABLE = {"test_order", "excluded_tag", "too_old", "not_open"}
"""Codes of skipped orders that a person may have imported all the same."""


class LedgerEntry(models.Model):
    """Why an order that the store has shown is not here. An imported order is its own entry: it has a row here only while
    its latest change could not be stored.

    Where ``next_try_at`` is set a worker reads the order again then; the row is the queue.
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
    tries = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    """When it was last tried, or its fate last changed."""
    next_try_at = models.DateTimeField(null=True)
    batch = models.UUIDField(null=True)
    """Marks the rows that one worker has in hand."""
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
            models.Index(fields=["next_try_at"], name="ledger_due", condition=models.Q(next_try_at__isnull=False)),
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
        return self.next_try_at is not None and self.asked_at is not None and self.asked_at > self.last_at

    @property
    def may_be_retried(self) -> bool:
        """Whether another try may end otherwise while store and settings stay as they are."""
        return self.code != "gone" and self.fate in {Fate.HELD, Fate.FAILED}

    @property
    def may_be_overridden(self) -> bool:
        """Whether it may be imported all the same."""
        return self.fate == Fate.SKIPPED and self.code in OVERRIDABLE


class RunKind(models.TextChoices):
    FIRST_IMPORT = "first_import", _("First import")
    RECONCILE = "reconcile", _("Comparison")
    MANUAL = "manual", _("Import by hand")


class RunState(models.TextChoices):
    COUNTING = "counting", _("counting")
    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("running")
    PAUSED = "paused", _("paused")
    DONE = "done", _("done")
    CANCELLED = "cancelled", _("cancelled")
    FAILED = "failed", _("failed")


class RunWay(models.TextChoices):
    PAGES = "pages", _("page by page")
    BULK = "bulk", _("in one piece")


MOVING = [RunState.COUNTING, RunState.WAITING, RunState.RUNNING]
"""States in which workers bring a run forward."""
OPEN = [*MOVING, RunState.PAUSED]


class ImportRun(models.Model):
    """A long work at a store that workers do in slices: orders whose last change lies from ``since`` to ``before`` are
    imported or compared, oldest change first. The row is its queue and its cursor; polling goes on beside it.
    """

    store = models.ForeignKey(Store, models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=16, choices=RunKind)
    way = models.CharField(max_length=8, choices=RunWay, default=RunWay.PAGES)
    state = models.CharField(max_length=16, choices=RunState, default=RunState.COUNTING)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    """Who asked for it; null if RO App did, or a command."""
    since = models.DateTimeField()
    before = models.DateTimeField(null=True)
    all_since = models.DateTimeField(null=True)
    """Orders created from then on come in whatever the rule of the store's first import says."""
    hidden_before = models.DateTimeField(null=True)
    """The store does not show orders created before; null if it shows all that the run asks for."""
    made_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    # How far it is
    expected = models.PositiveIntegerField(null=True)
    """How many orders there are, counted before it starts."""
    expected_exact = models.BooleanField(default=True)
    """False: there are more than ``expected``, and the platform counts no further."""
    done = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    """Orders by orders.importing.Result."""
    differed = models.PositiveIntegerField(default=0)
    numbers = models.JSONField(default=list)
    """The numbers of orders that differed, the first 50."""
    seconds = models.FloatField(default=0)
    """Time spent on pages, waiting for the platform included."""
    position = models.TextField(blank=True)
    reached = models.DateTimeField(null=True)
    """The newest change it has seen."""

    # What the platform prepares for it, where its way is bulk
    export_id = models.CharField(max_length=128, blank=True)
    export_at = models.DateTimeField(null=True)
    """Our clock before it was begun."""
    exports = models.PositiveSmallIntegerField(default=0)
    """How many were begun for this run."""
    prepared = models.PositiveBigIntegerField(default=0)
    """Records that the platform has written so far: orders and their lines."""

    # How it goes
    reason_code = models.CharField(max_length=32, blank=True)
    reason = models.TextField(blank=True)
    failures = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-made_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["store", "kind"], condition=models.Q(state__in=OPEN), name="run_once_at_a_time")
        ]
        indexes = [
            models.Index(fields=["due_at"], name="run_due", condition=models.Q(state__in=MOVING)),
            models.Index(fields=["store", "-made_at"], name="run_history"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @property
    def is_moving(self) -> bool:
        return self.state in MOVING

    @property
    def is_prepared(self) -> bool:
        """Whether the platform is still to write what the run will read."""
        return self.way == RunWay.BULK and self.is_moving and not self.done

    @property
    def rate(self) -> float:
        """Orders per second so far, 0 while nothing is done."""
        return self.done / self.seconds if self.seconds else 0.0

    @property
    def share(self) -> float:
        """How much of it is done, from 0 to 1: by the orders, or by the time walked through where they cannot be counted."""
        if self.state == RunState.DONE:
            return 1.0
        if self.expected and self.expected_exact:
            return min(self.done / self.expected, 1.0)
        if self.reached and self.before:
            return max(0.0, min((self.reached - self.since) / (self.before - self.since), 1.0))
        return 0.0

    @property
    def seconds_left(self) -> int | None:
        """At the rate so far; None while that is not known."""
        return round(self.seconds * (1 - self.share) / self.share) if self.is_moving and self.share else None

    @property
    def left_out_from(self) -> datetime | None:
        """A cancelled import looked at no order whose last change lies from here to ``before``; None for any other run."""
        ended_early = self.state == RunState.CANCELLED and self.kind != RunKind.RECONCILE
        return (self.reached or self.since) if ended_early else None


class Heartbeat(models.Model):
    """When background work last showed a sign of life; a running process proves nothing."""

    name = models.CharField(max_length=32, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.at:%H:%M:%S}"


class WebhookDelivery(models.Model):
    """A store's message, kept until its news have been looked at: the inbox. Ids only, never its content."""

    connection = models.ForeignKey(StoreConnection, models.CASCADE, related_name="deliveries", verbose_name=_("store connection"))
    webhook_id = models.CharField(_("message ID"), max_length=64)
    topic = models.CharField(_("topic"), max_length=64)
    news = models.CharField(max_length=16)
    """A gateway.News."""
    order_ids = models.JSONField(_("orders' IDs at the store"), default=list)
    customer_id = models.CharField(_("customer's ID at the store"), max_length=64, blank=True)
    triggered_at = models.DateTimeField(_("happened"), null=True)
    received_at = models.DateTimeField(_("received"))
    drained_at = models.DateTimeField(_("acted on"), null=True)
    leased_until = models.DateTimeField(null=True)
    batch = models.UUIDField(null=True)
    """Marks the rows that one worker has in hand."""

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        constraints = [models.UniqueConstraint(fields=["connection", "webhook_id"], name="delivery_once")]
        indexes = [
            models.Index(fields=["connection", "id"], name="delivery_undrained", condition=Q(drained_at__isnull=True)),
            models.Index(fields=["received_at"], name="delivery_received"),
            models.Index(fields=["batch"], name="delivery_batch", condition=Q(batch__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.webhook_id}"


class PrivacyKind(models.TextChoices):
    EXPORT = "export", _("Hand out a customer's data")
    ERASE = "erase", _("Erase a customer's data")
    ERASE_SHOP = "erase_shop", _("Shop gone: erase its customers' data")


class PrivacyRequest(models.Model):
    """What the law asks of us through a store: data of a person to be handed out or erased, within 30 days. Ids only."""

    store = models.ForeignKey(Store, models.SET_NULL, null=True, related_name="+", verbose_name=_("store"))
    domain = models.CharField(_("domain"), max_length=80)
    """The store's, which outlives its connection."""
    webhook_id = models.CharField(max_length=64, editable=False)
    kind = models.CharField(_("request"), max_length=16, choices=PrivacyKind)
    customer_id = models.CharField(_("customer's ID at the store"), max_length=64, blank=True)
    order_ids = models.JSONField(_("orders' IDs at the store"), default=list)
    received_at = models.DateTimeField(_("received"))
    due_at = models.DateTimeField(_("due"))
    done_at = models.DateTimeField(_("done"), null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("done by"))

    class Meta:
        verbose_name = _("privacy request")
        verbose_name_plural = _("privacy requests")
        ordering = ["-received_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["domain", "webhook_id"], name="privacy_request_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.domain})"
