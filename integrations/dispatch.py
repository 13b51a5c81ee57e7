"""Tasks are enqueued by name, so that whoever has work for a worker need not import what does it.

The database is the queue: a message says only that there may be something to do, and a lost one costs no more
than the time until the next tick.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from celery import current_app

log = logging.getLogger("roapp.tasks")
EXPIRES_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Queue:
    """Rows that wait for workers (common.leases). ``due`` names what can be worked on at a moment, by the ids
    that ``task`` takes: of the rows, or of the stores that they belong to."""

    task: str
    due: Callable[[datetime], list[int]]


def enqueue(task: str, *args: int) -> None:
    """Send a task of integrations.tasks. A broker that is down costs nothing but time: the next tick finds
    the row."""
    try:
        current_app.send_task(
            f"integrations.tasks.{task}", args=args, expires=EXPIRES_SECONDS
        )
    except Exception as error:
        # Every transport raises errors of its own, and none may reach a page.
        log.warning("broker did not take %s: %s", task, type(error).__name__)


def enqueue_due(queues: Iterable[Queue], *, now: datetime) -> None:
    """Send a task for everything in ``queues`` that is due."""
    for queue in queues:
        for pk in queue.due(now):
            enqueue(queue.task, pk)
