"""What ``manage.py migrate`` and ``manage.py check --database default`` say about this installation."""

from collections.abc import Sequence

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections

from integrations.alerts.currency import BEGAN_IN, former_currency
from integrations.models import Heartbeat
from orders.models import Order
from roapp.operations import trigrams


@register(Tags.database)
def search_indexes(
    databases: Sequence[str] | None = None, **_options: object
) -> list[CheckMessage]:
    """Searches without their indexes are right, but slow once there are many orders."""
    lacking = {
        index.name
        for alias in databases or []
        for index in trigrams.missing(connections[alias])
    }
    if not lacking:
        return []
    return [
        Warning(
            f"The database lacks indexes for searching: {', '.join(sorted(lacking))}.",
            hint="Install PostgreSQL's extension pg_trgm (as its superuser: CREATE EXTENSION pg_trgm), then "
            "run: manage.py add_search_indexes",
            id="roapp.W001",
        )
    ]


@register(Tags.database)
def currency_of_what_is_here(
    databases: Sequence[str] | None = None, **_options: object
) -> list[CheckMessage]:
    """Amounts are stored without a currency: another CURRENCY makes other amounts of them."""
    if "default" not in (databases or []) or not _has_tables():
        return []
    noted = Heartbeat.objects.filter(name__startswith=BEGAN_IN).order_by("at").first()
    began = former_currency(noted)
    if not began:
        return []
    return [
        Warning(
            f"The amounts in this database are {began}, and CURRENCY is {settings.CURRENCY}.",
            hint=f"Set CURRENCY={began} again: it cannot be changed after the first order or store.",
            id="roapp.W002",
        )
    ]


def _has_tables() -> bool:
    """Not before the first ``migrate``, which runs the checks as well."""
    needed = {Heartbeat._meta.db_table, Order._meta.db_table}
    return needed <= set(connections["default"].introspection.table_names())
