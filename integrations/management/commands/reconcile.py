from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from common.formats import translated
from integrations.imports import lifecycle
from integrations.imports.worker import JobLostError, to_the_end
from integrations.management.commands._connected import connected
from integrations.platforms.errors import StoreError
from integrations.sync.import_page import ImportSummary


class Command(BaseCommand):
    help = (
        "Compare a store's orders of the last 60 days with ours, now and in the foreground; bring in what "
        "is missing or stale, "
        "and say what differed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("domain", help="the connected store's address")

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connected(options["domain"])
        job = lifecycle.begin_reconcile(connection, by_id=None, now=timezone.now())
        try:
            job = to_the_end(job.pk)
        except StoreError as error:
            raise CommandError(
                _("%(domain)s could not be read. %(reason)s")
                % {"domain": connection.domain, "reason": translated(str(error))}
            ) from None
        except JobLostError:
            raise CommandError(
                _(
                    "It was stopped, the store is rate-limited, or another worker goes on with it."
                )
            ) from None
        self.stdout.write(
            _("compared %(done)s, differed %(differed)s, %(tally)s")
            % {
                "done": job.done,
                "differed": job.differed,
                "tally": ImportSummary.of(job.counts),
            }
        )
        if job.numbers:
            numbers = ", ".join(job.numbers)
            if more := job.differed - len(job.numbers):
                numbers = _("%(numbers)s and %(more)s more") % {
                    "numbers": numbers,
                    "more": more,
                }
            self.stdout.write(_("Differed: %(numbers)s") % {"numbers": numbers})
