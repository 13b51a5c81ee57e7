import os
import sys
from argparse import ArgumentParser, BooleanOptionalAction
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.formats import day, day_and_time, grouped, translated
from integrations.connections import connect
from integrations.connections.check import findings
from integrations.imports.preview import Plain, sentences
from integrations.management.commands._days import require_possible, start_of_day
from integrations.models import FirstImport, ImportJob, StoreConnection, validate_secret
from integrations.platforms.errors import StoreError
from integrations.platforms.platform import Platform
from integrations.platforms.registry import (
    addresses_in,
    platform,
    platform_of,
    platforms,
)
from integrations.webhooks import subscriptions
from inventory.models import IdentifyBy
from orders.models import OrderType, Store

OPTIONS = {
    "access_token": "token",
    "client_id": "client_id",
    "client_secret": "client_secret",
}
"""Which option holds which credential."""
MAX_NAME_LENGTH = 120


class Command(BaseCommand):
    help = (
        "Connect a store, or change how it is connected. The store is checked first; a refused one is not "
        "saved."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        examples = " or ".join(each.address_example for each in platforms())
        parser.add_argument("domain", help=f"the store's own address, like {examples}")
        parser.add_argument("--name", required=True, help="what staff call the store")
        if len(platforms()) > 1:
            slugs = [each.slug for each in platforms()]
            parser.add_argument(
                "--platform", choices=slugs, help="what a new store runs on"
            )
        for field, option in OPTIONS.items():
            parser.add_argument(
                f"--{option.replace('_', '-')}", help=_credential_help(field, option)
            )
        parser.add_argument(
            "--order-type",
            required=True,
            help="the type, and so the initial status, of imported orders",
        )
        parser.add_argument(
            "--identify-by", choices=IdentifyBy.values, default=IdentifyBy.SKU.value
        )
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
            help=_credential_help("webhook_secret", "webhook_secret"),
        )
        parser.add_argument(
            "--yes", action="store_true", help="begin the first import without asking"
        )
        parser.add_argument(
            "--go-on",
            action="store_true",
            help="if the shop is connected already under another address: reach it under this one from now "
            "on",
        )
        parser.add_argument(
            "--since",
            type=start_of_day,
            metavar="YYYY-MM-DD",
            help="all orders created since this day",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        connection = _connection(options)
        try:
            report = connect.examine(connection)
        except connect.SameShopError as error:
            return self._go_on(error, connection, wanted=options["go_on"])
        except StoreError as error:
            raise CommandError(
                _("%(domain)s was not connected. %(reason)s")
                % {"domain": connection.domain, "reason": translated(str(error))}
            ) from None
        for label, text, ok in findings(report, platform_of(connection)):
            self.stdout.write(f"{label}: {text}" if ok else f"{label}: {text} (!)")
        known = connection.pk is not None
        preview = connect.previewed(connection)
        if preview:
            self._ask(preview, connection, sure=options["yes"])
        connect.save(
            connection,
            name=options["name"],
            report=report,
            now=timezone.now(),
            preview=preview,
        )
        if job := connect.first_import(connection):
            self.stdout.write(_announced(job, platform_of(connection)))
        done = (
            _("%(domain)s is updated as %(name)s.")
            if known
            else _("%(domain)s is connected as %(name)s.")
        )
        self.stdout.write(done % {"domain": connection.domain, "name": options["name"]})

    def _ask(self, preview: Plain, connection: StoreConnection, *, sure: bool) -> None:
        """Say what the first import would bring in, and ask whoever sits at a terminal."""
        for sentence in sentences(preview):
            self.stdout.write(sentence)
        if not sure and sys.stdin.isatty() and input("Begin the import? [y/N] ") != "y":
            raise CommandError(f"{connection.domain} was not connected.")

    def _go_on(
        self, error: connect.SameShopError, typed: StoreConnection, *, wanted: bool
    ) -> None:
        known = error.known
        if not wanted or typed.pk:
            how = (
                "is connected already"
                if known.store.is_connected
                else "was connected before"
            )
            raise CommandError(
                f"{typed.domain} was not connected. This shop {how}, as {known.store.name} "
                f"under {known.domain}; with --go-on it is reached under {typed.domain} from now on."
            )
        connect.go_on(known, typed, report=error.report, now=timezone.now())
        self.stdout.write(
            f"{known.store.name} is reached under {known.domain} from now on."
        )


def _credential_help(field: str, option: str) -> str:
    """What this option is, on each platform that knows it, and the variable that it may come from instead."""
    return "; ".join(
        f"{credential.label} (or {_variable(each, option)} in the environment)"
        for each in platforms()
        if (credential := each.credential(field))
    )


def _variable(platform: Platform, option: str) -> str:
    """The environment variable of this option: ACME_CLIENT_ID."""
    return f"{platform.slug}_{option}".upper()


def _announced(job: ImportJob, platform: Platform) -> str:
    """How many orders the first import has to look through, and which the store hides from it."""
    text = _(
        "Initial import: %(number)s to look through, last changed between %(since)s and %(before)s."
    ) % {
        "number": _counted(job),
        "since": day(job.since),
        "before": day_and_time(job.before),
    }
    if job.hidden_before:
        text += " " + _(platform.orders_hidden) % {"day": day(job.hidden_before)}
    return text


def _counted(job: ImportJob) -> str:
    if job.expected is None:
        return _("orders not counted yet")
    number = ngettext("%(count)s order", "%(count)s orders", job.expected) % {
        "count": grouped(job.expected)
    }
    return (
        number if job.expected_exact else _("more than %(number)s") % {"number": number}
    )


def _connection(options: dict[str, Any]) -> StoreConnection:
    """The connection as it shall be, not yet saved. Raises CommandError with a sentence for whatever is not
    usable."""
    connections = StoreConnection.objects.select_related("store")
    known = connections.filter(domain__in=addresses_in(options["domain"])).first()
    chosen = platform_of(known) if known else _platform(options.get("platform"))
    domain = chosen.address_in(options["domain"])
    connection = known or StoreConnection(domain=domain)
    if not chosen.is_address(domain):
        raise CommandError(_(chosen.invalid_address))
    _set_credentials(connection, chosen, options)
    connection.order_type = _order_type(options["order_type"])
    connection.identify_by = options["identify_by"]
    _set_first_import(connection, options)
    _set_webhooks(connection, chosen, options)
    options["name"] = " ".join(options["name"].split())
    if not 0 < len(options["name"]) <= MAX_NAME_LENGTH:
        raise CommandError(
            _("Give the store a name of 1 to %(longest)s characters with --name.")
            % {"longest": MAX_NAME_LENGTH}
        )
    others = Store.objects.filter(name=options["name"]).exclude(pk=connection.store_id)
    if others.exists() and not options["go_on"]:
        raise CommandError(
            _("Another store is already called %(name)s; choose another --name.")
            % {"name": options["name"]}
        )
    if not connection.pk:
        connection.store = Store(name=options["name"], platform=chosen.slug)
    return connection


def _platform(slug: str | None) -> Platform:
    """The platform of a new store: the one that was named, or the only one."""
    if slug is None and len(platforms()) > 1:
        raise CommandError(
            _("Name the platform with --platform: %(platforms)s.")
            % {"platforms": _either(each.slug for each in platforms())}
        )
    return platform(slug) if slug else platforms()[0]


def _accept(validate: Callable[[str], None], text: str) -> None:
    try:
        validate(text)
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from None


def _set_credentials(
    connection: StoreConnection, platform: Platform, options: dict[str, Any]
) -> None:
    typed = {field for field, option in OPTIONS.items() if options[option]}
    # What is typed outweighs credentials of another set that lie in the environment.
    sets = [
        fields for fields in platform.credential_sets if typed & set(fields)
    ] or platform.credential_sets
    given = {
        field: options[option] or os.environ.get(_variable(platform, option), "")
        for field, option in OPTIONS.items()
        if any(field in fields for fields in sets)
    }
    if not any(given.values()) and connection.pk and connection.store.is_connected:
        return
    begun = [fields for fields in sets if any(given[field] for field in fields)]
    if len(begun) != 1 or not all(given[field] for field in begun[0]):
        raise CommandError(
            _("Give %(options)s.")
            % {"options": _either(map(_options_of, platform.credential_sets))}
        )
    for field in OPTIONS:
        value = given[field] if field in begun[0] else ""
        if value and field in connect.SECRETS:
            _accept(validate_secret, value)
        setattr(connection, field, value)


def _options_of(fields: Sequence[str]) -> str:
    """ "--client-id and --client-secret"."""
    options = [f"--{OPTIONS[field].replace('_', '-')}" for field in fields]
    return (
        _("%(some)s and %(last)s")
        % {"some": ", ".join(options[:-1]), "last": options[-1]}
        if options[1:]
        else options[0]
    )


def _either(texts: Iterable[str]) -> str:
    *some, last = texts
    return (
        _("%(some)s or %(last)s") % {"some": ", ".join(some), "last": last}
        if some
        else last
    )


def _set_webhooks(
    connection: StoreConnection, platform: Platform, options: dict[str, Any]
) -> None:
    secret = options["webhook_secret"] or os.environ.get(
        _variable(platform, "webhook_secret"), ""
    )
    if secret:
        _accept(validate_secret, secret)
        connection.webhook_secret = secret
    if options["webhooks"] is not None:
        connection.use_webhooks = options["webhooks"]
    if options["webhooks"] and (
        problem := subscriptions.obstacle(connection, now=timezone.now())
    ):
        raise CommandError(problem)


def _order_type(name: str) -> OrderType:
    offered = OrderType.objects.filter(is_active=True)
    found = offered.filter(name=name).first()
    if found is None:
        known = ", ".join(offered.values_list("name", flat=True)) or _("none")
        raise CommandError(
            _("There is no order type called %(name)s. Order types are: %(known)s.")
            % {"name": name, "known": known}
        )
    return found


def _set_first_import(connection: StoreConnection, options: dict[str, Any]) -> None:
    since = options["since"]
    require_possible(since)
    if connection.pk and not since and not options["no_first_import"]:
        return  # Settings of a connected store stay until others are asked for.
    first = FirstImport.OPEN
    if options["no_first_import"]:
        first = FirstImport.NONE
    elif since:
        first = FirstImport.ALL
    connection.first_import = first
    connection.import_since = connect.import_since(
        first, since, connected_at=connection.connected_at
    )
