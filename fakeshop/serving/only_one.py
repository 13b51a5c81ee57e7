"""One RO App at a time works with the data of a folder."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.core.management.base import CommandError

WAIT_SECONDS = 120


class Lock:
    """Held by every program that has inherited ``file``, so that it is free when the last one has gone. What
    stands in the file is the address, while RO App runs there."""

    def __init__(self, file: IO[str]) -> None:
        self.file = file

    def note(self, address: str) -> None:
        self.file.truncate(0)
        self.file.write(address)
        self.file.flush()


@contextmanager
def only_one(folder: Path, say: Callable[[str], None]) -> Iterator[Lock]:
    """Raises CommandError, with the address, if RO App runs with this folder already."""
    with open(folder / "serve.lock", "a+") as file:
        _wait_for(file, folder, say)
        lock = Lock(file)
        lock.note("")
        yield lock


def _wait_for(file: IO[str], folder: Path, say: Callable[[str], None]) -> None:
    """What is beginning or ending is waited for: then there is something to say, or to begin."""
    until = time.monotonic() + WAIT_SECONDS
    is_told = False
    while not _take(file):
        file.seek(0)
        if address := file.read():
            raise CommandError(
                f"RO App already runs at {address} with the data in {folder}. To start it anew, "
                "stop that one first (Ctrl-C)."
            )
        if time.monotonic() > until:
            raise CommandError(
                f"Another RO App that neither begins nor ends keeps the data in {folder}. Stop it first."
            )
        if not is_told:
            say("Another RO App is beginning or ending here; waiting for it …")
        is_told = True
        time.sleep(0.2)


def _take(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
