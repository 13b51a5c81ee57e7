"""What is typed into a form is kept at the server until the form is sent, for each user and each open form.

A page proves with a sealed name that it may store this draft, so that what is typed is kept even when the
session has ended; reading one takes its user.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet

from common.models import FormDraft

KEPT = timedelta(days=30)
MAX_LENGTH = 200_000
"""Of all values together; what is longer is not kept."""
Fields = Mapping[str, str]


def new_name(kind: str) -> str:
    """The name of one more form of this kind, for instance in another tab."""
    return f"{kind}/{secrets.token_urlsafe(8)}"


def seal(user: User, name: str) -> str:
    """What lets a page store this draft of the user."""
    return signing.dumps([user.pk, name], salt="draft")


def unseal(sealed: str) -> tuple[int, str] | None:
    """The user's id and the draft's name; None for a forged one."""
    try:
        user_id, name = signing.loads(sealed, salt="draft")
    except signing.BadSignature:
        return None
    return user_id, name


def store(user_id: int, name: str, fields: Fields, *, now: datetime) -> None:
    """Keep these values, or nothing where all are empty. A closed draft stays closed."""
    mine = FormDraft.objects.filter(user=user_id, name=name, closed_at=None)
    typed = {field: value for field, value in fields.items() if value}
    length = sum(len(value) for value in typed.values())
    if not typed:
        mine.delete()
    elif length <= MAX_LENGTH and not mine.update(fields=typed, changed_at=now):
        row = FormDraft(user_id=user_id, name=name, fields=typed, changed_at=now)
        FormDraft.objects.bulk_create([row], ignore_conflicts=True)


@transaction.atomic
def close(user: User, name: str, *, now: datetime) -> None:
    """The form has done its work: forget what was typed, and whatever of it arrives later."""
    FormDraft.objects.update_or_create(
        user=user,
        name=name,
        defaults={"fields": {}, "changed_at": now, "closed_at": now},
    )


def discard(user: User, name: str) -> None:
    FormDraft.objects.filter(user=user, name=name, closed_at=None).delete()


def load(user: User, name: str) -> Fields | None:
    return (
        FormDraft.objects.filter(user=user, name=name, closed_at=None)
        .values_list("fields", flat=True)
        .first()
    )


def newest(user: User, kind: str, most: int) -> QuerySet[FormDraft]:
    """The user's drafts of this kind, newest first."""
    mine = FormDraft.objects.filter(
        user=user, name__startswith=f"{kind}/", closed_at=None
    )
    return mine.order_by("-changed_at")[:most]


def delete_old(now: datetime) -> None:
    FormDraft.objects.filter(changed_at__lt=now - KEPT).delete()
