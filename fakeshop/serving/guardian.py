"""``python -m fakeshop.serving.guardian LOCK``: ends the programs of ``serve`` when that was killed.

It reads from a pipe whose other end is in serve alone: the id of each program that begins, and the negative
id of each that has ended. When the pipe ends and programs are left, nobody else would stop them. LOCK is the
descriptor of serve's lock, held until they are gone (fakeshop.serving.only_one).
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable

STOP_SECONDS = 10


def main() -> None:
    running: list[int] = []
    for line in sys.stdin:
        pid = int(line)
        if pid > 0:
            running.append(pid)
        else:
            running.remove(-pid)
    if running:
        os.ftruncate(int(sys.argv[1]), 0)
        end(running[::-1])


def end(pids: Iterable[int]) -> None:
    """End programs that began sessions of their own, and all that these have started."""
    left = groups = list(pids)
    for pid in left:
        _reaches(os.kill, pid, signal.SIGTERM)
    until = time.monotonic() + STOP_SECONDS
    while left and time.monotonic() < until:
        left = [pid for pid in left if _reaches(os.kill, pid, 0)]
        time.sleep(0.1)
    for group in groups:
        _reaches(os.killpg, group, signal.SIGKILL)


def _reaches(send: Callable[[int, int], None], pid: int, number: int) -> bool:
    """Whether there was somebody to get this signal."""
    try:
        send(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main()
