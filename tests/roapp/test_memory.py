"""Processes that serve pages and bring orders in have set aside what they were started with."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.once
WORKER = "import roapp.celery, django; django.setup()"
SAY = "; import gc; print(gc.get_freeze_count() > 10_000, gc.get_threshold())"


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "roapp.settings"},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.mark.slow
@pytest.mark.parametrize(
    "start",
    [
        "import roapp.wsgi",
        f"{WORKER}; roapp.celery.worker_process_init.send(None)",
    ],
    ids=["web", "worker"],
)
def test_started_process_has_set_aside_what_it_is_made_of(start):
    assert run(start + SAY) == "True (50000, 10, 10)"


@pytest.mark.slow
def test_worker_holds_nothing_of_the_administration():
    loaded = run(
        WORKER + "; roapp.celery.app.loader.import_default_modules()"
        "; import sys; print({'roapp.accounts.staff', 'orders.admin', 'PIL'} & {*sys.modules})"
    )
    assert loaded == "set()"
