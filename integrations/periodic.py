"""What is done every so often, whichever tick comes first: the database remembers when it was done."""

from datetime import datetime, timedelta

from django.db.models import Q

from integrations.models import Heartbeat
from integrations.models.heartbeat import AHEAD

MAILS, NIGHTLY, NIGHTLY_BEGUN = "mails", "nightly", "nightly begun"
MAILS_EVERY = timedelta(minutes=1)
NIGHT = {"hour": 3, "minute": 10, "second": 0, "microsecond": 0}
"""In UTC."""
TRY_AGAIN = timedelta(hours=1)
"""After so long a nightly job that has not ended has died."""


def due_tasks(now: datetime) -> list[str]:
    """Names of the tasks that are to begin; each is told to one caller."""
    found = []
    if begin(MAILS, every=MAILS_EVERY, now=now):
        found.append("send_mails")
    if is_night_left(now) and begin(NIGHTLY_BEGUN, every=TRY_AGAIN, now=now):
        found.append("sweep")
    return found


def begin(name: str, *, every: timedelta, now: datetime) -> bool:
    """Whether ``name`` is to begin now; true for one caller each time."""
    Heartbeat.objects.get_or_create(name=name, defaults={"at": now - every})
    due = Q(at__lte=now - every) | Q(at__gt=now + AHEAD)
    return bool(Heartbeat.objects.filter(due, name=name).update(at=now))


def is_night_left(now: datetime) -> bool:
    """Whether the nightly job has not been done since the last night began."""
    night = now.replace(**NIGHT)  # type: ignore[arg-type]  # they are no tzinfo
    if night > now:
        night -= timedelta(days=1)
    done = Heartbeat.objects.filter(name=NIGHTLY, at__gte=night, at__lte=now + AHEAD)
    return not done.exists()


def note_night_done(now: datetime) -> None:
    Heartbeat.objects.update_or_create(name=NIGHTLY, defaults={"at": now})
