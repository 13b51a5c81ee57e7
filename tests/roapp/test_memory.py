"""Processes that serve pages and bring orders in have set aside what they were started with."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.once
SAY = "; import gc; print(gc.get_freeze_count() > 10_000, gc.get_threshold())"


@pytest.mark.parametrize(
    "start",
    [
        "import roapp.wsgi",
        "import roapp.celery, django; django.setup(); roapp.celery.worker_process_init.send(None)",
    ],
    ids=["web", "worker"],
)
def test_started_process_has_set_aside_what_it_is_made_of(start):
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "roapp.settings"}
    done = subprocess.run(
        [sys.executable, "-c", start + SAY],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "True (50000, 10, 10)"
