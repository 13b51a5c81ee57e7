"""``python -m tests.chaos.worker``: a Celery worker of the storm, at its pace and with one protection less if
it says so."""

import os
import sys

from django import setup

if __name__ == "__main__":
    setup()

    from roapp.celery import app
    from tests.chaos.pace import quicken
    from tests.chaos.protections import take_away

    quicken()
    take_away(os.environ.get("CHAOS_WITHOUT", ""))
    options = [
        "--concurrency",
        "2",
        "--without-mingle",
        "--without-gossip",
        "--without-heartbeat",
        "--loglevel",
        "ERROR",
    ]
    app.worker_main(["worker", *options, "--hostname", f"{sys.argv[1]}@chaos"])
