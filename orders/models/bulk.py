from collections.abc import Collection
from datetime import timedelta

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from common.bulk_sql import any_of
from common.kinds import kind_label
from common.leases import Leased

AT_ONCE = timedelta(seconds=1)
"""How long the request that starts an action may work on it; usually enough for thousands of orders."""


class BulkKind(models.TextChoices):
    STATUS = "status", _("Change status")
    ASSIGN = "assign", _("Assign")
    TYPE = "type", _("Change type")
    DUE = "due", _("Change due date")
    WRITE_OFF = "write_off", _("Write off")
    REFRESH = "refresh", _("Update order")
    # On a single order, done at once: recorded so that they can be undone.
    REMOVE_LINE = "remove_line", _("Line removed")
    ACCEPT = "accept", _("Change of the store accepted")
    DISMISS = "dismiss", _("Change of the store dismissed")
    UNDO = "undo", _("Undo")


class BulkAction(Leased):
    """An action on a selection, or an act on one order that can be undone. Its orders are fixed when it is
    sent, and are worked off chunk by chunk. Without ``due_at`` it waits for the person to confirm it."""

    kind = models.CharField(max_length=16, choices=BulkKind)
    status = models.ForeignKey(
        "orders.Status", models.CASCADE, null=True, related_name="+"
    )
    order_type = models.ForeignKey(
        "orders.OrderType", models.CASCADE, null=True, related_name="+"
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+"
    )
    """Of an assignment; null means nobody."""
    due_on = models.DateField(null=True)
    """The due date that is set; null means none."""
    warehouse = models.ForeignKey(
        "inventory.Warehouse", models.CASCADE, null=True, related_name="+"
    )
    """Of a write-off: where the goods are taken from."""
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    undoes = models.OneToOneField(
        "self", models.CASCADE, null=True, related_name="undo"
    )
    """What an action of the kind UNDO sets back; an action is undone once."""
    fixed_at = models.DateTimeField(null=True)
    """When its orders were fixed: what the person saw is older. Null for an act on one order."""
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("bulk action")
        verbose_name_plural = _("bulk actions")
        indexes = [
            models.Index(
                fields=["asked_at"],
                name="bulk_action_open",
                condition=Q(done_at__isnull=True),
            ),
            models.Index(fields=["by", "-asked_at"], name="bulk_action_by"),
        ]

    def __str__(self) -> str:
        return f"{kind_label(self)} {self.pk}"

    def rows_of(self, order_ids: Collection[int]) -> "QuerySet[BulkActionOrder]":
        """The action's rows of these orders, at least one.

        Between the first and the last of them: PostgreSQL, which has no statistics of a new action yet, would
        else read all of the action's rows for each thousand.
        """
        between = (min(order_ids), max(order_ids))
        return self.orders.filter(
            any_of("order_id", order_ids), order_id__range=between
        )

    @property
    def moves_stock(self) -> bool:
        return (self.undoes or self).kind == BulkKind.WRITE_OFF

    @property
    def is_long(self) -> bool:
        """Whether it went on in the background, after the request was answered."""
        return self.done_at is None or self.done_at > self.asked_at + AT_ONCE


class BulkOutcome(models.TextChoices):
    WAITING = "", _("waiting")
    CHANGED = "changed", _("changed")
    WRITTEN_OFF = "written_off", _("written off")
    NOTHING_LEFT = "nothing_left", _("nothing left to write off")
    SHORT = "short", _("not written off: not enough in stock")
    """For what is missing, the row's shortages."""
    SAME = "same", _("unchanged: already set")
    NOT_ALLOWED = "not_allowed", _("not changed: its status does not allow this one")
    NOT_PERMITTED = (
        "not_permitted",
        _("not changed: orders from stores need the permission to work with them"),
    )
    GONE = "gone", _("not changed: the order no longer exists")
    STOPPED = "stopped", _("not changed: the action was undone first")
    UNDONE = "undone", _("set back")
    CHANGED_SINCE = "changed_since", _("left alone: changed since")
    REFUSED = "refused", _("left alone")
    """For the row's reason."""
    ACCEPTED = "accepted", _("being updated")
    """A Refresh row waits for the store; then one of the next four takes its place."""
    UPDATED = "updated", _("updated")
    UNCHANGED = "unchanged", _("unchanged")
    GONE_AT_STORE = "gone_at_store", _("gone at the store")
    FAILED = "failed", _("failed")
    TOO_SOON = "too_soon", _("not updated: it was updated less than 10 minutes ago")
    NOT_FROM_STORE = "not_from_store", _("not updated: it is not from a store")
    DISCONNECTED = "disconnected", _("not updated: its store is disconnected")
    RESTING = "resting", _("not updated: its store is paused or needs attention")


DONE = frozenset([BulkOutcome.CHANGED, BulkOutcome.WRITTEN_OFF])
"""Of orders that an action changed."""
READ_FROM_STORE = frozenset(
    [
        BulkOutcome.ACCEPTED,
        BulkOutcome.UPDATED,
        BulkOutcome.UNCHANGED,
        BulkOutcome.GONE_AT_STORE,
        BulkOutcome.FAILED,
    ]
)
"""Of orders that an update was accepted for, whether it has ended or not."""


class BulkActionOrder(models.Model):
    """One order of an action, and its outcome. No foreign key: one statement inserts a million rows."""

    action = models.ForeignKey(
        BulkAction, models.CASCADE, related_name="orders", db_index=False
    )
    order_id = models.BigIntegerField()
    outcome = models.CharField(
        max_length=16, choices=BulkOutcome, default=BulkOutcome.WAITING, blank=True
    )
    ended_at = models.DateTimeField(null=True)
    before = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    """What the action changed, as it was before (orders.domain.undo); null if it cannot be undone."""
    reason = models.TextField(blank=True, default="", db_default="")
    """Why the outcome is what it is, where its label does not say it: a msgid."""
    shortages = models.JSONField(null=True)
    """What there was not enough of in the warehouse: names of products as of then, how much was wanted and
    how much was there."""

    class Meta:
        verbose_name = _("order of a bulk action")
        verbose_name_plural = _("orders of bulk actions")
        constraints = [
            models.UniqueConstraint(
                fields=["action", "order_id"], name="bulk_action_order_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["action", "order_id"],
                name="bulk_action_waiting",
                condition=Q(outcome=""),
            ),
            models.Index(
                fields=["order_id"],
                name="bulk_action_accepted",
                condition=Q(outcome="accepted"),
            ),
            models.Index(
                fields=["action", "outcome", "order_id"], name="bulk_action_outcome"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {kind_label(self, 'outcome')}"
