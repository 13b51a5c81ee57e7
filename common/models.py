"""What is stored of forms (those that were posted, and what was typed into those that were not), and of
sessions."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q


class FormPost(models.Model):
    """A form that has arrived with this key, and what it was answered (common.forms.one_time_keys)."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+"
    )
    key = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    """Of address and fields."""
    at = models.DateTimeField(db_index=True)
    status = models.PositiveSmallIntegerField(null=True)
    """The answer's; null: it is not answered yet, or its worker has died."""
    headers = models.JSONField(default=dict)
    messages = models.JSONField(default=list)
    """Those that the next page shows: level, text, tags, and whether it is HTML of ours, of each."""
    body = models.BinaryField(default=b"")
    """Compressed."""

    GOES_WITH_ITS_USER: ClassVar = Q()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="form_posted_once")
        ]

    def __str__(self) -> str:
        return self.key


class FormDraft(models.Model):
    """What a user has typed into the form of this name without sending it (common.forms.drafts)."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+"
    )
    name = models.CharField(max_length=80)
    fields = models.JSONField(default=dict)
    """Values by field, as they were typed."""
    changed_at = models.DateTimeField(db_index=True)
    closed_at = models.DateTimeField(null=True)
    """When the form did its work: what arrives later is not stored any more."""

    GOES_WITH_ITS_USER: ClassVar = Q()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="one_draft_per_form")
        ]

    def __str__(self) -> str:
        return self.name


class UserSession(models.Model):
    """Somebody is signed in with a browser (common.sessions)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    session_key = models.CharField(max_length=40, db_index=True)
    """Of Django's session."""
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=255)
    """As it calls itself."""

    GOES_WITH_ITS_USER: ClassVar = Q()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.user_id}: {self.address}"
