"""Messages that a thread sends, so that nobody waits for whoever takes them."""

import threading
import time
from collections.abc import Callable
from queue import Full, Queue


class Outbox:
    """``send`` is called with each message, one after the other, and raises nothing."""

    def __init__(self, send: Callable[[str, tuple[int, ...]], None], most: int) -> None:
        self._send = send
        self._waiting: Queue[tuple[str, tuple[int, ...]]] = Queue(most)
        self._starting = threading.Lock()
        self._sender: threading.Thread | None = None

    def put(self, task: str, args: tuple[int, ...]) -> bool:
        """Whether the message waits now: there may be too many."""
        try:
            self._waiting.put_nowait((task, args))
        except Full:
            return False
        with self._starting:
            # There is none yet, or it has not come along into a forked process.
            if self._sender is None or not self._sender.is_alive():
                self._sender = threading.Thread(
                    target=self._run, name="outbox", daemon=True
                )
                self._sender.start()
        return True

    def wait_until_sent(self, seconds: float) -> bool:
        """Wait at most so long; whether all messages were sent, or given up."""
        until = time.monotonic() + seconds
        while self._waiting.unfinished_tasks and time.monotonic() < until:
            time.sleep(0.01)
        return not self._waiting.unfinished_tasks

    def _run(self) -> None:
        while True:
            self._send(*self._waiting.get())
            self._waiting.task_done()
