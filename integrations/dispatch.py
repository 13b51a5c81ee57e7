"""Tasks are enqueued by name, so that whoever has work for a worker need not import what does it."""

import logging

from celery import current_app

log = logging.getLogger("roapp.tasks")
EXPIRES_SECONDS = 60


def enqueue(task: str, *args: int) -> None:
    """Send a task of integrations.tasks. A broker that is down costs nothing but time: the next tick finds
    the row."""
    try:
        current_app.send_task(f"integrations.tasks.{task}", args=args, expires=EXPIRES_SECONDS)
    except Exception as error:  # Every transport raises errors of its own, and none may reach a page.
        log.warning("broker did not take %s: %s", task, type(error).__name__)
