from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from integrations.management.commands._connected import found
from integrations.models import StoreConnection
from integrations.platforms.errors import StoreError
from integrations.platforms.protocol import Subscriptions
from integrations.webhooks import subscriptions


class Command(BaseCommand):
    help = (
        "Bring a store's webhook subscriptions into line with its settings, now, and say what was created, "
        "kept and removed. "
        "Workers do the same once a day."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("domain", help="the connected store's address")

    def handle(self, *args: Any, **options: Any) -> None:
        connection = _connection(options["domain"])
        try:
            settled = subscriptions.settle(connection, now=timezone.now())
        except StoreError as error:
            raise CommandError(
                f"The webhooks of {connection.domain} were not registered. {error}"
            ) from None
        self._tell(connection, settled)

    def _tell(self, connection: StoreConnection, found: Subscriptions) -> None:
        for word, topics in [
            ("created", found.created),
            ("kept", found.kept),
            ("removed", found.removed),
        ]:
            for topic in topics:
                self.stdout.write(f"{word}: {topic}")
        if found.refused:
            reasons = "; ".join(
                f"{topic} ({reason})" for topic, reason in found.refused
            )
            raise CommandError(
                f"{connection.domain} refuses some of the webhooks: {reasons}"
            )
        where = connection.webhook_address
        self.stdout.write(
            f"{connection.domain} sends its messages to {where}."
            if where
            else f"{connection.domain} sends no messages."
        )


def _connection(address: str) -> StoreConnection:
    connection = found(address)
    if connection.use_webhooks and (
        problem := subscriptions.obstacle(connection, now=timezone.now())
    ):
        raise CommandError(problem)
    return connection
