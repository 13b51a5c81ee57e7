from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from common.formats import translated
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
                _("The webhooks of %(domain)s were not registered. %(reason)s")
                % {"domain": connection.domain, "reason": translated(str(error))}
            ) from None
        self._tell(connection, settled)

    def _tell(self, connection: StoreConnection, found: Subscriptions) -> None:
        for word, topics in [
            (pgettext("webhooks", "created"), found.created),
            (pgettext("webhooks", "kept"), found.kept),
            (pgettext("webhooks", "removed"), found.removed),
        ]:
            for topic in topics:
                self.stdout.write(f"{word}: {topic}")
        if found.refused:
            reasons = "; ".join(
                f"{topic} ({reason})" for topic, reason in found.refused
            )
            raise CommandError(
                _("%(domain)s refuses some of the webhooks: %(reasons)s")
                % {"domain": connection.domain, "reasons": reasons}
            )
        where = connection.webhook_address
        text = (
            _("%(domain)s sends its messages to %(where)s.")
            if where
            else _("%(domain)s sends no messages.")
        )
        self.stdout.write(text % {"domain": connection.domain, "where": where})


def _connection(address: str) -> StoreConnection:
    connection = found(address)
    if connection.use_webhooks and (
        problem := subscriptions.obstacle(connection, now=timezone.now())
    ):
        raise CommandError(problem)
    return connection
