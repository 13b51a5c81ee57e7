"""How long people wait while a large installation of the first version is upgraded and somebody reads and
writes all the time."""

import os
import subprocess
import sys
import time

from bench.processes import environment
from bench.tables import show
from tests.support.postgres import private_postgres
from tests.upgrade.work import Work, multiply

ORDERS = int(os.environ.get("ORDERS", "200000"))
LOAD = """
import django
django.setup()
from tests.upgrade.versions import FIRST
FIRST.load()
"""


def main() -> None:
    with private_postgres(["shared_buffers=512MB", "max_wal_size=4GB"]) as url:
        settings = environment(url)
        subprocess.run([sys.executable, "-c", LOAD], env=settings, check=True)
        multiply(url, ORDERS)
        work = Work(url)
        began = time.monotonic()
        with work.going_on(ORDERS):
            subprocess.run(
                [sys.executable, "manage.py", "migrate"], env=settings, check=True
            )
        minutes = (time.monotonic() - began) / 60
    rows = [
        (name, f"{seconds * 1_000:,.0f} ms")
        for name, seconds in sorted(work.seconds.items())
    ]
    title = f"Upgrade of {ORDERS:,} orders, {minutes:.0f} minutes"
    show(title, ["statement", "longest"], rows)
    if work.errors:
        sys.exit("\n".join(work.errors[:10]))
