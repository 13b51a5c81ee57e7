"""The Celery application. Its settings are those of roapp.settings that begin with CELERY_."""

import logging
import os
import time
from logging.config import dictConfig
from pathlib import Path

from celery import Celery, Task
from celery.signals import (
    after_task_publish,
    beat_init,
    celeryd_init,
    setup_logging,
    task_failure,
    task_postrun,
    task_prerun,
    worker_process_init,
    worker_process_shutdown,
    worker_ready,
)
from django.conf import settings
from django.db import close_old_connections

from common.counters import SUMS
from integrations import task_counts
from roapp.memory import tune_garbage_collector
from roapp.operations.logs import log_what_nobody_caught

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "roapp.settings")
# `migrate` has made Django's checks; here they would load all pages, a third of a worker's memory.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

log = logging.getLogger("roapp.celery")
app = Celery("roapp")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
worker_process_init.connect(tune_garbage_collector)


@setup_logging.connect  # type: ignore[untyped-decorator]  # Celery has no types
def log_as_the_web_server_does(**_signal: object) -> None:
    """LOGGING says how lines look and LOG_LEVEL which there are; Celery's own set-up would overrule both."""
    dictConfig(settings.LOGGING)
    log_what_nobody_caught()


@celeryd_init.connect  # type: ignore[untyped-decorator]  # Celery has no types
def speak_in_the_log(**_signal: object) -> None:
    """Before anything is said. What Celery says past the log (“Warm shutdown”) becomes a line of it, too."""
    # Not above: the web server has no use for it.
    from celery.apps import worker

    log_as_the_web_server_does()
    worker.safe_say = lambda words, _stream=None: log.info(words)


@beat_init.connect  # type: ignore[untyped-decorator]  # Celery has no types
def note_what_is_sent(**_signal: object) -> None:
    """Have beat touch a file whenever it has sent a task, every few seconds: that it is there and its broker
    answers is all that can be seen of it from outside."""
    file = Path(settings.VAR_DIR) / "beat-sent"
    after_task_publish.connect(lambda **_signal: file.touch(), weak=False)


@task_prerun.connect  # type: ignore[untyped-decorator]  # Celery has no types
def look_after_database_connection(task: Task, **_signal: object) -> None:
    """As before a request: one that is old, or had an error, is closed, and one that the server has closed is
    noticed (CONN_MAX_AGE, CONN_HEALTH_CHECKS). Celery would open another for each task."""
    if not task.request.is_eager:
        close_old_connections()


@task_prerun.connect  # type: ignore[untyped-decorator]  # Celery has no types
def note_when_task_began(task: Task, **_signal: object) -> None:
    task.request.began = time.monotonic()


@task_postrun.connect  # type: ignore[untyped-decorator]  # Celery has no types
def count_task(task: Task, **_signal: object) -> None:
    task_counts.task_ended(task, seconds=time.monotonic() - task.request.began)


@task_failure.connect  # type: ignore[untyped-decorator]  # Celery has no types
def count_failed_task(sender: Task, **_signal: object) -> None:
    """What the tasks themselves do not catch: a killed process, a limit of time."""
    task_counts.task_failed(sender)


@worker_process_shutdown.connect  # type: ignore[untyped-decorator]  # Celery has no types
def send_what_was_counted(**_signal: object) -> None:
    SUMS.send_if_possible()


@worker_ready.connect  # type: ignore[untyped-decorator]  # Celery has no types
def sweep_left_over_files(**_signal: object) -> None:
    # Not above: when this module is loaded, Django's apps are not.
    from integrations import left_over

    left_over.sweep_for_ever()
