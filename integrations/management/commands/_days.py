from argparse import ArgumentTypeError
from datetime import date, datetime, time

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.connections.connect import FIRST_YEAR


def start_of_day(text: str) -> datetime:
    """The option ``--since``: midnight of a day."""
    try:
        return timezone.make_aware(datetime.combine(date.fromisoformat(text), time.min))
    except ValueError:
        raise ArgumentTypeError(
            _("%(text)s is no day; write it like 2026-01-31.") % {"text": text}
        ) from None


def require_possible(since: datetime | None) -> None:
    """Raises CommandError for a day since which no store can have orders."""
    if since and since.year < FIRST_YEAR:
        raise CommandError(
            _("--since lies before the year %(year)s.") % {"year": FIRST_YEAR}
        )
    if since and since > timezone.now():
        raise CommandError(_("--since lies in the future."))
