"""For how long stores did not answer: added up by the day when a store answers again, never at a poll of one
that does."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import F

from integrations.models import StoreConnection, StoreDay


def end_outage(connection: StoreConnection, *, now: datetime) -> None:
    """Note the time since ``failing_since``, once, whoever finds first that it is over."""
    if connection.failing_since is None:
        return
    rows = StoreConnection.objects.filter(
        pk=connection.pk, failing_since=connection.failing_since
    )
    with transaction.atomic():
        if not rows.update(failing_since=None):
            return
        for day, seconds in split(connection.failing_since, now).items():
            row, _is_new = StoreDay.objects.get_or_create(
                store_id=connection.store_id, day=day
            )
            StoreDay.objects.filter(pk=row.pk).update(seconds=F("seconds") + seconds)


def split(since: datetime, until: datetime) -> Mapping[date, int]:
    """The seconds of each day of the installation's zone from ``since`` to ``until``."""
    zone = ZoneInfo(settings.TIME_ZONE)
    found: dict[date, int] = {}
    at = since.astimezone(zone)
    while at < until:
        midnight = datetime.combine(at.date() + timedelta(days=1), time.min, zone)
        end = min(midnight, until.astimezone(zone))
        found[at.date()] = round(end.timestamp() - at.timestamp())
        at = midnight
    return found
