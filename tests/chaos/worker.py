"""``python -m tests.chaos.worker``: a Celery worker of a chaos run, with its timeouts and with one
protection less if CHAOS_WITHOUT names one."""

import os
import sys

from django import setup

if __name__ == "__main__":
    setup()

    from roapp.celery import app
    from tests.chaos.protections import take_away
    from tests.chaos.timeouts import shorten_timeouts

    shorten_timeouts()
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
