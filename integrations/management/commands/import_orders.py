from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from common.formats import day, translated
from integrations.imports import lifecycle
from integrations.imports.worker import JobLostError, to_the_end
from integrations.management.commands._connected import connected
from integrations.management.commands._days import require_possible, start_of_day
from integrations.models import JobMethod, StoreConnection, UnimportedOrder
from integrations.platforms.errors import StoreError
from integrations.sync.import_page import ImportSummary
from integrations.sync.order_lookup import Explanation, Verdict, explain
from integrations.sync.retry import retry, retry_entries


class Command(BaseCommand):
    help = (
        "Bring in orders of a store that are missing, now and in the foreground, and say how many ended "
        "how: all that the "
        "store's settings take in, all created since a day, or one by its number. What is interrupted goes "
        "on in the background."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("domain", help="the connected store's address")
        which = parser.add_mutually_exclusive_group()
        which.add_argument(
            "--since",
            type=start_of_day,
            metavar="YYYY-MM-DD",
            help="all orders created since this day, finished ones too",
        )
        which.add_argument(
            "--number", help="the order with this number, whatever rule would skip it"
        )

        parser.add_argument(
            "--bulk",
            action="store_true",
            help="have the store write all of them into one file first, as for very many orders",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connected(options["domain"])
        require_possible(options["since"])
        if options["number"] is not None and options["bulk"]:
            raise CommandError(
                _("--bulk is for all orders, not for the one with a number.")
            )
        if options["number"] is not None:
            return self._import_one(connection, options["number"])
        return self._import_all(
            connection,
            options["since"],
            JobMethod.BULK if options["bulk"] else JobMethod.PAGES,
        )

    def _import_all(
        self, connection: StoreConnection, since: datetime | None, method: JobMethod
    ) -> None:
        job = lifecycle.begin_import(
            connection, all_since=since, by_id=None, now=timezone.now(), method=method
        )
        if job.all_since != since or job.state == "paused":
            raise CommandError(
                _(
                    "Another manual import of %(domain)s is under way or paused; wait for it, or cancel it."
                )
                % {"domain": connection.domain}
            )
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
                    "The import was stopped, the store is rate-limited, or another worker goes on with it."
                )
            ) from None
        if job.hidden_before:
            self.stdout.write(
                _("Orders created before %(day)s are hidden by the store.")
                % {"day": day(job.hidden_before)}
            )
        self.stdout.write(str(ImportSummary.of(job.counts)))

    def _import_one(self, connection: StoreConnection, number: str) -> None:
        found = explain(number, connection=connection, now=timezone.now())
        away = [each.entry.pk for each in found if each.entry]
        if away:
            retry(
                UnimportedOrder.objects.filter(pk__in=away),
                now=timezone.now(),
                override_rules=True,
            )
            retry_entries(connection.store_id)
            found = explain(number, connection=connection, now=timezone.now())
        self._tell(found)

    def _tell(self, found: list[Explanation]) -> None:
        for each in found:
            self.stdout.write(f"{each.number}: {each.text}")
        if not found or any(each.verdict != Verdict.HERE for each in found):
            raise CommandError(_("Not every order that was asked for is here."))
