"""The Celery application. Its settings are those of roapp.settings that begin with CELERY_."""

import os
from logging.config import dictConfig
from pathlib import Path

from celery import Celery
from celery.signals import (
    after_task_publish,
    beat_init,
    setup_logging,
    worker_process_init,
    worker_ready,
)
from django.conf import settings

from roapp.logs import log_what_nobody_caught
from roapp.memory import tune_garbage_collector

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "roapp.settings")

app = Celery("roapp")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
worker_process_init.connect(tune_garbage_collector)


@setup_logging.connect  # type: ignore[untyped-decorator]  # Celery has no types
def log_as_the_web_server_does(**_signal: object) -> None:
    """LOGGING says how lines look and LOG_LEVEL which there are; Celery's own set-up would overrule both."""
    dictConfig(settings.LOGGING)
    log_what_nobody_caught()


@beat_init.connect  # type: ignore[untyped-decorator]  # Celery has no types
def note_what_is_sent(**_signal: object) -> None:
    """Have beat touch a file whenever it has sent a task, every ten seconds: that it is there and its broker
    answers is all that can be seen of it from outside."""
    file = Path(settings.VAR_DIR) / "beat-sent"
    after_task_publish.connect(lambda **_signal: file.touch(), weak=False)


@worker_ready.connect  # type: ignore[untyped-decorator]  # Celery has no types
def sweep_left_over_files(**_signal: object) -> None:
    # Not above: when this module is loaded, Django's apps are not.
    from integrations import left_over

    left_over.sweep_for_ever()
