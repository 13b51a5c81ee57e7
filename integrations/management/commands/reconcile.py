from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

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
                f"{connection.domain} could not be read. {error}"
            ) from None
        except JobLostError:
            raise CommandError(
                "The comparison was stopped, the store rests, or another worker goes on with it."
            ) from None
        self.stdout.write(
            f"compared {job.done}, differed {job.differed}, {ImportSummary.of(job.counts)}"
        )
        if job.numbers:
            more = (
                f" and {job.differed - len(job.numbers)} more"
                if job.differed > len(job.numbers)
                else ""
            )
            self.stdout.write(f"Differed: {', '.join(job.numbers)}{more}")
