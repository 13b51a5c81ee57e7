import os
from argparse import ArgumentParser, ArgumentTypeError, BooleanOptionalAction
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from integrations.connections import connect
from integrations.connections.check import findings
from integrations.models import FirstImport, ImportRun, StoreConnection, validate_domain, validate_secret
from integrations.platforms.errors import StoreError
from integrations.webhooks import subscriptions
from inventory.models import IdentifyBy
from orders.models import OrderType, Store

FROM_ENVIRONMENT = {
    "token": "SHOPIFY_TOKEN",
    "client_id": "SHOPIFY_CLIENT_ID",
    "client_secret": "SHOPIFY_CLIENT_SECRET",
}

LONGEST_NAME = 120


class Command(BaseCommand):
    help = (
        "Connect a Shopify store, or change how it is connected. The store is checked first; a refused "
        "one is not saved."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("domain", help="the store's own address, like my-shop.myshopify.com")
        parser.add_argument("--name", required=True, help="what staff call the store")
        parser.add_argument("--token", help="Admin API access token (or SHOPIFY_TOKEN in the environment)")
        parser.add_argument("--client-id", help="client ID of the app (or SHOPIFY_CLIENT_ID)")
        parser.add_argument("--client-secret", help="client secret of the app (or SHOPIFY_CLIENT_SECRET)")
        parser.add_argument(
            "--order-type", required=True, help="the type, and so the initial status, of imported orders"
        )
        parser.add_argument("--identify-by", choices=IdentifyBy.values, default=IdentifyBy.SKU.value)
        parser.add_argument(
            "--no-first-import",
            action="store_true",
            help="only orders created from now on (or from --since on)",
        )
        parser.add_argument(
            "--webhooks",
            action=BooleanOptionalAction,
            help="whether the store tells RO App at once what has changed",
        )
        parser.add_argument(
            "--webhook-secret",
            help="client secret of the app, if a token is used (or SHOPIFY_WEBHOOK_SECRET)",
        )
        parser.add_argument(
            "--since", type=_day, metavar="YYYY-MM-DD", help="all orders created since this day"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        connection = _connection(options)
        try:
            report = connect.examine(connection)
        except StoreError as error:
            raise CommandError(f"{connection.domain} was not connected. {error}") from None
        for label, text, ok in findings(report):
            self.stdout.write(f"{label}: {text}" if ok else f"{label}: {text} (!)")
        known = connection.pk is not None
        connect.save(connection, name=options["name"], report=report, now=timezone.now())
        if run := connect.first_import(connection):
            self.stdout.write(_announced(run))
        self.stdout.write(
            f"{connection.domain} is {'updated' if known else 'connected'} as {options['name']}."
        )


def _announced(run: ImportRun) -> str:
    """How many orders the first import has before it, and which the store hides from it."""
    few = "" if run.expected_exact else "more than "
    number = (
        "orders not counted yet"
        if run.expected is None
        else f"{few}{run.expected} order{'s' if run.expected != 1 else ''}"
    )
    text = (
        f"First import: {number} to look through, last changed between {run.since:%Y-%m-%d} and "
        f"{run.before:%Y-%m-%d %H:%M} UTC."
    )
    if run.hidden_before:
        text += (
            f" Orders created before {run.hidden_before:%Y-%m-%d} are hidden by the store without the "
            "scope read_all_orders."
        )
    return text


def _connection(options: dict[str, Any]) -> StoreConnection:
    """The connection as it shall be, not yet saved. Raises CommandError with a sentence for whatever is not
    usable."""
    domain = options["domain"].strip().lower()
    _accept(validate_domain, domain)
    connection = StoreConnection.objects.select_related("store").filter(
        domain=domain
    ).first() or StoreConnection(domain=domain)
    _set_credentials(connection, options)
    connection.order_type = _order_type(options["order_type"])
    connection.identify_by = options["identify_by"]
    _set_first_import(connection, options)
    _set_webhooks(connection, options)
    options["name"] = " ".join(options["name"].split())
    if not 0 < len(options["name"]) <= LONGEST_NAME:
        raise CommandError(f"Give the store a name of 1 to {LONGEST_NAME} characters with --name.")
    if Store.objects.filter(name=options["name"]).exclude(pk=connection.store_id).exists():
        raise CommandError(f"Another store is already called {options['name']}; choose another --name.")
    if not connection.pk:
        connection.store = Store(name=options["name"])
    return connection


def _accept(validate: Callable[[str], None], text: str) -> None:
    try:
        validate(text)
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from None


def _set_credentials(connection: StoreConnection, options: dict[str, Any]) -> None:
    given = {field: options[field] or os.environ.get(name, "") for field, name in FROM_ENVIRONMENT.items()}
    # What is typed outweighs credentials of the other kind that lie in the environment.
    if options["token"]:
        given |= {field: options[field] or "" for field in ["client_id", "client_secret"]}
    elif options["client_id"] or options["client_secret"]:
        given["token"] = ""
    token, client_id, secret = given["token"], given["client_id"], given["client_secret"]
    if not any(given.values()) and connection.pk:
        return
    if bool(token) == bool(client_id or secret) or bool(client_id) != bool(secret):
        raise CommandError("Give either --token, or both --client-id and --client-secret.")
    for each in filter(None, [token, secret]):
        _accept(validate_secret, each)
    connection.access_token, connection.client_id, connection.client_secret = token, client_id, secret


def _set_webhooks(connection: StoreConnection, options: dict[str, Any]) -> None:
    secret = options["webhook_secret"] or os.environ.get("SHOPIFY_WEBHOOK_SECRET", "")
    if secret:
        _accept(validate_secret, secret)
        connection.webhook_secret = secret
    if options["webhooks"] is not None:
        connection.use_webhooks = options["webhooks"]
    if options["webhooks"] and (problem := subscriptions.obstacle(connection, now=timezone.now())):
        raise CommandError(problem)


def _order_type(name: str) -> OrderType:
    found = OrderType.objects.filter(name=name).first()
    if found is None:
        known = ", ".join(OrderType.objects.values_list("name", flat=True)) or "none"
        raise CommandError(f"There is no order type called {name}. Order types are: {known}.")
    return found


def _set_first_import(connection: StoreConnection, options: dict[str, Any]) -> None:
    since = options["since"]
    if since and since > timezone.now():
        raise CommandError("--since lies in the future.")
    if connection.pk and not since and not options["no_first_import"]:
        return  # Settings of a connected store stay until others are asked for.
    first = FirstImport.NONE if options["no_first_import"] else FirstImport.ALL if since else FirstImport.OPEN
    connection.first_import = first
    connection.import_since = connect.import_since(first, since, connected_at=connection.connected_at)


def _day(text: str) -> datetime:
    try:
        return timezone.make_aware(datetime.combine(date.fromisoformat(text), time.min))
    except ValueError:
        raise ArgumentTypeError(f"{text} is no day; write it like 2026-01-31.") from None
