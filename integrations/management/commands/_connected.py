from django.core.management.base import CommandError

from integrations.models import StoreConnection
from integrations.platforms.registry import addresses_in


def connected(address: str) -> StoreConnection:
    """The connection of the store at this address. Raises CommandError when there is none, or it is
    paused."""
    connection = found(address)
    if not connection.enabled:
        raise CommandError(
            f"{connection.domain} is paused; enable it in the admin first."
        )
    return connection


def found(address: str) -> StoreConnection:
    """The same, paused or not."""
    known = StoreConnection.objects.select_related("store", "order_type")
    known = known.order_by("domain")
    connection = known.filter(domain__in=addresses_in(address)).first()
    if connection is None:
        domains = ", ".join(known.values_list("domain", flat=True)) or "none"
        raise CommandError(
            f"No store {address} is connected. Connected stores are: {domains}."
        )
    return connection
