"""Tasks are enqueued by name, so that whoever has work for a worker need not import what does it.

The database is the queue: a message says only that there may be something to do, and a lost one costs no more
than the time until the next tick. So nobody waits for the broker, and what it does not take is dropped.
"""

import atexit
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from celery import current_app

from common.outbox import Outbox

log = logging.getLogger("roapp.tasks")
EXPIRES_SECONDS = 60
MAX_WAITING = 10_000


@dataclass(frozen=True, slots=True)
class Queue:
    """Rows that wait for workers (common.leases). ``due`` names what can be worked on at a moment, by the ids
    that ``task`` takes: of the rows, or of the stores that they belong to."""

    task: str
    due: Callable[[datetime], list[int]]
    messages: int = 0
    """Among so many messages at most the ids are dealt, for a task that takes any number of them; 0 for one
    that takes one."""


def enqueue(task: str, *args: int) -> None:
    """Have a task of integrations.tasks sent, without waiting: a broker that is down, or hangs, costs the
    caller nothing, and the next tick finds the row."""
    if not OUTBOX.put(task, args):
        log.warning("broker did not take %s: too many messages wait", task)


def _send(task: str, args: tuple[int, ...]) -> None:
    try:
        current_app.send_task(
            f"integrations.tasks.{task}", args=args, expires=EXPIRES_SECONDS
        )
    except Exception as error:
        # Every transport raises errors of its own, and none may reach a page.
        log.warning("broker did not take %s: %s", task, type(error).__name__)


OUTBOX = Outbox(_send, MAX_WAITING)
# A command ends right after its work; a worker should hear of it.
atexit.register(OUTBOX.wait_until_sent, 2)


def enqueue_due(queues: Iterable[Queue], *, now: datetime) -> None:
    """Send a task for everything in ``queues`` that is due."""
    for queue in queues:
        ids = queue.due(now)
        messages = min(queue.messages or len(ids), len(ids))
        for first in range(messages):
            enqueue(queue.task, *ids[first::messages])
