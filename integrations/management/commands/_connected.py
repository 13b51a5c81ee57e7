from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from integrations.models import StoreConnection
from integrations.platforms.registry import addresses_in


def connected(address: str) -> StoreConnection:
    """The connection of the store at this address. Raises CommandError when there is none, or it is
    paused."""
    connection = found(address)
    if not connection.store.is_connected:
        raise CommandError(
            _("%(domain)s is disconnected; connect it again first.")
            % {"domain": connection.domain}
        )
    if not connection.enabled:
        raise CommandError(
            _("%(domain)s is paused; enable it in the administration first.")
            % {"domain": connection.domain}
        )
    return connection


def found(address: str) -> StoreConnection:
    """The same, paused or not."""
    known = StoreConnection.objects.select_related("store", "order_type")
    known = known.order_by("domain")
    connection = known.filter(domain__in=addresses_in(address)).first()
    if connection is None:
        domains = ", ".join(known.values_list("domain", flat=True)) or _("none")
        raise CommandError(
            _("No store %(domain)s is connected. Connected stores are: %(domains)s.")
            % {"domain": address, "domains": domains}
        )
    return connection
