from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from common.formats import translated
from integrations.imports.worker import JobLostError, to_the_end
from integrations.management.commands._connected import connected
from integrations.models import MOVING, ImportJob, JobKind, StoreConnection
from integrations.platforms.errors import StoreError
from integrations.sync.import_page import ImportSummary
from integrations.sync.polling import poll


class Command(BaseCommand):
    help = (
        "Bring in what changed at a store, and its first import, now and in the foreground, and say how "
        "many orders ended how."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("domain", help="the connected store's address")

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connected(options["domain"])
        try:
            summary = _poll_to_the_end(connection)
            summary.counts.update(_first_import(connection).counts)
        except StoreError as error:
            raise CommandError(
                _("%(domain)s could not be read. %(reason)s")
                % {"domain": connection.domain, "reason": translated(str(error))}
            ) from None
        except JobLostError:
            self.stderr.write(
                _(
                    "The initial import is paused, or another worker is bringing it in at this moment."
                )
            )
        self.stdout.write(str(summary))


def _poll_to_the_end(connection: StoreConnection) -> ImportSummary:
    """One poll ends after some minutes even if the store has more; here somebody waits for all of it."""
    total = ImportSummary()
    while True:
        summary = poll(connection.pk)
        if summary is None:
            raise CommandError(
                _(
                    "%(domain)s is being synchronised by another worker at this moment; try again."
                )
                % {"domain": connection.domain}
            )
        total.counts.update(summary.counts)
        connection.refresh_from_db(fields=["cursor"])
        if not connection.cursor:
            return total


def _first_import(connection: StoreConnection) -> ImportSummary:
    """What is left of the first import; nothing if there is none under way."""
    job = ImportJob.objects.filter(
        store=connection.store_id, kind=JobKind.FIRST_IMPORT, state__in=MOVING
    ).first()
    if job is None:
        return ImportSummary()
    return ImportSummary.of(Counter(to_the_end(job.pk).counts) - Counter(job.counts))
