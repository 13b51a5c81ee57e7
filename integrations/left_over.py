"""What a worker finds on its own machine's disk: files of exports hold addresses of people, and a machine
that was away for a while may have kept some."""

import logging
import threading

from django.db import DatabaseError, close_old_connections
from django.db.models import Max

from customers.models import ErasureRecord
from integrations.platforms.registry import platforms

log = logging.getLogger("roapp.tasks")
EVERY_SECONDS = 3_600


def sweep() -> int:
    """Delete the files that are left over, or were written before somebody was erased; returns how many. An
    import that still needs one fetches it again."""
    erased_at = ErasureRecord.objects.aggregate(at=Max("erased_at"))["at"]
    return sum(
        platform.sweep_downloads(erased_at=erased_at) for platform in platforms()
    )


def sweep_for_ever(**_signal: object) -> None:
    """Call it when a worker has started: at once, and every hour, a thread of it sweeps."""
    threading.Thread(target=_sweep_for_ever, name="sweeper", daemon=True).start()


def _sweep_for_ever() -> None:
    pause = threading.Event()
    while True:
        try:
            log.info("%s files of exports were left over", sweep())
        except (DatabaseError, OSError) as error:
            log.warning("files of exports: %s", type(error).__name__)
        close_old_connections()
        pause.wait(EVERY_SECONDS)
