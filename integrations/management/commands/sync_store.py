from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.errors import StoreError
from integrations.models import StoreConnection
from integrations.pages import Tally
from integrations.sync import poll


class Command(BaseCommand):
    help = "Bring in what changed at a store, now and in the foreground, and say how many orders ended how."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("domain", help="the store's own address, like my-shop.myshopify.com")

    def handle(self, *args: Any, **options: Any) -> None:
        connection = StoreConnection.objects.filter(domain=options["domain"].strip().lower()).first()
        if connection is None:
            known = ", ".join(StoreConnection.objects.order_by("domain").values_list("domain", flat=True)) or "none"
            raise CommandError(f"No store {options['domain']} is connected. Connected stores are: {known}.")
        if not connection.enabled:
            raise CommandError(f"{connection.domain} is paused; enable it in the admin first.")
        try:
            self.stdout.write(str(_poll_to_the_end(connection)))
        except StoreError as error:
            raise CommandError(f"{connection.domain} could not be read. {error}") from None


def _poll_to_the_end(connection: StoreConnection) -> Tally:
    """One poll ends after some minutes even if the store has more; here somebody waits for all of it."""
    total = Tally()
    while True:
        tally = poll(connection.pk)
        if tally is None:
            raise CommandError(f"{connection.domain} is being synchronised by another worker at this moment; try again.")
        total.counts.update(tally.counts)
        connection.refresh_from_db(fields=["walk_position"])
        if not connection.walk_position:
            return total
