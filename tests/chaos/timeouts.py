"""Timeouts of minutes become seconds: what waits in a real installation so that nobody is bothered would only
make the run longer."""

from datetime import timedelta

SECOND = timedelta(seconds=1)


def shorten_timeouts() -> None:
    """In this process. What protects is left as it is: the overlap, the ten minutes between updates, the
    order of leases."""
    from integrations.imports import worker as imports
    from integrations.refresh import worker as refresh
    from integrations.shopify import client, errors
    from integrations.sync import polling, retry, unimported
    from integrations.webhooks import inbox

    for module in [polling, inbox, refresh, retry, imports]:
        module.LEASE = 10 * SECOND  # longer than any work on one page
    for module in [inbox, refresh, retry]:
        module.PAUSE = SECOND
    refresh.MAX_PAUSE = unimported.MAX_WAIT = polling.MAX_WAIT = imports.MAX_WAIT = (
        2 * SECOND
    )
    polling.POLL_SECONDS = imports.SLICE_SECONDS = 3.0
    client.MAX_PAUSE = 2.0
    errors.BLOCKED_SECONDS = 2.0
