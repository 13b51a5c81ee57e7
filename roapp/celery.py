"""The Celery application. Its settings are those of roapp.settings that begin with CELERY_."""

import os

from celery import Celery
from celery.signals import worker_process_init

from roapp.memory import tune_garbage_collector

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "roapp.settings")

app = Celery("roapp")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
worker_process_init.connect(tune_garbage_collector)
