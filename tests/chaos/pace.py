"""Minutes become seconds: what waits in a real installation so that nobody is bothered would only make the storm longer."""

from datetime import timedelta

SECOND = timedelta(seconds=1)


def quicken() -> None:
    """In this process. What protects is left as it is: the overlap, the ten minutes between updates, the order of leases."""
    from integrations import inbox, ledger, rereading, retrying, running, sync
    from integrations.shopify import client, errors

    for module in [sync, inbox, rereading, retrying, running]:
        module.LEASE = 10 * SECOND  # longer than any work on one page
    for module in [inbox, rereading, retrying]:
        module.PAUSE = SECOND
    rereading.LONGEST_PAUSE = ledger.LONGEST_WAIT = sync.LONGEST_WAIT = running.LONGEST_WAIT = 2 * SECOND
    sync.WALK_SECONDS = running.SLICE_SECONDS = 3.0
    client.LONGEST_PAUSE = 2.0
    errors.REST = 2.0
