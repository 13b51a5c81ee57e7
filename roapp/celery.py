"""The Celery application. Its settings are those of roapp.settings that begin with CELERY_."""

import os
from pathlib import Path

from celery import Celery
from celery.signals import after_task_publish, beat_init, worker_process_init
from django.conf import settings

from roapp.memory import tune_garbage_collector

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "roapp.settings")

app = Celery("roapp")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
worker_process_init.connect(tune_garbage_collector)


@beat_init.connect
def note_what_is_sent(**_signal: object) -> None:
    """Have beat touch a file whenever it has sent a task, every ten seconds: that it is there and its broker
    answers is all that can be seen of it from outside."""
    file = Path(settings.VAR_DIR) / "beat-sent"
    after_task_publish.connect(lambda **_signal: file.touch(), weak=False)
