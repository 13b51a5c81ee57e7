from django.core.management.base import CommandError

from integrations.models import StoreConnection


def connected(domain: str) -> StoreConnection:
    """The connection of the store at this address. Raises CommandError when there is none, or it is
    paused."""
    known = StoreConnection.objects.select_related("store", "order_type").order_by(
        "domain"
    )
    connection = known.filter(domain=domain.strip().lower()).first()
    if connection is None:
        domains = ", ".join(known.values_list("domain", flat=True)) or "none"
        raise CommandError(
            f"No store {domain} is connected. Connected stores are: {domains}."
        )
    if not connection.enabled:
        raise CommandError(
            f"{connection.domain} is paused; enable it in the admin first."
        )
    return connection
