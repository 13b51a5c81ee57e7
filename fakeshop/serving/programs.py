"""Programs that are started and stopped together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from django.conf import settings
from django.core.management.base import CommandError

STOP_SECONDS = 15
LOOK_SECONDS = 0.2


class Stopped(BaseException):
    """Somebody asked us to stop, or has gone away."""


class Programs:
    """Those that run. Whoever leaves the block stops them in the reverse order; should this process be killed
    before it can, the guardian does (fakeshop.serving.guardian). ``lock`` is inherited by all.

    Raises Stopped when the process ``parent``, which started us, has ended.
    """

    def __init__(self, logs: Path, *, lock: int, parent: int | None) -> None:
        self.logs, self.lock, self.parent = logs, lock, parent
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        self.logs.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "fakeshop.serving.guardian", str(self.lock)]
        self.guardian = self._popen(
            "guardian", command, os.environ, stdin=subprocess.PIPE
        )
        return self

    def __exit__(self, *_error: object) -> None:
        for name in list(self.running)[::-1]:
            self._stop(name)
        if self.guardian.stdin:
            with suppress(OSError):
                self.guardian.stdin.close()
        self.guardian.wait()

    def start(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        inherits: Iterable[int] = (),
        folder: Path = settings.BASE_DIR,
    ) -> None:
        """Its output goes into the log of its name. ``inherits`` are descriptors."""
        program = self._popen(
            name, command, environment, inherits=inherits, folder=folder
        )
        self.running[name] = program
        self._tell_guardian(program.pid)

    def run(
        self, name: str, command: Sequence[str], environment: Mapping[str, str]
    ) -> bool:
        """Whether it came to a good end."""
        self.start(name, command, environment)
        while self.running[name].poll() is None:
            self.look(but=name)
        return self._stop(name) == 0

    def watch(self) -> None:
        """Until somebody stops us; a program that ends by itself ends all, since half an application is worse
        than none."""
        while True:
            self.look()

    def look(self, *, but: str = "") -> None:
        """Wait for a moment. Raises CommandError if a program has ended."""
        time.sleep(LOOK_SECONDS)
        if self.parent and os.getppid() != self.parent:
            raise Stopped
        for name, program in [*self.running.items(), ("guardian", self.guardian)]:
            if name != but and program.poll() is not None:
                raise CommandError(
                    f"The {name} ended unexpectedly; {self.logs / name}.log says why."
                )

    def _popen(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        stdin: int = subprocess.DEVNULL,
        inherits: Iterable[int] = (),
        folder: Path = settings.BASE_DIR,
    ) -> subprocess.Popen[bytes]:
        with open(self.logs / f"{name}.log", "ab") as log:
            # In a session of its own, so that Ctrl-C reaches it in our order and not all at once.
            return subprocess.Popen(  # noqa: S603  our own command lines
                command,
                env=environment,
                cwd=folder,
                stdin=stdin,
                stdout=log,
                stderr=log,
                pass_fds=[self.lock, *inherits],
                start_new_session=True,
            )

    def _stop(self, name: str) -> int:
        program = self.running.pop(name)
        with suppress(ProcessLookupError):
            program.terminate()
        with suppress(subprocess.TimeoutExpired):
            program.wait(STOP_SECONDS)
        # What is left of it: it did not end, or died and left others behind.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(program.pid, signal.SIGKILL)
        ended = program.wait()
        self._tell_guardian(-program.pid)
        return ended

    def _tell_guardian(self, pid: int) -> None:
        if self.guardian.stdin:
            with suppress(OSError):  # It has gone, and look() says so.
                self.guardian.stdin.write(b"%d\n" % pid)
                self.guardian.stdin.flush()
